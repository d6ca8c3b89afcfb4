/**
 * One spline layer on a batch: knots, pieces, points, and their adjoints.
 *
 * What depends on parameters and knots runs here, what depends on points in kernel calls, block by
 * block.
 *
 * @module
 */

import { freeKnots, freeKnotsVjp } from "../../knots/mod.ts";
import {
  layerKnots,
  type Network,
  type NormalisationStatistics,
  type SplineStage,
} from "../../model/mod.ts";
import { addBase, pullBase } from "./base_branch.ts";
import { createBsplinePieces } from "./bspline_pieces.ts";
import { addMomentsCall, backwardCalls, forwardCall, placeCall, type Places } from "./kernels.ts";
import { createLocator, knotsOf, updateLocator } from "./locate.ts";
import type { KernelMemory } from "./memory.ts";
import { type BatchNormaliser, createNormaliser } from "./normalise.ts";
import {
  buildEnds,
  createPieceTables,
  type EndPieces,
  foldMoments,
  placePieces,
} from "./pieces.ts";
import type { Block, Call } from "./program.ts";
import { createReluPieces } from "./relu_pieces.ts";

/** Views of the flat vectors on one layer's blocks; empty where there is no such block. */
export interface LayerParameters {
  readonly coefficients: Float64Array;
  readonly baseWeights: Float64Array;
  readonly knotLogits: Float64Array;
}

/** A compiled spline layer. */
export interface SplineLayer {
  readonly normaliser: BatchNormaliser;
  /** Takes the parameters of the next passes: knots and pieces. */
  prepare(parameters: LayerParameters): void;
  /** What a block does to find the pieces of its points; the normaliser has measured `x`. */
  placeCalls(x: Float64Array, block: Block): Call[];
  /** What a block does to overwrite its rows of `y`. */
  forwardCalls(y: Float64Array, block: Block): Call[];
  /** Adds the base branch to `y`, if the layer has one. */
  addBase(parameters: LayerParameters, y: Float64Array): void;
  /** What a block does for the moments and, if given, the gradient by normalised inputs. */
  backwardCalls(yBar: Float64Array, uBar: Float64Array | undefined, block: Block): Call[];
  /** Adds the base branch's gradients. */
  pullBase(
    parameters: LayerParameters,
    yBar: Float64Array,
    gradient: LayerParameters,
    uBar: Float64Array | undefined,
  ): void;
  /** What a block does to sum a share of the moments of all blocks. */
  addMomentsCalls(block: Block): Call[];
  /** Adds to the parameters' gradients what the summed moments give. */
  collect(parameters: LayerParameters, gradient: LayerParameters): void;
  /** Statistics of the latest forward pass. */
  statistics(): NormalisationStatistics;
}

/**
 * Allocates a spline layer for batches cut into blocks.
 *
 * @param network Gives uniform and fixed knots.
 * @param stage The layer.
 * @param blocks The blocks of rows.
 * @param memory Where the arrays lie.
 */
export function createSplineLayer(
  network: Network,
  stage: SplineStage,
  blocks: readonly Block[],
  memory: KernelMemory,
): SplineLayer {
  const { nIn, numKnotVectors, space } = stage;
  const free = stage.knots === "free";
  const last = blocks[blocks.length - 1];
  const points = (last.begin + last.rows) * nIn;
  const tables = createPieceTables(stage, blocks.length, memory);
  const map = stage.basis === "relu"
    ? createReluPieces(stage, tables)
    : createBsplinePieces(stage, tables);
  const normaliser = createNormaliser(stage, blocks, memory);
  const locator = createLocator(stage, memory);
  const knots = Array.from({ length: numKnotVectors }, (_, vector) => {
    const own = knotsOf(locator, vector);
    own.set(layerKnots(network, stage.layer, vector).values);
    return own;
  });
  const knotsBar = knots.map((each) => new Float64Array(each.length));
  const ends: EndPieces[] = new Array(nIn);
  const places: Places = {
    piece: memory.int32(points),
    w: memory.float64(points),
    u: stage.base === "silu" ? memory.float64(points) : undefined,
  };
  let knotsPlaced = false;

  function nodeKnots(p: number): Float64Array {
    return knots[numKnotVectors === 1 ? 0 : p];
  }

  function placeKnots({ knotLogits }: LayerParameters): void {
    if (knotsPlaced && !free) return;
    const size = knotLogits.length / numKnotVectors;
    knots.forEach((t, vector) => {
      if (free) freeKnots(knotLogits.subarray(vector * size, (vector + 1) * size), space, t);
      updateLocator(locator, stage, vector);
    });
    for (let p = 0; p < nIn; p++) ends[p] = placePieces(stage, tables, p, nodeKnots(p));
    knotsPlaced = true;
  }

  function prepare(parameters: LayerParameters): void {
    placeKnots(parameters);
    for (let p = 0; p < nIn; p++) {
      map.build(p, nodeKnots(p), parameters.coefficients);
      buildEnds(stage, tables, p, ends[p]);
    }
  }

  function collect(parameters: LayerParameters, gradient: LayerParameters): void {
    if (free) { for (const bar of knotsBar) bar.fill(0); }
    const block = tables.pieces * tables.stride;
    for (let p = 0; p < nIn; p++) {
      const tBar = free ? knotsBar[numKnotVectors === 1 ? 0 : p] : undefined;
      foldMoments(stage, tables, p, ends[p], tBar);
      const bar = tables.moments.subarray(p * block, (p + 1) * block);
      map.pull(p, nodeKnots(p), parameters.coefficients, bar, gradient.coefficients, tBar);
    }
    if (!free) return;
    const size = parameters.knotLogits.length / numKnotVectors;
    knotsBar.forEach((tBar, p) => {
      const own = parameters.knotLogits.subarray(p * size, (p + 1) * size);
      freeKnotsVjp(own, space, tBar, gradient.knotLogits.subarray(p * size, (p + 1) * size));
    });
  }

  /** The share of one of several blocks in the moments' sum. */
  function slice({ index }: Block): Block {
    const begin = Math.floor(index * tables.size / blocks.length);
    const end = Math.floor((index + 1) * tables.size / blocks.length);
    return { index, begin, rows: end - begin };
  }

  return {
    normaliser,
    prepare,
    placeCalls: (x, block) => [placeCall(stage, locator, tables, normaliser, x, places, block)],
    forwardCalls: (y, block) => [forwardCall(stage, tables, places, y, block)],
    addBase: ({ baseWeights }, y) => {
      if (places.u) addBase(stage, baseWeights, places.u, y);
    },
    backwardCalls: (yBar, uBar, block) => backwardCalls(stage, tables, places, yBar, uBar, block),
    pullBase: ({ baseWeights }, yBar, gradient, uBar) => {
      if (places.u) pullBase(stage, baseWeights, places.u, yBar, gradient.baseWeights, uBar);
    },
    addMomentsCalls: (block) =>
      blocks.length === 1 ? [] : [addMomentsCall(tables, slice(block), blocks.length)],
    collect,
    statistics: () => normaliser.statistics(),
  };
}
