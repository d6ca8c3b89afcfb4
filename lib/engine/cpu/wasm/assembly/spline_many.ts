// Spline layers with several outputs. A point in piece m meets `size = degree + 1` rows of the
// table, side by side for all outputs, each times a local function of its coordinate w:
// - the piece's own rows times powers of w (polynomialsAt = 0), or
// - rows first(m) ... first(m) + degree of the coefficients times basis functions.
// yStep is a multiple of 16, and a row of the table is as long as one of y.

import { madd, splatFunction, sumLanes } from "./lanes";
import { basis, basisSlopes, powers, powerSlopes, sums } from "./local";
import { backwardGeneral, forwardGeneral } from "./spline_general";
import { forwardPowers } from "./spline_powers";

/** y += sum over inputs of the splines. */
export function forwardMany<T>(
  rows: i32, nIn: i32, degree: i32, pieceAt: usize, wAt: usize, wStep: usize,
  polynomialsAt: usize, firstAt: usize, tableAt: usize, yAt: usize, yStep: usize, scratchAt: usize,
): void {
  if (degree > 3) {
    forwardGeneral<T>(
      rows, nIn, degree, pieceAt, wAt, wStep, polynomialsAt, firstAt, tableAt, yAt, yStep, scratchAt,
    );
  } else if (polynomialsAt) {
    forwardDegree<T>(
      degree, rows, nIn, pieceAt, wAt, wStep, polynomialsAt, firstAt, tableAt, yAt, yStep,
    );
  } else forwardPowers<T>(rows, nIn, degree, pieceAt, wAt, wStep, tableAt, yAt, yStep);
}

/** The degree as a constant: a kernel for each. */
@inline
function forwardDegree<T>(
  degree: i32, rows: i32, nIn: i32, pieceAt: usize, wAt: usize, wStep: usize,
  qAt: usize, firstAt: usize, tableAt: usize, yAt: usize, yStep: usize,
): void {
  if (degree == 3) {
    forwardRows<T>(4, rows, nIn, pieceAt, wAt, wStep, qAt, firstAt, tableAt, yAt, yStep);
  } else if (degree == 2) {
    forwardRows<T>(3, rows, nIn, pieceAt, wAt, wStep, qAt, firstAt, tableAt, yAt, yStep);
  } else {
    forwardRows<T>(2, rows, nIn, pieceAt, wAt, wStep, qAt, firstAt, tableAt, yAt, yStep);
  }
}

/** Whether one vector holds all local functions of a point. */
@inline
function inOne<T>(size: i32): bool {
  return sizeof<T>() == 4 || size < 3;
}

/** The local functions of a point: half 0 or, where one vector does not hold them, half 1. */
@inline
function functions<T>(size: i32, splines: bool, polynomials: usize, w: T, half: i32): v128 {
  return splines ? basis<T>(size, polynomials, w, half) : powers<T>(w, half);
}

/** Where the rows of the table begin that a piece meets. */
@inline
function rowsOf(
  size: i32, splines: bool, piece: usize, firstAt: usize, tableAt: usize, yStep: usize,
): usize {
  const first = splines ? <usize>load<i32>(firstAt + (piece << 2)) : piece * <usize>size;
  return tableAt + first * yStep;
}

/** The vector at an address, or the one behind it. */
@inline
function loadAt(at: usize, second: bool): v128 {
  return second ? v128.load(at, 16) : v128.load(at);
}

/** The value of a vector of the coefficients' rows from `c` on under the functions b0 ... b3. */
@inline
function valueOf<T>(
  size: i32, c: usize, step: usize, b0: v128, b1: v128, b2: v128, b3: v128,
): v128 {
  const c1 = c + step, c2 = c1 + step, c3 = c2 + step;
  let value = madd<T>(v128.load(c1), b1, v128.mul<T>(v128.load(c), b0));
  if (size > 2) value = madd<T>(v128.load(c2), b2, value);
  if (size > 3) value = madd<T>(v128.load(c3), b3, value);
  return value;
}

/** Inputs outermost, two at a time: their tables stay in the first cache, and a row of y is loaded
and stored half as often. One vector per step and a sum for each input: then no register spills. */
@inline
function forwardRows<T>(
  size: i32, rows: i32, nIn: i32, pieceAt: usize, wAt: usize, wStep: usize,
  polynomialsAt: usize, firstAt: usize, tableAt: usize, yAt: usize, yStep: usize,
): void {
  const polynomialStep = <usize>(4 * size * sizeof<T>());
  let p = 0;
  for (; p + 1 < nIn; p += 2) {
    let at = wAt + <usize>p * sizeof<T>(), pieces = pieceAt + (<usize>p << 2);
    let y = yAt;
    for (let r = 0; r < rows; r++) {
      const w = load<T>(at), v = load<T>(at, sizeof<T>());
      const piece = <usize>load<i32>(pieces), other = <usize>load<i32>(pieces, 4);
      const q = polynomialsAt + piece * polynomialStep, z = polynomialsAt + other * polynomialStep;
      const low = basis<T>(size, q, w, 0);
      const high = inOne<T>(size) ? low : basis<T>(size, q, w, 1);
      const low2 = basis<T>(size, z, v, 0);
      const high2 = inOne<T>(size) ? low2 : basis<T>(size, z, v, 1);
      const b0 = splatFunction<T>(low, high, 0), b1 = splatFunction<T>(low, high, 1);
      const b2 = splatFunction<T>(low, high, 2), b3 = splatFunction<T>(low, high, 3);
      const d0 = splatFunction<T>(low2, high2, 0), d1 = splatFunction<T>(low2, high2, 1);
      const d2 = splatFunction<T>(low2, high2, 2), d3 = splatFunction<T>(low2, high2, 3);
      let c = tableAt + <usize>load<i32>(firstAt + (piece << 2)) * yStep;
      let e = tableAt + <usize>load<i32>(firstAt + (other << 2)) * yStep;
      for (const end = y + yStep; y < end; y += 16) {
        const sum = v128.add<T>(v128.load(y), valueOf<T>(size, c, yStep, b0, b1, b2, b3));
        v128.store(y, v128.add<T>(sum, valueOf<T>(size, e, yStep, d0, d1, d2, d3)));
        c += 16;
        e += 16;
      }
      at += wStep;
      pieces += <usize>nIn << 2;
    }
  }
  if (p < nIn) {
    let at = wAt + <usize>p * sizeof<T>(), pieces = pieceAt + (<usize>p << 2);
    let y = yAt;
    for (let r = 0; r < rows; r++) {
      const w = load<T>(at);
      const piece = <usize>load<i32>(pieces);
      const q = polynomialsAt + piece * polynomialStep;
      const low = basis<T>(size, q, w, 0);
      const high = inOne<T>(size) ? low : basis<T>(size, q, w, 1);
      const b0 = splatFunction<T>(low, high, 0), b1 = splatFunction<T>(low, high, 1);
      const b2 = splatFunction<T>(low, high, 2), b3 = splatFunction<T>(low, high, 3);
      let c = tableAt + <usize>load<i32>(firstAt + (piece << 2)) * yStep;
      for (const end = y + yStep; y < end; y += 16) {
        v128.store(y, v128.add<T>(v128.load(y), valueOf<T>(size, c, yStep, b0, b1, b2, b3)));
        c += 16;
      }
      at += wStep;
      pieces += <usize>nIn << 2;
    }
  }
}

/**
 * Adds to the gradient by the table. With `slopes` the local coordinates are overwritten by the
 * gradient by the normalised inputs. knotsAt, if not 0: `sum g b_i w^k` over points and outputs is
 * added there (f64, [pieces, size, 4] or, general, [pieces, size, size]; row k, column i).
 */
export function backwardMany<T>(
  rows: i32, nIn: i32, degree: i32, pieceAt: usize, wAt: usize, wStep: usize,
  polynomialsAt: usize, firstAt: usize, tableAt: usize, barAt: usize, originsAt: usize,
  knotsAt: usize, yBarAt: usize, yStep: usize, slopes: bool, scratchAt: usize,
): void {
  if (degree > 3) {
    backwardGeneral<T>(
      rows, nIn, degree, pieceAt, wAt, wStep, polynomialsAt, firstAt, tableAt, barAt, originsAt,
      knotsAt, yBarAt, yStep, slopes, scratchAt,
    );
  } else if (polynomialsAt) {
    backwardDegree<T>(
      degree, true, rows, nIn, pieceAt, wAt, wStep, polynomialsAt, firstAt, tableAt, barAt,
      originsAt, knotsAt, yBarAt, yStep, slopes,
    );
  } else {
    backwardDegree<T>(
      degree, false, rows, nIn, pieceAt, wAt, wStep, 0, firstAt, tableAt, barAt, originsAt, 0,
      yBarAt, yStep, slopes,
    );
  }
}

/** The degree as a constant: two kernels for each, one that gives the table's gradient alone. */
@inline
function backwardDegree<T>(
  degree: i32, splines: bool, rows: i32, nIn: i32, pieceAt: usize, wAt: usize, wStep: usize,
  qAt: usize, firstAt: usize, tableAt: usize, barAt: usize, originsAt: usize, knotsAt: usize,
  yBarAt: usize, yStep: usize, slopes: bool,
): void {
  if (degree == 3) {
    backwardSize<T>(
      4, splines, rows, nIn, pieceAt, wAt, wStep, qAt, firstAt, tableAt, barAt, originsAt, knotsAt,
      yBarAt, yStep, slopes,
    );
  } else if (degree == 2) {
    backwardSize<T>(
      3, splines, rows, nIn, pieceAt, wAt, wStep, qAt, firstAt, tableAt, barAt, originsAt, knotsAt,
      yBarAt, yStep, slopes,
    );
  } else {
    backwardSize<T>(
      2, splines, rows, nIn, pieceAt, wAt, wStep, qAt, firstAt, tableAt, barAt, originsAt, knotsAt,
      yBarAt, yStep, slopes,
    );
  }
}

@inline
function backwardSize<T>(
  size: i32, splines: bool, rows: i32, nIn: i32, pieceAt: usize, wAt: usize, wStep: usize,
  qAt: usize, firstAt: usize, tableAt: usize, barAt: usize, originsAt: usize, knotsAt: usize,
  yBarAt: usize, yStep: usize, slopes: bool,
): void {
  if (slopes || knotsAt) {
    backwardRows<T>(
      size, splines, true, rows, nIn, pieceAt, wAt, wStep, qAt, firstAt, tableAt, barAt, originsAt,
      knotsAt, yBarAt, yStep, slopes,
    );
  } else {
    backwardRows<T>(
      size, splines, false, rows, nIn, pieceAt, wAt, wStep, qAt, firstAt, tableAt, barAt, originsAt,
      0, yBarAt, yStep, false,
    );
  }
}

/** Adds b g, or g where b counts as 1, to a vector of the table. */
@inline
function addTo<T>(times: bool, m: usize, b: v128, g: v128, second: bool): void {
  const before = loadAt(m, second);
  const after = times ? madd<T>(b, g, before) : v128.add<T>(g, before);
  if (second) v128.store(m, after, 16);
  else v128.store(m, after);
}

/** Adds b g and b h to two vectors of the table's gradient at m; with `dots` v + g c + h c'. */
@inline
function pullTwo<T>(
  times: bool, dots: bool, m: usize, c: usize, b: v128, g: v128, h: v128, v: v128,
): v128 {
  addTo<T>(times, m, b, g, false);
  addTo<T>(times, m, b, h, true);
  return dots ? madd<T>(h, v128.load(c, 16), madd<T>(g, v128.load(c), v)) : v;
}

/** The same for one vector. */
@inline
function pullOne<T>(times: bool, dots: bool, m: usize, c: usize, b: v128, g: v128, v: v128): v128 {
  addTo<T>(times, m, b, g, false);
  return dots ? madd<T>(g, v128.load(c), v) : v;
}

/** The gradient by u, from the sums that belong to the functions in half 0 and half 1. */
@inline
function slopeOf<T>(
  size: i32, splines: bool, polynomials: usize, w: T, first: v128, second: v128, rate: f64,
): T {
  let slope = v128.mul<T>(
    first,
    splines ? basisSlopes<T>(size, polynomials, w, 0) : powerSlopes<T>(w, 0),
  );
  if (sizeof<T>() == 8 && size > 2) {
    slope = madd<T>(
      second,
      splines ? basisSlopes<T>(size, polynomials, w, 1) : powerSlopes<T>(w, 1),
      slope,
    );
  }
  return <T>(<f64>sumLanes<T>(slope) * rate);
}

/** Adds the same sums times the powers of w at k. */
@inline
function addPowers<T>(size: i32, k: usize, w: T, first: v128, second: v128): void {
  let a = sizeof<T>() == 8 ? first : f64x2.promote_low_f32x4(first);
  let b = sizeof<T>() == 8
    ? second
    : f64x2.promote_low_f32x4(v128.shuffle<f32>(first, first, 2, 3, 2, 3));
  const x = f64x2.splat(<f64>w);
  for (let power = 0; power < size; power++) {
    v128.store(k, f64x2.add(v128.load(k), a));
    if (size > 2) v128.store(k, f64x2.add(v128.load(k, 16), b), 16);
    a = f64x2.mul(a, x);
    b = f64x2.mul(b, x);
    k += 32;
  }
}

@inline
function backwardRows<T>(
  size: i32, splines: bool, needs: bool, rows: i32, nIn: i32, pieceAt: usize, wAt: usize,
  wStep: usize, polynomialsAt: usize, firstAt: usize, tableAt: usize, barAt: usize,
  originsAt: usize, knotsAt: usize, yBarAt: usize, yStep: usize, slopes: bool,
): void {
  const polynomialStep = <usize>(4 * size * sizeof<T>());
  const toBar = barAt - tableAt, dots = needs && splines;
  for (let p = 0; p < nIn; p++) {
    let at = wAt + <usize>p * sizeof<T>(), pieces = pieceAt + (<usize>p << 2);
    let begin = yBarAt;
    for (let r = 0; r < rows; r++) {
      const end = begin + yStep;
      const w = load<T>(at);
      const piece = <usize>load<i32>(pieces);
      const q = polynomialsAt + piece * polynomialStep;
      const low = functions<T>(size, splines, q, w, 0);
      const high = inOne<T>(size) ? low : functions<T>(size, splines, q, w, 1);
      const b0 = splatFunction<T>(low, high, 0), b1 = splatFunction<T>(low, high, 1);
      const b2 = splatFunction<T>(low, high, 2), b3 = splatFunction<T>(low, high, 3);
      let c = rowsOf(size, splines, piece, firstAt, tableAt, yStep);
      let v0 = v128.splat<T>(0), v1 = v0, v2 = v0, v3 = v0;
      let y = begin;
      for (; y + 16 < end; y += 32) {
        const g = v128.load(y), h = v128.load(y, 16);
        const m = c + toBar, c1 = c + yStep, m1 = m + yStep;
        v0 = pullTwo<T>(splines, dots, m, c, b0, g, h, v0);
        v1 = pullTwo<T>(true, needs, m1, c1, b1, g, h, v1);
        if (size > 2) {
          const c2 = c1 + yStep, m2 = m1 + yStep;
          v2 = pullTwo<T>(true, needs, m2, c2, b2, g, h, v2);
          if (size > 3) v3 = pullTwo<T>(true, needs, m2 + yStep, c2 + yStep, b3, g, h, v3);
        }
        c += 32;
      }
      if (y < end) {
        const g = v128.load(y);
        const m = c + toBar, c1 = c + yStep, m1 = m + yStep;
        v0 = pullOne<T>(splines, dots, m, c, b0, g, v0);
        v1 = pullOne<T>(true, needs, m1, c1, b1, g, v1);
        if (size > 2) {
          const c2 = c1 + yStep, m2 = m1 + yStep;
          v2 = pullOne<T>(true, needs, m2, c2, b2, g, v2);
          if (size > 3) v3 = pullOne<T>(true, needs, m2 + yStep, c2 + yStep, b3, g, v3);
        }
      }
      if (needs) {
        const first = sums<T>(v0, v1, v2, v3, 0);
        const second = sizeof<T>() == 4 || size < 3 ? first : sums<T>(v0, v1, v2, v3, 1);
        if (slopes) {
          const rate = load<f64>(originsAt + (piece << 4), 8);
          store<T>(at, slopeOf<T>(size, splines, q, w, first, second, rate));
        }
        if (knotsAt) {
          addPowers<T>(size, knotsAt + piece * <usize>(32 * size), w, first, second);
        }
      }
      begin = end;
      at += wStep;
      pieces += <usize>nIn << 2;
    }
  }
}
