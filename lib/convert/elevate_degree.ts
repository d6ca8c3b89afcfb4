/**
 * Splines of degree 1 as splines of a higher degree.
 *
 * @module
 */

import {
  blockValues,
  checkNetwork,
  type SplineStage,
  splineStages,
  throughAllEdges,
} from "../model/inner.ts";
import { createNetwork, layerKnots, type Network } from "../model/mod.ts";
import { checkInteger, log } from "../numerics/inner.ts";
import { nodePolygons } from "./_node_polygons.ts";

/** Logit of an interval without length. */
const EMPTY = -2000;

/**
 * Rewrites a network of splines of degree 1 as one of another degree with free knots, to be trained
 * on: the same function, to rounding. Every kink becomes `degree` knots at one place, with empty
 * intervals between them; they move together, so that a kink stays a kink, and pieces may bend.
 *
 * @param network A network of degree 1.
 * @param degree From 1 (which makes knots free only) to 5.
 * @returns A network whose values are those of the network, inside the domains and beyond.
 * @throws {RangeError} If the network has another degree, or a base branch.
 *
 * @example
 * ```ts
 * import { createNetwork, forward } from "@freeknot/freeknot";
 * import { elevateDegree } from "@freeknot/freeknot/convert";
 * import { assertAlmostEquals, assertEquals } from "@std/assert";
 *
 * const lines = createNetwork({ widths: [2, 5, 1], degree: 1, intervals: 4 }, { seed: 1 });
 * const cubic = elevateDegree(lines, 3);
 * assertEquals([cubic.config.degree, cubic.config.intervals], [3, 4 + 3 * 2]);
 * const x = Float64Array.of(0.1, 0.7);
 * assertAlmostEquals(forward(cubic, x)[0], forward(lines, x)[0], 1e-14);
 * ```
 */
export function elevateDegree(network: Network, degree: number): Network {
  checkNetwork("elevate degree", network);
  checkInteger("elevate degree", "degree", degree, 1, 5);
  const { config } = network;
  if (config.activation !== "spline" || config.degree !== 1 || config.base !== "none") {
    throw new RangeError(
      "Cannot elevate degree: network must have splines of degree 1 and no base, current value " +
        `is ${config.activation} of degree ${config.degree}, base ${config.base}`,
    );
  }
  return throughAllEdges(network, (all) => elevateAll(all, degree));
}

/** The same for a network with all edges. */
function elevateAll(network: Network, degree: number): Network {
  const { config } = network;
  const intervals = config.intervals + (config.intervals - 1) * (degree - 1);
  const fine = {
    ...createNetwork({
      ...{ degree, intervals, knots: "free", widths: config.widths, bias: config.bias },
      ...{ firstLayer: config.firstLayer, knotSharing: config.knotSharing, domain: config.domain },
      ...{ normalisation: config.normalisation, extrapolation: config.extrapolation },
    }, { seed: 0 }),
    statistics: network.statistics,
  };
  for (const name of ["linear.weights", "linear.bias"]) {
    blockValues(fine, name).set(blockValues(network, name));
  }
  const stages = splineStages(fine.config);
  splineStages(config).forEach((stage, layer) => {
    fillLogits(network, fine, stage, stages[layer]);
    for (let p = 0; p < stage.nIn; p++) fillCoefficients(network, fine, stage, p);
  });
  return fine;
}

/** Logarithms of the lengths, and after each interval but the last `degree - 1` empty ones. */
function fillLogits(
  network: Network,
  fine: Network,
  { layer, numKnotVectors, space: { intervals } }: SplineStage,
  { space: { degree } }: SplineStage,
): void {
  const logits = blockValues(fine, `spline${layer}.knotLogits`);
  const size = logits.length / numKnotVectors;
  for (let p = 0; p < numKnotVectors; p++) {
    const { values: t } = layerKnots(network, layer, p);
    let at = p * size + degree;
    for (let i = 0; i < intervals; i++) {
      const length = t[i + 2] - t[i + 1];
      logits[at] = length > 0 ? log(length) : EMPTY;
      if (i < intervals - 1) logits.fill(EMPTY, at + 1, at + degree);
      at += degree;
    }
  }
}

/** The polygon at the means of `degree` knots (Greville's abscissae): splines reproduce lines. */
function fillCoefficients(
  network: Network,
  fine: Network,
  stage: SplineStage,
  p: number,
): void {
  const { layer, nOut } = stage, pieces = nodePolygons(network, stage, p);
  const { values: t, degree } = layerKnots(fine, layer, p), n = t.length - degree - 1;
  const c = blockValues(fine, `spline${layer}.coefficients`); // [nIn, n, nOut]
  for (let i = 0; i < n; i++) {
    let mean = 0;
    for (let k = 1; k <= degree; k++) mean += t[i + k] / degree;
    for (let q = 0; q < nOut; q++) c[(p * n + i) * nOut + q] = pieces.valueAt(mean, q);
  }
}
