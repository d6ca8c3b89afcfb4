/**
 * Products of the basis functions of a piece with coefficients and polynomials.
 *
 * @module
 */

/**
 * A product on one piece of one node: every array comes with the place where the piece begins, the
 * basis functions `Q` with the numbers in a row of them too.
 */
type PieceProduct = (
  q: Float64Array,
  at: number,
  row: number,
  x: Float64Array,
  from: number,
  y: Float64Array,
  to: number,
) => void;

/** Products with powers `stride` numbers apart and coefficients side by side. */
export function createPieceProducts(degree: number, nOut: number, stride: number) {
  /** `a_kq = sum_i Q_ki c_iq`. */
  const combine: PieceProduct = (q, at, row, c, from, a, to) => {
    for (let k = 0; k <= degree; k++, at += row, to += stride) {
      for (let j = 0; j < nOut; j++) {
        let sum = 0;
        for (let i = 0; i <= degree; i++) sum += q[at + i] * c[from + i * nOut + j];
        a[to + j] = sum;
      }
    }
  };

  /** `cBar_iq += sum_k Q_ki mu_kq`. */
  const spread: PieceProduct = (q, at, row, mu, from, cBar, to) => {
    for (let i = 0; i <= degree; i++, to += nOut) {
      for (let j = 0; j < nOut; j++) {
        let sum = 0;
        for (let k = 0; k <= degree; k++) sum += q[at + k * row + i] * mu[from + k * stride + j];
        cBar[to + j] += sum;
      }
    }
  };

  /** `QBar_ki = sum_q c_iq mu_kq`. */
  const correlate: PieceProduct = (qBar, to, row, c, from, mu, at) => {
    for (let k = 0; k <= degree; k++, to += row, at += stride) {
      for (let i = 0; i <= degree; i++) {
        let sum = 0;
        for (let j = 0; j < nOut; j++) sum += c[from + i * nOut + j] * mu[at + j];
        qBar[to + i] = sum;
      }
    }
  };
  return degree === 3 ? createCubicProducts(nOut, stride) : { combine, spread, correlate };
}

/** The same at degree 3, four functions and powers at once. */
function createCubicProducts(nOut: number, stride: number) {
  const second = 2 * stride, third = 3 * stride;
  const combine: PieceProduct = (q, at, row, c, from, a, to) => {
    const c1 = from + nOut, c2 = c1 + nOut, c3 = c2 + nOut;
    for (let k = 0; k < 4; k++, at += row, to += stride) {
      const q0 = q[at], q1 = q[at + 1], q2 = q[at + 2], q3 = q[at + 3];
      for (let j = 0; j < nOut; j++) {
        a[to + j] = q0 * c[from + j] + q1 * c[c1 + j] + q2 * c[c2 + j] + q3 * c[c3 + j];
      }
    }
  };
  const spread: PieceProduct = (q, at, row, mu, from, cBar, to) => {
    for (let i = 0; i < 4; i++, at++, to += nOut) {
      const q0 = q[at], q1 = q[at + row], q2 = q[at + 2 * row], q3 = q[at + 3 * row];
      for (let j = 0, m = from; j < nOut; j++, m++) {
        cBar[to + j] += q0 * mu[m] + q1 * mu[m + stride] + q2 * mu[m + second] + q3 * mu[m + third];
      }
    }
  };
  const correlate: PieceProduct = (qBar, to, row, c, from, mu, at) => {
    const c1 = from + nOut, c2 = c1 + nOut, c3 = c2 + nOut;
    for (let k = 0; k < 4; k++, to += row, at += stride) {
      let q0 = 0, q1 = 0, q2 = 0, q3 = 0;
      for (let j = 0; j < nOut; j++) {
        const m = mu[at + j];
        q0 += c[from + j] * m;
        q1 += c[c1 + j] * m;
        q2 += c[c2 + j] * m;
        q3 += c[c3 + j] * m;
      }
      qBar[to] = q0;
      qBar[to + 1] = q1;
      qBar[to + 2] = q2;
      qBar[to + 3] = q3;
    }
  };
  return { combine, spread, correlate };
}
