/**
 * What single columns do to the answer of networks.
 *
 * @module
 */

import type { Network } from "../../lib/model/mod.ts";
import { encodingUnits, explain } from "../../lib/interpret/mod.ts";
import { effectsFigure, type Figure } from "../../lib/report/mod.ts";
import type { DataEncoding } from "../commands/train/data.ts";

/** Positions of a curve; pairs of rows behind shares of variance, which order the columns. */
const POINTS = 61, SAMPLES = 200;

/** The figure of the effects of all inputs, of the mean of several networks. */
export function explainedEffects(
  networks: readonly Network[],
  encoding: DataEncoding,
  inputs: Float64Array,
): Figure {
  const units = encodingUnits(encoding, networks[0].config.widths[0]);
  const { outputs } = explain(networks.length === 1 ? networks[0] : networks, inputs, {
    ...{ units, row: 0, points: POINTS, samples: SAMPLES },
  });
  return effectsFigure(outputs.map(({ name, effects, inputs: weights }) => ({
    ...{ name, probability: false, mean: 0, weights: [], pairs: [] },
    effects: effects.map((effect, i) => ({ effect, total: weights[i].total }))
      .filter(({ effect: { x } }) => x.length > 1 && x[x.length - 1] > x[0])
      .sort((a, b) => b.total - a.total)
      .map(({ effect: { name: column, x, value, error } }) => ({
        ...{ column, at: x, rows: [], effect: value, error },
      })),
  })));
}
