/**
 * Where a condition lies: positions and ranges of coordinates.
 *
 * @module
 */

import type { PdeCondition, PdePlace } from "./pde.ts";

/** What a condition says of one coordinate. */
export type Face =
  /** It runs over a range: the whole domain, or a part. */
  | { readonly kind: "range"; readonly range: readonly [number, number]; readonly isWhole: boolean }
  /** It has these values. */
  | { readonly kind: "positions"; readonly values: readonly number[] };

/**
 * Reads `at`. A number is a position, `{ points: [...] }` are several, `{ range: [a, b] }` is a
 * part. A list of two numbers is the part between them where another coordinate has a position
 * (half a face), else two positions (both ends); a longer list is positions.
 */
export function readFaces(
  at: NonNullable<PdeCondition["at"]>,
  coordinates: readonly string[],
  ranges: readonly (readonly [number, number])[],
): Face[] {
  return coordinates.map((name, i): Face => {
    const place = at[name];
    if (place === undefined) return { kind: "range", range: ranges[i], isWhole: true };
    if (isPart(at, name)) {
      const [a, b] = partOf(place);
      const isWhole = a <= ranges[i][0] && b >= ranges[i][1];
      return { kind: "range", range: [a, b], isWhole };
    }
    return { kind: "positions", values: positionsOf(place) };
  });
}

/** Whether a coordinate's list is read as a part of a face. */
export function isPart(at: NonNullable<PdeCondition["at"]>, name: string): boolean {
  const place = at[name];
  if (typeof place === "object" && "range" in place) return true;
  if (!isPair(place)) return false;
  return Object.entries(at).some(([other, position]) =>
    other !== name &&
    (typeof position === "number" || (typeof position === "object" && "points" in position))
  );
}

function isPair(place: PdePlace): place is readonly [number, number] {
  return Array.isArray(place) && place.length === 2;
}

function partOf(place: PdePlace): readonly [number, number] {
  const [a, b] = typeof place === "object" && "range" in place
    ? place.range
    : place as readonly number[];
  return [Math.min(a, b), Math.max(a, b)];
}

/** Positions; of a part its ends. */
export function positionsOf(place: PdePlace): readonly number[] {
  if (typeof place === "number") return [place];
  if ("points" in place) return place.points;
  if ("range" in place) return place.range;
  return place as readonly number[];
}
