/**
 * What the kernels read and fill for the splines of one layer, in one of two forms.
 *
 * - Pieces: every edge's polynomials, `[nIn, intervals + 2, degree + 1, nOut]`. 3 multiply-adds per
 *   edge and point forward at degree 3; right for few outputs, and the ReLU basis has no other form.
 * - Coefficients: the parameters themselves, `[nIn, numBasis, nOut]`, and the basis functions as
 *   polynomials. Each point pays for its basis functions once per input; the tables are `degree + 1`
 *   times smaller and need no conversion: right for many outputs and fine grids.
 *
 * @module
 */

import type { SplineStage } from "../../model/mod.ts";
import { basisStride, createLocalBasis } from "./local_basis.ts";
import type { Arena } from "./memory.ts";
import { extrapolate, foldMoments, type PiecePlaces, type Pieces } from "./pieces.ts";
import type { Blocks, Call, Cursor, Phase } from "./program.ts";
import { createReluPieces } from "./relu_pieces.ts";
import { paddedLength, type RowArray } from "./row_array.ts";
import { createSumTable, type SumTable } from "./sum_table.ts";

/** Where the points of a batch lie, `[rows, nIn]`. */
export interface Places {
  /** Piece, an index into all pieces of the layer. */
  readonly piece: RowArray<Int32Array>;
  /** Local coordinate in the piece; the backward pass leaves the gradient by the inputs there. */
  readonly w: RowArray<unknown>;
}

/** The knots of one node and where its pieces lie. */
export interface NodeKnots {
  /** Index of the knot vector. */
  readonly vector: number;
  readonly t: Float64Array;
  readonly places: PiecePlaces;
}

/** The tables of one layer. */
export interface SplineTables {
  /** Takes the coefficients of the next passes; `moved` tells whether knots are new. */
  build(coefficients: Float64Array, nodes: readonly NodeKnots[], moved: boolean): void;
  /** `y += ...`, the call on a chunk. */
  forward(places: Places, y: RowArray<unknown>): Phase;
  /** The gradient by the tables and, with `slopes`, by the normalised inputs. */
  backward(places: Places, yBar: RowArray<unknown>, slopes: boolean): Phase;
  /** Adds all blocks' sums. */
  readonly add: readonly Call[];
  /** Adds to the gradients by coefficients and, if given, by knots `[vectors]`. */
  collect(
    coefficients: Float64Array,
    nodes: readonly NodeKnots[],
    coefficientsBar: Float64Array,
    knotsBar: readonly Float64Array[] | undefined,
  ): void;
}

/** Outputs from which on a B-spline layer keeps coefficients rather than pieces. */
const MANY_OUTPUTS = 8;

/** Lays out the tables of a layer whose pieces' places are at `originsAt`. */
export function createSplineTables(
  stage: SplineStage,
  arena: Arena,
  blocks: Blocks,
  originsAt: number,
): SplineTables {
  return stage.basis === "bspline" && stage.nOut >= MANY_OUTPUTS
    ? coefficientTables(stage, arena, blocks, originsAt)
    : pieceTables(stage, arena, blocks, originsAt);
}

function pieceTables(
  stage: SplineStage,
  arena: Arena,
  blocks: Blocks,
  originsAt: number,
): SplineTables {
  const { nIn, nOut, numBasis, space: { degree, intervals } } = stage;
  const pieces = intervals + 2;
  const stride = nOut === 1 ? 1 : paddedLength(arena, nOut);
  // One output: the kernels read 4 powers at once.
  const size = nOut === 1 ? Math.max(4, degree + 1) : (degree + 1) * stride;
  const table = arena.reals(nIn * pieces * size);
  const moments = createSumTable(arena, blocks, nIn * pieces * size);
  const exact = arena.dtype === "float64" ? undefined : new Float64Array(nIn * pieces * size);
  const relu = stage.basis === "relu" ? createReluPieces(stage) : undefined;
  const basis = createLocalBasis(stage);
  const scratch = arena.reals(blocks.most * (degree + 1) * 16);
  const scratchCursor: Cursor = {
    at: scratch.at,
    perBlock: arena.bytesPerReal * (degree + 1) * 16,
  };

  function piecesOf(values: Float64Array, p: number): Pieces {
    return { values, offset: p * pieces * size, size, columns: nOut, stride };
  }
  /** The polynomials in float64. */
  function own(): Float64Array {
    return exact ?? table.values as Float64Array;
  }

  return {
    build(c, nodes, moved) {
      const a = own();
      nodes.forEach(({ vector, t, places }, p) => {
        if (relu) {
          relu.build(p, t, c, piecesOf(a, p));
          return extrapolate(stage, places, piecesOf(a, p));
        }
        if (moved && (p === 0 || vector !== nodes[p - 1].vector)) basis.build(vector, t, places);
        const { values: q, offset, size: step, stride: row } = basis.pieces(vector);
        for (let piece = 0; piece < pieces; piece++) {
          const from = (p * numBasis + basis.first(piece, places)) * nOut;
          combine(q, offset + piece * step, row, c, from, a, (p * pieces + piece) * size);
        }
      });
      if (exact) table.values.set(exact);
    },
    forward: ({ piece, w }, y) => ({
      chunk: nOut === 1 ? [["forwardOne", nIn, degree, piece, w, w.step, table.at, y, y.step]] : [
        ["zeroRows", y, y.step],
        // deno-fmt-ignore
        ["forwardMany", nIn, degree, piece, w, w.step, 0, 0, table.at, y, y.step, scratchCursor],
      ],
    }),
    // deno-fmt-ignore
    backward: ({ piece, w }, yBar, slopes) => ({
      start: moments.start,
      chunk: nOut === 1
        ? [["backwardOne", nIn, degree, piece, w, w.step, table.at, moments.cursor, originsAt,
          yBar, yBar.step, slopes]]
        : [["backwardMany", nIn, degree, piece, w, w.step, 0, 0, table.at, moments.cursor, originsAt,
          0, yBar, yBar.step, slopes, scratchCursor]],
      end: moments.end,
    }),
    add: moments.add,
    collect(c, nodes, cBar, knotsBar) {
      const mu = moments.values;
      const bar = knotsBar ? nodesBar(stage, basis.pieces(0)) : undefined;
      nodes.forEach(({ vector, t, places }, p) => {
        const tBar = knotsBar?.[vector];
        if (relu) {
          foldMoments(stage, places, piecesOf(own(), p), piecesOf(mu, p), tBar);
          return relu.pull(p, t, c, piecesOf(mu, p), cBar, tBar);
        }
        const { values: q, offset, size: step, stride: row } = basis.pieces(vector);
        for (let piece = 0; piece < pieces; piece++) {
          const from = (p * numBasis + basis.first(piece, places)) * nOut;
          const at = (p * pieces + piece) * size;
          spread(q, offset + piece * step, row, mu, at, cBar, from);
          if (bar) correlate(c, from, mu, at, bar.values, piece * step, row);
        }
        if (bar && tBar) {
          basis.pull(vector, t, places, bar, tBar);
          bar.values.fill(0);
        }
      });
    },
  };

  /** `a_kq = sum_i Q_ki c_iq`. */
  function combine(
    q: Float64Array,
    at: number,
    row: number,
    c: Float64Array,
    from: number,
    a: Float64Array | Float32Array,
    to: number,
  ): void {
    for (let k = 0; k <= degree; k++, at += row, to += stride) {
      for (let j = 0; j < nOut; j++) {
        let sum = 0;
        for (let i = 0; i <= degree; i++) sum += q[at + i] * c[from + i * nOut + j];
        a[to + j] = sum;
      }
    }
  }

  /** `cBar_iq += sum_k Q_ki mu_kq`. */
  function spread(
    q: Float64Array,
    at: number,
    row: number,
    mu: Float64Array,
    from: number,
    cBar: Float64Array,
    to: number,
  ): void {
    for (let i = 0; i <= degree; i++, to += nOut) {
      for (let j = 0; j < nOut; j++) {
        let sum = 0;
        for (let k = 0; k <= degree; k++) sum += q[at + k * row + i] * mu[from + k * stride + j];
        cBar[to + j] += sum;
      }
    }
  }

  /** `QBar_ki = sum_q c_iq mu_kq`. */
  function correlate(
    c: Float64Array,
    from: number,
    mu: Float64Array,
    at: number,
    qBar: Float64Array,
    to: number,
    row: number,
  ): void {
    for (let k = 0; k <= degree; k++, to += row, at += stride) {
      for (let i = 0; i <= degree; i++) {
        let sum = 0;
        for (let j = 0; j < nOut; j++) sum += c[from + i * nOut + j] * mu[at + j];
        qBar[to + i] = sum;
      }
    }
  }
}

/** Room for the gradient by the basis polynomials of one vector. */
function nodesBar({ space: { intervals } }: SplineStage, like: Pieces): Pieces {
  return { ...like, values: new Float64Array((intervals + 2) * like.size), offset: 0 };
}

function coefficientTables(
  stage: SplineStage,
  arena: Arena,
  blocks: Blocks,
  originsAt: number,
): SplineTables {
  const { nIn, nOut, numBasis, knots, space: { degree, intervals } } = stage;
  const free = knots === "free";
  const pieces = intervals + 2, row = basisStride(degree), step = (degree + 1) * row;
  const stride = paddedLength(arena, nOut);
  const table = arena.reals(nIn * numBasis * stride);
  const bars = createSumTable(arena, blocks, nIn * numBasis * stride);
  const polynomials = arena.reals(nIn * pieces * step);
  const firsts = arena.int32(nIn * pieces);
  const polynomialBars: SumTable | undefined = free
    ? createSumTable(arena, blocks, nIn * pieces * step, true)
    : undefined;
  const basis = createLocalBasis(stage);
  const scratch = arena.reals(blocks.most * (degree + 1) * 16);
  const scratchCursor: Cursor = {
    at: scratch.at,
    perBlock: arena.bytesPerReal * (degree + 1) * 16,
  };

  return {
    build(c, nodes, moved) {
      if (moved) {
        nodes.forEach(({ vector, t, places }, p) => {
          if (p === 0 || vector !== nodes[p - 1].vector) basis.build(vector, t, places);
          const { values, offset } = basis.pieces(vector);
          const own = values.subarray(offset, offset + pieces * step);
          polynomials.values.set(own, p * pieces * step);
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
    // deno-fmt-ignore
    forward: ({ piece, w }, y) => ({
      chunk: [
        ["zeroRows", y, y.step],
        ["forwardMany", nIn, degree, piece, w, w.step, polynomials.at, firsts.at, table.at, y, y.step,
          scratchCursor],
      ],
    }),
    // deno-fmt-ignore
    backward: ({ piece, w }, yBar, slopes) => ({
      start: [...bars.start, ...polynomialBars?.start ?? []],
      chunk: [
        ["backwardMany", nIn, degree, piece, w, w.step, polynomials.at, firsts.at, table.at,
          bars.cursor, originsAt, polynomialBars?.cursor ?? 0, yBar, yBar.step, slopes,
          scratchCursor],
      ],
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
