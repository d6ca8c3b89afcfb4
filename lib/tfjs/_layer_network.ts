/**
 * Between the weights of a KanLayer and a spline layer of a network.
 *
 * @module
 */

import { blockValues, findBlock, splineStage, splineStages, stagesOf } from "../model/inner.ts";
import { layerKnots, type Network, type NetworkConfig, parameterLayout } from "../model/mod.ts";
import { STATISTIC_NAMES, statisticArrays, statisticsFrom } from "./_normalise.ts";

/** One weight of a KanLayer. */
export interface LayerWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly trainable: boolean;
  readonly values: Float64Array;
}

const BLOCKS = ["coefficients", "baseWeights", "knotLogits"];

/**
 * The weights of the KanLayer that is one spline layer of a network, trainable ones first:
 * coefficients, base weights, knot logits, knots (where they stay), running statistics.
 */
export function layerWeights(network: Network, layer: number): LayerWeight[] {
  const stage = splineStage(network.config, layer);
  const weights: LayerWeight[] = [];
  for (const name of BLOCKS) {
    const block = findBlock(network.layout, `spline${layer}.${name}`);
    if (!block) continue;
    const values = blockValues(network, block.name);
    weights.push({ name, shape: block.shape, trainable: true, values });
  }
  if (stage.knots !== "free") {
    const { intervals, degree } = stage.space;
    const numKnots = intervals + 1 + 2 * degree;
    const values = new Float64Array(stage.numKnotVectors * numKnots);
    for (let p = 0; p < stage.numKnotVectors; p++) {
      values.set(layerKnots(network, layer, p).values, p * numKnots);
    }
    weights.push({
      name: "knots",
      shape: [stage.numKnotVectors, numKnots],
      trainable: false,
      values,
    });
  }
  const statistics = statisticArrays(network.statistics[layer]);
  STATISTIC_NAMES[stage.normalisation].forEach((name, i) => {
    weights.push({ name, shape: [stage.nIn], trainable: false, values: statistics[i] });
  });
  return weights;
}

/**
 * The network that is one KanLayer alone.
 *
 * @param config The layer's configuration.
 * @param values Its weights, in the order of {@linkcode layerWeights}.
 * @param breakpoints Fixed knots only: flat, `[nIn or 1, intervals + 1]`.
 */
export function layerNetwork(
  config: NetworkConfig,
  values: readonly Float64Array[],
  breakpoints: Float64Array | undefined,
): Network {
  const layout = parameterLayout(config);
  const stage = splineStage(config, 0);
  const parameters = Float64Array.from(
    values.slice(0, layout.length).flatMap((each) => [...each]),
  );
  const rest = values.slice(layout.length + (stage.knots === "free" ? 0 : 1));
  return {
    config,
    layout,
    parameters,
    statistics: [statisticsFrom(stage.normalisation, rest)],
    ...(breakpoints ? { breakpoints: [breakpoints] } : {}),
  };
}

/** The breakpoints of one layer as plain lists, one per knot vector. */
export function breakpointLists({ config, breakpoints }: Network, layer: number): number[][] {
  const points = config.intervals + 1;
  const all = breakpoints![layer];
  return Array.from(
    { length: all.length / points },
    (_, p) => [...all.subarray(p * points, (p + 1) * points)],
  );
}

/**
 * Checks that a network is made of what this room has layers for.
 *
 * @throws {RangeError} If it holds other stages, or refuses to extrapolate: a kernel cannot.
 */
export function checkStages(verb: string, config: NetworkConfig): void {
  const other = stagesOf(config).map(({ kind }) => kind)
    .find((kind) => kind !== "linear" && kind !== "spline");
  if (other || splineStages(config).length === 0) {
    throw new RangeError(
      `Cannot ${verb}: stages must be a linear map and splines, current value is ` +
        `${other ?? "no spline"}`,
    );
  }
  if (config.extrapolation === "error") {
    throw new RangeError(
      `Cannot ${verb}: extrapolation must be linear or clamp, current value is error`,
    );
  }
}
