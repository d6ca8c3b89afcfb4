// Which piece each point lies in; see locate.ts. Arguments ending in "At" are byte addresses,
// those ending in "Step" bytes from one row to the next.

import { bytes } from "./lanes";

/** Bytes of a bucket: the knot inside it (f64), the interval before it, the knots inside. */
const BUCKET: usize = 16;

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

/**
 * Normalises points and finds their pieces and local coordinates, in float64 whatever the type.
 * NaN lands in some piece and stays NaN in `w`.
 */
export function place<T>(
  rows: i32, nIn: i32, xAt: usize, xStep: usize, fromAt: usize, scaleAt: usize, originAt: usize,
  a: f64, b: f64, covers: bool, refuses: bool,
  vectors: i32, buckets: i32, bucketsAt: usize, knotsAt: usize, knotStep: usize,
  pieces: i32, originsAt: usize, pieceAt: usize, wAt: usize, uAt: usize, wStep: usize,
): void {
  const perUnit = <f64>buckets / (b - a), shift = 0.5 - a * perUnit;
  const most = <u32>(buckets + 1);
  for (let p = 0; p < nIn; p++) {
    const vector = vectors == 1 ? 0 : p;
    const from = load<f64>(fromAt + (<usize>p << 3));
    const scale = load<f64>(scaleAt + (<usize>p << 3));
    const origin = load<f64>(originAt + (<usize>p << 3));
    const own = bucketsAt + <usize>(vector * (buckets + 2)) * BUCKET;
    const t = knotsAt + <usize>vector * knotStep;
    const first = p * pieces;
    let x = xAt + bytes<T>(p), w = wAt + bytes<T>(p), uOut = uAt + bytes<T>(p);
    let pieceOut = pieceAt + (<usize>p << 2);
    for (let r = 0; r < rows; r++) {
      let u = origin + (<f64>load<T>(x) - from) * scale;
      if (uAt) {
        store<T>(uOut, <T>u);
        uOut += wStep;
      }
      if (covers) {
        u = u < a ? a : u;
        u = u > b ? b : u;
      }
      let piece = first;
      let refused = false;
      if (!covers && (u < a || u > b)) {
        if (u > b) piece += pieces - 1;
        refused = refuses;
      } else {
        let number = <u32>reinterpret<i64>(u * perUnit + shift + ROUND);
        number = number > most ? most : number;
        // One load, one bounds check.
        const bucket = v128.load(own + <usize>number * BUCKET);
        const low = i32x4.extract_lane(bucket, 2), knots = i32x4.extract_lane(bucket, 3);
        piece += 1 +
          (knots > 1 ? search(t, low, knots, u) : low + <i32>(u >= f64x2.extract_lane(bucket, 0)));
      }
      const where = v128.load(originsAt + (<usize>piece << 4));
      const local = (u - f64x2.extract_lane(where, 0)) * f64x2.extract_lane(where, 1);
      store<i32>(pieceOut, piece);
      store<T>(w, <T>(refused ? NaN : local));
      x += xStep;
      w += wStep;
      pieceOut += <usize>nIn << 2;
    }
  }
}
