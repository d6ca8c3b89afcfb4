// Spline layers with several outputs at any degree; see spline_many.ts. Basis polynomials and the
// gradients by them are [pieces, size, size], power k in row k.

import { bytes, madd, sumLanes } from "./lanes";

/** Writes the local functions of a point at `out`. */
@inline
function localFunctions<T>(size: i32, polynomials: usize, w: T, out: usize): void {
  if (polynomials == 0) {
    let power: T = 1;
    for (let i = 0; i < size; i++) {
      store<T>(out + bytes<T>(i), power);
      power *= w;
    }
    return;
  }
  for (let i = 0; i < size; i++) {
    let value: T = 0;
    for (let k = size - 1; k >= 0; k--) {
      value = value * w + load<T>(polynomials + bytes<T>(k * size + i));
    }
    store<T>(out + bytes<T>(i), value);
  }
}

export function forwardGeneral<T>(
  rows: i32, nIn: i32, degree: i32, pieceAt: usize, wAt: usize, wStep: usize,
  polynomialsAt: usize, firstAt: usize, tableAt: usize, yAt: usize, yStep: usize, scratchAt: usize,
): void {
  const size = degree + 1;
  for (let r = 0; r < rows; r++) {
    for (let p = 0; p < nIn; p++) {
      const piece = load<i32>(pieceAt);
      const q = polynomialsAt ? polynomialsAt + bytes<T>(piece * size * size) : 0;
      localFunctions<T>(size, q, load<T>(wAt + bytes<T>(p)), scratchAt);
      const first = polynomialsAt ? load<i32>(firstAt + (<usize>piece << 2)) : piece * size;
      let c = tableAt + <usize>first * yStep;
      for (let i = 0; i < size; i++) {
        const b = v128.splat<T>(load<T>(scratchAt + bytes<T>(i)));
        for (let j: usize = 0; j < yStep; j += 16) {
          v128.store(yAt + j, madd<T>(b, v128.load(c + j), v128.load(yAt + j)));
        }
        c += yStep;
      }
      pieceAt += 4;
    }
    yAt += yStep;
    wAt += wStep;
  }
}

export function backwardGeneral<T>(
  rows: i32, nIn: i32, degree: i32, pieceAt: usize, wAt: usize, wStep: usize,
  polynomialsAt: usize, firstAt: usize, tableAt: usize, barAt: usize, originsAt: usize,
  knotsAt: usize, yBarAt: usize, yStep: usize, slopes: bool, scratchAt: usize,
): void {
  const size = degree + 1;
  for (let r = 0; r < rows; r++) {
    for (let p = 0; p < nIn; p++) {
      const at = wAt + bytes<T>(p);
      const w = load<T>(at);
      const piece = load<i32>(pieceAt);
      const q = polynomialsAt ? polynomialsAt + bytes<T>(piece * size * size) : 0;
      localFunctions<T>(size, q, w, scratchAt);
      const first = polynomialsAt ? load<i32>(firstAt + (<usize>piece << 2)) : piece * size;
      let c = tableAt + <usize>first * yStep, m = barAt + <usize>first * yStep;
      let slope: T = 0, below: T = 0; // below: i w^(i - 1)
      for (let i = 0; i < size; i++) {
        const b = v128.splat<T>(load<T>(scratchAt + bytes<T>(i)));
        let sum = v128.splat<T>(0);
        for (let j: usize = 0; j < yStep; j += 16) {
          const g = v128.load(yBarAt + j);
          v128.store(m + j, madd<T>(b, g, v128.load(m + j)));
          sum = madd<T>(g, v128.load(c + j), sum);
        }
        const value = sumLanes<T>(sum);
        if (polynomialsAt) {
          let derivative: T = 0;
          for (let k = degree; k > 0; k--) {
            derivative = derivative * w + <T>k * load<T>(q + bytes<T>(k * size + i));
          }
          slope += value * derivative;
        } else {
          below = i == 0 ? 0 : <T>i * load<T>(scratchAt + bytes<T>(i - 1));
          slope += value * below;
        }
        if (knotsAt) {
          let power = <f64>value, k = knotsAt + (<usize>(piece * size * size + i) << 3);
          for (let n = 0; n < size; n++) {
            store<f64>(k, load<f64>(k) + power);
            power *= <f64>w;
            k += <usize>size << 3;
          }
        }
        c += yStep;
        m += yStep;
      }
      if (slopes) store<T>(at, <T>(<f64>slope * load<f64>(originsAt + (<usize>piece << 4), 8)));
      pieceAt += 4;
    }
    yBarAt += yStep;
    wAt += wStep;
  }
}
