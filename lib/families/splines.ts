/**
 * Uniform B-splines as a nested family.
 *
 * @module
 */

import { pow } from "../numerics/inner.ts";
import { writeBsplineBasis } from "../basis/inner.ts";
import { type KnotVector, uniformKnots } from "../knots/mod.ts";
import { prolongationMatrix } from "../multilevel/mod.ts";
import { type FamilyOptions, type NestedFamily, splineSizes } from "./family.ts";

/**
 * Creates uniform B-splines; a finer level has intervals half as long, and its functions are others:
 * the embedding is the insertion of knots.
 *
 * @param options Intervals of level 0, and the degree.
 * @returns The family.
 * @throws {RangeError} If an option is not an integer from 1 to 1000.
 *
 * @example
 * ```ts
 * import { splines } from "@freeknot/freeknot/families";
 * import { assertEquals } from "@std/assert";
 *
 * const { size } = splines({ intervals: 5, degree: 3 });
 * assertEquals([size(0), size(1), size(2)], [8, 13, 23]);
 * ```
 */
export function splines(options: FamilyOptions = {}): NestedFamily {
  const { intervals = 5, degree = 3 } = options;
  const size = splineSizes("splines", options);
  const grids: [KnotVector, KnotVector][] = []; // of the degree, and of the one below for slopes
  function knots(level: number): [KnotVector, KnotVector] {
    const found = grids[level];
    if (found) return found;
    const grid = uniformKnots({ degree, intervals: intervals * pow(2, level), domain: [-1, 1] });
    return grids[level] = [grid, { degree: degree - 1, values: grid.values.subarray(1, -1) }];
  }
  const local = new Float64Array(degree + 1), lower = new Float64Array(degree + 1);
  return {
    name: "splines",
    title: `B-splines of degree ${degree}`,
    size,
    evaluate(level, u, values, slopes, at = 0) {
      const n = size(level);
      values.fill(0, at, at + n);
      slopes.fill(0, at, at + n);
      const [grid, below] = knots(level), start = at + writeBsplineBasis(grid, u, local) - degree;
      const slope = intervals * pow(2, level) / 2; // B_i' = (B_(i, degree - 1) - B_(i + 1, degree - 1)) / h
      writeBsplineBasis(below, u, lower);
      for (let i = 0; i <= degree; i++) {
        values[start + i] = local[i];
        slopes[start + i] = slope * ((i > 0 ? lower[i - 1] : 0) - (i < degree ? lower[i] : 0));
      }
    },
    embedding: (level) => prolongationMatrix(knots(level)[0], knots(level + 1)[0]),
  };
}
