// Powers of the points' local coordinates, added up piece by piece, and a polynomial of each piece;
// see ../../layer/moment_norms.ts. Tables are f64, 8 numbers a piece.

import { madd } from "./lanes";

/** moments [pieces, 8] += w^k, k up to 7. */
export function addMoments<T>(
  rows: i32, nIn: i32, pieceAt: usize, wAt: usize, wStep: usize, momentsAt: usize,
): void {
  for (let r = 0; r < rows; r++) {
    let at = wAt;
    for (let p = 0; p < nIn; p++) {
      const w = <f64>load<T>(at), m = momentsAt + (<usize>load<i32>(pieceAt) << 6);
      const square = f64x2.splat(w * w);
      let power = f64x2.replace_lane(f64x2.splat(1), 1, w);
      v128.store(m, f64x2.add(v128.load(m), power));
      power = f64x2.mul(power, square);
      v128.store(m, f64x2.add(v128.load(m, 16), power), 16);
      power = f64x2.mul(power, square);
      v128.store(m, f64x2.add(v128.load(m, 32), power), 32);
      power = f64x2.mul(power, square);
      v128.store(m, f64x2.add(v128.load(m, 48), power), 48);
      at += sizeof<T>();
      pieceAt += 4;
    }
    wAt += wStep;
  }
}

/** to = the polynomial of the piece, of degree 5, times the piece's rate; rows of `to` as those of w. */
export function slopesOf<T>(
  rows: i32, nIn: i32, pieceAt: usize, wAt: usize, wStep: usize, tableAt: usize, originsAt: usize,
  toAt: usize,
): void {
  for (let r = 0; r < rows; r++) {
    let at: usize = 0;
    for (let p = 0; p < nIn; p++) {
      const w = <f64>load<T>(wAt + at), piece = <usize>load<i32>(pieceAt);
      const c = tableAt + (piece << 6), square = f64x2.splat(w * w);
      // even powers and odd ones
      let value = madd<f64>(v128.load(c, 32), square, v128.load(c, 16));
      value = madd<f64>(value, square, v128.load(c));
      const slope = f64x2.extract_lane(value, 0) + w * f64x2.extract_lane(value, 1);
      store<T>(toAt + at, <T>(slope * load<f64>(originsAt + (piece << 4), 8)));
      at += sizeof<T>();
      pieceAt += 4;
    }
    wAt += wStep;
    toAt += wStep;
  }
}

/** to += from, rows of `step` bytes. */
export function addRows<T>(rows: i32, fromAt: usize, toAt: usize, step: usize): void {
  for (const end = toAt + <usize>rows * step; toAt < end; toAt += 16) {
    v128.store(toAt, v128.add<T>(v128.load(toAt), v128.load(fromAt)));
    fromAt += 16;
  }
}
