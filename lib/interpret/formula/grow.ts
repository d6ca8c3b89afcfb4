/**
 * Formulas that grow out of others by one change at a time: a term, a factor, a function around a
 * part, another function, another power. Which terms and factors, the residuals tell.
 *
 * @module
 */

import { complexityOf } from "../expressions/complexity.ts";
import { compileFormula } from "../expressions/evaluate.ts";
import { type Formula, free, freeNumbers, visitFormula } from "../expressions/formula.ts";
import { normalForm } from "../expressions/normal_form.ts";
import { structureOf } from "./front.ts";
import { type Atom, columnAtoms, laterColumn, pairAtoms, productAtoms } from "./dictionary.ts";
import { changesOf, isOdd } from "./grow_changes.ts";
import { refitFormula } from "./refit_formula.ts";
import { columnMean, someRows, varianceOf } from "./rows.ts";
import type { Search } from "./search.ts";
import { log10 } from "../../numerics/inner.ts";

/** Rows that candidates are fitted to. */
const FEW = 120;
/** Formulas that one generation goes on from. */
const PARENTS = { short: 3, good: 3, others: 4 };
/** Longest formula of the front that growth begins with. */
const SHORT = 16;
/** Generations at most. */
const GENERATIONS = 24;
/** Longest formula that is grown. */
const LONGEST = 30;
/** Measured constants at most. */
const MOST_CONSTANTS = 9;
/** Terms and factors to choose from. */
const MOST_ATOMS = 500;

interface Grown {
  readonly formula: Formula;
  readonly loss: number;
  readonly complexity: number;
  expanded: boolean;
}

/** Options of {@linkcode growFormulas}. */
export interface GrowthOptions {
  /** Work that may be done: rows times nodes times steps, in millions. */
  readonly work: number;
  /** Whether what is left is noise: then nothing more is looked for. */
  readonly done: () => boolean;
}

/** Grows formulas from the front; what is good comes to the front. */
export async function growFormulas(
  search: Search,
  { work, done }: GrowthOptions,
): Promise<void> {
  const { data, front, allowed, goOn } = search;
  const longest = Math.min(LONGEST, search.mostComplexity);
  const few = someRows(data, FEW), variance = varianceOf(few.target) || 1;
  const atoms = atomsOf(search, few);
  const seen = new Map<string, number>();
  let population: Grown[] = [], left = work * 1e6;
  const floor = 1e-26 * variance;

  function take(candidate: Formula, parentLoss: number): void {
    const formula = normalForm(candidate), key = structureOf(formula);
    if (seen.has(key)) return;
    const complexity = complexityOf(formula);
    let nodes = 0;
    visitFormula(formula, () => nodes++);
    const constants = freeNumbers(formula).length;
    seen.set(key, Infinity);
    if (complexity > longest || constants > MOST_CONSTANTS || isOdd(formula)) return;
    let steps = 0;
    const fit = refitFormula(formula, few, {
      iterations: 14,
      hopeless: (k, loss) => {
        steps = k;
        return loss <= floor || (k >= 4 && loss > 1.5 * parentLoss) ||
          (k >= 8 && loss > 0.98 * parentLoss);
      },
    });
    left -= FEW * nodes * (steps + 2) * 3;
    if (!(fit.loss < variance)) return;
    seen.set(key, fit.loss);
    population.push({ formula: fit.formula, loss: fit.loss, complexity, expanded: false });
  }

  const mean = free(columnMean(few.target));
  population.push({ formula: mean, loss: variance, complexity: 2, expanded: false });
  let alone = true; // first from nothing, then from what others have found
  for (let generation = 0; generation < GENERATIONS && left > 0; generation++) {
    if (alone && left < 0.5 * work * 1e6) {
      alone = false;
      for (const { formula, complexity } of front.entries()) {
        if (complexity <= SHORT) take(formula, Infinity);
      }
    }
    const parents = parentsOf(population);
    if (parents.length === 0) {
      if (!alone) return;
      left = Math.min(left, 0.499 * work * 1e6);
      continue;
    }
    for (const parent of parents) {
      parent.expanded = true;
      const program = compileFormula(parent.formula, few);
      for (const change of changesOf(parent.formula, program, few, atoms, allowed)) {
        if (left <= 0) break;
        take(change, parent.loss);
        if (!await goOn()) return;
      }
    }
    population = kept(population);
    for (const { formula } of pareto(population).slice(-8)) {
      front.consider(formula, "grown by single changes");
      if (front.exact() || !await goOn()) return;
    }
    if (done()) return;
  }
}

/** Terms and factors: functions of columns and pairs, the cheapest, with their values. */
function atomsOf({ allowed }: Search, few: Search["few"]): Atom[] {
  const single = columnAtoms(few, allowed), pairs = pairAtoms(few, allowed);
  const simple = single.filter(({ cost }) => cost <= 2.5);
  const products = productAtoms(simple, simple, laterColumn(few));
  const alone = few.columns.size > 2 ? [] : productAtoms(
    simple,
    single.filter(({ cost }) => cost <= 2),
    (a, b) => a.columns[0] === b.columns[0] && a.cost >= b.cost,
  );
  return [...single, ...pairs, ...products, ...alone].sort((a, b) => a.cost - b.cost).slice(
    0,
    MOST_ATOMS,
  );
}

/** No shorter one is as good. */
function pareto(population: readonly Grown[]): Grown[] {
  const sorted = [...population].sort((a, b) => a.complexity - b.complexity || a.loss - b.loss);
  let best = Infinity;
  return sorted.filter(({ loss }) => {
    if (loss >= best * 0.999) return false;
    best = loss;
    return true;
  });
}

/** The formulas to go on from: the shortest of the front, the best by score, others near it. */
function parentsOf(population: readonly Grown[]): Grown[] {
  const score = ({ loss, complexity }: Grown) => log10(loss) + 0.15 * complexity;
  const byScore = (list: readonly Grown[]) => [...list].sort((a, b) => score(a) - score(b));
  const open = pareto(population).filter(({ expanded }) => !expanded);
  const chosen = new Set([
    ...open.slice(0, PARENTS.short),
    ...byScore(open).slice(0, PARENTS.good),
  ]);
  const others = population.filter((each) => !each.expanded && !chosen.has(each));
  return [...chosen, ...byScore(others).slice(0, PARENTS.others)];
}

/** The best of every length, and the best by score. */
function kept(population: readonly Grown[]): Grown[] {
  const byLength = new Map<number, Grown[]>();
  for (const each of population) {
    const length = Math.round(each.complexity), list = byLength.get(length) ?? [];
    list.push(each);
    byLength.set(length, list);
  }
  return [...byLength.values()].flatMap((list) => list.sort((a, b) => a.loss - b.loss).slice(0, 8));
}
