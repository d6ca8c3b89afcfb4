/**
 * Normalisation of jets, and the gradient through the statistics of all points.
 *
 * `u = origin + (x - from) scale`, derivatives by the coordinates `u_c = scale x_c`: statistics are
 * constants for these. By the parameters they are not: with `S = sum_r ubar_0 (x - from) +
 * sum_rc ubar_c x_c` the gradient by `scale` also holds every derivative's share.
 *
 * @module
 */

import {
  applyNodeMap,
  BATCH_NORM_EPSILON,
  type NodeMap,
  nodeMap,
  type NormalisationStatistics,
  type SplineStage,
} from "../../../model/mod.ts";
import type { JetPoints } from "../../jets.ts";
import type { JetShape } from "./jet_shape.ts";

/** The normalisation of one layer. */
export interface JetNormaliser {
  /** The values among the jets, `[all rows, nIn]`; reused. */
  values(inputs: readonly Float64Array[]): Float64Array;
  /** Takes the statistics of the batch. */
  set(statistics: NormalisationStatistics): void;
  /** The maps of all nodes. */
  maps(): readonly NodeMap[];
  /** The statistics. */
  statistics(): NormalisationStatistics;
  /** Writes the normalised jets of a group, `[rows, channels, nIn]`. */
  normalise(group: number, x: Float64Array, u: Float64Array): void;
  /** Turns gradients by normalised jets into gradients by raw ones, in place. */
  backward(inputs: readonly Float64Array[], bars: readonly Float64Array[], values: boolean): void;
}

/** Creates the normalisation of a stage. */
export function createJetNormaliser(
  stage: SplineStage,
  groups: readonly JetPoints[],
  shapes: readonly JetShape[],
): JetNormaliser {
  const { nIn, space: { domain } } = stage;
  const total = groups.reduce((sum, { rows }) => sum + rows, 0);
  const column = new Float64Array(total * nIn);
  let statistics: NormalisationStatistics = { kind: "none" }, maps: NodeMap[] = [];

  function values(inputs: readonly Float64Array[]): Float64Array {
    let to = 0;
    groups.forEach(({ rows }, g) => {
      const stride = shapes[g].channels * nIn;
      for (let r = 0; r < rows; r++) {
        for (let p = 0; p < nIn; p++) column[to++] = inputs[g][r * stride + p];
      }
    });
    return column;
  }

  function set(next: NormalisationStatistics): void {
    statistics = next;
    maps = Array.from({ length: nIn }, (_, p) => nodeMap(statistics, domain, p));
  }

  function normalise(group: number, x: Float64Array, u: Float64Array): void {
    const { rows } = groups[group], { channels } = shapes[group];
    for (let p = 0; p < nIn; p++) {
      const map = maps[p], { scale } = map;
      for (let r = 0, i = p; r < rows; r++) {
        u[i] = applyNodeMap(map, domain, x[i]);
        i += nIn;
        for (let c = 1; c < channels; c++, i += nIn) u[i] = scale * x[i];
      }
    }
  }

  function backward(
    inputs: readonly Float64Array[],
    bars: readonly Float64Array[],
    values: boolean,
  ): void {
    if (statistics.kind === "none") return;
    for (let p = 0; p < nIn; p++) {
      const { scale, from } = maps[p];
      let sum = 0, scaleBar = 0;
      let low = 0, high = 0, lowGroup = 0, highGroup = 0, least = Infinity, most = -Infinity;
      groups.forEach(({ rows }, g) => {
        const { channels } = shapes[g], x = inputs[g], bar = bars[g];
        const active = values ? 1 : channels;
        for (let r = 0; r < rows; r++) {
          const at = r * channels * nIn + p, own = x[at];
          if (own < least) [least, low, lowGroup] = [own, at, g];
          if (own > most) [most, high, highGroup] = [own, at, g];
          sum += bar[at];
          scaleBar += bar[at] * (own - from);
          for (let c = 1, i = at + nIn; c < active; c++, i += nIn) scaleBar += bar[i] * x[i];
          for (let c = 0, i = at; c < channels; c++, i += nIn) bar[i] *= scale;
        }
      });
      if (statistics.kind === "minmax") {
        if (scale === 0) continue;
        const slope = scaleBar * scale / (most - least); // -scaleBar d scale / d high
        bars[lowGroup][low] += slope - scale * sum;
        bars[highGroup][high] -= slope;
        continue;
      }
      const mean = -scale * sum / total;
      const spread = -scaleBar * scale ** 3 / total; // scaleBar d scale / d variance * 2 / total
      groups.forEach(({ rows }, g) => {
        const stride = shapes[g].channels * nIn, x = inputs[g], bar = bars[g];
        for (let r = 0, at = p; r < rows; r++, at += stride) {
          bar[at] += mean + spread * (x[at] - from);
        }
      });
    }
  }

  return { values, set, maps: () => maps, statistics: () => statistics, normalise, backward };
}

/** What {@linkcode statisticBars} needs to know of a statistic. */
export interface MapSlopes {
  /** `d scale / d s` and `d shift / d s` for the two statistics s of the node's kind. */
  readonly scale: readonly [number, number];
  readonly shift: readonly [number, number];
}

/**
 * How `u = scale x + shift` of a node moves with its two statistics: minimum and maximum, or mean
 * and variance.
 */
export function mapSlopes(
  statistics: NormalisationStatistics,
  domain: readonly [number, number],
  node: number,
): MapSlopes {
  const { scale, from } = nodeMap(statistics, domain, node);
  if (statistics.kind === "none" || scale === 0) return { scale: [0, 0], shift: [0, 0] };
  if (statistics.kind === "minmax") {
    const steep = scale / (statistics.maximum[node] - statistics.minimum[node]);
    return { scale: [steep, -steep], shift: [-scale - from * steep, from * steep] };
  }
  const steep = -0.5 * scale / (statistics.variance[node] + BATCH_NORM_EPSILON);
  return { scale: [0, steep], shift: [-scale, -from * steep] };
}
