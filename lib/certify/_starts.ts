/**
 * Points of a box where a network is large or small: where searches begin.
 *
 * @module
 */

import { stagesOf } from "../model/inner.ts";
import { createRandom } from "../model/mod.ts";
import type { Enclosure } from "./_enclosure.ts";
import type { Subject } from "./_means.ts";
import type { Climb, Quantity } from "./_search.ts";
import { hypot } from "../numerics/inner.ts";

/** Points that are drawn. */
const POINTS = 512;

/** The best points of a sample, by what is looked for. */
export interface Starts {
  /** The point of the sample where `sign * what` is largest. */
  best(what: Quantity, sign: 1 | -1): Float64Array;
  /** From the smallest to the largest value of the sample; 0 of second derivatives. */
  rangeOf(what: Quantity): readonly [number, number];
  /**
   * Climbs from a point to where `sign * what` is larger, by steps along the gradient and along the
   * axes.
   */
  climb(what: Quantity, sign: 1 | -1, from: Float64Array): Float64Array;
  /** The first points of the sample. */
  points(count: number): Float64Array[];
}

/**
 * Draws points of a box, its corners more often than chance would, and evaluates there.
 *
 * @param slopes Whether derivatives are wanted as well.
 */
export function drawStarts(subject: Subject, box: Float64Array, slopes: boolean): Starts {
  const { nIn, nOut } = subject;
  const random = createRandom(1, "certify");
  const points = Float64Array.from({ length: POINTS * nIn }, (_, k) => {
    const low = box[2 * (k % nIn)], high = box[2 * (k % nIn) + 1];
    const share = Math.max(0, Math.min(1, 1.25 * random.uniform() - 0.125));
    return Math.min(high, low + share * (high - low));
  });
  const values = subject.values(points, POINTS);
  const gradients = slopes ? subject.gradients(points, POINTS) : new Float64Array(0);
  function sample({ kind, output, index }: Quantity, row: number): number {
    if (kind === "value") return values[row * nOut + output];
    const at = (row * nOut + output) * nIn;
    if (kind === "slope") return gradients[at + index];
    return kind === "norm" ? hypot(...gradients.subarray(at, at + nIn)) : 0;
  }
  const pointAt = (row: number) => points.slice(row * nIn, (row + 1) * nIn);
  return {
    points: (count) => Array.from({ length: Math.min(count, POINTS) }, (_, row) => pointAt(row)),
    climb: (what, sign, from) => climb(subject, box, what, sign, from),
    best(what, sign) {
      let best = 0;
      for (let row = 1; row < POINTS; row++) {
        if (sign * sample(what, row) > sign * sample(what, best)) best = row;
      }
      return pointAt(best);
    },
    rangeOf(what) {
      let low = Infinity, high = -Infinity;
      for (let row = 0; row < POINTS; row++) {
        const value = sample(what, row);
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
      return [low, high];
    },
  };
}

/** Climbs from the sample's best point, or from another one. */
export function climberOf(starts: Starts, what: Quantity, sign: 1 | -1): Climb {
  return (from) => starts.climb(what, sign, from ?? starts.best(what, sign));
}

/** The share of a range over which slopes are compared. */
const NEAR = 1e-5;

/** Evaluations of one climb: a number, and more for each input; fewer where one is much work. */
const CLIMB = 300, CLIMB_PER_INPUT = 30, CLIMB_WORK = 3e6;

/** How much work one evaluation is: the sizes of all layers. */
export function countWork({ networks }: Subject): number {
  const stages = networks.flatMap(({ config }) => stagesOf(config));
  return stages.reduce((sum, { nIn, nOut }) => sum + nIn * nOut, 0);
}

function climb(
  subject: Subject,
  box: Float64Array,
  what: Quantity,
  sign: 1 | -1,
  from: Float64Array,
): Float64Array {
  const { kind, output, index } = what, nIn = from.length;
  const work = CLIMB_WORK / (countWork(subject) * (kind === "value" ? 1 : nIn));
  let left = Math.max(20, Math.min(CLIMB + CLIMB_PER_INPUT * nIn, work));
  function height(x: Float64Array): number {
    left--;
    if (kind === "value") return sign * subject.values(x, 1)[output];
    const slopesAt = (at: Float64Array) =>
      subject.gradients(at, 1).subarray(output * nIn, (output + 1) * nIn);
    if (kind === "bend") { // a difference of slopes
      const low = box[2 * index], high = box[2 * index + 1], step = NEAR * (high - low);
      const ends = [Math.max(low, x[index] - step), Math.min(high, x[index] + step)];
      const [before, after] = ends.map((end) => slopesAt(x.with(index, end))[index]);
      return sign * (after - before) / (ends[1] - ends[0]);
    }
    const gradient = slopesAt(x);
    return sign * (kind === "slope" ? gradient[index] : hypot(...gradient));
  }
  let x: Float64Array = from.slice(), top = height(x);
  function step(to: Float64Array): boolean {
    for (let i = 0; i < nIn; i++) {
      to[i] = Math.min(box[2 * i + 1], Math.max(box[2 * i], to[i]));
    }
    const next = height(to);
    if (!(next > top)) return false;
    top = next;
    x = to;
    return true;
  }
  if (kind === "value") {
    let length = 0.5;
    for (let turn = 0; turn < 40 && length > 1e-6; turn++) {
      const slopes = subject.gradients(x, 1).subarray(output * nIn, (output + 1) * nIn);
      const scaled = slopes.map((slope, i) => slope * (box[2 * i + 1] - box[2 * i]));
      const size = hypot(...scaled);
      if (!(size > 0)) break;
      const goes = (share: number) =>
        step(
          x.map((at, i) => at + sign * share * scaled[i] / size * (box[2 * i + 1] - box[2 * i])),
        );
      while (length > 1e-6 && !goes(length)) length /= 4;
      length *= 2;
    }
  }
  for (let share = 0.125; share > 1e-5 && left > 0; share /= 2) {
    for (let moved = true; moved && left > 0;) {
      moved = false;
      for (let i = 0; i < nIn && left > 0; i++) {
        const length = share * (box[2 * i + 1] - box[2 * i]);
        if (length === 0) continue;
        for (const side of [length, -length]) {
          const to = x.slice();
          to[i] += side;
          if (step(to)) {
            moved = true;
            break;
          }
        }
      }
    }
  }
  return x;
}

/** What the searches of one certificate have in common. */
export interface Frame {
  readonly subject: Subject;
  readonly enclosure: Enclosure;
  readonly box: Float64Array;
  readonly starts: Starts;
  readonly tolerance: number;
  readonly boxes: number;
}
