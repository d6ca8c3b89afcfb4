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
  const most = <u32>(buckets + 1);
  for (let p = 0; p < nIn; p++) {
    const vector = vectors == 1 ? 0 : p;
    const from = load<f64>(fromAt + (<usize>p << 3));
    const scale = load<f64>(scaleAt + (<usize>p << 3));
    const origin = load<f64>(originAt + (<usize>p << 3));
    const table = recordsAt + <usize>(vector * (buckets + 2)) * BUCKET;
    const t = knotsAt + <usize>vector * knotStep;
    const first = p * pieces, pieceStep = <usize>nIn << 2;
    const begin = xAt + bytes<T>(p), end = begin + <usize>rows * xStep;
    let w = wAt + bytes<T>(p), to = pieceAt + (<usize>p << 2);
    if (uAt) {
      let u = uAt + bytes<T>(p);
      for (let x = begin; x < end; x += xStep) {
        store<T>(u, <T>(origin + (<f64>load<T>(x) - from) * scale));
        u += wStep;
      }
    }
    if (covers) {
      for (let x = begin; x < end; x += xStep) {
        let u = origin + (<f64>load<T>(x) - from) * scale;
        u = u < a ? a : u;
        u = u > b ? b : u;
        const piece = first + 1 + intervalOf(u, perUnit, shift, most, table, t);
        put<T>(u, piece, originsAt, to, w);
        w += wStep;
        to += pieceStep;
      }
    } else {
      for (let x = begin; x < end; x += xStep) {
        const u = origin + (<f64>load<T>(x) - from) * scale;
        if (u < a || u > b) {
          put<T>(refuses ? NaN : u, u < a ? first : first + pieces - 1, originsAt, to, w);
        } else {
          put<T>(u, first + 1 + intervalOf(u, perUnit, shift, most, table, t), originsAt, to, w);
        }
        w += wStep;
        to += pieceStep;
      }
    }
  }
}
