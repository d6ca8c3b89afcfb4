/**
 * Rescales nodes whose range min-max normalisation hides.
 *
 * Multiplying all parameters that lead to one node of a min-max normalised layer by a positive
 * number changes no output, but divides the gradient by these parameters by that number. Where the
 * raw range of a node has collapsed (a step of the optimizer went through the origin), no step of a
 * sensible size exists any more; a range of 2 makes such steps possible again.
 *
 * @module
 */

import { throughAllEdges } from "./all_edges.ts";
import { blockValues } from "./layout.ts";
import type { Network, NormalisationStatistics } from "./network.ts";
import { type LinearStage, type SplineStage, stagesOf } from "./stage.ts";

/** Ranges outside these bounds are changed to 2. */
const LEAST = 1 / 16, MOST = 16;

/**
 * Rescales the nodes whose raw range has left [1/16, 16] to range 2; the function stays the same.
 * The network's statistics must belong to its parameters; it is returned itself if every range is
 * in bounds.
 */
export function balance(network: Network): Network {
  return throughAllEdges(network, balanceAll);
}

/** The same for a network with all edges. */
function balanceAll(network: Network): Network {
  let result = network;
  stagesOf(network.config).forEach((stage, k, stages) => {
    const next = stages[k + 1];
    if (next?.kind !== "spline" || next.normalisation !== "minmax") return;
    if (stage.kind !== "linear" && stage.kind !== "spline") return;
    const statistics = network.statistics[next.layer];
    if (statistics.kind !== "minmax") return;
    for (let q = 0; q < stage.nOut; q++) {
      const range = statistics.maximum[q] - statistics.minimum[q];
      if (!(range > 0) || (range >= LEAST && range <= MOST)) continue;
      if (result === network) result = copyOf(network);
      scaleNode(result, stage, q, 2 / range);
      const { minimum, maximum } = result.statistics[next.layer] as typeof statistics;
      minimum[q] *= 2 / range;
      maximum[q] *= 2 / range;
    }
  });
  return result;
}

function copyOf(network: Network): Network {
  const statistics = network.statistics.map((layer): NormalisationStatistics =>
    layer.kind === "minmax"
      ? { ...layer, minimum: layer.minimum.slice(), maximum: layer.maximum.slice() }
      : layer
  );
  return { ...network, parameters: network.parameters.slice(), statistics };
}

/** Multiplies every parameter that leads to output node `q` of a stage. */
function scaleNode(
  network: Network,
  stage: LinearStage | SplineStage,
  q: number,
  factor: number,
): void {
  const names = stage.kind === "linear"
    ? [`${stage.name}.weights`, `${stage.name}.bias`]
    : [`spline${stage.layer}.coefficients`, `spline${stage.layer}.baseWeights`];
  for (const name of names) {
    const values = blockValues(network, name);
    for (let i = q; i < values.length; i += stage.nOut) values[i] *= factor;
  }
}
