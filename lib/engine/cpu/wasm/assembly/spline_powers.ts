// Values of spline layers with several outputs, from pieces: rows of the table times powers of w, by
// Horner's scheme. One coordinate per input in a register leaves room for four inputs at once, so
// that a row of y is loaded and stored a quarter as often; see spline_many.ts.

import { bytes, madd } from "./lanes";

/** y += sum over inputs of the pieces' polynomials, for degrees up to 3. */
export function forwardPowers<T>(
  rows: i32, nIn: i32, degree: i32, pieceAt: usize, wAt: usize, wStep: usize, tableAt: usize,
  yAt: usize, yStep: usize,
): void {
  const pieceStep = <usize>nIn << 2;
  for (let p = 0; p < nIn;) {
    const pieces = pieceAt + (<usize>p << 2), w = wAt + bytes<T>(p), left = nIn - p;
    if (degree == 3) {
      if (left > 3) cubic4<T>(rows, pieces, pieceStep, w, wStep, tableAt, yAt, yStep);
      else if (left > 1) cubic2<T>(rows, pieces, pieceStep, w, wStep, tableAt, yAt, yStep);
      else cubic1<T>(rows, pieces, pieceStep, w, wStep, tableAt, yAt, yStep);
    } else if (degree == 2) {
      if (left > 3) quadratic4<T>(rows, pieces, pieceStep, w, wStep, tableAt, yAt, yStep);
      else if (left > 1) quadratic2<T>(rows, pieces, pieceStep, w, wStep, tableAt, yAt, yStep);
      else quadratic1<T>(rows, pieces, pieceStep, w, wStep, tableAt, yAt, yStep);
    } else {
      if (left > 3) linear4<T>(rows, pieces, pieceStep, w, wStep, tableAt, yAt, yStep);
      else if (left > 1) linear2<T>(rows, pieces, pieceStep, w, wStep, tableAt, yAt, yStep);
      else linear1<T>(rows, pieces, pieceStep, w, wStep, tableAt, yAt, yStep);
    }
    p += left > 3 ? 4 : left > 1 ? 2 : 1;
  }
}

function cubic4<T>(
  rows: i32, pieceAt: usize, pieceStep: usize, wAt: usize, wStep: usize, tableAt: usize, yAt: usize,
  yStep: usize,
): void {
  addInputs<T>(4, 4, rows, pieceAt, pieceStep, wAt, wStep, tableAt, yAt, yStep);
}

function cubic2<T>(
  rows: i32, pieceAt: usize, pieceStep: usize, wAt: usize, wStep: usize, tableAt: usize, yAt: usize,
  yStep: usize,
): void {
  addInputs<T>(4, 2, rows, pieceAt, pieceStep, wAt, wStep, tableAt, yAt, yStep);
}

function cubic1<T>(
  rows: i32, pieceAt: usize, pieceStep: usize, wAt: usize, wStep: usize, tableAt: usize, yAt: usize,
  yStep: usize,
): void {
  addInputs<T>(4, 1, rows, pieceAt, pieceStep, wAt, wStep, tableAt, yAt, yStep);
}

function quadratic4<T>(
  rows: i32, pieceAt: usize, pieceStep: usize, wAt: usize, wStep: usize, tableAt: usize, yAt: usize,
  yStep: usize,
): void {
  addInputs<T>(3, 4, rows, pieceAt, pieceStep, wAt, wStep, tableAt, yAt, yStep);
}

function quadratic2<T>(
  rows: i32, pieceAt: usize, pieceStep: usize, wAt: usize, wStep: usize, tableAt: usize, yAt: usize,
  yStep: usize,
): void {
  addInputs<T>(3, 2, rows, pieceAt, pieceStep, wAt, wStep, tableAt, yAt, yStep);
}

function quadratic1<T>(
  rows: i32, pieceAt: usize, pieceStep: usize, wAt: usize, wStep: usize, tableAt: usize, yAt: usize,
  yStep: usize,
): void {
  addInputs<T>(3, 1, rows, pieceAt, pieceStep, wAt, wStep, tableAt, yAt, yStep);
}

function linear4<T>(
  rows: i32, pieceAt: usize, pieceStep: usize, wAt: usize, wStep: usize, tableAt: usize, yAt: usize,
  yStep: usize,
): void {
  addInputs<T>(2, 4, rows, pieceAt, pieceStep, wAt, wStep, tableAt, yAt, yStep);
}

function linear2<T>(
  rows: i32, pieceAt: usize, pieceStep: usize, wAt: usize, wStep: usize, tableAt: usize, yAt: usize,
  yStep: usize,
): void {
  addInputs<T>(2, 2, rows, pieceAt, pieceStep, wAt, wStep, tableAt, yAt, yStep);
}

function linear1<T>(
  rows: i32, pieceAt: usize, pieceStep: usize, wAt: usize, wStep: usize, tableAt: usize, yAt: usize,
  yStep: usize,
): void {
  addInputs<T>(2, 1, rows, pieceAt, pieceStep, wAt, wStep, tableAt, yAt, yStep);
}

/** The polynomial of a piece at a vector of its rows. */
@inline
function horner<T>(size: i32, c: usize, step: usize, w: v128): v128 {
  const c1 = c + step, c2 = c1 + step, c3 = c2 + step;
  let value = v128.load(size == 4 ? c3 : size == 3 ? c2 : c1);
  if (size > 3) value = madd<T>(value, w, v128.load(c2));
  if (size > 2) value = madd<T>(value, w, v128.load(c1));
  return madd<T>(value, w, v128.load(c));
}

/** Adds 1, 2 or 4 inputs. */
@inline
function addInputs<T>(
  size: i32, inputs: i32, rows: i32, pieceAt: usize, pieceStep: usize, wAt: usize, wStep: usize,
  tableAt: usize, yAt: usize, yStep: usize,
): void {
  const step = <usize>size * yStep;
  let y = yAt;
  for (let r = 0; r < rows; r++) {
    const w = v128.load_splat<T>(wAt);
    const w1 = inputs > 1 ? v128.load_splat<T>(wAt, sizeof<T>()) : w;
    const w2 = inputs > 2 ? v128.load_splat<T>(wAt, 2 * sizeof<T>()) : w;
    const w3 = inputs > 2 ? v128.load_splat<T>(wAt, 3 * sizeof<T>()) : w;
    let c = tableAt + <usize>load<i32>(pieceAt) * step;
    let d = inputs > 1 ? tableAt + <usize>load<i32>(pieceAt, 4) * step : c;
    let e = inputs > 2 ? tableAt + <usize>load<i32>(pieceAt, 8) * step : c;
    let f = inputs > 2 ? tableAt + <usize>load<i32>(pieceAt, 12) * step : c;
    for (const end = y + yStep; y < end; y += 16) {
      let sum = v128.add<T>(v128.load(y), horner<T>(size, c, yStep, w));
      c += 16;
      if (inputs > 1) {
        sum = v128.add<T>(sum, horner<T>(size, d, yStep, w1));
        d += 16;
      }
      if (inputs > 2) {
        const last = v128.add<T>(horner<T>(size, e, yStep, w2), horner<T>(size, f, yStep, w3));
        sum = v128.add<T>(sum, last);
        e += 16;
        f += 16;
      }
      v128.store(y, sum);
    }
    pieceAt += pieceStep;
    wAt += wStep;
  }
}
