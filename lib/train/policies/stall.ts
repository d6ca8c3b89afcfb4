/**
 * Whether progress has stalled.
 *
 * @module
 */

import type { StallRule } from "../../multilevel/mod.ts";
import type { EpochRecord } from "../events.ts";

/**
 * Whether the last `rule.epochs` epochs have lowered the best value so far by less than
 * `rule.share` of it.
 *
 * @param records The records of one stage, oldest first: validation losses where there are any,
 * else objectives.
 */
export function hasStalled(rule: StallRule, records: readonly EpochRecord[]): boolean {
  if (records.length <= rule.epochs) return false;
  const values = records.map(({ validationLoss, objective }) => validationLoss ?? objective);
  const before = values.slice(0, -rule.epochs).reduce((a, b) => Math.min(a, b));
  return values.slice(-rule.epochs).every((value) => value >= (1 - rule.share) * before);
}
