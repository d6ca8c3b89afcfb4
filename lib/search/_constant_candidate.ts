/**
 * The best constant as a candidate: what every other one should beat.
 *
 * @module
 */

import type { Dataset } from "../data/mod.ts";
import { type Candidate, columnRanges, lossOf } from "./_candidates.ts";
import { bestConstants } from "./_slopes.ts";
import { treeNetworks } from "./_tree_networks.ts";
import { makeBins } from "./_trees.ts";

/** A sum of no trees. */
export function constantCandidate(): Candidate {
  return {
    ...{ name: "constant", kind: "constant" },
    cost: () => 0,
    fold(train, held, task) {
      const constants = bestConstants(lossOf(task), train), { nOut } = train;
      return Promise.resolve([
        Float64Array.from({ length: held.rows * nOut }, (_, i) => constants[i % nOut]),
      ]);
    },
    refit(dataset: Dataset, _, task) {
      const base = bestConstants(lossOf(task), dataset);
      const none = { bins: makeBins(dataset), base, stages: [] };
      return Promise.resolve(treeNetworks(none, 0, dataset.nOut, columnRanges(dataset)));
    },
  };
}
