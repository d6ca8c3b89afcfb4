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
import { createEdgePolynomials } from "./edge_polynomials.ts";
import type { Workspace } from "../wasm/row_blocks.ts";
import { paddedLength } from "../wasm/row_array.ts";
import type { MomentNorms } from "./moment_norms.ts";
import { createScratch, createSumTable } from "../wasm/sum_table.ts";
import { type SplineTables, tableCalls } from "./tables.ts";

/** The local functions of a piece's own rows are powers: no polynomials. */
const POWERS = { polynomials: 0, first: 0 };

/** Lays out pieces, and their moments. */
export function createPieceTables(
  stage: SplineStage,
  work: Workspace,
  originsAt: number,
  norms?: EdgeNorms,
  shared?: MomentNorms,
): SplineTables {
  const { arena } = work;
  const { nIn, nOut, space: { degree, intervals } } = stage;
  const pieces = intervals + 2;
  const stride = nOut === 1 ? 1 : paddedLength(arena, nOut);
  // One output: the kernels read 4 powers at once.
  const size = nOut === 1 ? Math.max(4, degree + 1) : (degree + 1) * stride;
  const table = arena.reals(nIn * pieces * size);
  const moments = createSumTable(work, nIn * pieces * size);
  const exact = arena.dtype === "float64" ? undefined : new Float64Array(nIn * pieces * size);
  const edges = createEdgePolynomials(stage, size, stride);
  const scratch = createScratch(work, degree + 1);
  const sums = { bar: moments.cursor, origins: originsAt, knots: 0 };

  /** The polynomials in float64. */
  function polynomials(): Float64Array {
    return exact ?? table.values as Float64Array;
  }

  return {
    build(c, nodes, moved) {
      edges.build(c, nodes, moved, polynomials());
      shared?.take(polynomials(), size, stride);
      if (exact) table.values.set(exact);
    },
    ...tableCalls(
      { ...POWERS, nIn, degree, table: table.at, scratch },
      sums,
      moments,
      nOut === 1,
      norms,
    ),
    add: [...moments.add, ...norms?.weightBars?.add ?? []],
    collect(c, nodes, cBar, knotsBar) {
      shared?.addTo(moments.values);
      edges.pull(c, nodes, polynomials(), moments.values, cBar, knotsBar);
    },
  };
}
