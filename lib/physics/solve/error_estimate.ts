/**
 * An estimate of a solution's error by the linearised equations on a finer space.
 *
 * Where `u` solves the equations up to a residual, `u + delta` with `J delta = -r` on twice the pieces
 * and at fresh points is closer: the size of `delta` is the size of the error (defect correction,
 * Stetter 1978; the hierarchical estimate of Bank and Smith 1993). Directions that the finer network
 * cannot take, and equations that do not decide, are not seen by it.
 *
 * @module
 */

import {
  canReflect,
  createCholesky,
  createLeastSquares,
  type LeastSquares,
} from "../../engine/inner.ts";
import { type Network, scaleOutputs } from "../../model/mod.ts";
import { prolong } from "../../multilevel/mod.ts";
import { levelPoints } from "./automatic.ts";
import type { PdeProblem } from "../equations/pde.ts";
import { pdeEngine, type PdeEngineOptions } from "./pde_engine.ts";
import type { PdeEvaluator } from "./pde_evaluator.ts";
import { resolvePde } from "../equations/resolve.ts";
import { evaluateSolution, relativeDistance, testPoints } from "./solution.ts";
import { correctOnTwoGrids } from "./two_grids.ts";

/** Number of the stream of fresh points. */
const STREAM = 977;
/** Dampings that are tried, in units of the columns' lengths: down to rounding of a triangle. */
const MOST_DAMPING = 1e-2, LEAST_DAMPING = 1e-25;
/** Steps at most; the share of the residuals that is small enough, and one that ends them. */
const MOST_STEPS = 4, ENOUGH = 0.1, SLOW = 0.9;
/** Residuals behind the corrections, in units of those before, that tell something of the error. */
const MOST_LEFT = 0.9;
/**
 * Parameters of the finer network up to which it is corrected by the matrix of squares, with fewer
 * digits, and parameters of the network up to which there is an estimate.
 */
const MOST_SIZE = 2500;
/** Dampings of it, in units of the columns' lengths. */
const SQUARED_DAMPINGS = [1e-4, 1e-6, 1e-8, 1e-10, 1e-12];
/** Multiply-adds of a triangle that an estimate may cost. */
const MOST_WORK = 8e9;

/** How far a solution is from the truth. */
export interface ErrorEstimate {
  /** Relative L2 error, all unknowns together. */
  readonly relative: number;
  /** By how much coefficients are off. */
  readonly changes: Readonly<Record<string, number>>;
}

/**
 * Estimates the relative L2 error of a solution, all unknowns together.
 *
 * @param network Its outputs in units of `options.scales`.
 * @param options What it was trained with.
 * @returns The estimate; undefined where the network is no network of splines, or too large, and
 * where no correction lowers the residuals, and of a network that is 0 everywhere.
 */
export async function estimateError(
  problem: PdeProblem,
  network: Network,
  options: PdeEngineOptions,
): Promise<ErrorEstimate | undefined> {
  if (network.config.activation !== "spline" || problem.incomplete) return undefined;
  if (network.parameters.length > MOST_SIZE) return undefined;
  const fine = prolong(network, 2);
  const evaluator = await evaluatorAt(problem, fine, options);
  try {
    await evaluator.evaluate(fine.parameters);
    const before = options.coefficients ?? evaluator.coefficients();
    const found = isCheap(fine)
      ? await correct(evaluator, fine)
      : fine.parameters.length <= MOST_SIZE
      ? await correctBySquares(evaluator, fine)
      : await correctLarge(problem, network, fine, evaluator, options);
    if (!found || found.left > MOST_LEFT) return undefined;
    // what is left of the residuals is an error that the corrections have not seen
    const seen = 1 - found.left;
    await evaluator.evaluate(found.parameters);
    const after = Object.entries(evaluator.coefficients());
    const relative = changeOf(problem, fine, found.parameters, options) / seen;
    if (!Number.isFinite(relative)) return undefined; // of 0 everywhere nothing is a share
    return {
      relative,
      changes: Object.fromEntries(
        after.map(([name, value]) => [name, Math.abs(value - before[name]) / seen]),
      ),
    };
  } finally {
    evaluator.dispose();
  }
}

/**
 * The error to expect at smaller residuals, where a grid is too fine for an estimate: the one that was
 * made on a coarser grid, in the ratio of the residuals; undefined where there was none.
 */
export function expectedError(
  before: (ErrorEstimate & { readonly fresh: number }) | undefined,
  fresh: number,
): ErrorEstimate | undefined {
  if (!before) return undefined;
  const share = fresh / before.fresh;
  const changes = Object.entries(before.changes).map(([name, by]) => [name, share * by]);
  return { relative: share * before.relative, changes: Object.fromEntries(changes) };
}

/** Points of an estimate. */
function pointsFor(problem: PdeProblem, { parameters: { length } }: Network, stream = STREAM) {
  return levelPoints(resolvePde(problem), length, stream, undefined);
}

function isCheap({ parameters }: Network): boolean {
  const n = parameters.length, rows = 4 * n;
  return canReflect(rows, n) && rows * n * n <= MOST_WORK;
}

async function evaluatorAt(
  problem: PdeProblem,
  network: Network,
  { scales, coefficients, threads, peers }: PdeEngineOptions,
  points = pointsFor(problem, network),
): Promise<PdeEvaluator> {
  const engine = pdeEngine(problem, {
    ...points,
    frozenStatistics: true,
    ...(scales && { scales }),
    ...(coefficients && { coefficients }),
    ...(threads !== undefined && { threads }),
    ...(peers && { peers }),
  });
  return await engine.compile({ network, loss: { kind: "mse" } });
}

/** What corrections lead to. */
interface Correction {
  readonly parameters: Float64Array;
  /** Residuals behind them, in units of those before. */
  readonly left: number;
}

/** Steps of the linearised equations, each with the damping behind which residuals are least. */
async function correct(
  evaluator: PdeEvaluator,
  { parameters }: Network,
): Promise<Correction | undefined> {
  const { curvature } = evaluator, n = parameters.length;
  if (!curvature?.jacobian) return undefined;
  const before = (await evaluator.evaluate(parameters)).objective;
  if (!Number.isFinite(before) || before === 0) return undefined;
  let best = { parameters, objective: before }, system: LeastSquares | undefined;
  for (let k = 0; k < MOST_STEPS && best.objective > ENOUGH ** 2 * before; k++) {
    const at = best.parameters, residuals = await curvature.residuals(at);
    if (!canReflect(residuals.length, n)) return undefined;
    const jacobian = await curvature.jacobian(at), scales = columnScales(jacobian, n);
    system ??= createLeastSquares(residuals.length, n);
    system.take(jacobian, residuals, scales);
    const from = best.objective;
    for (let damping = MOST_DAMPING; damping > LEAST_DAMPING; damping /= 100) {
      const { x } = system.solve(damping);
      const moved = at.map((p, i) => p + scales[i] * x[i]);
      const { objective } = await evaluator.evaluate(moved);
      if (objective < best.objective) best = { parameters: moved, objective };
      else if (best.objective < from) break;
    }
    if (!(best.objective < SLOW ** 2 * from)) break;
  }
  return { parameters: best.parameters, left: Math.sqrt(best.objective / before) };
}

/** One step by the matrix of squares, with the damping behind which residuals are least. */
async function correctBySquares(
  evaluator: PdeEvaluator,
  { parameters }: Network,
): Promise<Correction | undefined> {
  const { curvature } = evaluator, n = parameters.length;
  if (!curvature?.matrix) return undefined;
  const gradient = new Float64Array(n), squares = new Float64Array(n * n);
  const before = await curvature.matrix(parameters, squares, gradient);
  if (!Number.isFinite(before) || before === 0) return undefined;
  const scales = scalesOf(gradient.map((_, i) => squares[i * n + i]));
  const { matrix, factorise, solve } = createCholesky(n);
  let best = { parameters, objective: before };
  for (const damping of SQUARED_DAMPINGS) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) matrix[i * n + j] = squares[i * n + j] * scales[i] * scales[j];
      matrix[i * n + i] = 1 + damping;
    }
    if (!factorise()) break;
    const step = gradient.map((slope, i) => -slope * scales[i]);
    solve(step);
    const moved = parameters.map((p, i) => p + scales[i] * step[i]);
    const { objective } = await evaluator.evaluate(moved);
    if (objective < best.objective) best = { parameters: moved, objective };
  }
  return { parameters: best.parameters, left: Math.sqrt(best.objective / before) };
}

/** One step on two grids: the fine network's matrix has no room, the network's own has. */
async function correctLarge(
  problem: PdeProblem,
  network: Network,
  fine: Network,
  evaluator: PdeEvaluator,
  options: PdeEngineOptions,
): Promise<Correction | undefined> {
  const coarse = await evaluatorAt(problem, network, options, pointsFor(problem, fine));
  const check = await evaluatorAt(problem, fine, options, pointsFor(problem, fine, STREAM + 1));
  try {
    const found = await correctOnTwoGrids(network, coarse, evaluator, check, fine.parameters);
    return found && { ...found, left: Math.sqrt(found.objective / found.before) };
  } finally {
    coarse.dispose();
    check.dispose();
  }
}

/**
 * A column this much shorter than the longest is hardly met by points: what it is multiplied by may have
 * any size, and a spike where no point is.
 */
const MET = 1e-10;

/** One over the roots of the columns' squares; 0 of those that are hardly met. */
function scalesOf(squares: Float64Array): Float64Array {
  const least = MET ** 2 * squares.reduce((most, square) => Math.max(most, square), 0);
  return squares.map((square) => square > least ? 1 / Math.sqrt(square) : 0);
}

/** One over the columns' lengths. */
function columnScales(jacobian: Float64Array, n: number): Float64Array {
  const squares = new Float64Array(n);
  for (let from = 0; from < jacobian.length; from += n) {
    for (let i = 0; i < n; i++) squares[i] += jacobian[from + i] ** 2;
  }
  return scalesOf(squares);
}

/** The relative change of the solution between two vectors of parameters. */
function changeOf(
  problem: PdeProblem,
  network: Network,
  moved: Float64Array,
  { scales }: PdeEngineOptions,
): number {
  const points = testPoints(problem), names = [...problem.unknowns ?? ["u"]];
  const [before, after] = [network.parameters, moved].map((parameters) => {
    const units = { ...network, parameters };
    return evaluateSolution(
      problem,
      scales ? scaleOutputs(units, scales.unknowns) : units,
      points,
      names,
    );
  });
  return relativeDistance(after, before);
}
