/**
 * Coefficients of an additive model for given strengths: penalised, iteratively re-weighted least
 * squares.
 *
 * Minimises `D(b) + b^T S b`, the deviance and the penalty; every step solves
 * `(X^T W X + S) d = -(X^T g + S b)` with gradient g and weights W of half the deviance, and is
 * halved until it descends (P. Green and B. Silverman, Nonparametric Regression and Generalized
 * Linear Models, 1994, section 5.3).
 *
 * @module
 */

import { exp, factorPositive, type PositiveFactor, solveByFactor } from "../numerics/inner.ts";
import { crossProduct, type Design, predictors, timesDesign } from "./_design.ts";
import { type Family, predictorPairs } from "./_families.ts";

/** A design and a family: what is fitted. */
export interface AdditiveProblem {
  readonly design: Design;
  readonly family: Family;
  /** Rows whose weight is positive. */
  readonly rows: number;
  /** For every column of `X` the strength that it has, -1 for none. */
  readonly strengthOf: Int32Array;
  readonly numStrengths: number;
  /**
   * Variances over the rows that the terms of each strength have at the strength 1, in units of the
   * square of how far logits are expected to move; absent: strengths have no prior.
   */
  readonly spans?: Float64Array;
  /** Below this a deviance is rounding; absent: it is found by the rows. */
  readonly least?: number;
}

/** Coefficients, and what belongs to them. */
export interface Coefficients {
  /** `[predictors, columns of X]`. */
  readonly b: Float64Array;
  readonly eta: readonly Float64Array[];
  readonly deviance: number;
  /** `b^T S b`. */
  readonly penalty: number;
  /** `X^T W X` and the diagonal of S, for all predictors. */
  readonly matrix: Float64Array;
  readonly ridge: Float64Array;
  /** Of `X^T W X + S`. */
  readonly factor: PositiveFactor;
  /** Whether the steps ended by themselves. */
  readonly converged: boolean;
}

const MOST_STEPS = 60;
const MOST_HALVINGS = 25;
/** A step that gains less than this share of the deviance is the last: gains fall quadratically. */
const NEXT_IS_ROUNDING = 1e-7;

/** Columns that no strength belongs to get this share of their weight, against exact collinearity. */
const LEAST_RIDGE = 1e-12;

/** The same of logits: separated classes leave them finite (a standard deviation of 10 logits). */
const LEAST_LOGIT_RIDGE = 0.01;

/**
 * Solves for some strengths (their logarithms), from the coefficients of others and the matrix that
 * belongs to them, empty if there is none yet.
 */
export function solveCoefficients(
  problem: AdditiveProblem,
  logStrengths: Float64Array,
  from: Pick<Coefficients, "b" | "matrix">,
  mostSteps = MOST_STEPS,
): Coefficients {
  const { design, family } = problem, n = from.b.length, rows = design.rows;
  const pairs = predictorPairs(family.predictors);
  const gradient = Array.from({ length: family.predictors }, () => new Float64Array(rows));
  const weights = pairs.map(() => new Float64Array(rows));
  let b = from.b, eta = predictorsOf(problem, b), matrix = from.matrix;
  let ridge = ridgeOf(problem, logStrengths, matrix), factor: PositiveFactor | undefined;
  let converged = false, deviance = 0, penalty = 0;
  for (let step = 0;; step++) {
    const constant = (step === 0 || family.isSquare) && matrix.length > 0;
    deviance = family.deviance(eta, gradient, constant ? undefined : weights);
    if (!constant) {
      matrix = weightedMatrix(problem, weights);
      ridge = ridgeOf(problem, logStrengths, matrix);
      factor = undefined;
    }
    penalty = ridgePenalty(b, ridge);
    factor ??= factorDamped(matrix, ridge, n);
    if (converged || step === mostSteps) break;
    const slope = gradientOf(problem, gradient, b, ridge), d = slope.map((each) => -each);
    solveByFactor(factor.factor, n, d);
    let gain = 0;
    for (let i = 0; i < n; i++) gain -= slope[i] * d[i];
    const before = deviance + penalty, size = Math.abs(before) + 1e-8 * rows;
    if (!(gain > 1e-13 * size)) {
      converged = true;
      break;
    }
    converged = gain < NEXT_IS_ROUNDING * size && !family.isSquare;
    const next = descend(problem, { b, d, before, ridge });
    if (!next) {
      converged = true; // nothing but rounding is left
      break;
    }
    ({ b, eta } = next);
  }
  return { b, eta, deviance, penalty, matrix, ridge, factor, converged };
}

/** Halves a step until it descends; undefined if it never does. */
function descend(
  problem: AdditiveProblem,
  { b, d, before, ridge }: {
    readonly b: Float64Array;
    readonly d: Float64Array;
    readonly before: number;
    readonly ridge: Float64Array;
  },
): { readonly b: Float64Array; readonly eta: Float64Array[] } | undefined {
  for (let halving = 0, length = 1; halving < MOST_HALVINGS; halving++, length /= 2) {
    const next = b.map((each, i) => each + length * d[i]), eta = predictorsOf(problem, next);
    if (problem.family.deviance(eta) + ridgePenalty(next, ridge) < before) return { b: next, eta };
  }
  return undefined;
}

/**
 * The deviance as a parabola around some coefficients, weights held: what it takes to solve it for
 * any strengths does not look at the rows.
 */
export function quadraticAround(
  problem: AdditiveProblem,
  found: Coefficients,
): (logStrengths: Float64Array) => Coefficients {
  const { b, eta } = found, gradient = eta.map((each) => new Float64Array(each.length));
  problem.family.deviance(eta, gradient);
  const slope = gradientOf(problem, gradient, b, new Float64Array(b.length));
  return quadraticOfSums(problem, found, slope);
}

/** The same from the slope of half the deviance. */
export function quadraticOfSums(
  problem: AdditiveProblem,
  { b: center, eta, matrix, deviance }: Pick<Coefficients, "b" | "eta" | "matrix" | "deviance">,
  slope: Float64Array,
): (logStrengths: Float64Array) => Coefficients {
  const n = center.length;
  const right = slope.map((each, i) => {
    let sum = -each;
    for (let k = 0; k < n; k++) sum += matrix[i * n + k] * center[k];
    return sum;
  });
  return (logStrengths) => {
    const ridge = ridgeOf(problem, logStrengths, matrix), factor = factorDamped(matrix, ridge, n);
    const b = right.slice();
    solveByFactor(factor.factor, n, b);
    let change = 0;
    for (let i = 0; i < n; i++) {
      const move = b[i] - center[i];
      let image = 0;
      for (let k = 0; k < n; k++) image += matrix[i * n + k] * (b[k] - center[k]);
      change += move * (2 * slope[i] + image);
    }
    return {
      ...{ b, eta, matrix, ridge, factor, converged: true, penalty: ridgePenalty(b, ridge) },
      deviance: deviance + change,
    };
  };
}

/** Where steps begin: the intercepts alone. */
export function startCoefficients({ design, family }: AdditiveProblem): Float64Array {
  const b = new Float64Array(family.predictors * design.count);
  for (let l = 0; l < family.predictors; l++) b[l * design.count] = family.start[l];
  return b;
}

/** `X b` of every predictor. */
export function predictorsOf({ design, family }: AdditiveProblem, b: Float64Array): Float64Array[] {
  const { count } = design;
  return Array.from(
    { length: family.predictors },
    (_, l) => predictors(design, b.subarray(l * count, (l + 1) * count)),
  );
}

/** `X^T W X` of all predictors, from weights of pairs. */
function weightedMatrix(
  { design, family }: AdditiveProblem,
  weights: readonly Float64Array[],
): Float64Array {
  const { count } = design, { predictors } = family;
  if (predictors === 1) return crossProduct(design, weights[0]);
  const n = predictors * count, matrix = new Float64Array(n * n);
  predictorPairs(predictors).forEach(([k, l], at) => {
    const block = crossProduct(design, weights[at]);
    for (let i = 0; i < count; i++) {
      const line = block.subarray(i * count, (i + 1) * count);
      matrix.set(line, (k * count + i) * n + l * count);
      matrix.set(line, (l * count + i) * n + k * count);
    }
  });
  return matrix;
}

function gradientOf(
  { design, family }: AdditiveProblem,
  gradient: readonly Float64Array[],
  b: Float64Array,
  ridge: Float64Array,
): Float64Array {
  const slope = new Float64Array(b.length);
  for (let l = 0; l < family.predictors; l++) {
    slope.set(timesDesign(design, gradient[l]), l * design.count);
  }
  for (let i = 0; i < b.length; i++) slope[i] += ridge[i] * b[i];
  return slope;
}

/** The diagonal of S. */
export function ridgeOf(
  { design: { count }, family, strengthOf }: AdditiveProblem,
  logStrengths: Float64Array,
  matrix: Float64Array,
): Float64Array {
  const n = family.predictors * count;
  return Float64Array.from({ length: n }, (_, i) => {
    const strength = strengthOf[i % count];
    if (strength >= 0) return exp(logStrengths[strength]);
    if (matrix.length === 0) return 0;
    const least = LEAST_RIDGE * (i % count === 0 ? 1e-3 : 1) * matrix[i * n + i];
    return family.knownScale ? Math.max(LEAST_LOGIT_RIDGE, least) : least;
  });
}

export function ridgePenalty(b: Float64Array, ridge: Float64Array): number {
  let penalty = 0;
  for (let i = 0; i < b.length; i++) penalty += ridge[i] * b[i] * b[i];
  return penalty;
}

/** Factorises `matrix + diag(ridge)`, with more on the diagonal where rounding makes it indefinite. */
function factorDamped(matrix: Float64Array, ridge: Float64Array, n: number): PositiveFactor {
  const sum = matrix.slice();
  let most = 0;
  for (let i = 0; i < n; i++) {
    sum[i * n + i] += ridge[i];
    most = Math.max(most, sum[i * n + i]);
  }
  for (let damping = 1e-14;; damping *= 100) {
    const factor = factorPositive(sum, n);
    if (factor) return factor;
    if (!(damping < 1e6)) throw new RangeError("Cannot fit additive model: sums overflow");
    for (let i = 0; i < n; i++) sum[i * n + i] += damping * (most || 1);
  }
}
