/**
 * Double-double arithmetic: unevaluated sums `high + low` with about 32 digits (Dekker 1971).
 *
 * @module
 */

/** A number `high + low`, `|low| <= ulp(high) / 2`. */
export type DoubleDouble = readonly [high: number, low: number];

/** `a - b`, exact. */
export function difference(a: number, b: number): DoubleDouble {
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
  const part = high - a;
  return [high, (a - (high - part)) + (b - part)];
}

function product(a: number, b: number): DoubleDouble {
  const high = a * b;
  const aScaled = 134217729 * a, bScaled = 134217729 * b; // 2^27 + 1 splits 53 bits in halves
  const aHigh = aScaled - (aScaled - a), bHigh = bScaled - (bScaled - b);
  const aLow = a - aHigh, bLow = b - bHigh;
  return [high, aLow * bLow - (((high - aHigh * bHigh) - aLow * bHigh) - aHigh * bLow)];
}

function renormalise(high: number, low: number): DoubleDouble {
  const total = high + low;
  return [total, low - (total - high)];
}
