/**
 * Families of functions whose spaces are nested: each level holds all functions of the level before.
 *
 * @module
 */

import { pow } from "../numerics/inner.ts";
import type { SparseRows } from "../numerics/inner.ts";

/** Functions on `[-1, 1]`, level by level; the span of a level contains that of the level before. */
export interface NestedFamily {
  /** `chebyshev`, `fourier`, ... */
  readonly name: string;
  /** What they are, for people. */
  readonly title: string;
  /**
   * Counts the functions of a level.
   *
   * @param level From 0, the coarsest.
   */
  size(level: number): number;
  /**
   * Writes all functions of a level at a place, and their derivatives.
   *
   * @param level From 0, the coarsest.
   * @param u Place in `[-1, 1]`; jumps take the value of the right side.
   * @param values Gets `size(level)` values from `at` on.
   * @param slopes Gets the derivatives by `u` from `at` on.
   * @param at First place in both. Default 0.
   */
  evaluate(
    level: number,
    u: number,
    values: Float64Array,
    slopes: Float64Array,
    at?: number,
  ): void;
  /**
   * The prolongation matrix `P` from a level to the next, shape `[size(level + 1), size(level)]`:
   * coefficients `P c` of the finer level are the same function as `c`.
   *
   * @param level The coarser level.
   */
  embedding(level: number): SparseRows;
}

/** How large a family is at its coarsest level; every level after it has about twice the functions. */
export interface FamilyOptions {
  /** Intervals, or what makes as many functions, of level 0. Default 5. */
  readonly intervals?: number;
  /** Degree of pieces. Default 3. */
  readonly degree?: number;
}

/** The embedding of families that keep their functions and add others at the end. */
export function zeroPadding(rows: number, columns: number): SparseRows {
  const starts = new Int32Array(rows), values = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    starts[i] = Math.min(i, columns - 1);
    values[i] = i < columns ? 1 : 0;
  }
  return { rows, columns, width: 1, starts, values };
}

/** Numbers of functions that double as those of splines do: `intervals 2^level + degree`. */
export function splineSizes(
  name: string,
  { intervals = 5, degree = 3 }: FamilyOptions,
): (level: number) => number {
  for (const [field, value] of [["intervals", intervals], ["degree", degree]] as const) {
    if (!(Number.isInteger(value) && value >= 1 && value <= 1000)) {
      throw new RangeError(
        `Cannot create ${name}: ${field} must be an integer from 1 to 1000, ` +
          `current value is ${value}`,
      );
    }
  }
  return (level) => intervals * pow(2, level) + degree;
}
