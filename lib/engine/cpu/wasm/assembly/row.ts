// A whole network on one row; see ../../predictor/row_tables.ts. Rows of numbers are whole vectors.

import { ROW_BASIS, ROW_LINEAR, ROW_ONE, ROW_POWERS, ROW_RELU, RowStage } from "./_abi";
import { madd } from "./lanes";
import { basis } from "./local";
import { BUCKET, intervalOf } from "./place";
import { exponentials } from "./exponential";

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
  const y = stage.yAt, from = stage.biasAt;
  if (from) for (let at: usize = 0; at < size; at += 16) v128.store(y + at, v128.load(from + at));
  else for (let at: usize = 0; at < size; at += 16) v128.store(y + at, f64x2.splat(0));
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
  const small = f64x2.extract_lane(exponentials(f64x2.splat(max(-abs(x), -700.0))), 0);
  return x >= 0 ? x / (1 + small) : max(x, -700.0) * (small / (1 + small));
}

/** What `pieceBeyond` was called with: an end of the domain where the input counts as inside. */
let kept: f64 = 0;

/** The piece of an input beyond the domain; -1: it must not lie there. */
function pieceBeyond(stage: RowStage, u: f64, x: f64, map: usize, a: f64, b: f64): i32 {
  kept = u;
  if (x >= load<f64>(map, 24) && x <= load<f64>(map, 32)) { // rounding moved it
    kept = u < a ? a : b;
    return insideOf(stage, kept, map);
  }
  if (stage.refuses) return -1;
  return u < a ? 0 : stage.pieces - 1;
}

/** The piece of a position in the domain. */
function insideOf(stage: RowStage, u: f64, map: usize): i32 {
  const vector = stage.vectors == 1 ? 0 : (map - stage.mapsAt) / MAP;
  const buckets = stage.recordsAt + vector * <usize>(stage.buckets + 2) * BUCKET;
  const perUnit = load<f64>(stage.domainAt, 16), shift = load<f64>(stage.domainAt, 24);
  const knots = stage.knotsAt + vector * stage.knotStep;
  return 1 + intervalOf(u, perUnit, shift, <u32>(stage.buckets + 1), buckets, knots);
}

/** Bytes of a node's map: from, scale, origin, the raw values that are kept inside. */
const MAP: usize = 40;

/** Writes the nodes' silu. */
function silus(stage: RowStage): void {
  const a = load<f64>(stage.domainAt), b = load<f64>(stage.domainAt, 8);
  let map = stage.mapsAt, to = stage.silusAt;
  for (let p = 0, nIn = stage.nIn; p < nIn; p++) {
    const x = load<f64>(stage.xAt + (<usize>p << 3));
    let u = load<f64>(map, 16) + (x - load<f64>(map)) * load<f64>(map, 8);
    if (x >= load<f64>(map, 24) && x <= load<f64>(map, 32)) u = u < a ? a : u > b ? b : u;
    store<f64>(to, siluOf(u));
    map += MAP;
    to += 8;
  }
}

function one(stage: RowStage): bool {
  const a = load<f64>(stage.domainAt), b = load<f64>(stage.domainAt, 8);
  const perUnit = load<f64>(stage.domainAt, 16), shift = load<f64>(stage.domainAt, 24);
  const degree = stage.degree, most = <u32>(stage.buckets + 1);
  const shared = stage.vectors == 1, polynomial = <usize>(degree + 1) << 3;
  const bucketStep = shared ? 0 : <usize>(stage.buckets + 2) * BUCKET;
  const knotStep = shared ? 0 : stage.knotStep, placeStep = shared ? 0 : <usize>stage.pieces << 4;
  const tableStep = stage.nodeStep, end = stage.xAt + (<usize>stage.nIn << 3);
  let map = stage.mapsAt, buckets = stage.recordsAt, knots = stage.knotsAt;
  let places = stage.placesAt, table = stage.tableAt, sum: f64 = 0;
  for (let from = stage.xAt; from < end; from += 8) {
    const x = load<f64>(from);
    let u = load<f64>(map, 16) + (x - load<f64>(map)) * load<f64>(map, 8);
    let piece: i32;
    if (u < a || u > b) {
      piece = pieceBeyond(stage, u, x, map, a, b);
      if (piece < 0) return false;
      u = kept;
    } else piece = 1 + intervalOf(u, perUnit, shift, most, buckets, knots);
    const place = v128.load(places + (<usize>piece << 4));
    const w = (u - f64x2.extract_lane(place, 0)) * f64x2.extract_lane(place, 1);
    const at = table + <usize>piece * polynomial;
    if (degree == 3) {
      const low = load<f64>(at) + load<f64>(at, 8) * w;
      sum += low + (load<f64>(at, 16) + load<f64>(at, 24) * w) * (w * w);
    } else {
      let value: f64 = 0;
      for (let k = degree; k >= 0; k--) value = value * w + load<f64>(at + (<usize>k << 3));
      sum += value;
    }
    map += MAP;
    buckets += bucketStep;
    knots += knotStep;
    places += placeStep;
    table += tableStep;
  }
  store<f64>(stage.yAt, sum);
  if (stage.baseAt) {
    silus(stage);
    addRows(stage.yAt, 16, stage.baseAt, 16, stage.silusAt, stage.nIn);
  }
  return true;
}

/** Basis functions at w, a multiple of 4 numbers up to degree 3. */
@inline
function writeBasis(size: i32, at: usize, w: f64, to: usize): void {
  if (size == 4) {
    v128.store(to, basis<f64>(4, at, w, 0));
    v128.store(to, basis<f64>(4, at, w, 1), 16);
  } else if (size < 4) {
    v128.store(to, basis<f64>(size, at, w, 0));
    v128.store(to, basis<f64>(size, at, w, 1), 16);
  } else {
    const row = <usize>size << 3;
    for (let i: usize = 0; i < row; i += 8) {
      let value: f64 = 0;
      for (let k = size - 1; k >= 0; k--) value = value * w + load<f64>(at + <usize>k * row + i);
      store<f64>(to + i, value);
    }
  }
}

/** Powers of w; of a line beyond the domain only two, which cannot overflow. */
function writePowers(size: i32, line: bool, w: f64, to: usize): void {
  let power: f64 = 1;
  for (let k = 0; k < size; k++) {
    store<f64>(to + (<usize>k << 3), power);
    power = line && k > 0 ? 0 : power * w;
  }
}

/** Writes the factors of every node's rows and where the rows begin. */
function placeNodes(stage: RowStage): bool {
  const a = load<f64>(stage.domainAt), b = load<f64>(stage.domainAt, 8);
  const perUnit = load<f64>(stage.domainAt, 16), shift = load<f64>(stage.domainAt, 24);
  const size = stage.degree + 1, most = <u32>(stage.buckets + 1), pieces = stage.pieces;
  const factorStep = <usize>max(4, size) << 3, functions = stage.kind == ROW_BASIS;
  const shared = stage.vectors == 1, polynomial = <usize>size * factorStep;
  const bucketStep = shared ? 0 : <usize>(stage.buckets + 2) * BUCKET;
  const knotStep = shared ? 0 : stage.knotStep, pieceStep: usize = shared ? 0 : pieces;
  const tableStep = stage.tableStep, nodeStep = stage.nodeStep;
  const end = stage.xAt + (<usize>stage.nIn << 3);
  let map = stage.mapsAt, buckets = stage.recordsAt, knots = stage.knotsAt;
  let places = stage.placesAt, firsts = stage.firstAt, polynomials = stage.polynomialsAt;
  let table = stage.tableAt, factors = stage.factorsAt, rows = stage.rowsAt;
  for (let from = stage.xAt; from < end; from += 8) {
    const x = load<f64>(from);
    let u = load<f64>(map, 16) + (x - load<f64>(map)) * load<f64>(map, 8);
    let piece: i32;
    if (u < a || u > b) {
      piece = pieceBeyond(stage, u, x, map, a, b);
      if (piece < 0) return false;
      u = kept;
    } else piece = 1 + intervalOf(u, perUnit, shift, most, buckets, knots);
    const place = v128.load(places + (<usize>piece << 4));
    const w = (u - f64x2.extract_lane(place, 0)) * f64x2.extract_lane(place, 1);
    const first = <usize>load<i32>(firsts + (<usize>piece << 2));
    store<i32>(rows, <i32>(table + first * tableStep));
    if (functions) writeBasis(size, polynomials + <usize>piece * polynomial, w, factors);
    else writePowers(size, piece == 0 || piece == pieces - 1, w, factors);
    map += MAP;
    buckets += bucketStep;
    knots += knotStep;
    places += pieceStep << 4;
    firsts += pieceStep << 2;
    polynomials += pieceStep * polynomial;
    table += nodeStep;
    factors += factorStep;
    rows += 4;
  }
  return true;
}

/** Adds the rows of a node, times factors, to the vectors of y in a list; gives the next list. */
@inline
function addListed(
  y: usize, list: usize, row: usize, step: usize, factors: usize, size: i32,
): usize {
  const end = list + 4 + (<usize>load<i32>(list) << 2);
  if (size == 4) {
    const f0 = v128.load64_splat(factors), f1 = v128.load64_splat(factors, 8);
    const f2 = v128.load64_splat(factors, 16), f3 = v128.load64_splat(factors, 24);
    const row1 = row + step, row2 = row1 + step, row3 = row2 + step;
    for (list += 4; list < end; list += 4) {
      const place = <usize>load<i32>(list);
      let sum = madd<f64>(f0, v128.load(row + place), v128.load(y + place));
      let other = f64x2.mul(f1, v128.load(row1 + place));
      sum = madd<f64>(f2, v128.load(row2 + place), sum);
      other = madd<f64>(f3, v128.load(row3 + place), other);
      v128.store(y + place, f64x2.add(sum, other));
    }
    return list;
  }
  for (list += 4; list < end; list += 4) {
    const place = <usize>load<i32>(list);
    let sum = v128.load(y + place), a = row + place;
    for (let k = 0; k < size; k++) {
      sum = madd<f64>(v128.load64_splat(factors + (<usize>k << 3)), v128.load(a), sum);
      a += step;
    }
    v128.store(y + place, sum);
  }
  return list;
}

function many(stage: RowStage): bool {
  if (!placeNodes(stage)) return false;
  const nIn = stage.nIn, size = stage.degree + 1, wide = <usize>max(4, size) << 3;
  const length = rowBytes(stage.nOut), step = stage.tableStep, y = stage.yAt;
  let factors = stage.factorsAt, rows = stage.rowsAt, p = 0;
  start(stage, length);
  if (stage.baseAt) {
    silus(stage);
    addRows(y, length, stage.baseAt, length, stage.silusAt, nIn);
  }
  if (stage.listsAt) {
    for (let list = stage.listsAt; p < nIn; p++) {
      const row = <usize>load<i32>(rows);
      list = size == 4
        ? addListed(y, list, row, step, factors, 4)
        : addListed(y, list, row, step, factors, size);
      rows += 4;
      factors += wide;
    }
    return true;
  }
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
    factors += wide;
  }
  return true;
}
