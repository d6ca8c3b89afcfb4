/**
 * A first guess as a sum of products in three coordinates and more: linear equations solved for the
 * factors of one coordinate after the other.
 *
 * `sum_r f_r1(x_1) ... f_rd(x_d)` is linear in the functions of one coordinate while the others are
 * held: least squares in turn, coordinate after coordinate, let the residuals fall (alternating least
 * squares, Beylkin and Mohlenkamp 2005). Products are added while that helps, then pieces are halved.
 *
 * @module
 */

import { bsplineDerivatives } from "../../basis/mod.ts";
import { canReflect, createLeastSquares } from "../../engine/inner.ts";
import { type KnotVector, numBasis, numIntervals, uniformKnots } from "../../knots/mod.ts";
import { createNetwork, createRandom } from "../../model/mod.ts";
import { prolongationMatrix } from "../../multilevel/mod.ts";
import { cos, multiply, pow } from "../../numerics/inner.ts";
import { numPdeInputs } from "../equations/inputs.ts";
import type { PdeProblem } from "../equations/pde.ts";
import type { ResolvedPde } from "../equations/resolve.ts";
import { layOut } from "../points/lay_out.ts";
import { isLinear, levelPoints } from "./automatic.ts";
import { beginRun, type PdeRun } from "./piece_runs.ts";
import { productNetwork, productParameters } from "./product_network.ts";
import type { PdeScales } from "./scales.ts";
import { MOST_GUESSED_RESIDUAL, type TensorGuessOptions } from "./tensor_guess.ts";
import {
  createTermSystem,
  differentiateTerms,
  measureTerms,
  scaledResiduals,
  takeJets,
} from "./term_system.ts";

const DEGREE = 9, FIRST_PIECES = 2, MOST_PIECES = 16;
/** Products at most; most coordinates, whose nodes double with each. */
const MOST_PRODUCTS = 6, MOST_COORDINATES = 6;
/** Points for a number of parameters, as many as that number has. */
const POINTS = 300;
/** Turns around all coordinates, and the share of the loss that one must take away. */
const MOST_TURNS = 80, SLOW = 0.95;
/** What a new product, or halved pieces, must leave of the residual to have helped. */
const HELPS = 0.8;
/** Damping of least squares, in units of the columns. */
const DAMPING = 1e-24;

/** Whether a problem may have such a guess. */
export function takesProducts(problem: PdeProblem, resolved: ResolvedPde): boolean {
  const d = resolved.ranges.length;
  return d > 2 && d <= MOST_COORDINATES && numPdeInputs(problem) === d &&
    resolved.unknowns.length === 1 && !problem.rawCoordinates && !problem.incomplete &&
    isLinear(resolved);
}

/** A run that begins with the guess; undefined where it would be no good one. */
export async function alternatingGuess(
  problem: PdeProblem,
  resolved: ResolvedPde,
  { tolerance, mostParameters, signal }: TensorGuessOptions,
): Promise<PdeRun | undefined> {
  const d = resolved.ranges.length;
  const run = beginRun(problem, createNetwork({ widths: [d, 1], firstLayer: "spline" }));
  const points = linearPoints(resolved, run.scales, 0),
    check = linearPoints(resolved, run.scales, 1);
  const goal = tolerance / 10, random = createRandom(0, "physics/products");
  let best: Sum = { knots: uniformKnots({ degree: DEGREE, intervals: FIRST_PIECES }), factors: [] };
  let fresh = Infinity, isFiner = true;
  while (fresh > goal && !signal?.aborted) {
    let gained = false;
    while (best.factors.length < MOST_PRODUCTS && fresh > goal && !signal?.aborted) {
      const begin = best.factors.length > 0 && isFiner
        ? best
        : withProduct(best, d, random.uniform);
      const next = await takeTurns(points, begin), found = residualOf(check, next);
      const helps = found < HELPS * fresh, isNew = begin !== best;
      if (found < fresh) [best, fresh] = [next, found];
      gained ||= helps;
      isFiner = false;
      if (!helps && isNew) break;
    }
    const pieces = 2 * numIntervals(best.knots);
    const size = productParameters(best.factors.length, d, pieces + DEGREE, 1);
    if (!gained || pieces > MOST_PIECES || size > mostParameters) break;
    best = finer(best);
    isFiner = true;
  }
  if (!(fresh <= Math.max(MOST_GUESSED_RESIDUAL, tolerance))) return undefined;
  const products = best.factors.map((factors) => ({ unknown: 0, size: 1, factors }));
  run.network = productNetwork(products, best.knots, 1);
  return run;
}

/** Products of splines: per product coefficients per coordinate. */
interface Sum {
  readonly knots: KnotVector;
  readonly factors: readonly (readonly Float64Array[])[];
}

/** One product more, of slow waves; its first factor, 0, is found first. */
function withProduct({ knots, factors }: Sum, d: number, uniform: () => number): Sum {
  const n = numBasis(knots);
  const one = Array.from({ length: d }, (_, k) => {
    const phase = 2 * Math.PI * uniform(), rate = Math.PI * uniform() / n;
    return Float64Array.from({ length: n }, (_, i) => k === 0 ? 0 : cos(phase + rate * i));
  });
  return { knots, factors: [...factors, one] };
}

function finer({ knots, factors }: Sum): Sum {
  const fine = uniformKnots({ degree: DEGREE, intervals: 2 * numIntervals(knots) });
  const matrix = prolongationMatrix(knots, fine);
  return { knots: fine, factors: factors.map((each) => each.map((c) => multiply(matrix, c))) };
}

/** A linear problem on points: residuals at 0, and what every derivative adds to them. */
interface LinearPoints {
  readonly rows: number;
  readonly d: number;
  readonly residuals: Float64Array;
  /** Position of every row on `[-1, 1]^d`, shape `[rows, d]`, and units of derivatives. */
  readonly at: Float64Array;
  readonly units: readonly number[];
  /** Per derivative: orders by the coordinates, and its factor in every row. */
  readonly parts: readonly { readonly by: readonly number[]; readonly factors: Float64Array }[];
  readonly terms: number;
}

function linearPoints(resolved: ResolvedPde, scales: PdeScales, level: number): LinearPoints {
  const { problem, ranges } = resolved, d = ranges.length;
  const { sampler, facePoints, faceSampler } = levelPoints(resolved, POINTS, level, undefined);
  const terms = resolved.terms.map((term, k) =>
    layOut(problem, resolved, term, {
      ...{ sampler, facePoints, faceSampler, share: undefined, size: scales.terms[k] },
    })
  );
  const system = createTermSystem(
    terms,
    Float64Array.from(scales.unknowns),
    new Float64Array(0),
    [],
  );
  takeJets(
    system,
    system.groups.map(({ rows, derivatives }) => new Float64Array(rows * derivatives.length)),
  );
  measureTerms(system);
  const residuals = scaledResiduals(system), rows = residuals.length;
  differentiateTerms(system, (share) => Math.sqrt(2 * share));
  const at = new Float64Array(rows * d), parts = new Map<string, Float64Array>();
  let first = 0;
  terms.forEach(({ rows: count, groups: [group] }, t) => {
    const bars = system.bars[system.firstGroup[t]], channels = group.derivatives.length;
    for (let r = 0; r < count; r++) {
      for (let k = 0; k < d; k++) at[(first + r) * d + k] = group.inputs[r * channels * d + k];
    }
    group.derivatives.forEach((derivative, c) => {
      const key = derivative.join();
      const factors = parts.get(key) ?? new Float64Array(rows);
      for (let r = 0; r < count; r++) factors[first + r] = bars[r * channels + c];
      parts.set(key, factors);
    });
    first += count;
  });
  return {
    ...{ rows, d, residuals, at, terms: terms.length },
    units: ranges.map(([a, b]) => 2 / (b - a)),
    parts: [...parts].filter(([, factors]) => factors.some((x) => x !== 0)).map(
      ([key, factors]) => {
        const by = new Array<number>(d).fill(0);
        for (const i of key === "" ? [] : key.split(",").map(Number)) by[i]++;
        return { by, factors };
      },
    ),
  };
}

/** The B-splines of one coordinate in every row, with derivatives: `[rows, orders + 1, degree + 1]`. */
interface CoordinateBasis {
  readonly first: Int32Array;
  readonly values: Float64Array;
  readonly stride: number;
}

function basesOf(
  { rows, d, at, units, parts }: LinearPoints,
  knots: KnotVector,
): CoordinateBasis[] {
  return Array.from({ length: d }, (_, k) => {
    const orders = Math.max(...parts.map(({ by }) => by[k])), stride = (orders + 1) * (DEGREE + 1);
    const first = new Int32Array(rows), values = new Float64Array(rows * stride);
    for (let r = 0; r < rows; r++) {
      const x = Math.max(-1, Math.min(1, at[r * d + k]));
      const local = bsplineDerivatives(knots, x, orders);
      first[r] = local.interval - DEGREE;
      local.values.forEach((value, i) => {
        values[r * stride + i] = pow(units[k], Math.floor(i / (DEGREE + 1))) * value;
      });
    }
    return { first, values, stride };
  });
}

/** Values and derivatives of one function in every row: per order an array. */
function evaluate({ first, values, stride }: CoordinateBasis, c: Float64Array): Float64Array[] {
  return Array.from(
    { length: stride / (DEGREE + 1) },
    (_, o) =>
      Float64Array.from(first, (from, r) => {
        let sum = 0;
        const at = r * stride + o * (DEGREE + 1);
        for (let i = 0; i <= DEGREE; i++) sum += values[at + i] * c[from + i];
        return sum;
      }),
  );
}

/** The residuals of a sum. */
function residualsAt(points: LinearPoints, functions: readonly Float64Array[][][]): Float64Array {
  const residuals = points.residuals.slice();
  for (const { by, factors } of points.parts) {
    for (const each of functions) {
      for (let r = 0; r < points.rows; r++) {
        let product = factors[r];
        for (let k = 0; k < points.d && product !== 0; k++) product *= each[k][by[k]][r];
        residuals[r] += product;
      }
    }
  }
  return residuals;
}

/** Root mean square over the terms, each in units of its size. */
function residualOf(points: LinearPoints, { knots, factors }: Sum): number {
  const bases = basesOf(points, knots);
  const functions = factors.map((each) => each.map((c, k) => evaluate(bases[k], c)));
  const square = residualsAt(points, functions).reduce((sum, x) => sum + x * x, 0);
  return Math.sqrt(square / 2 / points.terms);
}

/** Least squares for the functions of one coordinate after the other, while that pays. */
async function takeTurns(points: LinearPoints, { knots, factors }: Sum): Promise<Sum> {
  const { rows, d } = points, n = numBasis(knots), columns = n * factors.length;
  const bases = basesOf(points, knots), found = factors.map((each) => each.map((c) => c.slice()));
  const functions = found.map((each) => each.map((c, k) => evaluate(bases[k], c)));
  if (!canReflect(rows, columns)) return { knots, factors };
  const solver = createLeastSquares(rows, columns);
  let before = Infinity;
  for (let turn = 0; turn < MOST_TURNS; turn++) {
    await new Promise((resolve) => setTimeout(resolve)); // a signal may come
    for (let k = 0; k < d; k++) {
      const jacobian = jacobianBy(points, functions, bases[k], k, n);
      const scales = new Float64Array(columns);
      for (let i = 0; i < jacobian.length; i++) scales[i % columns] += jacobian[i] ** 2;
      scales.forEach((square, i) => scales[i] = square > 0 ? 1 / Math.sqrt(square) : 0);
      solver.take(jacobian, points.residuals, scales);
      const { x } = solver.solve(DAMPING);
      found.forEach((each, r) => {
        each[k] = Float64Array.from({ length: n }, (_, i) => scales[r * n + i] * x[r * n + i]);
        functions[r][k] = evaluate(bases[k], each[k]);
      });
    }
    balance(found);
    found.forEach((each, r) => each.forEach((c, k) => functions[r][k] = evaluate(bases[k], c)));
    const loss = residualsAt(points, functions).reduce((sum, x) => sum + x * x, 0);
    if (!(loss < SLOW * before)) break;
    before = loss;
  }
  return { knots, factors: found };
}

/** Derivatives of the residuals by the coefficients of coordinate `k`, all products together. */
function jacobianBy(
  { rows, d, parts }: LinearPoints,
  functions: readonly Float64Array[][][],
  { first, values, stride }: CoordinateBasis,
  k: number,
  n: number,
): Float64Array {
  const columns = n * functions.length, jacobian = new Float64Array(rows * columns);
  for (const { by, factors } of parts) {
    functions.forEach((each, p) => {
      for (let r = 0; r < rows; r++) {
        let product = factors[r];
        for (let l = 0; l < d && product !== 0; l++) if (l !== k) product *= each[l][by[l]][r];
        if (product === 0) continue;
        const to = r * columns + p * n + first[r], from = r * stride + by[k] * (DEGREE + 1);
        for (let i = 0; i <= DEGREE; i++) jacobian[to + i] += product * values[from + i];
      }
    });
  }
  return jacobian;
}

/** Makes the factors of each product equally large. */
function balance(factors: readonly Float64Array[][]): void {
  for (const each of factors) {
    const sizes = each.map((c) => c.reduce((most, x) => Math.max(most, Math.abs(x)), 0));
    const mean = pow(sizes.reduce((product, size) => product * size, 1), 1 / each.length);
    if (!(mean > 0 && mean < Infinity)) continue;
    each.forEach((c, k) => each[k] = c.map((x) => x * mean / sizes[k]));
  }
}
