/**
 * Where formulas come from: sparse sums and sums of functions of one column, under outer functions.
 *
 * @module
 */

import { LIBRARY, type LibraryFunction } from "../symbols/library.ts";
import { addUp, type Formula, free, productOf } from "../expressions/formula.ts";
import { formulaValues } from "../expressions/evaluate.ts";
import { fitColumnSum, fitProduct } from "./additive.ts";
import { type CurveFormula, curveFormulas } from "./curve_formulas.ts";
import type { Curve } from "./curve_symbols.ts";
import { sparseFormula } from "./sparse_formula.ts";
import {
  type Atom,
  columnAtoms,
  laterColumn,
  pairAtoms,
  productAtoms,
  targetAtoms,
} from "./dictionary.ts";
import { createFront, type Front } from "./front.ts";
import { exp, log10, rangeOf } from "../../numerics/inner.ts";
import { type FormulaRows, someRows } from "./rows.ts";
import { type SparseSum, sparseSums } from "./sparse_search.ts";
import { type OuterFunction, outerFunctions } from "./transforms.ts";

/** What a search works with. */
export interface Search {
  readonly data: FormulaRows;
  readonly few: FormulaRows;
  readonly front: Front;
  readonly library: readonly LibraryFunction[];
  readonly allowed: (name: string) => boolean;
  /** Longest formula. */
  readonly mostComplexity: number;
  /** How much of the target sums under an outer function have left unexplained so far. */
  readonly promise: Map<string, number>;
  /** Gives way to others, and tells whether to go on. */
  readonly goOn: () => Promise<boolean>;
}

/** Most terms of a dictionary: the cheapest. */
const MOST_ATOMS = { quick: 1600, thorough: 9000 };
/** Outer functions that the thorough search tries. */
const MOST_OUTER = 4;

/** Sparse sums under all outer functions; the thorough search takes the most promising ones. */
export async function searchSparse(search: Search, thorough: boolean): Promise<void> {
  const { few, front, allowed, goOn, promise } = search;
  const atoms = cheapest(few, allowed, thorough);
  const below = fractionAtoms(few, allowed);
  const outers = outerFunctions(few.target, allowed)
    .sort((a, b) => (promise.get(a.name) ?? 1) - (promise.get(b.name) ?? 1));
  for (const outer of thorough ? outers.slice(0, MOST_OUTER) : outers) {
    const fraction = [...atoms.filter(isPlain), ...below];
    for (const list of outer.name === "x" ? [atoms, fraction] : [atoms]) {
      if (!await goOn()) return;
      const sums = sparseSums(list, outer.undone, outer.weights, {
        most: list === fraction || few.columns.size <= 2 ? 5 : 7,
        beam: list === fraction ? 50 : 12,
        keep: list === fraction ? 6 : 3,
        pairs: list === fraction ? 500 : 24,
      }).sort((a, b) => scoreOf(a) - scoreOf(b));
      if (sums.length > 0) {
        promise.set(outer.name, Math.min(promise.get(outer.name) ?? 1, sums[0].unexplained));
      }
      for (const sum of promising(sums)) {
        front.consider(sparseFormula(sum, outer), `sum of terms under ${outer.name}`);
        if (!await goOn()) return;
      }
    }
    if (front.exact()) return;
  }
}

/** The best sums by score, and the best of every number of terms. */
function promising(sums: readonly SparseSum[]): SparseSum[] {
  const sizes = new Map<number, SparseSum>();
  for (const sum of sums) {
    const known = sizes.get(sum.terms.length);
    if (known === undefined || sum.unexplained < known.unexplained) {
      sizes.set(sum.terms.length, sum);
    }
  }
  return [...new Set([...sums.slice(0, 6), ...sizes.values()])]
    .filter(({ unexplained }) => unexplained < 0.5);
}

function scoreOf({ unexplained, cost }: SparseSum): number {
  return log10(Math.max(unexplained, 1e-20)) + 0.12 * cost;
}

/** Simple terms: whole powers and the plainest functions. */
function isSimple({ cost }: Atom): boolean {
  return cost <= 2;
}

/** Terms of numerators. */
function isPlain({ cost }: Atom): boolean {
  return cost <= 4;
}

function dictionaryOf(few: FormulaRows, allowed: Search["allowed"], thorough: boolean): Atom[] {
  const n = few.columns.size, single = columnAtoms(few, allowed), pairs = pairAtoms(few, allowed);
  const names = [...few.columns.keys()];
  const limited = n <= 4 ? single : single.filter(isSimple);
  const products = productAtoms(limited, limited, laterColumn(few));
  const plain = [...single, ...pairs, ...products];
  if (!thorough) return plain;
  const simple = single.filter(isSimple);
  const triples = productAtoms(
    products.filter(({ cost }) => cost <= (n <= 4 ? 4 : 3)),
    simple,
    (a, b) =>
      names.indexOf(b.columns[0]) > Math.max(...a.columns.map((name) => names.indexOf(name))),
  );
  const composed = productAtoms(
    pairs.filter(({ cost }) => cost <= 4.5),
    n <= 3 ? single : simple,
    (a, b) => n <= 3 || !a.columns.includes(b.columns[0]),
  );
  const joint = productAtoms(
    pairs,
    pairs,
    (a, b) => a !== b && a.columns.join() === b.columns.join() && a.cost + b.cost <= 8.5,
  );
  return [...plain, ...triples, ...composed, ...joint];
}

/** The cheapest terms of a dictionary of rows. */
export function quickDictionary(rows: FormulaRows, allowed: Search["allowed"]): Atom[] {
  return cheapest(rows, allowed, false);
}

function cheapest(rows: FormulaRows, allowed: Search["allowed"], thorough: boolean): Atom[] {
  return dictionaryOf(rows, allowed, thorough).sort((a, b) => a.cost - b.cost)
    .slice(0, thorough ? MOST_ATOMS.thorough : MOST_ATOMS.quick);
}

/** Terms of the denominators of fractions. */
function fractionAtoms(few: FormulaRows, allowed: Search["allowed"]): Atom[] {
  const single = columnAtoms(few, allowed), simple = single.filter(isSimple);
  const products = productAtoms(simple, simple, laterColumn(few));
  return targetAtoms([...single, ...products], few.target);
}

/** Sums and products of functions of one column, under all outer functions. */
export async function searchAdditive(search: Search): Promise<void> {
  const { data, front, library, allowed, goOn } = search;
  const rows = someRows(data, 1500), names = [...data.columns.keys()];
  const fits = outerFunctions(rows.target, allowed).map((outer) => ({
    outer,
    fit: fitColumnSum(rows, outer.undone, outer.weights),
  })).filter(({ fit }) => fit !== undefined && fit.unexplained < 0.2)
    .sort((a, b) => a.fit!.unexplained - b.fit!.unexplained);
  for (const { outer, fit } of fits.slice(0, 4)) {
    if (!await goOn()) return;
    const product = outer.name.endsWith("exp"), sign = outer.name === "-exp" ? -1 : 1;
    const lists = fit!.curves.map((curve, v) =>
      isFlat(curve, fit!.curves) ? [] : curveFormulas(
        product ? { x: curve.x, y: curve.y.map((y) => exp(y)) } : curve,
        names[v],
        library,
        6,
      )
    );
    for (const formulas of combinations(lists, 16)) {
      if (!await goOn()) return;
      front.consider(
        product
          ? productOf([free(sign * scaleOf(formulas, rows)), ...formulas])
          : outer.around(addUp([...formulas, free(shiftOf(formulas, outer, rows))])),
        product ? "product of functions" : `sum of functions under ${outer.name}`,
      );
    }
    if (front.exact()) return;
  }
  if (names.length > 1) await searchProducts(search, rows);
}

/** Products of functions of one column that may change sign. */
async function searchProducts(search: Search, rows: FormulaRows): Promise<void> {
  const { front, library, goOn } = search, names = [...rows.columns.keys()];
  const fit = fitProduct(rows);
  if (fit === undefined || fit.unexplained > 0.1) return;
  const lists = fit.curves.map((curve, v) => curveFormulas(curve, names[v], library, 6));
  for (const formulas of combinations(lists, 16)) {
    if (!await goOn()) return;
    front.consider(
      productOf([free(scaleOf(formulas, rows)), ...formulas]),
      "product of functions",
    );
  }
}

function isFlat(curve: Curve, curves: readonly Curve[]): boolean {
  const spread = ({ y }: Curve) => {
    const [low, high] = rangeOf(y);
    return high - low;
  };
  return spread(curve) < 1e-3 * Math.max(...curves.map(spread));
}

/** One formula from every list that has any, the best combinations first. */
export function combinations(
  lists: readonly (readonly CurveFormula[])[],
  most: number,
): Formula[][] {
  let found: { readonly formulas: Formula[]; readonly score: number }[] = [
    { formulas: [], score: 0 },
  ];
  for (const list of lists) {
    if (list.length === 0) continue;
    found = found.flatMap(({ formulas, score }) =>
      list.map((each) => ({ formulas: [...formulas, each.formula], score: score + each.score }))
    ).sort((a, b) => a.score - b.score).slice(0, 3 * most);
  }
  return found.slice(0, most).map(({ formulas }) => formulas).filter((each) => each.length > 0);
}

/** The factor that makes a product fit. */
function scaleOf(formulas: readonly Formula[], rows: FormulaRows): number {
  const values = formulaValues(productOf(formulas), rows);
  let top = 0, bottom = 0;
  values.forEach((value, r) => {
    top += Math.abs(value * rows.target[r]);
    bottom += value * value;
  });
  return Number.isFinite(top / bottom) && bottom > 0 ? top / bottom : 1;
}

/** The constant that makes a sum fit. */
function shiftOf(formulas: readonly Formula[], outer: OuterFunction, rows: FormulaRows): number {
  const values = formulaValues(addUp(formulas), rows);
  let top = 0, bottom = 0;
  values.forEach((value, r) => {
    const weight = outer.weights[r] ** 2;
    top += weight * (outer.undone[r] - value);
    bottom += weight;
  });
  return Number.isFinite(top / bottom) ? top / bottom : 0;
}

/** Prepares a search. */
export function createSearch(
  data: FormulaRows,
  library: readonly LibraryFunction[] = LIBRARY,
  goOn: () => Promise<boolean> = () => Promise.resolve(true),
  mostComplexity = Infinity,
): Search {
  const names = new Set(library.map(({ name }) => name));
  const front = createFront(data, mostComplexity);
  return {
    ...{ data, front, library, goOn, mostComplexity },
    few: someRows(data, 160),
    promise: new Map(),
    allowed: (name) => name === "x" || name === "constant" || names.has(name),
  };
}
