/**
 * ReLU powers as polynomials on each interval, and their adjoint.
 *
 * `f(u) = sum_i W_i ReLU(u - t_i)^d` has at `t_m` the Taylor coefficients `T_m` (in `u - t_m`):
 * `T_0 = sum_{i <= 0} W_i C(d, k) (t_0 - t_i)^(d-k)`, then shift by `h_m` and add `W_{m+1}` to
 * the highest one. In the local coordinate `a_k = T_k h^k`. No division: knots may coincide.
 * This is Actor et al. 2025, eq. (7) in O(intervals); the adjoint differentiates the change of basis
 * by the knots without forming it.
 *
 * @module
 */

import type { SplineStage } from "../../../model/inner.ts";
import type { Pieces } from "./pieces.ts";

/** The Taylor coefficients of one edge at every knot inside. */
function createTaylor({ nOut, numBasis, space: { degree: d, intervals } }: SplineStage) {
  const size = d + 1;
  const binomials = pascal(size);
  const taylor = new Float64Array(intervals * size);

  function expand(node: number, q: number, t: Float64Array, W: Float64Array): void {
    taylor.fill(0);
    for (let i = 0; i <= d; i++) {
      const w = W[(node * numBasis + i) * nOut + q];
      let power = 1; // (t_0 - t_i)^(d - k)
      for (let k = d; k >= 0; k--) {
        taylor[k] += w * binomials[d * size + k] * power;
        power *= t[d] - t[i];
      }
    }
    for (let m = 1; m < intervals; m++) {
      const h = t[d + m] - t[d + m - 1];
      const row = m * size, before = row - size;
      for (let k = 0; k < size; k++) {
        let power = 1, sum = 0;
        for (let j = k; j < size; j++) {
          sum += binomials[j * size + k] * power * taylor[before + j];
          power *= h;
        }
        taylor[row + k] = sum;
      }
      taylor[row + d] += W[(node * numBasis + d + m) * nOut + q];
    }
  }

  /** Adds the gradients by what the first coefficients are made of; `bar` is theirs. */
  function pullFirst(
    node: number,
    q: number,
    t: Float64Array,
    W: Float64Array,
    bar: Float64Array,
    WBar: Float64Array,
    tBar: Float64Array | undefined,
  ): void {
    for (let i = 0; i <= d; i++) {
      const at = (node * numBasis + i) * nOut + q, y = t[d] - t[i];
      let power = 1, below = 0, sum = 0, slope = 0;
      for (let k = d; k >= 0; k--) {
        sum += bar[k] * binomials[d * size + k] * power;
        slope += bar[k] * binomials[d * size + k] * (d - k) * below;
        below = power;
        power *= y;
      }
      WBar[at] += sum;
      if (tBar) {
        tBar[i] -= W[at] * slope;
        tBar[d] += W[at] * slope;
      }
    }
  }

  return { binomials, taylor, expand, pullFirst };
}

/** Turns `W`, shape `[nIn, numBasis, nOut]`, into the polynomials of one node, and back. */
export function createReluPieces(stage: SplineStage) {
  const { nOut, numBasis, space: { degree: d, intervals } } = stage;
  const size = d + 1;
  const { binomials, taylor, expand, pullFirst } = createTaylor(stage);
  const bar = new Float64Array(size), next = new Float64Array(size);

  /** Fills the intervals' polynomials. */
  function build(
    node: number,
    t: Float64Array,
    W: Float64Array,
    { values: a, offset, size: step, stride }: Pieces,
  ): void {
    for (let q = 0; q < nOut; q++) {
      expand(node, q, t, W);
      for (let m = 0; m < intervals; m++) {
        const h = t[d + m + 1] - t[d + m];
        const out = offset + (m + 1) * step + q;
        let power = 1;
        for (let k = 0; k < size; k++) {
          a[out + k * stride] = taylor[m * size + k] * power;
          power *= h;
        }
      }
    }
  }

  /** Adds the gradients by `W` and, with `tBar`, by the knots, from the polynomials' gradient. */
  function pull(
    node: number,
    t: Float64Array,
    W: Float64Array,
    { values: pieceBar, offset, size: step, stride }: Pieces,
    WBar: Float64Array,
    tBar: Float64Array | undefined,
  ): void {
    for (let q = 0; q < nOut; q++) {
      if (tBar) expand(node, q, t, W);
      bar.fill(0); // d L / d T_{m+1}
      for (let m = intervals - 1; m >= 0; m--) {
        const h = t[d + m + 1] - t[d + m];
        const from = offset + (m + 1) * step + q, at = m * size;
        let hBar = 0;
        if (m + 1 < intervals) WBar[(node * numBasis + d + m + 1) * nOut + q] += bar[d];
        for (let j = 0; j < size; j++) {
          let sum = 0, power = 1;
          for (let k = j; k >= 0; k--) {
            sum += binomials[j * size + k] * power * bar[k];
            power *= h;
          }
          next[j] = sum;
        }
        let power = 1, below = 0; // h^k and h^(k-1)
        for (let k = 0; k < size; k++) {
          next[k] += pieceBar[from + k * stride] * power;
          if (tBar) {
            hBar += k * below * taylor[at + k] * pieceBar[from + k * stride];
            // d shift / d h: T_{m+1,k}' = sum_{j > k} C(j, k) (j - k) h^(j-k-1) T_{m,j}
            let step = 1;
            for (let j = k + 1; j < size; j++) {
              hBar += bar[k] * binomials[j * size + k] * (j - k) * step * taylor[at + j];
              step *= h;
            }
          }
          below = power;
          power *= h;
        }
        bar.set(next);
        if (tBar) {
          tBar[d + m + 1] += hBar;
          tBar[d + m] -= hBar;
        }
      }
      pullFirst(node, q, t, W, bar, WBar, tBar);
    }
  }

  return { build, pull };
}

/** Binomial coefficients `C(n, k)` at `[n * size + k]`. */
function pascal(size: number): Float64Array {
  const table = new Float64Array(size * size);
  for (let n = 0; n < size; n++) {
    table[n * size] = 1;
    for (let k = 1; k <= n; k++) {
      table[n * size + k] = table[(n - 1) * size + k - 1] + (k < n ? table[(n - 1) * size + k] : 0);
    }
  }
  return table;
}
