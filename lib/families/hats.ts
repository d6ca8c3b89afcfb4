/**
 * Hierarchical hat functions as a nested family.
 *
 * @module
 */

import { pow } from "../numerics/inner.ts";
import { type FamilyOptions, type NestedFamily, zeroPadding } from "./family.ts";

/**
 * Creates the hierarchical hat functions (H. Yserentant, Numer. Math. 49, 1986): the hats of
 * `intervals` intervals, and for every halving the hats at the new places, half as wide. They span
 * what splines of degree 1 span, in other coordinates.
 *
 * @param options Intervals of level 0; the degree is 1, whatever is asked for.
 * @returns The family.
 * @throws {RangeError} If `intervals` is not an integer from 1 to 1000.
 *
 * @example
 * ```ts
 * import { hats } from "@freeknot/freeknot/families";
 * import { assertEquals } from "@std/assert";
 *
 * const family = hats({ intervals: 1 }), values = new Float64Array(3);
 * family.evaluate(1, 0.5, values, new Float64Array(3));
 * assertEquals([...values], [0.25, 0.75, 0.5]); // two hats of level 0, one of level 1
 * ```
 */
export function hats({ intervals = 5 }: FamilyOptions = {}): NestedFamily {
  if (!(Number.isInteger(intervals) && intervals >= 1 && intervals <= 1000)) {
    throw new RangeError(
      `Cannot create hats: intervals must be an integer from 1 to 1000, ` +
        `current value is ${intervals}`,
    );
  }
  const size = (level: number) => intervals * pow(2, level) + 1;
  return {
    name: "hats",
    title: "hierarchical hats",
    size,
    evaluate(level, u, values, slopes, at = 0) {
      values.fill(0, at, at + size(level));
      slopes.fill(0, at, at + size(level));
      for (let scale = 0; scale <= level; scale++) {
        const cells = intervals * pow(2, scale), step = 2 / cells;
        const cell = Math.max(0, Math.min(cells - 1, Math.floor((u + 1) / step)));
        const part = (u + 1) / step - cell;
        for (const right of [0, 1]) {
          const node = cell + right;
          if (scale > 0 && node % 2 === 0) continue; // is a hat of a coarser level
          const i = scale === 0 ? node : size(scale - 1) + (node - 1) / 2;
          values[at + i] = right ? part : 1 - part;
          slopes[at + i] = (right ? 1 : -1) / step;
        }
      }
    },
    embedding: (level) => zeroPadding(size(level + 1), size(level)),
  };
}
