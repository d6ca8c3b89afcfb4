/**
 * Fills in the knots beyond the ends of the domain.
 *
 * @module
 */

import { pointAt } from "../numerics/inner.ts";
import type { OuterKnots } from "./knot_vector.ts";

/**
 * Writes the outer knots of `values`, whose inner knots are in place.
 *
 * `"even"` spaces them by `(b - a) / intervals`, `"free"` by `(b - a) / degree` (as free outer
 * knots with equal logits, the start of training), `"clamped"` repeats the ends.
 */
export function fillOuterKnots(values: Float64Array, degree: number, outerKnots: OuterKnots): void {
  const last = values.length - 1;
  const intervals = last - 2 * degree;
  const a = values[degree], b = values[last - degree];
  const parts = outerKnots === "even" ? intervals : degree;
  for (let k = 1; k <= degree; k++) {
    const clamped = outerKnots === "clamped";
    values[degree - k] = clamped ? a : pointAt(a, b, -k, 0, parts, 0);
    values[last - degree + k] = clamped ? b : pointAt(b, a, -k, 0, parts, 0);
  }
}
