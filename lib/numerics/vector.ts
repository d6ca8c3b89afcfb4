/**
 * The few vector operations that optimizers are made of.
 *
 * @module
 */

/** `sum x_i y_i`; four running sums do not wait for each other. */
export function dot(x: Float64Array, y: Float64Array): number {
  const n = x.length, even = n - n % 4;
  let a = 0, b = 0, c = 0, d = 0;
  for (let i = 0; i < even; i += 4) {
    a += x[i] * y[i];
    b += x[i + 1] * y[i + 1];
    c += x[i + 2] * y[i + 2];
    d += x[i + 3] * y[i + 3];
  }
  for (let i = even; i < n; i++) a += x[i] * y[i];
  return (a + b) + (c + d);
}

/** `y += scale x`, in place. */
export function addScaled(y: Float64Array, scale: number, x: Float64Array): void {
  for (let i = 0; i < y.length; i++) y[i] += scale * x[i];
}

/** `out = x + scale d`. */
export function step(out: Float64Array, x: Float64Array, scale: number, d: Float64Array): void {
  for (let i = 0; i < out.length; i++) out[i] = x[i] + scale * d[i];
}

/** `max |x_i|`; NaN if an entry is NaN. */
export function maxNorm(x: Float64Array): number {
  let most = 0;
  for (let i = 0; i < x.length; i++) {
    const size = Math.abs(x[i]);
    if (Number.isNaN(size)) return NaN;
    if (size > most) most = size;
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

/**
 * Whether all numbers of a vector are finite.
 *
 * @example
 * ```ts
 * import { isFiniteVector } from "./inner.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(isFiniteVector(new Float64Array([1, -Infinity])), false);
 * ```
 */
export function isFiniteVector(vector: Float64Array): boolean {
  const count = vector.length, whole = count - count % 4;
  let a = 0, b = 0, c = 0, d = 0; // NaN once a number is not finite
  for (let i = 0; i < whole; i += 4) {
    a += vector[i] * 0;
    b += vector[i + 1] * 0;
    c += vector[i + 2] * 0;
    d += vector[i + 3] * 0;
  }
  for (let i = whole; i < count; i++) a += vector[i] * 0;
  return a + b + c + d === 0;
}
