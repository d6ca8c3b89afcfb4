/**
 * Points of a box where a network is large or small: where searches begin.
 *
 * @module
 */

import { createRandom, forward, inputGradient, type Network } from "../model/mod.ts";
import type { Enclosure } from "./_enclosure.ts";
import type { Quantity } from "./_search.ts";

/** Points that are drawn. */
const POINTS = 512;

/** The best points of a sample, by what is looked for. */
export interface Starts {
  /** Points where `sign * what` is largest, best first. */
  of(what: Quantity, sign: 1 | -1): Float64Array[];
  /** From the smallest to the largest value of the sample; 0 of second derivatives. */
  rangeOf(what: Quantity): readonly [number, number];
  /** The first points of the sample. */
  points(count: number): Float64Array[];
}

/**
 * Draws points of a box, its corners more often than chance would, and evaluates there.
 *
 * @param slopes Whether derivatives are wanted as well.
 */
export function drawStarts(network: Network, box: Float64Array, slopes: boolean): Starts {
  const nIn = box.length / 2, nOut = network.config.widths.at(-1)!;
  const random = createRandom(1, "certify");
  const points = Float64Array.from({ length: POINTS * nIn }, (_, k) => {
    const low = box[2 * (k % nIn)], high = box[2 * (k % nIn) + 1];
    const share = Math.max(0, Math.min(1, 1.25 * random.uniform() - 0.125));
    return Math.min(high, low + share * (high - low));
  });
  const values = forward(network, points, POINTS);
  const gradients = slopes ? inputGradient(network, points, POINTS) : new Float64Array(0);
  function sample({ kind, output, index }: Quantity, row: number): number {
    if (kind === "value") return values[row * nOut + output];
    const at = (row * nOut + output) * nIn;
    if (kind === "slope") return gradients[at + index];
    return kind === "norm" ? Math.hypot(...gradients.subarray(at, at + nIn)) : 0;
  }
  const pointAt = (row: number) => points.slice(row * nIn, (row + 1) * nIn);
  return {
    points: (count) => Array.from({ length: Math.min(count, POINTS) }, (_, row) => pointAt(row)),
    of(what, sign) {
      let best = 0;
      for (let row = 1; row < POINTS; row++) {
        if (sign * sample(what, row) > sign * sample(what, best)) best = row;
      }
      return [pointAt(best)];
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

/** What the searches of one certificate have in common. */
export interface Frame {
  readonly network: Network;
  readonly enclosure: Enclosure;
  readonly box: Float64Array;
  readonly starts: Starts;
  readonly tolerance: number;
  readonly boxes: number;
}
