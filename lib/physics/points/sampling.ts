/**
 * Collocation points on boxes: grids, uniform random points, Sobol's sequence.
 *
 * @module
 */

import { pow } from "../../numerics/inner.ts";
import { createRandom } from "../../model/mod.ts";

/** How points are spread over a box. */
export type Sampler =
  /** A grid that holds the ends, with so many points per coordinate. */
  | { readonly kind: "grid"; readonly counts: readonly number[] }
  /** Independent uniform points. */
  | { readonly kind: "uniform"; readonly count: number; readonly seed: number }
  /** Sobol's sequence (up to 8 coordinates), shifted at random by the seed (0: not at all). */
  | { readonly kind: "sobol"; readonly count: number; readonly seed: number }
  /** The points themselves, shape `[count, coordinates]`. */
  | { readonly kind: "points"; readonly points: Float64Array };

/**
 * Spreads points over a box.
 *
 * @param ranges `[a, b]` per coordinate.
 * @param sampler How.
 * @returns Points, shape `[count, coordinates]`; on a grid the last coordinate runs fastest.
 * @throws {RangeError} If a count is not an integer of at least 1, or Sobol's sequence is wanted in
 * more than 8 coordinates.
 *
 * @example
 * ```ts
 * import { samplePoints } from "@freeknot/freeknot/physics";
 * import { assertEquals } from "@std/assert";
 *
 * const points = samplePoints([[0, 1], [-1, 1]], { kind: "grid", counts: [1, 3] });
 * assertEquals([...points], [0.5, -1, 0.5, 0, 0.5, 1]);
 * ```
 */
export function samplePoints(
  ranges: readonly (readonly [number, number])[],
  sampler: Sampler,
): Float64Array {
  if (sampler.kind === "points") return sampler.points;
  const counts = sampler.kind === "grid" ? sampler.counts : [sampler.count];
  const sound = counts.every((count) => Number.isInteger(count) && count >= 1) &&
    (sampler.kind !== "grid" || counts.length === ranges.length);
  if (!sound) {
    throw new RangeError(
      `Cannot sample points: counts must be integers >= 1${
        sampler.kind === "grid" ? `, one for each of ${ranges.length} coordinates` : ""
      }, current value is [${counts.join(", ")}]`,
    );
  }
  switch (sampler.kind) {
    case "grid":
      return grid(ranges, sampler.counts);
    case "uniform": {
      const random = createRandom(sampler.seed, "physics/points");
      return scale(ranges, sampler.count, () => random.uniform());
    }
    case "sobol": {
      const sequence = sobol(ranges.length, sampler.count);
      const random = createRandom(sampler.seed, "physics/sobol");
      const shifts = ranges.map(() => sampler.seed === 0 ? 0 : random.uniform());
      return scale(
        ranges,
        sampler.count,
        (r, i) => (sequence[r * ranges.length + i] + shifts[i]) % 1,
      );
    }
  }
}

/** Most coordinates of Sobol's sequence. */
const MOST_SOBOL = 8;

/**
 * Even points in any number of coordinates: Sobol's sequence, shifted by the seed, beyond its 8
 * coordinates independent uniform points of the seed.
 */
export function evenSampler(coordinates: number, count: number, seed: number): Sampler {
  return { kind: coordinates <= MOST_SOBOL ? "sobol" : "uniform", count, seed };
}

function scale(
  ranges: readonly (readonly [number, number])[],
  count: number,
  unit: (row: number, coordinate: number) => number,
): Float64Array {
  const points = new Float64Array(count * ranges.length);
  for (let r = 0; r < count; r++) {
    ranges.forEach(([a, b], i) => points[r * ranges.length + i] = a + (b - a) * unit(r, i));
  }
  return points;
}

function grid(
  ranges: readonly (readonly [number, number])[],
  counts: readonly number[],
): Float64Array {
  const rows = counts.reduce((product, count) => product * count, 1);
  const points = new Float64Array(rows * ranges.length);
  for (let r = 0; r < rows; r++) {
    let rest = r;
    for (let i = ranges.length - 1; i >= 0; i--) {
      const [a, b] = ranges[i], k = rest % counts[i];
      rest = Math.floor(rest / counts[i]);
      points[r * ranges.length + i] = counts[i] === 1
        ? (a + b) / 2
        : a + (b - a) * (k / (counts[i] - 1));
    }
  }
  return points;
}

/**
 * Degree s, coefficients a and initial numbers m of the primitive polynomials, from the second
 * coordinate on (Joe and Kuo 2008, new-joe-kuo-6.21201).
 */
const DIRECTIONS: readonly (readonly [number, number, readonly number[]])[] = [
  [1, 0, [1]],
  [2, 1, [1, 3]],
  [3, 1, [1, 3, 1]],
  [3, 2, [1, 1, 1]],
  [4, 1, [1, 1, 3, 3]],
  [4, 4, [1, 3, 5, 13]],
  [5, 2, [1, 1, 5, 5, 17]],
];

/** The first points after the origin of Sobol's sequence in `[0, 1)^d`. */
function sobol(coordinates: number, count: number): Float64Array {
  if (coordinates > MOST_SOBOL) {
    throw new RangeError(
      `Cannot sample points: sobol must have at most ${MOST_SOBOL} coordinates, ` +
        `current value is ${coordinates}`,
    );
  }
  const points = new Float64Array(count * coordinates);
  for (let i = 0; i < coordinates; i++) {
    const v = new Uint32Array(33);
    if (i === 0) { for (let k = 1; k <= 32; k++) v[k] = pow(2, 32 - k); }
    else {
      const [s, a, m] = DIRECTIONS[i - 1];
      for (let k = 1; k <= 32; k++) {
        if (k <= s) v[k] = m[k - 1] * pow(2, 32 - k);
        else {
          v[k] = v[k - s] ^ (v[k - s] >>> s);
          for (let l = 1; l < s; l++) v[k] ^= ((a >> (s - 1 - l)) & 1) * v[k - l];
        }
      }
    }
    let x = 0;
    for (let r = 0; r < count; r++) {
      let bit = 1; // of the lowest zero of r
      for (let rest = r; rest & 1; rest >>>= 1) bit++;
      x = (x ^ v[bit]) >>> 0;
      points[r * coordinates + i] = x / 2 ** 32;
    }
  }
  return points;
}
