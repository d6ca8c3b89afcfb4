/**
 * Condition numbers of Gram matrices and Hessians in both bases (Actor et al. 2025, Section 3).
 *
 * Functions `b = A psi`, so `G_S = A G_R A^T` (eq. (16) with the transpose that eq. (33) uses).
 *
 * @module
 */

import { changeOfBasis, gramMatrix, normalMatrix, solveUpper, toDense } from "../basis/mod.ts";
import { type KnotVector, numBasis } from "../knots/mod.ts";
import { factorPositive, symmetricEigenvalues } from "../numerics/inner.ts";

/** Condition numbers of one matrix in both bases. */
export interface BasisConditioning {
  /** Of B-splines. */
  readonly splines: number;
  /** Of B-splines scaled to unit diagonal. */
  readonly scaledSplines: number;
  /** Of ReLU powers. */
  readonly relu: number;
  /** Of ReLU powers scaled to unit diagonal. */
  readonly scaledRelu: number;
}

/**
 * Computes the condition numbers of the Gram matrix, or of the Hessian of least squares on points,
 * in both bases.
 *
 * The number of ReLU powers passes 1e16 on modest grids, where no eigenvalue of `G_R` itself has a
 * correct digit. Here `lambda_min(G_R) = 1 / lambda_max(A^T G_S^-1 A)`: `G_S` is well conditioned
 * and the largest eigenvalue of the product keeps its digits, whatever the condition number is.
 *
 * @param knots Knot vector without multiple knots inside.
 * @param points Rows of the Hessian `Phi Phi^T / D`; at least as many as basis functions, in the
 * domain. Absent: the Gram matrix (the integral).
 * @returns Condition numbers in the 2-norm; `Infinity` where points leave a function undetermined,
 * and of ReLU powers where knots coincide left of the domain's end, which makes powers equal.
 *
 * @example Hats: 4 at most, ReLUs: without bound
 * ```ts
 * import { uniformKnots } from "@freeknot/freeknot/splines";
 * import { basisConditioning } from "@freeknot/freeknot/theory";
 * import { assert } from "@std/assert";
 *
 * const knots = uniformKnots({ degree: 1, intervals: 40 });
 * const { splines, relu } = basisConditioning(knots);
 * assert(splines < 4 && relu > 1e7);
 * ```
 */
export function basisConditioning(
  knots: KnotVector,
  points?: ArrayLike<number>,
): BasisConditioning {
  const n = numBasis(knots);
  const matrix = points === undefined
    ? gramMatrix(knots)
    : normalMatrix(knots, points).map((entry) => entry / points.length);
  const spectrum = symmetricEigenvalues(matrix, n);
  const least = Math.min(...spectrum), most = Math.max(...spectrum);
  const rounding = n * Number.EPSILON * most;
  if (!(least > rounding)) {
    return { splines: Infinity, scaledSplines: Infinity, relu: Infinity, scaledRelu: Infinity };
  }
  const diagonal = matrix.filter((_, k) => k % (n + 1) === 0);
  const scaled = matrix.map((entry, k) =>
    entry / Math.sqrt(diagonal[Math.floor(k / n)] * diagonal[k % n])
  );
  const splines = most / least, scaledSplines = ratioOf(symmetricEigenvalues(scaled, n));
  if (knots.values.subarray(1, n).some((knot, i) => !(knot > knots.values[i]))) {
    return { splines, scaledSplines, relu: Infinity, scaledRelu: Infinity };
  }
  const relu = reluMatrix(knots, matrix, n), inverse = inverseOfRelu(knots, matrix, n);
  const scales = relu.filter((_, k) => k % (n + 1) === 0).map(Math.sqrt);
  const scale = (k: number) => scales[Math.floor(k / n)] * scales[k % n];
  return {
    splines,
    scaledSplines,
    relu: largest(relu, n) * largest(inverse, n),
    scaledRelu: largest(relu.map((entry, k) => entry / scale(k)), n) *
      largest(inverse.map((entry, k) => entry * scale(k)), n),
  };
}

function ratioOf(eigenvalues: Float64Array): number {
  return Math.max(...eigenvalues) / Math.min(...eigenvalues);
}

function largest(matrix: Float64Array, n: number): number {
  return Math.max(...symmetricEigenvalues(matrix, n));
}

/** `G_R = A^-1 G_S A^-T`: small entries may lose digits, the largest eigenvalue does not. */
function reluMatrix(knots: KnotVector, matrix: Float64Array, n: number): Float64Array {
  const change = changeOfBasis(knots);
  const half = transposed(solveUpper(change, matrix, n), n); // G_S A^-T
  return symmetric(solveUpper(change, half, n), n);
}

/** `G_R^-1 = A^T G_S^-1 A`. */
function inverseOfRelu(knots: KnotVector, matrix: Float64Array, n: number): Float64Array {
  const dense = toDense(changeOfBasis(knots)), l = factorPositive(matrix, n)!.factor;
  const half = new Float64Array(n * n); // L^-1 A
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let sum = dense[i * n + j];
      for (let k = 0; k < i; k++) sum -= l[i * n + k] * half[k * n + j];
      half[i * n + j] = sum / l[i * n + i];
    }
  }
  const product = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = i; j < n; j++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += half[k * n + i] * half[k * n + j];
      product[i * n + j] = product[j * n + i] = sum;
    }
  }
  return product;
}

function transposed(matrix: Float64Array, n: number): Float64Array {
  return matrix.map((_, k) => matrix[(k % n) * n + Math.floor(k / n)]);
}

function symmetric(matrix: Float64Array, n: number): Float64Array {
  const other = transposed(matrix, n);
  return matrix.map((entry, k) => (entry + other[k]) / 2);
}
