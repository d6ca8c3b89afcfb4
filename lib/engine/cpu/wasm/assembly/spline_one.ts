// Spline layers with one output: a piece holds its coefficients by powers of w, four of them up to
// degree 3 (the missing ones are 0).

import { bytes, madd, sumLanes } from "./lanes";
import { powers } from "./local";

/** y = sum over inputs of the pieces' polynomials. */
export function forwardOne<T>(
  rows: i32, nIn: i32, degree: i32, pieceAt: usize, wAt: usize, wStep: usize,
  tableAt: usize, yAt: usize, yStep: usize,
): void {
  if (degree > 3) forwardOneGeneral<T>(rows, nIn, degree, pieceAt, wAt, wStep, tableAt, yAt, yStep);
  else if (
    degree > 1) forwardOneShort<T>(rows, nIn, true, pieceAt, wAt, wStep, tableAt, yAt, yStep,
  );
  else forwardOneShort<T>(rows, nIn, false, pieceAt, wAt, wStep, tableAt, yAt, yStep);
}

@inline
function forwardOneShort<T>(
  rows: i32, nIn: i32, high: bool, pieceAt: usize, wAt: usize, wStep: usize,
  tableAt: usize, yAt: usize, yStep: usize,
): void {
  const size = sizeof<T>() == 8 ? 5 : 4; // log2 of a piece's bytes
  for (let r = 0; r < rows; r++) {
    let sum = v128.splat<T>(0), at = wAt;
    for (let p = 0; p < nIn; p++) {
      const w = load<T>(at);
      const a = tableAt + (<usize>load<i32>(pieceAt) << size);
      let coefficients = v128.load(a);
      if (sizeof<T>() == 8 && high) {
        coefficients = madd<T>(v128.load(a, 16), v128.splat<T>(w * w), coefficients);
      }
      sum = madd<T>(coefficients, powers<T>(w, 0), sum);
      at += sizeof<T>();
      pieceAt += 4;
    }
    store<T>(yAt, sumLanes<T>(sum));
    yAt += yStep;
    wAt += wStep;
  }
}

function forwardOneGeneral<T>(
  rows: i32, nIn: i32, degree: i32, pieceAt: usize, wAt: usize, wStep: usize,
  tableAt: usize, yAt: usize, yStep: usize,
): void {
  const size = bytes<T>(degree + 1);
  for (let r = 0; r < rows; r++) {
    let sum: T = 0, at = wAt;
    for (let p = 0; p < nIn; p++) {
      const w = load<T>(at);
      const a = tableAt + <usize>load<i32>(pieceAt) * size;
      let value: T = 0;
      for (let k = degree; k >= 0; k--) value = value * w + load<T>(a + bytes<T>(k));
      sum += value;
      at += sizeof<T>();
      pieceAt += 4;
    }
    store<T>(yAt, sum);
    yAt += yStep;
    wAt += wStep;
  }
}

/**
 * Adds g w^k to the moments. With `slopes` the local coordinates are overwritten by the gradient
 * by the normalised inputs.
 */
export function backwardOne<T>(
  rows: i32, nIn: i32, degree: i32, pieceAt: usize, wAt: usize, wStep: usize,
  tableAt: usize, momentsAt: usize, originsAt: usize, yBarAt: usize, yStep: usize, slopes: bool,
): void {
  if (degree > 3) {
    backwardOneGeneral<T>(
      rows, nIn, degree, pieceAt, wAt, wStep, tableAt, momentsAt, originsAt, yBarAt, yStep, slopes,
    );
  } else if (slopes) {
    backwardOneShort<T>(
      rows, nIn, pieceAt, wAt, wStep, tableAt, momentsAt, originsAt, yBarAt, yStep, true,
    );
  } else {
    backwardOneShort<T>(
      rows, nIn, pieceAt, wAt, wStep, tableAt, momentsAt, originsAt, yBarAt, yStep, false,
    );
  }
}

@inline
function backwardOneShort<T>(
  rows: i32, nIn: i32, pieceAt: usize, wAt: usize, wStep: usize,
  tableAt: usize, momentsAt: usize, originsAt: usize, yBarAt: usize, yStep: usize, slopes: bool,
): void {
  const size = sizeof<T>() == 8 ? 5 : 4;
  for (let r = 0; r < rows; r++) {
    const g = load<T>(yBarAt);
    let at = wAt;
    for (let p = 0; p < nIn; p++) {
      const w = load<T>(at);
      const piece = <usize>load<i32>(pieceAt);
      const mu = momentsAt + (piece << size);
      if (sizeof<T>() == 8) {
        const low = f64x2.replace_lane(f64x2.splat(<f64>g), 1, <f64>g * <f64>w);
        v128.store(mu, f64x2.add(v128.load(mu), low));
        v128.store(mu, madd<f64>(low, f64x2.splat(<f64>w * <f64>w), v128.load(mu, 16)), 16);
      } else {
        v128.store(mu, madd<f32>(powers<f32>(<f32>w, 0), f32x4.splat(<f32>g), v128.load(mu)));
      }
      if (slopes) {
        const a = tableAt + (piece << size);
        const first = v128.load(a), second = sizeof<T>() == 8 ? v128.load(a, 16) : first;
        const a1 = v128.extract_lane<T>(first, 1);
        const a2 = sizeof<T>() == 8
          ? <T>f64x2.extract_lane(second, 0)
          : <T>f32x4.extract_lane(second, 2);
        const a3 = sizeof<T>() == 8
          ? <T>f64x2.extract_lane(second, 1)
          : <T>f32x4.extract_lane(second, 3);
        const rate = load<f64>(originsAt + (piece << 4), 8);
        const slope = a1 + w * (a2 + a2 + <T>3 * w * a3);
        store<T>(at, <T>(<f64>(g * slope) * rate));
      }
      at += sizeof<T>();
      pieceAt += 4;
    }
    yBarAt += yStep;
    wAt += wStep;
  }
}

function backwardOneGeneral<T>(
  rows: i32, nIn: i32, degree: i32, pieceAt: usize, wAt: usize, wStep: usize,
  tableAt: usize, momentsAt: usize, originsAt: usize, yBarAt: usize, yStep: usize, slopes: bool,
): void {
  const size = bytes<T>(degree + 1);
  for (let r = 0; r < rows; r++) {
    const g = load<T>(yBarAt);
    let at = wAt;
    for (let p = 0; p < nIn; p++) {
      const w = load<T>(at);
      const piece = <usize>load<i32>(pieceAt);
      let mu = momentsAt + piece * size, a = tableAt + piece * size;
      let power = g, slope: T = 0;
      store<T>(mu, load<T>(mu) + power);
      for (let k = 1; k <= degree; k++) {
        mu += sizeof<T>();
        a += sizeof<T>();
        slope += <T>k * load<T>(a) * power;
        power *= w;
        store<T>(mu, load<T>(mu) + power);
      }
      if (slopes) store<T>(at, <T>(<f64>slope * load<f64>(originsAt + (piece << 4), 8)));
      at += sizeof<T>();
      pieceAt += 4;
    }
    yBarAt += yStep;
    wAt += wStep;
  }
}
