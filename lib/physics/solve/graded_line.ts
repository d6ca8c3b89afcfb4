/**
 * Lines whose pieces shrink towards some positions.
 *
 * Pieces whose lengths shrink with the distance from a singularity, down to a shortest one, follow it with
 * an error that falls exponentially with their number (Babuska and Guo 1986).
 *
 * @module
 */

import { type Line, lineOn } from "./window_space.ts";

/** How dense pieces are. */
export interface Grading {
  /** The shortest piece, as a share of the whole. */
  readonly shortest: number;
  /** Lengths of pieces in units of the distance from a corner. */
  readonly growth: number;
  /** Pieces of a line without corners, at least. */
  readonly pieces: number;
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
