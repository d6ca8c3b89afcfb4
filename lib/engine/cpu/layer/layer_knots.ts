/**
 * The knots of one spline layer, the places of its pieces, and the way back to the logits of free knots.
 *
 * @module
 */

import { freeKnots, freeKnotsVjp } from "../../../knots/mod.ts";
import { findBlock, type SplineStage } from "../../../model/inner.ts";
import { layerKnots, type Network } from "../../../model/mod.ts";
import type { Arena, Slot } from "../wasm/memory.ts";
import { type Locator, updateLocator } from "./locator.ts";

/** The knots of a layer. */
export type LayerKnots = ReturnType<typeof createLayerKnots>;

/** The knots of one vector and where its pieces lie. */
export interface VectorKnots {
  readonly t: Float64Array;
  /** Origin and `dw/du` of each piece, `[intervals + 2, 2]`. */
  readonly places: Float64Array;
  /** First and last piece that is an interval which is not empty. */
  readonly first: number;
  readonly last: number;
}

/** The knot vector of a node. */
export function vectorOf({ numKnotVectors }: SplineStage, node: number): number {
  return numKnotVectors === 1 ? 0 : node;
}

/**
 * Lays out the knots of a layer, which follow the parameters.
 *
 * @param network Gives uniform and fixed knots.
 * @param places Receives origins and rates of the pieces of `count` nodes, or of all vectors.
 */
export function createLayerKnots(
  network: Network,
  stage: SplineStage,
  arena: Arena,
  locator: Locator,
  places: Slot<Float64Array>,
  count: number,
) {
  const { layer, numKnotVectors, space } = stage, free = stage.knots === "free";
  const block = findBlock(network.layout, `spline${layer}.knotLogits`);
  const logits = (block?.size ?? 0) / numKnotVectors;
  const length = space.intervals + 1 + 2 * space.degree, perVector = 2 * (space.intervals + 2);
  const values = arena.float64(numKnotVectors * length);
  const bars = arena.float64(free ? numKnotVectors * length : 0);
  const ends = arena.int32(2 * numKnotVectors);
  let placed = false;
  let views: { readonly t: Float64Array; readonly bar: Float64Array }[] = [];

  function ofVector(flat: Float64Array, vector: number): Float64Array {
    const at = block!.offset + vector * logits;
    return flat.subarray(at, at + logits);
  }
  function viewOf(vector: number) {
    const begin = vector * length, end = begin + length;
    return { t: values.values.subarray(begin, end), bar: bars.values.subarray(begin, end) };
  }

  return {
    /** Knots of every vector, those outside too, and the gradient by free ones. */
    values,
    bars,
    /** Bytes from vector to vector of both. */
    step: 8 * length,
    places,
    /** First and last piece that is an interval which is not empty. */
    ends,
    /** Takes the knots of the next passes; tells whether they are new. */
    place(parameters: Float64Array): boolean {
      if (placed && !free) return false;
      if (!placed) views = Array.from({ length: numKnotVectors }, (_, vector) => viewOf(vector));
      placed = true;
      views.forEach(({ t }, vector) => {
        if (free) freeKnots(ofVector(parameters, vector), space, t);
        else t.set(layerKnots(network, layer, vector).values);
        updateLocator(locator, stage, vector, t);
        placePieces(stage, t, places.values, vector * perVector, ends.values, 2 * vector);
      });
      // Nodes that share a vector have its pieces, too.
      for (let i = numKnotVectors; i < count; i++) {
        places.values.copyWithin(i * perVector, 0, perVector);
      }
      return true;
    },
    /** The knots placed last of every vector. */
    list: (): readonly VectorKnots[] =>
      views.map(({ t }, vector) => ({
        t,
        places: places.values.subarray(vector * perVector, (vector + 1) * perVector),
        first: ends.values[2 * vector],
        last: ends.values[2 * vector + 1],
      })),
    /** Adds the gradients by the knots to the gradient by the logits. */
    collect(parameters: Float64Array, gradient: Float64Array) {
      if (!free) return;
      views.forEach(({ bar }, vector) =>
        freeKnotsVjp(ofVector(parameters, vector), space, bar, ofVector(gradient, vector))
      );
    },
  };
}

/** Sets origins and rates from the knots (rate 0 where the interval is empty), and the ends. */
function placePieces(
  { space: { degree, intervals } }: SplineStage,
  t: Float64Array,
  values: Float64Array,
  offset: number,
  ends: Int32Array,
  endsAt: number,
): void {
  let first = intervals + 2, last = 0;
  for (let m = 0, at = offset + 2; m < intervals; m++, at += 2) {
    const h = t[degree + m + 1] - t[degree + m];
    values[at] = t[degree + m];
    values[at + 1] = h > 0 ? 1 / h : 0;
    if (h > 0) {
      if (first > intervals) first = m + 1;
      last = m + 1;
    }
  }
  const end = offset + 2 * (intervals + 1);
  values[offset] = t[degree];
  values[end] = t[degree + intervals];
  values[offset + 1] = values[end + 1] = 1;
  ends[endsAt] = first;
  ends[endsAt + 1] = last;
}
