/**
 * Where formulas come from: sparse sums and sums of functions of one column, under outer functions.
 *
 * @module
 */

import { LIBRARY, type LibraryFunction } from "../symbols/library.ts";
import { type Formula, free, powerOf, productOf, sumOf } from "../expressions/formula.ts";
import { additiveFormula, fitAdditive, symbolChoices } from "./additive.ts";
import { type Atom, columnAtoms, pairAtoms, productAtoms, targetAtoms } from "./dictionary.ts";
import { createFront, type Front } from "./front.ts";
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
  /** Gives way to others, and tells whether to go on. */
  readonly goOn: () => Promise<boolean>;
}

/** The formula of a sparse sum under an outer function. */
export function sparseFormula({ terms, constant }: SparseSum, outer: OuterFunction): Formula {
  const above: Formula[] = Math.abs(constant) > 1e-12 ? [free(constant)] : [],
    below: Formula[] = [];
  for (const { atom, coefficient } of terms) {
    if (atom.timesTarget) below.push(productOf([free(-coefficient), atom.formula]));
    else above.push(productOf([free(coefficient), atom.formula]));
  }
  const top = outer.around(sumOf(above));
  if (below.length === 0) return top;
  return productOf([top, powerOf(sumOf([{ kind: "number", value: 1 }, ...below]), -1)]);
}

/** Sparse sums under all outer functions. */
export async function searchSparse(search: Search, thorough: boolean): Promise<void> {
  const { few, front, allowed, goOn } = search;
  const atoms = dictionaryOf(few, allowed, thorough);
  for (const outer of outerFunctions(few.target, allowed)) {
    if (!await goOn()) return;
    const own = outer.name === "x" ? [...atoms, ...fractionAtoms(few, allowed)] : atoms;
    const sums = sparseSums(own, outer.undone, outer.weights, {
      most: few.columns.size <= 2 ? 5 : 7,
      beam: thorough ? 12 : 16,
      keep: 3,
    });
    sums.sort((a, b) => scoreOf(a) - scoreOf(b));
    for (const sum of sums.slice(0, 8)) {
      if (sum.unexplained > 0.5) continue;
      front.consider(sparseFormula(sum, outer), `sum of terms under ${outer.name}`);
      if (!await goOn()) return;
    }
  }
}

function scoreOf({ unexplained, cost }: SparseSum): number {
  return Math.log10(Math.max(unexplained, 1e-20)) + 0.12 * cost;
}

/** Simple terms: whole powers and the plainest functions. */
function isSimple({ cost }: Atom): boolean {
  return cost <= 2;
}

function dictionaryOf(few: FormulaRows, allowed: Search["allowed"], thorough: boolean): Atom[] {
  const n = few.columns.size, single = columnAtoms(few, allowed), pairs = pairAtoms(few, allowed);
  const names = [...few.columns.keys()];
  const later = (a: Atom, b: Atom) => names.indexOf(b.columns[0]) > names.indexOf(a.columns[0]);
  const limited = n <= 4 ? single : single.filter(isSimple);
  const products = productAtoms(limited, limited, later);
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
  const own = productAtoms(
    pairs,
    pairs,
    (a, b) => a !== b && a.columns.join() === b.columns.join() && a.cost + b.cost <= 8.5,
  );
  return [...plain, ...triples, ...composed, ...own];
}

/** Terms of the denominators of fractions. */
function fractionAtoms(few: FormulaRows, allowed: Search["allowed"]): Atom[] {
  const single = columnAtoms(few, allowed);
  const names = [...few.columns.keys()];
  const simple = single.filter(isSimple);
  const products = productAtoms(
    simple,
    simple,
    (a, b) => names.indexOf(b.columns[0]) > names.indexOf(a.columns[0]),
  );
  return targetAtoms([...single, ...products], few.target);
}

/** Sums of functions of one column under all outer functions. */
export async function searchAdditive(search: Search): Promise<void> {
  const { data, front, library, allowed, goOn } = search;
  const rows = someRows(data, 1500), names = [...data.columns.keys()];
  const fits = outerFunctions(rows.target, allowed).map((outer) => ({
    outer,
    fit: fitAdditive(rows, outer.undone, outer.weights),
  })).filter(({ fit }) => fit !== undefined && fit.unexplained < 0.2)
    .sort((a, b) => a.fit!.unexplained - b.fit!.unexplained);
  for (const { outer, fit } of fits.slice(0, 5)) {
    const choices = symbolChoices(fit!.curves, library, 5, 14);
    for (const choice of choices) {
      if (!await goOn()) return;
      const inside = additiveFormula(names, choice, 0);
      front.consider(outer.around(inside), `additive under ${outer.name}`);
    }
  }
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
    ...{ data, front, library, goOn },
    few: someRows(data, 250),
    allowed: (name) => name === "x" || name === "constant" || names.has(name),
  };
}
