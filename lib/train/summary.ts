/**
 * Median, mean and spread of several runs.
 *
 * @module
 */

import { checkArray } from "../numerics/inner.ts";

/** Median, mean and spread of some numbers. */
export interface Summary {
  /** How many numbers there are. */
  readonly count: number;
  /** The middle one, or the mean of the two in the middle. */
  readonly median: number;
  /** `sum x_i / n`. */
  readonly mean: number;
  /** `sqrt(sum (x_i - mean)^2 / (n - 1))`; 0 for a single number. */
  readonly standardDeviation: number;
  /** The least one. */
  readonly least: number;
  /** The largest one: the worst of some losses. */
  readonly largest: number;
}

/**
 * Summarises numbers, such as the losses of runs from several seeds.
 *
 * @param values The numbers; NaN where there are none.
 * @returns Their summary.
 *
 * @example
 * ```ts
 * import { summarise } from "@freeknot/freeknot/train";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(summarise([1, 2, 6]), {
 *   count: 3, median: 2, mean: 3, standardDeviation: Math.sqrt(7), least: 1, largest: 6,
 * });
 * ```
 */
export function summarise(values: readonly number[]): Summary {
  checkArray("summarise", "values", values, "an array of numbers");
  const count = values.length;
  const ordered = values.toSorted((a, b) => a - b);
  const middle = count >> 1;
  const median = count % 2 === 1 ? ordered[middle] : (ordered[middle - 1] + ordered[middle]) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    count,
    median,
    mean,
    standardDeviation: count === 1 ? 0 : Math.sqrt(squares / (count - 1)),
    least: ordered[0] ?? NaN,
    largest: ordered[count - 1] ?? NaN,
  };
}
