/**
 * Sums of double-double pairs over processes.
 *
 * @module
 */

import { sharesOf } from "../engine/inner.ts";
import type { Peers } from "../engine/mod.ts";
import { add, type DoubleDouble } from "../numerics/inner.ts";

/** Numbers `high + low`, each rounded to about 32 digits. */
export interface NumberPairs {
  /** The numbers, rounded. */
  readonly high: Float64Array;
  /** What rounding has left. */
  readonly low: Float64Array;
}

/**
 * Adds pairs over all processes, number by number and in the order of ranks: every process adds a
 * share of the numbers, and then all give their shares.
 *
 * @param low What the high numbers lack. Default: 0.
 */
export function sumPairs(
  peers: Peers,
  high: Float64Array,
  low: Float64Array = new Float64Array(high.length),
): NumberPairs {
  if (high.length !== low.length) {
    throw new TypeError(
      `Cannot sum pairs: low must have ${high.length} numbers, current value is ${low.length}`,
    );
  }
  const { rank, size } = peers,
    cuts = sharesOf(high.length, size),
    width = cuts[rank + 1] - cuts[rank];
  const widths = Array.from({ length: size }, (_, r) => 2 * (cuts[r + 1] - cuts[r]));
  const parts = new Float64Array(2 * high.length);
  for (let r = 0; r < size; r++) {
    parts.set(high.subarray(cuts[r], cuts[r + 1]), 2 * cuts[r]);
    parts.set(low.subarray(cuts[r], cuts[r + 1]), cuts[r] + cuts[r + 1]);
  }
  const received = peers.trade(parts, widths, new Array(size).fill(2 * width));
  const sums = new Float64Array(2 * width);
  for (let i = 0; i < width; i++) {
    let sum: DoubleDouble = [0, 0];
    for (let r = 0, at = i; r < size; r++, at += 2 * width) {
      sum = add(sum, [received[at], received[at + width]]);
    }
    [sums[i], sums[width + i]] = sum;
  }
  const all = peers.gather(sums, widths), found = { high: high.slice(), low: low.slice() };
  for (let r = 0; r < size; r++) {
    const [from, to] = [cuts[r], cuts[r + 1]];
    found.high.set(all.subarray(2 * from, from + to), from);
    found.low.set(all.subarray(from + to, 2 * to), from);
  }
  return found;
}
