/**
 * Tables of a spline layer with a mask: the polynomials of the edges that exist, in groups that fill a
 * vector, `[pieces, groups, degree + 1, lanes]` for every input. Edges that a mask leaves out cost
 * nothing.
 *
 * @module
 */

import { type EdgeMask, edgePlaces, type SplineStage } from "../../../model/inner.ts";
import { call } from "../wasm/kernel_calls.ts";
import type { Workspace } from "../wasm/row_blocks.ts";
import { createSumTable } from "../wasm/sum_table.ts";
import { type EdgeRow, groupEdges, writeEdgeNodes } from "./edge_lists.ts";
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
  const { arena } = work, lanes = 16 / arena.bytesPerReal;
  const { nIn, edges, space: { degree, intervals } } = stage, pieces = intervals + 2;
  const rows = groupEdges(edges, lanes), pieceNumbers = (degree + 1) * lanes;
  const last = rows[nIn - 1], length = (last.first + last.groups) * pieces * pieceNumbers;
  const table = arena.reals(length), moments = createSumTable(work, length);
  const exact = arena.dtype === "float64" ? undefined : new Float64Array(length);
  const polynomials = () => exact ?? table.values as Float64Array;
  const nodes = writeEdgeNodes(rows, arena, pieces, pieceNumbers);
  const layer = { nIn, degree, pieces, table: table.at, nodes };
  const maps = createEdgeMaps(stage, rows, lanes);

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

/** The map from coefficients `[edges, numBasis]` to polynomials, group by group, and its adjoint. */
function createEdgeMaps(stage: MaskedStage, rows: readonly EdgeRow[], lanes: number) {
  const { numBasis, space: { degree, intervals } } = stage, pieces = intervals + 2;
  const relu = stage.basis === "relu" ? createReluPieces({ ...stage, nOut: lanes }) : undefined;
  const basis = relu ? undefined : createLocalBasis(stage);
  const { combine, spread, correlate } = createPieceProducts(degree, lanes, lanes);
  const { values: c, bars: cBar, take, add } = createColumns(stage, rows, lanes);
  const group = (degree + 1) * lanes;

  /** Calls `visit` for every group of a node. */
  function eachGroup({ first, groups }: EdgeRow, visit: (g: number, at: number) => void): void {
    for (let i = 0; i < groups; i++) visit(first + i, (first * pieces + i) * group);
  }
  /** The polynomials of the group of a node that begins at a place. */
  function piecesAt(values: Float64Array, offset: number, { groups }: EdgeRow): Pieces {
    return { values, offset, size: groups * group, columns: lanes, stride: lanes };
  }

  function build(
    from: Float64Array,
    nodes: readonly NodeKnots[],
    moved: boolean,
    a: Float64Array,
  ): void {
    take(from);
    nodes.forEach(({ vector, t, places }, p) => {
      if (basis && moved && (p === 0 || vector !== nodes[p - 1].vector)) {
        basis.build(vector, t, places);
      }
      const row = rows[p], size = row.groups * group;
      eachGroup(row, (g, at) => {
        if (!basis) {
          relu!.build(g, t, c, piecesAt(a, at, row));
          return extrapolatePieces(stage, places, piecesAt(a, at, row));
        }
        const { values: q, offset, size: step, stride } = basis.pieces(vector);
        for (let piece = 0; piece < pieces; piece++) {
          const begin = (g * numBasis + basis.first(piece, places)) * lanes;
          combine(q, offset + piece * step, stride, c, begin, a, at + piece * size);
        }
      });
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
    const room = () => new Float64Array(like ? pieces * like.size : 0);
    const bar: Pieces | undefined = like && { ...like, values: room(), offset: 0 }, one = room();
    nodes.forEach(({ vector, t, places }, p) => {
      const row = rows[p], size = row.groups * group, tBar = knotsBar?.[vector];
      eachGroup(row, (g, at) => {
        if (!basis) {
          foldMoments(stage, places, piecesAt(a, at, row), piecesAt(mu, at, row), tBar);
          return relu!.pull(g, t, c, piecesAt(mu, at, row), cBar, tBar);
        }
        const { values: q, offset, size: step, stride } = basis.pieces(vector);
        for (let piece = 0; piece < pieces; piece++) {
          const begin = (g * numBasis + basis.first(piece, places)) * lanes;
          spread(q, offset + piece * step, stride, mu, at + piece * size, cBar, begin);
          if (bar) correlate(one, piece * step, stride, c, begin, mu, at + piece * size);
        }
        if (bar) { for (let i = 0; i < one.length; i++) bar.values[i] += one[i]; }
      });
      if (basis && bar && tBar) {
        basis.pull(vector, t, places, bar, tBar);
        bar.values.fill(0);
      }
    });
    add(to);
  }

  return { build, pull };
}

/** Coefficients of a group side by side, `[groups, numBasis, lanes]`; what fills a group is 0. */
function createColumns(
  { nOut, numBasis, edges: { count, numbers } }: MaskedStage,
  rows: readonly EdgeRow[],
  lanes: number,
) {
  const last = rows[rows.length - 1];
  const values = new Float64Array((last.first + last.groups) * numBasis * lanes);
  const bars = values.slice(), here = new Int32Array(count * numBasis);
  rows.forEach(({ outputs, first }, p) =>
    outputs.forEach((q, j) => {
      if (q < 0) return;
      const edge = numbers[p * nOut + q], group = first + Math.floor(j / lanes);
      for (let i = 0; i < numBasis; i++) {
        here[edge * numBasis + i] = (group * numBasis + i) * lanes + j % lanes;
      }
    })
  );
  return {
    values,
    bars,
    /** Takes parameters, `[edges, numBasis]`. */
    take(from: Float64Array): void {
      for (let i = 0; i < here.length; i++) values[here[i]] = from[i];
    },
    /** Adds the bars to the gradient by the parameters. */
    add(to: Float64Array): void {
      for (let i = 0; i < here.length; i++) to[i] += bars[here[i]];
    },
  };
}
