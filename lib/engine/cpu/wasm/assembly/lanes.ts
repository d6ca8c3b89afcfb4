// Vectors of 16 bytes: two numbers of type f64 or four of type f32.

/** a b + c, rounded once where the build has relaxed SIMD and the processor fuses. */
@inline
export function madd<T>(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_madd<T>(a, b, c);
  return v128.add<T>(v128.mul<T>(a, b), c);
}

/** The sum of all lanes. */
@inline
export function sumLanes<T>(x: v128): T {
  if (sizeof<T>() == 8) {
    return <T>(f64x2.extract_lane(x, 0) + f64x2.extract_lane(x, 1));
  }
  const half = f32x4.add(x, v128.shuffle<f32>(x, x, 2, 3, 0, 1));
  return <T>(f32x4.extract_lane(half, 0) + f32x4.extract_lane(half, 1));
}

/** Local function i of the first four, in every lane. They lie in `low`, then (f64) in `high`. */
@inline
export function splatFunction<T>(low: v128, high: v128, i: i32): v128 {
  if (sizeof<T>() == 8) {
    const from = i < 2 ? low : high;
    return (i & 1) == 0
      ? v128.shuffle<f64>(from, from, 0, 0)
      : v128.shuffle<f64>(from, from, 1, 1);
  }
  if (i == 0) return v128.shuffle<f32>(low, low, 0, 0, 0, 0);
  if (i == 1) return v128.shuffle<f32>(low, low, 1, 1, 1, 1);
  if (i == 2) return v128.shuffle<f32>(low, low, 2, 2, 2, 2);
  return v128.shuffle<f32>(low, low, 3, 3, 3, 3);
}

/** The bytes of some numbers. */
@inline
export function bytes<T>(count: i32): usize {
  return <usize>count * sizeof<T>();
}
