/**
 * The symmetric square root of `I - V V^T` and its inverse, for a few columns `V`: what residuals of a
 * loss that couples all rows are made with.
 *
 * @module
 */

import { addScaled, dot } from "../numerics/inner.ts";

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
  const { values, vectors } = jacobi(gram, n);
  const turned = Array.from(values, (value, k) => {
    const sum = new Float64Array(columns[0]?.length ?? 0);
    columns.forEach((column, i) => {
      addScaled(sum, vectors[i * n + k] / Math.sqrt(Math.max(value, Number.MIN_VALUE)), column);
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

/** Sweeps of {@linkcode jacobi}; five to eight are usual. */
const MOST_SWEEPS = 40;

/** Eigenvalues and eigenvectors (columns) of a small symmetric matrix, by Jacobi's rotations. */
function jacobi(matrix: Float64Array, n: number) {
  const a = matrix.slice(), vectors = new Float64Array(n * n);
  for (let i = 0; i < n; i++) vectors[i * n + i] = 1;
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let off = 0;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        off += a[p * n + q] ** 2;
        rotate(p, q);
      }
    }
    if (off < 1e-28) break; // eigenvalues are at most 1
  }
  return { values: Float64Array.from({ length: n }, (_, i) => a[i * n + i]), vectors };

  function rotate(p: number, q: number): void {
    const apq = a[p * n + q];
    if (apq === 0) return;
    const theta = (a[q * n + q] - a[p * n + p]) / (2 * apq);
    const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.hypot(theta, 1));
    const c = 1 / Math.hypot(t, 1), s = t * c;
    for (let k = 0; k < n; k++) {
      const kp = a[k * n + p], kq = a[k * n + q];
      a[k * n + p] = c * kp - s * kq;
      a[k * n + q] = s * kp + c * kq;
    }
    for (let k = 0; k < n; k++) {
      const pk = a[p * n + k], qk = a[q * n + k];
      a[p * n + k] = c * pk - s * qk;
      a[q * n + k] = s * pk + c * qk;
      const vp = vectors[k * n + p], vq = vectors[k * n + q];
      vectors[k * n + p] = c * vp - s * vq;
      vectors[k * n + q] = s * vp + c * vq;
    }
  }
}
