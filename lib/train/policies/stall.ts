/**
 * A stage ends as soon as its progress stalls, where the schedule has a rule for that.
 *
 * @module
 */

import type { StallRule } from "../../multilevel/mod.ts";
import type { EpochRecord } from "../events.ts";
import type { Policy } from "../run.ts";

/** Ends a stage by its {@linkcode StallRule}. */
export const stall: Policy = {
  name: "stall",
  afterEpoch({ stage: { spec, records }, isLast }) {
    if (!spec.stall || !hasStalled(spec.stall, records)) return undefined;
    return isLast ? { ending: { status: "stalled", reason: stalledBy(spec.stall) } } : {};
  },
};

function stalledBy({ share, epochs }: StallRule): string {
  return `the loss has fallen by less than ${+(100 * share).toPrecision(3)} % in ${epochs} epochs`;
}

/**
 * Whether the last `rule.epochs` epochs of one stage's records, oldest first, have lowered the best
 * value so far (validation losses where there are any, else objectives) by less than `rule.share`
 * of it.
 */
export function hasStalled(rule: StallRule, records: readonly EpochRecord[]): boolean {
  if (records.length <= rule.epochs) return false;
  const values = records.map(({ validationLoss, objective }) => validationLoss ?? objective);
  const before = values.slice(0, -rule.epochs).reduce((a, b) => Math.min(a, b));
  return values.slice(-rule.epochs).every((value) => value >= (1 - rule.share) * before);
}
