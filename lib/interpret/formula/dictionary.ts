/**
 * The terms that sparse sums are made of: functions of columns, of pairs of columns, and products.
 *
 * @module
 */

import type { FormulaRows } from "./rows.ts";
import { atan, cos, exp, log, pow, rangeOf, sin, tanh } from "../../numerics/inner.ts";
import {
  addUp,
  callOf,
  columnNode,
  constant,
  type Formula,
  free,
  powerOf,
  productOf,
} from "../expressions/formula.ts";

/** A term: its formula and its values at the rows. */
export interface Atom {
  readonly formula: Formula;
  readonly values: Float64Array;
  /** How much it costs: 1 for a column. */
  readonly cost: number;
  /** The columns that are in it. */
  readonly columns: readonly string[];
  /** Whether the target is a factor: sums with such terms are fractions. */
  readonly timesTarget?: true;
}

/** What functions a dictionary may use. */
export type Allowed = (name: string) => boolean;

interface Variable {
  readonly formula: Formula;
  readonly values: Float64Array;
  readonly columns: readonly string[];
  readonly cost: number;
}

/** Functions of every column. */
export function columnAtoms(data: FormulaRows, allowed: Allowed): Atom[] {
  return [...data.columns].flatMap(([name, values]) =>
    functionsOf({ formula: columnNode(name), values, columns: [name], cost: 0 }, allowed, true)
  );
}

function functionsOf(variable: Variable, allowed: Allowed, powers: boolean): Atom[] {
  const { formula, values, columns } = variable, [low, high] = rangeOf(values);
  const size = Math.max(Math.abs(low), Math.abs(high)), range = high - low;
  const atoms: Atom[] = [];
  if (!(range > 0)) return atoms;
  const add = (name: string, atom: Formula, f: (x: number) => number, cost: number) => {
    if (!allowed(name)) return;
    atoms.push({ formula: atom, values: values.map(f), cost: cost + variable.cost, columns });
  };
  const scaled = (k: number) => productOf([free(k), formula]);
  if (powers) add("x", formula, (x) => x, 1);
  else if (allowed("x")) add("x", formula, (x) => x, 1);
  const away = low > 0 || high < 0;
  for (const [p, cost] of [[2, 2], [3, 3], [4, 4]] as const) {
    if (powers || p === 2) add(`x^${p}`, powerOf(formula, p), (x) => pow(x, p), cost);
  }
  if (away || size > 0) {
    const least = values.reduce((a, x) => Math.min(a, Math.abs(x)), Infinity);
    if (least > 1e-7 * size) {
      add("inverse", powerOf(formula, -1), (x) => 1 / x, 2);
      add("x^(-2)", powerOf(formula, -2), (x) => 1 / (x * x), 2.5);
    }
  }
  if (low >= 0) {
    add("sqrt", powerOf(formula, 0.5), Math.sqrt, 2);
    add("x^(3/2)", powerOf(formula, 1.5), (x) => pow(x, 1.5), 3);
  }
  if (low > 0) {
    add("x^(-1/2)", powerOf(formula, -0.5), (x) => 1 / Math.sqrt(x), 3);
    add("log", callOf("log", formula), log, 2);
  }
  for (const k of [1, -1]) {
    if (size < 30) add("exp", callOf("exp", scaled(k)), (x) => exp(k * x), 2);
  }
  for (const k of size < 2 ? [1, 2, Math.PI, 2 * Math.PI] : [1, 2, 0.5, Math.PI]) {
    if (k * range < 0.3 || k * range > 40) continue;
    add("sin", callOf("sin", scaled(k)), (x) => sin(k * x), k === 1 ? 2 : 2.5);
    add("cos", callOf("cos", scaled(k)), (x) => cos(k * x), k === 1 ? 2 : 2.5);
  }
  if (size < 10) {
    add(
      "gaussian",
      callOf("exp", productOf([free(-1), powerOf(formula, 2)])),
      (x) => exp(-x * x),
      3,
    );
  }
  add("tanh", callOf("tanh", scaled(1)), tanh, 3);
  add("arctan", callOf("arctan", scaled(1)), atan, 3);
  if (low < 0 && high > 0) add("abs", callOf("abs", formula), Math.abs, 3);
  return atoms.filter((atom) => atom.values.every(Number.isFinite));
}

/** Functions of differences, sums, products, ratios and squared distances of two columns. */
export function pairAtoms(data: FormulaRows, allowed: Allowed): Atom[] {
  const names = [...data.columns.keys()];
  return names.flatMap((a, i) =>
    names.slice(i + 1).flatMap((b) =>
      composed(data, a, b).flatMap((each) => functionsOf(each, allowed, false))
        .filter(({ cost }) => cost > 2)
    )
  );
}

function composed(data: FormulaRows, a: string, b: string): Variable[] {
  const x = data.columns.get(a)!, y = data.columns.get(b)!;
  const u = columnNode(a), v = columnNode(b), columns = [a, b];
  const make = (formula: Formula, f: (p: number, q: number) => number): Variable => ({
    formula,
    columns,
    values: x.map((each, r) => f(each, y[r])),
    cost: 1.5,
  });
  const nonzero = (values: Float64Array) => values.every((each) => each !== 0);
  return [
    make(addUp([u, productOf([constant(-1), v])]), (p, q) => p - q),
    make(addUp([u, v]), (p, q) => p + q),
    make(productOf([u, v]), (p, q) => p * q),
    ...(nonzero(y) ? [make(productOf([u, powerOf(v, -1)]), (p, q) => p / q)] : []),
    ...(nonzero(x) ? [make(productOf([v, powerOf(u, -1)]), (p, q) => q / p)] : []),
    make(addUp([powerOf(u, 2), powerOf(v, 2)]), (p, q) => p * p + q * q),
  ];
}

/** Whether the first column of a term comes after another's: every pair once. */
export function laterColumn({ columns }: FormulaRows): (a: Atom, b: Atom) => boolean {
  const names = [...columns.keys()];
  return (a, b) => names.indexOf(b.columns[0]) > names.indexOf(a.columns[0]);
}

/** Products of two terms. */
export function productAtoms(
  first: readonly Atom[],
  second: readonly Atom[],
  fits: (a: Atom, b: Atom) => boolean,
): Atom[] {
  const products: Atom[] = [];
  for (const a of first) {
    for (const b of second) {
      if (!fits(a, b)) continue;
      const values = a.values.map((each, r) => each * b.values[r]);
      products.push({
        formula: productOf([a.formula, b.formula]),
        values,
        cost: a.cost + b.cost,
        columns: [...new Set([...a.columns, ...b.columns])],
      });
    }
  }
  return products;
}

/** Terms that have the target as a factor. */
export function targetAtoms(atoms: readonly Atom[], target: Float64Array): Atom[] {
  return atoms.map((atom) => ({
    ...atom,
    values: atom.values.map((each, r) => each * target[r]),
    cost: atom.cost + 0.5,
    timesTarget: true,
  }));
}
