/**
 * Eigenvalues of linear equations: the lowest ones with their functions, and how sure they are.
 *
 * Equations and conditions are asked to hold in the sense of least squares on products of splines of
 * a high degree. The map from `B v` to the solution of `(A - s B) u = B v` has the eigenvalues
 * `1 / (lambda - s)`; subspaces that it is applied to turn to its largest ones, all at once, so that
 * none is found twice (subspace iteration with a shift, Saad 2011). The same on finer grids, until
 * the values change by less than the tolerance.
 *
 * @module
 */

import { createRandom } from "../../model/mod.ts";
import {
  checkOptions,
  generalEigenvalues,
  hypot,
  type LeastSquaresFactor,
  leastSquaresFactor,
  solveSmall,
} from "../../numerics/inner.ts";
import { checkPde, type PdeProblem } from "../equations/pde.ts";
import { checkPositive, resolvePde } from "../equations/resolve.ts";
import { type EigenPencil, eigenPencil } from "./eigen_pencil.ts";

/** Options of {@linkcode solveEigenvalues}; all may be left out. */
export interface EigenvalueOptions {
  /** How many. Default 3. */
  readonly modes?: number;
  /** Relative change of the values between grids that is small enough. Default 1e-8. */
  readonly tolerance?: number;
  /** Finds those nearest to this number, instead of the lowest ones. */
  readonly near?: number;
}

/** An eigenvalue and its function. */
export interface EigenMode {
  /** The eigenvalue. */
  readonly value: number;
  /** Estimate of its error: the change from the grid before, or rounding. */
  readonly error: number;
  /**
   * The unknowns at points of shape `[rows, coordinates]`, an array each, scaled so that the integral
   * of their squares over the domain is 1.
   */
  evaluate(points: Float64Array): Float64Array[];
}

/** What was found. */
export interface EigenvalueResult {
  /** In ascending order. */
  readonly modes: readonly EigenMode[];
  /** Whether all values keep the tolerance. */
  readonly status: "converged" | "budget";
  /** Functions of the finest grid. */
  readonly functions: number;
  /** Whether there is a lowest one; else the values are those nearest to 0. */
  readonly isLowest: boolean;
}

/** Degree and intervals per level, for one coordinate, two and three. */
const DEGREES = [9, 10, 6];
const INTERVALS = [[8, 16, 32, 64, 128], [2, 4, 6, 8], [1, 2, 3]];
/** Directions beyond those that are asked for, least and most iterations, and a change that ends them. */
const BUFFER = 6, LEAST_ITERATIONS = 6, ITERATIONS = 60, SETTLED = 1e-12;
/** Of a direction that equations and conditions leave open on their points. */
const ROUNDING = 1e-13;
/** Where rounding makes finer grids worse by this factor, the search ends. */
const FARTHER = 30;
/** Relative error of a value by rounding. */
const LEAST_ERROR = 1e-12;
/** Imaginary parts that are more than an error. */
const COMPLEX = 1e-3;
/** Shifts at which lower values are looked for, how often some may be found, iterations at each. */
const PROBES = 5, MOST_FINDS = 12, PROBE_ITERATIONS = 12;
/** Level on which they are looked for. */
const PROBED = [2, 1, 1];

/**
 * Finds eigenvalues of a problem with a field `eigenvalue`.
 *
 * @throws {RangeError} If the problem names none, is not linear or has sources, more than three
 * coordinates, or eigenvalues that are not real.
 *
 * @example A string: -u'' = lambda u, u = 0 at both ends
 * ```ts
 * import { parsePde } from "@freeknot/freeknot";
 * import { solveEigenvalues } from "@freeknot/freeknot/physics";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const { modes } = solveEigenvalues(parsePde({
 *   domain: { x: [0, Math.PI] },
 *   eigenvalue: "lambda",
 *   equations: [{ equation: "-u_xx = lambda*u" }],
 *   conditions: [{ at: { x: [0, Math.PI] }, equation: "u = 0" }],
 * }));
 * modes.forEach(({ value }, i) => assertAlmostEquals(value, (i + 1) ** 2, 1e-7));
 * ```
 */
export function solveEigenvalues(
  problem: PdeProblem,
  options: EigenvalueOptions = {},
): EigenvalueResult {
  checkPde("solve eigenvalue problem", problem);
  checkOptions("solve eigenvalue problem", options, "modes tolerance near");
  const { modes = 3, tolerance = 1e-8 } = options;
  checkPositive("tolerance", tolerance);
  const { eigenvalue, ...rest } = problem;
  if (eigenvalue === undefined) throw refusal("problem", "one with the field eigenvalue", "none");
  const inner: PdeProblem = {
    ...rest,
    coefficients: { ...rest.coefficients, [eigenvalue]: 1 },
    incomplete: true,
  };
  const resolved = resolvePde(inner), d = resolved.ranges.length;
  checkKind(inner, d, modes);
  let shift = options.near ?? -unitOf(resolved.ranges), isLowest = false;
  let before: Float64Array | undefined, best: Level | undefined;
  for (const [level, intervals] of INTERVALS[d - 1].entries()) {
    const pencil = eigenPencil(inner, resolved, eigenvalue, DEGREES[d - 1], intervals);
    if (pencil.size < modes + BUFFER) continue;
    if (level === PROBED[d - 1] && options.near === undefined) {
      ({ shift, isLowest } = lowestShift(pencil, modes, shift));
    }
    const found = nearest(pencil, modes, shift), { values, imaginary } = found, last = before;
    before = values;
    if (!last) continue;
    const errors = values.map((value, i) =>
      Math.max(Math.abs(value - last[i]), imaginary[i], LEAST_ERROR * Math.max(1, Math.abs(value)))
    );
    const worst = Math.max(...errors.map((error, i) => error / Math.max(1, Math.abs(values[i]))));
    const isSettled = level > PROBED[d - 1] || options.near !== undefined;
    if (isSettled && !(worst >= best?.worst!)) best = { found, errors, pencil, worst };
    if (best && (best.worst <= tolerance || worst > FARTHER * best.worst)) break;
  }
  if (!best) throw refusal("modes", "fewer than functions", `${modes}`);
  const { found: { values, vectors, imaginary }, errors, pencil, worst } = best;
  const size = Math.max(...values.map((value) => Math.abs(value - shift)));
  if (imaginary.some((part) => part > COMPLEX * size)) {
    throw refusal("equations", "ones with real eigenvalues", "others, with complex ones");
  }
  return {
    modes: Array.from(values, (value, i) => modeOf(pencil, value, errors[i], vectors[i])),
    status: worst <= tolerance ? "converged" : "budget",
    functions: pencil.size,
    isLowest,
  };
}

/** What a grid has given. */
interface Level {
  readonly found: Found;
  readonly errors: Float64Array;
  readonly pencil: EigenPencil;
  /** The largest relative error. */
  readonly worst: number;
}

function refusal(what: string, rule: string, value: string): RangeError {
  return new RangeError(
    `Cannot solve eigenvalue problem: ${what} must be ${rule}, current value is ${value}`,
  );
}

function checkKind(problem: PdeProblem, coordinates: number, modes: number): void {
  if (!Number.isInteger(modes) || modes < 1 || modes > 40) {
    throw refusal("modes", "an integer from 1 to 40", `${modes}`);
  }
  if (coordinates > 3) throw refusal("domain", "of one to three coordinates", `${coordinates}`);
  if (Object.keys(problem.coefficients ?? {}).length > 1) {
    throw refusal("coefficients", "none (lambda alone is sought)", "some");
  }
  if (problem.conditions.some(({ data }) => data)) {
    throw refusal("conditions", "on faces and parts of the boundary", "measurements");
  }
  if (problem.periodic?.length || problem.ansatz) {
    throw refusal(
      problem.ansatz ? "ansatz" : "periodic",
      'left out (write conditions, such as "at(u, x, 1) = u" and "at(u_x, x, 1) = u_x" on x = 0)',
      "given",
    );
  }
}

/** A rate of change that the domain sets: a share of one over the square of its longest side. */
function unitOf(ranges: readonly (readonly [number, number])[]): number {
  return 0.37 / Math.max(...ranges.map(([a, b]) => b - a)) ** 2;
}

/** Values and vectors, ascending. */
interface Found {
  readonly values: Float64Array;
  readonly imaginary: readonly number[];
  readonly vectors: readonly Float64Array[];
}

/**
 * Looks for lower values from shifts further and further down, then puts the shift below the lowest.
 * Values that have not settled are too large, never too small: what is found below is there.
 */
function lowestShift(
  pencil: EigenPencil,
  modes: number,
  first: number,
): { readonly shift: number; readonly isLowest: boolean } {
  const { values } = nearest(pencil, modes, first);
  let lowest = values[0], next = values[1] ?? lowest, finds = 0;
  const reach = Math.max(...values.map((value) => Math.abs(value - first)));
  for (let probe = 0, step = reach / 4; probe < PROBES; probe++, step *= 3) {
    const [low] = nearest(pencil, 1, lowest - step, PROBE_ITERATIONS).values;
    if (!(low < lowest - 1e-3 * reach)) continue;
    if (++finds > MOST_FINDS) return { shift: first, isLowest: false };
    next = lowest;
    lowest = low;
    probe = -1;
    step = reach / 4;
  }
  const below = Math.max((next - lowest) / 2, 1e-2 * reach, Math.abs(first) / 10);
  return { shift: lowest - below, isLowest: true };
}

/** The values nearest to a shift. */
function nearest(
  { left, right, rows, size }: EigenPencil,
  modes: number,
  shift: number,
  iterations = ITERATIONS,
): Found {
  const all = rows + size, columns = new Float64Array(all * size);
  for (let j = 0; j < size; j++) {
    let square = 0;
    for (let r = 0; r < rows; r++) {
      const value = left[j * rows + r] - shift * right[j * rows + r];
      columns[j * all + r] = value;
      square += value * value;
    }
    columns[j * all + rows + j] = ROUNDING * (Math.sqrt(square) || 1);
  }
  const factor = leastSquaresFactor(columns, all, size);
  const count = Math.min(size, modes + BUFFER), random = createRandom(0, "physics/eigenvalues");
  let block: Float64Array[] = Array.from(
    { length: count },
    () => Float64Array.from({ length: size }, () => random.normal()),
  );
  let before: RitzValue[] = [], matrix: Float64Array = new Float64Array(0);
  for (let iteration = 0; iteration < iterations; iteration++) {
    orthonormalise(block);
    const images = block.map((vector) => imageOf(factor, right, rows, all, vector));
    matrix = Float64Array.from(
      { length: count * count },
      (_, i) => product(block[Math.floor(i / count)], images[i % count]),
    );
    const isLast = iteration === iterations - 1;
    if (iteration < LEAST_ITERATIONS) {
      block = images;
      continue;
    }
    const values = largest(matrix, count, modes), known = before;
    const settled = values.length > 0 && values.length === known.length &&
      values.every(({ real }, i) => Math.abs(real - known[i].real) <= SETTLED * values[0].real);
    if (values.length > 0) before = values;
    if (settled || isLast) break;
    block = images;
  }
  if (before.length === 0) throw refusal("equations", "ones whose values settle", "others");
  const order = before.map(({ real, imaginary }) => ({
    ...{ real, lambda: shift + 1 / real, imaginary: imaginary / real ** 2 },
  })).sort((a, b) => a.lambda - b.lambda);
  const vectors = order.map(({ real }, turn) => {
    const small = directionOf(matrix, count, real, turn), vector = new Float64Array(size);
    block.forEach((each, i) => each.forEach((x, j) => vector[j] += small[i] * x));
    return vector;
  });
  return {
    values: Float64Array.from(order, ({ lambda }) => lambda),
    imaginary: order.map(({ imaginary }) => imaginary),
    vectors,
  };
}

/** The solution of `(A - s B) u = B v`. */
function imageOf(
  factor: LeastSquaresFactor,
  right: Float64Array,
  rows: number,
  all: number,
  vector: Float64Array,
): Float64Array {
  const side = new Float64Array(all);
  vector.forEach((x, j) => {
    if (x === 0) return;
    for (let r = 0; r < rows; r++) side[r] += x * right[j * rows + r];
  });
  return factor.solve(side);
}

/** An eigenvalue; two that are almost one may come as a pair with small imaginary parts. */
interface RitzValue {
  readonly real: number;
  readonly imaginary: number;
}

/** The eigenvalues of largest size of a small matrix. */
function largest(matrix: Float64Array, count: number, modes: number): RitzValue[] {
  const found = generalEigenvalues(matrix, count);
  if (!found) return [];
  const { real, imaginary } = found;
  const sizes = real.map((x, i) => hypot(x, imaginary[i]));
  return Array.from(real.keys()).sort((i, j) => sizes[j] - sizes[i] || i - j).slice(0, modes)
    .map((i) => ({ real: real[i], imaginary: Math.abs(imaginary[i]) }));
}

/** A direction of an eigenvalue of a small matrix, another one for each `turn`. */
function directionOf(
  matrix: Float64Array,
  count: number,
  value: number,
  turn: number,
): Float64Array {
  const random = createRandom(turn, "physics/eigenvectors");
  const vector = Float64Array.from({ length: count }, () => random.normal());
  for (let step = 0; step < 3; step++) {
    const shifted = matrix.slice();
    for (let i = 0; i < count; i++) shifted[i * count + i] -= value * (1 + 1e-11);
    const kept = vector.slice();
    if (!solveSmall(shifted, vector, count)) vector.set(kept);
    const length = Math.sqrt(product(vector, vector));
    for (let i = 0; i < count; i++) vector[i] /= length;
  }
  return vector;
}

function product(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** Makes vectors orthogonal and of length 1, twice for rounding. */
function orthonormalise(vectors: readonly Float64Array[]): void {
  vectors.forEach((vector, k) => {
    for (let pass = 0; pass < 2; pass++) {
      for (const other of vectors.slice(0, k)) {
        const share = product(vector, other);
        for (let i = 0; i < vector.length; i++) vector[i] -= share * other[i];
      }
      const length = Math.sqrt(product(vector, vector)) || 1;
      for (let i = 0; i < vector.length; i++) vector[i] /= length;
    }
  });
}

/** A mode whose square has the integral 1, and whose largest value is positive. */
function modeOf(
  { inside: { points, weights }, evaluate }: EigenPencil,
  value: number,
  error: number,
  vector: Float64Array,
): EigenMode {
  let square = 0, top = 0;
  for (const column of evaluate(vector, points)) {
    column.forEach((x, r) => {
      square += weights[r] * x * x;
      if (Math.abs(x) > 1.000001 * Math.abs(top)) top = x;
    });
  }
  const scaled = vector.map((x) => Math.sign(top) * x / Math.sqrt(square));
  return { value, error, evaluate: (at) => evaluate(scaled, at) };
}
