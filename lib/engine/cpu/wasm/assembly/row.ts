// A whole network on one row; see ../../predictor/row_tables.ts. Rows of numbers are whole vectors.

import { ROW_BASIS, ROW_LINEAR, ROW_ONE, ROW_POWERS, ROW_RELU, RowStage } from "./_abi";
import { madd } from "./lanes";
import { basis } from "./local";
import { intervalOf } from "./place";
import { exp } from "./silu";

/** Runs all stages. Gives 0, or the number (from 1) of a stage that refuses an input. */
export function predictRow(stagesAt: usize, count: i32): i32 {
  for (let s = 1; s <= count; s++) {
    const stage = changetype<RowStage>(stagesAt);
    const kind = stage.kind;
    if (kind == ROW_RELU) relu(stage);
    else if (kind == ROW_LINEAR) linear(stage);
    else if (kind == ROW_ONE) {
      if (!one(stage)) return s;
    } else if (kind == ROW_BASIS || kind == ROW_POWERS) {
      if (!many(stage)) return s;
    } else tanh(stage);
    stagesAt += offsetof<RowStage>();
  }
  return 0;
}

function relu(stage: RowStage): void {
  const size = (<usize>stage.nOut << 3);
  for (let at: usize = 0; at < size; at += 16) {
    v128.store(stage.yAt + at, f64x2.pmax(f64x2.splat(0), v128.load(stage.xAt + at)));
  }
}

function tanh(stage: RowStage): void {
  const size = (<usize>stage.nOut << 3);
  for (let at: usize = 0; at < size; at += 8) {
    store<f64>(stage.yAt + at, NativeMath.tanh(load<f64>(stage.xAt + at)));
  }
}

/** Bytes of a row of numbers in whole vectors. */
@inline
function rowBytes(count: i32): usize {
  return <usize>((count + 1) >> 1) << 4;
}

function linear(stage: RowStage): void {
  const size = rowBytes(stage.nOut);
  start(stage, size);
  addRows(stage.yAt, size, stage.tableAt, stage.tableStep, stage.xAt, stage.nIn);
}

function start(stage: RowStage, size: usize): void {
  if (stage.biasAt) memory.copy(stage.yAt, stage.biasAt, size);
  else memory.fill(stage.yAt, 0, size);
}

/** y += the sum of `count` rows, one after the other, times the factors at `by`. */
function addRows(y: usize, size: usize, from: usize, step: usize, by: usize, count: i32): void {
  for (; count >= 8; count -= 8) {
    addEight(y, size, from, from + (step << 2), step, by, by + 32);
    from += step << 3;
    by += 64;
  }
  if (count >= 4) {
    addFour(y, size, from, step, by);
    from += step << 2;
    by += 32;
    count -= 4;
  }
  if (count >= 2) {
    addTwo(y, size, from, step, by);
    from += step << 1;
    by += 16;
    count -= 2;
  }
  if (count > 0) {
    const f = v128.load64_splat(by);
    for (let at: usize = 0; at < size; at += 16) {
      v128.store(y + at, madd<f64>(f, v128.load(from + at), v128.load(y + at)));
    }
  }
}

function addTwo(y: usize, size: usize, from: usize, step: usize, by: usize): void {
  const f = v128.load64_splat(by), g = v128.load64_splat(by, 8);
  const end = y + size;
  for (let to = y; to < end; to += 16) {
    const sum = madd<f64>(f, v128.load(from), v128.load(to));
    v128.store(to, madd<f64>(g, v128.load(from + step), sum));
    from += 16;
  }
}

function addFour(y: usize, size: usize, from: usize, step: usize, by: usize): void {
  const f0 = v128.load64_splat(by), f1 = v128.load64_splat(by, 8);
  const f2 = v128.load64_splat(by, 16), f3 = v128.load64_splat(by, 24);
  const step2 = step << 1, step3 = step2 + step, end = y + size;
  for (let to = y; to < end; to += 16) {
    let sum = madd<f64>(f0, v128.load(from), v128.load(to));
    sum = madd<f64>(f1, v128.load(from + step), sum);
    sum = madd<f64>(f2, v128.load(from + step2), sum);
    sum = madd<f64>(f3, v128.load(from + step3), sum);
    v128.store(to, sum);
    from += 16;
  }
}

/** Four rows from `a` on and four from `b` on. */
function addEight(y: usize, size: usize, a: usize, b: usize, step: usize, by: usize, byB: usize): void {
  const f0 = v128.load64_splat(by), f1 = v128.load64_splat(by, 8);
  const f2 = v128.load64_splat(by, 16), f3 = v128.load64_splat(by, 24);
  const g0 = v128.load64_splat(byB), g1 = v128.load64_splat(byB, 8);
  const g2 = v128.load64_splat(byB, 16), g3 = v128.load64_splat(byB, 24);
  const step2 = step << 1, step3 = step2 + step, end = y + size;
  for (let to = y; to < end; to += 16) {
    let sum = madd<f64>(f0, v128.load(a), v128.load(to));
    sum = madd<f64>(f1, v128.load(a + step), sum);
    sum = madd<f64>(f2, v128.load(a + step2), sum);
    sum = madd<f64>(f3, v128.load(a + step3), sum);
    let other = f64x2.mul(g0, v128.load(b));
    other = madd<f64>(g1, v128.load(b + step), other);
    other = madd<f64>(g2, v128.load(b + step2), other);
    other = madd<f64>(g3, v128.load(b + step3), other);
    v128.store(to, f64x2.add(sum, other));
    a += 16;
    b += 16;
  }
}

/** x / (1 + exp(-x)). */
@inline
function siluOf(x: f64): f64 {
  const small = f64x2.extract_lane(exp(f64x2.splat(max(-abs(x), -700.0))), 0);
  return x >= 0 ? x / (1 + small) : max(x, -700.0) * (small / (1 + small));
}

// Where the input that `locate` has seen last lies.
let piece: i32 = 0;
let w: f64 = 0;

/** Finds the piece and local coordinate of input p; false: it must not lie there. */
@inline
function locate(stage: RowStage, p: i32, a: f64, b: f64, perUnit: f64, shift: f64): bool {
  const map = stage.mapsAt + <usize>p * 40, x = load<f64>(stage.xAt + (<usize>p << 3));
  let u = load<f64>(map, 16) + (x - load<f64>(map)) * load<f64>(map, 8);
  const vector = stage.vectors == 1 ? 0 : p;
  let outside = false;
  if (u < a || u > b) {
    outside = !(x >= load<f64>(map, 24) && x <= load<f64>(map, 32));
    if (outside && stage.refuses) return false;
    if (!outside) u = u < a ? a : b;
  }
  if (outside) piece = u < a ? 0 : stage.pieces - 1;
  else {
    const buckets = stage.recordsAt + <usize>(vector * (stage.buckets + 2)) * 16;
    const knots = stage.knotsAt + <usize>vector * stage.knotStep;
    piece = 1 + intervalOf(u, perUnit, shift, <u32>(stage.buckets + 1), buckets, knots);
  }
  const number = <usize>(vector * stage.pieces + piece);
  const place = v128.load(stage.placesAt + (number << 4));
  w = (u - f64x2.extract_lane(place, 0)) * f64x2.extract_lane(place, 1);
  const first = load<i32>(stage.firstAt + (number << 2));
  rowAt = stage.tableAt + <usize>p * stage.nodeStep + <usize>first * stage.tableStep;
  if (stage.baseAt) store<f64>(stage.silusAt + (<usize>p << 3), siluOf(u));
  return true;
}

/** The first row of the table for that input. */
let rowAt: usize = 0;

function one(stage: RowStage): bool {
  const a = load<f64>(stage.domainAt), b = load<f64>(stage.domainAt, 8);
  const perUnit = load<f64>(stage.domainAt, 16), shift = load<f64>(stage.domainAt, 24);
  const nIn = stage.nIn, degree = stage.degree;
  let sum: f64 = 0;
  for (let p = 0; p < nIn; p++) {
    if (!locate(stage, p, a, b, perUnit, shift)) return false;
    const at = rowAt, x = w;
    if (degree == 3) {
      const low = load<f64>(at) + load<f64>(at, 8) * x;
      sum += low + (load<f64>(at, 16) + load<f64>(at, 24) * x) * (x * x);
    } else {
      let value: f64 = 0;
      for (let k = degree; k >= 0; k--) value = value * x + load<f64>(at + (<usize>k << 3));
      sum += value;
    }
  }
  store<f64>(stage.yAt, sum);
  if (stage.baseAt) addRows(stage.yAt, 16, stage.baseAt, 16, stage.silusAt, nIn);
  return true;
}

function many(stage: RowStage): bool {
  const a = load<f64>(stage.domainAt), b = load<f64>(stage.domainAt, 8);
  const perUnit = load<f64>(stage.domainAt, 16), shift = load<f64>(stage.domainAt, 24);
  const nIn = stage.nIn, size = stage.degree + 1, wide = max(4, size);
  const functions = stage.kind == ROW_BASIS;
  let factors = stage.factorsAt, rows = stage.rowsAt;
  for (let p = 0; p < nIn; p++) {
    if (!locate(stage, p, a, b, perUnit, shift)) return false;
    store<i32>(rows, <i32>rowAt);
    const vector = stage.vectors == 1 ? 0 : p;
    if (functions) {
      const number = <usize>(vector * stage.pieces + piece);
      const at = stage.polynomialsAt + number * (<usize>(size * wide) << 3);
      if (size == 4) {
        v128.store(factors, basis<f64>(4, at, w, 0));
        v128.store(factors, basis<f64>(4, at, w, 1), 16);
      } else if (size < 4) {
        v128.store(factors, basis<f64>(size, at, w, 0));
        v128.store(factors, basis<f64>(size, at, w, 1), 16);
      } else {
        for (let i = 0; i < size; i++) {
          let value: f64 = 0;
          for (let k = size - 1; k >= 0; k--) {
            value = value * w + load<f64>(at + (<usize>(k * wide + i) << 3));
          }
          store<f64>(factors + (<usize>i << 3), value);
        }
      }
    } else {
      const line = piece == 0 || piece == stage.pieces - 1; // no powers that may overflow
      let power: f64 = 1;
      for (let k = 0; k < size; k++) {
        store<f64>(factors + (<usize>k << 3), power);
        power = line && k > 0 ? 0 : power * w;
      }
    }
    factors += <usize>wide << 3;
    rows += 4;
  }
  const length = rowBytes(stage.nOut), step = stage.tableStep, y = stage.yAt;
  start(stage, length);
  if (stage.baseAt) addRows(y, length, stage.baseAt, length, stage.silusAt, nIn);
  factors = stage.factorsAt;
  rows = stage.rowsAt;
  let p = 0;
  if (size == 4) {
    for (; p + 1 < nIn; p += 2) {
      const first = <usize>load<i32>(rows), second = <usize>load<i32>(rows, 4);
      addEight(y, length, first, second, step, factors, factors + 32);
      rows += 8;
      factors += 64;
    }
  }
  for (; p < nIn; p++) {
    addRows(y, length, <usize>load<i32>(rows), step, factors, size);
    rows += 4;
    factors += <usize>wide << 3;
  }
  return true;
}
