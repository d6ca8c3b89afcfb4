/**
 * The fewest knots that keep some splines of one knot vector within their tolerances.
 *
 * @module
 */

import { gramMatrix, normalMatrix } from "../../basis/mod.ts";
import { domainOf, type KnotVector } from "../../knots/mod.ts";
import {
  multiply,
  multiplyBand,
  multiplyTransposed,
  solvePositive,
  type SparseRows,
} from "../../numerics/inner.ts";
import { prolongationMatrix } from "../../multilevel/mod.ts";

/** Share of the domain's even measure in the weights, so that pieces without data stay calm. */
const EVEN_SHARE = 1e-6;
/** Knots nearer than this share of the domain count as one. */
const NEAR = 1e-9;

/** Splines of one input node on one knot vector, and where its data are. */
export interface SplineGroup {
  /** B-spline coefficients on the fine knots with clamped ends, shape `[numBasis, splines]`. */
  readonly coefficients: Float64Array;
  /** Positions of the rows in the domain. */
  readonly positions: Float64Array;
  /** Largest root mean square error of every spline. */
  readonly tolerances: readonly number[];
  /** Largest error anywhere in the domain, of every spline. */
  readonly bounds: readonly number[];
}

/** Splines on coarser knots. */
export interface ReducedSplines {
  /** `t_0 .. t_n`. */
  readonly breakpoints: readonly number[];
  /** Per group coefficients on clamped knots, shape `[numBasis, splines]`. */
  readonly coefficients: readonly Float64Array[];
  /** Per group and spline the root mean square error over the rows. */
  readonly errors: readonly (readonly number[])[];
  /** Per group and spline a bound of the error anywhere in the domain. */
  readonly bounds: readonly (readonly number[])[];
  /** The largest of errors and bounds as shares of what is allowed. */
  readonly share: number;
}

/** Clamped knots by their breakpoints, which may repeat. */
export function clampedKnots(breakpoints: readonly number[], degree: number): KnotVector {
  const first = breakpoints[0], last = breakpoints[breakpoints.length - 1];
  const values = [
    ...Array<number>(degree).fill(first),
    ...breakpoints,
    ...Array<number>(degree).fill(last),
  ];
  return { values: Float64Array.from(values), degree };
}

/**
 * Takes knots away one by one, each time the one whose absence costs least, the splines fitted anew
 * to the fine ones by least squares over the rows.
 *
 * @param breakpoints Fine ones.
 * @param groups The splines that share them, by input node.
 * @returns Every step of the way within the tolerances, the finest first, at least one.
 */
export function reduceKnots(
  breakpoints: readonly number[],
  degree: number,
  groups: readonly SplineGroup[],
): ReducedSplines[] {
  const fine = clampedKnots(breakpoints, degree);
  const weights = groups.map(({ positions }) => weightMatrix(fine, positions));
  const project = (points: readonly number[]) => projected(points, fine, groups, weights);
  let current = project(different(breakpoints));
  const path = [current];
  while (current.breakpoints.length > 2) {
    let next: ReducedSplines | undefined;
    for (let i = 1; i < current.breakpoints.length - 1; i++) {
      const trial = project(current.breakpoints.filter((_, k) => k !== i));
      if (next === undefined || trial.share < next.share) next = trial;
    }
    if (next === undefined || !(next.share <= 1)) break;
    path.push(current = next);
  }
  return path;
}

/** Breakpoints without those that nearly repeat. */
function different(breakpoints: readonly number[]): number[] {
  const first = breakpoints[0], last = breakpoints[breakpoints.length - 1];
  const least = NEAR * (last - first), kept = [first];
  for (const point of breakpoints.slice(1, -1)) {
    if (point - kept[kept.length - 1] > least && last - point > least) kept.push(point);
  }
  return [...kept, last];
}

/** `mean_r B_i(u_r) B_j(u_r)`, and a little of the even measure. */
function weightMatrix(fine: KnotVector, positions: Float64Array): Float64Array {
  const normal = normalMatrix(fine, positions), even = gramMatrix(fine), [a, b] = domainOf(fine);
  const rows = Math.max(1, positions.length);
  return normal.map((value, i) => value / rows + EVEN_SHARE * even[i] / (b - a));
}

function projected(
  breakpoints: readonly number[],
  fine: KnotVector,
  groups: readonly SplineGroup[],
  weights: readonly Float64Array[],
): ReducedSplines {
  const { degree } = fine, coarse = clampedKnots(breakpoints, degree);
  const prolongation = prolongationMatrix(coarse, fine);
  const { rows: n, columns: size } = prolongation;
  const coefficients: Float64Array[] = [], errors: number[][] = [], bounds: number[][] = [];
  let share = 0;
  groups.forEach((group, g) => {
    const m = group.tolerances.length, weight = weights[g];
    const weighted = multiplyBand(weight, n, degree, group.coefficients, m);
    const right = multiplyTransposed(prolongation, weighted, m);
    const matrix = sandwich(prolongation, weight, degree);
    const c = solvePositive(matrix, size, degree, right, m);
    const error = multiply(prolongation, c, m).map((value, i) => group.coefficients[i] - value);
    const product = multiplyBand(weight, n, degree, error, m);
    const meanErrors = Array.from({ length: m }, (_, q) => {
      let square = 0;
      for (let i = 0; i < n; i++) square += error[i * m + q] * product[i * m + q];
      return Math.sqrt(Math.max(0, square));
    });
    const largest = Array.from({ length: m }, (_, q) => {
      let most = 0; // B-splines are not negative and sum to 1
      for (let i = 0; i < n; i++) most = Math.max(most, Math.abs(error[i * m + q]));
      return most;
    });
    meanErrors.forEach((value, q) => {
      share = Math.max(share, part(value, group.tolerances[q]), part(largest[q], group.bounds[q]));
    });
    coefficients.push(c);
    errors.push(meanErrors);
    bounds.push(largest);
  });
  return { breakpoints, coefficients, errors, bounds, share };
}

/** What is used of what is allowed. */
function part(value: number, allowed: number): number {
  return value === 0 ? 0 : value / allowed;
}

/** `P^T G P`: the weights of the coarse functions. */
function sandwich(
  { rows: n, columns: size, width, starts, values }: SparseRows,
  weight: Float64Array,
  band: number,
): Float64Array {
  const half = new Float64Array(n * size); // G P
  for (let i = 0; i < n; i++) {
    for (let j = Math.max(0, i - band); j <= Math.min(n - 1, i + band); j++) {
      for (let k = 0; k < width; k++) {
        const column = starts[j] + k;
        if (column >= 0 && column < size) {
          half[i * size + column] += weight[i * n + j] * values[j * width + k];
        }
      }
    }
  }
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < width; k++) {
      const row = starts[i] + k;
      if (row < 0 || row >= size) continue;
      const value = values[i * width + k];
      const from = Math.max(0, row - band), to = Math.min(size - 1, row + band);
      for (let c = from; c <= to; c++) matrix[row * size + c] += value * half[i * size + c];
    }
  }
  return matrix;
}
