/**
 * Corners of a domain at which two conditions ask for different values of an unknown: a solution jumps
 * there.
 *
 * @module
 */

import { differentiate, evaluateExpression, number } from "./expression.ts";
import { readFaces } from "./faces.ts";
import { outputsOf } from "./outputs.ts";
import type { ResolvedPde, ResolvedTerm } from "./resolve.ts";

/** Two conditions that contradict each other. */
export interface Contradiction {
  readonly one: ResolvedTerm;
  readonly two: ResolvedTerm;
  /** Number of the unknown. */
  readonly output: number;
  /** Where their faces meet: a number per coordinate. */
  readonly corner: readonly number[];
  /** What they ask for there. */
  readonly values: readonly [number, number];
}

/** Values that differ by more than this share of the conditions' size contradict each other. */
const ALIKE = 1e-6;
/** Places of a free coordinate that are looked at. */
const PLACES = [0, 0.3, 1];
/** Places along a face at which a condition's size is measured. */
const SIZED = 33;

/** All contradictions, corner by corner, of conditions whose faces meet. */
export function contradictions({ coordinates, ranges, terms }: ResolvedPde): Contradiction[] {
  const pointOf = (place: readonly number[]) =>
    Object.fromEntries(coordinates.map((name, c) => [name, place[c]]));
  const conditions = terms.flatMap((term) => {
    const asked = askedValue(term);
    if (!asked) return [];
    const faces = readFaces(term.condition!.at!, coordinates, ranges);
    const values = placesOf(
      faces.map((face) =>
        face.kind === "positions" ? face.values : Array.from(
          { length: SIZED },
          (_, i) => between(face.range, i / (SIZED - 1)),
        )
      ),
      MOST_SIZED,
    ).map((place) => Math.abs(asked.value(pointOf(place)))).filter(Number.isFinite);
    return [{ ...asked, term, faces, size: Math.max(...values, 0) }];
  });
  const found: Contradiction[] = [];
  conditions.forEach((one, i) => {
    for (const two of conditions.slice(i + 1)) {
      if (one.output !== two.output) continue;
      // in each coordinate: common positions, or both run
      const places = coordinates.map((_, c) => {
        const [a, b] = [one, two].map(({ faces }) => faces[c]);
        if (a.kind === "positions") {
          return a.values.filter((x) =>
            b.kind === "positions" ? b.values.includes(x) : x >= b.range[0] && x <= b.range[1]
          );
        }
        if (b.kind === "positions") {
          return b.values.filter((x) => x >= a.range[0] && x <= a.range[1]);
        }
        const common = [
          Math.max(a.range[0], b.range[0]),
          Math.min(a.range[1], b.range[1]),
        ] as const;
        return common[0] > common[1] ? [] : PLACES.map((s) => between(common, s));
      });
      for (const corner of placesOf(places, Infinity)) {
        const values = [one.value(pointOf(corner)), two.value(pointOf(corner))] as const;
        if (!(Math.abs(values[0] - values[1]) > ALIKE * Math.max(one.size, two.size))) continue;
        found.push({ one: one.term, two: two.term, output: one.output, corner, values });
      }
    }
  });
  return found;
}

/** Places at most that a condition's size is measured at. */
const MOST_SIZED = 4096;

function between([a, b]: readonly [number, number], share: number): number {
  return share === 1 ? b : a + share * (b - a);
}

/** All combinations of the coordinates' numbers, about so many at most. */
function placesOf(each: readonly (readonly number[])[], most: number): number[][] {
  let all: number[][] = [[]];
  for (const values of each) {
    const stride = all.length * values.length > most ? Math.max(1, values.length - 1) : 1;
    const some = values.filter((_, i) => i % stride === 0);
    all = all.flatMap((place) => some.map((x) => [...place, x]));
  }
  return all;
}

/** Of a condition `u = f(x)`: which unknown, and `f`; undefined for all others. */
function askedValue({ residual, condition }: ResolvedTerm): {
  readonly output: number;
  readonly value: (at: Readonly<Record<string, number>>) => number;
} | undefined {
  if (!condition?.at) return undefined;
  const [fixed, ...others] = outputsOf(residual);
  if (!fixed || fixed.place || others.length > 0 || fixed.derivative.length > 0) return undefined;
  const slope = differentiate(residual, (name) => name === fixed.name ? number(1) : undefined);
  if (slope.kind !== "number" || slope.value === 0) return undefined;
  return {
    output: fixed.output,
    value: (at) => -evaluateExpression(residual, { ...at, [fixed.name]: 0 }) / slope.value,
  };
}
