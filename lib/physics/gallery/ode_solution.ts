/**
 * Ordinary differential equations by Runge-Kutta steps: the reference of the gallery's system.
 *
 * @module
 */

/**
 * Computes `u' = u - u v`, `v' = u v - v` from `start`, `[u, v]` at time 0, at times of at least 0,
 * by the classical Runge-Kutta method, 2,000 steps a unit of time: about 13 digits. Shape
 * `[rows, 2]`.
 */
export function lotkaVolterraSolution(
  times: Float64Array,
  start: readonly [number, number],
): Float64Array {
  const order = [...times.keys()].sort((a, b) => times[a] - times[b]);
  const values = new Float64Array(2 * times.length);
  let [u, v] = start, t = 0;
  for (const row of order) {
    const steps = Math.ceil((times[row] - t) * 2000), h = (times[row] - t) / Math.max(1, steps);
    for (let step = 0; step < steps; step++) {
      const a = u - u * v, b = u * v - v;
      const u1 = u + h / 2 * a, v1 = v + h / 2 * b, a1 = u1 - u1 * v1, b1 = u1 * v1 - v1;
      const u2 = u + h / 2 * a1, v2 = v + h / 2 * b1, a2 = u2 - u2 * v2, b2 = u2 * v2 - v2;
      const u3 = u + h * a2, v3 = v + h * b2, a3 = u3 - u3 * v3, b3 = u3 * v3 - v3;
      u += h / 6 * (a + 2 * a1 + 2 * a2 + a3);
      v += h / 6 * (b + 2 * b1 + 2 * b2 + b3);
    }
    t = times[row];
    values[2 * row] = u;
    values[2 * row + 1] = v;
  }
  return values;
}
