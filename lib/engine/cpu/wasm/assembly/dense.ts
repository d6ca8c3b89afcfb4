// An MLP's jets: linear maps, and the functions between them by the chain rule. All numbers are
// float64, vectors pairs of them; a line holds one derivative of all nodes at one point. The table
// has a Term of _abi.ts for every term of the chain rule.

import { Term } from "./_abi";
import { madd } from "./lanes";
import { linearBackward, linearForward } from "./linear";
import { exponentials } from "./exponential";

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

const TERM: usize = offsetof<Term>();
const ZERO: v128 = f64x2.splat(0);
const ONE: v128 = f64x2.splat(1);
const MINUS_TWO: v128 = f64x2.splat(-2);

/** tanh(x) = sign(x) (1 - e) / (1 + e), e = exp(-2 |x|). */
@inline
function tanh(x: v128): v128 {
  const size = f64x2.abs(x);
  const e = exponentials(f64x2.max(f64x2.mul(MINUS_TWO, size), f64x2.splat(-700)));
  const t = f64x2.div(f64x2.sub(ONE, e), f64x2.add(ONE, e));
  // Near 0 the difference loses digits: x - x^3 / 3 + 2 x^5 / 15 - 17 x^7 / 315 has them.
  const square = f64x2.mul(x, x);
  let series = madd<f64>(square, f64x2.splat(-17.0 / 315.0), f64x2.splat(2.0 / 15.0));
  series = madd<f64>(square, series, f64x2.splat(-1.0 / 3.0));
  series = madd<f64>(f64x2.mul(series, square), size, size);
  const positive = v128.bitselect(series, t, f64x2.lt(size, f64x2.splat(1e-2)));
  return v128.or(v128.and(x, f64x2.splat(-0.0)), positive);
}

/** The function and its derivatives up to the given order, one vector each. */
@inline
function functions(smooth: bool, x: v128, order: i32, to: usize): void {
  if (!smooth) {
    v128.store(to, f64x2.pmax(ZERO, x));
    v128.store(to, v128.and(ONE, f64x2.gt(x, ZERO)), 16);
    for (let m = 2; m <= order; m++) v128.store(to + (<usize>m << 4), ZERO);
    return;
  }
  const t = tanh(x), t1 = f64x2.sub(ONE, f64x2.mul(t, t));
  v128.store(to, t);
  v128.store(to, t1, 16);
  if (order < 2) return;
  const t2 = f64x2.mul(MINUS_TWO, f64x2.mul(t, t1));
  v128.store(to, t2, 32);
  if (order < 3) return;
  const t3 = f64x2.mul(MINUS_TWO, madd<f64>(t1, t1, f64x2.mul(t, t2)));
  v128.store(to, t3, 48);
  if (order < 4) return;
  const three = f64x2.splat(3);
  const t4 = f64x2.mul(MINUS_TWO, madd<f64>(f64x2.mul(three, t1), t2, f64x2.mul(t, t3)));
  v128.store(to, t4, 64);
  if (order < 5) return;
  let sum = madd<f64>(f64x2.mul(three, t2), t2, f64x2.mul(t, t4));
  sum = madd<f64>(f64x2.mul(f64x2.splat(4), t1), t3, sum);
  const t5 = f64x2.mul(MINUS_TWO, sum);
  v128.store(to, t5, 80);
  if (order < 6) return;
  sum = madd<f64>(f64x2.mul(f64x2.splat(5), t1), t4, f64x2.mul(t, t5));
  sum = madd<f64>(f64x2.mul(f64x2.splat(10), t2), t3, sum);
  const t6 = f64x2.mul(MINUS_TWO, sum);
  v128.store(to, t6, 96);
  if (order < 7) return;
  sum = madd<f64>(f64x2.mul(f64x2.splat(6), t1), t5, f64x2.mul(t, t6));
  sum = madd<f64>(f64x2.mul(f64x2.splat(15), t2), t4, sum);
  sum = madd<f64>(f64x2.mul(f64x2.splat(10), t3), t3, sum);
  v128.store(to, f64x2.mul(MINUS_TWO, sum), 112);
}

@inline
function block(term: usize, b: i32, line: usize, step: usize): usize {
  return line + <usize>load<i32>(term + (<usize>(3 + b) << 2)) * step;
}

/** Jets of f(x) from the jets of x; scratch has room for 8 vectors. */
export function bend(
  rows: i32, channels: i32, step: usize, order: i32, terms: i32, tableAt: usize,
  factorsAt: usize, smooth: bool, xAt: usize, yAt: usize, scratchAt: usize,
): void {
  for (let r = 0; r < rows; r++) {
    for (let j: usize = 0; j < step; j += 16) {
      const x = xAt + j, y = yAt + j;
      functions(smooth, v128.load(x), order, scratchAt);
      v128.store(y, v128.load(scratchAt));
      for (let c = 1; c < channels; c++) v128.store(y + <usize>c * step, ZERO);
      for (let k = 0; k < terms; k++) {
        const term = tableAt + <usize>k * TERM, blocks = load<i32>(term, 8);
        const phi = v128.load(scratchAt + (<usize>load<i32>(term, 4) << 4));
        let product = f64x2.mul(v128.load64_splat(factorsAt + (<usize>k << 3)), phi);
        for (let b = 0; b < blocks; b++) {
          product = f64x2.mul(product, v128.load(block(term, b, x, step)));
        }
        const to = y + <usize>load<i32>(term) * step;
        v128.store(to, f64x2.add(v128.load(to), product));
      }
    }
    xAt += <usize>channels * step;
    yAt += <usize>channels * step;
  }
}

/** The gradient by the jets of x from the gradient by the jets of f(x). */
export function unbend(
  rows: i32, channels: i32, step: usize, order: i32, terms: i32, tableAt: usize,
  factorsAt: usize, smooth: bool, xAt: usize, yBarAt: usize, xBarAt: usize, scratchAt: usize,
): void {
  for (let r = 0; r < rows; r++) {
    for (let j: usize = 0; j < step; j += 16) {
      const x = xAt + j, yBar = yBarAt + j, xBar = xBarAt + j;
      functions(smooth, v128.load(x), order + 1, scratchAt);
      let slope = f64x2.mul(v128.load(yBar), v128.load(scratchAt, 16));
      for (let c = 1; c < channels; c++) v128.store(xBar + <usize>c * step, ZERO);
      for (let k = 0; k < terms; k++) {
        const term = tableAt + <usize>k * TERM, blocks = load<i32>(term, 8);
        const share = f64x2.mul(
          v128.load64_splat(factorsAt + (<usize>k << 3)),
          v128.load(yBar + <usize>load<i32>(term) * step),
        );
        const phiAt = scratchAt + (<usize>load<i32>(term, 4) << 4);
        const times = f64x2.mul(share, v128.load(phiAt));
        let product = share;
        for (let b = 0; b < blocks; b++) {
          product = f64x2.mul(product, v128.load(block(term, b, x, step)));
          let others = times;
          for (let d = 0; d < blocks; d++) {
            if (d != b) others = f64x2.mul(others, v128.load(block(term, d, x, step)));
          }
          const to = block(term, b, xBar, step);
          v128.store(to, f64x2.add(v128.load(to), others));
        }
        slope = madd<f64>(product, v128.load(phiAt, 16), slope);
      }
      v128.store(xBar, slope);
    }
    xAt += <usize>channels * step;
    yBarAt += <usize>channels * step;
    xBarAt += <usize>channels * step;
  }
}
