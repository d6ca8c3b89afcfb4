/**
 * Which piece a point lies in, in constant time.
 *
 * The domain is cut into equal buckets; each knows the interval at its left edge, so a uniform
 * grid is found at once and a free one after a step or two (bisection where knots crowd).
 *
 * @module
 */

/** The buckets of one knot vector. */
export interface Locator {
  readonly buckets: number;
  /** Interval at each bucket's left edge, shape `[buckets + 1]`. */
  readonly first: Int32Array;
  /** Last interval that is not empty. */
  last: number;
}

/** Allocates the buckets of a knot vector with the given number of intervals. */
export function createLocator(intervals: number): Locator {
  const buckets = Math.max(8, 2 * intervals);
  return { buckets, first: new Int32Array(buckets + 1), last: intervals - 1 };
}

/** Fills the buckets for knots `t` (extended by `degree` at each side). */
export function updateLocator(
  locator: Locator,
  t: Float64Array,
  degree: number,
  intervals: number,
): void {
  const { buckets, first } = locator;
  const a = t[degree], width = (t[degree + intervals] - a) / buckets;
  let last = intervals - 1;
  while (last > 0 && !(t[degree + last + 1] > t[degree + last])) last--;
  let m = 0;
  for (let bucket = 0; bucket <= buckets; bucket++) {
    const edge = a + bucket * width;
    while (m < last && edge >= t[degree + m + 1]) m++;
    first[bucket] = m;
  }
  locator.last = last;
}

/**
 * The interval of a point of the domain: `t_m <= u < t_{m+1}`, never an empty one; the right end
 * belongs to the last one. NaN gives some interval, so that it flows through the arithmetic.
 */
export function locate(
  { buckets, first, last }: Locator,
  t: Float64Array,
  degree: number,
  perUnit: number,
  u: number,
): number {
  let bucket = ((u - t[degree]) * perUnit) | 0;
  if (bucket < 0) bucket = 0;
  else if (bucket >= buckets) bucket = buckets - 1;
  let low = first[bucket], high = first[bucket + 1];
  while (high - low > 4) {
    const middle = (low + high + 1) >> 1;
    if (u >= t[degree + middle]) low = middle;
    else high = middle - 1;
  }
  while (low < last && u >= t[degree + low + 1]) low++;
  while (low > 0 && u < t[degree + low]) low--;
  return low;
}
