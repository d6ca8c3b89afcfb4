// The stages of an MLP: dense maps in tiles of registers, and ReLU. Arguments ending in "At" are
// byte addresses; matrices are row-major without gaps.

import { loadPair, storePair } from "./lanes";

const TILE: i32 = 8; // columns of a tile: four vectors
const CHUNK: i32 = 64; // rows whose values stay in the first cache

/** y = x W + b (biasAt 0: none). */
export function denseForward(
  rows: i32, nIn: i32, nOut: i32, weightsAt: usize, biasAt: usize, xAt: usize, yAt: usize,
): void {
  while (rows > 0) {
    const chunk = min(rows, CHUNK);
    forwardChunk(chunk, nIn, nOut, weightsAt, biasAt, xAt, yAt);
    rows -= chunk;
    xAt += <usize>(chunk * nIn) << 3;
    yAt += <usize>(chunk * nOut) << 3;
  }
}

function forwardChunk(
  rows: i32, nIn: i32, nOut: i32, weightsAt: usize, biasAt: usize, xAt: usize, yAt: usize,
): void {
  const inputs = <usize>nIn << 3, outputs = <usize>nOut << 3;
  let q = 0;
  for (; q + TILE <= nOut; q += TILE) {
    const column = <usize>q << 3;
    const b0 = biasAt ? v128.load(biasAt + column) : f64x2.splat(0);
    const b1 = biasAt ? v128.load(biasAt + column, 16) : f64x2.splat(0);
    const b2 = biasAt ? v128.load(biasAt + column, 32) : f64x2.splat(0);
    const b3 = biasAt ? v128.load(biasAt + column, 48) : f64x2.splat(0);
    let r = 0, x = xAt, y = yAt + column;
    for (; r + 2 <= rows; r += 2) {
      let s0 = b0, s1 = b1, s2 = b2, s3 = b3, t0 = b0, t1 = b1, t2 = b2, t3 = b3;
      let w = weightsAt + column;
      for (const end = x + inputs; x < end; x += 8) {
        const u = v128.load64_splat(x), v = v128.load64_splat(x + inputs);
        const w0 = v128.load(w), w1 = v128.load(w, 16), w2 = v128.load(w, 32);
        const w3 = v128.load(w, 48);
        s0 = f64x2.add(s0, f64x2.mul(u, w0));
        t0 = f64x2.add(t0, f64x2.mul(v, w0));
        s1 = f64x2.add(s1, f64x2.mul(u, w1));
        t1 = f64x2.add(t1, f64x2.mul(v, w1));
        s2 = f64x2.add(s2, f64x2.mul(u, w2));
        t2 = f64x2.add(t2, f64x2.mul(v, w2));
        s3 = f64x2.add(s3, f64x2.mul(u, w3));
        t3 = f64x2.add(t3, f64x2.mul(v, w3));
        w += outputs;
      }
      x += inputs;
      storeTile(y, s0, s1, s2, s3);
      storeTile(y + outputs, t0, t1, t2, t3);
      y += outputs << 1;
    }
    if (r < rows) {
      let s0 = b0, s1 = b1, s2 = b2, s3 = b3;
      let w = weightsAt + column;
      for (const end = x + inputs; x < end; x += 8) {
        const u = v128.load64_splat(x);
        s0 = f64x2.add(s0, f64x2.mul(u, v128.load(w)));
        s1 = f64x2.add(s1, f64x2.mul(u, v128.load(w, 16)));
        s2 = f64x2.add(s2, f64x2.mul(u, v128.load(w, 32)));
        s3 = f64x2.add(s3, f64x2.mul(u, v128.load(w, 48)));
        w += outputs;
      }
      storeTile(y, s0, s1, s2, s3);
    }
  }
  for (; q < nOut; q += 2) forwardPair(rows, inputs, outputs, q + 1 == nOut, weightsAt + (<usize>q << 3),
    biasAt ? biasAt + (<usize>q << 3) : 0, xAt, yAt + (<usize>q << 3));
}

@inline
function storeTile(at: usize, s0: v128, s1: v128, s2: v128, s3: v128): void {
  v128.store(at, s0);
  v128.store(at, s1, 16);
  v128.store(at, s2, 32);
  v128.store(at, s3, 48);
}

/** Two columns (one, if it is the last), four rows at a time. */
function forwardPair(
  rows: i32, inputs: usize, outputs: usize, last: bool, weightsAt: usize, biasAt: usize,
  x: usize, y: usize,
): void {
  const b = biasAt ? loadPair(biasAt, last) : f64x2.splat(0);
  let r = 0;
  for (; r + 4 <= rows; r += 4) {
    let s0 = b, s1 = b, s2 = b, s3 = b;
    let w = weightsAt;
    for (const end = x + inputs; x < end; x += 8) {
      const own = loadPair(w, last);
      s0 = f64x2.add(s0, f64x2.mul(v128.load64_splat(x), own));
      s1 = f64x2.add(s1, f64x2.mul(v128.load64_splat(x + inputs), own));
      s2 = f64x2.add(s2, f64x2.mul(v128.load64_splat(x + 2 * inputs), own));
      s3 = f64x2.add(s3, f64x2.mul(v128.load64_splat(x + 3 * inputs), own));
      w += outputs;
    }
    x += 3 * inputs;
    storePair(y, s0, last);
    storePair(y + outputs, s1, last);
    storePair(y + 2 * outputs, s2, last);
    storePair(y + 3 * outputs, s3, last);
    y += outputs << 2;
  }
  for (; r < rows; r++) {
    let sum = b, w = weightsAt;
    for (const end = x + inputs; x < end; x += 8) {
      sum = f64x2.add(sum, f64x2.mul(v128.load64_splat(x), loadPair(w, last)));
      w += outputs;
    }
    storePair(y, sum, last);
    y += outputs;
  }
}

/** weightsBar += x^T yBar, biasBar += column sums of yBar (biasBarAt 0: none). */
export function denseBackward(
  rows: i32, nIn: i32, nOut: i32, xAt: usize, yBarAt: usize, weightsBarAt: usize, biasBarAt: usize,
): void {
  const inputs = <usize>nIn << 3, outputs = <usize>nOut << 3;
  while (rows > 0) {
    const chunk = min(rows, CHUNK);
    if (biasBarAt) addColumns(chunk, nOut, yBarAt, biasBarAt);
    let p = 0;
    for (; p + 2 <= nIn; p += 2) {
      const x = xAt + (<usize>p << 3), w = weightsBarAt + <usize>p * outputs;
      let q = 0;
      for (; q + TILE <= nOut; q += TILE) {
        const column = <usize>q << 3;
        addTile(chunk, inputs, outputs, x, yBarAt + column, w + column);
      }
      for (; q < nOut; q += 2) {
        const column = <usize>q << 3, last = q + 1 == nOut;
        addPair(chunk, inputs, outputs, last, x, yBarAt + column, w + column);
        addPair(chunk, inputs, outputs, last, x + 8, yBarAt + column, w + outputs + column);
      }
    }
    if (p < nIn) {
      const x = xAt + (<usize>p << 3), w = weightsBarAt + <usize>p * outputs;
      for (let q = 0; q < nOut; q += 2) {
        const column = <usize>q << 3;
        addPair(chunk, inputs, outputs, q + 1 == nOut, x, yBarAt + column, w + column);
      }
    }
    rows -= chunk;
    xAt += <usize>chunk * inputs;
    yBarAt += <usize>chunk * outputs;
  }
}

function addColumns(rows: i32, nOut: i32, yBarAt: usize, biasBarAt: usize): void {
  const outputs = <usize>nOut << 3;
  for (let q = 0; q < nOut; q += 2) {
    const column = <usize>q << 3, last = q + 1 == nOut;
    let sum = loadPair(biasBarAt + column, last), g = yBarAt + column;
    for (let r = 0; r < rows; r++) {
      sum = f64x2.add(sum, loadPair(g, last));
      g += outputs;
    }
    storePair(biasBarAt + column, sum, last);
  }
}

/** Two rows and eight columns of the weights' gradient. */
function addTile(
  rows: i32, inputs: usize, outputs: usize, x: usize, g: usize, w: usize,
): void {
  const below = w + outputs;
  let s0 = v128.load(w), s1 = v128.load(w, 16), s2 = v128.load(w, 32), s3 = v128.load(w, 48);
  let t0 = v128.load(below), t1 = v128.load(below, 16), t2 = v128.load(below, 32);
  let t3 = v128.load(below, 48);
  for (let r = 0; r < rows; r++) {
    const u = v128.load64_splat(x), v = v128.load64_splat(x, 8);
    const g0 = v128.load(g), g1 = v128.load(g, 16), g2 = v128.load(g, 32), g3 = v128.load(g, 48);
    s0 = f64x2.add(s0, f64x2.mul(u, g0));
    t0 = f64x2.add(t0, f64x2.mul(v, g0));
    s1 = f64x2.add(s1, f64x2.mul(u, g1));
    t1 = f64x2.add(t1, f64x2.mul(v, g1));
    s2 = f64x2.add(s2, f64x2.mul(u, g2));
    t2 = f64x2.add(t2, f64x2.mul(v, g2));
    s3 = f64x2.add(s3, f64x2.mul(u, g3));
    t3 = f64x2.add(t3, f64x2.mul(v, g3));
    x += inputs;
    g += outputs;
  }
  storeTile(w, s0, s1, s2, s3);
  storeTile(below, t0, t1, t2, t3);
}

/** One row and two columns (one, if it is the last) of the weights' gradient. */
function addPair(
  rows: i32, inputs: usize, outputs: usize, last: bool, x: usize, g: usize, w: usize,
): void {
  let even = loadPair(w, last), odd = f64x2.splat(0);
  let r = 0;
  for (; r + 2 <= rows; r += 2) {
    even = f64x2.add(even, f64x2.mul(v128.load64_splat(x), loadPair(g, last)));
    odd = f64x2.add(odd, f64x2.mul(v128.load64_splat(x + inputs), loadPair(g + outputs, last)));
    x += inputs << 1;
    g += outputs << 1;
  }
  if (r < rows) even = f64x2.add(even, f64x2.mul(v128.load64_splat(x), loadPair(g, last)));
  storePair(w, f64x2.add(even, odd), last);
}

/** y = max(0, x); NaN stays NaN. */
export function reluForward(count: i32, xAt: usize, yAt: usize): void {
  let i = 0;
  for (; i + 2 <= count; i += 2) {
    v128.store(yAt, f64x2.max(v128.load(xAt), f64x2.splat(0)));
    xAt += 16;
    yAt += 16;
  }
  if (i < count) store<f64>(yAt, max<f64>(load<f64>(xAt), 0));
}

/** xBar = yBar where x > 0, else 0. */
export function reluBackward(count: i32, xAt: usize, yBarAt: usize, xBarAt: usize): void {
  let i = 0;
  for (; i + 2 <= count; i += 2) {
    const on = f64x2.gt(v128.load(xAt), f64x2.splat(0));
    v128.store(xBarAt, v128.and(v128.load(yBarAt), on));
    xAt += 16;
    yBarAt += 16;
    xBarAt += 16;
  }
  if (i < count) store<f64>(xBarAt, load<f64>(xAt) > 0 ? load<f64>(yBarAt) : 0);
}
