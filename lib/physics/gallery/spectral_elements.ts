/**
 * Functions of one coordinate by spectral elements.
 *
 * @module
 */

import { cos } from "../../numerics/inner.ts";
import { lagrangeAt } from "./split_collocation.ts";

/** Functions on an interval with slope 0 at both ends, as values at nodes. */
export interface SpectralElements {
  /** All nodes, in increasing order. */
  readonly nodes: Float64Array;
  /** Writes `u_xx` at the nodes. */
  bend(u: Float64Array, out: Float64Array): void;
  /** Prepares the solution of `u - c u_xx = right`, `c >= 0`, in place. */
  factor(c: number): (right: Float64Array) => void;
  /** The value at `x` as a sum of nodes' values: the first node, and `degree + 1` weights. */
  weightsAt(x: number): { readonly first: number; readonly weights: Float64Array };
}

/**
 * Spectral elements between `ends` (Patera 1984): polynomials through Gauss-Lobatto nodes. The mass
 * matrix `m` is taken by that rule, so that it is diagonal; `u_xx` is `-m^-1 K u`.
 */
export function spectralElements(ends: readonly number[], degree: number): SpectralElements {
  const { nodes: local, weights, derivative } = lobatto(degree);
  const elements = ends.length - 1, n = elements * degree + 1, width = degree + 1;
  const nodes = new Float64Array(n), mass = new Float64Array(n);
  const band = new Float64Array(n * width); // K[i, i - degree + k], k = 0 .. degree
  for (let e = 0; e < elements; e++) {
    const half = (ends[e + 1] - ends[e]) / 2, first = e * degree;
    for (let i = 0; i <= degree; i++) {
      nodes[first + i] = ends[e] + half * (1 + local[i]);
      mass[first + i] += half * weights[i];
      for (let j = 0; j <= i; j++) {
        let sum = 0;
        for (let q = 0; q <= degree; q++) {
          sum += weights[q] * derivative[q * width + i] * derivative[q * width + j];
        }
        band[(first + i) * width + degree + j - i] += sum / half;
      }
    }
  }
  return {
    nodes,
    bend(u, out) {
      out.fill(0);
      const slopes = new Float64Array(width);
      for (let e = 0; e < elements; e++) {
        const first = e * degree, half = (ends[e + 1] - ends[e]) / 2;
        for (let q = 0; q <= degree; q++) {
          let sum = 0; // differences: constants keep no rounding
          for (let j = 0; j <= degree; j++) {
            sum += derivative[q * width + j] * (u[first + j] - u[first + q]);
          }
          slopes[q] = sum * weights[q] / half;
        }
        for (let i = 0; i <= degree; i++) {
          let sum = 0;
          for (let q = 0; q <= degree; q++) sum += derivative[q * width + i] * slopes[q];
          out[first + i] -= sum;
        }
      }
      for (let i = 0; i < n; i++) out[i] /= mass[i];
    },
    factor: (c) => factorBand(band, mass, degree, c),
    weightsAt(x) {
      let e = 0;
      while (e < elements - 1 && x > ends[e + 1]) e++;
      const at = 2 * (x - ends[e]) / (ends[e + 1] - ends[e]) - 1;
      return {
        first: e * degree,
        weights: Float64Array.from(local, (_, j) => lagrangeAt(local, j, at)),
      };
    },
  };
}

/** Cholesky's factorisation of `m + c K`, scaled by `m^-1/2` from both sides. */
function factorBand(
  band: Float64Array,
  mass: Float64Array,
  degree: number,
  c: number,
): (right: Float64Array) => void {
  const n = mass.length, width = degree + 1, l = new Float64Array(n * width);
  const root = mass.map(Math.sqrt);
  for (let i = 0; i < n; i++) {
    for (let j = Math.max(0, i - degree); j <= i; j++) {
      let sum = (i === j ? 1 : 0) + c * band[i * width + degree + j - i] / (root[i] * root[j]);
      for (let k = Math.max(0, i - degree); k < j; k++) {
        sum -= l[i * width + degree + k - i] * l[j * width + degree + k - j];
      }
      l[i * width + degree + j - i] = i === j ? Math.sqrt(sum) : sum / l[j * width + degree];
    }
  }
  return (x) => {
    for (let i = 0; i < n; i++) {
      let sum = x[i] * root[i];
      for (let k = Math.max(0, i - degree); k < i; k++) sum -= l[i * width + degree + k - i] * x[k];
      x[i] = sum / l[i * width + degree];
    }
    for (let i = n - 1; i >= 0; i--) {
      let sum = x[i];
      for (let k = i + 1; k <= Math.min(n - 1, i + degree); k++) {
        sum -= l[k * width + degree + i - k] * x[k];
      }
      x[i] = sum / l[i * width + degree];
    }
    for (let i = 0; i < n; i++) x[i] /= root[i];
  };
}

/** Gauss-Lobatto nodes and weights on `[-1, 1]`; derivatives of the polynomials at the nodes. */
function lobatto(degree: number) {
  const nodes = new Float64Array(degree + 1), heights = new Float64Array(degree + 1);
  for (let i = 0; i <= degree; i++) {
    let x = -cos(Math.PI * i / degree);
    for (let step = 0;; step++) {
      // (x^2 - 1) P_n' = n (x P_n - P_{n-1}), whose derivative is n (n + 1) P_n
      let before = 1, value = x;
      for (let k = 2; k <= degree; k++) {
        [before, value] = [value, ((2 * k - 1) * x * value - (k - 1) * before) / k];
      }
      heights[i] = value;
      const change = (x * value - before) / ((degree + 1) * value);
      if (i === 0 || i === degree || step > 50 || Math.abs(change) < 1e-16) break;
      x -= change;
    }
    nodes[i] = x;
  }
  const derivative = new Float64Array((degree + 1) ** 2);
  for (let i = 0; i <= degree; i++) {
    let sum = 0;
    for (let j = 0; j <= degree; j++) {
      if (i === j) continue;
      const entry = heights[i] / (heights[j] * (nodes[i] - nodes[j]));
      derivative[i * (degree + 1) + j] = entry;
      sum += entry;
    }
    derivative[i * (degree + 2)] = -sum; // constants have the derivative 0
  }
  return {
    nodes,
    weights: heights.map((height) => 2 / (degree * (degree + 1) * height * height)),
    derivative,
  };
}
