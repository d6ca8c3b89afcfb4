/**
 * From sums of products of rows to the matrix of the unknowns: scales and shifts become functions
 * of the parameters.
 *
 * With D the gradients of scales and shifts (m) by the parameters (p), `A = A_pp + A_pm D +
 * D^T A_mp + D^T A_mm D = A_pp + D^T H + H^T D` with `H = A_mp + A_mm D / 2`.
 *
 * @module
 */

import type { JetChain } from "../jets/jet_chain.ts";
import { createPartsRunner, MOST_PARTS } from "../jets/jet_phases.ts";
import { BLOCK, call } from "../wasm/kernel_calls.ts";
import type { Slot } from "../wasm/memory.ts";
import type { SparseGradient } from "./statistic_gradients.ts";

/** A column keeps at most this share of its square where the statistics hide the parameter. */
const HIDDEN = 1e-13;

/**
 * Lays out what the last step needs.
 *
 * @param matrix Shape `[size, size]`, `M` with `A = M + M^T`.
 * @param mostKnown Most unknowns besides scales and shifts.
 * @param numMaps Scales and shifts.
 */
export function createFinish(
  chain: JetChain,
  matrix: Slot<Float64Array>,
  mostKnown: number,
  numMaps: number,
) {
  const { network, arena } = chain;
  const n = network.parameters.length;
  const starts = arena.int32(mostKnown + 1), rows = arena.int32(numMaps * n);
  const values = arena.float64(numMaps * n), halves = arena.float64(numMaps * mostKnown);
  const diagonal = arena.float64(mostKnown);

  /** Lists the entries of D column by column. */
  function list(gradients: readonly SparseGradient[]): void {
    const ends = starts.values.fill(0);
    for (const { columns } of gradients) for (const i of columns) ends[i + 1]++;
    for (let i = 1; i < ends.length; i++) ends[i] += ends[i - 1];
    const places = ends.slice();
    gradients.forEach((gradient, k) =>
      gradient.columns.forEach((i, e) => {
        rows.values[places[i]] = k;
        values.values[places[i]++] = gradient.values[e];
      })
    );
  }

  /** H, `[numMaps, known]`. */
  function halve(gradients: readonly SparseGradient[], known: number, size: number): void {
    const M = matrix.values, H = halves.values;
    for (let k = 0; k < numMaps; k++) {
      const row = (known + k) * size, half = H.subarray(k * known, (k + 1) * known);
      half.set(M.subarray(row, row + known));
    }
    for (let i = 0; i < known; i++) {
      for (let k = 0, from = i * size + known; k < numMaps; k++) H[k * known + i] += M[from + k];
    }
    gradients.forEach(({ columns, values }, l) => {
      for (let k = 0; k < numMaps; k++) {
        const at = (known + k) * size + known + l, other = (known + l) * size + known + k;
        const share = (M[at] + M[other]) / 2;
        if (share === 0) continue;
        for (let e = 0; e < columns.length; e++) H[k * known + columns[e]] += share * values[e];
      }
    });
  }

  const complete = createPartsRunner(chain, (size) => [call.finishMatrix({
    ...{ matrix: matrix.at, size, known: size - numMaps },
    ...{ starts: starts.at, rows: rows.at, values: values.at },
    ...{ halves: halves.at, diagonal: diagonal.at, part: BLOCK, parts: MOST_PARTS },
  })]);

  /** Completes the first `known` rows and columns in place; both halves. */
  return (gradients: readonly SparseGradient[], known: number): void => {
    const size = known + numMaps;
    list(gradients);
    halve(gradients, known, size);
    complete(size);
    // A parameter without effect, such as a bias before min-max, leaves rounding behind.
    const M = matrix.values;
    for (let i = 0; i < n; i++) {
      const square = diagonal.values[i];
      if (square === 0 || M[i * size + i] > HIDDEN * square) continue;
      for (let j = 0; j < known; j++) M[i * size + j] = M[j * size + i] = 0;
    }
  };
}
