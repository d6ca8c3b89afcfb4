/**
 * Derivatives of `silu(x) = x / (1 + exp(-x))`.
 *
 * @module
 */

import { exp } from "../numerics/inner.ts";

/**
 * Computes `silu(x), silu'(x), ..., silu^(order)(x)`.
 *
 * `silu^(m) = x s^(m) + m s^(m-1)` with the logistic function `s`, `s' = s (1 - s)`.
 *
 * @param x Point.
 * @param order Highest order, 0 to 7.
 * @param out Overwritten from `at` on if given; allocated otherwise.
 * @param at Where the first value goes. Default 0.
 * @param step Distance between values. Default 1.
 * @returns The values, `out` if given.
 *
 * @example
 * ```ts
 * import { siluDerivatives } from "./inner.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([...siluDerivatives(0, 2)], [0, 0.5, 0.5]);
 * ```
 */
export function siluDerivatives(
  x: number,
  order: number,
  out: Float64Array = new Float64Array(order + 1),
  at = 0,
  step = 1,
): Float64Array {
  const s = 1 / (1 + exp(-x));
  const s1 = s * (1 - s), c = 1 - 2 * s;
  const s2 = s1 * c, s3 = s1 * (1 - 6 * s1), s4 = s2 * (1 - 12 * s1);
  const s5 = s1 * (1 + s1 * (-30 + 120 * s1));
  out[at] = x * s;
  if (order >= 1) out[at + step] = s + x * s1;
  if (order >= 2) out[at + 2 * step] = 2 * s1 + x * s2;
  if (order >= 3) out[at + 3 * step] = 3 * s2 + x * s3;
  if (order >= 4) out[at + 4 * step] = 4 * s3 + x * s4;
  if (order >= 5) out[at + 5 * step] = 5 * s4 + x * s5;
  if (order >= 6) {
    const s6 = s2 * (1 + s1 * (-60 + 360 * s1));
    out[at + 6 * step] = 6 * s5 + x * s6;
    if (order >= 7) {
      out[at + 7 * step] = 7 * s6 + x * s1 * (1 + s1 * (-126 + s1 * (1680 - 5040 * s1)));
    }
  }
  if (x === -Infinity || (s === 0 && !(x > -Infinity))) out[at] = 0;
  return out;
}
