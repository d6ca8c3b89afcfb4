/**
 * Tables of a spline layer as pieces: every edge's polynomials, `[nIn, intervals + 2, degree + 1,
 * nOut]`.
 *
 * 3 multiply-adds per edge and point forward at degree 3: right for few outputs; the ReLU basis has
 * no other form.
 *
 * @module
 */

import type { SplineStage } from "../../../model/inner.ts";
import type { EdgeNorms } from "./edge_norms.ts";
import { createEdgePolynomials, type EdgeSources } from "./edge_polynomials.ts";
import type { Workspace } from "../wasm/row_blocks.ts";
import { paddedLength } from "../wasm/row_array.ts";
import { createScratch, createSumTable } from "../wasm/sum_table.ts";
import { type SplineTables, tableCalls } from "./tables.ts";

/** The local functions of a piece's own rows are powers: no polynomials. */
const POWERS = { polynomials: 0, first: 0 };

/** Tables whose polynomials and moments can be read. */
export interface PieceTables extends SplineTables {
  /** Numbers from piece to piece, and from power to power; outputs lie side by side. */
  readonly size: number;
  readonly stride: number;
  /** The polynomials of the latest pass. */
  polynomials(): Float64Array;
  /** The gradient by them, laid out like them. */
  moments(): Float64Array;
}

/** Lays out pieces, and their moments. */
export function createPieceTables(
  stage: SplineStage,
  work: Workspace,
  sources: EdgeSources,
  norms?: EdgeNorms,
): PieceTables {
  const { arena } = work;
  const { nIn, nOut, space: { degree, intervals } } = stage;
  const pieces = intervals + 2;
  const stride = nOut === 1 ? 1 : paddedLength(arena, nOut);
  // One output: the kernels read 4 powers at once.
  const size = nOut === 1 ? Math.max(4, degree + 1) : (degree + 1) * stride;
  const table = arena.reals(nIn * pieces * size);
  const moments = createSumTable(work, nIn * pieces * size);
  const exact = arena.dtype === "float64" ? undefined : arena.float64(nIn * pieces * size);
  const edges = createEdgePolynomials(
    stage,
    sources,
    {
      ...{ table: exact?.at ?? table.at, single: exact ? table.at : 0 },
      ...{ nodeStep: 8 * pieces * size, pieceStep: 8 * size },
      ...{ powerStep: 8 * stride, outputStep: 8 },
    },
    moments,
    work,
  );
  const scratch = createScratch(work, degree + 1);
  const sums = { bar: moments.cursor, origins: sources.knots.places, knots: 0 };
  const tables = { ...POWERS, nIn, degree, table: table.at, scratch };
  return {
    ...edges,
    ...tableCalls(tables, sums, moments, nOut === 1, norms),
    pull: [...edges.pull, ...norms?.weightBars?.add ?? []],
    ...{ size, stride, moments: () => moments.values },
    polynomials: () => (exact ?? table).values as Float64Array,
  };
}
