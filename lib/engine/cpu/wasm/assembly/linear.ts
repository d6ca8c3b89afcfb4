// Linear maps y = x W + b on rows of padded vectors. yStep is a multiple of 16 and a row of W is as
// long as one of y.

import { bytes, madd, sumLanes } from "./lanes";

/** y = x W + b; biasAt is 0 without a bias. With `adds` y += x W. */
export function linearForward<T>(
  rows: i32, nIn: i32, weightsAt: usize, biasAt: usize, adds: bool, xAt: usize, xStep: usize,
  yAt: usize, yStep: usize,
): void {
  let r = 0;
  // Four rows at a time, so that the weights are loaded a quarter as often.
  for (; r + 3 < rows; r += 4) {
    for (let j: usize = 0; j < yStep; j += 16) {
      const y = yAt + j;
      const start = biasAt ? v128.load(biasAt + j) : v128.splat<T>(0);
      let sum0 = adds ? v128.load(y) : start, sum1 = adds ? v128.load(y + yStep) : start;
      let sum2 = adds ? v128.load(y + 2 * yStep) : start;
      let sum3 = adds ? v128.load(y + 3 * yStep) : start;
      let at = weightsAt + j;
      for (let x = xAt, end = xAt + bytes<T>(nIn); x < end; x += sizeof<T>()) {
        const w = v128.load(at);
        sum0 = madd<T>(v128.splat<T>(load<T>(x)), w, sum0);
        sum1 = madd<T>(v128.splat<T>(load<T>(x + xStep)), w, sum1);
        sum2 = madd<T>(v128.splat<T>(load<T>(x + 2 * xStep)), w, sum2);
        sum3 = madd<T>(v128.splat<T>(load<T>(x + 3 * xStep)), w, sum3);
        at += yStep;
      }
      v128.store(y, sum0);
      v128.store(y + yStep, sum1);
      v128.store(y + 2 * yStep, sum2);
      v128.store(y + 3 * yStep, sum3);
    }
    xAt += 4 * xStep;
    yAt += 4 * yStep;
  }
  for (; r < rows; r++) {
    const end = xAt + bytes<T>(nIn);
    for (let j: usize = 0; j < yStep; j += 16) {
      let sum = adds ? v128.load(yAt + j) : biasAt ? v128.load(biasAt + j) : v128.splat<T>(0);
      let w = weightsAt + j;
      for (let x = xAt; x < end; x += sizeof<T>()) {
        sum = madd<T>(v128.splat<T>(load<T>(x)), v128.load(w), sum);
        w += yStep;
      }
      v128.store(yAt + j, sum);
    }
    xAt += xStep;
    yAt += yStep;
  }
}

/** weightsBar += x^T yBar, biasBar += column sums (biasBarAt 0: none). */
export function linearBackward<T>(
  rows: i32, nIn: i32, xAt: usize, xStep: usize, yBarAt: usize, yStep: usize,
  weightsBarAt: usize, biasBarAt: usize,
): void {
  let r = 0;
  // Four rows at a time, so that the sums are loaded and stored a quarter as often.
  for (; r + 3 < rows; r += 4) {
    for (let j: usize = 0; j < yStep; j += 16) {
      const y = yBarAt + j;
      const g0 = v128.load(y), g1 = v128.load(y + yStep);
      const g2 = v128.load(y + 2 * yStep), g3 = v128.load(y + 3 * yStep);
      if (biasBarAt) {
        const b = biasBarAt + j;
        const pairs = v128.add<T>(v128.add<T>(g0, g1), v128.add<T>(g2, g3));
        v128.store(b, v128.add<T>(v128.load(b), pairs));
      }
      let w = weightsBarAt + j;
      for (let x = xAt, end = xAt + bytes<T>(nIn); x < end; x += sizeof<T>()) {
        let sum = madd<T>(v128.splat<T>(load<T>(x)), g0, v128.load(w));
        sum = madd<T>(v128.splat<T>(load<T>(x + xStep)), g1, sum);
        sum = madd<T>(v128.splat<T>(load<T>(x + 2 * xStep)), g2, sum);
        v128.store(w, madd<T>(v128.splat<T>(load<T>(x + 3 * xStep)), g3, sum));
        w += yStep;
      }
    }
    xAt += 4 * xStep;
    yBarAt += 4 * yStep;
  }
  for (; r < rows; r++) {
    for (let j: usize = 0; j < yStep; j += 16) {
      const g = v128.load(yBarAt + j);
      if (biasBarAt) v128.store(biasBarAt + j, v128.add<T>(v128.load(biasBarAt + j), g));
      let w = weightsBarAt + j;
      for (let x = xAt, end = xAt + bytes<T>(nIn); x < end; x += sizeof<T>()) {
        v128.store(w, madd<T>(v128.splat<T>(load<T>(x)), g, v128.load(w)));
        w += yStep;
      }
    }
    xAt += xStep;
    yBarAt += yStep;
  }
}

/** xBar += slope * (yBar W^T), elementwise. */
export function linearPull<T>(
  rows: i32, nIn: i32, weightsAt: usize, yBarAt: usize, yStep: usize, slopeAt: usize,
  xBarAt: usize, xStep: usize,
): void {
  for (let r = 0; r < rows; r++) {
    let w = weightsAt;
    for (let i: usize = 0, end = bytes<T>(nIn); i < end; i += sizeof<T>()) {
      let sum = v128.splat<T>(0);
      for (let j: usize = 0; j < yStep; j += 16) {
        sum = madd<T>(v128.load(yBarAt + j), v128.load(w + j), sum);
      }
      store<T>(xBarAt + i, load<T>(xBarAt + i) + sumLanes<T>(sum) * load<T>(slopeAt + i));
      w += yStep;
    }
    yBarAt += yStep;
    xBarAt += xStep;
    slopeAt += xStep;
  }
}
