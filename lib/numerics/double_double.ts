/**
 * Double-double arithmetic: unevaluated sums `high + low` of two float64 numbers, with about 32
 * digits (Dekker 1971).
 *
 * @module
 */

/** A number `high + low`, `|low| <= ulp(high) / 2`. */
export type DoubleDouble = readonly [high: number, low: number];

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

/** `a - b`, exact. */
export function exactDifference(a: number, b: number): DoubleDouble {
  return sum(a, -b);
}

/** `a + b`. */
export function add(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const [high, low] = sum(a[0], b[0]);
  return renormalise(high, low + (a[1] + b[1]));
}

/** `a b`. */
export function times(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const [high, low] = product(a[0], b[0]);
  return renormalise(high, low + (a[0] * b[1] + a[1] * b[0]));
}

/** `a / b`. */
export function over(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const quotient = a[0] / b[0];
  const [high, low] = times([quotient, 0], b);
  const remainder = add(a, [-high, -low]);
  return renormalise(quotient, (remainder[0] + remainder[1]) / b[0]);
}

function sum(a: number, b: number): DoubleDouble {
  const high = a + b;
  return [high, sumError(a, b, high)];
}

function product(a: number, b: number): DoubleDouble {
  const high = a * b;
  return [high, productError(a, b, high)];
}

function renormalise(high: number, low: number): DoubleDouble {
  const total = high + low;
  return [total, low - (total - high)];
}

/**
 * Computes `a + (b - a) * (high + low) / (totalHigh + totalLow)`, correctly rounded but for
 * chances of about 1e-14.
 *
 * Knots are computed so: a knot depends on its exact position only and not on the way that led
 * there, and a refined grid holds the coarse knots bit for bit.
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
