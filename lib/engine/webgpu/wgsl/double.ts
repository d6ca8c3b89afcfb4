/**
 * Numbers as unevaluated sums of two float32: about 48 bits where float32's 24 are not enough.
 *
 * Error-free transformations of Dekker (1971) and Knuth; products by splitting, since WGSL does
 * not promise that `fma` is fused. A compiler that fuses loses nothing: the split products are
 * exact. One that reassociated would fall back to float32's accuracy.
 *
 * @module
 */

/** `vec2(high, low)` arithmetic. */
export const DOUBLE_WGSL = `
fn twoSum(a: f32, b: f32) -> vec2<f32> {
  let s = a + b;
  let t = s - a;
  return vec2<f32>(s, (a - (s - t)) + (b - t));
}

fn quickTwoSum(a: f32, b: f32) -> vec2<f32> {
  let s = a + b;
  return vec2<f32>(s, b - (s - a));
}

fn split(a: f32) -> vec2<f32> {
  let t = 4097.0 * a;
  let high = t - (t - a);
  return vec2<f32>(high, a - high);
}

fn twoProduct(a: f32, b: f32) -> vec2<f32> {
  let p = a * b;
  let x = split(a);
  let y = split(b);
  return vec2<f32>(p, ((x.x * y.x - p) + x.x * y.y + x.y * y.x) + x.y * y.y);
}

fn addDouble(a: vec2<f32>, b: vec2<f32>) -> vec2<f32> {
  let s = twoSum(a.x, b.x);
  return quickTwoSum(s.x, s.y + (a.y + b.y));
}

fn multiplyDouble(a: vec2<f32>, b: vec2<f32>) -> vec2<f32> {
  let p = twoProduct(a.x, b.x);
  return quickTwoSum(p.x, p.y + (a.x * b.y + a.y * b.x));
}

fn divideDouble(a: vec2<f32>, b: vec2<f32>) -> vec2<f32> {
  let first = a.x / b.x;
  let rest = addDouble(a, -multiplyDouble(vec2<f32>(first, 0.0), b));
  let second = rest.x / b.x;
  return quickTwoSum(first, second);
}
`;
