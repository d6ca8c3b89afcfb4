// Whole batches: extremes, the linear map, squared errors, sums of tables. Arguments ending in
// "At" are byte addresses.

import { loadPair, storePair } from "./lanes";

/** Extremes of each column and the lowest rows that have them. */
export function extremes(
  rows: i32, nIn: i32, xAt: usize, minimumAt: usize, maximumAt: usize, lowRowAt: usize,
  highRowAt: usize,
): void {
  for (let p = 0; p < nIn; p++) {
    const step = <usize>nIn << 3;
    let at = xAt + (<usize>p << 3);
    let low = load<f64>(at), high = low, lowRow = 0, highRow = 0;
    for (let r = 1; r < rows; r++) {
      at += step;
      const x = load<f64>(at);
      if (x < low) {
        low = x;
        lowRow = r;
      } else if (x > high) {
        high = x;
        highRow = r;
      }
    }
    store<f64>(minimumAt + (<usize>p << 3), low);
    store<f64>(maximumAt + (<usize>p << 3), high);
    store<i32>(lowRowAt + (<usize>p << 2), lowRow);
    store<i32>(highRowAt + (<usize>p << 2), highRow);
  }
}

/**
 * Min-max adjoint of a block: bar *= scale in place. What the extremes owe goes to sumsAt, shape
 * [nIn, 2]. The extreme rows land on the domain's ends whatever their values, so their own slopes
 * cancel: they count as 0. lowRowAt and highRowAt hold rows of the batch, the block begins at
 * `begin`.
 */
export function pullExtremes(
  rows: i32, nIn: i32, begin: i32, xAt: usize, barAt: usize, scaleAt: usize, minimumAt: usize,
  maximumAt: usize, lowRowAt: usize, highRowAt: usize, sumsAt: usize,
): void {
  const step = <usize>nIn << 3;
  for (let p = 0; p < nIn; p++) {
    const column = <usize>p << 3;
    const scale = load<f64>(scaleAt + column), minimum = load<f64>(minimumAt + column);
    const inverse = 1 / (load<f64>(maximumAt + column) - minimum);
    let x = xAt + column, bar = barAt + column;
    let low: f64 = 0, high: f64 = 0;
    if (scale == 0) {
      for (let r = 0; r < rows; r++) {
        store<f64>(bar, 0);
        bar += step;
      }
    } else {
      const lowRow = load<i32>(lowRowAt + (<usize>p << 2)) - begin;
      const highRow = load<i32>(highRowAt + (<usize>p << 2)) - begin;
      if (lowRow >= 0 && lowRow < rows) store<f64>(bar + <usize>lowRow * step, 0);
      if (highRow >= 0 && highRow < rows) store<f64>(bar + <usize>highRow * step, 0);
      for (let r = 0; r < rows; r++) {
        const own = load<f64>(bar) * scale, v = (load<f64>(x) - minimum) * inverse;
        low -= own * (1 - v);
        high -= own * v;
        store<f64>(bar, own);
        x += step;
        bar += step;
      }
    }
    store<f64>(sumsAt + (column << 1), low);
    store<f64>(sumsAt + (column << 1), high, 8);
  }
}

/** Sum of squared errors to sumAt; bar = 2 scale (y - target) where barAt is not 0. */
export function squares(
  count: i32, yAt: usize, targetsAt: usize, barAt: usize, scale: f64, sumAt: usize,
): void {
  let sum: f64 = 0;
  for (let i = 0; i < count; i++) {
    const e = load<f64>(yAt) - load<f64>(targetsAt);
    sum += e * e;
    if (barAt) {
      store<f64>(barAt, 2 * scale * e);
      barAt += 8;
    }
    yAt += 8;
    targetsAt += 8;
  }
  store<f64>(sumAt, sum);
}

/** Sets numbers to 0. */
export function zero(at: usize, count: i32): void {
  memory.fill(at, 0, <usize>count << 3);
}

/** Adds the tables of all later blocks to the first one's, in the order of the blocks. */
export function addTables(at: usize, count: i32, blocks: i32, stride: usize): void {
  for (let i = 0; i < count; i++) {
    let sum = load<f64>(at);
    let other = at;
    for (let b = 1; b < blocks; b++) {
      other += stride;
      sum += load<f64>(other);
    }
    store<f64>(at, sum);
    at += 8;
  }
}

/** y = x W + b; biasAt is 0 without a bias. */
export function linearForward(
  rows: i32, nIn: i32, nOut: i32, weightsAt: usize, biasAt: usize, xAt: usize, yAt: usize,
): void {
  const pairs = (nOut + 1) >> 1;
  const odd = (nOut & 1) == 1;
  const row = <usize>nOut << 3, inputs = <usize>nIn << 3;
  for (let r = 0; r < rows; r++) {
    for (let j = 1; j <= pairs; j++) {
      const last = odd && j == pairs;
      const column = <usize>(j - 1) << 4;
      let sum = biasAt ? loadPair(biasAt + column, last) : f64x2.splat(0);
      let w = weightsAt + column;
      for (let x = xAt, end = xAt + inputs; x < end; x += 8) {
        sum = f64x2.add(sum, f64x2.mul(v128.load64_splat(x), loadPair(w, last)));
        w += row;
      }
      storePair(yAt + column, sum, last);
    }
    xAt += inputs;
    yAt += row;
  }
}

/** weightsBar += x^T yBar, biasBar += column sums (biasBarAt 0: none). */
export function linearBackward(
  rows: i32, nIn: i32, nOut: i32, xAt: usize, yBarAt: usize, weightsBarAt: usize, biasBarAt: usize,
): void {
  const pairs = (nOut + 1) >> 1;
  const odd = (nOut & 1) == 1;
  const row = <usize>nOut << 3, inputs = <usize>nIn << 3;
  for (let r = 0; r < rows; r++) {
    for (let j = 1; j <= pairs; j++) {
      const last = odd && j == pairs;
      const column = <usize>(j - 1) << 4;
      const g = loadPair(yBarAt + column, last);
      if (biasBarAt) {
        const b = biasBarAt + column;
        storePair(b, f64x2.add(loadPair(b, last), g), last);
      }
      let w = weightsBarAt + column;
      for (let x = xAt, end = xAt + inputs; x < end; x += 8) {
        storePair(w, f64x2.add(loadPair(w, last), f64x2.mul(v128.load64_splat(x), g)), last);
        w += row;
      }
    }
    xAt += inputs;
    yBarAt += row;
  }
}
