// The base branch's function.

import { madd } from "./lanes";

/** s = u / (1 + exp(-u)) and its derivative, on whole rows of `step` bytes. */
export function silu<T>(rows: i32, uAt: usize, valueAt: usize, slopeAt: usize, step: usize): void {
  const size = <usize>rows * step;
  for (let at: usize = 0; at < size; at += 16) {
    const u = v128.load(uAt + at);
    if (sizeof<T>() == 8) {
      const s = sigmoid(u);
      v128.store(valueAt + at, value(u, s));
      v128.store(slopeAt + at, slope(u, s));
    } else {
      const low = f64x2.promote_low_f32x4(u);
      const high = f64x2.promote_low_f32x4(v128.shuffle<f32>(u, u, 2, 3, 2, 3));
      const s = sigmoid(low), t = sigmoid(high);
      v128.store(valueAt + at, join(value(low, s), value(high, t)));
      v128.store(slopeAt + at, join(slope(low, s), slope(high, t)));
    }
  }
}

@inline
function join(low: v128, high: v128): v128 {
  return v128.shuffle<f32>(
    f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5,
  );
}

/** Far enough that exp(-x) counts as 0, near enough that it is a normal number. */
const FAR: v128 = f64x2.splat(-700);
const ONE: v128 = f64x2.splat(1);

@inline
function value(u: v128, s: v128): v128 {
  return f64x2.mul(f64x2.max(u, FAR), s);
}

@inline
function slope(u: v128, s: v128): v128 {
  const near = f64x2.min(f64x2.max(u, FAR), f64x2.neg(FAR));
  return f64x2.mul(s, madd<f64>(near, f64x2.sub(ONE, s), ONE));
}

/** 1 / (1 + exp(-u)). */
function sigmoid(u: v128): v128 {
  const small = exp(f64x2.max(f64x2.neg(f64x2.abs(u)), FAR)); // in (0, 1]: no overflow
  const positive = f64x2.ge(u, f64x2.splat(0));
  return f64x2.div(v128.bitselect(ONE, small, positive), f64x2.add(ONE, small));
}

/**
 * exp(x) for x in [-700, 0]: `2^k exp(r)`, `r = x - k ln 2` in two parts, and Taylor's polynomial of
 * degree 13 (|r| <= 0.35: the rest is below 1e-17).
 */
@inline
export function exp(x: v128): v128 {
  const k = f64x2.nearest(f64x2.mul(x, f64x2.splat(1.4426950408889634)));
  let r = madd<f64>(k, f64x2.splat(-0.6931471803691238), x);
  r = madd<f64>(k, f64x2.splat(-1.9082149292705877e-10), r);
  let sum = f64x2.splat(1.0 / 6227020800.0);
  sum = madd<f64>(sum, r, f64x2.splat(1.0 / 479001600.0));
  sum = madd<f64>(sum, r, f64x2.splat(1.0 / 39916800.0));
  sum = madd<f64>(sum, r, f64x2.splat(1.0 / 3628800.0));
  sum = madd<f64>(sum, r, f64x2.splat(1.0 / 362880.0));
  sum = madd<f64>(sum, r, f64x2.splat(1.0 / 40320.0));
  sum = madd<f64>(sum, r, f64x2.splat(1.0 / 5040.0));
  sum = madd<f64>(sum, r, f64x2.splat(1.0 / 720.0));
  sum = madd<f64>(sum, r, f64x2.splat(1.0 / 120.0));
  sum = madd<f64>(sum, r, f64x2.splat(1.0 / 24.0));
  sum = madd<f64>(sum, r, f64x2.splat(1.0 / 6.0));
  sum = madd<f64>(sum, r, f64x2.splat(0.5));
  sum = madd<f64>(sum, r, ONE);
  sum = madd<f64>(sum, r, ONE);
  // The exponent k + 1023 lands in the low bits, then in its place.
  const bits = f64x2.add(k, f64x2.splat(6755399441055744.0 + 1023.0));
  return f64x2.mul(sum, i64x2.shl(bits, 52));
}
