/**
 * A query that makes a model's features of the raw columns of a table.
 *
 * @module
 */

import { MISSING_TEXTS } from "../../data/inner.ts";
import type { ColumnRecipe, FeatureRecipe, TableEncoding } from "../../data/mod.ts";

const name = (text: string): string => `"${text.replace(/"/g, '""')}"`;
const literal = (text: string): string => `'${text.replace(/'/g, "''")}'`;
const real = (value: number): string => {
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
};
const list = (texts: readonly string[]): string => texts.map(literal).join(", ");

/** What the queries are called: that of features, and that of cells as texts, before it. */
const FEATURES = "freeknot_features", TEXTS = "freeknot_texts";

/** What the query of cells with marks between their digits is called. */
const SHAPES = "freeknot_shapes";

/** What is left of numbers without their digits. */
const SIGNS = ["", "-", "+"].flatMap((sign) =>
  ["", "."].flatMap((point) => ["", "e", "e-", "e+"].map((power) => `${sign}${point}${power}`))
);

/**
 * Puts a query in front of an exported `SELECT`, which then reads its features instead of a table.
 *
 * @param encoding How the table became numbers.
 * @param table The table of raw columns.
 * @param write Writes the `SELECT` that reads a table of a name.
 * @returns Undefined where the encoding has no recipes, or one holds dates, which every database
 * reads in its own way.
 *
 * @example
 * ```ts
 * import { parseTable, prepareTable } from "@freeknot/freeknot";
 * import { withSqlFeatures } from "@freeknot/freeknot/export";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const rows = Array.from({ length: 20 }, (_, i) => `${"ab"[i % 2]},${i}`);
 * const table = parseTable(`kind,y\n${rows.join("\n")}\n`, { name: "kinds.csv" });
 * const { encoding } = prepareTable(table, { targets: ["y"], task: "regression", seed: 1 });
 * const sql = withSqlFeatures(encoding, "kinds", (from) => `SELECT * FROM ${from}`);
 * assertStringIncludes(sql!, `WHEN TRIM(CAST("kind" AS TEXT)) = 'b' THEN 1.0`);
 * ```
 */
export function withSqlFeatures(
  encoding: Pick<TableEncoding, "inputs" | "columns">,
  table: string,
  write: (table: string) => string,
): string | undefined {
  const { inputs, columns = [] } = encoding;
  const found = new Map(
    columns.flatMap((recipe) =>
      recipe.features.map((feature) => [feature.name, { recipe, feature }] as const)
    ),
  );
  const used = inputs.map(({ name, offset }) => ({ name, offset, source: found.get(name) }));
  const recipes = used.map(({ source }) => source?.recipe);
  if (recipes.every((recipe) => recipe === undefined)) return undefined;
  if (recipes.some((recipe) => recipe?.kind === "date")) return undefined;
  const lines = used.map(({ name: feature, offset, source }) => {
    const value = source === undefined
      ? name(feature)
      : expression(source.recipe, source.feature, Number(offset ?? 0));
    return `    ${value} AS ${name(feature)}`;
  });
  const numbers = [...new Set(recipes)].filter((recipe) => recipe?.kind === "number");
  const texts = numbers.flatMap((recipe) => numberTexts(recipe!));
  const others = [...new Set(used.map(({ name, source }) => source?.recipe.name ?? name))].map(
    name,
  );
  const shapes = numbers.flatMap((recipe) => shapeTexts(recipe!)), shaped = shapes.length > 0;
  const first = shaped
    ? `${SHAPES} AS (\n  SELECT\n    ${[...others, ...shapes].join(",\n    ")}\n  FROM ${
      name(table)
    }\n), `
    : "";
  const query = `${first}${TEXTS} AS (\n  SELECT\n    ${
    [...others, ...texts].join(",\n    ")
  }\n  FROM ${shaped ? SHAPES : name(table)}\n), ${FEATURES} AS (\n  SELECT\n${
    lines.join(",\n")
  }\n  FROM ${TEXTS}\n)`;
  const text = write(FEATURES), begin = text.search(/^(?!--)/m);
  const head = text.slice(0, begin), body = text.slice(begin);
  return body.startsWith("WITH ")
    ? `${head}WITH ${query}, ${body.slice("WITH ".length)}`
    : `${head}WITH ${query}\n${body}`;
}

function expression(recipe: ColumnRecipe, feature: FeatureRecipe, offset: number): string {
  const { kind, levels = [], features } = recipe, column = name(recipe.name);
  const text = `TRIM(CAST(${column} AS TEXT))`;
  const missing = kind === "number"
    ? notANumber(recipe)
    : `${column} IS NULL OR LOWER(${text}) IN (${list(MISSING_TEXTS)})`;
  if (feature.kind === "missing") return `CASE WHEN ${missing} THEN 1.0 ELSE 0.0 END`;
  const imputed = real(feature.imputed + offset);
  const first = `CASE WHEN ${missing} THEN ${imputed}`;
  if (kind === "number") return `${first} ELSE CAST(${bareName(recipe)} AS DOUBLE PRECISION) END`;
  const numbers = levels.every((level) => level.trim() !== "" && Number.isFinite(Number(level)));
  const left = numbers ? `CAST(${column} AS DOUBLE PRECISION)` : text;
  const right = (level: string) => numbers ? real(Number(level)) : literal(level);
  if (kind !== "category") {
    const codes = levels.map((level, code) => `WHEN ${left} = ${right(level)} THEN ${real(code)}`);
    return `${first} ${codes.join(" ")} ELSE ${imputed} END`;
  }
  const among = `${left} IN (${levels.map(right).join(", ")})`;
  if (feature.level === undefined) return `${first} WHEN ${among} THEN 0.0 ELSE 1.0 END`;
  const grouped = features.some((each) => each.kind === "level" && each.level === undefined);
  return `${first} WHEN ${left} = ${right(feature.level)} THEN 1.0 ` +
    `WHEN ${among} THEN 0.0 ELSE ${grouped ? "0.0" : imputed} END`;
}

const without = (code: string, texts: readonly string[]): string =>
  texts.reduce((rest, each) => `REPLACE(${rest}, ${literal(each)}, '')`, code);

/** A column of numbers as text with a decimal point alone, and what is left without digits. */
function numberTexts(recipe: ColumnRecipe): string[] {
  const { style } = recipe, raw = cellText(recipe);
  const plain = style?.thousands === undefined ? raw : without(raw, [style.thousands]);
  const bare = style?.decimal === "," ? `REPLACE(${plain}, ',', '.')` : plain;
  const chosen = style?.thousands === undefined
    ? bare
    : `CASE WHEN ${
      wrongGroups(recipe, style.thousands, style.decimal)
    } THEN ${raw} ELSE ${bare} END`;
  return [
    `${chosen} AS ${bareName(recipe)}`,
    `${without(chosen, Array.from("0123456789"))} AS ${restName(recipe)}`,
  ];
}

/** The cells of a column as trimmed text in lower case; spaces between digits are plain ones. */
function cellText({ name: column, style }: ColumnRecipe): string {
  const text = `LOWER(TRIM(CAST(${name(column)} AS TEXT)))`;
  if (style?.thousands !== " ") return text;
  return ["\u00a0", "\u2009", "\u202f"].reduce(
    (code, space) => `REPLACE(${code}, ${literal(space)}, ' ')`,
    text,
  );
}

/** The cells of a column with 0 for every digit, where there are marks between groups of three. */
function shapeTexts(recipe: ColumnRecipe): string[] {
  if (recipe.style?.thousands === undefined) return [];
  const zeros = Array.from("123456789").reduce(
    (code, digit) => `REPLACE(${code}, '${digit}', '0')`,
    cellText(recipe),
  );
  return [`${zeros} AS ${shapeName(recipe)}`];
}

/** Whether marks stand elsewhere than between groups of three digits; such a cell is read as it is. */
function wrongGroups(recipe: ColumnRecipe, mark: string, point: string): string {
  const shape = shapeName(recipe), m = mark.replace("'", "''");
  const ends = ["", m, point, "e"].flatMap((next) =>
    ["", "0", "00"].map((digits) => `%${m}${digits}${next}${next === "" ? "" : "%"}`)
  );
  const wrong = [...ends, `%${m}0000%`, `%0000${m}%`, `${m}%`, `-${m}%`, `+${m}%`];
  return [...wrong, `%${point}%${m}%`].map((each) => `${shape} LIKE '${each}'`).join(" OR ");
}

const bareName = (recipe: ColumnRecipe): string => name(`freeknot bare ${recipe.name}`);
const shapeName = (recipe: ColumnRecipe): string => name(`freeknot shape ${recipe.name}`);
const restName = (recipe: ColumnRecipe): string => name(`freeknot rest ${recipe.name}`);

/**
 * Whether a cell is no number: without its digits nothing but signs, a point and an `e` may be left,
 * in this order; a digit must come before the `e` and at the end or before a point at the end.
 */
function notANumber(recipe: ColumnRecipe): string {
  const bare = bareName(recipe), rest = restName(recipe);
  const inside = ["-", "+"].flatMap((sign) => [
    `(${rest} LIKE '${sign}%' AND ${bare} NOT LIKE '${sign}%')`,
    `(${rest} LIKE '%e${sign}' AND ${bare} NOT LIKE '%e${sign}%')`,
  ]);
  return [
    `${bare} IS NULL OR ${rest} NOT IN (${list(SIGNS)}) OR ${bare} = ${rest}`,
    ...inside,
    `${bare} LIKE 'e%' OR ${bare} LIKE '%e' OR ${bare} LIKE '%e-' OR ${bare} LIKE '%e+'`,
    `LENGTH(${bare}) - LENGTH(REPLACE(${bare}, 'e', '')) > 0 AND ABS(CAST(${bare} AS DOUBLE PRECISION)) > 1.0e308`,
  ].join(" OR ");
}
