/**
 * The linear systems of Levenberg-Marquardt steps, with a matrix and without.
 *
 * @module
 */

import {
  canReflect,
  createCholesky,
  createLeastSquares,
  type LeastSquares,
} from "../../../engine/inner.ts";
import { LEAST_DAMPING } from "./damping.ts";
import type { Cholesky, Evaluator } from "../../../engine/mod.ts";
import { addScaled, dot, norm, pow } from "../../../numerics/inner.ts";

/** A step and what the quadratic model says of it. */
export interface DampedStep {
  readonly step: Float64Array;
  /** `-(g.d + d.A d / 2)`. */
  readonly decrease: number;
  /** Whether it comes from a triangle of the rows and not from their product. */
  readonly reflected?: boolean;
  /**
   * Solves `(A + mu D) x = right` by the same factorisation; absent without one.
   *
   * @returns `x`, and its length in units of the step's, `|D^(1/2) x| / |D^(1/2) d|`.
   */
  again?(right: Float64Array): { readonly solution: Float64Array; readonly share: number };
}

/** `(A + mu D) d = -g` at one point after the other. */
export interface DampedSystem {
  /** Goes to other parameters; overwrites the gradient, returns the objective. */
  move(parameters: Float64Array, gradientOut: Float64Array): Promise<number>;
  /**
   * The largest cosine between the residuals and a column of their Jacobian: of `f = |r|^2 / 2`,
   * `max |g_i| / (sqrt(2 f) sqrt(A_ii))` (the test `gtol` of MINPACK's lmder, More 1978). Undefined
   * without a matrix.
   */
  optimality?(gradient: Float64Array, objective: number): number;
  /** Least `mu` that makes sense. Default: 1e-13. */
  leastDamping?(): number;
  /** Solves; undefined where rounding leaves the damped matrix not positive. */
  solve(gradient: Float64Array, damping: number): Promise<DampedStep | undefined>;
}

/**
 * Power of `D_i = A_ii^power (max A)^(1 - power)`. On the nonsmooth problem ([2, 5, 1], free knots, 5,000
 * rows, [32, 16, 8, 4], seeds 1234 to 1237) the worst final losses were 1.1e-6 with power 0.25,
 * 3.1e-7 with 0.4, 1.6e-7 with 0.5, 5.5e-7 with 0.6, 4.4e-6 with 1 and 2.7e-6 with 0.
 */
export const DAMPING_POWER = 0.4;
/** Diagonal entries below this share of the largest count as this. */
const LEAST_DIAGONAL = 1e-18;
/** The matrix, assembled, and Cholesky's factorisation; for small dampings a triangle of the rows. */
export function directSystem(
  evaluator: Evaluator,
  n: number,
  { fineDamping, dampingPower }: { readonly fineDamping: number; readonly dampingPower: number },
): DampedSystem {
  const factor = evaluator.curvature!.cholesky?.(n) ?? createCholesky(n), { matrix } = factor;
  let scales: Float64Array = new Float64Array(n);
  const rows = fineDamping > 0 ? rowSystem(evaluator, n) : undefined;
  let straight: Float64Array | undefined;
  return {
    async move(parameters, gradientOut) {
      const objective = await evaluator.curvature!.matrix!(parameters, matrix, gradientOut);
      scales = scalesOf(matrix, n, dampingPower);
      straight = gradientOut;
      rows?.move(parameters, scales);
      return objective;
    },
    leastDamping: () => rows?.isPossible() ? LEAST_FINE_DAMPING : LEAST_DAMPING,
    optimality: (gradient, objective) => largestCosine(matrix, gradient, objective),
    async solve(gradient, damping) {
      // gradients of several sides of a kink are none of the rows' own
      const fine = damping < fineDamping && gradient === straight && scales[0] > 0;
      return (fine ? await rows?.solve(damping) : undefined) ??
        solveDirect(factor, scales, gradient, Math.max(damping, LEAST_DAMPING));
    },
  };
}

/** Least `mu` of steps by a triangle of the rows. */
const LEAST_FINE_DAMPING = 1e-28;

/** Steps by reflections of the rows: one triangle at each point, for all dampings tried there. */
function rowSystem({ curvature }: Evaluator, n: number) {
  if (!curvature?.jacobian) return undefined;
  const jacobian = curvature.jacobian.bind(curvature);
  let at: Float64Array = new Float64Array(0), units = at, taken = false, possible = true;
  let system: { readonly solver: LeastSquares; readonly rows: number } | undefined;

  async function take(): Promise<LeastSquares | undefined> {
    if (taken) return system?.solver;
    const residuals = await curvature!.residuals(at), rows = residuals.length;
    possible = canReflect(rows, n);
    if (!possible) return undefined;
    if (system?.rows !== rows) system = { rows, solver: createLeastSquares(rows, n) };
    system.solver.take(await jacobian(at), residuals, units);
    taken = true;
    return system.solver;
  }

  return {
    isPossible: () => possible,
    move(parameters: Float64Array, scales: Float64Array): void {
      [at, units, taken] = [parameters.slice(), scales, false];
    },
    async solve(damping: number): Promise<DampedStep | undefined> {
      const solver = await take();
      if (!solver) return undefined;
      const { x, decrease } = solver.solve(damping);
      return {
        step: x.map((value, i) => value * units[i]),
        decrease,
        reflected: true,
        again(right) {
          const other = right.map((g, i) => g * units[i]);
          solver.again(other);
          const share = Math.sqrt(dot(other, other) / dot(x, x));
          return { solution: other.map((value, i) => value * units[i]), share };
        },
      };
    },
  };
}

/** Conjugate gradients end at this share of the first residual, or after so many iterations. */
const RESIDUAL = 0.03;
const MOST_ITERATIONS = 60;

/**
 * Products with the matrix and conjugate gradients (Hestenes and Stiefel 1952); `D` is the identity
 * times the matrix's size along the gradient.
 *
 * @throws {TypeError} If the evaluator has no products either.
 */
export function productSystem(evaluator: Evaluator): DampedSystem {
  if (!evaluator.curvature) {
    throw new TypeError(
      "Cannot train: engine must give normal equations or products with their matrix for " +
        "gaussNewton, current value gives neither (use lbfgs)",
    );
  }
  let at = new Float64Array(0), unit = 0;
  async function product(vector: Float64Array): Promise<Float64Array> {
    const out = new Float64Array(vector.length);
    await evaluator.curvature!.product(at, vector, out);
    return out;
  }

  async function move(parameters: Float64Array, gradientOut: Float64Array): Promise<number> {
    at = parameters.slice();
    unit = 0;
    return (await evaluator.evaluate(parameters, gradientOut)).objective;
  }

  async function solve(gradient: Float64Array, damping: number): Promise<DampedStep | undefined> {
    if (unit === 0) unit = dot(gradient, await product(gradient)) / dot(gradient, gradient);
    if (!(unit > 0)) unit = 1;
    const n = gradient.length, shift = damping * unit;
    const x = new Float64Array(n), residual = gradient.map((g) => -g);
    const direction = residual.slice();
    const goal = RESIDUAL * norm(residual);
    let square = dot(residual, residual);
    for (let k = 0; k < MOST_ITERATIONS && Math.sqrt(square) > goal; k++) {
      const image = await product(direction);
      addScaled(image, shift, direction);
      const curvature = dot(direction, image);
      if (!(curvature > 0)) break; // rounding of the differences
      const length = square / curvature;
      addScaled(x, length, direction);
      addScaled(residual, -length, image);
      const next = dot(residual, residual);
      for (let i = 0; i < n; i++) direction[i] = residual[i] + next / square * direction[i];
      square = next;
    }
    // (A + shift) x = -g - residual
    const decrease = (dot(residual, x) + shift * dot(x, x) - dot(gradient, x)) / 2;
    return decrease > 0 ? { step: x, decrease } : undefined;
  }

  return { move, solve };
}

/** See {@linkcode DampedSystem.optimality}. */
export function largestCosine(
  matrix: Float64Array,
  gradient: Float64Array,
  objective: number,
): number {
  const n = gradient.length;
  let most = 0;
  for (let i = 0; i < n; i++) {
    const square = matrix[i * n + i];
    if (square > 0) most = Math.max(most, Math.abs(gradient[i]) / Math.sqrt(square));
  }
  return most === 0 ? 0 : most / Math.sqrt(2 * objective);
}

/** `1 / sqrt(D_i)`; all 0 for a matrix of zeros. */
export function scalesOf(matrix: Float64Array, n: number, power: number): Float64Array {
  let most = 0;
  for (let i = 0; i < n; i++) most = Math.max(most, matrix[i * n + i]);
  if (most === 0) return new Float64Array(n);
  return Float64Array.from({ length: n }, (_, i) => {
    const share = Math.max(matrix[i * n + i] / most, LEAST_DIAGONAL);
    return 1 / Math.sqrt(most * pow(share, power));
  });
}

/** Solves in units of the scales. */
function solveDirect(
  { factorise, solve }: Cholesky,
  scales: Float64Array,
  gradient: Float64Array,
  damping: number,
): DampedStep | undefined {
  // of a matrix of zeros the step is 0
  if (!factorise({ scales, shift: damping + (scales[0] === 0 ? 1 : 0) })) return undefined;
  const right = gradient.map((g, i) => -g * scales[i]);
  const scaled = right.slice();
  solve(scaled);
  // -(g.d + d.A d / 2) with (A + mu D) d = -g
  const decrease = (dot(right, scaled) + damping * dot(scaled, scaled)) / 2;
  return {
    step: scaled.map((x, i) => x * scales[i]),
    decrease,
    again(right) {
      const other = right.map((g, i) => g * scales[i]);
      solve(other);
      const share = Math.sqrt(dot(other, other) / dot(scaled, scaled));
      return { solution: other.map((x, i) => x * scales[i]), share };
    },
  };
}
