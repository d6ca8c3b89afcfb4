/**
 * Least squares by reflections, solved again and again with other right sides.
 *
 * @module
 */

import { hypot } from "./elementary/mod.ts";

/** A factored matrix. */
export interface LeastSquaresFactor {
  /** The vector whose product with the matrix is nearest to `right`, shape `[rows]`. */
  solve(right: Float64Array): Float64Array;
}

/**
 * Factors a matrix by Householder's reflections.
 *
 * @param columns Column after column, shape `[columns, rows]`, at least as many rows as columns;
 * overwritten.
 */
export function leastSquaresFactor(
  columns: Float64Array,
  rows: number,
  size: number,
): LeastSquaresFactor {
  const diagonal = new Float64Array(size), lengths = new Float64Array(size);
  for (let k = 0; k < size; k++) {
    const v = columns.subarray(k * rows, (k + 1) * rows);
    let square = 0;
    for (let i = k; i < rows; i++) square += v[i] * v[i];
    const length = v[k] > 0 ? -Math.sqrt(square) : Math.sqrt(square);
    diagonal[k] = length;
    v[k] -= length;
    lengths[k] = square - length * (v[k] + length); // half of |v|^2
    for (let j = k + 1; j < size; j++) {
      reflect(v, lengths[k], columns.subarray(j * rows, (j + 1) * rows), k);
    }
  }
  return {
    solve(right) {
      const y = right.slice();
      for (let k = 0; k < size; k++) {
        reflect(columns.subarray(k * rows, (k + 1) * rows), lengths[k], y, k);
      }
      const x = y.slice(0, size);
      for (let k = size - 1; k >= 0; k--) {
        x[k] = diagonal[k] === 0 ? 0 : x[k] / diagonal[k];
        for (let i = 0; i < k; i++) x[i] -= columns[k * rows + i] * x[k];
      }
      return x;
    },
  };
}

function reflect(v: Float64Array, half: number, column: Float64Array, from: number): void {
  if (half === 0) return;
  let sum = 0;
  for (let i = from; i < v.length; i++) sum += v[i] * column[i];
  sum /= half;
  for (let i = from; i < v.length; i++) column[i] -= sum * v[i];
}

/** Real parts, and imaginary ones; pairs that belong together are neighbours. */
export interface GeneralEigenvalues {
  readonly real: Float64Array;
  readonly imaginary: Float64Array;
}

/**
 * The eigenvalues of a small matrix by shifted QR steps; undefined where they do not settle.
 *
 * @param matrix Shape `[n, n]`, row-major.
 */
export function generalEigenvalues(
  matrix: Float64Array,
  n: number,
): GeneralEigenvalues | undefined {
  const real = new Float64Array(n), imaginary = new Float64Array(n);
  let a: Float64Array = matrix.slice(), size = n;
  const small = 1e-15 * Math.sqrt(matrix.reduce((sum, x) => sum + x * x, 0));
  for (let step = 0; size > 0; step++) {
    const rest = below(a, size, 1), pair = size > 1 ? lastPair(a, size) : undefined;
    if (size === 1 || rest <= small) {
      real[size - 1] = a[size * size - 1];
      a = leading(a, size);
      size--;
      step = 0;
      continue;
    }
    if (pair && pair.root < 0 && below(a, size, 2) <= small) {
      real.fill(pair.middle, size - 2, size);
      imaginary[size - 2] = Math.sqrt(-pair.root);
      imaginary[size - 1] = -imaginary[size - 2];
      a = leading(leading(a, size), size - 1);
      size -= 2;
      step = 0;
      continue;
    }
    if (step > MOST_STEPS) return undefined;
    // a shift that is not always the same leaves what only turns
    const away = step % 11 === 10 ? 1 + 0.1 * step / 11 : 1;
    a = qrStep(a, size, away * shiftOf(a, size, pair!));
  }
  return { real, imaginary };
}

const MOST_STEPS = 600;

/** The sum of sizes left of the last `rows` diagonal places. */
function below(a: Float64Array, size: number, rows: number): number {
  let sum = 0;
  for (let i = size - rows; i < size; i++) {
    for (let j = 0; j < size - rows; j++) sum += Math.abs(a[i * size + j]);
  }
  return sum;
}

/** The eigenvalues `middle +- sqrt(root)` of the last two rows and columns. */
function lastPair(a: Float64Array, size: number): { middle: number; root: number } {
  const p = a[(size - 2) * size + size - 2], q = a[size * size - 1];
  const cross = a[(size - 2) * size + size - 1] * a[(size - 1) * size + size - 2];
  return { middle: (p + q) / 2, root: ((p - q) / 2) ** 2 + cross };
}

/** The one of the pair that is nearer to the last place. */
function shiftOf(
  a: Float64Array,
  size: number,
  { middle, root }: { readonly middle: number; readonly root: number },
): number {
  if (root < 0) return middle;
  return middle + Math.sign(a[size * size - 1] - middle) * Math.sqrt(root);
}

function leading(a: Float64Array, size: number): Float64Array {
  const out = new Float64Array((size - 1) ** 2);
  for (let i = 0; i < size - 1; i++) {
    out.set(a.subarray(i * size, i * size + size - 1), i * (size - 1));
  }
  return out;
}

/** `R Q + shift` with `Q R = A - shift`, by rotations. */
function qrStep(a: Float64Array, n: number, shift: number): Float64Array {
  const r = a.slice(), turns: [number, number, number, number][] = [];
  for (let i = 0; i < n; i++) r[i * n + i] -= shift;
  for (let k = 0; k < n - 1; k++) {
    for (let i = n - 1; i > k; i--) {
      const x = r[(i - 1) * n + k], y = r[i * n + k], length = hypot(x, y);
      if (y === 0) continue;
      const c = x / length, s = y / length;
      for (let j = 0; j < n; j++) {
        const u = r[(i - 1) * n + j], w = r[i * n + j];
        r[(i - 1) * n + j] = c * u + s * w;
        r[i * n + j] = c * w - s * u;
      }
      turns.push([i - 1, i, c, s]);
    }
  }
  for (const [p, q, c, s] of turns) {
    for (let i = 0; i < n; i++) {
      const u = r[i * n + p], w = r[i * n + q];
      r[i * n + p] = c * u + s * w;
      r[i * n + q] = c * w - s * u;
    }
  }
  for (let i = 0; i < n; i++) r[i * n + i] += shift;
  return r;
}
