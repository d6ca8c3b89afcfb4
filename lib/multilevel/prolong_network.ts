/**
 * The same function on a finer grid: prolongation of a whole network.
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
import { numKnotLogits, splitIntervals, splitLogits } from "../knots/inner.ts";
import { layerKnots, type Network, resolveConfig } from "../model/mod.ts";
import { checkSplines, copyBlocks, emptyNetwork } from "./_other_grid.ts";
import { prolongationMatrix, prolongCoefficients } from "./prolongation.ts";
import { prolongRelu } from "./prolong_relu.ts";

/**
 * Refines every spline of a network, leaving its values as they are.
 *
 * Every interval is split into `factor` parts. Uniform and fixed knots are split evenly; of free
 * knots each inner logit is copied to its parts and the outer ones are kept, so the new knots
 * contain the old ones bit for bit. Coefficients change by exact knot insertion (Actor et al. 2025,
 * eq. (20) and (21)), in the ReLU basis by inserted zeros where the outer knots stay. Statistics,
 * linear maps and base weights are copied.
 *
 * @param network The coarse network; not changed.
 * @param factor Parts per interval, an integer >= 2. Default 2.
 * @returns The fine network: `|f_fine - f_coarse| <= 1e-12 max|f|` on every input.
 * @throws {RangeError} If the factor is not an integer >= 2, or the network an MLP.
 *
 * @example
 * ```ts
 * import { createNetwork, forward, prolong } from "@freeknot/freeknot";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const coarse = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
 * const fine = prolong(coarse);
 * const x = new Float64Array([0.3, 0.7]);
 * assertAlmostEquals(forward(fine, x)[0], forward(coarse, x)[0], 1e-12);
 * ```
 */
export function prolong(network: Network, factor = 2): Network {
  checkNetwork("prolong", network);
  if (!Number.isInteger(factor) || factor < 2) {
    throw new RangeError(
      `Cannot prolong network: factor must be an integer >= 2, current value is ${factor}`,
    );
  }
  checkSplines(network, "prolong");
  const parts = splineStages(network.config).map(({ numKnotVectors, space }) =>
    new Int32Array(numKnotVectors * space.intervals).fill(factor)
  );
  const intervals = network.config.intervals * factor;
  return throughAllEdges(network, (all) => split(all, parts, intervals));
}

/**
 * Refines the splines of every node at places chosen per node, leaving their values as they are.
 *
 * Interval `i` of a node is split into `parts[layer][node, i]` parts: fixed knots evenly, of free
 * ones the logit `s` becomes `s - ln(parts)` for each. Uniform knots become fixed ones. All else is
 * as for {@linkcode prolong}.
 *
 * @param network The coarse network; not changed.
 * @param parts Per spline layer, shape `[nIn or 1 (shared knots), intervals]`, integers >= 1; all
 * rows of all layers have the same sum, the new number of intervals.
 * @returns The fine network: `|f_fine - f_coarse| <= 1e-12 max|f|` on every input. Free knots come
 * back only up to rounding: this adds about `1e-16 max|f| (b - a) / h` where intervals of length
 * `h` are very short.
 * @throws {TypeError} If the shape of `parts` differs.
 * @throws {RangeError} If an entry is not an integer >= 1, sums differ, or the network is an MLP.
 *
 * @example Three new knots at the right end of every spline
 * ```ts
 * import { createNetwork, forward } from "@freeknot/freeknot";
 * import { prolongLocally } from "@freeknot/freeknot/multilevel";
 * import { assertAlmostEquals, assertEquals } from "@std/assert";
 *
 * const coarse = createNetwork({ widths: [2, 1, 1], intervals: 3 }, { seed: 1 });
 * const fine = prolongLocally(coarse, [[1, 1, 4]]);
 * assertEquals(fine.config.intervals, 6);
 * const x = new Float64Array([0.3, 0.7]);
 * assertAlmostEquals(forward(fine, x)[0], forward(coarse, x)[0], 1e-12);
 * ```
 */
export function prolongLocally(
  network: Network,
  parts: readonly ArrayLike<number>[],
): Network {
  checkNetwork("prolong", network);
  checkSplines(network, "prolong");
  const stages = splineStages(network.config);
  if (parts.length !== stages.length) {
    throw new TypeError(
      `Cannot prolong network: parts must be ${stages.length} lists (one per spline layer), ` +
        `current length is ${parts.length}`,
    );
  }
  const all = parts.map((layerParts) => Int32Array.from(layerParts));
  let intervals: number | undefined;
  stages.forEach(({ layer, numKnotVectors, space }) => {
    const size = numKnotVectors * space.intervals;
    if (parts[layer].length !== size) {
      throw new TypeError(
        `Cannot prolong network: parts of layer ${layer} must have shape ` +
          `[${numKnotVectors}, ${space.intervals}], current length is ${parts[layer].length}`,
      );
    }
    for (let i = 0; i < size; i++) {
      if (Number.isInteger(parts[layer][i]) && parts[layer][i] >= 1) continue;
      throw new RangeError(
        `Cannot prolong network: parts must be integers >= 1, current value in layer ${layer} ` +
          `at ${i} is ${parts[layer][i]}`,
      );
    }
    for (let p = 0; p < numKnotVectors; p++) {
      const sum = row(all[layer], p, space.intervals).reduce((total, n) => total + n, 0);
      intervals ??= sum;
      if (sum === intervals) continue;
      throw new RangeError(
        `Cannot prolong network: parts must sum to the same number for every node, ` +
          `current values are ${intervals} and ${sum} (layer ${layer}, node ${p})`,
      );
    }
  });
  return throughAllEdges(network, (full) => split(full, all, intervals!));
}

/** Splits the intervals of every knot vector; `parts` as for `prolongLocally`. */
function split(network: Network, parts: readonly Int32Array[], intervals: number): Network {
  const even = parts.every((layerParts) => layerParts.every((n) => n === parts[0][0]));
  const becomesFixed = network.config.knots === "uniform" && !even;
  const config = resolveConfig({
    ...network.config,
    intervals,
    ...(becomesFixed ? { knots: "fixed" as const } : {}),
  });
  const fine = emptyNetwork(network, config);
  if (config.knots === "fixed") {
    fine.breakpoints = splineStages(network.config)
      .map((stage) => splitBreakpoints(network, stage, parts[stage.layer], intervals));
  }
  copyBlocks(network, fine, ["linear.weights", "linear.bias"]);
  splineStages(config).forEach((stage, layer) => {
    const coarseStage = splineStages(network.config)[layer];
    copyBlocks(network, fine, [`spline${layer}.baseWeights`]);
    if (stage.knots === "free") {
      const from = blockValues(network, `spline${layer}.knotLogits`);
      const to = blockValues(fine, `spline${layer}.knotLogits`);
      const nFrom = numKnotLogits(coarseStage.space), nTo = numKnotLogits(stage.space);
      for (let p = 0; p < stage.numKnotVectors; p++) {
        const nodeParts = row(parts[layer], p, coarseStage.space.intervals);
        const logits = row(from, p, nFrom);
        const centredLogits = even ? logits : centred(logits, nodeParts);
        to.set(splitLogits(centredLogits, coarseStage.space, nodeParts), p * nTo);
      }
    }
    const from = blockValues(network, `spline${layer}.coefficients`);
    const to = blockValues(fine, `spline${layer}.coefficients`);
    const blockFrom = coarseStage.numBasis * stage.nOut, blockTo = stage.numBasis * stage.nOut;
    for (let p = 0; p < stage.nIn; p++) {
      const coarseKnots = layerKnots(network, layer, p), fineKnots = layerKnots(fine, layer, p);
      const coefficients = row(from, p, blockFrom);
      to.set(
        stage.basis === "relu"
          ? prolongRelu(coarseKnots, fineKnots, coefficients, stage.nOut)
          : prolongCoefficients(
            prolongationMatrix(coarseKnots, fineKnots),
            coefficients,
            stage.nOut,
          ),
        p * blockTo,
      );
    }
  });
  return fine;
}

/** Row `p` of a matrix with `columns` columns, a view. */
function row<Values extends Int32Array | Float64Array>(
  all: Values,
  p: number,
  columns: number,
): Values {
  return all.subarray(p * columns, (p + 1) * columns) as Values;
}

/** Inner logits with the largest at 0: subtracting logarithms then costs the fewest digits. */
function centred(logits: Float64Array, { length: intervals }: Int32Array): Float64Array {
  const outer = (logits.length - intervals) / 2;
  const largest = logits.subarray(outer, outer + intervals).reduce((a, b) => Math.max(a, b));
  return logits.map((s, i) => i >= outer && i < outer + intervals ? s - largest : s);
}

function splitBreakpoints(
  network: Network,
  { layer, space: { degree }, numKnotVectors }: SplineStage,
  parts: Int32Array,
  intervals: number,
): Float64Array {
  const points = intervals + 1;
  const fine = new Float64Array(numKnotVectors * points);
  for (let p = 0; p < numKnotVectors; p++) {
    const nodeParts = row(parts, p, parts.length / numKnotVectors);
    const { values } = splitIntervals(layerKnots(network, layer, p), nodeParts, "even");
    fine.set(values.subarray(degree, degree + points), p * points);
  }
  return fine;
}
