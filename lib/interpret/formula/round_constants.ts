/**
 * Measured constants that are exact ones, `3.1416` that is pi: within their error bars, and only
 * where the loss allows.
 *
 * @module
 */

import { exactNode, exactNotation, exactNumber, exactValue } from "../expressions/exact.ts";
import type { ExactNumber } from "../expressions/exact.ts";
import { constant, type Formula, freeNumbers, withFreeNumbers } from "../expressions/formula.ts";
import { normalForm } from "../expressions/normal_form.ts";
import { simplify } from "../expressions/simplify.ts";
import { EXACT_SHARE } from "./front.ts";
import { type Refit, refitFormula, withErrors } from "./refit_formula.ts";
import { type FormulaRows, varianceOf } from "./rows.ts";
import { log, log2, pow } from "../../numerics/inner.ts";

/** A constant that was rounded. */
export interface RoundedConstant {
  /** What was measured. */
  readonly measured: number;
  /** Its standard error. */
  readonly error: number;
  /** What it became: `"pi"`, `"1/2"`. */
  readonly exact: string;
}

/** A formula with rounded constants. */
export interface RoundedFormula {
  readonly formula: Formula;
  readonly loss: number;
  readonly rounded: readonly RoundedConstant[];
}

interface Candidate {
  readonly exact: ExactNumber;
  readonly bits: number;
}

/** Factors beside rational numbers, and the bits that they cost. */
const FACTORS: readonly (readonly [ExactNumber, number])[] = [
  [exactNumber(1), 0],
  [exactNumber(1, 1, { pi: 1 }), 1.5],
  [exactNumber(1, 1, { pi: -1 }), 2.5],
  [exactNumber(1, 1, { root: 2 }), 2.5],
  [exactNumber(1, 1, { root: 3 }), 3],
  [exactNumber(1, 1, { e: 1 }), 3],
  [exactNumber(1, 1, { pi: 2 }), 3.5],
  [exactNumber(1, 1, { pi: -2 }), 4],
  [exactNumber(1, 1, { e: -1 }), 4],
  [exactNumber(1, 1, { pi: 0.5 }), 4],
  [exactNumber(1, 1, { pi: -0.5 }), 4],
  [exactNumber(1, 1, { root: 5 }), 4],
  [exactNumber(1, 1, { root: 2, pi: -0.5 }), 4.5],
  [exactNumber(1, 1, { root: 2, pi: 0.5 }), 5],
  [exactNumber(1, 1, { root: 6 }), 5],
  [exactNumber(1, 1, { root: 7 }), 5],
  [exactNumber(1, 1, { root: 10 }), 5],
];

/** How rare constants as simple must be for one to be no coincidence. */
export interface Rarity {
  /** Numbers as near to a rational number, or one times pi. */
  readonly plain: number;
  /** To one with a root, e, or another power of pi. */
  readonly rare: number;
}

/** Where the residuals are noise or rounding: error bars are what they say. */
const TRUSTED: Rarity = { plain: 0.15, rare: 0.02 };
/** Where something is left in them, error bars are too short, and a constant is one of a guess. */
const DOUBTED: Rarity = { plain: 1e-4, rare: 1e-7 };

/** The simplest exact constant within a distance of a number, unless that could be chance. */
export function nearestExact(
  value: number,
  distance: number,
  rarity: Rarity = TRUSTED,
): ExactNumber | undefined {
  if (Math.abs(value) <= distance) return exactNumber(0);
  const relative = distance / Math.abs(value);
  let best: Candidate | undefined;
  for (const [factor, cost] of FACTORS) {
    const unit = exactValue(factor), target = value / unit, reach = distance / unit;
    const chance = factor.root === 1 && factor.e === 0 && (factor.pi === 0 || factor.pi === 1)
      ? rarity.plain
      : rarity.rare;
    const most = Math.min(2000, Math.max(2, Math.ceil(Math.sqrt(chance / relative))));
    for (let below = 1; below <= most; below++) {
      const above = Math.round(target * below);
      if (above === 0 || Math.abs(above) > 1e7 || Math.abs(above / below - target) > reach) {
        continue;
      }
      const round = /^[1-9]0*$/.test(String(Math.abs(above))) ? 1 : Math.abs(above);
      const { root, pi, e } = factor;
      const exact = exactNumber(above, below, { root, pi, e });
      const tens = 1e6 % below === 0 && below >= 10 ? 0.8 : 1;
      const bits = cost + tens * (log2(round) + log2(below));
      if (pow(2, bits) * relative >= chance) break;
      if (best === undefined || bits < best.bits) best = { exact, bits };
      break;
    }
  }
  return best?.exact;
}

/** Error bars that a constant may move by. */
const BARS = 3.5;
/** Constants of exact formulas that are tried without. */
const SPARE = 1e-6;
/** Digits of constants that are exact but for rounding errors of the fit. */
const DIGITS = 3e-10;

/**
 * Rounds all constants that can be; where the residuals are more than noise only the plainest, and
 * only if they are very near.
 *
 * @param noise Whether the residuals of a formula are noise.
 */
export function roundConstants(
  formula: Formula,
  data: FormulaRows,
  noise: (formula: Formula) => boolean,
): RoundedFormula {
  const variance = varianceOf(data.target) || 1, floor = EXACT_SHARE * variance;
  const rounded: RoundedConstant[] = [];
  const whole = refitFormula(normalForm(formula), data, { iterations: 60, errors: true });
  const trusted = whole.loss <= floor || noise(whole.formula);
  const task: Rounding = { data, floor, rarity: trusted ? TRUSTED : DOUBTED, rounded };
  let current = roundAll(whole, task);
  for (let round = 0; round < 2; round++) {
    const short = simplify(current.formula);
    const again = refitFormula(short, data, { iterations: 60, errors: true });
    if (!(again.loss <= Math.max(floor, 1.001 * current.loss))) break;
    current = again;
    if (freeNumbers(short).length === 0 || round > 0) break;
    const before = rounded.length, next = roundAll(again, task); // other constants stand there
    if (rounded.length === before) break;
    current = next;
  }
  return { formula: withErrors(current.formula, current.errors), loss: current.loss, rounded };
}

interface Rounding {
  readonly data: FormulaRows;
  readonly floor: number;
  readonly rarity: Rarity;
  /** What was rounded; more is added. */
  readonly rounded: RoundedConstant[];
}

/** Rounds constants as long as the loss allows. */
function roundAll(start: Refit, { data, floor, rarity, rounded }: Rounding): Refit {
  let current = start;
  const refused = new Set<string>();
  for (let round = 0; round < 40; round++) {
    const numbers = freeNumbers(current.formula);
    const nothing = exactNumber(0);
    const options = numbers.map(({ value }, index) => {
      const spare = current.loss <= floor && Math.abs(value) < SPARE &&
        !refused.has(`${index}/${numbers.length}:${exactNotation(nothing)}`);
      if (spare) return { index, value, error: 0, exact: nothing, off: 0 };
      const error = current.errors?.[index] ?? Infinity;
      const distance = Math.max(BARS * error, DIGITS * Math.abs(value), 1e-13);
      const exact = Number.isFinite(distance) ? nearestExact(value, distance, rarity) : undefined;
      const off = exact === undefined ? 0 : Math.abs(exactValue(exact) - value);
      return { index, value, error, exact, off: off / distance };
    }).filter(({ exact, index }) =>
      exact !== undefined && !refused.has(`${index}/${numbers.length}:${exactNotation(exact)}`)
    );
    if (options.length === 0) break;
    const accepted = [options, options.filter(({ exact }) => exact!.above !== 0)]
      .filter((list, i) => list.length > 1 && (i === 0 || list.length < options.length))
      .map((list) => ({ list, next: fixed(current.formula, list, data) }))
      .find(({ list, next }) => allows(current.loss, next.loss, list.length, data.rows, floor));
    if (accepted) {
      for (const { value, error, exact } of accepted.list) {
        rounded.push({ measured: value, error, exact: exactNotation(exact!) });
      }
      current = accepted.next;
      continue;
    }
    options.sort((a, b) => simplicity(a.exact!) - simplicity(b.exact!) || a.off - b.off);
    const [option] = options, next = fixed(current.formula, [option], data);
    if (allows(current.loss, next.loss, 1, data.rows, floor)) {
      const { value, error, exact } = option;
      rounded.push({ measured: value, error, exact: exactNotation(exact!) });
      current = next;
    } else refused.add(`${option.index}/${numbers.length}:${exactNotation(option.exact!)}`);
  }
  return current;
}

function simplicity({ above, below, root, pi, e }: ExactNumber): number {
  return log2(Math.abs(above) + 1) + log2(below) + (root > 1 ? 2 : 0) +
    2 * Math.abs(pi) + 3 * Math.abs(e);
}

/** Puts exact constants in the place of measured ones and fits the others anew. */
function fixed(
  formula: Formula,
  options: readonly { readonly index: number; readonly exact: ExactNumber | undefined }[],
  data: FormulaRows,
) {
  const byIndex = new Map(options.map(({ index, exact }) => [index, exact!]));
  const next = withFreeNumbers(formula, (node, index) => {
    const exact = byIndex.get(index);
    return exact === undefined ? node : exact.above === 0 ? constant(0) : exactNode(exact);
  });
  return refitFormula(normalForm(next), data, { iterations: 40, errors: true });
}

/** Whether fewer constants are worth a larger loss: Schwarz's criterion. */
function allows(loss: number, next: number, count: number, rows: number, floor: number): boolean {
  if (next <= floor) return true;
  if (loss <= floor) return false;
  return rows * log(next / Math.max(loss, floor)) <= count * log(rows);
}
