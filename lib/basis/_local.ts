/**
 * The local recursion of B-splines, on bare arrays.
 *
 * @module
 */

/**
 * Writes `B_{mu-degree}(x) .. B_mu(x)` of the given degree to `out[0..degree]` (Cox-de Boor,
 * 0/0 = 0). Reads the knots `t[mu+1-degree] .. t[mu+degree]`.
 */
export function localValues(
  t: Readonly<Float64Array>,
  degree: number,
  mu: number,
  x: number,
  out: Float64Array,
): void {
  out[0] = 1;
  for (let k = 1; k <= degree; k++) {
    // out: degree k - 1 on [t_mu, t_{mu+1}) -> degree k
    let saved = 0;
    for (let r = 0; r < k; r++) {
      const left = t[mu + 1 + r - k], right = t[mu + 1 + r];
      const share = right > left ? out[r] / (right - left) : 0 * out[r];
      out[r] = saved + (right - x) * share;
      saved = (x - left) * share;
    }
    out[k] = saved;
  }
}

/**
 * Writes the first derivatives to `out[0..degree]`:
 * `B_i' = degree (B_{i,degree-1} / (t_{i+degree} - t_i) - B_{i+1,degree-1} / (...))`.
 */
export function localSlopes(
  t: Readonly<Float64Array>,
  degree: number,
  mu: number,
  x: number,
  out: Float64Array,
): void {
  localValues(t, degree - 1, mu, x, out);
  let saved = 0;
  for (let r = 0; r < degree; r++) {
    const left = t[mu + 1 + r - degree], right = t[mu + 1 + r];
    const share = right > left ? degree * out[r] / (right - left) : 0 * out[r];
    out[r] = saved - share;
    saved = share;
  }
  out[degree] = saved;
}
