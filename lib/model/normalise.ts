/**
 * Normalisation: a spline layer's raw inputs mapped onto its domain.
 *
 * Min-max maps `[min, max]` of the training set onto the domain `[a, b]`; batch normalisation
 * maps to mean 0 and variance 1 (biased variance, eps 1e-5, no affine parameters; Actor et al.
 * 2025, appendix C.1).
 *
 * @module
 */

import type { Network, NetworkConfig, NormalisationStatistics } from "./network.ts";
import { splineStage } from "./stage.ts";

/** Added to the variance under batch normalisation. */
export const BATCH_NORM_EPSILON = 1e-5;

/** A min-max range below this multiple of the values' size counts as constant. */
export const CONSTANT_RANGE = 1e-12;

/**
 * A raw value beyond a measured extreme by less than this multiple of its size counts as the
 * extreme: another order of summation moves an extreme row that far, and beyond the end of the
 * domain it would get the value and derivatives of the extrapolation.
 */
const ROUNDING = 1e-13;

/**
 * The affine map `u = origin + (x - from) * scale` of one node; `scale` is 0 for a constant
 * column, which lands in the domain's centre. Raw values in `[inside[0], inside[1]]` are kept in
 * the domain where rounding would move them out of it.
 */
export interface NodeMap {
  /** Raw value that lands at `origin`. */
  readonly from: number;
  /** `du/dx`; 0 for a constant column. */
  readonly scale: number;
  /** Position of `from` in the domain. */
  readonly origin: number;
  /** Raw values that are kept in the domain; NaN if there are none. */
  readonly inside: readonly [number, number];
}

/** Finds the map of one input node onto the splines' domain, by what the layer has measured. */
export function nodeMap(
  statistics: NormalisationStatistics,
  domain: readonly [number, number],
  node: number,
): NodeMap {
  const [a, b] = domain;
  if (statistics.kind === "none") return { from: 0, scale: 1, origin: 0, inside: [a, b] };
  if (statistics.kind === "batchnorm") {
    const scale = 1 / Math.sqrt(statistics.variance[node] + BATCH_NORM_EPSILON);
    return { from: statistics.mean[node], scale, origin: 0, inside: [NaN, NaN] };
  }
  const low = statistics.minimum[node], high = statistics.maximum[node];
  const range = high - low;
  if (range <= CONSTANT_RANGE * Math.max(Math.abs(low), Math.abs(high))) {
    return { from: low, scale: 0, origin: (a + b) / 2, inside: [NaN, NaN] };
  }
  const slack = ROUNDING * Math.max(Math.abs(low), Math.abs(high));
  return { from: low, scale: (b - a) / range, origin: a, inside: [low - slack, high + slack] };
}

/** Applies a node's map; raw values inside the measured range land inside the domain exactly. */
export function applyNodeMap(map: NodeMap, domain: readonly [number, number], x: number): number {
  const u = map.origin + (x - map.from) * map.scale;
  if (x >= map.inside[0] && x <= map.inside[1]) {
    return u < domain[0] ? domain[0] : u > domain[1] ? domain[1] : u;
  }
  return u;
}

/** Undoes a node's map: a raw value that lands at `u`. */
export function rawPosition({ from, scale, origin }: NodeMap, u: number): number {
  return scale === 0 ? from : from + (u - origin) / scale;
}

/**
 * Finds the normalisation, and its inverse (a constant's value where it is constant), of one input
 * node of a spline layer (both counted from 0) under the kept statistics.
 */
export function normalisationMap(
  network: Network,
  layer: number,
  input: number,
): { toDomain(x: number): number; fromDomain(u: number): number } {
  const { space } = splineStage(network.config, layer);
  const map = nodeMap(network.statistics[layer], space.domain, input);
  return {
    toDomain: (x) => applyNodeMap(map, space.domain, x),
    fromDomain: (u) => rawPosition(map, u),
  };
}

/**
 * Measures the statistics of one layer's raw inputs, shape `[rows, nIn]`, over all rows, at least
 * one; sample weights play no part.
 */
export function measureStatistics(
  kind: NetworkConfig["normalisation"],
  inputs: Float64Array,
  rows: number,
  nIn: number,
): NormalisationStatistics {
  if (kind === "none") return { kind };
  if (kind === "minmax") {
    const minimum = new Float64Array(nIn).fill(Infinity);
    const maximum = new Float64Array(nIn).fill(-Infinity);
    for (let r = 0, i = 0; r < rows; r++) {
      for (let p = 0; p < nIn; p++, i++) {
        if (inputs[i] < minimum[p]) minimum[p] = inputs[i];
        if (inputs[i] > maximum[p]) maximum[p] = inputs[i];
      }
    }
    return { kind, minimum, maximum };
  }
  const mean = new Float64Array(nIn), variance = new Float64Array(nIn);
  for (let r = 0, i = 0; r < rows; r++) {
    for (let p = 0; p < nIn; p++, i++) mean[p] += inputs[i] / rows;
  }
  for (let r = 0, i = 0; r < rows; r++) {
    for (let p = 0; p < nIn; p++, i++) variance[p] += (inputs[i] - mean[p]) ** 2 / rows;
  }
  return { kind, mean, variance };
}

/** Makes the statistics of a new network's layer of `nIn` nodes: the identity onto the domain. */
export function initialStatistics(config: NetworkConfig, nIn: number): NormalisationStatistics {
  const { normalisation: kind, domain } = config;
  if (kind === "none") return { kind };
  if (kind === "minmax") {
    return {
      kind,
      minimum: new Float64Array(nIn).fill(domain[0]),
      maximum: new Float64Array(nIn).fill(domain[1]),
    };
  }
  return { kind, mean: new Float64Array(nIn), variance: new Float64Array(nIn).fill(1) };
}
