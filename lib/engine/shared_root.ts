/**
 * The symmetric square root of `I - V V^T` and its inverse, for a few columns `V`: what residuals of a
 * loss that couples all rows are made with.
 *
 * @module
 */

import { addScaled, dot, symmetricEigenvectors } from "../numerics/inner.ts";

/** Multiplies by a square root; all arrays have one number per row. */
export interface SharedRoot {
  /** `(I - V V^T)^(1/2) x`. */
  times(x: Float64Array): Float64Array;
  /** The pseudo-inverse of the root times `x`. */
  undo(x: Float64Array): Float64Array;
}

/** An eigenvalue of `I - V V^T` below this is 0. */
const LEAST = 1e-12;

/**
 * Prepares the root. `V V^T` has the eigenvectors `V w / sqrt(l)` with the eigenpairs `(l, w)` of the
 * small matrix `V^T V`.
 *
 * @param columns `V`; no eigenvalue of `V V^T` may be above 1.
 */
export function sharedRoot(columns: readonly Float64Array[]): SharedRoot {
  const n = columns.length;
  const gram = Float64Array.from(
    { length: n * n },
    (_, k) => dot(columns[Math.floor(k / n)], columns[k % n]),
  );
  const { values, vectors } = symmetricEigenvectors(gram, n);
  const turned = Array.from(values, (value, k) => {
    const sum = new Float64Array(columns[0]?.length ?? 0);
    columns.forEach((column, i) => {
      addScaled(sum, vectors[k * n + i] / Math.sqrt(Math.max(value, Number.MIN_VALUE)), column);
    });
    return sum;
  });
  function apply(x: Float64Array, change: (left: number) => number): Float64Array {
    const out = x.slice();
    turned.forEach((q, k) => {
      if (!(values[k] > LEAST)) return;
      addScaled(out, (change(Math.max(0, 1 - values[k])) - 1) * dot(q, x), q);
    });
    return out;
  }
  return {
    times: (x) => apply(x, Math.sqrt),
    undo: (x) => apply(x, (left) => left > LEAST ? 1 / Math.sqrt(left) : 0),
  };
}
