/**
 * Where knots went during training.
 *
 * @module
 */

import type { Network } from "../../model/mod.ts";
import { normalisationMap } from "../../model/inner.ts";
import { innerKnots } from "../training/activations.ts";
import { chainNames } from "../training/names.ts";
import { layerShapes } from "../training/network_rows.ts";
import type { ActivationCurve } from "../training/data.ts";
import type { KnotPath, KnotSnapshot } from "./data.ts";

/** The knots `t_0..t_n` per spline layer and input node, as positions in the domain. */
export function networkKnots(network: Network): number[][][] {
  const { config } = network;
  if (config.activation !== "spline") return [];
  return layerShapes(config).map(([nIn], layer) =>
    Array.from({ length: nIn }, (_, input) => innerKnots(network, layer, input))
  );
}

/** Knots of an input of a first layer of splines, in the units of that input. */
export function inputKnots(network: Network, input: number): number[] {
  return innerKnots(network, 0, input).map(normalisationMap(network, 0, input).fromDomain);
}

/** The paths of all nodes; a node that is a coordinate has the units of the coordinate. */
export function knotPaths(
  network: Network,
  snapshots: readonly KnotSnapshot[],
  activations: readonly ActivationCurve[],
  { inputNames, targetNames, toUnits }: {
    readonly inputNames: readonly string[];
    readonly targetNames: readonly string[];
    /** From an input of the network to its coordinate. */
    readonly toUnits: (input: number) => (value: number) => number;
  },
): KnotPath[] {
  if (snapshots.length === 0) return [];
  const names = chainNames(network.config, inputNames, targetNames);
  const last = networkKnots(network);
  return last.flatMap((nodes, layer) =>
    nodes.map((knots, input): KnotPath => {
      const isCoordinate = layer === 0 && network.config.firstLayer === "spline";
      // The finished network serves for all moments: its input statistics never change in a run.
      const { fromDomain } = normalisationMap(network, layer, input);
      const units = isCoordinate ? toUnits(input) : undefined;
      const show = (position: number) => units ? units(fromDomain(position)) : position;
      const curve = activations.find((each) => each.layer === layer && each.input === input);
      const [low, high] = curve?.dataRange ?? network.config.domain;
      return {
        layer,
        node: names[layer][input],
        isCoordinate,
        range: [show(knots[0]), show(knots[knots.length - 1])],
        dataRange: [show(low), show(high)],
        moments: snapshots.map(({ epoch, layers }) => ({
          epoch,
          knots: layers[layer][input].map(show),
        })),
      };
    })
  );
}
