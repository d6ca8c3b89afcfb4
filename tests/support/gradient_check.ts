/**
 * Gradients of networks against differences of values, with the switches left out.
 *
 * @module
 */

import { evaluatedAt } from "./evaluated_at.ts";
import { findInterval } from "../../lib/knots/mod.ts";
import { changeOfBasis, fromRelu, reluPowers } from "../../lib/basis/mod.ts";
import {
  applyNodeMap,
  blockValues,
  layerInputs,
  nodeMap,
  splineStages,
} from "../../lib/model/inner.ts";
import { layerKnots, type Network } from "../../lib/model/mod.ts";
import type { Dataset } from "../../lib/data/mod.ts";
import { DEFAULT_HUBER_DELTA, type Evaluator, type Loss } from "../../lib/engine/mod.ts";

/**
 * `f'(x)` from values at `x +- h` and `x +- 2h`: the error falls as `h^4`.
 *
 * With rounding `u |f| / h` beside it, `h = 1e-4` of the scale of `f` leaves about 1e-12 of each.
 */
export function fourthOrderDifference(f: (x: number) => number, x: number, h: number): number {
  const near = f(x + h) - f(x - h), far = f(x + 2 * h) - f(x - 2 * h);
  return (8 * near - far) / (12 * h);
}

/** One parameter whose gradient was compared. */
export interface Comparison {
  readonly index: number;
  readonly block: string;
  readonly gradient: number;
  readonly difference: number;
  /** `|g - fd| / max(|g|, 1e-3 max |g|)`. */
  readonly error: number;
}

/** What {@linkcode compareGradient} found. */
export interface GradientReport {
  readonly compared: readonly Comparison[];
  /** Names of blocks, one entry per parameter left out because something switched. */
  readonly leftOut: readonly string[];
}

/**
 * Compares entries of an evaluator's gradient with fourth-order central differences of its values.
 *
 * Left out is a parameter for which within two steps an arg-min or arg-max row changes, a point
 * moves to another interval, or a residual crosses the corner of the Huber loss.
 */
export async function compareGradient(
  network: Network,
  loss: Loss,
  dataset: Dataset,
  evaluator: Evaluator,
): Promise<GradientReport> {
  const { parameters } = network;
  const gradient = new Float64Array(parameters.length);
  await evaluator.evaluate(parameters, gradient);
  const scale = gradient.reduce((most, g) => Math.max(most, Math.abs(g)), 0);
  const reach = stepScales(network);
  const moved = parameters.slice();
  const here = signature(network, moved, loss, dataset, evaluator);
  const compared: Comparison[] = [], leftOut: string[] = [];
  // About 40 parameters, spread over all blocks; which ones differs from size to size.
  const every = Math.ceil(parameters.length / 40);
  for (let i = parameters.length % every; i < parameters.length; i += every) {
    const block = network.layout.find((each) => i < each.offset + each.size)!.name;
    const h = 1e-4 / reach[i];
    const at = (x: number): number => {
      moved[i] = x;
      return evaluatedAt(evaluator, moved).objective;
    };
    const switches = [parameters[i] + 2 * h, parameters[i] - 2 * h].some((x) => {
      moved[i] = x;
      return signature(network, moved, loss, dataset, evaluator) !== here;
    });
    if (switches) leftOut.push(block);
    else {
      const difference = fourthOrderDifference(at, parameters[i], h);
      const error = Math.abs(gradient[i] - difference) /
        Math.max(Math.abs(gradient[i]), 1e-3 * scale);
      compared.push({ index: i, block, gradient: gradient[i], difference, error });
    }
    moved[i] = parameters[i];
  }
  return { compared, leftOut };
}

/** How far a unit step of each parameter moves its spline: ReLU powers reach `psi_i(b)`. */
function stepScales(network: Network): Float64Array {
  const scales = new Float64Array(network.parameters.length).fill(1);
  if (network.config.basis === "bspline") return scales;
  for (const { layer, nIn, nOut, numBasis } of splineStages(network.config)) {
    const block = network.layout.find(({ name }) => name === `spline${layer}.coefficients`)!;
    for (let p = 0; p < nIn; p++) {
      const powers = reluPowers(layerKnots(network, layer, p), network.config.domain[1]);
      for (let i = 0; i < numBasis * nOut; i++) {
        scales[block.offset + p * numBasis * nOut + i] = Math.max(
          1,
          powers[Math.floor(i / nOut)],
        );
      }
    }
  }
  return scales;
}

function signature(
  network: Network,
  parameters: Float64Array,
  loss: Loss,
  dataset: Dataset,
  evaluator: Evaluator,
): string {
  const { statistics, outputs } = evaluatedAt(evaluator, parameters);
  const now = { ...network, parameters, statistics: statistics() };
  const words: number[] = [];
  layerInputs(now, dataset.inputs, dataset.rows).forEach((values, layer) => {
    const { nIn, space: { domain } } = splineStages(network.config)[layer];
    for (let p = 0; p < nIn; p++) {
      const knots = layerKnots(now, layer, p);
      const map = nodeMap(now.statistics[layer], domain, p);
      let low = 0, high = 0;
      for (let r = 0; r < dataset.rows; r++) {
        const x = values[r * nIn + p], u = applyNodeMap(map, domain, x);
        if (x < values[low * nIn + p]) low = r;
        if (x > values[high * nIn + p]) high = r;
        words.push(u < domain[0] ? -1 : u > domain[1] ? -2 : findInterval(knots, u));
      }
      if (network.config.normalisation === "minmax") words.push(low, high);
    }
  });
  if (loss.kind === "huber") {
    const delta = loss.delta ?? DEFAULT_HUBER_DELTA;
    outputs().forEach((y, i) => words.push(Number(Math.abs(y - dataset.targets[i]) <= delta)));
  }
  return words.join();
}

/**
 * How much larger than its result the terms of a ReLU spline are at worst:
 * `max psi(b)^T |A|^T |c| / max |c|` over all edges, at least 1; 1 for B-splines.
 * docs/mathematics.md, "Change of basis", allows 16 u of these terms.
 */
export function amplification(network: Network): number {
  const { basis, domain } = network.config;
  if (basis === "bspline") return 1;
  let most = 1;
  for (const { layer, nIn, nOut, numBasis } of splineStages(network.config)) {
    const all = blockValues(network, `spline${layer}.coefficients`);
    for (let p = 0; p < nIn; p++) {
      const knots = layerKnots(network, layer, p);
      const { starts, values, width } = changeOfBasis(knots);
      const psi = reluPowers(knots, domain[1]);
      const size = numBasis * nOut;
      const c = fromRelu(knots, all.slice(p * size, (p + 1) * size), nOut);
      for (let q = 0; q < nOut; q++) {
        let terms = 0, largest = 0;
        for (let i = 0; i < numBasis; i++) {
          const ci = Math.abs(c[i * nOut + q]);
          largest = Math.max(largest, ci);
          for (let k = 0; k < width && starts[i] + k < numBasis; k++) {
            terms += psi[starts[i] + k] * Math.abs(values[i * width + k]) * ci;
          }
        }
        if (largest > 0) most = Math.max(most, terms / largest);
      }
    }
  }
  return most;
}
