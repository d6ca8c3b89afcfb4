// Products of the basis functions Q of the pieces of one node with coefficients c and with the
// gradient mu by the edges' polynomials a: a_kq = sum_i Q_ki c_iq, and both ways back.
//
// "Columns": one output, powers side by side. "Rows": outputs side by side, the length of a row of a
// and mu is even. Degree 3 has code of its own.

import { Edges } from "./_abi";
import { basisBytes, firstOf, lastOf, vectorBytes } from "./basis";
import { madd, sumLanes } from "./lanes";

/** The basis functions of a vector. */
@inline
function basisOf(e: Edges, vector: i32): usize {
  return e.basisAt + <usize>vector * vectorBytes(e);
}

/** Bytes from the first coefficient to that of a piece's first function, rows of so many bytes. */
@inline
function offsetOf(piece: i32, first: i32, last: i32, row: usize): usize {
  return <usize>(min(max(piece, first), last) - 1) * row;
}

@inline
function splat(at: usize): v128 {
  return v128.load64_splat(at);
}

/** a_k = sum_i Q_ki c_i. */
export function combineColumn(e: Edges, vector: i32, c: usize, a: usize): void {
  const first = firstOf(e, vector), last = lastOf(e, vector), size = e.degree + 1;
  const step = basisBytes(e), row = <usize>e.row << 3;
  let q = basisOf(e, vector);
  for (let piece = 0; piece < e.intervals + 2; piece++) {
    const at = c + offsetOf(piece, first, last, 8);
    if (size == 4) {
      const low = v128.load(at), high = v128.load(at, 16);
      const x = madd<f64>(v128.load(q, 16), high, f64x2.mul(v128.load(q), low));
      const y = madd<f64>(v128.load(q, 48), high, f64x2.mul(v128.load(q, 32), low));
      const z = madd<f64>(v128.load(q, 80), high, f64x2.mul(v128.load(q, 64), low));
      const w = madd<f64>(v128.load(q, 112), high, f64x2.mul(v128.load(q, 96), low));
      v128.store(a, f64x2.add(v128.shuffle<f64>(x, y, 0, 2), v128.shuffle<f64>(x, y, 1, 3)));
      v128.store(a, f64x2.add(v128.shuffle<f64>(z, w, 0, 2), v128.shuffle<f64>(z, w, 1, 3)), 16);
    } else {
      for (let k = 0; k < size; k++) {
        const from = q + <usize>k * row;
        let sum: f64 = 0;
        for (let i: usize = 0; i < <usize>size << 3; i += 8) {
          sum += load<f64>(from + i) * load<f64>(at + i);
        }
        store<f64>(a + (<usize>k << 3), sum);
      }
    }
    q += step;
    a += e.pieceStep;
  }
}

/** cBar_i += sum_k Q_ki mu_k. */
export function spreadColumn(e: Edges, vector: i32, mu: usize, cBar: usize): void {
  const first = firstOf(e, vector), last = lastOf(e, vector), size = e.degree + 1;
  const step = basisBytes(e), row = <usize>e.row << 3;
  let q = basisOf(e, vector);
  for (let piece = 0; piece < e.intervals + 2; piece++) {
    const to = cBar + offsetOf(piece, first, last, 8);
    if (size == 4) {
      const m0 = splat(mu), m1 = splat(mu + 8), m2 = splat(mu + 16), m3 = splat(mu + 24);
      let low = madd<f64>(v128.load(q), m0, v128.load(to));
      let high = madd<f64>(v128.load(q, 16), m0, v128.load(to, 16));
      low = madd<f64>(v128.load(q, 32), m1, low);
      high = madd<f64>(v128.load(q, 48), m1, high);
      low = madd<f64>(v128.load(q, 64), m2, low);
      high = madd<f64>(v128.load(q, 80), m2, high);
      v128.store(to, madd<f64>(v128.load(q, 96), m3, low));
      v128.store(to, madd<f64>(v128.load(q, 112), m3, high), 16);
    } else {
      for (let k = 0; k < size; k++) {
        const from = q + <usize>k * row, m = load<f64>(mu + (<usize>k << 3));
        for (let i: usize = 0; i < <usize>size << 3; i += 8) {
          store<f64>(to + i, load<f64>(to + i) + load<f64>(from + i) * m);
        }
      }
    }
    q += step;
    mu += e.pieceStep;
  }
}

/** QBar_ki += c_i mu_k. */
export function correlateColumn(e: Edges, vector: i32, c: usize, mu: usize, qBar: usize): void {
  const first = firstOf(e, vector), last = lastOf(e, vector), size = e.degree + 1;
  const step = basisBytes(e), row = <usize>e.row << 3;
  for (let piece = 0; piece < e.intervals + 2; piece++) {
    const at = c + offsetOf(piece, first, last, 8);
    if (size == 4) {
      const low = v128.load(at), high = v128.load(at, 16);
      for (let k: usize = 0; k < 4; k++) {
        const m = splat(mu + (k << 3)), to = qBar + (k << 5);
        v128.store(to, madd<f64>(low, m, v128.load(to)));
        v128.store(to, madd<f64>(high, m, v128.load(to, 16)), 16);
      }
    } else {
      for (let k = 0; k < size; k++) {
        const to = qBar + <usize>k * row, m = load<f64>(mu + (<usize>k << 3));
        for (let i: usize = 0; i < <usize>size << 3; i += 8) {
          store<f64>(to + i, load<f64>(to + i) + load<f64>(at + i) * m);
        }
      }
    }
    qBar += step;
    mu += e.pieceStep;
  }
}

/** Two outputs of a row of coefficients, or the last one and 0. */
@inline
function pair(at: usize, both: bool): v128 {
  return both ? v128.load(at) : v128.load64_zero(at);
}

/** a_kq = sum_i Q_ki c_iq. */
export function combineRows(e: Edges, vector: i32, c: usize, a: usize): void {
  const first = firstOf(e, vector), last = lastOf(e, vector), size = e.degree + 1;
  const step = basisBytes(e), row = <usize>e.row << 3, outputs = <usize>e.nOut << 3;
  const power = e.powerStep;
  let q = basisOf(e, vector);
  for (let piece = 0; piece < e.intervals + 2; piece++) {
    const from = c + offsetOf(piece, first, last, outputs);
    for (let j: usize = 0; j < outputs; j += 16) {
      const both = j + 8 < outputs, at = from + j;
      let to = a + j, functions = q;
      if (size == 4) {
        const c0 = pair(at, both), c1 = pair(at + outputs, both);
        const c2 = pair(at + 2 * outputs, both), c3 = pair(at + 3 * outputs, both);
        for (let k = 0; k < 4; k++) {
          let sum = f64x2.mul(splat(functions), c0);
          sum = madd<f64>(splat(functions + 8), c1, sum);
          sum = madd<f64>(splat(functions + 16), c2, sum);
          v128.store(to, madd<f64>(splat(functions + 24), c3, sum));
          functions += 32;
          to += power;
        }
      } else {
        for (let k = 0; k < size; k++) {
          let sum = f64x2.splat(0);
          for (let i: usize = 0; i < <usize>size; i++) {
            sum = madd<f64>(splat(functions + (i << 3)), pair(at + i * outputs, both), sum);
          }
          v128.store(to, sum);
          functions += row;
          to += power;
        }
      }
    }
    q += step;
    a += e.pieceStep;
  }
}

/** cBar_iq += sum_k Q_ki mu_kq. */
export function spreadRows(e: Edges, vector: i32, mu: usize, cBar: usize): void {
  const first = firstOf(e, vector), last = lastOf(e, vector), size = e.degree + 1;
  const step = basisBytes(e), row = <usize>e.row << 3, outputs = <usize>e.nOut << 3;
  const power = e.powerStep;
  let q = basisOf(e, vector);
  for (let piece = 0; piece < e.intervals + 2; piece++) {
    const begin = cBar + offsetOf(piece, first, last, outputs);
    for (let j: usize = 0; j < outputs; j += 16) {
      const both = j + 8 < outputs, at = mu + j;
      let to = begin + j, functions = q;
      if (size == 4) {
        const m0 = v128.load(at), m1 = v128.load(at + power);
        const m2 = v128.load(at + 2 * power), m3 = v128.load(at + 3 * power);
        for (let i = 0; i < 4; i++) {
          let sum = madd<f64>(splat(functions), m0, pair(to, both));
          sum = madd<f64>(splat(functions + 32), m1, sum);
          sum = madd<f64>(splat(functions + 64), m2, sum);
          put(to, madd<f64>(splat(functions + 96), m3, sum), both);
          functions += 8;
          to += outputs;
        }
      } else {
        for (let i = 0; i < size; i++) {
          let sum = pair(to, both);
          for (let k: usize = 0; k < <usize>size; k++) {
            sum = madd<f64>(splat(functions + k * row), v128.load(at + k * power), sum);
          }
          put(to, sum, both);
          functions += 8;
          to += outputs;
        }
      }
    }
    q += step;
    mu += e.pieceStep;
  }
}

/** Stores two outputs, or the last one. */
@inline
function put(at: usize, value: v128, both: bool): void {
  if (both) v128.store(at, value);
  else v128.store64_lane(at, value, 0);
}

/** QBar_ki += sum_q c_iq mu_kq. */
export function correlateRows(e: Edges, vector: i32, c: usize, mu: usize, qBar: usize): void {
  const first = firstOf(e, vector), last = lastOf(e, vector), size = e.degree + 1;
  const step = basisBytes(e), row = <usize>e.row << 3, outputs = <usize>e.nOut << 3;
  for (let piece = 0; piece < e.intervals + 2; piece++) {
    const from = c + offsetOf(piece, first, last, outputs);
    for (let k = 0; k < size; k++) {
      const m = mu + <usize>k * e.powerStep, to = qBar + <usize>k * row;
      if (size == 4) {
        let s0 = f64x2.splat(0), s1 = s0, s2 = s0, s3 = s0;
        for (let j: usize = 0; j < outputs; j += 16) {
          const both = j + 8 < outputs, at = from + j, x = pair(m + j, both);
          s0 = madd<f64>(pair(at, both), x, s0);
          s1 = madd<f64>(pair(at + outputs, both), x, s1);
          s2 = madd<f64>(pair(at + 2 * outputs, both), x, s2);
          s3 = madd<f64>(pair(at + 3 * outputs, both), x, s3);
        }
        const low = f64x2.add(v128.shuffle<f64>(s0, s1, 0, 2), v128.shuffle<f64>(s0, s1, 1, 3));
        const high = f64x2.add(v128.shuffle<f64>(s2, s3, 0, 2), v128.shuffle<f64>(s2, s3, 1, 3));
        v128.store(to, f64x2.add(v128.load(to), low));
        v128.store(to, f64x2.add(v128.load(to, 16), high), 16);
      } else {
        for (let i: usize = 0; i < <usize>size; i++) {
          let sum = f64x2.splat(0);
          for (let j: usize = 0; j < outputs; j += 16) {
            const both = j + 8 < outputs;
            sum = madd<f64>(pair(from + i * outputs + j, both), pair(m + j, both), sum);
          }
          store<f64>(to + (i << 3), load<f64>(to + (i << 3)) + sumLanes<f64>(sum));
        }
      }
    }
    qBar += step;
    mu += e.pieceStep;
  }
}
