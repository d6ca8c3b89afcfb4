/**
 * The losses for tables, and rows that they take.
 *
 * @module
 */

import type { Dataset } from "../../lib/data/mod.ts";
import type { Loss } from "../../lib/engine/mod.ts";
import { createRandom } from "../../lib/model/mod.ts";
import { randomDataset } from "./networks.ts";

/** One of each kind. */
export const TABLE_LOSSES: readonly Loss[] = [
  { kind: "quantile", tau: 0.8, delta: 0.3 },
  { kind: "poisson", weightDecay: 0.1 },
  { kind: "gamma" },
  { kind: "tweedie", power: 1.3 },
  { kind: "binomial" },
  { kind: "cox" },
];

/** Rows with targets that a loss takes; times of events tie, some rows are censored. */
export function rowsForLoss(loss: Loss, rows = 23, nOut = 1): Dataset {
  const data = randomDataset({ rows, nIn: 2, nOut, seed: 4, targets: "normal", weighted: true });
  const random = createRandom(8);
  const made: { readonly [kind in Loss["kind"]]?: (t: number) => number } = {
    poisson: () => Math.floor(3 * random.uniform()),
    tweedie: (t) => Math.max(0, t),
    gamma: (t) => Math.exp(t),
    binomial: () => Math.floor(4 * random.uniform()) / 3,
    cox: () => (1 + Math.floor(8 * random.uniform())) * (random.uniform() < 0.6 ? 1 : -1),
  };
  return { ...data, targets: data.targets.map(made[loss.kind] ?? ((t) => t)) };
}
