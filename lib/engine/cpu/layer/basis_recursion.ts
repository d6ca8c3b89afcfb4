/**
 * B-splines as polynomials on each interval, and their adjoint.
 *
 * The local recursion (de Boor; Actor et al. 2025, eq. (5), superscripts corrected) run on
 * polynomials in `w` instead of numbers:
 * `N_r^(j) = left_{j-r+1} T_{r-1} + right_{r+1} T_r`, `T_r = N_r^(j-1) / D_{j,r}`,
 * `right_s = t_{mu+s} - u`, `left_s = u - t_{mu+1-s}`, `D_{j,r} = t_{mu+r+1} - t_{mu+1-j+r}`.
 * On an interval that is not empty every `D` is at least its length: nothing divides by zero.
 *
 * @module
 */

/**
 * Creates the recursion on one interval.
 *
 * @param d Degree.
 * @param stride Numbers from power k of a function to power k + 1, at least `d + 1`.
 * @param tapes Intervals whose adjoint can be asked for: the `T_r` of every level are kept.
 */
export function createBasisRecursion(d: number, stride: number, tapes: number) {
  const size = d + 1, tapeSize = d * (d + 1) / 2 * size;
  const kept = new Float64Array(tapes * tapeSize); // T of level j, r = 0..j-1
  const current = new Float64Array(size * size); // row r is function r
  const bar = new Float64Array(size * size);

  /**
   * Writes the `d + 1` basis polynomials of interval `[t_mu, t_{mu+1}]` at `out[at...]`, power k of
   * function i at `k stride + i`; keeps the numbers of the adjoint on a tape.
   */
  function run(t: Float64Array, mu: number, out: Float64Array, at: number, tape: number): void {
    const h = t[mu + 1] - t[mu];
    current.fill(0);
    current[0] = 1;
    for (let j = 1, tau = tape * tapeSize; j <= d; j++) {
      const before = tau;
      for (let r = 0; r < j; r++, tau += size) {
        const inverse = 1 / (t[mu + r + 1] - t[mu + 1 - j + r]);
        for (let k = 0; k < j; k++) kept[tau + k] = current[r * size + k] * inverse;
      }
      for (let r = 0; r <= j; r++) {
        const row = r * size, from = before + row;
        for (let k = 0; k <= j; k++) current[row + k] = 0;
        if (r < j) addProduct(kept, from, j, t[mu + r + 1] - t[mu], -h, current, row);
        if (r > 0) addProduct(kept, from - size, j, t[mu] - t[mu - j + r], h, current, row);
      }
    }
    for (let r = 0; r < size; r++) {
      for (let k = 0; k < size; k++) out[at + k * stride + r] = current[r * size + k];
    }
  }

  /**
   * Adds to `tBar` the gradient by the knots of the polynomials whose `run` filled the tape; the
   * gradient by these polynomials is at `basisBar[at...]`, laid out like them.
   */
  function pull(
    t: Float64Array,
    mu: number,
    tape: number,
    basisBar: Float64Array,
    at: number,
    tBar: Float64Array,
  ): void {
    const h = t[mu + 1] - t[mu];
    for (let r = 0; r < size; r++) {
      for (let k = 0; k < size; k++) bar[r * size + k] = basisBar[at + k * stride + r];
    }
    let hBar = 0;
    for (let j = d, tau = (tape + 1) * tapeSize; j >= 1; j--) {
      tau -= j * size;
      for (let r = 0; r < j; r++) {
        const from = tau + r * size, up = r * size, down = (r + 1) * size;
        const first = mu + 1 - j + r, last = mu + r + 1;
        const right = t[last] - t[mu], left = t[mu] - t[first], inverse = 1 / (t[last] - t[first]);
        let rightBar = 0, leftBar = 0, spanBar = 0;
        for (let k = 0; k < j; k++) {
          const value = kept[from + k];
          rightBar += value * bar[up + k];
          leftBar += value * bar[down + k];
          hBar += value * (bar[down + k + 1] - bar[up + k + 1]);
          const valueBar = right * bar[up + k] - h * bar[up + k + 1] +
            left * bar[down + k] + h * bar[down + k + 1];
          spanBar -= value * valueBar * inverse;
          // The adjoint of T_r may replace that of N_r: row r of level j is not read again.
          bar[up + k] = valueBar * inverse;
        }
        for (let k = j; k < size; k++) bar[up + k] = 0;
        tBar[last] += rightBar + spanBar;
        tBar[first] -= leftBar + spanBar;
        tBar[mu] += leftBar - rightBar;
      }
    }
    tBar[mu + 1] += hBar;
    tBar[mu] -= hBar;
  }

  return { run, pull };
}

/** Adds `(value + slope w) T` to a polynomial at `to`; T, of `count` numbers, is at `from`. */
function addProduct(
  kept: Float64Array,
  from: number,
  count: number,
  value: number,
  slope: number,
  out: Float64Array,
  to: number,
): void {
  for (let k = 0; k < count; k++) {
    out[to + k] += value * kept[from + k];
    out[to + k + 1] += slope * kept[from + k];
  }
}
