// Losses and ReLU.

import { bytes } from "./lanes";

/**
 * Adds the errors of a block to sumAt (f64): `e^2`, or Huber's where delta > 0; times the row's weight
 * if weightsAt (f64) is not 0. barAt, if not 0, receives the gradient times the number at scaleAt.
 */
export function errors<T>(
  rows: i32, nOut: i32, yAt: usize, targetsAt: usize, barAt: usize, step: usize, weightsAt: usize,
  delta: f64, scaleAt: usize, sumAt: usize,
): void {
  const scale = load<f64>(scaleAt);
  let sum: f64 = 0;
  for (let r = 0; r < rows; r++) {
    const weight = weightsAt ? load<f64>(weightsAt + (<usize>r << 3)) : 1;
    for (let at: usize = 0, end = bytes<T>(nOut); at < end; at += sizeof<T>()) {
      const e = <f64>load<T>(yAt + at) - <f64>load<T>(targetsAt + at);
      let slope = 2 * e;
      if (delta > 0) {
        const size = abs(e);
        slope = size <= delta ? e : copysign(delta, e);
        sum += weight * (size <= delta ? e * e * 0.5 : delta * (size - delta * 0.5));
      } else {
        sum += weight * (e * e);
      }
      if (barAt) store<T>(barAt + at, <T>(scale * weight * slope));
    }
    yAt += step;
    targetsAt += step;
    if (barAt) barAt += step;
  }
  store<f64>(sumAt, load<f64>(sumAt) + sum);
}

/** y = max(x, 0) on whole rows. */
export function relu<T>(rows: i32, xAt: usize, yAt: usize, step: usize): void {
  for (let at: usize = 0, end = <usize>rows * step; at < end; at += 16) {
    v128.store(yAt + at, v128.pmax<T>(v128.splat<T>(0), v128.load(xAt + at)));
  }
}

/** xBar = yBar where y is positive, else 0, on whole rows. */
export function pullRelu<T>(
  rows: i32, yAt: usize, yBarAt: usize, xBarAt: usize, step: usize,
): void {
  for (let at: usize = 0, end = <usize>rows * step; at < end; at += 16) {
    const positive = v128.gt<T>(v128.load(yAt + at), v128.splat<T>(0));
    v128.store(xBarAt + at, v128.and(v128.load(yBarAt + at), positive));
  }
}
