/**
 * Unknowns that measurements alone determine, as smooth as the measurements say.
 *
 * Many functions agree with measurements as well as these are; the penalty `lambda mean q''^2` takes
 * the smoothest. Its strength `lambda` minimises generalised cross-validation,
 * `m rss / (m - 1.4 tr S)^2` for `m` measurements and the matrix `S` that maps them to what the
 * solution says there (Golub, Heath and Wahba 1979; the factor 1.4 of Kim and Gu 2004 guards against
 * noise taken for shape). `S` follows from the Gauss-Newton matrix of equations, measurements and
 * penalty where the run stands. Run and choice alternate until the strength stays.
 *
 * @module
 */

import { createCholesky } from "../../engine/inner.ts";
import type { NetworkOptions } from "../../model/mod.ts";
import { dot, log10, pow } from "../../numerics/inner.ts";
import type { PdeProblem } from "../equations/pde.ts";
import { changeTerms, type ResolvedPde, resolvePde } from "../equations/resolve.ts";
import { continuedGuess } from "./continued_guess.ts";
import { runLevels } from "./levels.ts";
import { pdeEngine, type PdeEngineOptions } from "./pde_engine.ts";
import { correctRun, type PdeRun } from "./piece_runs.ts";

/** Rounds of run and choice, and the change of a strength that ends them. */
const MOST_ROUNDS = 5, SETTLED = 2;
/** Strengths that are compared, as factors of the present one, and how finely. */
const REACH = 1e6, PER_DECADE = 2;
/** What tr S counts as. */
const CAUTION = 1.4;
/** Share of a strength in the units of the problem that a search begins with. */
const FIRST_STRENGTH = 1e-4;
/** Equations count at least so much more than measurements, in squares of their own units. */
const LEAST_STRICTNESS = 1;
/** Share of the tolerance that noise counts as, as `withNoise` has it. */
const NOISE_SHARE = 0.7;
/** Damping of the matrix in units of its columns' lengths. */
const DAMPING = 1e-12;
/** Parameters at most: each strength takes a factorisation. */
const MOST_PARAMETERS = 700;

/** A problem whose penalties weigh so much: a weight per penalty, in its own units. */
export function withStrengths(problem: PdeProblem, strengths: readonly number[]): PdeProblem {
  let k = 0;
  return changeTerms(problem, (term) => term.penalty ? { ...term, weight: strengths[k++] } : term);
}

/** What the choice of smoothness runs with. */
export interface SmoothGuessOptions {
  readonly network: NetworkOptions;
  readonly tolerance: number;
  readonly seed: number;
  /** Whether the network is one spline per unknown, and the caller has none to begin with. */
  readonly isPlain: boolean;
  /** Begins a run. */
  begin(): PdeRun;
  readonly signal?: AbortSignal | undefined;
}

/** A run whose penalties are as strong as the measurements want; `run.strengths` says how strong. */
export async function smoothGuess(
  problem: PdeProblem,
  resolved: ResolvedPde,
  options: SmoothGuessOptions,
): Promise<PdeRun> {
  const { tolerance, signal } = options;
  const begun = options.begin();
  let strengths = firstStrengths(resolved, begun);
  const path = options.isPlain
    ? await continuedGuess(withStrengths(problem, strengths), resolved, options)
    : undefined;
  const run = path ?? begun;
  for (let round = 0; round < MOST_ROUNDS && !signal?.aborted; round++) {
    const penalised = withStrengths(problem, strengths);
    const { engineOptions } = await runLevels(penalised, run, {
      tolerance,
      mostParameters: MOST_PARAMETERS,
      threads: 1,
      signal,
    });
    const choice = await chooseStrength(penalised, run, engineOptions, tolerance);
    if (!choice) break;
    const before = run.scales.terms;
    run.noise = { levels: choice.noise, tolerance };
    correctRun(problem, run);
    // noise in units in which it keeps the tolerance makes measurements lighter, and penalties with them
    const lighter = resolved.terms.reduce(
      (least, { condition }, k) =>
        condition?.data ? Math.min(least, (before[k] / run.scales.terms[k]) ** 2) : least,
      Infinity,
    );
    strengths = strengths.map((strength) => strength * choice.factor * lighter);
    if (choice.factor < SETTLED && choice.factor > 1 / SETTLED) break;
  }
  return { ...run, strengths };
}

/** Penalties of a first strength: `q''` is as large as `q` over the square of half a range. */
function firstStrengths({ unknowns, ranges, coordinates, terms }: ResolvedPde, { scales }: PdeRun) {
  return terms.flatMap(({ penalty, text }) => {
    if (!penalty) return [];
    const k = unknowns.findIndex((name) => text.startsWith(`${name}_`));
    const i = coordinates.findIndex((name) => text.startsWith(`${unknowns[k]}_${name}${name} `));
    const [a, b] = ranges[i];
    return [FIRST_STRENGTH * (((b - a) / 2) ** 2 / scales.unknowns[k]) ** 2];
  });
}

/** Rows of terms of one kind, as they stand in the loss, and their residuals. */
interface Rows {
  readonly squares: Float64Array; // [n, n], lower half
  readonly gradient: Float64Array;
}

/**
 * The factor of all penalties' strengths that cross-validation wants, and the noise per term that goes
 * with it; undefined where there are no rows.
 */
async function chooseStrength(
  problem: PdeProblem,
  run: PdeRun,
  options: PdeEngineOptions,
  tolerance: number,
): Promise<{ readonly factor: number; readonly noise: readonly number[] } | undefined> {
  const { terms } = resolvePde(problem);
  const engine = pdeEngine(problem, {
    ...options,
    ...{ scales: run.scales, coefficients: run.coefficients, frozenStatistics: true },
  });
  const evaluator = await engine.compile({ network: run.network, loss: { kind: "mse" } });
  try {
    const { parameters } = run.network, n = parameters.length, { curvature } = evaluator;
    if (!curvature?.jacobian || n > 2 * MOST_PARAMETERS) return undefined;
    await evaluator.evaluate(parameters);
    const counts = evaluator.residuals().map(({ values }) => values.length);
    const jacobian = await curvature.jacobian(parameters);
    const residuals = await curvature.residuals(parameters);
    const from = counts.map((_, k) => counts.slice(0, k).reduce((sum, count) => sum + count, 0));
    const rowsOf = (k: number) => ({
      jacobian: jacobian.subarray(from[k] * n, (from[k] + counts[k]) * n),
      residuals: residuals.subarray(from[k], from[k] + counts[k]),
    });
    const kinds = terms.map(({ condition, penalty }) =>
      penalty ? "penalty" : condition?.data ? "data" : "equation"
    );
    const partsOf = (kind: string) => kinds.flatMap((each, k) => each === kind ? [rowsOf(k)] : []);
    const data = partsOf("data");
    const misfit = Math.sqrt(data.reduce((sum, { residuals: r }) => sum + dot(r, r), 0));
    const size = Math.sqrt(2); // of residuals as large as their terms
    const strictness = Math.max(LEAST_STRICTNESS, misfit / size / (NOISE_SHARE * tolerance)) ** 2;
    const found = leastCrossValidation(
      sumOfSquares(partsOf("equation"), n, strictness),
      sumOfSquares(partsOf("penalty"), n, 1),
      data,
      n,
    );
    if (!found) return undefined;
    const { factor, inflation } = found;
    const noise = terms.map(({ condition, weight }, k) => {
      if (!condition?.data) return 0;
      const level = found.residuals(rowsOf(k)) / Math.sqrt(2 * weight) * run.scales.terms[k];
      return inflation * level;
    });
    return { factor, noise };
  } finally {
    evaluator.dispose();
  }
}

interface TermRows {
  readonly jacobian: Float64Array;
  readonly residuals: Float64Array;
}

/** `J^T J` and `J^T r` of rows, times a weight. */
function sumOfSquares(parts: readonly TermRows[], n: number, weight: number): Rows {
  const squares = new Float64Array(n * n), gradient = new Float64Array(n);
  for (const { jacobian, residuals } of parts) {
    residuals.forEach((residual, r) => {
      const row = jacobian.subarray(r * n, (r + 1) * n);
      for (let i = 0; i < n; i++) {
        const value = weight * row[i];
        if (value === 0) continue;
        gradient[i] += value * residual;
        for (let j = 0; j <= i; j++) squares[i * n + j] += value * row[j];
      }
    });
  }
  return { squares, gradient };
}

/** The factor of the penalty with the least cross-validation, in the linearised problem. */
function leastCrossValidation(
  equations: Rows,
  penalty: Rows,
  data: readonly TermRows[],
  n: number,
) {
  const measured = sumOfSquares(data, n, 1), { matrix, factorise, solve } = createCholesky(n);
  const m = data.reduce((sum, { residuals }) => sum + residuals.length, 0);
  let best: { score: number; factor: number; trace: number; step: Float64Array } | undefined;
  const most = Math.round(log10(REACH) * PER_DECADE);
  for (let power = -most; power <= most; power++) {
    const factor = pow(10, power / PER_DECADE);
    const at = (i: number, j: number) => {
      const k = i * n + j;
      return equations.squares[k] + measured.squares[k] + factor * penalty.squares[k];
    };
    const scales = Float64Array.from(
      { length: n },
      (_, i) => at(i, i) > 0 ? 1 / Math.sqrt(at(i, i)) : 0,
    );
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++) matrix[i * n + j] = at(i, j) * scales[i] * scales[j];
      matrix[i * n + i] = 1 + DAMPING;
    }
    if (!factorise()) continue;
    const step = Float64Array.from(scales, (scale, i) =>
      -scale *
      (equations.gradient[i] + measured.gradient[i] + factor * penalty.gradient[i]));
    solve(step);
    for (let i = 0; i < n; i++) step[i] *= scales[i];
    let trace = 0;
    for (const { jacobian, residuals } of data) {
      for (let r = 0; r < residuals.length; r++) {
        const row = jacobian.subarray(r * n, (r + 1) * n).map((x, i) => x * scales[i]);
        const solved = row.slice();
        solve(solved);
        trace += dot(row, solved);
      }
    }
    const rest = data.reduce((sum, rows) => sum + squaresBehind(rows, step), 0);
    const score = m * rest / Math.max(Number.MIN_VALUE, m - CAUTION * trace) ** 2;
    if (CAUTION * trace < m && !(score >= (best?.score ?? Infinity))) {
      best = { score, factor, trace, step };
    }
  }
  if (!best) return undefined;
  const { factor, trace, step } = best;
  return {
    factor,
    /** What residuals are too small by, as some of the noise is fitted. */
    inflation: Math.sqrt(m / Math.max(1, m - trace)),
    residuals: (rows: TermRows) => Math.sqrt(squaresBehind(rows, step)),
  };
}

/** The sum of squares of residuals behind a step. */
function squaresBehind({ jacobian, residuals }: TermRows, step: Float64Array): number {
  const n = step.length;
  return residuals.reduce((sum, residual, r) => {
    return sum + (residual + dot(jacobian.subarray(r * n, (r + 1) * n), step)) ** 2;
  }, 0);
}
