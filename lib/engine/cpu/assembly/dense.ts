// The linear maps of an MLP's jets: those of linear.ts, called one by one. Arguments ending in "At"
// are byte addresses, those ending in "Step" bytes from one row to the next.

import { linearBackward, linearForward } from "./linear";

/** y = x W. */
export function multiply(
  rows: i32, nIn: i32, weightsAt: usize, xAt: usize, xStep: usize, yAt: usize, yStep: usize,
): void {
  linearForward<f64>(rows, nIn, weightsAt, 0, false, xAt, xStep, yAt, yStep);
}

/** weightsBar += x^T yBar. */
export function addProducts(
  rows: i32, nIn: i32, xAt: usize, xStep: usize, yBarAt: usize, yStep: usize, weightsBarAt: usize,
): void {
  linearBackward<f64>(rows, nIn, xAt, xStep, yBarAt, yStep, weightsBarAt, 0);
}
