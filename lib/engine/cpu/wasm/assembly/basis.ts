// The B-splines of knot vectors as polynomials on each interval, in its coordinate
// w = (u - t_mu) / h, and the way back from the gradient by them to the knots.
//
// The recursion of de Boor (Actor et al. 2025, eq. (5), superscripts corrected) runs on polynomials:
// N_r^(j) = left_{j-r+1} T_{r-1} + right_{r+1} T_r, T_r = N_r^(j-1) / D_{j,r},
// right_s = t_{mu+s} - u, left_s = u - t_{mu+1-s}, D_{j,r} = t_{mu+r+1} - t_{mu+1-j+r}.
// Two neighbouring intervals go side by side in a vector's lanes. An empty one counts as 0: on the
// others every D is at least the interval's length, so that nothing divides by 0.

import { Edges } from "./_abi";
import { madd } from "./lanes";

/** Functions (or powers) of an interval. */
@inline
function sizeOf(e: Edges): i32 {
  return e.degree + 1;
}

/** Bytes of a piece's basis functions. */
@inline
export function basisBytes(e: Edges): usize {
  return <usize>(sizeOf(e) * e.row) << 3;
}

/** Bytes of all pieces' basis functions. */
@inline
export function vectorBytes(e: Edges): usize {
  return <usize>(e.intervals + 2) * basisBytes(e);
}

/** Origin and rate of a vector's pieces. */
@inline
export function placesOf(e: Edges, vector: i32): usize {
  return e.placesAt + (<usize>(vector * (e.intervals + 2)) << 4);
}

/** First and last piece that is an interval which is not empty. */
@inline
export function firstOf(e: Edges, vector: i32): i32 {
  return load<i32>(e.endsAt + (<usize>vector << 3));
}

@inline
export function lastOf(e: Edges, vector: i32): i32 {
  return load<i32>(e.endsAt + (<usize>vector << 3), 4);
}

/** `dw/du` of a piece. */
@inline
export function rateOf(e: Edges, vector: i32, piece: i32): f64 {
  return load<f64>(placesOf(e, vector) + (<usize>piece << 4), 8);
}

/** All bits of the lanes whose intervals are not empty; `t` is the address of t_mu. */
@inline
export function filled(t: usize, second: bool): v128 {
  const mask = f64x2.gt(v128.load(t, 8), v128.load(t));
  return second ? mask : v128.and(mask, i64x2(-1, 0));
}

/**
 * Writes the basis polynomials of two intervals at `functions`, power k of function r at `r size + k`, and
 * at `tape` the T_r of all levels, `[j, r, k]` with k < j.
 */
export function recur(t: usize, degree: i32, mask: v128, functions: usize, tape: usize): void {
  const size = degree + 1, start = v128.load(t), h = f64x2.sub(v128.load(t, 8), start);
  v128.store(functions, v128.and(f64x2.splat(1), mask));
  for (let j = 1; j <= degree; j++) {
    const level = tape;
    for (let r = 0; r < j; r++) {
      const after = t + (<usize>(r + 1) << 3), before = after - (<usize>j << 3);
      const span = f64x2.sub(v128.load(after), v128.load(before));
      const inverse = v128.and(f64x2.div(f64x2.splat(1), span), mask);
      const from = functions + (<usize>(r * size) << 4);
      for (let k = 0; k < j; k++) {
        v128.store(tape, f64x2.mul(v128.load(from + (<usize>k << 4)), inverse));
        tape += 16;
      }
    }
    for (let r = 0; r <= j; r++) {
      // Function r: right times T_r, and left times T_{r-1}.
      const right = f64x2.sub(v128.load(t + (<usize>(r + 1) << 3)), start);
      const left = f64x2.sub(start, v128.load(t - (<usize>(j - r) << 3)));
      const to = functions + (<usize>(r * size) << 4);
      const above = level + (<usize>(r * j) << 4), below = above - (<usize>j << 4);
      let difference = f64x2.splat(0); // h (T_{r-1} - T_r) of the power before
      for (let k: usize = 0; k < <usize>j << 4; k += 16) {
        const a = r < j ? v128.load(above + k) : f64x2.splat(0);
        const b = r > 0 ? v128.load(below + k) : f64x2.splat(0);
        v128.store(to + k, madd<f64>(right, a, madd<f64>(left, b, difference)));
        difference = f64x2.mul(h, f64x2.sub(b, a));
      }
      v128.store(to + (<usize>j << 4), difference);
    }
  }
}

/**
 * Writes at `knots` the gradient by the knots t_{mu+1-degree} ... t_{mu+degree}, of two intervals in
 * the lanes, from that by their polynomials at `bars`, which is overwritten; `tape` is what `recur`
 * wrote.
 */
export function pullRecursion(
  t: usize, degree: i32, mask: v128, tape: usize, bars: usize, knots: usize,
): void {
  const size = degree + 1, start = v128.load(t), h = f64x2.sub(v128.load(t, 8), start);
  memory.fill(knots, 0, <usize>degree << 5);
  const mu = knots + (<usize>(degree - 1) << 4); // of t_mu
  let lengthBar = f64x2.splat(0), startBar = f64x2.splat(0);
  for (let j = 1; j <= degree; j++) tape += <usize>(j * j) << 4;
  for (let j = degree; j >= 1; j--) {
    tape -= <usize>(j * j) << 4;
    for (let r = 0; r < j; r++) {
      const after = t + (<usize>(r + 1) << 3), before = after - (<usize>j << 3);
      const last = v128.load(after), first = v128.load(before);
      const right = f64x2.sub(last, start), left = f64x2.sub(start, first);
      const inverse = v128.and(f64x2.div(f64x2.splat(1), f64x2.sub(last, first)), mask);
      const values = tape + (<usize>(r * j) << 4);
      const up = bars + (<usize>(r * size) << 4), down = up + (<usize>size << 4);
      let rightBar = f64x2.splat(0), leftBar = f64x2.splat(0), spanBar = f64x2.splat(0);
      let x = v128.load(up), y = v128.load(down);
      for (let k: usize = 0; k < <usize>j << 4; k += 16) {
        const value = v128.load(values + k);
        const nextX = v128.load(up + k, 16), nextY = v128.load(down + k, 16);
        rightBar = madd<f64>(value, x, rightBar);
        leftBar = madd<f64>(value, y, leftBar);
        const next = f64x2.sub(nextY, nextX);
        lengthBar = madd<f64>(value, next, lengthBar);
        const valueBar = madd<f64>(right, x, madd<f64>(left, y, f64x2.mul(h, next)));
        spanBar = madd<f64>(value, valueBar, spanBar);
        // The adjoint of T_r may replace that of N_r: row r of this level is not read again.
        v128.store(up + k, f64x2.mul(valueBar, inverse));
        x = nextX;
        y = nextY;
      }
      spanBar = f64x2.mul(spanBar, inverse);
      const lastAt = mu + (<usize>(r + 1) << 4), firstAt = lastAt - (<usize>j << 4);
      v128.store(lastAt, f64x2.add(v128.load(lastAt), f64x2.sub(rightBar, spanBar)));
      v128.store(firstAt, f64x2.add(v128.load(firstAt), f64x2.sub(spanBar, leftBar)));
      startBar = f64x2.add(startBar, f64x2.sub(leftBar, rightBar));
    }
  }
  v128.store(mu, f64x2.add(v128.load(mu), f64x2.sub(startBar, lengthBar)));
  v128.store(mu, f64x2.add(v128.load(mu, 16), lengthBar), 16);
}

/** Writes the basis functions of all pieces of a vector. */
export function buildVector(e: Edges, vector: i32, scratch: usize): void {
  const degree = e.degree, size = sizeOf(e), intervals = e.intervals, step = basisBytes(e);
  const first = firstOf(e, vector), last = lastOf(e, vector), row = <usize>e.row << 3;
  const q = e.basisAt + <usize>vector * vectorBytes(e);
  const tape = scratch + (<usize>(size * size) << 4);
  let t = e.knotsAt + <usize>vector * e.knotStep + (<usize>degree << 3), at = q + step;
  for (let m = 0; m < intervals; m += 2) {
    const second = m + 1 < intervals;
    recur(t, degree, filled(t, second), scratch, tape);
    let from = scratch;
    for (let r = 0; r < size; r++) {
      let to = at + (<usize>r << 3);
      for (let k = 0; k < size; k++) {
        const pair = v128.load(from);
        v128.store64_lane(to, pair, 0);
        if (second) v128.store64_lane(to + step, pair, 1);
        from += 16;
        to += row;
      }
    }
    t += 16;
    at += 2 * step;
  }
  continueLines(e, vector, q, step, row, size, first, last);
}

/**
 * Fills the two pieces of the extrapolation from polynomials of the intervals at the ends: straight
 * lines (or constants) in w = u - a and w = u - b. Columns are side by side, powers `row` bytes apart.
 */
export function continueLines(
  e: Edges, vector: i32, a: usize, step: usize, row: usize, columns: i32, first: i32, last: i32,
): void {
  const line: f64 = e.lines ? 1 : 0;
  const firstRate = line * rateOf(e, vector, first), lastRate = line * rateOf(e, vector, last);
  let left = a, right = a + <usize>(e.intervals + 1) * step;
  let from = a + <usize>first * step, to = a + <usize>last * step;
  for (let q = 0; q < columns; q++) {
    let value: f64 = 0, slope: f64 = 0, at = to;
    for (let k = 0; k <= e.degree; k++) {
      const factor = load<f64>(at);
      value += factor;
      slope += <f64>k * factor;
      at += row;
    }
    store<f64>(left, load<f64>(from));
    store<f64>(left + row, load<f64>(from + row) * firstRate);
    store<f64>(right, value);
    store<f64>(right + row, slope * lastRate);
    for (let k: usize = 2; k <= <usize>e.degree; k++) {
      store<f64>(left + k * row, 0);
      store<f64>(right + k * row, 0);
    }
    left += 8;
    right += 8;
    from += 8;
    to += 8;
  }
}

/**
 * Turns the gradient `mu` by all pieces' polynomials `a` into that by the intervals' ones, in place;
 * adds to the gradient by the knots, if `bars` is not 0, the parts of the points' local coordinates
 * (dw/dt_m = -(1 - w) / h, dw/dt_{m+1} = -w / h) and of the lines' slopes.
 */
export function foldMoments(
  e: Edges, vector: i32, a: usize, mu: usize, step: usize, row: usize, columns: i32, bars: usize,
): void {
  if (bars) pullCoordinates(e, vector, a, mu, step, row, columns, bars);
  const first = firstOf(e, vector), last = lastOf(e, vector), line: f64 = e.lines ? 1 : 0;
  const firstRate = rateOf(e, vector, first), lastRate = rateOf(e, vector, last);
  const shift = a - mu;
  let left = mu, right = mu + <usize>(e.intervals + 1) * step;
  let from = mu + <usize>first * step, to = mu + <usize>last * step;
  let firstBar: f64 = 0, lastBar: f64 = 0; // by the lengths of the end intervals
  for (let q = 0; q < columns; q++) {
    const low = line * load<f64>(left + row) * firstRate;
    const value = load<f64>(right), high = line * load<f64>(right + row) * lastRate;
    firstBar -= low * load<f64>(from + row + shift) * firstRate;
    store<f64>(from, load<f64>(from) + load<f64>(left));
    store<f64>(from + row, load<f64>(from + row) + low);
    let at = to;
    for (let k = 0; k <= e.degree; k++) {
      lastBar -= high * <f64>k * load<f64>(at + shift) * lastRate;
      store<f64>(at, load<f64>(at) + value + <f64>k * high);
      at += row;
    }
    left += 8;
    right += 8;
    from += 8;
    to += 8;
  }
  if (!bars) return;
  addEnds(bars + (<usize>(e.degree + first - 1) << 3), -firstBar, firstBar);
  addEnds(bars + (<usize>(e.degree + last - 1) << 3), -lastBar, lastBar);
}

/** Adds to the gradient by an interval's first and last knot. */
@inline
function addEnds(at: usize, first: f64, last: f64): void {
  v128.store(at, f64x2.add(v128.load(at), f64x2(first, last)));
}

function pullCoordinates(
  e: Edges, vector: i32, a: usize, mu: usize, step: usize, row: usize, columns: i32, bars: usize,
): void {
  bars += <usize>e.degree << 3;
  for (let piece = 1; piece <= e.intervals; piece++) {
    a += step;
    mu += step;
    let slope: f64 = 0, slopeTimesW: f64 = 0; // sums of g f_w and g f_w w
    let from = a, bar = mu;
    for (let k = 1; k <= e.degree; k++) {
      const before = bar;
      from += row;
      bar += row;
      let first: f64 = 0, second: f64 = 0;
      for (let i: usize = 0; i < <usize>columns << 3; i += 8) {
        const factor = load<f64>(from + i);
        first += factor * load<f64>(before + i);
        second += factor * load<f64>(bar + i);
      }
      slope += <f64>k * first;
      slopeTimesW += <f64>k * second;
    }
    const rate = rateOf(e, vector, piece);
    addEnds(bars, rate * (slopeTimesW - slope), -rate * slopeTimesW);
    bars += 8;
  }
}

/**
 * Adds to the gradient by a vector's knots, at `bars`, what the gradient `mu` by its basis functions
 * contributes, which is overwritten.
 */
export function pullVector(e: Edges, vector: i32, mu: usize, bars: usize, scratch: usize): void {
  const degree = e.degree, size = sizeOf(e), row = <usize>e.row << 3, step = basisBytes(e);
  const square = <usize>(size * size) << 4, tape = scratch + square, knots = tape + degree * square;
  foldMoments(e, vector, e.basisAt + <usize>vector * vectorBytes(e), mu, step, row, size, bars);
  let t = e.knotsAt + <usize>vector * e.knotStep + (<usize>degree << 3);
  bars += 8; // of t_{mu+1-degree}
  for (let m = 0; m < e.intervals; m += 2) {
    const second = m + 1 < e.intervals, mask = filled(t, second);
    recur(t, degree, mask, scratch, tape);
    mu += step;
    let to = scratch;
    for (let r = 0; r < size; r++) {
      let from = mu + (<usize>r << 3);
      for (let k = 0; k < size; k++) {
        let bar = v128.load64_zero(from);
        if (second) bar = v128.load64_lane(from + step, bar, 1);
        v128.store(to, v128.and(bar, mask));
        from += row;
        to += 16;
      }
    }
    pullRecursion(t, degree, mask, tape, scratch, knots);
    let at = bars;
    for (let s = 0; s < 2 * degree; s++) {
      // The lanes' knots are neighbours, too.
      v128.store(at, f64x2.add(v128.load(at), v128.load(knots + (<usize>s << 4))));
      at += 8;
    }
    mu += step;
    bars += 16;
    t += 16;
  }
}
