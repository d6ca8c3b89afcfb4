/**
 * Tables of a spline layer with a mask: the polynomials of the edges that exist, piece by piece,
 * `[pieces, degree + 1, edges]` for every input. Edges that a mask leaves out cost nothing.
 *
 * @module
 */

import { type EdgeMask, edgePlaces, type SplineStage } from "../../../model/inner.ts";
import { call } from "../wasm/kernel_calls.ts";
import type { Workspace } from "../wasm/row_blocks.ts";
import { createSumTable } from "../wasm/sum_table.ts";
import { type EdgeRow, layOutEdges, writeEdgeNodes } from "./edge_lists.ts";
import { createLocalBasis } from "./local_basis.ts";
import { createPieceProducts } from "./piece_products.ts";
import { extrapolatePieces, foldMoments, type Pieces } from "./pieces.ts";
import { createReluPieces } from "./relu_pieces.ts";
import type { NodeKnots, SplineTables } from "./tables.ts";

/** A layer with a mask. */
export type MaskedStage = SplineStage & { readonly edges: EdgeMask };

/** Share of the edges up to which tables of edges pay: an edge in them costs up to twice as much. */
const FEW_EDGES = 0.55;

/** Whether a layer has a mask that leaves few edges. */
export function hasFewEdges(stage: SplineStage): stage is MaskedStage {
  const { nIn, nOut, edges } = stage;
  return edges !== undefined && edges.count <= FEW_EDGES * nIn * nOut;
}

/** The tables of all edges for a layer with a mask: missing edges have coefficients 0. */
export function tablesOfEdges(
  { nIn, nOut, numBasis }: SplineStage,
  edges: EdgeMask,
  tables: SplineTables,
): SplineTables {
  const all = new Float64Array(nIn * numBasis * nOut), allBars = all.slice();
  const places = edgePlaces(edges, numBasis);
  return {
    ...tables,
    build(c, nodes, moved) {
      for (let i = 0; i < places.length; i++) all[places[i]] = c[i];
      tables.build(all, nodes, moved);
    },
    collect(_, nodes, cBar, knotsBar) {
      tables.collect(all, nodes, allBars.fill(0), knotsBar);
      for (let i = 0; i < places.length; i++) cBar[i] += allBars[places[i]];
    },
  };
}

/** Lays out the polynomials, and their moments. Coefficients are those of the parameters. */
export function createEdgeTables(
  stage: MaskedStage,
  work: Workspace,
  originsAt: number,
): SplineTables {
  const { arena } = work;
  const { nIn, edges, space: { degree, intervals } } = stage, pieces = intervals + 2;
  const rows = layOutEdges(edges, arena, pieces, degree + 1);
  const last = rows[nIn - 1], length = last.offset + pieces * last.size;
  const table = arena.reals(length), moments = createSumTable(work, length);
  const exact = arena.dtype === "float64" ? undefined : new Float64Array(length);
  const polynomials = () => exact ?? table.values as Float64Array;
  const layer = { nIn, degree, pieces, table: table.at, nodes: writeEdgeNodes(rows, arena) };
  const maps = createEdgeMaps(stage, rows);

  return {
    build(c, nodes, moved) {
      maps.build(c, nodes, moved, polynomials());
      if (exact) table.values.set(exact);
    },
    forward: ({ piece, w }, y) => ({
      chunk: [
        call.zeroRows({ to: y, step: y.step }),
        call.forwardEdges({ ...layer, piece, w, wStep: w.step, y, yStep: y.step }),
      ],
    }),
    backward({ piece, w }, yBar, slopes) {
      const sums = { bar: moments.cursor, origins: originsAt, slopes };
      const points = { piece, w, wStep: w.step, yBar, yStep: yBar.step };
      const chunk = [call.backwardEdges({ ...layer, ...sums, ...points })];
      return { start: moments.start, chunk, end: moments.end };
    },
    add: moments.add,
    collect(_, nodes, cBar, knotsBar) {
      maps.pull(nodes, polynomials(), moments.values, cBar, knotsBar);
    },
  };
}

/** The map from coefficients `[edges, numBasis]` to polynomials, and its adjoint. */
function createEdgeMaps(stage: MaskedStage, rows: readonly EdgeRow[]) {
  const { space: { degree, intervals } } = stage, pieces = intervals + 2;
  const relu = stage.basis === "relu", basis = relu ? undefined : createLocalBasis(stage);
  const products = byWidth(rows, (m, stride) => createPieceProducts(degree, m, stride));
  const powers = byWidth(rows, (m) => relu ? createReluPieces({ ...stage, nOut: m }) : undefined);
  const { values: c, bars: cBar, begins, ofNode, take, add } = createColumns(stage, rows);
  const piecesOf = ({ offset, size, stride, outputs }: EdgeRow, values: Float64Array): Pieces => ({
    ...{ values, offset, size, columns: outputs.length, stride },
  });

  function build(
    from: Float64Array,
    nodes: readonly NodeKnots[],
    moved: boolean,
    a: Float64Array,
  ): void {
    take(from);
    nodes.forEach(({ vector, t, places }, p) => {
      const row = rows[p], m = row.outputs.length;
      if (!basis) {
        powers.get(m)!.build(0, t, ofNode(c, p), piecesOf(row, a));
        return extrapolatePieces(stage, places, piecesOf(row, a));
      }
      if (moved && (p === 0 || vector !== nodes[p - 1].vector)) basis.build(vector, t, places);
      const { values: q, offset, size, stride } = basis.pieces(vector),
        { combine } = products.get(m)!;
      for (let piece = 0; piece < pieces; piece++) {
        const begin = begins[p] + basis.first(piece, places) * m;
        combine(q, offset + piece * size, stride, c, begin, a, row.offset + piece * row.size);
      }
    });
  }

  /** See `createEdgePolynomials`; coefficients are those of the latest `build`. */
  function pull(
    nodes: readonly NodeKnots[],
    a: Float64Array,
    mu: Float64Array,
    to: Float64Array,
    knotsBar: readonly Float64Array[] | undefined,
  ): void {
    cBar.fill(0);
    const like = knotsBar && basis?.pieces(0);
    const bar: Pieces | undefined = like &&
      { ...like, values: new Float64Array(pieces * like.size), offset: 0 };
    nodes.forEach(({ vector, t, places }, p) => {
      const row = rows[p], m = row.outputs.length, tBar = knotsBar?.[vector];
      if (!basis) {
        foldMoments(stage, places, piecesOf(row, a), piecesOf(row, mu), tBar);
        return powers.get(m)!.pull(0, t, ofNode(c, p), piecesOf(row, mu), ofNode(cBar, p), tBar);
      }
      const { values: q, offset, size, stride } = basis.pieces(vector);
      const { spread, correlate } = products.get(m)!;
      for (let piece = 0; piece < pieces; piece++) {
        const begin = begins[p] + basis.first(piece, places) * m;
        const at = row.offset + piece * row.size;
        spread(q, offset + piece * size, stride, mu, at, cBar, begin);
        if (bar) correlate(bar.values, piece * size, stride, c, begin, mu, at);
      }
      if (bar && tBar) {
        basis.pull(vector, t, places, bar, tBar);
        bar.values.fill(0);
      }
    });
    add(to);
  }

  return { build, pull };
}

/** Coefficients of an input side by side, `[numBasis, edges]`, in the order of the table. */
function createColumns(
  { nOut, numBasis, edges: { count, numbers } }: MaskedStage,
  rows: readonly EdgeRow[],
) {
  const values = new Float64Array(count * numBasis), bars = values.slice();
  const begins: number[] = [], there = new Int32Array(values.length); // among the parameters
  let filled = 0;
  rows.forEach(({ outputs }, p) => {
    begins.push(filled);
    for (let i = 0; i < numBasis; i++) {
      for (const q of outputs) there[filled++] = numbers[p * nOut + q] * numBasis + i;
    }
  });
  return {
    values,
    bars,
    /** Where each input's begin. */
    begins,
    /** Those of one input, or the gradient by them. */
    ofNode: (all: Float64Array, p: number) => all.subarray(begins[p], begins[p + 1]),
    /** Takes parameters, `[edges, numBasis]`. */
    take(from: Float64Array): void {
      for (let i = 0; i < there.length; i++) values[i] = from[there[i]];
    },
    /** Adds the bars to the gradient by the parameters. */
    add(to: Float64Array): void {
      for (let i = 0; i < there.length; i++) to[there[i]] += bars[i];
    },
  };
}

/** What is made once for every number of edges of an input. */
function byWidth<Made>(
  rows: readonly EdgeRow[],
  make: (width: number, stride: number) => Made,
): Map<number, Made> {
  const made = new Map<number, Made>();
  for (const { outputs: { length }, stride } of rows) {
    if (!made.has(length)) made.set(length, make(length, stride));
  }
  return made;
}
