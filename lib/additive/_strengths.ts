/**
 * Strengths of penalties chosen from the data, all at once.
 *
 * Newton's method on the logarithms of strengths, shortened until the score of `_scores.ts` descends.
 * Where weights depend on the coefficients it runs first with weights held, between two steps of the
 * coefficients, which needs few passes over the rows; then with the exact gradient of the score.
 *
 * @module
 */

import { log, symmetricEigenvectors } from "../numerics/inner.ts";
import {
  type AdditiveProblem,
  type Coefficients,
  quadraticAround,
  solveCoefficients,
  startCoefficients,
} from "./_coefficients.ts";
import {
  changeOf,
  leastDeviance,
  type PenaltyScore,
  type ScoreChange,
  type Scored,
  scoreOf,
} from "./_scores.ts";

/** Strengths, coefficients and what tells how good they are. */
export interface StrengthFit extends Coefficients {
  /** Logarithms. */
  readonly logStrengths: Float64Array;
  /** The inverse of `X^T W X + S`. */
  readonly inverse: Float64Array;
  /** What not knowing the strengths adds to the covariance: columns of a factor. */
  readonly spread: readonly Float64Array[];
  /** What was minimised. */
  readonly score: number;
  readonly scale: number;
  readonly iterations: number;
}

/** A strength moves by at most e^5 in one step; where weights change, forty steps follow rounds. */
const LONGEST = 5;
const MOST_STEPS = 60, MOST_EXACT_STEPS = 40;
/** Steps with weights held, between steps of the coefficients, and how often. */
const HELD_STEPS = 2, MOST_ROUNDS = 12;
/** Steps of the coefficients before the first round, where no exact answer is wanted. */
const FIRST_STEPS = 3;
/** The round after which strengths moved by less than this is the last. */
const SETTLED = 0.3;
/** Logarithms of the least and the greatest strength, in units of the data's own weight. */
const LEAST = -20, MOST = 18;
/** No term is expected to move a logit by more than this (standard deviation over the rows). */
const MOST_LOGIT = 10;
/** A slope of the score below this is 0: half an effective degree of freedom is known to that. */
const LEAST_SLOPE = 1e-3;

/** Least share of a Newton step. */
const LEAST_SHARE = 0.3;

/** After so many steps a gain below this ends them: it is nothing for a log likelihood. */
const MANY_STEPS = 24, LEAST_GAIN = 1e-3;

/** A deviance of targets that are all the same. */
const FLAT = 1e-290;
/** A term with less than this many degrees of freedom is on its way to none: steps are longer. */
const TAIL = 0.2, TAIL_STEP = 3;

/** Of a deviance below this share of that of a constant, sums over the rows lose digits. */
const CLEAN = 1e-5;

/** How far strengths are sought. */
export interface StrengthEffort {
  /** Logarithms of strengths to begin with; NaN where there are none. */
  readonly start?: Float64Array | undefined;
  /** Most Newton steps, or, where weights depend on the coefficients, rounds of them. */
  readonly most?: number | undefined;
}

/** What strengths begin with, between which bounds. */
export interface StrengthRange {
  readonly from: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** Variances of terms at the strength 1, over the rows. */
  readonly squares: Float64Array;
}

/** Bounds of strengths, and where to begin: at `start` where it is a number. */
export function rangeOfStrengths(
  problem: AdditiveProblem,
  blank: Coefficients,
  start?: Float64Array,
): StrengthRange {
  const range = startStrengths(problem, blank), { from, low, high, squares } = range;
  if (problem.family.knownScale) { // the prior is what holds them
    squares.forEach((each, j) => low[j] = Math.min(low[j], log(each / HIGHEST_LOGIT ** 2)));
  }
  start?.forEach((each, j) => {
    if (!Number.isNaN(each)) from[j] = Math.min(high[j], Math.max(low[j], each));
  });
  return range;
}

/** A logit is expected to be moved by a term by about this much (standard deviation over the rows). */
const USUAL_LOGIT = 10, HIGHEST_LOGIT = 100;

/**
 * The prior of strengths of logits: the standard deviation of what the terms of a strength do to the
 * rows is exponential (D. Simpson et al., Penalising model component complexity, Statistical Science
 * 32, 2017). Where terms separate the classes, the likelihood alone would let it grow without end.
 */
export function spansOf({ squares }: StrengthRange): Float64Array {
  return squares.map((each) => each / USUAL_LOGIT ** 2);
}

/** Strengths after a few steps with weights held; the coefficients are not moved. */
export function heldSteps(
  problem: AdditiveProblem,
  by: PenaltyScore,
  { low, high }: StrengthRange,
  rho: Float64Array,
  found: Coefficients,
  steps = HELD_STEPS,
  solve = quadraticAround(problem, found),
): Float64Array {
  return minimise({ problem, by, low, high, solve, exact: false, isLean: true }, rho, steps).rho;
}

/** Coefficients and the strengths that they were found with. */
export interface QuickFit extends Coefficients {
  /** Logarithms. */
  readonly logStrengths: Float64Array;
}

/**
 * Chooses all strengths by REML, for predictions alone: without the exact gradient of the score, the
 * covariance and the score; strengths of logits and of counts have the prior of {@linkcode spansOf}.
 */
export function chooseQuickly(
  problem: AdditiveProblem,
  matrix: Float64Array,
  { start, most = problem.family.isSquare ? MOST_STEPS : MOST_ROUNDS }: StrengthEffort = {},
): QuickFit {
  const { isSquare, knownScale } = problem.family;
  problem = { ...problem, least: leastDeviance(problem) };
  const none = new Float64Array(problem.numStrengths).fill(50);
  const blank = solveCoefficients(problem, none, { b: startCoefficients(problem), matrix });
  const range = rangeOfStrengths(problem, blank, start);
  if (!knownScale && leastDeviance(problem) < FLAT) return { ...blank, logStrengths: range.high };
  if (knownScale) problem = { ...problem, spans: spansOf(range) };
  if (isSquare) {
    const exact = (next: Float64Array, near = blank) => solveCoefficients(problem, next, near);
    const sums = quadraticAround(problem, blank);
    /** From sums over the rows, unless hardly anything of the targets' variance is left. */
    const solve = (next: Float64Array, near = blank) => {
      const found = sums(next);
      return found.deviance > CLEAN * blank.deviance ? found : exact(next, near);
    };
    const search = { problem, by: "reml", ...range, solve, exact: false, isLean: true } as const;
    const { best, rho } = minimise(search, range.from, most);
    return { ...exact(rho, best.found), logStrengths: rho };
  }
  let rho = range.from, found = solveCoefficients(problem, rho, blank, FIRST_STEPS);
  const mostRounds = problem.numStrengths > 0 ? most : 0;
  for (let round = 0, moved = Infinity; round < mostRounds && moved > SETTLED; round++) {
    const next = heldSteps(problem, "reml", range, rho, found, 1);
    moved = next.reduce((most, each, j) => Math.max(most, Math.abs(each - rho[j])), 0);
    rho = next;
    found = solveCoefficients(problem, rho, found, 1);
  }
  return { ...solveCoefficients(problem, rho, found), logStrengths: rho };
}

/** Chooses all strengths at once. */
export function chooseStrengths(
  problem: AdditiveProblem,
  by: PenaltyScore,
  matrix: Float64Array = new Float64Array(0),
): StrengthFit {
  problem = { ...problem, least: leastDeviance(problem) };
  const none = new Float64Array(problem.numStrengths).fill(50);
  const blank = solveCoefficients(problem, none, { b: startCoefficients(problem), matrix });
  const range = startStrengths(problem, blank), { from, low, high } = range;
  const isFlat = !problem.family.knownScale && leastDeviance(problem) < FLAT;
  let found = solveCoefficients(problem, from, blank), rounds = 0;
  let rho: Float64Array = from;
  if (!problem.family.isSquare && problem.numStrengths > 0) {
    for (let moved = Infinity; rounds < MOST_ROUNDS && moved > SETTLED; rounds++) {
      const next = heldSteps(problem, by, range, rho, found);
      moved = next.reduce((most, each, j) => Math.max(most, Math.abs(each - rho[j])), 0);
      rho = next;
      found = solveCoefficients(problem, rho, found, 1);
    }
  }
  const solve = (next: Float64Array, near = found) => solveCoefficients(problem, next, near);
  const steps = problem.family.isSquare ? MOST_STEPS : MOST_EXACT_STEPS;
  const chosen = minimise(
    { problem, by, low, high, solve, exact: true },
    isFlat ? high : rho,
    isFlat ? 0 : steps,
    solve(isFlat ? high : rho, found),
  );
  const { best: { score, scale }, change: { inverse } } = chosen;
  return {
    ...chosen.best.found,
    ...{
      logStrengths: chosen.rho,
      inverse,
      spread: spreadOf(chosen.change),
      score,
      scale,
      iterations: rounds + chosen.iterations,
    },
    converged: (isFlat || chosen.converged) && chosen.best.found.converged,
  };
}

interface Search {
  readonly problem: AdditiveProblem;
  readonly by: PenaltyScore;
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly solve: (rho: Float64Array, near: Coefficients | undefined) => Coefficients;
  /** Whether the slope follows the weights. */
  readonly exact: boolean;
  /** Whether the change of the score at the end is not asked for. */
  readonly isLean?: boolean;
}

/** Newton's method from strengths `rho`. */
function minimise(search: Search, rho: Float64Array, most: number, start?: Coefficients) {
  const { problem, by, low, high, exact, isLean } = search;
  const found = start ?? search.solve(rho, undefined);
  let best: Scored = { found, ...scoreOf(problem, rho, found, by) };
  let change = changeOf(problem, rho, best, by, exact);
  let converged = problem.numStrengths === 0, iterations = 0, length = 1;
  while (!converged && iterations < most) {
    iterations++;
    const { slope, bends } = change, at = rho;
    const free = slope.map((g, j) => at[j] >= high[j] && g < 0 || at[j] <= low[j] && g > 0 ? 0 : 1);
    converged = slope.every((g, j) => free[j] === 0 || Math.abs(g) <= LEAST_SLOPE);
    if (converged) break;
    const step = newtonStep(slope, bends, free).map((each) => length * each);
    const next = shorten(search, best, rho, step);
    converged = next === undefined; // no strengths nearby are better
    if (!next) break;
    const gain = best.score - next.best.score;
    ({ rho, best } = next);
    converged = exact && iterations > MANY_STEPS && gain < LEAST_GAIN;
    if (isLean && iterations >= most) break;
    change = changeOf(problem, rho, best, by, exact);
    if (exact) length = nextLength(slope, change.slope, at, rho, length * next.share);
  }
  return { rho, best, change, iterations, converged };
}

/**
 * The share of Newton's step that is taken next: second derivatives leave out how weights bend, so
 * where the last step of share `taken` went too far, the slope having turned, the next is shorter.
 */
function nextLength(
  before: Float64Array,
  after: Float64Array,
  from: Float64Array,
  to: Float64Array,
  taken: number,
): number {
  let first = 0, last = 0;
  for (let j = 0; j < from.length; j++) {
    first += before[j] * (to[j] - from[j]);
    last += after[j] * (to[j] - from[j]);
  }
  const bend = first < 0 ? (1 - last / first) / taken : 1; // in units of the one that was taken for it
  return bend > 1 ? Math.max(LEAST_SHARE, 1 / bend) : 1;
}

/**
 * What not knowing the strengths adds to the covariance, `J V J^T`: J the change of coefficients by
 * the logarithms of strengths, V the inverse of the score's second derivatives plus `1 / 50` (S. Wood,
 * N. Pya and B. Saefken, Smoothing parameter and model selection for general smooth models, Journal of
 * the American Statistical Association 111, 2016, section 4).
 */
function spreadOf({ bends, moves, slope }: ScoreChange): Float64Array[] {
  const m = slope.length, n = m > 0 ? moves.length / m : 0;
  const { values, vectors } = symmetricEigenvectors(bends, m);
  return Array.from(values, (value, k) => {
    const column = new Float64Array(n), size = 1 / Math.sqrt(Math.max(0, value) + 1 / 50);
    for (let j = 0; j < m; j++) {
      const share = size * vectors[k * m + j];
      for (let i = 0; i < n; i++) column[i] += share * moves[j * n + i];
    }
    return column;
  });
}

/** Strengths that take about half of what the data leave to the columns, and bounds of them. */
function startStrengths({ design: { count }, family, strengthOf, numStrengths }: AdditiveProblem, {
  matrix,
  b,
}: Coefficients) {
  const n = b.length,
    sums = new Float64Array(numStrengths),
    squares = new Float64Array(numStrengths);
  const counts = new Float64Array(numStrengths);
  for (let i = 0; i < n; i++) {
    const j = strengthOf[i % count], intercept = i - i % count;
    if (j < 0) continue;
    sums[j] += matrix[i * n + i];
    squares[j] += matrix[i * n + i] / matrix[intercept * n + intercept];
    counts[j]++;
  }
  const from = sums.map((sum, j) => log(Math.max(sum / counts[j], 1e-12)));
  return {
    from,
    low: from.map((each, j) =>
      family.knownScale && squares[j] > 0 ? log(squares[j] / MOST_LOGIT ** 2) : each + LEAST
    ),
    high: from.map((each) => each + MOST),
    squares,
  };
}

/** Halves a step until the score is less. */
function shorten(
  { problem, by, low, high, solve }: Search,
  best: Scored,
  rho: Float64Array,
  step: Float64Array,
): { readonly rho: Float64Array; readonly best: Scored; readonly share: number } | undefined {
  for (let halving = 0, length = 1; halving < 12; halving++, length /= 2) {
    const next = rho.map((each, j) => Math.min(high[j], Math.max(low[j], each + length * step[j])));
    const found = solve(next, best.found);
    const scored = { found, ...scoreOf(problem, next, found, by) };
    if (scored.score < best.score - 1e-10 * (1 + Math.abs(best.score))) {
      return { rho: next, best: scored, share: length };
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
  for (let j = 0; j < n; j++) {
    // the score falls off like exp(-rho): Newton's steps would be 1 for ever
    const tail = -slope[j] < TAIL && step[j] > 0.5 && step[j] < 2;
    if (tail) step[j] = TAIL_STEP;
  }
  const longest = step.reduce((max, each) => Math.max(max, Math.abs(each)), 0);
  const shrink = longest > LONGEST ? LONGEST / longest : 1;
  return step.map((each) => each * shrink);
}
