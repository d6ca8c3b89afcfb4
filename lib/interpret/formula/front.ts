/**
 * The formulas found so far: every one refitted on all rows, the best of every complexity kept.
 *
 * @module
 */

import { complexityOf } from "../expressions/complexity.ts";
import { type Formula, freeNumbers, mapFormula } from "../expressions/formula.ts";
import { keyOf, normalForm } from "../expressions/normal_form.ts";
import { refitFormula } from "./refit_formula.ts";
import { type FormulaRows, someRows, varianceOf } from "./rows.ts";
import { log } from "../../numerics/inner.ts";

/** A formula with fitted constants and how good it is. */
export interface FrontEntry {
  readonly formula: Formula;
  /** Mean squared error on the rows. */
  readonly loss: number;
  readonly complexity: number;
  /** Measured constants. */
  readonly parameters: number;
  /** How it was found. */
  readonly origin: string;
}

/** A collection of formulas. */
export interface Front {
  /** Refits a formula and keeps it if it is good for something; returns its loss. */
  consider(formula: Formula, origin: string): number;
  /** The formulas that no shorter one beats, the shortest first. */
  entries(): FrontEntry[];
  /** The one with the shortest description. */
  best(): FrontEntry | undefined;
  /** Whether a formula fits but for rounding. */
  exact(): boolean;
  /** Formulas that were fitted. */
  readonly considered: number;
}

/** Rows that decide whether a formula deserves a refit on all. */
const FEW = 250;

/** Losses below this share of the target's variance are rounding. */
export const EXACT_SHARE = 1e-24;

/** The name of a formula but for its measured constants. */
export function structureOf(formula: Formula): string {
  return keyOf(mapFormula(
    formula,
    (node) => node.kind === "number" && node.free ? { kind: "number", value: 0, free: true } : node,
  ));
}

/**
 * The length of a description of the rows in nats: half the rows times the logarithm of the loss, the
 * constants' digits (Schwarz 1978), and the formula itself.
 */
export function descriptionLength(
  { loss, parameters, complexity }: Pick<FrontEntry, "loss" | "parameters" | "complexity">,
  rows: number,
  variance: number,
): number {
  const share = Math.max(loss / (variance || 1), EXACT_SHARE);
  return 0.5 * rows * log(share) + 0.5 * parameters * log(rows) + complexity;
}

/** Makes an empty collection. */
export function createFront(data: FormulaRows, mostComplexity = Infinity): Front {
  const few = someRows(data, FEW), variance = varianceOf(data.target) || 1;
  const seen = new Map<string, number>();
  let kept: FrontEntry[] = [], considered = 0;
  const length = (entry: FrontEntry) => descriptionLength(entry, data.rows, variance);

  function consider(formula: Formula, origin: string): number {
    const start = normalForm(formula), key = structureOf(start), known = seen.get(key);
    if (known !== undefined) return known;
    const complexity = complexityOf(start);
    if (complexity > mostComplexity) return Infinity;
    considered++;
    const bar = kept.reduce(
      (least, entry) => entry.complexity <= complexity ? Math.min(least, entry.loss) : least,
      Infinity,
    );
    const quick = refitFormula(start, few, {
      iterations: 25,
      hopeless: (k, loss) => k >= 8 && loss > Math.max(0.3 * variance, 50 * bar),
    });
    let { loss } = quick;
    if (loss < 1.5 * bar) {
      const whole = few === data ? quick : refitFormula(quick.formula, data, { iterations: 30 });
      loss = whole.loss;
      if (loss < bar) insert(whole.formula, loss, origin);
    }
    seen.set(key, loss);
    return loss;
  }

  function insert(formula: Formula, loss: number, origin: string): void {
    const entry = {
      ...{ formula, loss, origin },
      complexity: complexityOf(formula),
      parameters: freeNumbers(formula).length,
    };
    kept = [...kept.filter((each) => each.complexity < entry.complexity || each.loss < loss), entry]
      .sort((a, b) => a.complexity - b.complexity);
  }

  return {
    consider,
    entries: () => kept,
    best: () =>
      kept.reduce<FrontEntry | undefined>(
        (best, entry) => best === undefined || length(entry) < length(best) ? entry : best,
        undefined,
      ),
    exact: () => kept.some(({ loss }) => loss <= EXACT_SHARE * variance),
    get considered() {
      return considered;
    },
  };
}
