/**
 * The knots of one spline layer, the places of its pieces, and the way back to the logits of free knots.
 *
 * @module
 */

import { freeKnots, freeKnotsVjp } from "../../../knots/mod.ts";
import { findBlock, type SplineStage } from "../../../model/inner.ts";
import { layerKnots, type Network } from "../../../model/mod.ts";
import type { Slot } from "../wasm/memory.ts";
import { type Locator, updateLocator } from "./locator.ts";
import { placePieces } from "./pieces.ts";
import type { NodeKnots } from "./tables.ts";

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
  locator: Locator,
  places: Slot<Float64Array>,
  count: number,
) {
  const { layer, numKnotVectors, space } = stage, free = stage.knots === "free";
  const block = findBlock(network.layout, `spline${layer}.knotLogits`);
  const logits = (block?.size ?? 0) / numKnotVectors;
  const vectors = Array.from(
    { length: numKnotVectors },
    (_, vector) =>
      free
        ? new Float64Array(space.intervals + 1 + 2 * space.degree)
        : layerKnots(network, layer, vector).values,
  );
  const bars = free ? vectors.map((t) => new Float64Array(t.length)) : undefined;
  let list: NodeKnots[] = [];

  function ofVector(flat: Float64Array, vector: number): Float64Array {
    const at = block!.offset + vector * logits;
    return flat.subarray(at, at + logits);
  }

  return {
    /** Takes the knots of the next passes; tells whether they are new. */
    place(parameters: Float64Array): boolean {
      if (list.length > 0 && !free) return false;
      vectors.forEach((t, vector) => {
        if (free) freeKnots(ofVector(parameters, vector), space, t);
        updateLocator(locator, stage, vector, t);
      });
      list = Array.from({ length: count }, (_, i): NodeKnots => {
        const vector = vectorOf(stage, i), t = vectors[vector];
        const offset = 2 * i * (space.intervals + 2);
        return { vector, t, places: placePieces(stage, t, places.values, offset) };
      });
      return true;
    },
    /** The knots placed last, in the order of the places. */
    list: (): readonly NodeKnots[] => list,
    /** Sets the gradients by the knots of every vector to 0; undefined: none move. */
    clearBars() {
      bars?.forEach((bar) => bar.fill(0));
      return bars;
    },
    /** Adds what these gradients have become to the gradient by the logits. */
    collect(parameters: Float64Array, gradient: Float64Array) {
      bars?.forEach((bar, vector) =>
        freeKnotsVjp(ofVector(parameters, vector), space, bar, ofVector(gradient, vector))
      );
    },
  };
}
