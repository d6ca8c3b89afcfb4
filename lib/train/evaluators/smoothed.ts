/**
 * A small penalty on second differences of neighbouring coefficients (Eilers and Marx 1996).
 *
 * Free knots can close in on a gap between two points: the pieces there see no data, and a spike in
 * them costs nothing at the points. `weight / 2 sum (c_i - 2 c_{i+1} + c_{i+2})^2`, with a weight
 * far below the loss, takes spikes away and leaves kinks, whose second differences are small on
 * fine pieces.
 *
 * @module
 */

import { findBlock, stagesOf } from "../../model/inner.ts";
import type { Network } from "../../model/mod.ts";
import type { Evaluator } from "../../engine/mod.ts";
import { withTerm } from "./with_term.ts";

/** An evaluator with the penalty, and what the penalty is. */
export interface SmoothedEvaluator {
  /** Objectives, gradients and matrices include the penalty; the loss does not. */
  readonly evaluator: Evaluator;
  /** The penalty at some parameters. */
  penalty(parameters: Float64Array): number;
  /** Its weight; 0 at first. */
  weight: number;
}

/** The coefficients of one spline, neighbours `step` apart. */
interface Run {
  readonly at: number;
  readonly step: number;
  readonly count: number;
}

/**
 * Adds the penalty to an evaluator; of a network of the ReLU basis, whose coefficients are no
 * neighbours, none counts.
 */
export function smoothed(inner: Evaluator, network: Network): SmoothedEvaluator {
  const runs = splineRuns(network);

  function penalty(parameters: Float64Array, gradient?: Float64Array): number {
    if (self.weight === 0) return 0;
    let sum = 0;
    eachDifference(runs, (a, b, c) => {
      const bend = parameters[a] - 2 * parameters[b] + parameters[c];
      sum += bend * bend;
      if (!gradient) return;
      const slope = self.weight * bend;
      gradient[a] += slope;
      gradient[b] -= 2 * slope;
      gradient[c] += slope;
    });
    return self.weight / 2 * sum;
  }

  const evaluator = withTerm(inner, {
    value: penalty,
    addMatrix(parameters, matrixOut) {
      const n = parameters.length, shares = [1, -2, 1];
      eachDifference(runs, (...places) => {
        for (let i = 0; i < 3; i++) {
          for (let j = 0; j < 3; j++) {
            matrixOut[places[i] * n + places[j]] += self.weight * shares[i] * shares[j];
          }
        }
      });
    },
    // the gradient is linear
    addProduct: (_, vector, out) => void penalty(vector, out),
    reported: false,
  });
  const self: SmoothedEvaluator = { evaluator, penalty, weight: 0 };
  return self;
}

function splineRuns(network: Network): Run[] {
  if (network.config.basis !== "bspline") return [];
  return stagesOf(network.config).flatMap((stage) => {
    if (stage.kind !== "spline") return [];
    const { layer, nIn, nOut, numBasis, edges } = stage;
    const { offset } = findBlock(network.layout, `spline${layer}.coefficients`)!;
    if (edges) {
      return Array.from({ length: edges.count }, (_, i): Run => ({
        ...{ at: offset + i * numBasis, step: 1, count: numBasis },
      }));
    }
    return Array.from({ length: nIn * nOut }, (_, i): Run => ({
      at: offset + Math.floor(i / nOut) * numBasis * nOut + i % nOut,
      step: nOut,
      count: numBasis,
    }));
  });
}

function eachDifference(
  runs: readonly Run[],
  visit: (a: number, b: number, c: number) => void,
): void {
  for (const { at, step, count } of runs) {
    for (let i = 0; i + 2 < count; i++) {
      visit(at + i * step, at + (i + 1) * step, at + (i + 2) * step);
    }
  }
}
