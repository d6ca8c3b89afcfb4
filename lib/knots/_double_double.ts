/**
 * Error terms of float64 sums and products, the bricks of double-double arithmetic.
 *
 * A double-double is an unevaluated sum `high + low` with about 32 digits. Knots are computed in
 * it and rounded once, so that a knot depends on its exact position only and not on the way that
 * led there: a refined grid holds the coarse knots bit for bit.
 *
 * @module
 */

const SPLITTER = 134217729; // 2^27 + 1 (Veltkamp)

/** The rounding error of `sum = a + b`, exactly (Knuth's two-sum). */
export function sumError(a: number, b: number, sum: number): number {
  const part = sum - a;
  return (a - (sum - part)) + (b - part);
}

/** The rounding error of `product = a * b`, exactly unless it overflows (Dekker). */
export function productError(a: number, b: number, product: number): number {
  const aScaled = SPLITTER * a, bScaled = SPLITTER * b;
  const aHigh = aScaled - (aScaled - a), bHigh = bScaled - (bScaled - b);
  const aLow = a - aHigh, bLow = b - bHigh;
  return aLow * bLow - (((product - aHigh * bHigh) - aLow * bHigh) - aHigh * bLow);
}

/**
 * Computes `a + (b - a) * (high + low) / (totalHigh + totalLow)`, correctly rounded but for
 * chances of about 1e-14.
 */
export function pointAt(
  a: number,
  b: number,
  high: number,
  low: number,
  totalHigh: number,
  totalLow: number,
): number {
  // quotient q = (high + low) / (totalHigh + totalLow)
  const q0 = high / totalHigh;
  const p = q0 * totalHigh;
  const remainder = (high - p) - productError(q0, totalHigh, p) + low - q0 * totalLow;
  const q1 = remainder / totalHigh;
  // width w = b - a
  const w0 = b - a;
  const w1 = sumError(b, -a, w0);
  // product m = w q
  const m0 = w0 * q0;
  const m1 = productError(w0, q0, m0) + (w0 * q1 + w1 * q0);
  // sum a + m
  const s0 = a + m0;
  return s0 + (sumError(a, m0, s0) + m1);
}
