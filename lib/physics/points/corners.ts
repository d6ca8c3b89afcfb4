/**
 * Corners at which a solution in two coordinates has no derivatives: where they are, and how much
 * equations and conditions count near them.
 *
 * Near a corner a solution is about `r^a` times a function of the angle, with `a = pi/omega` for an
 * angle `omega` of the domain (Kondratiev 1967; Grisvard 1985) and `a = 0` where conditions jump.
 * Residuals grow without bound: they count times a power of the distance at which an equation of order
 * `m` has a solution that depends on them (Hardy's inequality, `|u| <= c |r f|` in the energy of
 * `u_xx + u_yy = f`).
 *
 * @module
 */

import { contradictions, valueJumps } from "../equations/contradictions.ts";
import { isPart, readFaces } from "../equations/faces.ts";
import { outputsOf } from "../equations/outputs.ts";
import type { ResolvedPde, ResolvedTerm } from "../equations/resolve.ts";
import { domainCorners } from "./domain.ts";
import { pow } from "../../numerics/inner.ts";

/** A point near which a solution has no derivatives. */
export interface SolutionCorner {
  readonly at: readonly [number, number];
  /** Whether the solution itself jumps. */
  readonly isJump: boolean;
}

/** Points nearer than this share of the domain are the same. */
const NEAR = 1e-9;

function isNear(
  { ranges }: ResolvedPde,
  one: ArrayLike<number>,
  two: ArrayLike<number>,
): boolean {
  return ranges.every(([a, b], c) => Math.abs(one[c] - two[c]) < NEAR * (b - a));
}

/** Of points, shape `[rows, 2]`, those at which a solution has a value: none where it jumps. */
export function withoutJumps(resolved: ResolvedPde, points: Float64Array): Float64Array {
  const jumps = solutionCorners(resolved).filter(({ isJump }) => isJump);
  if (jumps.length === 0) return points;
  const isKept = Array.from(
    { length: points.length / 2 },
    (_, r) => !jumps.some(({ at }) => isNear(resolved, at, points.subarray(2 * r, 2 * r + 2))),
  );
  return points.filter((_, i) => isKept[Math.floor(i / 2)]);
}

/** A jump of less than this share of the conditions' size is none. */
const FELT = 1e-3;

/** The corners of a problem in two coordinates: jumps first. */
export function solutionCorners(resolved: ResolvedPde): SolutionCorner[] {
  const { coordinates, ranges, problem, terms } = resolved;
  if (coordinates.length !== 2) return [];
  const found: SolutionCorner[] = [];
  const add = ([x, y]: readonly number[], isJump: boolean) => {
    if (!found.some(({ at }) => isNear(resolved, at, [x, y]))) found.push({ at: [x, y], isJump });
  };
  for (const { corner, jump } of contradictions(resolved)) if (jump > FELT) add(corner, true);
  for (const { place } of valueJumps(resolved, FELT)) add(place, true);
  for (const corner of domainCorners(problem)) add(corner, false);
  for (const { condition } of terms) {
    const at = condition?.at;
    if (!at || !coordinates.some((name) => isPart(at, name))) continue;
    const faces = readFaces(at, coordinates, ranges);
    const places = faces.map((face) => face.kind === "positions" ? face.values : face.range);
    for (const x of places[0]) {
      for (const y of places[1]) {
        // ends of a part that is not at the end of the face
        const isEnd = faces.some((face, c) =>
          face.kind === "range" && !face.isWhole &&
          ![ranges[c][0], ranges[c][1]].includes([x, y][c])
        );
        if (isEnd) add([x, y], false);
      }
    }
  }
  return found;
}

/** Highest derivatives of the equations: by each coordinate, and of all. */
function ordersOf({ terms, coordinates }: ResolvedPde): number[] {
  return coordinates.map((_, c) =>
    Math.max(
      0,
      ...terms.flatMap(({ residual, condition }) =>
        condition
          ? []
          : outputsOf(residual).map(({ derivative }) => derivative.filter((i) => i === c).length)
      ),
    )
  );
}

/**
 * Powers of the coordinates' distances in the one that equations are measured by: of heat
 * `|x| + sqrt(t)`.
 */
export function distancePowers(resolved: ResolvedPde): number[] {
  const orders = ordersOf(resolved), most = Math.max(1, ...orders);
  return orders.map((order) => Math.max(1, order) / most);
}

/**
 * By what powers exceed those of finite energy where a solution does not jump: the nearest pieces, which
 * no splines follow, then count less. A solution `r^a` allows for less than `a`; slits and ends of a
 * condition have `a = 1/2`.
 */
const BEYOND_ENERGY = 0.4;

/**
 * What a term's residuals are multiplied by near corners, per point of shape `[rows, 2]`.
 *
 * A distance `r` is measured as the equations do: of heat `|x| + sqrt(t)`, in units of the domain.
 * An equation of order `m` has `r^(m/2)`, a condition with derivatives of order `k` `r^(k/2)`, so that a
 * solution of finite energy has finite ones, and a little more; where the solution jumps both have one
 * power more.
 *
 * @param least Points nearer than this do not count at all.
 */
export function cornerFactors(
  resolved: ResolvedPde,
  corners: readonly SolutionCorner[],
  { condition, residual }: ResolvedTerm,
  points: Float64Array,
  least = 0,
): Float64Array {
  const factors = new Float64Array(points.length / 2).fill(1);
  if (corners.length === 0) return factors;
  const powers = distancePowers(resolved), most = Math.max(1, ...ordersOf(resolved));
  const order = condition
    ? Math.max(0, ...outputsOf(residual).map(({ derivative }) => derivative.length))
    : most;
  corners.forEach(({ at, isJump }) => {
    const power = order / 2 + (isJump ? 1 : order > 0 ? BEYOND_ENERGY : 0);
    if (power === 0 && least === 0) return;
    for (let r = 0; r < factors.length; r++) {
      const distance = resolved.ranges.reduce((sum, [a, b], c) => {
        const part = Math.abs(points[2 * r + c] - at[c]) / (b - a);
        return sum + pow(part, powers[c]);
      }, 0);
      if (distance < 1) factors[r] *= distance < least ? 0 : pow(distance, power);
    }
  });
  return factors;
}
