/**
 * A run ends where the loss of held-out rows no longer falls.
 *
 * @module
 */

import type { Policy } from "../run.ts";

/** Ends a run after `patience` epochs without a lower validation loss. */
export const patience: Policy = {
  name: "patience",
  afterEpoch({ run: { validation, patience }, state: { unimproved } }) {
    if (!validation || unimproved < patience) return undefined;
    const reason = `the validation loss has not fallen for ${patience} epochs`;
    return { ending: { status: "converged", reason } };
  },
};
