/**
 * All constants of a formula at once, by damped Gauss-Newton steps (Levenberg, Marquardt) on the
 * rows, in float64 with exact derivatives.
 *
 * @module
 */

import { compileFormula, type FormulaProgram } from "../expressions/evaluate.ts";
import { type Formula, mapFormula, withFreeNumbers } from "../expressions/formula.ts";
import { choleskyFactor, solveByFactor } from "../../numerics/inner.ts";
import type { FormulaRows } from "./rows.ts";

/** A formula with fitted constants. */
export interface Refit {
  readonly formula: Formula;
  /** Mean squared error; Infinity where the formula has no value at some row. */
  readonly loss: number;
  /** Number of constants that were fitted. */
  readonly parameters: number;
  /** Standard errors of the constants, in the order of the parameters, if asked for. */
  readonly errors?: Float64Array;
}

/** Options of a refit. */
export interface RefitOptions {
  readonly iterations?: number;
  /** Whether standard errors are wanted. */
  readonly errors?: boolean;
  /** A loss that is not worth going on for. */
  readonly hopeless?: (iteration: number, loss: number) => boolean;
}

/** Mean squared error; Infinity if it is not finite. */
export function meanSquare(values: Float64Array, target: Float64Array): number {
  let sum = 0;
  for (let r = 0; r < values.length; r++) sum += (values[r] - target[r]) ** 2;
  return Number.isFinite(sum) ? sum / values.length : Infinity;
}

/** The least loss that rounding lets one reach: all below is the same. */
function roundingLoss(target: Float64Array): number {
  let most = 0;
  for (const value of target) most = Math.max(most, Math.abs(value));
  return (2e-16 * most) ** 2;
}

/** Moves all constants to where the mean squared error is least. */
export function refitFormula(
  formula: Formula,
  data: FormulaRows,
  options: RefitOptions = {},
): Refit {
  const program = compileFormula(formula, data), { target, rows } = data;
  const n = program.parameters.length, floor = roundingLoss(target);
  let at = program.parameters.slice(), loss = meanSquare(program.values(at), target);
  const most = options.iterations ?? 30;
  let damping = 1e-3, quiet = 0;
  for (let k = 0; n > 0 && k < most && Number.isFinite(loss) && loss > floor; k++) {
    const system = normalEquations(program, at, target);
    if (system === undefined) break;
    const before = loss;
    let tries = 0;
    for (; tries < 12; tries++) {
      const step = solveDamped(system, n, damping);
      if (step !== undefined) {
        const next = at.map((value, i) => value + step[i]);
        const nextLoss = meanSquare(program.values(next), target);
        if (nextLoss < loss) {
          at = next;
          loss = nextLoss;
          damping = Math.max(damping * 0.1, 1e-15);
          break;
        }
      }
      damping = damping * 10;
      if (damping > 1e8) break;
    }
    if (!(loss < before)) break;
    quiet = loss > before * (1 - 1e-6) ? quiet + 1 : 0;
    if (quiet >= 3 || options.hopeless?.(k, loss)) break;
  }
  const fitted = withParameters(formula, at);
  if (!options.errors) return { formula: fitted, loss, parameters: n };
  const errors = standardErrors(program, at, target, Math.max(loss, floor), rows);
  return { formula: fitted, loss, parameters: n, errors };
}

/** Puts parameters into a formula, in the order of `compileFormula`. */
function withParameters(formula: Formula, at: Float64Array): Formula {
  let used = 0;
  const numbers = withFreeNumbers(formula, (node, i) => {
    used = i + 1;
    const { error: _, ...rest } = node;
    return { ...rest, value: at[i] };
  });
  return mapFormula(numbers, (node) => {
    if (node.kind !== "spline" || node.locked) return node;
    const begin = used;
    used += node.coefficients.length;
    return { ...node, coefficients: [...at.subarray(begin, used)] };
  });
}

/** Puts standard errors into a formula, where there are any. */
export function withErrors(formula: Formula, errors: Float64Array | undefined): Formula {
  return withFreeNumbers(
    formula,
    (node, i) =>
      errors !== undefined && Number.isFinite(errors[i]) ? { ...node, error: errors[i] } : node,
  );
}

interface System {
  readonly matrix: Float64Array;
  readonly right: Float64Array;
  readonly scales: Float64Array;
}

function normalEquations(
  program: FormulaProgram,
  at: Float64Array,
  target: Float64Array,
): System | undefined {
  const { values, derivatives } = program.jacobian(at), n = derivatives.length;
  const scales = derivatives.map((column) => {
    let sum = 0;
    for (const value of column) sum += value * value;
    return Math.sqrt(sum);
  });
  if (scales.some((scale) => !Number.isFinite(scale))) return undefined;
  derivatives.forEach((column, i) => {
    const factor = scales[i] > 0 ? 1 / scales[i] : 0;
    for (let r = 0; r < column.length; r++) column[r] *= factor;
  });
  const matrix = new Float64Array(n * n), right = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const a = derivatives[i];
    for (let r = 0; r < a.length; r++) right[i] -= a[r] * (values[r] - target[r]);
    for (let j = 0; j <= i; j++) {
      const b = derivatives[j];
      let sum = 0;
      for (let r = 0; r < a.length; r++) sum += a[r] * b[r];
      matrix[i * n + j] = matrix[j * n + i] = sum;
    }
  }
  return { matrix, right, scales: Float64Array.from(scales) };
}

function solveDamped(
  { matrix, right, scales }: System,
  n: number,
  damping: number,
): Float64Array | undefined {
  const factor = choleskyFactor(matrix, n, damping);
  if (factor === undefined) return undefined;
  const x = right.slice();
  solveByFactor(factor, n, x);
  for (let i = 0; i < n; i++) x[i] = scales[i] > 0 ? x[i] / scales[i] : 0;
  return x;
}

/** `sqrt(diag(s^2 (J^T J)^-1))`, `s^2 = loss rows / (rows - n)`. */
function standardErrors(
  program: FormulaProgram,
  at: Float64Array,
  target: Float64Array,
  loss: number,
  rows: number,
): Float64Array {
  const n = at.length, errors = new Float64Array(n).fill(Infinity);
  const system = n === 0 ? undefined : normalEquations(program, at, target);
  const factor = system && choleskyFactor(system.matrix, n, 1e-14);
  if (system === undefined || factor === undefined) return errors;
  const variance = loss * rows / Math.max(1, rows - n);
  for (let i = 0; i < n; i++) {
    const unit = new Float64Array(n);
    unit[i] = 1;
    solveByFactor(factor, n, unit);
    errors[i] = Math.sqrt(Math.max(0, unit[i]) * variance) / (system.scales[i] || Infinity);
  }
  return errors;
}
