/**
 * How healthy a network is, layer by layer: intervals, dead splines, conditioning, ranges.
 *
 * @module
 */

import { conditionNumber, gramMatrix } from "../../lib/basis/mod.ts";
import type { KnotVector } from "../../lib/knots/mod.ts";
import {
  basisSupport,
  layerKnots,
  type Network,
  type NormalisationStatistics,
} from "../../lib/model/mod.ts";
import { defined, pow } from "../../lib/numerics/inner.ts";
import { type SplineStage, splineStages } from "../../lib/model/inner.ts";

/** The Gram matrix costs `numBasis^3`; more than this in all is left out. */
const MOST_WORK = 3e9;

/** How rows cover the bases: one number per spline layer. */
export interface SupportNumbers {
  /** Basis functions (of all input nodes) that no row meets. */
  readonly deadFunctions: readonly number[];
  /** Rows of a batch that meets each of the others with probability 0.999; not in old files. */
  readonly batchSizes?: readonly number[];
}

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
  /** Rows of a batch that meets each of the others with probability 0.999 (Actor et al. 2025, eq. (51)). */
  readonly batchSize?: number;
  /** Basis functions of all input nodes. */
  readonly functions: number;
  /** What the normalisation has measured, per input node. */
  readonly statistics: NormalisationStatistics;
}

/**
 * Looks at every spline layer of a network.
 *
 * @param support Of {@linkcode supportNumbers}, where rows are known.
 */
export function diagnose(
  network: Network,
  { deadFunctions: dead, batchSizes }: Partial<SupportNumbers> = {},
): LayerDiagnostics[] {
  return splineStages(network.config).map((stage) => {
    const { layer, nIn, nOut, numBasis, space } = stage;
    const knots = knotVectors(network, stage);
    return {
      layer,
      nIn,
      nOut,
      numBasis,
      smallestInterval: Math.min(...knots.map(smallestInterval)),
      uniformInterval: (space.domain[1] - space.domain[0]) / space.intervals,
      ...defined({
        gramCondition: gramCondition(knots, stage),
        deadFunctions: dead?.[layer],
        batchSize: batchSizes?.[layer],
      }),
      functions: nIn * numBasis,
      statistics: network.statistics[layer],
    };
  });
}

/** What {@linkcode basisSupport} finds, as a model file keeps it: one number per spline layer. */
export function supportNumbers(
  network: Network,
  inputs: Float64Array,
  rows: number,
): Required<SupportNumbers> {
  const layers = basisSupport(network, inputs, rows);
  return {
    deadFunctions: layers.map(({ dead }) => dead),
    batchSizes: layers.map(({ batchSize }) => batchSize),
  };
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
  if (knots.length * pow(numBasis, 3) > MOST_WORK) return undefined;
  return Math.max(...knots.map((each) => conditionNumber(gramMatrix(each, basis), numBasis)));
}
