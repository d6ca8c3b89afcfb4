/**
 * Code that makes a model's numbers of the raw columns of a table, to stand beside the model.
 *
 * @module
 */

import { MISSING_NUMBERS, MISSING_TEXTS } from "../../data/inner.ts";
import type { ColumnRecipe, TableEncoding } from "../../data/mod.ts";

/** What a written function reads: the recipes and, in order, the names of the features. */
interface Reading {
  readonly recipes: readonly Record<string, unknown>[];
  readonly names: readonly string[];
}

/**
 * Writes a function `features` that turns a row of raw columns into the numbers that an exported
 * model reads: levels, dates, numbers with marks between thousands, missing cells.
 *
 * @param encoding How the table became numbers.
 * @param to The language.
 * @returns The function, to be appended to the exported module, and its declaration in TypeScript;
 * undefined where the encoding has no recipes.
 *
 * @example
 * ```ts
 * import { parseTable, prepareTable } from "@freeknot/freeknot";
 * import { featureCode } from "@freeknot/freeknot/export";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const rows = Array.from({ length: 20 }, (_, i) => `${"ab"[i % 2]},${i}`);
 * const table = parseTable(`kind,y\n${rows.join("\n")}\n`, { name: "kinds.csv" });
 * const { encoding } = prepareTable(table, { targets: ["y"], task: "regression", seed: 1 });
 * assertStringIncludes(featureCode(encoding, "js")!.code, "export function features(row)");
 * ```
 */
export function featureCode(
  encoding: Pick<TableEncoding, "inputs" | "columns">,
  to: "js" | "python",
): { readonly code: string; readonly types: string } | undefined {
  const reading = readingOf(encoding);
  if (reading === undefined) return undefined;
  return to === "js"
    ? { code: javaScript(reading), types: TYPES }
    : { code: python(reading), types: "" };
}

function readingOf({ inputs, columns = [] }: Pick<TableEncoding, "inputs" | "columns">) {
  const names = inputs.map(({ name }) => name), wanted = new Set(names);
  const offsets = new Map(inputs.map(({ name, offset }) => [name, Number(offset ?? 0)]));
  const used = columns.filter(({ features }) => features.some(({ name }) => wanted.has(name)));
  if (used.length === 0) return undefined;
  return { recipes: used.map((recipe) => plainRecipe(recipe, offsets)), names };
}

/** A recipe as the written code reads it; numbers have no offsets there. */
function plainRecipe(
  { name, kind, style, order, levels = [], features }: ColumnRecipe,
  offsets: ReadonlyMap<string, number>,
): Record<string, unknown> {
  return {
    ...{ name, kind },
    ...(style === undefined ? {} : { style }),
    ...(order === undefined ? {} : { order }),
    ...(kind === "category" || levels.length === 0 ? {} : { levels }),
    features: features.map(({ name, kind, imputed, level, part }) => ({
      ...{ name, kind, imputed: imputed + (kind === "number" ? offsets.get(name) ?? 0 : 0) },
      ...(level === undefined ? {} : { level }),
      ...(part === undefined ? {} : { part }),
    })),
    ...(kind === "category" ? { levels } : {}),
  };
}

/** The word before what a module passes on. */
const PUBLIC = "export";

const TYPES = `
/** The numbers that predict() reads, of a row of raw columns by their names. */
${PUBLIC} declare function features(row: Readonly<Record<string, unknown>>): Float64Array;
`;

function javaScript({ recipes, names }: Reading): string {
  return `
const recipes = ${JSON.stringify(recipes)};
const featureNames = ${JSON.stringify(names)};
const missingTexts = new Set(${JSON.stringify(MISSING_TEXTS)});
const missingNumbers = new Set(${JSON.stringify([...MISSING_TEXTS, ...MISSING_NUMBERS])});
const weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

function digitsOf(text, { decimal, thousands }) {
  const found = /^([+-]?)([\\d.,' \\u00a0\\u2009\\u202f]*)(e[+-]?\\d+)?$/i.exec(text);
  if (!found) return text;
  const [, sign, body, power = ""] = found, at = body.lastIndexOf(decimal);
  const whole = (at < 0 ? body : body.slice(0, at)).replace(/[\\u00a0\\u2009\\u202f]/g, " ");
  const fraction = at < 0 ? "" : body.slice(at + 1);
  const groups = thousands === undefined ? [whole] : whole.split(thousands);
  const right = groups.length === 1
    ? /^\\d*$/.test(whole)
    : /^[1-9]\\d{0,2}$/.test(groups[0]) && groups.slice(1).every((each) => /^\\d{3}$/.test(each));
  if (!right || !/^\\d*$/.test(fraction)) return text;
  return sign + groups.join("") + (at < 0 ? "" : "." + fraction) + power;
}

function plainNumber(text, style) {
  const digits = style === undefined ? text : digitsOf(text, style);
  const value = /^[+-]?(\\d+\\.?\\d*|\\.\\d+)(e[+-]?\\d+)?$/i.test(digits) ? Number(digits) : NaN;
  return Number.isFinite(value) ? value : NaN;
}

function clock(hours, minutes, seconds, half) {
  const hour = half ? hours % 12 + (half.toLowerCase() === "pm" ? 12 : 0) : Number(hours);
  if (half ? hours < 1 || hours > 12 : hour > 24 || minutes > 59 || seconds > 60) return NaN;
  return (hour * 3600 + minutes * 60 + Number(seconds ?? 0)) / 86400;
}

function plainDate(value, order) {
  if (value instanceof Date) return value.getTime() / 86400000;
  const time = "(\\\\d{1,2}):(\\\\d{2})(?::(\\\\d{2}(?:\\\\.\\\\d+)?))?\\\\s*(am|pm)?";
  const zone = "\\\\s*(z|utc|[+-]\\\\d{2}:?\\\\d{2})?";
  const match = (pattern) => new RegExp("^" + pattern + "$", "i").exec(String(value).trim());
  if (order === "time") {
    const found = match(time);
    return found ? clock(found[1], found[2], found[3], found[4]) : NaN;
  }
  const found = order === "ymd"
    ? match("(\\\\d{4})([-/.])(\\\\d{1,2})(?:\\\\2(\\\\d{1,2}))?(?:[t ]+" + time + zone + ")?")
    : match("(\\\\d{1,2})([-/.])(\\\\d{1,2})\\\\2(\\\\d{4})(?:,?[t ]+" + time + zone + ")?");
  if (!found) return NaN;
  const [year, month, day] = order === "ymd"
    ? [found[1], found[3], found[4] ?? 1]
    : order === "dmy" ? [found[4], found[3], found[1]] : [found[4], found[1], found[3]];
  const days = Date.UTC(year, month - 1, day) / 86400000, date = new Date(days * 86400000);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== Number(day)) return NaN;
  if (found[5] === undefined) return days;
  const shift = /^([+-])(\\d{2}):?(\\d{2})$/.exec(found[9] ?? "");
  const east = shift ? Number(shift[1] + "1") * (shift[2] / 24 + shift[3] / 1440) : 0;
  return days + clock(found[5], found[6], found[7], found[8]) - east;
}

function datePart(days, { part, level }) {
  const season = 2 * Math.PI * (days / 365.2425), time = 2 * Math.PI * days;
  if (part === "weekday") {
    return Number(weekdays[((Math.floor(days) + 4) % 7 + 7) % 7] === level);
  }
  return part === "days" ? days
    : part === "seasonSin" ? Math.sin(season)
    : part === "seasonCos" ? Math.cos(season)
    : part === "daySin" ? Math.sin(time) : Math.cos(time);
}

function featureValues(recipe, value) {
  const text = value === null || value === undefined || Number.isNaN(value) ? "" : String(value).trim();
  const { kind, levels, order } = recipe, quantity = kind === "number" || kind === "date";
  let missing = (quantity ? missingNumbers : missingTexts).has(text.toLowerCase()), number = NaN;
  if (quantity && !missing) { // what is no number or no date counts as missing
    number = kind === "date"
      ? plainDate(value, order)
      : typeof value === "number" ? value : plainNumber(text, recipe.style);
    missing = !Number.isFinite(number);
  }
  const imputed = recipe.features.map((each) =>
    each.kind === "missing" ? Number(missing) : each.imputed
  );
  if (missing) return imputed;
  const all = (of) => recipe.features.map((each) => each.kind === "missing" ? 0 : of(each));
  if (quantity) return all((each) => kind === "date" ? datePart(number, each) : number);
  const spelt = plainNumber(text);
  const level = Math.abs(spelt) <= Number.MAX_SAFE_INTEGER ? String(spelt + 0) : text;
  const code = levels.indexOf(level);
  if (kind !== "category") return code < 0 ? imputed : all(() => code);
  if (code >= 0) return all((each) => Number(each.level === level));
  const grouped = recipe.features.some((each) => each.kind === "level" && !("level" in each));
  return grouped ? all((each) => Number(!("level" in each))) : imputed;
}

/** The numbers that predict() reads, of a row of raw columns by their names. */
${PUBLIC} function features(row) {
  const found = new Map();
  for (const recipe of recipes) {
    if (!(recipe.name in row)) throw new TypeError(\`row must have the column \${recipe.name}\`);
    const values = featureValues(recipe, row[recipe.name]);
    recipe.features.forEach((each, i) => found.set(each.name, values[i]));
  }
  return Float64Array.from(featureNames, (name) => found.get(name));
}
`;
}

function python({ recipes, names }: Reading): string {
  const text = (value: unknown) => JSON.stringify(JSON.stringify(value));
  return `

import json as _json
import re as _re
from datetime import datetime as _datetime

_RECIPES = _json.loads(${text(recipes)})
_FEATURES = _json.loads(${text(names)})
_MISSING_TEXTS = set(_json.loads(${text(MISSING_TEXTS)}))
_MISSING_NUMBERS = set(_json.loads(${text([...MISSING_TEXTS, ...MISSING_NUMBERS])}))
_WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
_NUMBER = _re.compile(r"[+-]?(\\d+\\.?\\d*|\\.\\d+)(e[+-]?\\d+)?", _re.I)
_TIME = r"(\\d{1,2}):(\\d{2})(?::(\\d{2}(?:\\.\\d+)?))?\\s*(am|pm)?"
_ZONE = r"\\s*(z|utc|[+-]\\d{2}:?\\d{2})?"
_DATES = {
    "time": _re.compile(_TIME, _re.I),
    "ymd": _re.compile(r"(\\d{4})([-/.])(\\d{1,2})(?:\\2(\\d{1,2}))?(?:[t ]+" + _TIME + _ZONE + ")?", _re.I),
    "dmy": _re.compile(r"(\\d{1,2})([-/.])(\\d{1,2})\\2(\\d{4})(?:,?[t ]+" + _TIME + _ZONE + ")?", _re.I),
}
_DATES["mdy"] = _DATES["dmy"]


def _digits(text, style):
    found = _re.fullmatch("([+-]?)([0-9.,' \\u00a0\\u2009\\u202f]*)(e[+-]?[0-9]+)?", text, _re.I)
    if found is None:
        return text
    sign, body, power = found.groups()
    whole, point, fraction = (body.rpartition(style["decimal"]) if style["decimal"] in body
                              else (body, "", ""))
    whole = _re.sub("[\\u00a0\\u2009\\u202f]", " ", whole)
    groups = whole.split(style["thousands"]) if "thousands" in style else [whole]
    right = (_re.fullmatch("[0-9]*", whole) if len(groups) == 1 else
             _re.fullmatch("[1-9][0-9]{0,2}", groups[0])
             and all(_re.fullmatch("[0-9]{3}", each) for each in groups[1:]))
    if not right or not _re.fullmatch("[0-9]*", fraction):
        return text
    return sign + "".join(groups) + ("." + fraction if point else "") + (power or "")


def _plain_number(text, style=None):
    text = text if style is None else _digits(text, style)
    value = float(text) if _NUMBER.fullmatch(text) else np.inf
    return value if np.isfinite(value) else None


def _clock(hours, minutes, seconds, half):
    hour = int(hours)
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half.lower() == "pm" else 0)
    if hour > 24 or int(minutes) > 59 or float(seconds or 0) > 60:
        return None
    return (hour * 3600 + int(minutes) * 60 + float(seconds or 0)) / 86400


def _plain_date(text, order):
    found = _DATES[order].fullmatch(text)
    if found is None:
        return None
    if order == "time":
        return _clock(*found.groups())
    a, _, b, c, hours, minutes, seconds, half, zone = found.groups()
    year, month, day = {"ymd": (a, b, c or 1), "dmy": (c, b, a), "mdy": (c, a, b)}[order]
    try:
        days = (_datetime(int(year), int(month), int(day)) - _datetime(1970, 1, 1)).days
    except ValueError:
        return None
    if hours is None:
        return float(days)
    time = _clock(hours, minutes, seconds, half)
    if time is None:
        return None
    shift = _re.fullmatch(r"([+-])(\\d{2}):?(\\d{2})", zone or "")
    east = 0 if shift is None else float(shift[1] + "1") * (int(shift[2]) / 24 + int(shift[3]) / 1440)
    return days + time - east


def _date_part(days, feature):
    part = feature["part"]
    if part == "weekday":
        return float(_WEEKDAYS[(int(np.floor(days)) + 4) % 7] == feature["level"])
    season, time = 2 * np.pi * (days / 365.2425), 2 * np.pi * days
    return {"days": days, "seasonSin": np.sin(season), "seasonCos": np.cos(season),
            "daySin": np.sin(time), "dayCos": np.cos(time)}[part]


def _feature_values(recipe, value):
    text = "" if value is None or value != value else str(value).strip()
    kind, parts = recipe["kind"], recipe["features"]
    quantity = kind in ("number", "date")
    missing, number = text.lower() in (_MISSING_NUMBERS if quantity else _MISSING_TEXTS), None
    if quantity and not missing:  # what is no number or no date counts as missing
        number = (_plain_date(text, recipe["order"]) if kind == "date"
                  else _plain_number(text, recipe.get("style") if isinstance(value, str) else None))
        missing = number is None
    imputed = [float(missing) if f["kind"] == "missing" else f["imputed"] for f in parts]
    if missing:
        return imputed

    def every(of):
        return [0.0 if f["kind"] == "missing" else float(of(f)) for f in parts]

    if quantity:
        return every(lambda f: _date_part(number, f) if kind == "date" else number)
    spelt = _plain_number(text)
    level = text
    if spelt is not None and abs(spelt) <= 9007199254740991:
        level = str(int(spelt)) if spelt == int(spelt) else repr(spelt)
    if kind != "category":
        return every(lambda f: recipe["levels"].index(level)) if level in recipe["levels"] else imputed
    if level in recipe["levels"]:
        return every(lambda f: f.get("level") == level)
    grouped = any(f["kind"] == "level" and "level" not in f for f in parts)
    return every(lambda f: "level" not in f) if grouped else imputed


def features(table):
    """The numbers that predict() reads, shape [rows, ${names.length}], of a dict or data frame of raw columns."""
    found = {}
    for recipe in _RECIPES:
        rows = [_feature_values(recipe, value) for value in table[recipe["name"]]]
        for i, feature in enumerate(recipe["features"]):
            found[feature["name"]] = [row[i] for row in rows]
    return np.stack([np.asarray(found[name], dtype=np.float64) for name in _FEATURES], axis=-1)
`;
}
