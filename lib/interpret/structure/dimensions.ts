/**
 * Units of columns: what dimensions allow a formula to be (Buckingham 1914).
 *
 * @module
 */

import { columnNode, type Formula, powerOf, productOf, putInto } from "../expressions/formula.ts";
import type { FormulaRows } from "../formula/rows.ts";
import { pow } from "../../numerics/inner.ts";

/** Exponents of base units: metres per second are m: 1, s: -1. */
export type Dimension = ReadonlyMap<string, number>;

const DERIVED: Readonly<Record<string, string>> = {
  N: "kg m s^-2",
  J: "kg m^2 s^-2",
  W: "kg m^2 s^-3",
  Pa: "kg m^-1 s^-2",
  Hz: "s^-1",
  C: "A s",
  V: "kg m^2 s^-3 A^-1",
  F: "kg^-1 m^-2 s^4 A^2",
  Ohm: "kg m^2 s^-3 A^-2",
  T: "kg s^-2 A^-1",
  Wb: "kg m^2 s^-2 A^-1",
  H: "kg m^2 s^-2 A^-2",
  rad: "",
  L: "m^3",
  g: "kg",
  min: "s",
  h: "s",
  eV: "kg m^2 s^-2",
  bar: "kg m^-1 s^-2",
};

/**
 * Reads a unit, `"kg m^2/s^2"`, `"N*m"`, `"1"`; a symbol that is not known is a base unit of its own,
 * prefixes (k, m, c, u, n, M, G) change a scale only.
 *
 * @returns The dimension; undefined if the text is no unit.
 */
export function parseUnit(text: string): Dimension | undefined {
  const exponents = new Map<string, number>();
  let sign = 1;
  const words = text.replaceAll("·", " ").replace(/([/*()])/g, " $1 ").trim().split(/\s+/);
  let nested = false;
  for (const word of words) {
    if (word === "" || word === "*" || word === "1" || word === "-" || word === "%") continue;
    if (word === "/") sign = -1;
    else if (word === "(") nested = true;
    else if (word === ")") nested = false;
    else {
      const [, symbol, power = "1"] = /^([A-Za-z°Ωµ]+)(?:\^?(-?\d+(?:\.\d+)?))?$/.exec(word) ?? [];
      if (symbol === undefined) return undefined;
      for (const [base, exponent] of baseUnits(symbol)) {
        const sum = (exponents.get(base) ?? 0) + sign * Number(power) * exponent;
        if (sum === 0) exponents.delete(base);
        else exponents.set(base, sum);
      }
      if (!nested) sign = 1;
    }
  }
  return exponents;
}

const BASES = ["kg", "m", "s", "A", "K", "mol", "cd"];

function baseUnits(symbol: string): readonly (readonly [string, number])[] {
  if (BASES.includes(symbol)) return [[symbol, 1]];
  const derived = DERIVED[symbol];
  if (derived !== undefined) return [...parseUnit(derived)!];
  const rest = /^[kmcunMGµ](.+)$/.exec(symbol)?.[1];
  if (rest !== undefined && (BASES.includes(rest) || DERIVED[rest] !== undefined)) {
    return baseUnits(rest);
  }
  return [[symbol, 1]];
}

/** What dimensions make of rows: groups without a dimension, and a factor that has the target's. */
export interface DimensionlessRows {
  readonly data: FormulaRows;
  readonly back: (formula: Formula) => Formula;
  /** `F has the dimension of m*a`. */
  readonly text: string;
}

/** Most columns that exponents are looked for. */
const MOST_COLUMNS = 6;

/** Groups columns by their dimensions; undefined where units are missing or do not fit. */
export function dimensionlessRows(
  data: FormulaRows,
  units: readonly (string | undefined)[],
): DimensionlessRows | undefined {
  const names = [...data.columns.keys()], n = names.length;
  if (units.length !== n + 1 || n > MOST_COLUMNS) return undefined;
  const dimensions = units.map((unit) => parseUnit(unit ?? "")); // no unit: no dimension
  if (dimensions.some((each) => each === undefined)) return undefined;
  const bases = [...new Set(dimensions.flatMap((each) => [...each!.keys()]))];
  if (bases.length === 0) return undefined;
  const rows = dimensions.map((each) => bases.map((base) => each!.get(base) ?? 0));
  const factor = smallest(
    rows.slice(0, n),
    rows[n],
    [0, 1, -1, 2, -2, 0.5, -0.5, 3, -3],
    data,
    names,
  );
  if (factor === undefined) return undefined;
  const groups = independentGroups(rows.slice(0, n), data, names);
  const label = (exponents: readonly number[]) =>
    `(${
      names.flatMap((name, i) => exponents[i] === 0 ? [] : [`${name}^${exponents[i]}`]).join(" ")
    })`;
  const values = monomial(data, names, factor);
  if (!values.every((each) => Number.isFinite(each) && each !== 0)) return undefined;
  return {
    data: {
      rows: data.rows,
      target: data.target.map((y, r) => y / values[r]),
      columns: new Map(groups.map((group) => [label(group), monomial(data, names, group)])),
    },
    back: (formula) =>
      productOf([
        monomialFormula(names, factor),
        putInto(
          formula,
          new Map(groups.map((group) => [label(group), monomialFormula(names, group)])),
        ),
      ]),
    text: `the target has the dimension of ${label(factor)}; without dimension: ${
      groups.map(label).join(", ") || "nothing"
    }`,
  };
}

function monomial(
  data: FormulaRows,
  names: readonly string[],
  exponents: readonly number[],
): Float64Array {
  const values = new Float64Array(data.rows).fill(1);
  names.forEach((name, i) => {
    const column = data.columns.get(name)!;
    if (exponents[i] === 0) return;
    for (let r = 0; r < data.rows; r++) values[r] *= pow(column[r], exponents[i]);
  });
  return values;
}

function monomialFormula(names: readonly string[], exponents: readonly number[]): Formula {
  return productOf(
    names.flatMap((name, i) =>
      exponents[i] === 0
        ? []
        : [exponents[i] === 1 ? columnNode(name) : powerOf(columnNode(name), exponents[i])]
    ),
  );
}

/** All lists of exponents, whose products with the dimensions are `wanted`. */
function* fitting(
  dimensions: readonly (readonly number[])[],
  wanted: readonly number[],
  choices: readonly number[],
): Generator<number[]> {
  const n = dimensions.length, exponents = new Array<number>(n).fill(0);
  function* extend(at: number, left: readonly number[]): Generator<number[]> {
    if (at === n) {
      if (left.every((each) => Math.abs(each) < 1e-9)) yield [...exponents];
      return;
    }
    for (const choice of choices) {
      exponents[at] = choice;
      yield* extend(at + 1, left.map((each, b) => each - choice * dimensions[at][b]));
    }
    exponents[at] = 0;
  }
  yield* extend(0, wanted);
}

const size = (exponents: readonly number[]) =>
  exponents.reduce((sum, each) => sum + Math.abs(each) + (each === 0 ? 0 : 0.1), 0);

function smallest(
  dimensions: readonly (readonly number[])[],
  wanted: readonly number[],
  choices: readonly number[],
  data: FormulaRows,
  names: readonly string[],
): number[] | undefined {
  let best: number[] | undefined;
  const few = names.length > 4 ? choices.filter((each) => Math.abs(each) <= 2) : choices;
  for (const each of fitting(dimensions, wanted, few)) {
    if (best !== undefined && size(each) >= size(best)) continue;
    if (monomial(data, names, each).every((value) => Number.isFinite(value) && value !== 0)) {
      best = each;
    }
  }
  return best;
}

/** As many independent combinations without a dimension as there are, the shortest ones. */
function independentGroups(
  dimensions: readonly (readonly number[])[],
  data: FormulaRows,
  names: readonly string[],
): number[][] {
  const all = [...fitting(dimensions, dimensions[0].map(() => 0), [0, 1, -1, 2, -2])]
    .filter((each) => size(each) > 0 && each.find((power) => power !== 0)! > 0)
    .filter((each) => monomial(data, names, each).every(Number.isFinite))
    .sort((a, b) => size(a) - size(b));
  const groups: number[][] = [], reduced: number[][] = [];
  for (const each of all) {
    const rest = reduced.reduce((left, row) => {
      const pivot = row.findIndex((entry) => entry !== 0), factor = left[pivot] / row[pivot];
      return left.map((entry, i) => entry - factor * row[i]);
    }, each);
    if (rest.every((entry) => Math.abs(entry) < 1e-9)) continue;
    reduced.push(rest.map((entry) => Math.abs(entry) < 1e-9 ? 0 : entry));
    groups.push(each);
  }
  return groups;
}
