/**
 * The loops over points of a spline layer: typed arrays in, WebAssembly addresses out.
 *
 * Points outermost, then input nodes, then outputs, two in one SIMD vector. Per edge and point the
 * cubic forward loop does 3 multiply-adds, the backward one 4 for the moments and 3 for the slope;
 * the degrees 1 to 3 are unrolled.
 *
 * @module
 */

import type { SplineStage } from "../../model/mod.ts";
import type { Kernels } from "./memory.ts";
import type { PieceTables } from "./pieces.ts";
import type { Places } from "./locate.ts";

/** Overwrites `y`, shape `[rows, nOut]`, with the sums of all edges. */
export function splineForward(
  kernels: Kernels,
  { nIn, nOut, space }: SplineStage,
  { coefficients }: PieceTables,
  { piece, w }: Places,
  y: Float64Array,
): void {
  kernels.forward(
    y.length / nOut,
    nIn,
    nOut,
    space.degree,
    piece.byteOffset,
    w.byteOffset,
    coefficients.byteOffset,
    y.byteOffset,
  );
}

/**
 * Adds to the moments; overwrites `uBar`, shape `[rows, nIn]`, with the gradient by the
 * normalised inputs if it is given.
 */
export function splineBackward(
  kernels: Kernels,
  { nIn, nOut, space }: SplineStage,
  { coefficients, moments, rates }: PieceTables,
  { piece, w }: Places,
  yBar: Float64Array,
  uBar: Float64Array | undefined,
): void {
  kernels.backward(
    yBar.length / nOut,
    nIn,
    nOut,
    space.degree,
    piece.byteOffset,
    w.byteOffset,
    coefficients.byteOffset,
    moments.byteOffset,
    rates.byteOffset,
    yBar.byteOffset,
    uBar?.byteOffset ?? 0,
  );
}
