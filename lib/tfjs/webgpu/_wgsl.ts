/**
 * The WGSL of the spline kernels, in the form that TensorFlow.js completes with bindings, uniforms
 * and the entry point. A twin of `_local_basis.ts` and `_host_kernels.ts`, in float32.
 *
 * @module
 */

import type { SplinePart } from "../_host_kernels.ts";

/**
 * The programs: a part of the derivative, or `Local`, the `degree + 1` basis values of every point
 * and input with the index of their interval, which `Outputs` and `Coefficients` read.
 */
export type ProgramName = SplinePart | "Local";

/** What fixes the text of a program. */
export interface ProgramKind {
  readonly part: ProgramName;
  readonly degree: number;
  /** Whether there are weights `w`. */
  readonly weighted: boolean;
}

/** The text of one program; its main function takes the index of an output or of a sum. */
export function splineWgsl({ part, degree, weighted }: ProgramKind): string {
  const head = `
const DEGREE : i32 = ${degree};
fn weight(i : i32) -> f32 { return ${weighted ? "w[i]" : "1.0"}; }
`;
  if (part === "Outputs" || part === "Coefficients") return `${head}${MAIN[part]}`;
  return `${head}
var<private> knots : array<f32, ${2 * degree + 1}>;
var<private> basis : array<f32, ${degree + 1}>;
var<private> slopes : array<f32, ${degree + 1}>;
var<private> at : f32;
var<private> beyond : f32;

fn knotRow(p : i32) -> i32 { return p * uniforms.tShape.y * i32(uniforms.tShape.x > 1); }
${LOCATE}
${RECURSION}
${POINT_BASIS}
${part === "Local" ? "" : DOT}
${MAIN[part]}
`;
}

const LOCATE = `
fn locate(row : i32, u : f32) -> i32 {
  let a = t[row + uniforms.first];
  let b = t[row + uniforms.last];
  at = u;
  if (u < a) { at = a; } else if (u > b) { at = b; }
  beyond = u - at;
  var low = uniforms.first;
  if (!(u >= a)) {
    loop {
      if (low >= uniforms.last - 1 || t[row + low + 1] > t[row + low]) { break; }
      low = low + 1;
    }
    return low;
  }
  if (u >= b) {
    low = uniforms.last - 1;
    loop {
      if (low <= uniforms.first || t[row + low + 1] > t[row + low]) { break; }
      low = low - 1;
    }
    return low;
  }
  var high = uniforms.last;
  loop {
    if (high - low <= 1) { break; }
    let middle = (low + high) / 2;
    if (t[row + middle] <= u) { low = middle; } else { high = middle; }
  }
  return low;
}

fn loadKnots(start : i32, doubled : i32) {
  for (var i = 0; i < 2 * DEGREE; i = i + 1) { knots[i] = t[start + i - i32(i > doubled)]; }
  knots[2 * DEGREE] = t[start + 2 * DEGREE - 1];
}`;

const RECURSION = `
fn recursion(mu : i32, order : i32) {
  for (var i = 0; i <= DEGREE; i = i + 1) { basis[i] = 0.0; }
  if (order > DEGREE) { return; }
  basis[0] = 1.0;
  for (var k = 1; k <= DEGREE; k = k + 1) {
    var saved = 0.0;
    for (var r = 0; r < k; r = r + 1) {
      let left = knots[mu + 1 + r - k];
      let right = knots[mu + 1 + r];
      var share = 0.0;
      if (right > left) { share = basis[r] / (right - left); }
      if (k <= DEGREE - order) {
        basis[r] = saved + (right - at) * share;
        saved = (at - left) * share;
      } else {
        basis[r] = saved - f32(k) * share;
        saved = f32(k) * share;
      }
    }
    basis[k] = saved;
  }
}`;

const POINT_BASIS = `
fn pointBasis(mu : i32) {
  if (beyond == 0.0) { recursion(mu, uniforms.order); return; }
  if (uniforms.order + uniforms.flat > 1) {
    for (var i = 0; i <= DEGREE; i = i + 1) { basis[i] = 0.0; }
    return;
  }
  if (uniforms.order == 0 && uniforms.flat == 0) {
    recursion(mu, 1);
    slopes = basis;
    recursion(mu, 0);
    for (var i = 0; i <= DEGREE; i = i + 1) { basis[i] = basis[i] + beyond * slopes[i]; }
    return;
  }
  recursion(mu, uniforms.order);
}`;

const DOT = `
fn dotOutputs(r : i32, start : i32) -> f32 {
  let nOut = uniforms.cShape.z;
  var sum = 0.0;
  for (var q = 0; q < nOut; q = q + 1) { sum = sum + g[r * nOut + q] * c[start + q]; }
  return sum;
}`;

/** Rows of one chunk are summed by one invocation, in place; the chunks by a program of their own. */
const CHUNK = `
  let size = uniforms.size / uniforms.outShape.x; // numbers of one chunk
  let begin = chunk * uniforms.chunk;
  let stop = min(begin + uniforms.chunk, uniforms.xShape.x);`;

const MAIN: Record<ProgramName, string> = {
  Local: `
fn main(index : i32) {
  let nIn = uniforms.xShape.y;
  if (index >= uniforms.xShape.x * nIn) { return; }
  let row = knotRow(index % nIn);
  let mu = locate(row, x[index]);
  loadKnots(row + mu + 1 - DEGREE, 2 * DEGREE);
  pointBasis(DEGREE - 1);
  let place = index * (DEGREE + 2);
  for (var i = 0; i <= DEGREE; i = i + 1) { result[place + i] = basis[i]; }
  result[place + DEGREE + 1] = f32(mu);
}`,
  Outputs: `
fn main(index : i32) {
  if (index >= uniforms.size) { return; }
  let nIn = uniforms.localShape.y;
  let nOut = uniforms.cShape.z;
  let r = index / nOut;
  let q = index - r * nOut;
  var sum = 0.0;
  for (var p = 0; p < nIn; p = p + 1) {
    let place = (r * nIn + p) * (DEGREE + 2);
    let first = i32(local[place + DEGREE + 1]) - DEGREE;
    var spline = 0.0;
    for (var i = 0; i <= DEGREE; i = i + 1) {
      spline = spline + local[place + i] * c[(p * uniforms.cShape.y + first + i) * nOut + q];
    }
    sum = sum + weight(r * nIn + p) * spline;
  }
  setOutputAtIndex(index, sum);
}`,
  Slopes: `
fn main(index : i32) {
  if (index >= uniforms.size) { return; }
  let nIn = uniforms.xShape.y;
  let nOut = uniforms.cShape.z;
  let r = index / nIn;
  let p = index - r * nIn;
  let row = knotRow(p);
  let mu = locate(row, x[index]);
  loadKnots(row + mu + 1 - DEGREE, 2 * DEGREE);
  pointBasis(DEGREE - 1);
  let start = (p * uniforms.cShape.y + mu - DEGREE) * nOut;
  var sum = 0.0;
  for (var i = 0; i <= DEGREE; i = i + 1) {
    sum = sum + basis[i] * dotOutputs(r, start + i * nOut);
  }
  setOutputAtIndex(index, sum);
}`,
  Coefficients: `
fn main(index : i32) {
  let nIn = uniforms.localShape.y;
  let nOut = uniforms.gShape.y;
  let numBasis = uniforms.outShape.z;
  let p = index / nOut % nIn;
  let q = index % nOut;
  let chunk = index / (nIn * nOut);
  if (chunk >= uniforms.outShape.x) { return; }${CHUNK.replaceAll("xShape", "localShape")}
  let base = chunk * size + p * numBasis * nOut + q;
  for (var i = 0; i < numBasis; i = i + 1) { result[base + i * nOut] = 0.0; }
  for (var r = begin; r < stop; r = r + 1) {
    let place = (r * nIn + p) * (DEGREE + 2);
    let first = i32(local[place + DEGREE + 1]) - DEGREE;
    let share = weight(r * nIn + p) * g[r * nOut + q];
    for (var i = 0; i <= DEGREE; i = i + 1) {
      let target_ = base + (first + i) * nOut;
      result[target_] = result[target_] + share * local[place + i];
    }
  }
}`,
  Knots: `
var<private> bars : array<f32, DEGREE + 1>;

fn main(index : i32) {
  let nIn = uniforms.xShape.y;
  let nOut = uniforms.cShape.z;
  let vectors = uniforms.tShape.x;
  let numKnots = uniforms.tShape.y;
  let chunk = index / vectors;
  if (chunk >= uniforms.outShape.x) { return; }${CHUNK}
  let vector = index % vectors;
  let base = chunk * size + vector * numKnots;
  for (var j = 0; j < numKnots; j = j + 1) { result[base + j] = 0.0; }
  var p = vector;
  var end = p + 1;
  if (vectors == 1) { end = nIn; }
  for (; p < end; p = p + 1) {
    let row = knotRow(p);
    for (var r = begin; r < stop; r = r + 1) {
      let mu = locate(row, x[r * nIn + p]);
      let first = mu + 1 - DEGREE; // knot of direction 0
      let start = (p * uniforms.cShape.y + mu - DEGREE) * nOut;
      let share = weight(r * nIn + p);
      for (var i = 0; i <= DEGREE; i = i + 1) {
        bars[i] = share * dotOutputs(r, start + i * nOut);
      }
      for (var direction = 0; direction < 2 * DEGREE; direction = direction + 1) {
        let j = first + direction;
        if (j == uniforms.first || j == uniforms.last) { continue; }
        loadKnots(row + first, direction);
        var place = DEGREE - 1; // of the interval among the knots, one of them doubled
        if (direction < DEGREE) { place = DEGREE; }
        pointBasis(place);
        var part = 0.0;
        for (var k = 0; k <= DEGREE; k = k + 1) {
          let i = place - DEGREE + k;
          if (direction < i || direction > i + DEGREE) { continue; }
          let span = t[row + first + i + DEGREE] - t[row + first + i];
          if (span <= 0.0) { continue; }
          var change = 0.0;
          if (i >= 0) { change = bars[i]; }
          if (i + 1 <= DEGREE) { change = change - bars[i + 1]; }
          part = part + change * basis[k] / span;
        }
        result[base + j] = result[base + j] + part;
      }
    }
  }
}`,
};

/** Adds up the chunks, in order. */
export const SUM_CHUNKS_WGSL: string = `
fn main(index : i32) {
  if (index >= uniforms.size) { return; }
  var sum = 0.0;
  for (var k = 0; k < uniforms.chunks; k = k + 1) { sum = sum + x[k * uniforms.size + index]; }
  setOutputAtIndex(index, sum);
}`;
