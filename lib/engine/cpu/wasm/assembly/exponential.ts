// exp, without tables: those would lie in the shared memory, where every thread's start would write them again.

const INVERSE_LN2: f64 = 1.4426950408889634;
const LN2_HIGH: f64 = 0.6931471803691238;
const LN2_LOW: f64 = 1.9082149292705877e-10;

/**
 * exp(x), for x below -700 and above 700 that of these numbers.
 *
 * The steps of `exp` in lib/numerics/elementary/exponential.ts, none of them fused: the same bits.
 */
export function exponential(x: f64): f64 {
  return f64x2.extract_lane(exponentials(f64x2.splat(max(min(x, 700.0), -700.0))), 0);
}

/** Two exponentials, of numbers between -700 and 700. */
@inline
export function exponentials(x: v128): v128 {
  const k = f64x2.floor(plus(times(x, f64x2.splat(INVERSE_LN2)), f64x2.splat(0.5)));
  const high = f64x2.sub(x, times(k, f64x2.splat(LN2_HIGH))), low = times(k, f64x2.splat(LN2_LOW));
  const one = f64x2.splat(1), sum = plus(one, high), rest = f64x2.sub(high, f64x2.sub(sum, one));
  const more = plus(rest, f64x2.sub(beyondLinear(f64x2.sub(high, low)), low));
  // The exponent k + 1023 lands in the low bits, then in its place.
  const bits = plus(k, f64x2.splat(6755399441055744.0 + 1023.0));
  return times(plus(sum, more), i64x2.shl(bits, 52));
}

/** `e^r - 1 - r`. */
@inline
function beyondLinear(r: v128): v128 {
  const s = times(r, r), s2 = times(s, s);
  const first = pair(r, s, 1.0 / 2.0, 1.0 / 6.0, 1.0 / 24.0, 1.0 / 120.0);
  const second = pair(r, s, 1.0 / 720.0, 1.0 / 5040.0, 1.0 / 40320.0, 1.0 / 362880.0);
  const third = pair(r, s, 1.0 / 3628800.0, 1.0 / 39916800.0, 1.0 / 479001600.0, 1.0 / 6227020800.0);
  return times(s, plus(first, times(s2, plus(second, times(s2, third)))));
}

/** `(a + r b) + s (c + r d)`. */
@inline
function pair(r: v128, s: v128, a: f64, b: f64, c: f64, d: f64): v128 {
  const left = plus(f64x2.splat(a), times(r, f64x2.splat(b)));
  return plus(left, times(s, plus(f64x2.splat(c), times(r, f64x2.splat(d)))));
}

@inline
function plus(a: v128, b: v128): v128 {
  return f64x2.add(a, b);
}

@inline
function times(a: v128, b: v128): v128 {
  return f64x2.mul(a, b);
}
