/**
 * Grids of single edges: every spline by itself on the fewest knots that it needs.
 *
 * @module
 */

import { prolongationMatrix } from "../../multilevel/mod.ts";
import { column, multiply } from "../../numerics/inner.ts";
import {
  clampedKnots,
  type ReducedSplines,
  reduceKnots,
  type SplineGroup,
} from "./reduce_knots.ts";

/** The splines of one knot vector, each on knots of its own, and the knots of all together. */
export interface EdgePaths {
  /** The knots that any spline has, ends included. */
  readonly breakpoints: readonly number[];
  /** By group and spline: the last step of the way to fewer knots. */
  readonly splines: readonly (readonly ReducedSplines[])[];
}

/** Takes knots away from every spline by itself. */
export function edgePaths(
  breakpoints: readonly number[],
  degree: number,
  groups: readonly SplineGroup[],
): EdgePaths {
  const splines = groups.map((group) =>
    group.tolerances.map((_, q) => reduceKnots(breakpoints, degree, [oneSpline(group, q)]).at(-1)!)
  );
  const all = new Set(splines.flat().flatMap((spline) => [...spline.breakpoints]));
  return { breakpoints: [...all].sort((a, b) => a - b), splines };
}

/** One spline of a group. */
export function oneSpline(
  { coefficients, positions, tolerances, bounds }: SplineGroup,
  q: number,
): SplineGroup {
  return {
    coefficients: column(coefficients, tolerances.length, q),
    ...{ positions, tolerances: [tolerances[q]], bounds: [bounds[q]] },
  };
}

/** Splits the widest intervals until there are enough. */
export function splitWidest(breakpoints: readonly number[], intervals: number): number[] {
  const more = [...breakpoints];
  while (more.length - 1 < intervals) {
    let widest = 1;
    for (let i = 2; i < more.length; i++) {
      if (more[i] - more[i - 1] > more[widest] - more[widest - 1]) widest = i;
    }
    more.splice(widest, 0, (more[widest - 1] + more[widest]) / 2);
  }
  return more;
}

/** The knots of a vector with so many intervals, and what the splines are on them. */
export function edgePathsOn(
  { breakpoints, splines }: EdgePaths,
  degree: number,
  intervals: number,
): {
  readonly breakpoints: readonly number[];
  /** Per group coefficients, shape `[numBasis, splines]`. */
  readonly coefficients: readonly Float64Array[];
  /** Per group and spline the word of its knots. */
  readonly words: readonly (readonly string[])[];
} {
  const points = splitWidest(breakpoints, intervals), fine = clampedKnots(points, degree);
  const coefficients = splines.map((group) => {
    const all = new Float64Array((intervals + degree) * group.length);
    group.forEach((spline, q) => {
      const matrix = prolongationMatrix(clampedKnots(spline.breakpoints, degree), fine);
      multiply(matrix, spline.coefficients[0]).forEach((c, i) => all[i * group.length + q] = c);
    });
    return all;
  });
  const words = splines.map((group) =>
    group.map((spline) => {
      const kept = new Set(spline.breakpoints);
      return points.slice(1, -1).map((point) => kept.has(point) ? "1" : "0").join("");
    })
  );
  return { breakpoints: points, coefficients, words };
}
