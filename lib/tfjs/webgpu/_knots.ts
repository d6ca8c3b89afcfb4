/**
 * Free knots, and the gradient back to their logits, as programs of TensorFlow.js's WebGPU backend.
 *
 * @module
 */

import type { KnotSpace } from "../../knots/mod.ts";
import { numKnotLogits } from "../../knots/inner.ts";
import { runProgram, type TensorInfo } from "./_program.ts";

/** Runs the kernel of knots, or with `g` the kernel of their gradient. */
export function runKnotsOnWebgpu(
  backend: object,
  s: TensorInfo,
  g: TensorInfo | undefined,
  space: KnotSpace,
): TensorInfo {
  const { degree, intervals, domain: [a, b], outerKnots } = space;
  const width = g ? numKnotLogits(space) : intervals + 1 + 2 * degree;
  const spacing = outerKnots === "even" ? (b - a) / intervals : 0; // clamped: ends repeated
  return runProgram(
    backend,
    g ? "freeknot_pull" : "freeknot_knots",
    g ? { s, g } : { s },
    [s.shape[0], width],
    () => g ? PULL_WGSL : KNOTS_WGSL,
    { degree, intervals, outer: outerKnots === "free" ? 1 : 0 },
    { a, b, spacing },
  );
}

/** `t_i = from + (to - from) sum_{j < i} exp(s_j - max) / total`; the last point is `to`. */
const KNOTS_WGSL = `
fn main(index : i32) {
  if (index >= uniforms.size) { return; }
  let width = uniforms.outShape.y;
  let row = index / width;
  let i = index - row * width;
  let degree = uniforms.degree;
  let count = uniforms.intervals;
  var begin = row * uniforms.sShape.y;
  var size = count;
  var place = i - degree; // among the points of a group, 1 .. size
  var start = uniforms.a;
  var end = uniforms.b;
  if (uniforms.outer == 0) {
    if (place <= 0) {
      setOutputAtIndex(index, uniforms.a + uniforms.spacing * f32(place));
      return;
    }
    if (place >= count) {
      setOutputAtIndex(index, uniforms.b + uniforms.spacing * f32(place - count));
      return;
    }
  } else if (place <= 0) {
    size = degree;
    place = i;
    start = uniforms.a - (uniforms.b - uniforms.a);
    end = uniforms.a;
    if (place == 0) { setOutputAtIndex(index, start); return; }
  } else if (place <= count) {
    begin = begin + degree;
  } else {
    begin = begin + degree + count;
    size = degree;
    place = place - count;
    start = uniforms.b;
    end = uniforms.b + (uniforms.b - uniforms.a);
  }
  if (place == size) { setOutputAtIndex(index, end); return; }
  var largest = s[begin];
  for (var j = 1; j < size; j = j + 1) { largest = max(largest, s[begin + j]); }
  var total = 0.0;
  var part = 0.0;
  for (var j = 0; j < size; j = j + 1) {
    if (j == place) { part = total; }
    total = total + exp(s[begin + j] - largest);
  }
  var value = start + (end - start) * (part / total);
  if (value > end) { value = end; } // unlike a minimum hands NaN on
  setOutputAtIndex(index, value);
}`;

/** `(b - a) p_k (T_k - sum_j p_j T_j)` with `T_j` the sum of `g` at the points after `j` but the last. */
const PULL_WGSL = `
fn main(index : i32) {
  if (index >= uniforms.size) { return; }
  let width = uniforms.outShape.y;
  let row = index / width;
  var k = index - row * width;
  let degree = uniforms.degree;
  var begin = row * width;
  var size = uniforms.intervals;
  var first = row * uniforms.gShape.y + degree; // point 0 of the group
  if (uniforms.outer == 1) {
    if (k < degree) {
      first = first - degree;
      size = degree;
    } else if (k < degree + size) {
      begin = begin + degree;
      k = k - degree;
    } else {
      begin = begin + degree + size;
      first = first + size;
      k = k - degree - size;
      size = degree;
    }
  }
  var largest = s[begin];
  for (var j = 1; j < size; j = j + 1) { largest = max(largest, s[begin + j]); }
  var total = 0.0;
  var mean = 0.0;
  var tail = 0.0;
  var tailAtK = 0.0;
  for (var j = size - 1; j >= 0; j = j - 1) {
    let share = exp(s[begin + j] - largest);
    total = total + share;
    mean = mean + share * tail;
    if (j == k) { tailAtK = tail; }
    tail = tail + g[first + j];
  }
  let share = exp(s[begin + k] - largest) / total;
  setOutputAtIndex(index, (uniforms.b - uniforms.a) * share * (tailAtK - mean / total));
}`;
