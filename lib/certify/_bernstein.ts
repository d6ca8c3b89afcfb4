/**
 * Polynomials in Bernstein form: their coefficients enclose them, subdivision tightens the
 * enclosure and changes nothing (G. Farin, Curves and Surfaces for CAGD, 2002, chapters 4 and 5).
 *
 * @module
 */

import { ULP } from "./_rounding.ts";

/** Halvings after which a bound is good enough: its excess falls by 4 with each. */
const MOST_HALVINGS = 24;

/**
 * Restricts a polynomial of degree `degree` to `[from, to]` of its piece [0, 1]: writes its
 * coefficients there to `out`. Both ends are moved outwards by a few roundings, so that the
 * restriction covers what was asked for.
 */
export function restrictPiece(
  coefficients: Float64Array,
  at: number,
  degree: number,
  from: number,
  to: number,
  out: Float64Array,
): void {
  for (let j = 0; j <= degree; j++) out[j] = coefficients[at + j];
  const left = Math.max(0, from - 4 * ULP), right = Math.min(1, to + 4 * ULP);
  if (left >= 1) {
    out.fill(out[degree], 0, degree);
    return;
  }
  if (left > 0) { // keep the part to the right of it
    for (let k = 1; k <= degree; k++) {
      for (let j = 0; j <= degree - k; j++) out[j] += left * (out[j + 1] - out[j]);
    }
  }
  if (right < 1) { // keep the part to the left of it
    const share = Math.max(0, Math.min(1, (right - left) / (1 - left) * (1 + 4 * ULP)));
    for (let k = 1; k <= degree; k++) {
      for (let j = degree; j >= k; j--) out[j] = out[j - 1] + share * (out[j] - out[j - 1]);
    }
  }
}

/**
 * The minimum of a polynomial on its piece, by halving, from below: the coefficients of a part
 * bound it there, its ends are values.
 *
 * @param coefficients Shape `[degree + 1]`.
 * @param tolerance The result is at most so far below the minimum.
 */
export function minimumOf(
  coefficients: Float64Array,
  degree: number,
  tolerance: number,
): number {
  let attained = Math.min(coefficients[0], coefficients[degree]), lowest = attained;
  const parts: { c: Float64Array; depth: number }[] = [
    { c: coefficients.slice(0, degree + 1), depth: 0 },
  ];
  for (let part = parts.pop(); part; part = parts.pop()) {
    const { c, depth } = part;
    let least = c[0];
    for (let j = 1; j <= degree; j++) if (c[j] < least) least = c[j];
    if (least >= attained - tolerance || depth === MOST_HALVINGS) {
      if (least < lowest) lowest = least;
      continue;
    }
    const [left, right] = halves(c, degree);
    if (right[0] < attained) attained = right[0];
    parts.push({ c: left, depth: depth + 1 }, { c: right, depth: depth + 1 });
  }
  return Math.min(lowest, attained);
}

function halves(c: Float64Array, degree: number): [Float64Array, Float64Array] {
  const left = new Float64Array(degree + 1), right = c.slice();
  left[0] = c[0];
  for (let k = 1; k <= degree; k++) {
    for (let j = 0; j <= degree - k; j++) right[j] = (right[j] + right[j + 1]) / 2;
    left[k] = right[0];
  }
  return [left, right];
}
