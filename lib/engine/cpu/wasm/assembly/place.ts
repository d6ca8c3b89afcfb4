// The piece of each point; see ../../layer/locator.ts.

import { bytes } from "./lanes";

/** Bytes of a bucket: the knot inside it (f64), the interval before it, the knots inside. */
export const BUCKET: usize = 16;

/** The low bits of (x + ROUND) are x rounded to an integer. */
const ROUND: f64 = 6755399441055744.0;

/** The interval of u where several knots lie in one bucket; `t` begins at interval 0. */
function search(t: usize, low: i32, knots: i32, u: f64): i32 {
  let high = low + knots;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (u >= load<f64>(t + (<usize>middle << 3))) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The interval of u, which lies in the domain (or is NaN: then some interval). */
@inline
export function intervalOf(u: f64, perUnit: f64, shift: f64, most: u32, buckets: usize, t: usize): i32 {
  let number = <u32>reinterpret<i64>(u * perUnit + shift + ROUND);
  number = number > most ? most : number;
  // One load, one bounds check.
  const bucket = v128.load(buckets + <usize>number * BUCKET);
  const low = i32x4.extract_lane(bucket, 2), knots = i32x4.extract_lane(bucket, 3);
  if (knots > 1) return search(t, low, knots, u);
  return low + <i32>(u >= f64x2.extract_lane(bucket, 0));
}

/** Writes piece and local coordinate. */
@inline
function put<T>(u: f64, piece: i32, originsAt: usize, pieceAt: usize, wAt: usize): void {
  const where = v128.load(originsAt + (<usize>piece << 4));
  store<i32>(pieceAt, piece);
  store<T>(wAt, <T>((u - f64x2.extract_lane(where, 0)) * f64x2.extract_lane(where, 1)));
}

/** Places one point; `ends`: beyond the domain in the pieces there, else at its end. */
function placeOne<T>(
  u: f64, a: f64, b: f64, ends: bool, refuses: bool, perUnit: f64, shift: f64, most: u32,
  buckets: usize, t: usize, first: i32, pieces: i32, originsAt: usize, pieceAt: usize, wAt: usize,
): void {
  if (ends && (u < a || u > b)) {
    put<T>(refuses ? NaN : u, u < a ? first : first + pieces - 1, originsAt, pieceAt, wAt);
    return;
  }
  u = u < a ? a : u;
  u = u > b ? b : u;
  const piece = first + 1 + intervalOf(u, perUnit, shift, most, buckets, t);
  put<T>(u, piece, originsAt, pieceAt, wAt);
}

/** Lanes 0 of two vectors, and lanes 1. */
@inline
function firsts(x: v128, y: v128): v128 {
  return v128.shuffle<f64>(x, y, 0, 2);
}
@inline
function seconds(x: v128, y: v128): v128 {
  return v128.shuffle<f64>(x, y, 1, 3);
}

/** Places two points as `placeOne` does, lanes over points, unless one of them needs it: then false. */
@inline
function placeTwo<T>(
  u: v128, a: v128, b: v128, ends: bool, perUnit: v128, shift: v128, most: v128, buckets: usize,
  next: v128, originsAt: usize, pieceAt: usize, pieceStep: usize, wAt: usize, wStep: usize,
): bool {
  if (ends) {
    if (v128.any_true(v128.or(f64x2.lt(u, a), f64x2.gt(u, b)))) return false;
  } else {
    u = f64x2.pmin(f64x2.pmax(u, a), b);
  }
  const rounded = f64x2.add(f64x2.add(f64x2.mul(u, perUnit), shift), f64x2.splat(ROUND));
  const numbers = i32x4.min_u(rounded, most);
  const one = v128.load(buckets + <usize>i32x4.extract_lane(numbers, 0) * BUCKET);
  const two = v128.load(buckets + <usize>i32x4.extract_lane(numbers, 2) * BUCKET);
  const found = seconds(one, two); // interval, knots inside; twice
  if (v128.any_true(i64x2.gt_s(found, i64x2.splat((<i64>2 << 32) - 1)))) return false;
  const pieces = i32x4.add(i32x4.sub(found, f64x2.ge(u, firsts(one, two))), next);
  const piece = i32x4.extract_lane(pieces, 0), other = i32x4.extract_lane(pieces, 2);
  store<i32>(pieceAt, piece);
  store<i32>(pieceAt + pieceStep, other);
  const from = v128.load(originsAt + (<usize>piece << 4));
  const to = v128.load(originsAt + (<usize>other << 4));
  const w = f64x2.mul(f64x2.sub(u, firsts(from, to)), seconds(from, to));
  store<T>(wAt, <T>f64x2.extract_lane(w, 0));
  store<T>(wAt + wStep, <T>f64x2.extract_lane(w, 1));
  return true;
}

/** Places the points of one input. */
@inline
function placeColumn<T>(
  rows: i32, x: usize, xStep: usize, from: f64, scale: f64, origin: f64, a: f64, b: f64,
  ends: bool, refuses: bool, perUnit: f64, shift: f64, most: u32, buckets: usize, t: usize,
  first: i32, pieces: i32, originsAt: usize, to: usize, pieceStep: usize, w: usize, wStep: usize,
): void {
  const end = x + <usize>rows * xStep, pairs = x + <usize>(rows & ~1) * xStep;
  const from2 = f64x2.splat(from), scale2 = f64x2.splat(scale), origin2 = f64x2.splat(origin);
  const a2 = f64x2.splat(a), b2 = f64x2.splat(b), most2 = i32x4.splat(most);
  const perUnit2 = f64x2.splat(perUnit), shift2 = f64x2.splat(shift), next = i32x4.splat(first + 1);
  while (x < pairs) {
    const two = f64x2.replace_lane(f64x2.splat(<f64>load<T>(x)), 1, <f64>load<T>(x + xStep));
    const u = f64x2.add(origin2, f64x2.mul(f64x2.sub(two, from2), scale2));
    if (
      !placeTwo<T>(
        u, a2, b2, ends, perUnit2, shift2, most2, buckets, next, originsAt, to, pieceStep, w, wStep,
      )
    ) {
      placeOne<T>(
        f64x2.extract_lane(u, 0), a, b, ends, refuses, perUnit, shift, most, buckets, t, first,
        pieces, originsAt, to, w,
      );
      placeOne<T>(
        f64x2.extract_lane(u, 1), a, b, ends, refuses, perUnit, shift, most, buckets, t, first,
        pieces, originsAt, to + pieceStep, w + wStep,
      );
    }
    x += 2 * xStep;
    w += 2 * wStep;
    to += 2 * pieceStep;
  }
  if (x < end) {
    const u = origin + (<f64>load<T>(x) - from) * scale;
    placeOne<T>(
      u, a, b, ends, refuses, perUnit, shift, most, buckets, t, first, pieces, originsAt, to, w,
    );
  }
}

/**
 * Normalises points and finds their pieces and local coordinates, in float64 for either type.
 * NaN lands in some piece and stays NaN in `w`.
 */
export function place<T>(
  rows: i32, nIn: i32, xAt: usize, xStep: usize, fromAt: usize, scaleAt: usize, originAt: usize,
  a: f64, b: f64, covers: bool, refuses: bool,
  vectors: i32, buckets: i32, recordsAt: usize, knotsAt: usize, knotStep: usize,
  pieces: i32, originsAt: usize, pieceAt: usize, wAt: usize, uAt: usize, wStep: usize,
): void {
  const perUnit = <f64>buckets / (b - a), shift = 0.5 - a * perUnit;
  const most = <u32>(buckets + 1), pieceStep = <usize>nIn << 2;
  for (let p = 0; p < nIn; p++) {
    const vector = vectors == 1 ? 0 : p;
    const from = load<f64>(fromAt + (<usize>p << 3));
    const scale = load<f64>(scaleAt + (<usize>p << 3));
    const origin = load<f64>(originAt + (<usize>p << 3));
    const table = recordsAt + <usize>(vector * (buckets + 2)) * BUCKET;
    const t = knotsAt + <usize>vector * knotStep;
    const x = xAt + bytes<T>(p), w = wAt + bytes<T>(p), to = pieceAt + (<usize>p << 2);
    if (uAt) {
      let u = uAt + bytes<T>(p);
      for (let at = x, end = x + <usize>rows * xStep; at < end; at += xStep) {
        store<T>(u, <T>(origin + (<f64>load<T>(at) - from) * scale));
        u += wStep;
      }
    }
    if (covers) {
      placeColumn<T>(
        rows, x, xStep, from, scale, origin, a, b, false, refuses, perUnit, shift, most, table, t,
        p * pieces, pieces, originsAt, to, pieceStep, w, wStep,
      );
    } else {
      placeColumn<T>(
        rows, x, xStep, from, scale, origin, a, b, true, refuses, perUnit, shift, most, table, t,
        p * pieces, pieces, originsAt, to, pieceStep, w, wStep,
      );
    }
  }
}
