/**
 * B-splines as polynomials on each interval, and their adjoint.
 *
 * The local recursion (de Boor; seeds/003 eq. (5) with its superscripts corrected) run on
 * polynomials in `w` instead of numbers:
 * `N_r^(j) = left_{j-r+1} T_{r-1} + right_{r+1} T_r`, `T_r = N_r^(j-1) / D_{j,r}`,
 * `right_s = t_{mu+s} - u`, `left_s = u - t_{mu+1-s}`, `D_{j,r} = t_{mu+r+1} - t_{mu+1-j+r}`.
 * On an interval that is not empty every `D` is at least its length: nothing divides by zero.
 *
 * @module
 */

import type { SplineStage } from "../../model/mod.ts";
import type { PieceMap, PieceTables } from "./pieces.ts";

/** The piece map of the B-spline basis; parameters are coefficients `[nIn, numBasis, nOut]`. */
export function createBsplinePieces(stage: SplineStage, tables: PieceTables): PieceMap {
  const { nIn, nOut, numBasis, space: { degree: d, intervals } } = stage;
  const { pieces, stride, lanes, outputs, coefficients: a } = tables;
  const size = d + 1;
  const fixed = stage.knots !== "free";
  // Basis polynomials by node and interval, [.., size, size]: row i is B_{m+i}, column k of w^k.
  const bases = new Float64Array(nIn * intervals * size * size);
  const ready = new Uint8Array(nIn);
  const recursion = createRecursion(d, fixed ? 1 : nIn * intervals);
  const basisBar = new Float64Array(size * size);

  function build(node: number, t: Float64Array, c: Float64Array): void {
    for (let m = 0; m < intervals; m++) {
      const slot = node * intervals + m, at = slot * size * size;
      const out = (node * pieces + m + 1) * stride;
      if (!(t[d + m + 1] > t[d + m])) {
        a.fill(0, out, out + stride);
        continue;
      }
      if (ready[node] === 0) recursion.run(t, d + m, bases, at, fixed ? 0 : slot);
      combine(c, (node * numBasis + m) * nOut, at, out);
    }
    if (fixed) ready[node] = 1;
  }

  /** Pieces of one interval: `a_k = sum_i c_i M_ik` for every output. */
  function combine(c: Float64Array, from: number, at: number, out: number): void {
    for (let q = 0; q < nOut; q++) {
      const own = out + outputs[q];
      if (d === 3) {
        const c0 = c[from + q], c1 = c[from + nOut + q];
        const c2 = c[from + 2 * nOut + q], c3 = c[from + 3 * nOut + q];
        for (let k = 0; k < 4; k++) {
          const M = at + k;
          a[own + k * lanes] = c0 * bases[M] + c1 * bases[M + 4] + c2 * bases[M + 8] +
            c3 * bases[M + 12];
        }
        continue;
      }
      for (let k = 0; k < size; k++) {
        let sum = 0;
        for (let i = 0; i < size; i++) sum += c[from + i * nOut + q] * bases[at + i * size + k];
        a[own + k * lanes] = sum;
      }
    }
  }

  function pull(
    node: number,
    t: Float64Array,
    c: Float64Array,
    pieceBar: Float64Array,
    cBar: Float64Array,
    tBar: Float64Array | undefined,
  ): void {
    for (let m = 0; m < intervals; m++) {
      if (!(t[d + m + 1] > t[d + m])) continue;
      const slot = node * intervals + m, at = slot * size * size;
      const bar = (m + 1) * stride;
      if (tBar) basisBar.fill(0);
      for (let i = 0; i < size; i++) {
        for (let q = 0; q < nOut; q++) {
          const ci = (node * numBasis + m + i) * nOut + q;
          const own = bar + outputs[q], row = at + i * size;
          if (d === 3) {
            cBar[ci] += bases[row] * pieceBar[own] + bases[row + 1] * pieceBar[own + lanes] +
              bases[row + 2] * pieceBar[own + 2 * lanes] +
              bases[row + 3] * pieceBar[own + 3 * lanes];
          } else {
            let sum = 0;
            for (let k = 0; k < size; k++) sum += bases[row + k] * pieceBar[own + k * lanes];
            cBar[ci] += sum;
          }
          if (tBar) {
            for (let k = 0; k < size; k++) {
              basisBar[i * size + k] += c[ci] * pieceBar[own + k * lanes];
            }
          }
        }
      }
      if (tBar) recursion.pull(t, d + m, slot, basisBar, tBar);
    }
  }

  return { build, pull };
}

interface Recursion {
  /**
   * Writes the `d + 1` basis polynomials of interval `[t_mu, t_{mu+1}]` at `out[at...]`, keeps what
   * their adjoint needs in the given slot.
   */
  run(t: Float64Array, mu: number, out: Float64Array, at: number, slot: number): void;
  /** Adds to `tBar` the gradient of the polynomials whose `run` filled the slot. */
  pull(t: Float64Array, mu: number, slot: number, bar: Float64Array, tBar: Float64Array): void;
}

/** The recursion with its intermediate polynomials `T_r` of every level kept for the adjoint. */
function createRecursion(d: number, slots: number): Recursion {
  const size = d + 1, slotSize = d * (d + 1) / 2 * size;
  const kept = new Float64Array(slots * slotSize); // T of level j, r = 0..j-1
  const bar = new Float64Array(size * size);

  function run(t: Float64Array, mu: number, out: Float64Array, at: number, slot: number): void {
    const h = t[mu + 1] - t[mu];
    out.fill(0, at, at + size * size);
    out[at] = 1;
    for (let j = 1, tau = slot * slotSize; j <= d; j++) {
      const before = tau;
      for (let r = 0; r < j; r++, tau += size) {
        const inverse = 1 / (t[mu + r + 1] - t[mu + 1 - j + r]);
        for (let k = 0; k < j; k++) kept[tau + k] = out[at + r * size + k] * inverse;
      }
      for (let r = 0; r <= j; r++) {
        const row = at + r * size;
        for (let k = 0; k <= j; k++) out[row + k] = 0;
        if (r < j) {
          const right = t[mu + r + 1] - t[mu], own = before + r * size;
          for (let k = 0; k < j; k++) {
            out[row + k] += right * kept[own + k];
            out[row + k + 1] -= h * kept[own + k];
          }
        }
        if (r > 0) {
          const left = t[mu] - t[mu - j + r], own = before + (r - 1) * size;
          for (let k = 0; k < j; k++) {
            out[row + k] += left * kept[own + k];
            out[row + k + 1] += h * kept[own + k];
          }
        }
      }
    }
  }

  function pull(
    t: Float64Array,
    mu: number,
    slot: number,
    basisBar: Float64Array,
    tBar: Float64Array,
  ): void {
    const h = t[mu + 1] - t[mu];
    bar.set(basisBar);
    let hBar = 0;
    for (let j = d, tau = (slot + 1) * slotSize; j >= 1; j--) {
      tau -= j * size;
      for (let r = 0; r < j; r++) {
        const own = tau + r * size, up = r * size, down = (r + 1) * size;
        const first = mu + 1 - j + r, last = mu + r + 1;
        const right = t[last] - t[mu], left = t[mu] - t[first], inverse = 1 / (t[last] - t[first]);
        let rightBar = 0, leftBar = 0, spanBar = 0;
        for (let k = 0; k < j; k++) {
          const value = kept[own + k];
          rightBar += value * bar[up + k];
          leftBar += value * bar[down + k];
          hBar += value * (bar[down + k + 1] - bar[up + k + 1]);
          const valueBar = right * bar[up + k] - h * bar[up + k + 1] +
            left * bar[down + k] + h * bar[down + k + 1];
          spanBar -= value * valueBar * inverse;
          // T_r's own adjoint may replace N_r's: row r of level j is not read again.
          bar[up + k] = valueBar * inverse;
        }
        for (let k = j; k < size; k++) bar[up + k] = 0;
        tBar[last] += rightBar + spanBar;
        tBar[first] -= leftBar + spanBar;
        tBar[mu] += leftBar - rightBar;
      }
    }
    tBar[mu + 1] += hBar;
    tBar[mu] -= hBar;
  }

  return { run, pull };
}
