/**
 * A ReLU network seen as nodes with units: where a layer only looks at single nodes of the layer
 * before, its units belong to these nodes.
 *
 * @module
 */

import { pow } from "../numerics/inner.ts";
import { composed, identityLayer, type ReluLayer, type ReluNetwork } from "./relu_network.ts";

/** `ReLU(sign z - place)` of one node `z`, `place` where the sign is 1, else `ReLU(place - z)`. */
export interface NodeUnit {
  readonly sign: 1 | -1;
  /** Where it begins. */
  readonly place: number;
  /** Its column in the map behind. */
  readonly column: number;
}

/** What a unit makes of the value of its node. */
export function unitValue({ sign, place }: NodeUnit, node: number, power: number): number {
  return pow(Math.max(0, sign * (node - place)), power);
}

/** Nodes with units. */
export interface UnitStage {
  /** The affine map that makes the nodes; absent: the nodes are the inputs. */
  readonly map?: ReluLayer;
  /** Units of every node. */
  readonly units: readonly (readonly NodeUnit[])[];
  readonly power: number;
}

/** Stages with units, and the affine map of the last ones. */
export interface UnitChain {
  readonly stages: readonly UnitStage[];
  readonly last: ReluLayer;
}

/**
 * Finds the nodes of a ReLU network. Where `grouped` is true, a layer with entries 1 and -1, one per
 * row, holds units only.
 */
export function unitChain(network: ReluNetwork, grouped: boolean): UnitChain {
  const stages: UnitStage[] = [];
  let map: ReluLayer | undefined; // waits for units
  for (const layer of network.layers) {
    const { activation, power = 1 } = layer;
    if (activation === "none") map = map === undefined ? layer : composed(map, layer);
    else if (grouped && (map !== undefined || stages.length === 0) && looksAtNodes(layer)) {
      stages.push({ ...(map === undefined ? {} : { map }), units: nodeUnits(layer), power });
      map = undefined;
    } else {
      const nodes = map === undefined ? layer : composed(map, layer);
      const units = Array.from(
        { length: layer.nOut },
        (_, column): NodeUnit[] => [{ sign: 1, place: 0, column }],
      );
      stages.push({ map: { ...nodes, activation: "none" }, units, power });
      map = undefined;
    }
  }
  return { stages, last: map ?? identityLayer(network.layers.at(-1)!.nOut) };
}

function looksAtNodes({ nOut, starts, values }: ReluLayer): boolean {
  for (let q = 0; q < nOut; q++) if (starts[q + 1] - starts[q] !== 1) return false;
  return values.every((value) => Math.abs(value) === 1);
}

function nodeUnits({ nIn, nOut, columns, values, bias }: ReluLayer): NodeUnit[][] {
  const units: NodeUnit[][] = Array.from({ length: nIn }, () => []);
  for (let q = 0; q < nOut; q++) {
    const sign = values[q] === 1 ? 1 : -1;
    units[columns[q]].push({ sign, place: sign === 1 ? -bias[q] : bias[q], column: q });
  }
  return units;
}
