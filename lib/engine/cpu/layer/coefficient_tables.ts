/**
 * Tables of a B-spline layer as coefficients: the parameters themselves, `[nIn, numBasis, nOut]`, and
 * the basis functions as polynomials.
 *
 * Each point pays for its basis functions once per input; the tables are `degree + 1` times smaller
 * than pieces and need no conversion: right for many outputs and fine grids.
 *
 * @module
 */

import type { SplineStage } from "../../../model/inner.ts";
import { basisStride, createLocalBasis } from "./local_basis.ts";
import type { Pieces } from "./pieces.ts";
import { call } from "../wasm/kernel_calls.ts";
import type { Workspace } from "../wasm/row_blocks.ts";
import { paddedLength } from "../wasm/row_array.ts";
import { createScratch, createSumTable, type SumTable } from "../wasm/sum_table.ts";
import type { SplineTables } from "./tables.ts";

/** Lays out coefficients, basis functions, and the gradients by both. */
export function createCoefficientTables(
  stage: SplineStage,
  work: Workspace,
  originsAt: number,
): SplineTables {
  const { arena } = work;
  const { nIn, nOut, numBasis, knots, space: { degree, intervals } } = stage;
  const free = knots === "free";
  const pieces = intervals + 2, row = basisStride(degree), step = (degree + 1) * row;
  const stride = paddedLength(arena, nOut);
  const table = arena.reals(nIn * numBasis * stride);
  const bars = createSumTable(work, nIn * numBasis * stride);
  const polynomials = arena.reals(nIn * pieces * step);
  const firsts = arena.int32(nIn * pieces);
  const polynomialBars: SumTable | undefined = free
    ? createSumTable(work, nIn * pieces * step, true)
    : undefined;
  const basis = createLocalBasis(stage);
  const scratch = createScratch(work, degree + 1);
  const tables = { polynomials: polynomials.at, first: firsts.at, table: table.at };
  const shared = { nIn, degree, ...tables, scratch };

  return {
    build(c, nodes, moved) {
      if (moved) {
        nodes.forEach(({ vector, t, places }, p) => {
          if (p === 0 || vector !== nodes[p - 1].vector) basis.build(vector, t, places);
          const { values, offset } = basis.pieces(vector);
          const pieceValues = values.subarray(offset, offset + pieces * step);
          polynomials.values.set(pieceValues, p * pieces * step);
          for (let piece = 0; piece < pieces; piece++) {
            firsts.values[p * pieces + piece] = p * numBasis + basis.first(piece, places);
          }
        });
      }
      const values = table.values;
      if (stride === nOut) return values.set(c);
      for (let from = 0, to = 0; from < c.length; from += nOut, to += stride) {
        for (let q = 0; q < nOut; q++) values[to + q] = c[from + q];
      }
    },
    forward: ({ piece, w }, y) => ({
      chunk: [
        call.zeroRows({ to: y, step: y.step }),
        call.forwardMany({ ...shared, piece, w, wStep: w.step, y, yStep: y.step }),
      ],
    }),
    backward: ({ piece, w }, yBar, slopes) => ({
      start: [...bars.start, ...polynomialBars?.start ?? []],
      chunk: [call.backwardMany({
        ...shared,
        piece,
        w,
        wStep: w.step,
        bar: bars.cursor,
        origins: originsAt,
        knots: polynomialBars?.cursor ?? 0,
        yBar,
        yStep: yBar.step,
        slopes,
      })],
      end: bars.end,
    }),
    add: [...bars.add, ...polynomialBars?.add ?? []],
    collect(_, nodes, cBar, knotsBar) {
      const sums = bars.values;
      for (let from = 0, to = 0; to < cBar.length; from += stride, to += nOut) {
        for (let q = 0; q < nOut; q++) cBar[to + q] += sums[from + q];
      }
      if (!knotsBar || !polynomialBars) return;
      const like = basis.pieces(0), values = polynomialBars.values;
      nodes.forEach(({ vector, t, places }, p) => {
        const bar: Pieces = { ...like, values, offset: p * pieces * step };
        basis.pull(vector, t, places, bar, knotsBar[vector]);
      });
    },
  };
}
