/**
 * How well predictions order the times of events.
 *
 * @module
 */

import { checkArray } from "../numerics/inner.ts";
import { checkShapes } from "./_score_checks.ts";

/** Scores of hazards. */
export interface SurvivalScores {
  /**
   * Harrell's index: the share of the pairs of rows in the right order, of those whose order is known;
   * equal predictions count one half. Null if there are no such pairs.
   */
  readonly concordance: number | null;
  /** Number of rows with an event. */
  readonly events: number;
}

/**
 * Computes Harrell's index of concordance: the row whose event came first should have the higher
 * hazard (Harrell, Califf, Pryor, Lee and Rosati 1982).
 *
 * A pair counts where the earlier time is that of an event; a row that was last seen at the time of
 * another's event has outlived it, two events at one time say nothing. The work grows as
 * `rows log rows`.
 *
 * @param hazards Hazards, or anything that grows with them, shape `[rows]`.
 * @param times Times of events; of rows without one minus the time at which they were last seen.
 * @param weights Weight of each row, not negative; a pair counts as the product. Default: all 1.
 * @returns The index and the number of events.
 * @throws {TypeError} If shapes differ or there are no rows.
 *
 * @example
 * ```ts
 * import { concordance } from "@freeknot/freeknot/data";
 * import { assertEquals } from "@std/assert";
 *
 * // The event at time 1 and the one at 4; the row seen until 3 has outlived the first.
 * assertEquals(concordance([2, 0, 1], [1, 4, -3]), { concordance: 1, events: 2 });
 * ```
 */
export function concordance(
  hazards: ArrayLike<number>,
  times: ArrayLike<number>,
  weights?: ArrayLike<number>,
): SurvivalScores {
  checkArray("score predictions", "hazards", hazards, "an array of numbers");
  checkArray("score predictions", "times", times, "an array of numbers");
  const rows = checkShapes("hazards", hazards, times, 1, weights);
  const values = [...new Set(Array.from(hazards))].sort((a, b) => a - b);
  const rank = new Map(values.map((value, i) => [value, i]));
  const seen = createRanks(values.length);
  const order = Array.from({ length: rows }, (_, r) => r)
    .sort((a, b) => Math.abs(times[b]) - Math.abs(times[a]) || times[a] - times[b]);
  const weightOf = (r: number): number => weights === undefined ? 1 : weights[r];
  let right = 0, pairs = 0, events = 0;
  for (let k = 0; k < rows;) {
    const time = Math.abs(times[order[k]]), waiting: number[] = [];
    for (; k < rows && Math.abs(times[order[k]]) === time; k++) {
      const r = order[k];
      if (times[r] < 0) seen.add(rank.get(hazards[r])!, weightOf(r)); // before the events at its time
      else waiting.push(r);
    }
    for (const r of waiting) {
      const at = rank.get(hazards[r])!, below = seen.below(at);
      right += weightOf(r) * (below + (seen.below(at + 1) - below) / 2);
      pairs += weightOf(r) * seen.below(values.length);
    }
    for (const r of waiting) seen.add(rank.get(hazards[r])!, weightOf(r));
    events += waiting.length;
  }
  return { concordance: pairs > 0 ? right / pairs : null, events };
}

/** Sums of weights by rank, each found in the logarithm of their number (Fenwick 1994). */
function createRanks(size: number) {
  const sums = new Float64Array(size + 1);
  return {
    add(rank: number, weight: number): void {
      for (let i = rank + 1; i <= size; i += i & -i) sums[i] += weight;
    },
    /** The weight of all lower ranks. */
    below(rank: number): number {
      let sum = 0;
      for (let i = rank; i > 0; i -= i & -i) sum += sums[i];
      return sum;
    },
  };
}
