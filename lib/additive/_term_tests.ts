/**
 * Whether a term could be zero, and how large it is.
 *
 * The statistic is `f^T V^- f`: f the term at the rows, V its Bayesian covariance, and the
 * pseudo-inverse of rank r, the term's effective degrees of freedom `2 tr F - tr F F`; between whole
 * ranks r two directions are mixed so that the statistic has the mean r where the term is zero (S.
 * Wood, On p-values for smooth components of an extended generalized additive model, Biometrika 100,
 * 2013). It is compared with a chi-squared distribution with r degrees of freedom or, with an estimated
 * scale, with Fisher's; Wood's weighted sum of chi-squared numbers has the same mean.
 *
 * @module
 */

import {
  chiSquaredTail,
  factorPositive,
  fisherTail,
  rangeOf,
  symmetricEigenvectors,
} from "../numerics/inner.ts";
import { type Design, predictors } from "./_design.ts";
import type { AdditivePlan } from "./_plan.ts";
import type { StrengthFit } from "./_strengths.ts";

/** A term with fewer effective degrees of freedom than this has vanished. */
const VANISHED = 0.01;

/** What is known of one column's term. */
export interface TermSummary {
  /** Column of the inputs. */
  readonly column: number;
  /** Column of the targets; absent of classes, whose logits have one summary together. */
  readonly output?: number;
  /** Splines, or a multiple of the column. */
  readonly kind: "smooth" | "linear";
  /** Effective degrees of freedom. */
  readonly edf: number;
  /** Degrees of freedom of the test. */
  readonly rank: number;
  /** Chi-squared, or `rank` times F where the scale is estimated. */
  readonly statistic: number;
  /** The probability of a statistic as large if the term is zero; 1 of a term that has vanished. */
  readonly pValue: number;
  /** Least value of the term over the rows, on the scale of outputs (logits). */
  readonly least: number;
  /** Greatest value. */
  readonly most: number;
}

/** Numbers that a test takes beside the fit. */
interface TestSetting {
  readonly scale: number;
  /** Rows minus effective degrees of freedom; undefined where the scale is known. */
  readonly residualDegrees: number | undefined;
}

/** Tests term t of a design. */
function testTerm(
  design: Design,
  fit: StrengthFit,
  t: number,
  { scale, residualDegrees }: TestSetting,
): Pick<TermSummary, "edf" | "rank" | "statistic" | "pValue"> {
  const { count, terms } = design, { first, count: k } = terms[t], { b, inverse, matrix } = fit;
  const n = b.length, at: number[] = [];
  for (let i = 0; i < n; i++) if (i % count >= first && i % count < first + k) at.push(i);
  const { edf, second } = traces(fit, at);
  const m = at.length, gram = new Float64Array(m * m);
  at.forEach((i, x) => at.forEach((j, y) => gram[x * m + y] = matrix[i * n + j]));
  let most = 0;
  for (let x = 0; x < m; x++) most = Math.max(most, gram[x * m + x]);
  for (let x = 0; x < m; x++) gram[x * m + x] += 1e-10 * most;
  const lower = factorPositive(gram, m)?.factor;
  if (lower === undefined || edf < VANISHED) return { edf, rank: 0, statistic: 0, pValue: 1 };
  // f = L^T b, V = scale L^T (inverse) L
  const f = new Float64Array(m), half = new Float64Array(m * m), v = new Float64Array(m * m);
  for (let x = 0; x < m; x++) {
    for (let y = 0; y < m; y++) {
      f[y] += lower[x * m + y] * b[at[x]];
      const entry = scale * inverse[at[x] * n + at[y]];
      for (let z = 0; z <= y; z++) half[x * m + z] += entry * lower[y * m + z];
    }
  }
  for (let x = 0; x < m; x++) {
    for (let y = 0; y <= x; y++) {
      for (let z = 0; z < m; z++) v[y * m + z] += lower[x * m + y] * half[x * m + z];
    }
  }
  for (let y = 0; y < m; y++) {
    for (let z = 0; z < y; z++) v[y * m + z] = v[z * m + y] = (v[y * m + z] + v[z * m + y]) / 2;
  }
  const { values, vectors } = symmetricEigenvectors(v, m);
  const parts = Array.from({ length: m }, (_, i) => {
    const from = (m - 1 - i) * m; // greatest first
    let sum = 0;
    for (let x = 0; x < m; x++) sum += vectors[from + x] * f[x];
    return sum / Math.sqrt(Math.max(values[m - 1 - i], 1e-300));
  });
  const known = values.filter((value) => value > 1e-14 * values[m - 1]).length;
  const rank = Math.min(Math.max(1, 2 * edf - second), known);
  const statistic = mixed(parts, rank);
  const pValue = residualDegrees === undefined
    ? chiSquaredTail(statistic, rank)
    : fisherTail(statistic / rank, rank, Math.max(1, residualDegrees));
  return { edf, rank, statistic, pValue };
}

/** `tr F` and `tr F F` of a term, `F = (X^T W X + S)^-1 X^T W X = I - (X^T W X + S)^-1 S`. */
function traces({ inverse, ridge, b }: StrengthFit, at: readonly number[]) {
  const n = b.length;
  let edf = 0, second = 0;
  for (const i of at) {
    edf += 1 - ridge[i] * inverse[i * n + i];
    for (let k = 0; k < n; k++) {
      const entry = inverse[i * n + k], same = i === k ? 1 : 0;
      second += (same - entry * ridge[k]) * (same - entry * ridge[i]);
    }
  }
  return { edf, second };
}

/** The sum of the first squares; the last two of a rank between whole numbers are mixed. */
function mixed(parts: readonly number[], rank: number): number {
  const whole = Math.floor(rank), rest = rank - whole;
  let sum = 0;
  if (rest === 0) {
    for (let i = 0; i < whole; i++) sum += parts[i] ** 2;
    return sum;
  }
  for (let i = 0; i < whole - 1; i++) sum += parts[i] ** 2;
  // the matrix [[1, c], [c, rest]]; the sign of c is arbitrary, the mean of both is taken
  return sum + parts[whole - 1] ** 2 + rest * parts[whole] ** 2;
}

/** All terms of one fit; `maps`, `[classes, predictors]`, makes logits of predictors. */
export function summariesOf(
  { plan, design, fit, maps }: {
    readonly plan: AdditivePlan;
    readonly design: Design;
    readonly fit: StrengthFit;
    readonly maps: Float64Array | undefined;
  },
  setting: TestSetting,
  output: number | undefined,
): TermSummary[] {
  return plan.terms.map(({ column, kind }, t) => {
    const [least, most] = termRange(design, fit.b, t, maps);
    const place = { column, ...(output !== undefined && { output }), kind };
    return { ...place, ...testTerm(design, fit, t, setting), least, most };
  });
}

/** Least and greatest value of term t over the rows. */
function termRange(
  design: Design,
  b: Float64Array,
  t: number,
  maps: Float64Array | undefined,
): readonly [number, number] {
  const { count, terms } = design, { first, count: k } = terms[t], n = b.length / count;
  const values = Array.from({ length: n }, (_, l) => {
    const alone = new Float64Array(count);
    alone.set(b.subarray(l * count + first, l * count + first + k), first);
    return predictors(design, alone);
  });
  if (!maps) return rangeOf(values[0]);
  let least = Infinity, most = -Infinity;
  for (let r = 0; r < design.rows; r++) {
    for (let q = 0; q < maps.length / n; q++) {
      let logit = 0;
      for (let l = 0; l < n; l++) logit += maps[q * n + l] * values[l][r];
      least = Math.min(least, logit);
      most = Math.max(most, logit);
    }
  }
  return [least, most];
}
