/**
 * The knots of one spline layer and the places of its pieces. What free knots become as parameters
 * change is the kernels' work, see knots.ts in ../wasm/assembly/.
 *
 * @module
 */

import { freeKnots, freeKnotsVjp } from "../../../knots/mod.ts";
import { findBlock, type SplineStage } from "../../../model/inner.ts";
import { layerKnots, type Network } from "../../../model/mod.ts";
import type { Arena } from "../wasm/memory.ts";
import { createLocator, updateLocator } from "./locator.ts";

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
 * Lays out the knots of a layer.
 *
 * @param network Gives uniform and fixed knots.
 * @param count Nodes whose pieces have places of their own. Default: one for every vector.
 */
export function createLayerKnots(
  network: Network,
  stage: SplineStage,
  arena: Arena,
  count = stage.numKnotVectors,
) {
  const { layer, numKnotVectors, space } = stage, free = stage.knots === "free";
  const block = findBlock(network.layout, `spline${layer}.knotLogits`);
  const logits = (block?.size ?? 0) / numKnotVectors;
  const length = space.intervals + 1 + 2 * space.degree, perVector = 2 * (space.intervals + 2);
  const locator = createLocator(stage, arena), places = arena.float64(count * perVector);
  const values = arena.float64(numKnotVectors * length);
  const bars = arena.float64(free ? numKnotVectors * length : 0);
  const ends = arena.int32(2 * numKnotVectors);
  const domain = arena.float64(2, (ends) => ends.set(space.domain));
  const vectors = [...Array(numKnotVectors).keys()];
  const knotsOf = (vector: number) => part(values.values, length, vector);
  const ofVector = (flat: Float64Array, vector: number) =>
    part(flat.subarray(block!.offset), logits, vector);
  let placed = false;
  /** Places all knots, free ones as parameters have them. */
  function placeAll(parameters: Float64Array): void {
    placed = true;
    for (const vector of vectors) {
      const t = knotsOf(vector);
      if (free) freeKnots(ofVector(parameters, vector), space, t);
      else t.set(layerKnots(network, layer, vector).values);
      updateLocator(locator, stage, vector, t);
      placePieces(stage, t, places.values, vector * perVector, ends.values, 2 * vector);
    }
    // Nodes that share a vector have its pieces, too.
    for (let i = numKnotVectors; i < count; i++) {
      places.values.copyWithin(i * perVector, 0, perVector);
    }
  }

  return {
    locator,
    /** Origins and rates of the pieces, `[count, intervals + 2, 2]`. */
    places,
    /** Where the kernels find knots, the gradient by free ones, places, buckets. */
    at: {
      ...{ knots: values.at, knotBars: bars.at, knotStep: 8 * length },
      ...{ outerFree: space.outerKnots === "free", domain: domain.at },
      ...{ buckets: locator.buckets, records: locator.records.at, inner: locator.knots.at },
      ...{ places: places.at, copies: numKnotVectors === 1 ? count : 1, ends: ends.at },
    },
    /** Index of the first logit among the parameters; -1: knots are not free. */
    logits: block?.offset ?? -1,
    numLogits: block?.size ?? 0,
    /**
     * Places knots the first time, free ones as parameters have them. Tells whether the kernels have
     * to build basis functions: they place free knots themselves.
     */
    place(parameters: Float64Array): boolean {
      if (placed) return free;
      placeAll(parameters);
      return true;
    },
    /** The same without kernels, every time. */
    placeAll,
    /** The gradient by free knots, `[vectors]`. */
    bars,
    /** Adds what it has become to the gradient by the logits, without kernels. */
    collect(parameters: Float64Array, gradient: Float64Array) {
      for (const vector of free ? vectors : []) {
        const to = ofVector(gradient, vector), bar = part(bars.values, length, vector);
        freeKnotsVjp(ofVector(parameters, vector), space, bar, to);
      }
    },
    /** The knots placed last of every vector. */
    list: (): readonly VectorKnots[] =>
      vectors.map((vector) => ({
        t: knotsOf(vector),
        places: part(places.values, perVector, vector),
        first: ends.values[2 * vector],
        last: ends.values[2 * vector + 1],
      })),
  };
}

/** Part i of an array, each of `length` numbers. */
function part(values: Float64Array, length: number, i: number): Float64Array {
  return values.subarray(i * length, (i + 1) * length);
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
