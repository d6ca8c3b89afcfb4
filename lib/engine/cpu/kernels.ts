/**
 * Kernel calls of a spline layer on one block of rows.
 *
 * Points outermost, then input nodes, then outputs, two in one SIMD vector. Per edge and point the
 * cubic forward loop does 3 multiply-adds, the backward one 4 for the moments and 3 for the slope;
 * the degrees 1 to 3 are unrolled.
 *
 * @module
 */

import type { SplineStage } from "../../model/mod.ts";
import type { Locator } from "./locate.ts";
import type { BatchNormaliser } from "./normalise.ts";
import type { PieceTables } from "./pieces.ts";
import { type Block, type Call, rowAddress } from "./program.ts";

/** Where the points of a batch lie, shapes `[rows, nIn]`. */
export interface Places {
  /** Piece, an index into all pieces of the layer. */
  readonly piece: Int32Array;
  /** Local coordinate in the piece. */
  readonly w: Float64Array;
  /** Position in the domain; kept where the base branch needs it. */
  readonly u: Float64Array | undefined;
}

/**
 * Normalises the points of a block and finds their pieces and local coordinates.
 *
 * Interval m has `t_m <= u < t_{m+1}` and is never empty; the right end belongs to the last one.
 * NaN gives some interval and `w` NaN, so that it flows through the arithmetic.
 */
export function placeCall(
  stage: SplineStage,
  locator: Locator,
  { origins, rates, pieces }: PieceTables,
  { from, scale, origin, covers }: BatchNormaliser,
  x: Float64Array,
  { piece, w, u }: Places,
  { begin, rows }: Block,
): Call {
  const { nIn, numKnotVectors, space: { degree, intervals, domain: [a, b] } } = stage;
  return [
    "place",
    rows,
    nIn,
    rowAddress(x, nIn, begin),
    from.byteOffset,
    scale.byteOffset,
    origin.byteOffset,
    a,
    b,
    Number(covers),
    Number(stage.extrapolation === "error"),
    locator.buckets,
    locator.first.byteOffset,
    locator.knots.byteOffset,
    locator.last.byteOffset,
    numKnotVectors,
    intervals + 1 + 2 * degree,
    degree,
    pieces,
    origins.byteOffset,
    rates.byteOffset,
    rowAddress(piece, nIn, begin),
    rowAddress(w, nIn, begin),
    u ? rowAddress(u, nIn, begin) : 0,
  ];
}

/** Overwrites the block's rows of `y`, shape `[rows, nOut]`, with the sums of all edges. */
export function forwardCall(
  { nIn, nOut, space }: SplineStage,
  { coefficients }: PieceTables,
  { piece, w }: Places,
  y: Float64Array,
  { begin, rows }: Block,
): Call {
  return [
    "forward",
    rows,
    nIn,
    nOut,
    space.degree,
    rowAddress(piece, nIn, begin),
    rowAddress(w, nIn, begin),
    coefficients.byteOffset,
    rowAddress(y, nOut, begin),
  ];
}

/**
 * Overwrites the block's moments; and the block's rows of `uBar`, shape `[rows, nIn]`, with the
 * gradient by the normalised inputs if it is given.
 */
export function backwardCalls(
  { nIn, nOut, space }: SplineStage,
  { coefficients, moments, size, rates }: PieceTables,
  { piece, w }: Places,
  yBar: Float64Array,
  uBar: Float64Array | undefined,
  { index, begin, rows }: Block,
): Call[] {
  const own = rowAddress(moments, size, index);
  return [["zero", own, size], [
    "backward",
    rows,
    nIn,
    nOut,
    space.degree,
    rowAddress(piece, nIn, begin),
    rowAddress(w, nIn, begin),
    coefficients.byteOffset,
    own,
    rates.byteOffset,
    rowAddress(yBar, nOut, begin),
    uBar ? rowAddress(uBar, nIn, begin) : 0,
  ]];
}

/** Adds a slice of all blocks' moments into the first block's. */
export function addMomentsCall({ moments, size }: PieceTables, slice: Block, blocks: number): Call {
  return ["addTables", rowAddress(moments, 1, slice.begin), slice.rows, blocks, 8 * size];
}
