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
import type { Workspace } from "../wasm/row_blocks.ts";
import { addRows, createLines, setRows } from "../wasm/row_array.ts";
import { createScratch, createSumTable, type SumTable } from "../wasm/sum_table.ts";
import { type SplineTables, tableCalls } from "./tables.ts";

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
  const table = createLines(arena, nIn * numBasis, nOut);
  const bars = createSumTable(work, nIn * numBasis * table.stride);
  const polynomials = arena.reals(nIn * pieces * step);
  const firsts = arena.int32(nIn * pieces);
  const polynomialBars: SumTable | undefined = free
    ? createSumTable(work, nIn * pieces * step, true)
    : undefined;
  const basis = createLocalBasis(stage);
  const scratch = createScratch(work, degree + 1);
  const tables = { polynomials: polynomials.at, first: firsts.at, table: table.at };
  const start = [...bars.start, ...polynomialBars?.start ?? []];
  const sums = { bar: bars.cursor, origins: originsAt, knots: polynomialBars?.cursor ?? 0 };

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
      setRows(table, c);
    },
    ...tableCalls({ nIn, degree, ...tables, scratch }, sums, { start, end: bars.end }, false),
    add: [...bars.add, ...polynomialBars?.add ?? []],
    collect(_, nodes, cBar, knotsBar) {
      addRows(bars.values, table, cBar);
      if (!knotsBar || !polynomialBars) return;
      const like = basis.pieces(0), values = polynomialBars.values;
      nodes.forEach(({ vector, t, places }, p) => {
        const bar: Pieces = { ...like, values, offset: p * pieces * step };
        basis.pull(vector, t, places, bar, knotsBar[vector]);
      });
    },
  };
}
