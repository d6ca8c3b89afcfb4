/**
 * The four kernels for backends whose values the host can read at once: cpu, wasm, webgl.
 *
 * All are derivatives of one function, linear in `w`, `c` and `g`:
 * `F = sum_{r,p,i,q} w[r,p] g[r,q] c[p,i,q] B_i^(order)(x[r,p]; t[p])`. By `g` it gives the layer's
 * outputs, by `c`, `w` and `t` what its gradients are made of. Sums run in float64, rows in order.
 *
 * @module
 */

import {
  loadKnots,
  type LocalPoint,
  locate,
  pointBasis,
  type SplineSpace,
} from "./_local_basis.ts";

/** What a kernel computes: the derivative of `F` by `g`, `c`, `w` or `t`. */
export type SplinePart = "Outputs" | "Coefficients" | "Slopes" | "Knots";

/** Inputs and sizes of a kernel; `g`, `c` and `w` only where the part needs them. */
export interface SplineArrays {
  /** Positions, shape `[rows, nIn]`. */
  readonly x: ArrayLike<number>;
  /** Knots, shape `[nIn or 1, numKnots]`. */
  readonly t: ArrayLike<number>;
  /** Coefficients, shape `[nIn, numBasis, nOut]`. */
  readonly c: ArrayLike<number> | undefined;
  /** Gradient by the outputs, shape `[rows, nOut]`. */
  readonly g: ArrayLike<number> | undefined;
  /** Weights, shape `[rows, nIn]`; 1 if left out. */
  readonly w: ArrayLike<number> | undefined;
  readonly rows: number;
  readonly nIn: number;
  readonly nOut: number;
  readonly numKnots: number;
  /** Whether all inputs share one row of knots. */
  readonly shared: boolean;
}

/** Shape of a part's result. */
export function partShape(
  part: SplinePart,
  sizes: Pick<SplineArrays, "rows" | "nIn" | "nOut" | "numKnots" | "shared">,
  space: SplineSpace,
): number[] {
  const { rows, nIn, nOut, numKnots, shared } = sizes;
  if (part === "Outputs") return [rows, nOut];
  if (part === "Slopes") return [rows, nIn];
  if (part === "Knots") return [shared ? 1 : nIn, numKnots];
  return [nIn, numKnots - 1 - space.degree, nOut];
}

/** Computes one part of the derivative of `F`. */
export function computePart(
  part: SplinePart,
  arrays: SplineArrays,
  space: SplineSpace,
): Float32Array {
  const { x, t, c, g, w, rows, nIn, nOut, numKnots, shared } = arrays;
  const { degree } = space;
  const numBasis = numKnots - 1 - degree;
  const size = partShape(part, arrays, space).reduce((product, n) => product * n, 1);
  const sums = new Float64Array(size);
  const point: LocalPoint = { interval: 0, at: 0, beyond: 0 };
  const knots = new Float64Array(2 * degree + 1);
  const basis = new Float64Array(degree + 1), scratch = new Float64Array(degree + 1);
  const bars = new Float64Array(degree + 1);

  /**
   * Adds `sum_i bars[i] d B_i / d t_j` for the `2 degree` knots of the interval.
   *
   * With `C` the B-splines on the knots with `t_j` doubled,
   * `d B_i / d t_j = C_{i+1} / (t_{i+degree+1} - t_{i+1}) - C_i / (t_{i+degree} - t_i)`, each term
   * only if its span holds `t_j` (de Boor 2001, chapter I). The ends of the domain do not move.
   */
  function addKnots(row: number): void {
    const start = point.interval + 1 - degree; // knot of direction 0
    for (let j = 0; j < 2 * degree; j++) {
      if (start + j === space.first || start + j === space.last) continue;
      const local = loadKnots(t, row + start, degree, j, knots);
      pointBasis(knots, local, point, space, basis, scratch);
      let sum = 0;
      for (let r = 0; r <= degree; r++) {
        const i = local - degree + r; // C_i lies on the local knots i .. i + degree, j twice
        if (j < i || j > i + degree) continue;
        const span = t[row + start + i + degree] - t[row + start + i];
        const index = i + 1; // index of B_i among the local functions; C_i also enters B_{i-1}
        const step = (index >= 1 ? bars[index - 1] : 0) - (index <= degree ? bars[index] : 0);
        if (span > 0) sum += step * basis[r] / span;
      }
      sums[row + start + j] += sum;
    }
  }

  for (let p = 0; p < nIn; p++) {
    const row = shared ? 0 : p * numKnots;
    for (let r = 0; r < rows; r++) {
      locate(t, row, space, x[r * nIn + p], point);
      const weight = w ? w[r * nIn + p] : 1;
      const mu = point.interval;
      const start = (p * numBasis + mu - degree) * nOut; // coefficients of the local functions
      if (part === "Knots") {
        for (let i = 0; i <= degree; i++) {
          bars[i] = weight * dot(g!, r * nOut, c!, start + i * nOut, nOut);
        }
        addKnots(row);
        continue;
      }
      const local = loadKnots(t, row + mu + 1 - degree, degree, -1, knots);
      pointBasis(knots, local, point, space, basis, scratch);
      for (let i = 0; i <= degree; i++) {
        const value = weight * basis[i], at = start + i * nOut;
        if (part === "Outputs") {
          for (let q = 0; q < nOut; q++) sums[r * nOut + q] += value * c![at + q];
        } else if (part === "Coefficients") {
          for (let q = 0; q < nOut; q++) sums[at + q] += value * g![r * nOut + q];
        } else {
          sums[r * nIn + p] += value * dot(g!, r * nOut, c!, at, nOut);
        }
      }
    }
  }
  return new Float32Array(sums);
}

function dot(
  g: ArrayLike<number>,
  atG: number,
  c: ArrayLike<number>,
  atC: number,
  length: number,
): number {
  let sum = 0;
  for (let q = 0; q < length; q++) sum += g[atG + q] * c[atC + q];
  return sum;
}
