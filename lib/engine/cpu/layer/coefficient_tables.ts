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
import { createEdgePolynomials, type EdgeSources } from "./edge_polynomials.ts";
import type { Workspace } from "../wasm/row_blocks.ts";
import { createLines } from "../wasm/row_array.ts";
import { createScratch, createSumTable } from "../wasm/sum_table.ts";
import { type SplineTables, tableCalls } from "./tables.ts";

/** Numbers in a row of basis functions. */
export function basisStride(degree: number): number {
  return Math.max(4, degree + 1);
}

/** Lays out coefficients, basis functions, and the gradients by both. */
export function createCoefficientTables(
  stage: SplineStage,
  work: Workspace,
  sources: EdgeSources,
): SplineTables {
  const { arena } = work;
  const { nIn, nOut, numBasis, space: { degree, intervals } } = stage;
  const pieces = intervals + 2, row = basisStride(degree), step = (degree + 1) * row;
  const table = createLines(arena, nIn * numBasis, nOut);
  const bars = createSumTable(work, nIn * numBasis * table.stride);
  const polynomials = arena.reals(nIn * pieces * step).at;
  const first = arena.int32(nIn * pieces).at;
  const basisBars = stage.knots === "free"
    ? createSumTable(work, nIn * pieces * step, true)
    : undefined;
  const edges = createEdgePolynomials(
    stage,
    sources,
    {
      ...{ table: table.at as number, nodeStep: 0, pieceStep: 0, outputStep: 0 },
      ...{ row, powerStep: table.step, barStep: 8 * table.stride, polynomials, first },
    },
    bars,
    work,
    basisBars,
  );
  const scratch = createScratch(work, degree + 1);
  const tables = { nIn, degree, polynomials, first, table: table.at, scratch };
  const start = [...bars.start, ...basisBars?.start ?? []];
  const origins = sources.knots.places;
  const sums = { bar: bars.cursor, origins, knots: basisBars?.cursor ?? 0 };
  return { ...edges, ...tableCalls(tables, sums, { start, end: bars.end }, false) };
}
