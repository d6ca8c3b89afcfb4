/**
 * Tables of a spline layer with a mask.
 *
 * Of few edges: the polynomials of those that exist, piece by piece, `[pieces, degree + 1, edges]` for
 * every input; edges that a mask leaves out cost nothing. Of many: the tables of a layer with all
 * edges, where missing ones have coefficients 0.
 *
 * @module
 */

import { type EdgeMask, edgePlaces, type SplineStage } from "../../../model/inner.ts";
import { call } from "../wasm/kernel_calls.ts";
import type { Arena } from "../wasm/memory.ts";
import { recordLength, recordWords } from "../wasm/records.ts";
import type { Workspace } from "../wasm/row_blocks.ts";
import { createSumTable } from "../wasm/sum_table.ts";
import { type EdgeRow, layOutEdges, writeEdgeNodes } from "./edge_lists.ts";
import {
  createEdgePolynomials,
  createParameterSlots,
  type EdgeSources,
} from "./edge_polynomials.ts";
import type { SplineTables } from "./tables.ts";

/** A layer with a mask. */
export type MaskedStage = SplineStage & { readonly edges: EdgeMask };

/** Share of the edges up to which tables of edges pay: an edge in them costs up to twice as much. */
const FEW_EDGES = 0.55;

/** Whether a layer has a mask that leaves few edges. */
export function hasFewEdges(stage: SplineStage): stage is MaskedStage {
  const { nIn, nOut, edges } = stage;
  return edges !== undefined && edges.count <= FEW_EDGES * nIn * nOut;
}

/** Room for the coefficients of all edges, `[nIn, numBasis, nOut]`, of a layer with a mask. */
export function createAllEdges(
  { nIn, nOut, numBasis }: SplineStage,
  edges: EdgeMask,
  arena: Arena,
) {
  const slots = createParameterSlots(arena, nIn * numBasis * nOut);
  const places = edgePlaces(edges, numBasis);
  return {
    /** Addresses of the coefficients and of the gradient by them. */
    places: { coefficients: slots.parameters.at, gradient: slots.gradient.at },
    /** Takes the coefficients of the edges that exist. */
    spread(coefficients: Float64Array): void {
      const { values } = slots.parameters;
      for (let i = 0; i < places.length; i++) values[places[i]] = coefficients[i];
    },
    /** Adds to the gradient by them. */
    gather(bars: Float64Array): void {
      const { values } = slots.gradient;
      for (let i = 0; i < places.length; i++) bars[i] += values[places[i]];
    },
  };
}

/** Lays out the polynomials, and their moments. Coefficients are those of the parameters. */
export function createMaskedTables(
  stage: MaskedStage,
  work: Workspace,
  sources: EdgeSources,
): SplineTables {
  const { arena } = work;
  const { nIn, edges, space: { degree, intervals } } = stage, pieces = intervals + 2;
  const rows = layOutEdges(edges, arena, pieces, degree + 1);
  const last = rows[nIn - 1], length = last.offset + pieces * last.size;
  const table = arena.reals(length), moments = createSumTable(work, length);
  const exact = arena.dtype === "float64" ? undefined : arena.float64(length);
  const polynomials = createEdgePolynomials(
    stage,
    sources,
    {
      ...{ table: exact?.at ?? table.at, single: exact ? table.at : 0 },
      ...{ nodeStep: 0, pieceStep: 0, powerStep: 0, outputStep: 8 },
      nodes: writeMaskedNodes(stage, rows, arena),
    },
    moments,
    work,
  );
  const layer = { nIn, degree, pieces, table: table.at, nodes: writeEdgeNodes(rows, arena) };
  return {
    ...polynomials,
    forward: ({ piece, w }, y) => ({
      chunk: [
        call.zeroRows({ to: y, step: y.step }),
        call.forwardMasked({ ...layer, piece, w, wStep: w.step, y, yStep: y.step }),
      ],
    }),
    backward({ piece, w }, yBar, slopes) {
      const sums = { bar: moments.cursor, origins: sources.knots.places, slopes };
      const points = { piece, w, wStep: w.step, yBar, yStep: yBar.step };
      const chunk = [call.backwardMasked({ ...layer, ...sums, ...points })];
      return { start: moments.start, chunk, end: moments.end };
    },
  };
}

/** Writes what every node's part of the table holds; returns the address. */
function writeMaskedNodes(
  { nOut, numBasis, edges: { count, numbers } }: MaskedStage,
  rows: readonly EdgeRow[],
  arena: Arena,
): number {
  const places = arena.int32(count * numBasis, (values) => {
    let filled = 0;
    rows.forEach(({ outputs }, p) => {
      for (let i = 0; i < numBasis; i++) {
        for (const q of outputs) values[filled++] = numbers[p * nOut + q] * numBasis + i;
      }
    });
  });
  let place = places.at;
  const words = rows.flatMap(({ outputs, offset, size, stride }) => {
    const node = {
      ...{ edges: outputs.length, table: 8 * offset, pieceStep: 8 * size, powerStep: 8 * stride },
      places: place,
    };
    place += 4 * outputs.length * numBasis;
    return recordWords("MaskedNode", node);
  });
  return arena.int32(recordLength("MaskedNode") * rows.length, (values) => values.set(words)).at;
}
