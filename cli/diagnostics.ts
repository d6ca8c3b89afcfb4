/**
 * How healthy a network is, layer by layer: intervals, dead splines, conditioning, ranges.
 *
 * @module
 */

import { conditionNumber, gramMatrix } from "../lib/basis/mod.ts";
import { findInterval, type KnotVector } from "../lib/knots/mod.ts";
import {
  layerInputs,
  layerKnots,
  type Network,
  normalisationMap,
  type NormalisationStatistics,
  type SplineStage,
  splineStages,
} from "../lib/model/mod.ts";

/** The Gram matrix costs `numBasis^3`; more than this in all is left out. */
const MOST_WORK = 3e9;

/** What is known of one spline layer. */
export interface LayerDiagnostics {
  readonly layer: number;
  readonly nIn: number;
  readonly nOut: number;
  /** Basis functions per spline. */
  readonly numBasis: number;
  /** Smallest interval between two inner knots, in units of the domain. */
  readonly smallestInterval: number;
  /** What every interval would be if the knots were uniform. */
  readonly uniformInterval: number;
  /**
   * Worst condition number of the Gram matrix of the layer's basis, over its knot vectors;
   * absent where it would take too long. Above 1e14 it says "at least so large".
   */
  readonly gramCondition?: number;
  /** Basis functions of all input nodes that see no data; absent where no data are known. */
  readonly deadFunctions?: number;
  /** Basis functions of all input nodes. */
  readonly functions: number;
  /** What the normalisation has measured, per input node. */
  readonly statistics: NormalisationStatistics;
}

/**
 * Looks at every spline layer of a network.
 *
 * @param dead Dead basis functions per layer, from {@linkcode countDeadFunctions}.
 */
export function diagnose(network: Network, dead?: readonly number[]): LayerDiagnostics[] {
  return splineStages(network.config).map((stage) => {
    const { layer, nIn, nOut, numBasis, space } = stage;
    const knots = knotVectors(network, stage);
    const condition = gramCondition(knots, stage);
    return {
      layer,
      nIn,
      nOut,
      numBasis,
      smallestInterval: Math.min(...knots.map(smallestInterval)),
      uniformInterval: (space.domain[1] - space.domain[0]) / space.intervals,
      ...(condition === undefined ? {} : { gramCondition: condition }),
      ...(dead === undefined ? {} : { deadFunctions: dead[layer] }),
      functions: nIn * numBasis,
      statistics: network.statistics[layer],
    };
  });
}

/**
 * Counts the basis functions that are 0 at every row: their coefficients learn nothing.
 *
 * A B-spline is dead if no row lies in its `degree + 1` intervals, a power of ReLU if no row lies
 * to the right of its knot.
 *
 * @param inputs Shape `[rows, nIn]`, scaled as the network sees them.
 * @returns One number per spline layer: dead functions of all its input nodes.
 */
export function countDeadFunctions(network: Network, inputs: Float64Array, rows: number): number[] {
  const layers = layerInputs(network, inputs, rows);
  return splineStages(network.config).map((stage) => {
    let dead = 0;
    for (let p = 0; p < stage.nIn; p++) {
      const knots = layerKnots(network, stage.layer, p);
      const { toDomain } = normalisationMap(network, stage.layer, p);
      const values = layers[stage.layer];
      const alive = new Uint8Array(stage.numBasis);
      let largest = -Infinity;
      for (let r = 0; r < rows; r++) {
        const u = toDomain(values[r * stage.nIn + p]);
        largest = Math.max(largest, u);
        const mu = findInterval(knots, u);
        alive.fill(1, mu - knots.degree, mu + 1);
      }
      for (let i = 0; i < stage.numBasis; i++) {
        const live = stage.basis === "relu" ? largest > knots.values[i] : alive[i] === 1;
        if (!live) dead++;
      }
    }
    return dead;
  });
}

/** The different knot vectors of a layer. */
function knotVectors(network: Network, stage: SplineStage): KnotVector[] {
  const count = stage.knots === "uniform" ? 1 : stage.numKnotVectors;
  return Array.from({ length: count }, (_, p) => layerKnots(network, stage.layer, p));
}

function smallestInterval({ values, degree }: KnotVector): number {
  let smallest = Infinity;
  for (let i = degree; i < values.length - 1 - degree; i++) {
    smallest = Math.min(smallest, values[i + 1] - values[i]);
  }
  return smallest;
}

function gramCondition(
  knots: readonly KnotVector[],
  { basis, numBasis }: SplineStage,
): number | undefined {
  if (knots.length * numBasis ** 3 > MOST_WORK) return undefined;
  return Math.max(...knots.map((each) => conditionNumber(gramMatrix(each, basis), numBasis)));
}
