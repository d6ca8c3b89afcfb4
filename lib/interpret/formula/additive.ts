/**
 * Sums of functions of one column each under an outer function, `F(g_1(x_1) + g_2(x_2) + ...)`: the
 * functions are splines first, fitted together by least squares, then symbols.
 *
 * @module
 */

import { writeBsplineBasis } from "../../basis/inner.ts";
import { uniformKnots } from "../../knots/mod.ts";
import { choleskyFactor, rangeOf, solveByFactor } from "../../numerics/inner.ts";
import type { Curve } from "./curve_symbols.ts";
import { type FormulaRows, varianceOf } from "./rows.ts";

/** A sum of splines, one for each column. */
export interface AdditiveFit {
  /** The functions, sampled at their rows, in the order of the columns. */
  readonly curves: readonly Curve[];
  /** Values at the rows. */
  readonly values: Float64Array;
  /** Share of the weighted variance that is not explained. */
  readonly unexplained: number;
}

const DEGREE = 3;

/** Fits splines of all columns together, by weighted least squares with a little smoothing. */
export function fitColumnSum(
  data: FormulaRows,
  target: Float64Array,
  weights: Float64Array,
  mostIntervals = 60,
): AdditiveFit | undefined {
  const names = [...data.columns.keys()], { rows } = data;
  const intervals = Math.max(
    4,
    Math.min(names.length === 1 ? mostIntervals : 16, Math.floor(rows / (8 * names.length))),
  );
  const count = intervals + DEGREE, n = 1 + names.length * count;
  const bases = names.map((name) => {
    const column = data.columns.get(name)!, [low, high] = rangeOf(column);
    if (!(high > low)) return undefined;
    const knots = uniformKnots({ domain: [low, high], intervals, degree: DEGREE });
    const first = new Int32Array(rows), values = new Float64Array(rows * (DEGREE + 1));
    column.forEach((x, r) => {
      first[r] = writeBsplineBasis(knots, x, values.subarray(r * 4, r * 4 + 4)) - DEGREE;
    });
    return { first, values };
  });
  const matrix = new Float64Array(n * n), right = new Float64Array(n);
  const indices = new Int32Array(1 + 4 * names.length), entries = new Float64Array(indices.length);
  for (let r = 0; r < rows; r++) {
    const weight = weights[r] ** 2;
    const used = rowEntries(r, bases, count, indices, entries);
    for (let i = 0; i < used; i++) {
      right[indices[i]] += weight * entries[i] * target[r];
      for (let j = 0; j < used; j++) {
        matrix[indices[i] * n + indices[j]] += weight * entries[i] * entries[j];
      }
    }
  }
  const solution = solveSmooth(matrix, right, n, names.length, count);
  return solution && described(data, target, weights, bases, solution, count);
}

type Basis = { readonly first: Int32Array; readonly values: Float64Array } | undefined;

function rowEntries(
  row: number,
  bases: readonly Basis[],
  count: number,
  indices: Int32Array,
  entries: Float64Array,
): number {
  indices[0] = 0;
  entries[0] = 1;
  let used = 1;
  bases.forEach((basis, v) => {
    if (basis === undefined) return;
    for (let i = 0; i < 4; i++) {
      indices[used] = 1 + v * count + basis.first[row] + i;
      entries[used++] = basis.values[row * 4 + i];
    }
  });
  return used;
}

function solveSmooth(
  matrix: Float64Array,
  right: Float64Array,
  n: number,
  columns: number,
  count: number,
): Float64Array | undefined {
  let trace = 0;
  for (let i = 1; i < n; i++) trace += matrix[i * n + i] / n;
  for (let v = 0; v < columns; v++) { // second differences of the coefficients
    for (let k = 1; k + 1 < count; k++) {
      const at = 1 + v * count + k;
      for (const [i, a] of [[-1, 1], [0, -2], [1, 1]]) {
        for (const [j, b] of [[-1, 1], [0, -2], [1, 1]]) {
          matrix[(at + i) * n + at + j] += 1e-6 * trace * a * b;
        }
      }
    }
  }
  for (let i = 0; i < n; i++) matrix[i * n + i] += 1e-9 * trace;
  if (!(trace > 0)) return undefined;
  for (let i = 0; i < n * n; i++) matrix[i] /= trace;
  const solution = right.map((each) => each / trace), factor = choleskyFactor(matrix, n, 0);
  if (factor === undefined) return undefined;
  solveByFactor(factor, n, solution);
  return solution;
}

function described(
  data: FormulaRows,
  target: Float64Array,
  weights: Float64Array,
  bases: readonly Basis[],
  solution: Float64Array,
  count: number,
): AdditiveFit {
  const { rows } = data, values = new Float64Array(rows).fill(solution[0]);
  const curves = [...data.columns.values()].map((x, v): Curve => {
    const y = new Float64Array(rows), basis = bases[v];
    for (let r = 0; basis && r < rows; r++) {
      for (let i = 0; i < 4; i++) {
        y[r] += basis.values[r * 4 + i] * solution[1 + v * count + basis.first[r] + i];
      }
      values[r] += y[r];
    }
    return sampled({ x, y });
  });
  let weight = 0, mean = 0, total = 0, rss = 0;
  for (let r = 0; r < rows; r++) {
    weight += weights[r] ** 2;
    mean += weights[r] ** 2 * target[r];
  }
  mean /= weight;
  for (let r = 0; r < rows; r++) {
    total += weights[r] ** 2 * (target[r] - mean) ** 2;
    rss += weights[r] ** 2 * (target[r] - values[r]) ** 2;
  }
  return { curves, values, unexplained: rss / total };
}

/** Most samples of a curve. */
const SAMPLES = 150;

/** A curve at some of its rows, by rising `x`. */
export function sampled({ x, y }: Curve): Curve {
  const order = Uint32Array.from(x, (_, r) => r).sort((a, b) => x[a] - x[b]);
  const most = Math.min(SAMPLES, x.length);
  const chosen = Array.from(
    { length: most },
    (_, i) => order[Math.round(i * (x.length - 1) / Math.max(1, most - 1))],
  );
  return {
    x: Float64Array.from(chosen, (r) => x[r]),
    y: Float64Array.from(chosen, (r) => y[r]),
  };
}

/** Rounds of {@linkcode fitProduct}. */
const ROUNDS = 12;

/** Fits a product of splines, one for each column, by least squares in turns. */
export function fitProduct(data: FormulaRows): AdditiveFit | undefined {
  const names = [...data.columns.keys()], { rows, target } = data;
  const factors = names.map(() => new Float64Array(rows).fill(1));
  let unexplained = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    for (let v = 0; v < names.length; v++) {
      const others = new Float64Array(rows).fill(1);
      factors.forEach((factor, i) => {
        if (i !== v) { for (let r = 0; r < rows; r++) others[r] *= factor[r]; }
      });
      const one = { ...data, columns: new Map([[names[v], data.columns.get(names[v])!]]) };
      const quotient = target.map((y, r) => others[r] === 0 ? 0 : y / others[r]);
      const fit = fitColumnSum(one, quotient, others, 16);
      if (fit === undefined) return undefined;
      let size = 0;
      for (const value of fit.values) size += value * value / rows;
      size = v < names.length - 1 ? Math.sqrt(size) || 1 : 1;
      factors[v] = fit.values.map((value) => value / size);
    }
    let rss = 0;
    for (let r = 0; r < rows; r++) {
      let product = 1;
      for (const factor of factors) product *= factor[r];
      rss += (target[r] - product) ** 2 / rows;
    }
    const next = rss / (varianceOf(target) || 1), done = next > 0.98 * unexplained;
    unexplained = Math.min(unexplained, next);
    if (done) break;
  }
  const curves = names.map((name, v) => sampled({ x: data.columns.get(name)!, y: factors[v] }));
  return { curves, values: factors[0], unexplained };
}
