/**
 * Statistics as functions of the parameters in a Gauss-Newton matrix, by kernels on all threads.
 *
 * With `S` the gradients of the statistics by the parameters, the matrix of the parameters is
 * `A = M_pp + M_ps S + S^T M_sp + S^T M_ss S = M_pp + S^T H + H^T S`, `H = M_sp + M_ss S / 2`.
 *
 * @module
 */

import { addScaled } from "../../../numerics/inner.ts";
import { call } from "../wasm/kernel_calls.ts";
import type { Arena, Slot } from "../wasm/memory.ts";
import type { ListPhase } from "./lists.ts";

/** A column keeps at most this share of its square where the statistics hide the parameter. */
const HIDDEN = 1e-13;

/** Rows of a tile, for which a gradient is read once. */
const TILE_ROWS = 16;

/**
 * Lays out gradients and halves `H`; the work is done in place, on the lower half of the matrix.
 *
 * @param matrix Shape `[columns, columns]`: n parameters, then the statistics.
 */
export function planSubstitution(
  matrix: Slot<Float64Array>,
  columns: number,
  n: number,
  arena: Arena,
) {
  const count = columns - n;
  const gradients = arena.float64(count * n), halves = arena.float64(count * n);
  const lengths = arena.int32(count);
  const diagonal = new Float64Array(n); // before the substitution
  const tiles = count === 0 ? 0 : Math.ceil(n / TILE_ROWS);
  const phase: ListPhase = Array.from({ length: tiles }, (_, t) => {
    const from = (tiles - 1 - t) * TILE_ROWS; // the longest rows first
    return [call.gnSubstitute({
      matrix: matrix.at,
      columns,
      from,
      to: Math.min(n, from + TILE_ROWS),
      n,
      count,
      gradients: gradients.at,
      lengths: lengths.at,
      halves: halves.at,
    })];
  });

  return {
    phase,
    /** Prepares the phase, once the matrix is complete. */
    load(statistics: readonly Float64Array[]): void {
      const { values } = matrix;
      for (let i = 0; i < n; i++) diagonal[i] = values[i * columns + i];
      statistics.forEach((gradient, s) => {
        gradients.values.set(gradient, s * n);
        lengths.values[s] = gradient.findLastIndex((value) => value !== 0) + 1;
        const at = (n + s) * columns, half = halves.values.subarray(s * n, (s + 1) * n);
        half.set(values.subarray(at, at + n));
        statistics.forEach((other, t) => {
          const share = values[at + n + t] / 2;
          if (share !== 0) addScaled(half, share, other);
        });
      });
    },
    /** Copies the matrix of the parameters, shape `[n, n]`, both halves. */
    copy(out: Float64Array): void {
      const { values } = matrix;
      for (let i = 0; i < n; i++) {
        out.set(values.subarray(i * columns, i * columns + i + 1), i * n);
      }
      mirror(out, n);
      // A parameter without effect, such as a bias before min-max, leaves rounding behind.
      for (let i = 0; i < n; i++) {
        if (out[i * n + i] > HIDDEN * diagonal[i]) continue;
        for (let j = 0; j < n; j++) out[i * n + j] = out[j * n + i] = 0;
      }
    },
  };
}

/** Overwrites the upper half of a matrix by the lower one. */
function mirror(matrix: Float64Array, n: number): void {
  const tile = 32;
  for (let i0 = 0; i0 < n; i0 += tile) {
    for (let j0 = 0; j0 <= i0; j0 += tile) {
      for (let i = i0; i < Math.min(n, i0 + tile); i++) {
        for (let j = j0, end = Math.min(i, j0 + tile); j < end; j++) {
          matrix[j * n + i] = matrix[i * n + j];
        }
      }
    }
  }
}
