/**
 * Tables of a spline layer with a mask.
 *
 * Of few edges: the polynomials of those that exist, in groups that fill a vector, `[pieces, groups,
 * degree + 1, lanes]` for every input; edges that a mask leaves out cost nothing. Of many: the tables of a layer with all
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
import { type EdgeRow, groupEdges, writeEdgeNodes } from "./edge_lists.ts";
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
  const { arena } = work, lanes = 16 / arena.bytesPerReal;
  const { nIn, edges, space: { degree, intervals } } = stage, pieces = intervals + 2;
  const rows = groupEdges(edges, lanes), pieceNumbers = (degree + 1) * lanes;
  const last = rows[nIn - 1], length = (last.first + last.groups) * pieces * pieceNumbers;
  const table = arena.reals(length), moments = createSumTable(work, length);
  const exact = arena.dtype === "float64" ? undefined : arena.float64(length);
  const polynomials = createEdgePolynomials(
    stage,
    sources,
    {
      ...{ table: exact?.at ?? table.at, single: exact ? table.at : 0 },
      ...{ nodeStep: 0, pieceStep: 0, powerStep: 0, outputStep: 8 },
      nodes: writeMaskedNodes(stage, rows, arena, lanes),
    },
    moments,
    work,
  );
  const nodes = writeEdgeNodes(rows, arena, pieces, pieceNumbers);
  const layer = { nIn, degree, pieces, table: table.at, nodes };
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
  { nOut, numBasis, edges: { numbers }, space: { degree, intervals } }: MaskedStage,
  rows: readonly EdgeRow[],
  arena: Arena,
  lanes: number,
): number {
  const total = rows.reduce((sum, { groups }) => sum + groups, 0), pieces = intervals + 2;
  const perGroup = numBasis * lanes;
  const places = arena.int32(total * perGroup, (values) => {
    values.fill(-1);
    rows.forEach(({ outputs, first }, p) =>
      outputs.forEach((q, j) => {
        if (q < 0) return;
        const group = first + Math.floor(j / lanes), edge = numbers[p * nOut + q];
        for (let i = 0; i < numBasis; i++) {
          values[(group * numBasis + i) * lanes + j % lanes] = edge * numBasis + i;
        }
      })
    );
  });
  const pieceBytes = 8 * (degree + 1) * lanes; // of one group
  const words = rows.flatMap(({ groups, first }) =>
    recordWords("MaskedNode", {
      ...{ groups, lanes, table: first * pieces * pieceBytes, pieceStep: groups * pieceBytes },
      places: places.at + 4 * first * perGroup,
    })
  );
  return arena.int32(recordLength("MaskedNode") * rows.length, (values) => values.set(words)).at;
}
