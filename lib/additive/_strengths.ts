/**
 * Strengths of penalties chosen by restricted maximum likelihood or generalised cross-validation.
 *
 * REML minimises, with the scale phi, the saturated log likelihood l_s, M columns without a penalty
 * and ranks r_j,
 * `(D + b^T S b) / (2 phi) - l_s + (log |X^T W X + S| - sum_j r_j log lambda_j - M log(2 pi phi)) / 2`,
 * the negative logarithm of the likelihood with all coefficients integrated out by Laplace's method
 * (S. Wood, Fast stable restricted maximum likelihood and marginal likelihood estimation of
 * semiparametric generalized linear models, J. R. Statist. Soc. B 73, 2011, equation 4). Its gradient
 * by the logarithms of strengths is exact, the change of W by them included; its second derivatives
 * hold W fixed, and Newton's steps with them are shortened until they descend.
 *
 * @module
 */

import { inverseFromFactor, invertFactor, symmetricEigenvectors } from "../numerics/inner.ts";
import {
  type AdditiveProblem,
  type Coefficients,
  solveCoefficients,
  startCoefficients,
} from "./_coefficients.ts";
import { rowForms, timesDesign } from "./_design.ts";
import { predictorPairs } from "./_families.ts";

/** Strengths, coefficients and what tells how good they are. */
export interface StrengthFit extends Coefficients {
  /** Logarithms. */
  readonly logStrengths: Float64Array;
  /** The inverse of `X^T W X + S`. */
  readonly inverse: Float64Array;
  /** REML, or half the rows times the logarithm of GCV. */
  readonly score: number;
  readonly scale: number;
  readonly iterations: number;
}

/** By which score strengths are chosen. */
export type PenaltyScore = "reml" | "gcv";

/** A strength moves by at most e^5 in one step; 60 steps are more than any problem took. */
const LONGEST = 5;
const MOST_STEPS = 60;
/** Logarithms of the least and the greatest strength, in units of the data's own weight. */
const LEAST = -20, MOST = 18;
/** A slope of the score below this is 0: an edf is known to about as much. */
const LEAST_SLOPE = 1e-4;

interface Scored {
  readonly found: Coefficients;
  readonly score: number;
  readonly scale: number;
}

/** Chooses all strengths at once. */
export function chooseStrengths(
  problem: AdditiveProblem,
  by: PenaltyScore,
  matrix: Float64Array = new Float64Array(0),
): StrengthFit {
  const units = new Float64Array(problem.numStrengths);
  let found = solveCoefficients(problem, units.fill(50), {
    b: startCoefficients(problem),
    matrix,
  });
  const from = startStrengths(problem, found);
  const low = from.map((each) => each + LEAST), high = from.map((each) => each + MOST);
  let rho: Float64Array = from.slice();
  found = solveCoefficients(problem, rho, found);
  let best: Scored = { found, ...scoreOf(problem, rho, found, by) };
  let change = changeOf(problem, rho, best, by), converged = problem.numStrengths === 0;
  let iterations = 0;
  while (!converged && iterations < MOST_STEPS) {
    iterations++;
    const { slope, bends } = change;
    const free = slope.map((g, j) =>
      rho[j] >= high[j] && g < 0 || rho[j] <= low[j] && g > 0 ? 0 : 1
    );
    converged = slope.every((g, j) => free[j] === 0 || Math.abs(g) <= LEAST_SLOPE);
    if (converged) break;
    const step = newtonStep(slope, bends, free);
    const next = shorten(problem, by, best, { rho, step, low, high });
    converged = next === undefined; // no strengths nearby are better
    if (!next) break;
    ({ rho, best } = next);
    change = changeOf(problem, rho, best, by);
  }
  const { score, scale } = best;
  return {
    ...best.found,
    ...{ logStrengths: rho, inverse: change.inverse, score, scale, iterations },
    converged: converged && best.found.converged,
  };
}

/** Strengths that take about half of what the data leave to the columns. */
function startStrengths(problem: AdditiveProblem, { matrix, b }: Coefficients): Float64Array {
  const { design: { count }, strengthOf, numStrengths } = problem, n = b.length;
  const sums = new Float64Array(numStrengths), counts = new Float64Array(numStrengths);
  for (let i = 0; i < n; i++) {
    const j = strengthOf[i % count];
    if (j < 0) continue;
    sums[j] += matrix[i * n + i];
    counts[j]++;
  }
  return sums.map((sum, j) => Math.log(Math.max(sum / counts[j], 1e-12)));
}

/** Halves a step until the score is less. */
function shorten(
  problem: AdditiveProblem,
  by: PenaltyScore,
  best: Scored,
  { rho, step, low, high }: Readonly<Record<"rho" | "step" | "low" | "high", Float64Array>>,
): { readonly rho: Float64Array; readonly best: Scored } | undefined {
  for (let halving = 0, length = 1; halving < 12; halving++, length /= 2) {
    const next = rho.map((each, j) => Math.min(high[j], Math.max(low[j], each + length * step[j])));
    const found = solveCoefficients(problem, next, best.found);
    const scored = { found, ...scoreOf(problem, next, found, by) };
    if (scored.score < best.score - 1e-10 * (1 + Math.abs(best.score))) {
      return { rho: next, best: scored };
    }
  }
  return undefined;
}

/** Newton's step, uphill directions turned round (P. Gill, W. Murray and M. Wright 1981, 4.4.2). */
function newtonStep(
  slope: Float64Array,
  bends: Float64Array,
  free: Float64Array,
): Float64Array {
  const n = slope.length, step = new Float64Array(n);
  const held = bends.map((bend, at) => bend * free[Math.floor(at / n)] * free[at % n]);
  const { values, vectors } = symmetricEigenvectors(held, n);
  const most = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  for (let k = 0; k < n; k++) {
    const v = vectors.subarray(k * n, (k + 1) * n);
    let along = 0;
    for (let j = 0; j < n; j++) along += v[j] * slope[j] * free[j];
    const share = along / Math.max(Math.abs(values[k]), 1e-5 * most, 1e-12);
    for (let j = 0; j < n; j++) step[j] -= share * v[j];
  }
  const longest = step.reduce((max, each) => Math.max(max, Math.abs(each)), 0);
  const shrink = longest > LONGEST ? LONGEST / longest : 1;
  return step.map((each) => each * shrink);
}

/** The score and the scale that belongs to it. */
function scoreOf(
  problem: AdditiveProblem,
  rho: Float64Array,
  found: Coefficients,
  by: PenaltyScore,
): { readonly score: number; readonly scale: number } {
  const { family, rows, strengthOf, design: { count } } = problem;
  const { deviance, penalty, factor, matrix } = found, n = found.b.length;
  if (by === "gcv") {
    const inverse = inverseFromFactor(invertFactor(factor.factor, n), n);
    let edf = 0;
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < n; k++) edf += inverse[i * n + k] * matrix[k * n + i];
    }
    const rest = Math.max(rows - edf, 1e-6 * rows), least = leastDeviance(problem);
    if (family.knownScale) return { score: deviance / 2 + edf, scale: 1 };
    const score = rows / 2 * Math.log(rows * Math.max(deviance, least)) - rows * Math.log(rest);
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
  const score = total / (2 * scale) - family.saturated(scale) +
    (factor.logDeterminant - logRidge - free * Math.log(2 * Math.PI * scale)) / 2;
  return { score, scale };
}

/** Below this a deviance is rounding. */
function leastDeviance({ family, design: { rows } }: AdditiveProblem): number {
  if (family.knownScale) return 0;
  const none = Array.from(
    { length: family.predictors },
    (_, l) => new Float64Array(rows).fill(family.start[l]),
  );
  return 1e-20 * family.deviance(none) + 1e-300;
}

interface Change {
  readonly slope: Float64Array;
  /** Second derivatives of REML with fixed weights. */
  readonly bends: Float64Array;
  readonly inverse: Float64Array;
}

/** How the score changes with the logarithms of strengths. */
function changeOf(
  problem: AdditiveProblem,
  rho: Float64Array,
  { found, scale }: Scored,
  by: PenaltyScore,
): Change {
  const { design: { count }, strengthOf, numStrengths: m, family, rows } = problem;
  const { b, factor } = found, n = b.length, lambda = rho.map(Math.exp);
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
  const weightChange = family.isSquare ? undefined : weightSlope(problem, found, inverse);
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
    bends[j * m + j] += lambda[j] * (squares[j] / scale + traces[j]) / 2;
  }
  if (by === "gcv") gcvSlope(problem, { found, lambda, shifts, inverse, of }, slope);
  return { slope, bends, inverse };
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

/** The slope of GCV (of UBRE where the scale is known), weights held. */
function gcvSlope(
  { family, rows }: AdditiveProblem,
  { found, lambda, shifts, inverse, of }: {
    readonly found: Coefficients;
    readonly lambda: Float64Array;
    readonly shifts: Float64Array;
    readonly inverse: Float64Array;
    readonly of: Int32Array;
  },
  slope: Float64Array,
): void {
  const { b, ridge, deviance } = found, n = b.length;
  const edfs = new Float64Array(lambda.length);
  let edf = n;
  for (let i = 0; i < n; i++) {
    edf -= ridge[i] * inverse[i * n + i];
    if (of[i] < 0) continue;
    let sum = inverse[i * n + i];
    for (let k = 0; k < n; k++) sum -= inverse[i * n + k] ** 2 * ridge[k];
    edfs[of[i]] -= lambda[of[i]] * sum;
  }
  const rest = Math.max(rows - edf, 1e-6 * rows);
  for (let j = 0; j < lambda.length; j++) {
    let change = 0;
    for (let i = 0; i < n; i++) change += 2 * lambda[j] * ridge[i] * b[i] * shifts[j * n + i];
    slope[j] = family.knownScale
      ? change / 2 + edfs[j]
      : rows / 2 * change / deviance + rows * edfs[j] / rest;
  }
}
