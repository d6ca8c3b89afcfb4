/**
 * One spline layer on a batch: knots, pieces, points, and their adjoints.
 *
 * @module
 */

import { freeKnots, freeKnotsVjp } from "../../knots/mod.ts";
import {
  layerKnots,
  type Network,
  type NormalisationStatistics,
  silu,
  siluDerivative,
  type SplineStage,
} from "../../model/mod.ts";
import { createBsplinePieces } from "./bspline_pieces.ts";
import { splineBackward, splineForward } from "./kernels.ts";
import { createLocator, knotsOf, placePoints, updateLocator } from "./locate.ts";
import type { KernelMemory } from "./memory.ts";
import { createNormaliser } from "./normalise.ts";
import {
  buildEnds,
  createPieceTables,
  type EndPieces,
  foldMoments,
  placePieces,
} from "./pieces.ts";
import { createReluPieces } from "./relu_pieces.ts";

/** Views of the flat vectors on one layer's blocks; empty where there is no such block. */
export interface LayerParameters {
  readonly coefficients: Float64Array;
  readonly baseWeights: Float64Array;
  readonly knotLogits: Float64Array;
}

/** A compiled spline layer. */
export interface SplineLayer {
  /** `y = layer(x)`; `x [rows, nIn]` must stay unchanged until `backward`. */
  forward(parameters: LayerParameters, x: Float64Array, y: Float64Array): void;
  /**
   * Adds to the parameters' gradients; overwrites `xBar [rows, nIn]` if given.
   */
  backward(
    parameters: LayerParameters,
    x: Float64Array,
    yBar: Float64Array,
    gradient: LayerParameters,
    xBar: Float64Array | undefined,
  ): void;
  /** Statistics of the latest forward pass. */
  statistics(): NormalisationStatistics;
}

/**
 * Allocates a spline layer for `rows` points.
 *
 * @param network Gives uniform and fixed knots.
 * @param stage The layer.
 * @param rows Points of the batch.
 * @param constantInput Whether every forward pass sees the same `x` (the data): statistics, and
 * with knots that do not move also the pieces, are then found once.
 * @param memory Where the arrays lie.
 */
export function createSplineLayer(
  network: Network,
  stage: SplineStage,
  rows: number,
  constantInput: boolean,
  memory: KernelMemory,
): SplineLayer {
  const { nIn, nOut, numKnotVectors, space } = stage;
  const { kernels } = memory;
  const free = stage.knots === "free";
  const hasBase = stage.base === "silu";
  const tables = createPieceTables(stage, memory);
  const map = stage.basis === "relu"
    ? createReluPieces(stage, tables)
    : createBsplinePieces(stage, tables);
  const normaliser = createNormaliser(stage, rows, memory);
  const locator = createLocator(stage, memory);
  const knots = Array.from({ length: numKnotVectors }, (_, vector) => {
    const own = knotsOf(locator, vector);
    own.set(layerKnots(network, stage.layer, vector).values);
    return own;
  });
  const knotsBar = knots.map((each) => new Float64Array(each.length));
  const ends: EndPieces[] = new Array(nIn);
  const piece = memory.int32(rows * nIn), w = memory.float64(rows * nIn);
  const u = hasBase ? memory.float64(rows * nIn) : undefined;
  const places = { piece, w, u };
  let knotsPlaced = false, pointsPlaced = false;

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

  function place(x: Float64Array): void {
    if (pointsPlaced && constantInput && !free) return;
    if (!(pointsPlaced && constantInput)) normaliser.measure(x);
    pointsPlaced = true;
    placePoints(kernels, stage, locator, tables, normaliser, x, places);
  }

  function forward(parameters: LayerParameters, x: Float64Array, y: Float64Array): void {
    placeKnots(parameters);
    place(x);
    for (let p = 0; p < nIn; p++) {
      map.build(p, nodeKnots(p), parameters.coefficients);
      buildEnds(stage, tables, p, ends[p]);
    }
    splineForward(kernels, stage, tables, places, y);
    if (u) addBase(parameters.baseWeights, u, y);
  }

  function addBase(weights: Float64Array, u: Float64Array, y: Float64Array): void {
    for (let r = 0; r < rows; r++) {
      for (let p = 0; p < nIn; p++) {
        const s = silu(u[r * nIn + p]);
        for (let q = 0; q < nOut; q++) y[r * nOut + q] += s * weights[p * nOut + q];
      }
    }
  }

  function backward(
    parameters: LayerParameters,
    x: Float64Array,
    yBar: Float64Array,
    gradient: LayerParameters,
    xBar: Float64Array | undefined,
  ): void {
    tables.moments.fill(0);
    splineBackward(kernels, stage, tables, places, yBar, xBar);
    if (free) { for (const bar of knotsBar) bar.fill(0); }
    const block = tables.pieces * tables.stride;
    for (let p = 0; p < nIn; p++) {
      const tBar = free ? knotsBar[numKnotVectors === 1 ? 0 : p] : undefined;
      foldMoments(stage, tables, p, ends[p], tBar);
      const bar = tables.moments.subarray(p * block, (p + 1) * block);
      map.pull(p, nodeKnots(p), parameters.coefficients, bar, gradient.coefficients, tBar);
    }
    if (free) {
      const size = parameters.knotLogits.length / numKnotVectors;
      knotsBar.forEach((tBar, p) => {
        const own = parameters.knotLogits.subarray(p * size, (p + 1) * size);
        freeKnotsVjp(own, space, tBar, gradient.knotLogits.subarray(p * size, (p + 1) * size));
      });
    }
    if (u) pullBase(parameters.baseWeights, u, yBar, gradient.baseWeights, xBar);
    if (xBar) normaliser.pull(x, xBar);
  }

  function pullBase(
    weights: Float64Array,
    u: Float64Array,
    yBar: Float64Array,
    weightsBar: Float64Array,
    uBar: Float64Array | undefined,
  ): void {
    for (let r = 0; r < rows; r++) {
      for (let p = 0; p < nIn; p++) {
        const s = silu(u[r * nIn + p]);
        let sum = 0;
        for (let q = 0; q < nOut; q++) {
          const g = yBar[r * nOut + q];
          weightsBar[p * nOut + q] += g * s;
          sum += g * weights[p * nOut + q];
        }
        if (uBar) uBar[r * nIn + p] += sum * siluDerivative(u[r * nIn + p]);
      }
    }
  }

  return { forward, backward, statistics: () => normaliser.statistics() };
}
