/**
 * Corners at which a solution in two coordinates has no derivatives: where they are, how dense pieces
 * are towards them, and how much equations and conditions count near them.
 *
 * Near a corner a solution is about `r^a` times a function of the angle, with `a = pi/omega` for an
 * angle `omega` of the domain (Kondratiev 1967; Grisvard 1985) and `a = 0` where conditions jump. Pieces
 * whose lengths shrink with the distance, down to a shortest one, follow that with an error that falls
 * exponentially with their number (Babuska and Guo 1986). Residuals grow without bound: they count
 * times a power of the distance at which an equation of order `m` has a solution that depends on them
 * (Hardy's inequality, `|u| <= c |r f|` in the energy of `u_xx + u_yy = f`).
 *
 * @module
 */

import { contradictions } from "../equations/contradictions.ts";
import { isPart, readFaces } from "../equations/faces.ts";
import { outputsOf } from "../equations/outputs.ts";
import type { ResolvedPde, ResolvedTerm } from "../equations/resolve.ts";
import { domainCorners } from "../points/domain.ts";
import { pow } from "../../numerics/inner.ts";
import { type Line, lineOn } from "./window_space.ts";

/** A point near which a solution has no derivatives. */
export interface SheetCorner {
  readonly at: readonly [number, number];
  /** Whether the solution itself jumps. */
  readonly isJump: boolean;
}

/** How dense pieces are. */
export interface Grading {
  /** The shortest piece, as a share of the whole. */
  readonly shortest: number;
  /** Lengths of pieces in units of the distance from a corner. */
  readonly growth: number;
  /** Pieces of a line without corners, at least. */
  readonly pieces: number;
}

/** The corners of a problem in two coordinates: jumps first. */
export function sheetCorners(resolved: ResolvedPde): SheetCorner[] {
  const { coordinates, ranges, problem, terms } = resolved;
  if (coordinates.length !== 2) return [];
  const found: SheetCorner[] = [];
  const add = ([x, y]: readonly number[], isJump: boolean) => {
    if (!found.some(({ at }) => at[0] === x && at[1] === y)) found.push({ at: [x, y], isJump });
  };
  for (const { corner } of contradictions(resolved)) add(corner, true);
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
 * What a term's residuals are multiplied by near corners, per point of shape `[rows, 2]`.
 *
 * A distance `r` is measured as the equations do: of heat `|x| + sqrt(t)`, in units of the domain.
 * An equation of order `m` has `r^(m/2)`, a condition with derivatives of order `k` `r^(k/2)`, so that a
 * solution of finite energy has finite ones; where the solution jumps both have one power more.
 */
export function cornerFactors(
  resolved: ResolvedPde,
  corners: readonly SheetCorner[],
  { condition, residual }: ResolvedTerm,
  points: Float64Array,
): Float64Array {
  const factors = new Float64Array(points.length / 2).fill(1);
  if (corners.length === 0) return factors;
  const orders = ordersOf(resolved), most = Math.max(1, ...orders);
  const order = condition
    ? Math.max(0, ...outputsOf(residual).map(({ derivative }) => derivative.length))
    : most;
  corners.forEach(({ at, isJump }) => {
    const power = order / 2 + (isJump ? 1 : 0);
    if (power === 0) return;
    for (let r = 0; r < factors.length; r++) {
      const distance = resolved.ranges.reduce((sum, [a, b], c) => {
        const part = Math.abs(points[2 * r + c] - at[c]) / (b - a);
        return sum + pow(part, Math.max(1, orders[c]) / most);
      }, 0);
      if (distance < 1) factors[r] *= pow(distance, power);
    }
  });
  return factors;
}

/** A line whose pieces are as dense towards positions as a grading says. */
export function gradedLine(
  [a, b]: readonly [number, number],
  positions: readonly number[],
  { shortest, growth, pieces }: Grading,
): Line {
  const inside = [...new Set(positions)].sort((x, y) => x - y);
  const ends = [...new Set([a, ...inside, b])].sort((x, y) => x - y), points = [a];
  const least = shortest * (b - a), most = (b - a) / pieces;
  for (let i = 1; i < ends.length; i++) {
    const [from, to] = [ends[i - 1], ends[i]], sides = [from, to].map((x) => inside.includes(x));
    const steps = stepsBetween(to - from, sides, { least, growth, most });
    steps.forEach((step) => points.push(from + step));
    points.push(to);
  }
  return lineOn(Float64Array.from(points), false);
}

/** Places between 0 and a length, dense at its start, its end, or both. */
function stepsBetween(
  length: number,
  [isFirst, isLast]: readonly boolean[],
  { least, growth, most }: { least: number; growth: number; most: number },
): number[] {
  const distance = (x: number) => Math.min(isFirst ? x : Infinity, isLast ? length - x : Infinity);
  const lengthAt = (x: number) => Math.min(most, Math.max(least, growth * distance(x)));
  // the number of pieces up to a place is an integral: as many of its values are even
  const density = [0], places = [0];
  for (let x = 0; x < length;) {
    const step = Math.min(length - x, lengthAt(x) / FINE);
    const middle = x + step / 2;
    x = length - x <= step ? length : x + step;
    places.push(x);
    density.push(density[density.length - 1] + step / lengthAt(middle));
  }
  const count = Math.max(1, Math.ceil(density[density.length - 1] - 1e-9));
  const steps: number[] = [];
  for (let i = 1, k = 0; i < count; i++) {
    const wanted = density[density.length - 1] * i / count;
    while (density[k + 1] < wanted) k++;
    const share = (wanted - density[k]) / (density[k + 1] - density[k]);
    steps.push(places[k] + share * (places[k + 1] - places[k]));
  }
  return steps;
}

/** Steps of a piece when lengths are summed up. */
const FINE = 16;
