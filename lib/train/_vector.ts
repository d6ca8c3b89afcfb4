/**
 * The few vector operations that optimizers are made of.
 *
 * @module
 */

/** `sum x_i y_i`. */
export function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
  return sum;
}

/** `y += scale x`, in place. */
export function addScaled(y: Float64Array, scale: number, x: Float64Array): void {
  for (let i = 0; i < y.length; i++) y[i] += scale * x[i];
}

/** `out = x + scale d`. */
export function step(out: Float64Array, x: Float64Array, scale: number, d: Float64Array): void {
  for (let i = 0; i < out.length; i++) out[i] = x[i] + scale * d[i];
}

/** `max |x_i|`. */
export function maxNorm(x: Float64Array): number {
  let most = 0;
  for (let i = 0; i < x.length; i++) {
    const size = Math.abs(x[i]);
    if (!(size <= most)) most = size; // NaN wins
  }
  return most;
}

/** `sum |x_i|`. */
export function sumNorm(x: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += Math.abs(x[i]);
  return sum;
}

/** Euclidean norm. */
export function norm(x: Float64Array): number {
  return Math.sqrt(dot(x, x));
}
