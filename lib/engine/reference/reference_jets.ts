/**
 * A network's derivatives by its inputs, from the definitions: what the fast jets must agree with.
 *
 * @module
 */

import { pow } from "../../numerics/inner.ts";
import { bsplineDerivatives } from "../../basis/mod.ts";
import { domainOf, type KnotVector } from "../../knots/mod.ts";
import {
  type ActivationStage,
  applyNodeMap,
  blockValues,
  domainPoint,
  layerBaseWeights,
  layerCoefficients,
  nodeMap,
  type SplineStage,
  stagesOf,
} from "../../model/inner.ts";
import { layerKnots, type Network } from "../../model/mod.ts";
import { chainTerms, type Derivative, type JetPoints, jetPoints } from "../jets.ts";
import { activationDerivatives } from "../activation_derivatives.ts";
import { siluDerivatives } from "../silu_derivatives.ts";

/**
 * Evaluates a network and derivatives of its outputs by its inputs, under its kept statistics.
 *
 * Derivatives are exact: the splines' own. Above a spline's degree they are 0, at a knot they
 * belong to the piece at its right; ReLU in an MLP has derivatives 0 everywhere from the second on.
 *
 * @param network The network.
 * @param points Shape `[rows, nIn]`, or points with jets of their inputs.
 * @param derivatives Which derivatives, such as `[[0], [1, 1]]`; for `points` of numbers.
 * @returns Derivatives in their order (the value first, closed) and values, shape
 * `[rows, derivatives, nOut]`.
 * @throws {TypeError} If the points are not `rows x nIn` numbers.
 * @throws {RangeError} If a value leaves its domain and extrapolation is `error`.
 *
 * @example Value, u_t, u_x, u_xx of a network of (t, x)
 * ```ts
 * import { createNetwork } from "@freeknot/freeknot";
 * import { evaluateJets } from "../inner.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
 * const { derivatives, values } = evaluateJets(network, new Float64Array([0.1, 0.2]), [[0], [1, 1]]);
 * assertEquals(derivatives, [[], [0], [1], [1, 1]]);
 * assertEquals(values.length, 4);
 * ```
 */
export function evaluateJets(
  network: Network,
  points: Float64Array | JetPoints,
  derivatives: readonly Derivative[] = [],
): { readonly derivatives: readonly Derivative[]; readonly values: Float64Array } {
  const group = points instanceof Float64Array
    ? jetPoints(points, network.config.widths[0], derivatives)
    : points;
  const { rows } = group, channels = group.derivatives.length;
  let x = group.inputs;
  for (const stage of stagesOf(network.config)) {
    const y = new Float64Array(rows * channels * stage.nOut);
    if (stage.kind === "spline") splineJets(network, stage, group, x, y);
    else if (stage.kind === "linear") {
      const { nIn, nOut, bias } = stage;
      const w = blockValues(network, `${stage.name}.weights`);
      const b = blockValues(network, `${stage.name}.bias`);
      for (let row = 0; row < rows * channels; row++) {
        for (let q = 0; q < nOut; q++) {
          let sum = bias && row % channels === 0 ? b[q] : 0; // first, as in other engines
          for (let p = 0; p < nIn; p++) sum += x[row * nIn + p] * w[p * nOut + q];
          y[row * nOut + q] = sum;
        }
      }
    } else activationJets(stage, group, x, y);
    x = y;
  }
  return { derivatives: group.derivatives, values: x };
}

/** `y = f(x)` of every node by the chain rule. */
function activationJets(
  { kind, nIn }: ActivationStage,
  { rows, derivatives }: JetPoints,
  x: Float64Array,
  y: Float64Array,
): void {
  const channels = derivatives.length, terms = chainTerms(derivatives);
  const most = derivatives[channels - 1].length;
  for (let r = 0; r < rows; r++) {
    for (let p = 0; p < nIn; p++) {
      const at = (k: number) => (r * channels + k) * nIn + p;
      const phi = activationDerivatives(kind, x[at(0)], most);
      y[at(0)] = phi[0];
      for (const { channel, order, factor, blocks } of terms) {
        y[at(channel)] += blocks.reduce((all, block) => all * x[at(block)], factor * phi[order]);
      }
    }
  }
}

function splineJets(
  network: Network,
  stage: SplineStage,
  { rows, derivatives }: JetPoints,
  x: Float64Array,
  y: Float64Array,
): void {
  const { layer, nIn, nOut, numBasis, space } = stage;
  const channels = derivatives.length, terms = chainTerms(derivatives);
  const most = derivatives[channels - 1].length;
  const c = layerCoefficients(network, stage);
  const base = layerBaseWeights(network, stage);
  const u = new Float64Array(channels);
  for (let p = 0; p < nIn; p++) {
    const knots = layerKnots(network, layer, p);
    const map = nodeMap(network.statistics[layer], space.domain, p);
    for (let r = 0; r < rows; r++) {
      for (let k = 0; k < channels; k++) {
        const entry = x[(r * channels + k) * nIn + p];
        u[k] = k === 0 ? applyNodeMap(map, space.domain, entry) : map.scale * entry;
      }
      const phi = new Float64Array((most + 1) * nOut); // phi^(m) of every output
      for (let m = 0; m <= most; m++) {
        const functions = basisDerivative(knots, u[0], m, stage);
        for (let q = 0; q < nOut; q++) {
          let sum = 0;
          functions.forEach((value, i) => sum += value * c[(p * numBasis + i) * nOut + q]);
          if (stage.base === "silu") sum += siluDerivatives(u[0], m)[m] * base[p * nOut + q];
          phi[m * nOut + q] = sum;
        }
      }
      for (let q = 0; q < nOut; q++) y[r * channels * nOut + q] += phi[q];
      for (const { channel, order, factor, blocks } of terms) {
        const product = blocks.reduce((all, block) => all * u[block], factor);
        for (let q = 0; q < nOut; q++) {
          y[(r * channels + channel) * nOut + q] += product * phi[order * nOut + q];
        }
      }
    }
  }
}

/** Derivative m of all basis functions at `u`, extrapolation included. */
function basisDerivative(
  knots: KnotVector,
  u: number,
  m: number,
  { basis, extrapolation, numBasis }: SplineStage,
): Float64Array {
  const { at, beyond, moves } = domainPoint(knots, u, extrapolation);
  const outside = at !== u && !Number.isNaN(u);
  const inside = (order: number): Float64Array => {
    const all = new Float64Array(numBasis);
    if (basis === "bspline") {
      const { interval, values } = bsplineDerivatives(knots, at, order);
      const size = knots.degree + 1;
      all.set(values.subarray(order * size, (order + 1) * size), interval - knots.degree);
      return all;
    }
    return all.map((_, i) => reluDerivative(knots, at, i, order));
  };
  if (!outside) return inside(m);
  if (m === 0) {
    const slopes = inside(1);
    return inside(0).map((value, i) => value + beyond * slopes[i]);
  }
  return m === 1 && moves === 1 ? inside(1) : new Float64Array(numBasis);
}

/** `d (d-1) ... (d-m+1) (u - t_i)^(d-m)` for `u > t_i`; at the domain's end from the inside. */
function reluDerivative(knots: KnotVector, u: number, i: number, m: number): number {
  const { degree, values: t } = knots;
  const y = u - t[i];
  if (Number.isNaN(y)) return NaN;
  if (y < 0 || (y === 0 && u >= domainOf(knots)[1]) || m > degree) return 0;
  let factor = 1;
  for (let k = 0; k < m; k++) factor *= degree - k;
  return factor * pow(y, degree - m);
}
