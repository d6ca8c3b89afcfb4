/**
 * Cholesky's factorisation of dense symmetric matrices, in WebAssembly with SIMD.
 *
 * @module
 */

import { createVectorKernels } from "./vector_kernels.ts";

/** A matrix in a memory of its own, and its factorisation in place. */
export interface Cholesky {
  /** Row-major, row i at `i stride`; only the lower half is read. */
  readonly matrix: Float64Array;
  /** Numbers from one row to the next, at least `n`. */
  readonly stride: number;
  /**
   * Replaces the lower half by its factor, `M = L L^T`.
   *
   * @returns Whether all pivots were positive; if not, the matrix is spoilt.
   */
  factorise(): boolean;
  /**
   * Solves `L L^T x = v` after {@linkcode Cholesky.factorise}.
   *
   * @param vector `v`, shape `[n]`; becomes `x`.
   */
  solve(vector: Float64Array): void;
}

const PAGE = 65536;

/**
 * Makes room for a matrix of `n` rows.
 *
 * @param n Rows, at least 1.
 * @throws {RangeError} If the room exceeds the 4 GiB that WebAssembly can address.
 *
 * @example
 * ```ts
 * import { createCholesky } from "../../inner.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const { matrix, stride, factorise, solve } = createCholesky(2);
 * matrix.set([4], 0);
 * matrix.set([2, 5], stride);
 * const vector = new Float64Array([8, 12]);
 * assertEquals(factorise(), true);
 * solve(vector);
 * assertEquals([...vector], [1, 2]);
 * ```
 */
export function createCholesky(n: number): Cholesky {
  // No power of two from row to row: columns would share few places of the cache.
  const stride = 8 * Math.ceil(n / 8) + 8;
  const vectorAt = 8 * n * stride, bytes = vectorAt + 8 * n;
  if (bytes > 65535 * PAGE) {
    throw new RangeError(
      `Cannot factorise: n must be at most 23000 (4 GiB), current value is ${n}`,
    );
  }
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE) });
  const kernels = createVectorKernels(memory);
  const place = { n, matrix: 0, step: 8 * stride };
  const room = new Float64Array(memory.buffer, vectorAt, n);
  return {
    matrix: new Float64Array(memory.buffer, 0, n * stride),
    stride,
    factorise: () => kernels.factorise({ ...place, least: 0 }),
    solve(vector) {
      room.set(vector);
      kernels.solveFactorised({ ...place, vector: vectorAt });
      vector.set(room);
    },
  };
}
