/**
 * The functions that a smooth term is made of: a straight line, and functions that bend.
 *
 * Demmler and Reinsch's functions: those that bend solve `K u = d G u`, `K` the matrix of bending and
 * `G` the Gram matrix, and are divided by `sqrt(d)`. In these coordinates the bending of a term is
 * the sum of their squares, and the line is what has no bending (A. Demmler and C. Reinsch,
 * Oscillation matrices with spline smoothing, Numerische Mathematik 24, 1975; S. Wood, Generalized
 * Additive Models, 2017, section 5.4.2).
 *
 * Where intervals are not equally long, bends may be counted in units of the intervals: on a scale `u`
 * on which these are equally long `d^2f/du^2 = f'' / u'^2` if slopes are left out, and
 * `integral f''^2 / u'^3 dx` takes the place of `integral f''^2 dx`: the penalty is weaker where knots
 * are dense (a penalty that varies with the place: F. Abramovich and D. Steinberg, Improved inference
 * in nonparametric regression using L_k-smoothing splines, Journal of Statistical Planning and
 * Inference 49, 1996). Straight lines in x still have none.
 *
 * @module
 */

import { bendingMatrix, gramMatrix } from "../basis/mod.ts";
import { grevilleAbscissae, type KnotVector, numBasis } from "../knots/mod.ts";
import { factorPositive, invertFactor, pow, symmetricEigenvectors } from "../numerics/inner.ts";

/** Functions as coefficients of B-splines. */
export interface TermBasis {
  /** B-splines. */
  readonly size: number;
  /** Functions: the line, then those that bend, the smoothest first. */
  readonly count: number;
  /** Shape `[size, count]`, row-major. */
  readonly coefficients: Float64Array;
  /** Whether there is no line, only functions that bend. */
  readonly lineless?: boolean;
}

/** What bends are counted in: units of the column, or of intervals, which differ in length. */
export type BendUnits = "column" | "intervals";

/** Finds the line and the `most` smoothest functions that bend, at most all of them. */
export function termBasis(knots: KnotVector, most: number, units: BendUnits): TermBasis {
  const n = numBasis(knots), lengths = units === "intervals" ? relativeLengths(knots) : undefined;
  const gram = gramMatrix(knots, "bspline", lengths?.map((each) => 1 / each));
  const bending = bendingMatrix(knots, lengths?.map((each) => pow(each, 3)));
  const line = grevilleAbscissae(knots);
  const bent = Math.max(0, Math.min(most, n - 2)), count = 1 + bent;
  const coefficients = new Float64Array(n * count);
  for (let i = 0; i < n; i++) coefficients[i * count] = line[i];
  if (bent === 0) return { size: n, count, coefficients };
  const lower = factorPositive(gram, n)!.factor, inverse = invertFactor(lower, n);
  // c = L^-T v: c^T G c = v^T v
  const m = congruent(bending, inverse, n);
  const constants = unit(transposedTimes(lower, new Float64Array(n).fill(1), n));
  const lines = unit(without(transposedTimes(lower, line, n), constants));
  let trace = 0;
  for (let i = 0; i < n; i++) trace += m[i * n + i];
  for (let i = 0; i < n; i++) { // constants and lines go to the end of the spectrum
    for (let j = 0; j < n; j++) {
      m[i * n + j] += 4 * trace * (constants[i] * constants[j] + lines[i] * lines[j]);
    }
  }
  const { vectors } = symmetricEigenvectors(m, n);
  const found = Array.from({ length: bent }, (_, k) => {
    const v = without(without(vectors.slice(k * n, (k + 1) * n), constants), lines);
    return transposedTimes(inverse, v, n);
  });
  polish(found, bending, n);
  found.forEach((c, k) => {
    for (let i = 0; i < n; i++) coefficients[i * count + 1 + k] = c[i];
  });
  return { size: n, count, coefficients };
}

/** Lengths of the intervals, in units of their mean. */
function relativeLengths({ values, degree }: KnotVector): Float64Array {
  const intervals = values.length - 1 - 2 * degree;
  const mean = (values[degree + intervals] - values[degree]) / intervals;
  return Float64Array.from(
    { length: intervals },
    (_, i) => (values[degree + i + 1] - values[degree + i]) / mean,
  );
}

/** Makes `c_k^T K c_l` 1 where `k = l` and 0 elsewhere, to rounding. */
function polish(functions: Float64Array[], bending: Float64Array, n: number): void {
  functions.forEach((c, k) => {
    for (let pass = 0; pass < 2; pass++) {
      const image = symmetricTimes(bending, c, n);
      for (let l = 0; l < k; l++) {
        const share = inner(functions[l], image);
        for (let i = 0; i < n; i++) c[i] -= share * functions[l][i];
      }
      const length = Math.sqrt(Math.max(inner(c, symmetricTimes(bending, c, n)), 1e-300));
      for (let i = 0; i < n; i++) c[i] /= length;
    }
  });
}

function inner(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
  return sum;
}

function unit(x: Float64Array): Float64Array {
  const length = Math.sqrt(inner(x, x));
  return x.map((each) => each / length);
}

function without(x: Float64Array, direction: Float64Array): Float64Array {
  const share = inner(x, direction);
  return x.map((each, i) => each - share * direction[i]);
}

function symmetricTimes(matrix: Float64Array, x: Float64Array, n: number): Float64Array {
  return x.map((_, i) => inner(matrix.subarray(i * n, (i + 1) * n), x));
}

/** `L^T x`, or `W^T v` of any square matrix. */
function transposedTimes(matrix: Float64Array, x: Float64Array, n: number): Float64Array {
  const y = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) y[j] += matrix[i * n + j] * x[i];
  }
  return y;
}

/** `W K W^T`. */
function congruent(k: Float64Array, w: Float64Array, n: number): Float64Array {
  const half = new Float64Array(n * n), full = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const share = w[i * n + j];
      for (let l = 0; l < n; l++) half[i * n + l] += share * k[j * n + l];
    }
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let l = 0; l <= j; l++) sum += half[i * n + l] * w[j * n + l];
      full[i * n + j] = sum;
    }
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) full[j * n + i] = full[i * n + j];
  }
  return full;
}
