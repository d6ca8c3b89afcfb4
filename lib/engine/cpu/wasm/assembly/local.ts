// The local functions of one point and input, for degrees up to 3: powers of the coordinate w, or
// basis functions as polynomials in w, rows [size, 4] with power k in row k at `polynomials`. Four
// functions lie in one vector (f32) or in two, `half` 0 and 1 (f64).

import { madd } from "./lanes";

const ONES32: v128 = f32x4.splat(1);

/** Powers 1, w, w^2, w^3. */
@inline
export function powers<T>(w: T, half: i32): v128 {
  if (sizeof<T>() == 8) {
    const low = f64x2.replace_lane(f64x2.splat(1), 1, <f64>w);
    return half == 0 ? low : f64x2.mul(low, f64x2.splat(<f64>w * <f64>w));
  }
  const one = f32x4.splat(<f32>w), two = f32x4.splat(<f32>w * <f32>w);
  return f32x4.mul(
    v128.shuffle<f32>(ONES32, one, 0, 4, 0, 4),
    v128.shuffle<f32>(ONES32, two, 0, 0, 4, 4),
  );
}

/** Their derivatives 0, 1, 2 w, 3 w^2. */
@inline
export function powerSlopes<T>(w: T, half: i32): v128 {
  if (sizeof<T>() == 8) {
    return half == 0
      ? f64x2(0, 1)
      : f64x2.replace_lane(f64x2.splat(2 * <f64>w), 1, 3 * <f64>w * <f64>w);
  }
  return f32x4.replace_lane(
    f32x4.replace_lane(f32x4(0, 1, 0, 0), 2, 2 * <f32>w), 3, 3 * <f32>w * <f32>w,
  );
}

/** Basis functions. */
@inline
export function basis<T>(size: i32, polynomials: usize, w: T, half: i32): v128 {
  const at = polynomials + (<usize>half << 4), row: usize = 4 * sizeof<T>();
  const x = v128.splat<T>(w);
  let value = v128.load(at + <usize>(size - 1) * row);
  if (size > 3) value = madd<T>(value, x, v128.load(at + 2 * row));
  if (size > 2) value = madd<T>(value, x, v128.load(at + row));
  return madd<T>(value, x, v128.load(at));
}

/** Their derivatives by w. */
@inline
export function basisSlopes<T>(size: i32, polynomials: usize, w: T, half: i32): v128 {
  const at = polynomials + (<usize>half << 4), row: usize = 4 * sizeof<T>();
  let value = v128.load(at + row);
  if (size > 2) value = madd<T>(v128.load(at + 2 * row), v128.splat<T>(w + w), value);
  if (size > 3) value = madd<T>(v128.load(at + 3 * row), v128.splat<T>(<T>3 * w * w), value);
  return value;
}

/** The sums of four vectors' lanes: of a and b (f64, in `half` 0), of c and d (`half` 1), or all. */
@inline
export function sums<T>(a: v128, b: v128, c: v128, d: v128, half: i32): v128 {
  if (sizeof<T>() == 8) {
    const x = half == 0 ? a : c, y = half == 0 ? b : d;
    return f64x2.add(v128.shuffle<f64>(x, y, 0, 2), v128.shuffle<f64>(x, y, 1, 3));
  }
  const x = f32x4.add(v128.shuffle<f32>(a, b, 0, 1, 4, 5), v128.shuffle<f32>(a, b, 2, 3, 6, 7));
  const y = f32x4.add(v128.shuffle<f32>(c, d, 0, 1, 4, 5), v128.shuffle<f32>(c, d, 2, 3, 6, 7));
  return f32x4.add(v128.shuffle<f32>(x, y, 0, 2, 4, 6), v128.shuffle<f32>(x, y, 1, 3, 5, 7));
}
