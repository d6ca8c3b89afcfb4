/**
 * A stage ends where its optimizer says so.
 *
 * @module
 */

import type { Policy } from "../run.ts";

/** Ends a stage whose optimizer has converged or stalled, and a run whose optimizer has diverged. */
export const optimizerStatus: Policy = {
  name: "optimizer status",
  afterEpoch({ status, isLast }) {
    switch (status) {
      case "running":
        return undefined;
      case "diverged":
        return { ending: { status, reason: "the optimizer found no finite step" } };
      case "converged":
        return isLast ? { ending: { status, reason: "the optimizer's tolerances are met" } } : {};
      case "stalled": {
        const reason = "no step lowers the loss, though its gradient is not 0";
        return isLast ? { ending: { status, reason } } : {};
      }
    }
  },
};
