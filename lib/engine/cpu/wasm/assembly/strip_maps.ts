// Maps of strips: from numbers of a Gauss-Newton row to numbers of columns, of one row or of rows of
// a block at once.

import { Strip } from "./_abi";
import { n8 } from "./jet_functions";
import { madd } from "./lanes";

@inline
export function isMapped(s: Strip): bool {
  return s.size > 0;
}

/** Multiply-adds of one map. */
@inline
export function mapWork(s: Strip): i32 {
  return s.size * s.outputs * (s.functions + s.moved);
}

/** Those of a row that is mapped for a pair: none where rows are mapped for all pairs. */
@inline
export function rowWork(s: Strip): i32 {
  return s.mappedAt ? 0 : mapWork(s);
}

@inline
function polynomialsOf(s: Strip, piece: i32): usize {
  return s.polynomialsAt + <usize>piece * s.polynomialStep;
}

@inline
function movesOf(s: Strip, piece: i32): usize {
  return s.movesAt + <usize>piece * s.moveStep;
}

/** Writes the numbers of columns `e` of one row `z`. */
export function mapRow(s: Strip, piece: i32, z: usize, e: usize): void {
  const size = s.size, outputs = s.outputs, functions = s.functions;
  const a = polynomialsOf(s, piece), row = n8(s.functions);
  if (size == 4 && functions == 4) mapCubic(a, row, outputs, z, e);
  else if (outputs == 1) mapSingle(a, row, size, functions, z, e);
  else mapOutputs(a, row, size, functions, outputs, z, e);
  const rest = z + n8(size * outputs);
  let to = e + n8(functions * outputs);
  for (let v: usize = 0, end = n8(s.others); v < end; v += 16) {
    v128.store(to, v128.load(rest + v));
    to += 16;
  }
  const moved = n8(s.moved);
  for (let v: usize = 0; v < moved; v += 16) {
    let sum = f64x2.splat(0), from = movesOf(s, piece) + v;
    for (let q = 0; q < outputs; q++) {
      let x = z + n8(q);
      for (let k = 0; k < size; k++) {
        sum = madd<f64>(v128.load64_splat(x), v128.load(from), sum);
        x += n8(outputs);
        from += moved;
      }
    }
    v128.store(to + v, sum);
  }
}

/** The numbers of coefficients, four functions of four powers. */
@inline
function mapCubic(a: usize, row: usize, outputs: i32, z: usize, e: usize): void {
  const step = n8(outputs);
  for (let q = 0; q < outputs; q++) {
    let low = f64x2.splat(0), high = low, x = z + n8(q), from = a;
    for (let k = 0; k < 4; k++) {
      const value = v128.load64_splat(x);
      low = madd<f64>(value, v128.load(from), low);
      high = madd<f64>(value, v128.load(from, 16), high);
      x += step;
      from += row;
    }
    const to = e + n8(q);
    store<f64>(to, f64x2.extract_lane(low, 0));
    store<f64>(to + step, f64x2.extract_lane(low, 1));
    store<f64>(to + 2 * step, f64x2.extract_lane(high, 0));
    store<f64>(to + 3 * step, f64x2.extract_lane(high, 1));
  }
}

/** Those of one output, two functions at a time. */
@inline
function mapSingle(a: usize, row: usize, size: i32, functions: i32, z: usize, e: usize): void {
  let i = 0;
  for (; i + 1 < functions; i += 2) {
    let sum = f64x2.splat(0), x = z, from = a + n8(i);
    for (let k = 0; k < size; k++) {
      sum = madd<f64>(v128.load64_splat(x), v128.load(from), sum);
      x += 8;
      from += row;
    }
    v128.store(e + n8(i), sum);
  }
  if (i < functions) store<f64>(e + n8(i), combined(a + n8(i), row, size, z, 8));
}

/** Those of several outputs, four or two at a time. */
@inline
function mapOutputs(
  a: usize, row: usize, size: i32, functions: i32, outputs: i32, z: usize, e: usize,
): void {
  const step = n8(outputs);
  for (let i = 0; i < functions; i++) {
    const shares = a + n8(i), to = e + <usize>i * step;
    let q = 0;
    for (; q + 3 < outputs; q += 4) {
      let low = f64x2.splat(0), high = low, x = z + n8(q), from = shares;
      for (let k = 0; k < size; k++) {
        const share = v128.load64_splat(from);
        low = madd<f64>(share, v128.load(x), low);
        high = madd<f64>(share, v128.load(x, 16), high);
        x += step;
        from += row;
      }
      v128.store(to + n8(q), low);
      v128.store(to + n8(q), high, 16);
    }
    for (; q + 1 < outputs; q += 2) {
      let sum = f64x2.splat(0), x = z + n8(q), from = shares;
      for (let k = 0; k < size; k++) {
        sum = madd<f64>(v128.load64_splat(from), v128.load(x), sum);
        x += step;
        from += row;
      }
      v128.store(to + n8(q), sum);
    }
    if (q < outputs) store<f64>(to + n8(q), combined(shares, row, size, z + n8(q), step));
  }
}

/** `sum_k share_k z_k`, the shares `row` bytes apart and the numbers `step`. */
@inline
function combined(share: usize, row: usize, size: i32, z: usize, step: usize): f64 {
  let sum: f64 = 0;
  for (let k = 0; k < size; k++) {
    sum += load<f64>(share) * load<f64>(z);
    share += row;
    z += step;
  }
  return sum;
}

/** The same for the rows of a block `z`, which are vectors of `width` bytes: `e` has one for every column. */
export function mapLines(s: Strip, piece: i32, z: usize, width: usize, e: usize): void {
  const size = s.size, outputs = s.outputs, a = polynomialsOf(s, piece), row = n8(s.functions);
  const step = <usize>outputs * width;
  for (let i = 0; i < s.functions; i++) {
    for (let q = 0; q < outputs; q++) {
      combine(size, z + <usize>q * width, step, a + n8(i), row, width, e, false);
      e += width;
    }
  }
  const rest = z + <usize>size * step;
  memory.copy(e, rest, <usize>s.others * width);
  e += <usize>s.others * width;
  const moved = n8(s.moved);
  for (let x: usize = 0; x < moved; x += 8) {
    let from = movesOf(s, piece) + x;
    for (let q = 0; q < outputs; q++) {
      combine(size, z + <usize>q * width, step, from, moved, width, e, q > 0);
      from += <usize>size * moved;
    }
    e += width;
  }
}

/** `to = sum_k share_k line_k`, or adds it; lines lie `step` bytes apart, shares `shareStep`. */
@inline
function combine(
  count: i32, line: usize, step: usize, shares: usize, shareStep: usize, width: usize, to: usize,
  adds: bool,
): void {
  for (let v: usize = 0; v < width; v += 32) {
    let low = adds ? v128.load(to + v) : f64x2.splat(0);
    let high = adds ? v128.load(to + v, 16) : low, x = line + v, share = shares;
    for (let k = 0; k < count; k++) {
      const value = v128.load64_splat(share);
      low = madd<f64>(value, v128.load(x), low);
      high = madd<f64>(value, v128.load(x, 16), high);
      x += step;
      share += shareStep;
    }
    v128.store(to + v, low);
    v128.store(to + v, high, 16);
  }
}
