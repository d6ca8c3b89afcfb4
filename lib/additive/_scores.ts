/**
 * Scores of strengths, and how they change.
 *
 * REML is, with the scale phi, the saturated log likelihood l_s, M columns without a penalty and ranks
 * r_j,
 * `(D + b^T S b) / (2 phi) - l_s + (log |X^T W X + S| - sum_j r_j log lambda_j - M log(2 pi phi)) / 2`,
 * the negative logarithm of the likelihood with all coefficients integrated out by Laplace's method
 * (S. Wood, Fast stable restricted maximum likelihood and marginal likelihood estimation of
 * semiparametric generalized linear models, J. R. Statist. Soc. B 73, 2011, equation 4). Its gradient
 * by the logarithms of strengths is exact, the change of W by them included; its second derivatives
 * hold W fixed.
 *
 * Generalised cross-validation is `n D / (n - edf)^2` (P. Craven and G. Wahba, Smoothing noisy data
 * with spline functions, Numerische Mathematik 31, 1979), here half of n times its logarithm; where
 * the scale is 1, `D / 2 + edf`, half of Akaike's criterion.
 *
 * @module
 */

import { exp, inverseFromFactor, invertFactor, log } from "../numerics/inner.ts";
import type { AdditiveProblem, Coefficients } from "./_coefficients.ts";
import { rowForms, timesDesign } from "./_design.ts";
import { predictorPairs } from "./_families.ts";

/** By which score strengths are chosen. */
export type PenaltyScore = "reml" | "gcv";

/** Coefficients with their score. */
export interface Scored {
  readonly found: Coefficients;
  readonly score: number;
  readonly scale: number;
}

/** The score and the scale that belongs to it. */
export function scoreOf(
  problem: AdditiveProblem,
  rho: Float64Array,
  found: Coefficients,
  by: PenaltyScore,
): { readonly score: number; readonly scale: number } {
  const { family, rows, strengthOf, design: { count } } = problem;
  const { deviance, penalty, factor, matrix } = found, n = found.b.length;
  const prior = priorOf(problem, rho).reduce((sum, each) => sum + each, 0);
  if (by === "gcv") {
    const inverse = inverseFromFactor(invertFactor(factor.factor, n), n);
    let edf = 0;
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < n; k++) edf += inverse[i * n + k] * matrix[k * n + i];
    }
    const rest = Math.max(rows - edf, 1e-6 * rows), least = leastDeviance(problem);
    if (family.knownScale) return { score: deviance / 2 + edf + prior, scale: 1 };
    const score = rows / 2 * log(rows * Math.max(deviance, least)) - rows * log(rest);
    return { score, scale: Math.max(deviance, least) / rest };
  }
  let free = 0, logRidge = 0;
  for (let i = 0; i < n; i++) {
    const j = strengthOf[i % count];
    if (j < 0) free++;
    else logRidge += rho[j];
  }
  const total = Math.max(deviance + penalty, leastDeviance(problem));
  const scale = family.knownScale ? 1 : total / Math.max(rows - free, 1);
  const score = prior + total / (2 * scale) - family.saturated(scale) +
    (factor.logDeterminant - logRidge - free * log(2 * Math.PI * scale)) / 2;
  return { score, scale };
}

/** What the prior of `_strengths.ts` adds to the score for each strength. */
function priorOf({ spans }: AdditiveProblem, rho: Float64Array): Float64Array {
  return rho.map((each, j) => spans ? Math.sqrt(spans[j]) * exp(-each / 2) : 0);
}

/** Below this a deviance is rounding. */
export function leastDeviance({ least, family, design: { rows } }: AdditiveProblem): number {
  if (least !== undefined || family.knownScale) return least ?? 0;
  const none = Array.from(
    { length: family.predictors },
    (_, l) => new Float64Array(rows).fill(family.start[l]),
  );
  return 1e-20 * family.deviance(none) + 1e-300;
}

export interface ScoreChange {
  readonly slope: Float64Array;
  /** Second derivatives of REML with fixed weights. */
  readonly bends: Float64Array;
  readonly inverse: Float64Array;
  /** Change of the coefficients by the logarithm of every strength, `[strengths, coefficients]`. */
  readonly moves: Float64Array;
}

/** How the score changes with the logarithms of strengths. */
export function changeOf(
  problem: AdditiveProblem,
  rho: Float64Array,
  { found, scale }: Scored,
  by: PenaltyScore,
  exact: boolean,
): ScoreChange {
  const { design: { count }, strengthOf, numStrengths: m, family, rows } = problem;
  const { b, factor } = found, n = b.length, lambda = rho.map(exp);
  const inverse = inverseFromFactor(invertFactor(factor.factor, n), n);
  const of = Int32Array.from({ length: n }, (_, i) => strengthOf[i % count]);
  const squares = new Float64Array(m), traces = new Float64Array(m), ranks = new Float64Array(m);
  const norms = new Float64Array(m * m); // of blocks of the inverse
  const shifts = new Float64Array(m * n); // I_j b times the inverse
  for (let i = 0; i < n; i++) {
    const j = of[i], line = i * n;
    if (j < 0) continue;
    ranks[j]++;
    squares[j] += b[i] * b[i];
    traces[j] += inverse[line + i];
    for (let k = 0; k < n; k++) {
      const entry = inverse[line + k];
      shifts[j * n + k] += b[i] * entry;
      if (of[k] >= 0) norms[j * m + of[k]] += entry * entry;
    }
  }
  const moves = shifts.map((shift, at) => -lambda[Math.floor(at / n)] * shift);
  const prior = priorOf(problem, rho);
  if (by === "gcv") {
    return { ...gcvChange(problem, { found, lambda, moves, inverse, of }), inverse, moves };
  }
  const weightChange = exact && !family.isSquare ? weightSlope(problem, found, inverse) : undefined;
  const slope = new Float64Array(m), bends = new Float64Array(m * m);
  const free = of.reduce((sum, j) => j < 0 ? sum + 1 : sum, 0);
  for (let j = 0; j < m; j++) {
    slope[j] = (lambda[j] * (squares[j] / scale + traces[j]) - ranks[j]) / 2;
    if (weightChange) {
      for (let i = 0; i < n; i++) slope[j] -= lambda[j] * shifts[j * n + i] * weightChange[i] / 2;
    }
    for (let k = 0; k < m; k++) {
      let cross = 0;
      for (let i = 0; i < n; i++) if (of[i] === k) cross += shifts[j * n + i] * b[i];
      const product = lambda[j] * lambda[k];
      bends[j * m + k] = -product * (cross / scale + norms[j * m + k] / 2);
      if (!family.knownScale) {
        bends[j * m + k] -= product * squares[j] * squares[k] /
          (2 * scale ** 2 * Math.max(rows - free, 1));
      }
    }
    bends[j * m + j] += lambda[j] * (squares[j] / scale + traces[j]) / 2 + prior[j] / 4;
    slope[j] -= prior[j] / 2;
  }
  return { slope, bends, inverse, moves };
}

/** `X^T (dW/d eta)` contracted with the inverse: the change of `log |X^T W X|` by coefficients. */
function weightSlope(
  { design, family }: AdditiveProblem,
  { eta, b }: Coefficients,
  inverse: Float64Array,
): Float64Array {
  const { count } = design, n = b.length;
  const forms = predictorPairs(family.predictors).map(([k, l]) => {
    const block = new Float64Array(count * count);
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < count; j++) {
        block[i * count + j] = (inverse[(k * count + i) * n + l * count + j] +
          inverse[(k * count + j) * n + l * count + i]) / 2;
      }
    }
    return rowForms(design, block);
  });
  const slope = new Float64Array(n);
  family.thirds(eta, forms).forEach((values, l) => {
    slope.set(timesDesign(design, values), l * count);
  });
  return slope;
}

/**
 * Slope and second derivatives of GCV, weights held. With `Q = (X^T W X + S)^-1`, `S_j` the part of S
 * with strength j and `b_j = -Q S_j b` the change of the coefficients,
 *
 *     D_j  = -2 (S b)^T b_j              D_jk = -2 ((S_k b)^T b_j + b_k^T S b_j + (S b)^T b_jk)
 *     t_j  = tr Q S_j Q S - tr Q S_j     t_jk = 2 tr Q S_j Q S_k - 2 tr Q S_k Q S_j Q S + (j = k) t_j
 *     b_jk = (j = k) b_j - Q S_k b_j - Q S_j b_k
 */
function gcvChange(
  problem: AdditiveProblem,
  { found, lambda, moves, inverse, of }: {
    readonly found: Coefficients;
    readonly lambda: Float64Array;
    readonly moves: Float64Array;
    readonly inverse: Float64Array;
    readonly of: Int32Array;
  },
): { readonly slope: Float64Array; readonly bends: Float64Array } {
  const { b, ridge } = found, n = b.length, m = lambda.length, { family, rows } = problem;
  const product = sandwich(inverse, ridge, n); // Q S Q
  const traces = new Float64Array(m), squares = new Float64Array(m * m);
  const cubes = new Float64Array(m * m);
  let edf = n;
  for (let i = 0; i < n; i++) {
    const j = of[i];
    edf -= ridge[i] * inverse[i * n + i];
    if (j < 0) continue;
    traces[j] += lambda[j] * (product[i * n + i] - inverse[i * n + i]);
    for (let k = 0; k < n; k++) {
      const l = of[k], entry = inverse[i * n + k];
      if (l < 0) continue;
      squares[j * m + l] += lambda[j] * lambda[l] * entry * entry;
      cubes[j * m + l] += lambda[j] * lambda[l] * entry * product[i * n + k];
    }
  }
  const pull = new Float64Array(n); // Q S b
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) pull[i] += inverse[i * n + k] * ridge[k] * b[k];
  }
  const deviance = Math.max(found.deviance, leastDeviance(problem)),
    rest = Math.max(rows - edf, 1e-6 * rows);
  const first = new Float64Array(m), slope = new Float64Array(m), bends = new Float64Array(m * m);
  for (let j = 0; j < m; j++) {
    for (let i = 0; i < n; i++) first[j] -= 2 * ridge[i] * b[i] * moves[j * n + i];
    slope[j] = family.knownScale
      ? first[j] / 2 + traces[j]
      : rows / 2 * first[j] / deviance + rows * traces[j] / rest;
  }
  for (let j = 0; j < m; j++) {
    for (let k = 0; k < m; k++) {
      let second = j === k ? first[j] : 0;
      for (let i = 0; i < n; i++) {
        const x = moves[j * n + i], y = moves[k * n + i];
        second -= 2 * ridge[i] * x * y;
        if (of[i] === k) second -= 2 * lambda[k] * x * (b[i] - pull[i]);
        if (of[i] === j) second += 2 * lambda[j] * y * pull[i];
      }
      const at = j * m + k;
      const bend = 2 * (squares[at] - cubes[at]) + (j === k ? traces[j] : 0);
      bends[at] = family.knownScale ? second / 2 + bend : rows / 2 * (
            second / deviance - first[j] * first[k] / deviance ** 2
          ) + rows * (bend / rest + traces[j] * traces[k] / rest ** 2);
    }
  }
  return { slope, bends };
}

/** `Q diag(s) Q` of a symmetric matrix. */
function sandwich(q: Float64Array, s: Float64Array, n: number): Float64Array {
  const product = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const share = q[i * n + k] * s[k], to = i * n, from = k * n;
      for (let j = 0; j <= i; j++) product[to + j] += share * q[from + j];
    }
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) product[j * n + i] = product[i * n + j];
  }
  return product;
}
