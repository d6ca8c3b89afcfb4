// The base branch's function.

import { exponentials } from "./exponential";
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
  const small = exponentials(f64x2.max(f64x2.neg(f64x2.abs(u)), FAR)); // in (0, 1]: no overflow
  const positive = f64x2.ge(u, f64x2.splat(0));
  return f64x2.div(v128.bitselect(ONE, small, positive), f64x2.add(ONE, small));
}
