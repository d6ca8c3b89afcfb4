/**
 * Points in an order in which neighbours lie near each other.
 *
 * @module
 */

import { log2, pow } from "./elementary/mod.ts";

/** Bits of a place on the curve, and coordinates that take part. */
const BITS = 30, MOST_COORDINATES = 10;

/**
 * Orders points along Morton's curve, which goes through a box's eighths one after the other, and
 * through theirs (G. M. Morton, A computer oriented geodetic data base, IBM 1966): the bits of all
 * coordinates take turns in a point's place. Equal points keep their order. Of more than ten
 * coordinates the first ten count.
 *
 * @param points Shape `[count, dimensions]`.
 * @returns The numbers of the points.
 */
export function nearbyOrder(points: Float64Array, dimensions: number): Int32Array {
  const count = points.length / dimensions, used = Math.min(dimensions, MOST_COORDINATES);
  const low = new Float64Array(used).fill(Infinity), high = new Float64Array(used).fill(-Infinity);
  for (let r = 0; r < count; r++) {
    for (let i = 0; i < used; i++) {
      const x = points[r * dimensions + i];
      low[i] = Math.min(low[i], x);
      high[i] = Math.max(high[i], x);
    }
  }
  const indexBits = Math.ceil(log2(Math.max(2, count)));
  const bits = Math.max(1, Math.floor(Math.min(BITS, 52 - indexBits) / Math.max(1, used)));
  const cells = pow(2, bits), room = pow(2, indexBits), cell = new Int32Array(used);
  const places = new Float64Array(count);
  for (let r = 0; r < count; r++) {
    for (let i = 0; i < used; i++) {
      const share = (points[r * dimensions + i] - low[i]) / (high[i] - low[i]);
      cell[i] = Math.min(cells - 1, Math.floor(share * cells)) || 0; // of a constant 0
    }
    let place = 0;
    for (let bit = bits - 1; bit >= 0; bit--) {
      for (let i = 0; i < used; i++) place = 2 * place + ((cell[i] >> bit) & 1);
    }
    places[r] = place * room + r;
  }
  return Int32Array.from(places.sort(), (place) => place % room);
}

/** Rows of `[count, width]` by their numbers; a copy. */
export function takeRows(
  values: Float64Array,
  width: number,
  rows: ArrayLike<number>,
): Float64Array {
  const taken = new Float64Array(rows.length * width);
  for (let r = 0; r < rows.length; r++) {
    for (let c = 0; c < width; c++) taken[r * width + c] = values[rows[r] * width + c];
  }
  return taken;
}
