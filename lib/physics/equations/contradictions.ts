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
  /** How far these are apart, as a share of the conditions' size. */
  readonly jump: number;
}

/** Values that differ by more than this share of the conditions' size contradict each other. */
const ALIKE = 1e-6;
/** Places of a free coordinate that are looked at. */
const PLACES = [0, 0.3, 1];
/** Places along a face at which a condition's size is measured. */
const SIZED = 33;

/** All contradictions, corner by corner, of conditions whose faces meet. */
export function contradictions(resolved: ResolvedPde): Contradiction[] {
  const { coordinates } = resolved;
  const pointOf = pointMaker(coordinates);
  const conditions = conditionsOf(resolved);
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
        const jump = Math.abs(values[0] - values[1]) / Math.max(one.size, two.size);
        if (!(jump > ALIKE)) continue;
        found.push({ one: one.term, two: two.term, output: one.output, corner, values, jump });
      }
    }
  });
  return found;
}

/** Places of a face between which a condition's value may jump once, and halvings of what lies between. */
const JUMP_PLACES = 257, HALVINGS = 60;
/** What a value may change by between two places, of a change that halves with their distance. */
const STAYS = 0.5;

/** A place of a face at which a condition's value jumps. */
export interface ValueJump {
  readonly place: readonly number[];
  /** By how much, as a share of the condition's size. */
  readonly jump: number;
}

/** Jumps of conditions' values along faces with one free coordinate, beyond a share of their size. */
export function valueJumps(resolved: ResolvedPde, least: number): ValueJump[] {
  const { coordinates, ranges } = resolved, pointOf = pointMaker(coordinates);
  return conditionsOf(resolved).flatMap(({ faces, value, size }) => {
    const free = faces.findIndex(({ kind }) => kind === "range"), face = faces[free];
    const isLine = faces.every(({ kind }, c) => c === free || kind === "positions");
    if (face?.kind !== "range" || !isLine) return [];
    const fixed = faces.map((each) => each.kind === "positions" ? each.values : [NaN]);
    return placesOf(fixed, Infinity).flatMap((place) => {
      const at = (x: number) => value(pointOf(place.map((y, c) => c === free ? x : y)));
      return jumpsBetween(face.range, at, least * size).map(({ x, jump }): ValueJump => {
        const unit = ROUNDED * (ranges[free][1] - ranges[free][0]);
        const rounded = Math.round(x / unit) * unit;
        return { place: place.map((y, c) => c === free ? rounded : y), jump: jump / size };
      });
    });
  });
}

/** Places are as exact as this share of the domain. */
const ROUNDED = 2 ** -40;

function jumpsBetween(
  range: readonly [number, number],
  valueAt: (x: number) => number,
  least: number,
): { readonly x: number; readonly jump: number }[] {
  const found: { x: number; jump: number }[] = [];
  for (let k = 1; k < JUMP_PLACES; k++) {
    let [a, b] = [k - 1, k].map((i) => between(range, i / (JUMP_PLACES - 1)));
    let [low, high] = [valueAt(a), valueAt(b)];
    const before = Math.abs(high - low);
    for (let i = 0; i < HALVINGS && Math.abs(high - low) > Math.max(least, STAYS * before); i++) {
      const middle = (a + b) / 2, value = valueAt(middle);
      if (Math.abs(value - low) > Math.abs(high - value)) [b, high] = [middle, value];
      else [a, low] = [middle, value];
    }
    if (Math.abs(high - low) > Math.max(least, STAYS * before)) {
      found.push({ x: (a + b) / 2, jump: Math.abs(high - low) });
    }
  }
  return found;
}

function pointMaker(coordinates: readonly string[]) {
  return (place: readonly number[]): Readonly<Record<string, number>> =>
    Object.fromEntries(coordinates.map((name, c) => [name, place[c]]));
}

/** Conditions `u = f(x)` with their faces and the largest value that they ask for. */
function conditionsOf({ coordinates, ranges, terms }: ResolvedPde) {
  const pointOf = pointMaker(coordinates);
  return terms.flatMap((term) => {
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
