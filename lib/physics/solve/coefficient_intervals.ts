/**
 * How sure coefficients are: intervals from the Gauss-Newton matrix and the noise of measurements.
 *
 * The solution is least squares of equations and measurements together. With the matrix `H = J^T J`
 * of all residuals, weights included, by parameters and coefficients, and rows `a_i` of measurements
 * of weight `w_i` and noise `s`, coefficients that would be found with other noise have the
 * covariance `H^-1 (sum_i w_i s^2 a_i a_i^T) H^-1` (the sandwich of Huber 1967), which holds for any
 * weights. The noise is judged by the residuals at the measurements, `sum r_i^2 = s^2 |I - S|^2` with
 * the share `S` of itself that each measurement explains. What the points and the grid leave of an
 * error, by the same step as the estimate of the solution's error, is added.
 *
 * @module
 */

import { createCholesky } from "../../engine/inner.ts";
import type { Network } from "../../model/mod.ts";
import { dot, exp, hypot, studentQuantile } from "../../numerics/inner.ts";
import type { PdeProblem } from "../equations/pde.ts";
import { pdeEngine, type PdeEngineOptions } from "./pde_engine.ts";
import type { DataRows } from "./pde_evaluator.ts";

/** A coefficient that was found, and how sure it is. */
export interface CoefficientInterval {
  /** What was found. */
  readonly value: number;
  /** Half the length of the interval around the value. */
  readonly error: number;
  /** Where the interval begins; of a positive coefficient it is even in the logarithm. */
  readonly low: number;
  /** Where it ends. */
  readonly high: number;
  /** Share of all intervals that hold the truth: 0.9. */
  readonly level: number;
}

/** Noise of a condition's measurements, in their own units. */
export interface MeasuredNoise {
  /** Name of the condition. */
  readonly name: string;
  /** Its standard deviation. */
  readonly deviation: number;
}

/** What measurements say of coefficients. */
export interface CoefficientIntervals {
  /** An interval for each coefficient. */
  readonly intervals: Readonly<Record<string, CoefficientInterval>>;
  /** The noise of each condition that has measurements. */
  readonly noise: readonly MeasuredNoise[];
}

/** Share of intervals that hold the truth. */
const INTERVAL_LEVEL = 0.9;
/** Rounding, as a share of the matrix's trace: the least, and the most that is tried. */
const ROUNDING = 1e-16, MOST_ROUNDING = 1e-11;
/** Numbers of the rows of measurements at most. */
const MOST_NUMBERS = 2e7;

/**
 * Intervals of the coefficients of a solution, in units of `options.scales`.
 *
 * @param changes By how much coefficients change on a finer grid, where that is known.
 * @returns Undefined without coefficients or measurements, and where equations and measurements do
 * not determine them.
 */
export async function coefficientIntervals(
  problem: PdeProblem,
  network: Network,
  options: PdeEngineOptions,
  changes: Readonly<Record<string, number>> = {},
): Promise<CoefficientIntervals | undefined> {
  const names = Object.keys(problem.coefficients ?? {}), n = network.parameters.length;
  const size = n + names.length;
  const measurements = problem.conditions.reduce(
    (sum, { data }) => sum + (data ? Object.values(data)[0].length : 0),
    0,
  );
  if (names.length === 0 || measurements === 0 || measurements * size > MOST_NUMBERS) {
    return undefined;
  }
  const { peers: _, ...alone } = options; // rows of all measurements are wanted here
  const engine = pdeEngine(problem, { ...alone, frozenStatistics: true, threads: 1 });
  const evaluator = await engine.compile({ network, loss: { kind: "mse" } });
  evaluator.evaluate(network.parameters);
  const values = evaluator.coefficients();
  const matrix = evaluator.jointMatrix?.(network.parameters);
  const rows = evaluator.dataRows?.(network.parameters);
  evaluator.dispose();
  if (!matrix || !rows || measurements <= names.length) return undefined;
  const solve = inverseOf(matrix, size);
  if (!solve) return undefined;
  const { deviations, degrees } = noiseOf(rows, solve, size);
  const factor = studentQuantile((1 + INTERVAL_LEVEL) / 2, degrees);
  const intervals: Record<string, CoefficientInterval> = {};
  names.forEach((name, j) => {
    const direction = new Float64Array(size);
    direction[n + j] = 1;
    solve(direction);
    let variance = 0;
    rows.forEach(({ rows: all, weights }, c) => {
      weights.forEach((weight, i) => {
        const part = dot(direction, all.subarray(i * size, (i + 1) * size));
        variance += weight * (part * deviations[c]) ** 2;
      });
    });
    const value = values[name], isPositive = problem.positive?.includes(name) ?? false;
    const unit = isPositive ? value : 1; // the variance is that of its logarithm
    const error = hypot(factor * Math.sqrt(variance) * unit, changes[name] ?? 0);
    const [low, high] = isPositive
      ? [value * exp(-error / value), value * exp(error / value)]
      : [value - error, value + error];
    intervals[name] = { value, error, low, high, level: INTERVAL_LEVEL };
  });
  return {
    intervals,
    noise: rows.map(({ name }, c) => ({ name, deviation: deviations[c] })),
  };
}

/** Solves with a symmetric matrix in place; undefined where rounding leaves nothing of it. */
function inverseOf(
  values: Float64Array,
  size: number,
): ((vector: Float64Array) => void) | undefined {
  const { matrix, factorise, solve } = createCholesky(size);
  // units in which every column has length 1: coefficients may be of any size
  const scales = Float64Array.from({ length: size }, (_, i) => {
    const square = values[i * size + i];
    return square > 0 ? 1 / Math.sqrt(square) : 0;
  });
  for (let shift = ROUNDING; shift <= MOST_ROUNDING; shift *= 10) {
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) {
        matrix[i * size + j] = values[i * size + j] * scales[i] * scales[j];
      }
      matrix[i * size + i] = scales[i] > 0 ? 1 + size * shift : 1;
    }
    if (!factorise()) continue;
    return (vector) => {
      for (let i = 0; i < size; i++) vector[i] *= scales[i];
      solve(vector);
      for (let i = 0; i < size; i++) vector[i] *= scales[i];
    };
  }
  return undefined;
}

/** Noise of each condition's measurements, and degrees of freedom that are left to judge it. */
function noiseOf(
  all: readonly DataRows[],
  solve: (vector: Float64Array) => void,
  size: number,
): { readonly deviations: number[]; readonly degrees: number } {
  let degrees = 0;
  const deviations = all.map(({ rows, residuals }) => {
    const count = residuals.length;
    let explained = 0, square = 0;
    for (let i = 0; i < count; i++) {
      const vector = rows.slice(i * size, (i + 1) * size);
      solve(vector);
      for (let k = 0; k < count; k++) {
        const share = dot(vector, rows.subarray(k * size, (k + 1) * size));
        square += share ** 2;
        if (k === i) explained += share;
      }
    }
    const free = Math.max(1, count - 2 * explained + square); // |I - S|^2
    degrees += Math.max(1, count - explained);
    return Math.sqrt(residuals.reduce((sum, r) => sum + r * r, 0) / free);
  });
  return { deviations, degrees: Math.max(1, degrees) };
}
