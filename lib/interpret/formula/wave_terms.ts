/**
 * Products of powers of columns with one wave or exponential: what diffraction, waiting times, chains
 * and radiation are made of, `(1 - cos(2 x))/x^2`, `C/y - C exp(-y T)/y`, `w/(exp(w/T) - 1)`.
 *
 * @module
 */

import { cos, exp, pow, rangeOf, sin } from "../../numerics/inner.ts";
import {
  callOf,
  columnNode,
  constant,
  type Formula,
  free,
  powerOf,
  productOf,
} from "../expressions/formula.ts";
import { type Atom, targetAtoms } from "./dictionary.ts";
import type { FormulaRows } from "./rows.ts";
import type { Search } from "./search.ts";
import { sparseFormula } from "./sparse_formula.ts";
import { sparseSums } from "./sparse_search.ts";
import { outerFunctions } from "./transforms.ts";

/** Most terms: the cheapest. */
const MOST_TERMS = 9000;
/** More columns have too many products. */
const MOST_COLUMNS = 4;
/** Largest sum of the sizes of a product's exponents. */
const MOST_POWERS = 4;
/** Widest range of a wave's argument, and largest argument of an exponential. */
const WIDEST = 40, LARGEST = 30;

/** Sums of few such products, also as fractions whose denominators have a wave or exponential. */
export async function searchWaves(search: Search): Promise<void> {
  const { few, front, allowed, goOn } = search;
  if (few.columns.size > MOST_COLUMNS) return;
  const [plain] = outerFunctions(few.target, allowed);
  const powers = monomials(few, allowed), waves = waveAtoms(few, allowed);
  const cheap = powers.filter(({ cost }) => cost <= 2);
  const terms = [...powers, ...products(powers, waves)].sort((a, b) => a.cost - b.cost)
    .slice(0, MOST_TERMS);
  const below = targetAtoms([...waves, ...products(cheap, waves)], few.target);
  for (const list of [terms, [...terms.slice(0, MOST_TERMS / 3), ...below]]) {
    if (!await goOn()) return;
    const sums = sparseSums(list.filter(({ cost }) => cost > 0), plain.undone, plain.weights, {
      ...{ most: 5, beam: 24, keep: 4, pairs: 300 },
    });
    for (const sum of sums) {
      if (sum.unexplained > 0.1) continue;
      front.consider(sparseFormula(sum, plain), "sum of powers times waves");
      if (front.exact() || !await goOn()) return;
    }
  }
}

/** Products of powers from -2 to 2 of the columns; the first is 1. */
function monomials({ rows, columns }: FormulaRows, allowed: Search["allowed"]): Atom[] {
  let found: Atom[] = [
    { formula: constant(1), values: new Float64Array(rows).fill(1), cost: 0, columns: [] },
  ];
  for (const [name, values] of columns) {
    const zero = values.some((x) => Math.abs(x) < 1e-9);
    const exponents = [
      1,
      ...(allowed("x^2") ? [2] : []),
      ...(zero || !allowed("inverse") ? [] : [
        -1,
        ...allowed("x^(-2)") ? [-2] : [],
      ]),
    ];
    found = found.flatMap((atom) => [
      atom,
      ...exponents.map((p): Atom => ({
        formula: times(atom.formula, p === 1 ? columnNode(name) : powerOf(columnNode(name), p)),
        values: atom.values.map((each, r) => each * pow(values[r], p)),
        cost: atom.cost + Math.abs(p),
        columns: [...atom.columns, name],
      })).filter(({ cost }) => cost <= MOST_POWERS),
    ]);
  }
  return found;
}

function times(a: Formula, b: Formula): Formula {
  return a.kind === "number" ? b : productOf([a, b]);
}

/** Waves and exponentials of columns, products and ratios. */
function waveAtoms(data: FormulaRows, allowed: Search["allowed"]): Atom[] {
  const names = [...data.columns.keys()], atoms: Atom[] = [];
  const add = (formula: Formula, values: Float64Array, columns: readonly string[]): void => {
    const cost = columns.length, [low, high] = rangeOf(values), range = high - low;
    if (!(range > 0) || !Number.isFinite(range)) return;
    const put = (name: string, k: number, f: (x: number) => number): void => {
      if (!allowed(name)) return;
      atoms.push({
        formula: callOf(name, productOf([free(k), formula])),
        values: values.map((x) => f(k * x)),
        cost: cost + (Math.abs(k) === 1 ? 0.5 : 1),
        columns,
      });
    };
    for (const k of [1, 2, ...(cost === 1 ? [0.5, Math.PI] : [])]) {
      if (k * range < 0.3 || k * range > WIDEST) continue;
      put("cos", k, cos);
      put("sin", k, sin);
    }
    const size = Math.max(Math.abs(low), Math.abs(high));
    for (const k of [1, -1, 2, -2]) if (Math.abs(k) * size < LARGEST) put("exp", k, exp);
  };
  names.forEach((a, i) => {
    const x = data.columns.get(a)!;
    add(columnNode(a), x, [a]);
    names.forEach((b, j) => {
      const y = data.columns.get(b)!, [u, v] = [columnNode(a), columnNode(b)];
      if (i < j) add(productOf([u, v]), x.map((each, r) => each * y[r]), [a, b]);
      if (i === j || y.some((each) => Math.abs(each) < 1e-9)) return;
      add(productOf([u, powerOf(v, -1)]), x.map((each, r) => each / y[r]), [a, b]);
    });
  });
  return atoms;
}

function products(powers: readonly Atom[], waves: readonly Atom[]): Atom[] {
  return powers.flatMap((power) =>
    waves.map((wave): Atom => ({
      formula: times(power.formula, wave.formula),
      values: wave.values.map((each, r) => each * power.values[r]),
      cost: power.cost + wave.cost,
      columns: [...new Set([...power.columns, ...wave.columns])],
    }))
  );
}
