/**
 * Tensor products of splines on a rectangle, collocated: equations and conditions at points, by
 * Newton's steps with triangles of the rows.
 *
 * @module
 */

import { bsplineDerivatives } from "../../basis/mod.ts";
import { createLeastSquares } from "../../engine/inner.ts";
import type { JetPoints } from "../../engine/mod.ts";
import { type KnotVector, numBasis, uniformKnots } from "../../knots/mod.ts";
import { prolongationMatrix } from "../../multilevel/mod.ts";
import { cos, multiply, pow } from "../../numerics/inner.ts";
import type { ResolvedPde } from "../equations/resolve.ts";
import { WHOLE_BOUNDARY } from "../equations/shape.ts";
import { boundaryPoints } from "../points/domain.ts";
import type { PdeScales } from "./scales.ts";
import {
  differentiateTerms,
  measureTerms,
  scaledResiduals,
  systemOnPoints,
  takeJets,
  type TermSystem,
} from "./term_system.ts";

/** Degree of all splines. */
export const TENSOR_DEGREE = 9;

/** Products `B_i(x) B_j(y)` on `[-1, 1]^2`. */
export interface TensorSpace {
  /** Pieces along both coordinates. */
  readonly pieces: readonly [number, number];
  readonly knots: readonly [KnotVector, KnotVector];
  /** Functions along both. */
  readonly counts: readonly [number, number];
}

/** Makes the space with even pieces. */
export function tensorSpace(pieces: readonly [number, number]): TensorSpace {
  const [x, y] = pieces.map((intervals) => uniformKnots({ degree: TENSOR_DEGREE, intervals }));
  return { pieces, knots: [x, y], counts: [numBasis(x), numBasis(y)] };
}

/** Coefficients of all unknowns on a finer space, shape `[unknowns, counts[0], counts[1]]`. */
export function prolongTensor(
  coefficients: Float64Array,
  from: TensorSpace,
  to: TensorSpace,
): Float64Array {
  const [n, m] = from.counts, [fineN, fineM] = to.counts, unknowns = coefficients.length / n / m;
  const [px, py] = from.knots.map((knots, k) => prolongationMatrix(knots, to.knots[k]));
  const fine = new Float64Array(unknowns * fineN * fineM);
  for (let u = 0; u < unknowns; u++) {
    const half = new Float64Array(n * fineM);
    for (let i = 0; i < n; i++) {
      half.set(multiply(py, coefficients.slice((u * n + i) * m, (u * n + i + 1) * m)), i * fineM);
    }
    for (let j = 0; j < fineM; j++) {
      const column = multiply(px, Float64Array.from({ length: n }, (_, i) => half[i * fineM + j]));
      for (let i = 0; i < fineN; i++) fine[(u * fineN + i) * fineM + j] = column[i];
    }
  }
  return fine;
}

/** The B-splines at the points of a group, with derivatives by the coordinates. */
interface GroupBasis {
  /** First function along both coordinates, shape `[rows, 2]`. */
  readonly first: Int32Array;
  /** Shape `[rows, 2, orders + 1, degree + 1]`. */
  readonly values: Float64Array;
  readonly orders: number;
  /** Orders by both coordinates of each of the group's derivatives. */
  readonly by: readonly (readonly [number, number])[];
}

/** A problem on a space and points. */
export interface Collocation {
  readonly space: TensorSpace;
  readonly system: TermSystem;
  readonly bases: readonly GroupBasis[];
  readonly isShaped: boolean;
}

/** Points along a coordinate per function: of solving, and of checking elsewhere. */
const POINTS = 1.7, CHECKS = 2.3;
/**
 * Points of a shape's boundary at which equations are asked too, per point of a side: without them
 * functions that reach into the shape only a little would be free.
 */
const ON_BOUNDARY = 6;

/** Positions on a range, at a half as dense at the ends as Chebyshev's points: splines need that. */
function positions(count: number, [a, b]: readonly [number, number]): number[] {
  return Array.from({ length: count }, (_, i) => {
    const even = i / (count - 1), dense = (1 - cos(Math.PI * even)) / 2;
    return a + (b - a) * (even + dense) / 2;
  });
}

/** Lays a problem out on a grid of points, for solving or for checking at others. */
export function collocate(
  resolved: ResolvedPde,
  scales: PdeScales,
  space: TensorSpace,
  purpose: "solve" | "check" = "solve",
): Collocation {
  const { ranges } = resolved, factor = purpose === "solve" ? POINTS : CHECKS;
  const [xs, ys] = ranges.map((range, k) => positions(Math.ceil(factor * space.counts[k]), range));
  const facePoints = Math.max(xs.length, ys.length), { problem } = resolved;
  const grid = Float64Array.from(xs.flatMap((x) => ys.flatMap((y) => [x, y])));
  const along = problem.shape
    ? boundaryPoints(problem, WHOLE_BOUNDARY, ON_BOUNDARY * facePoints)
    : [];
  const inside = Float64Array.from([...grid, ...along]);
  const system = systemOnPoints(
    resolved,
    scales,
    inside,
    (free, _, count) => Float64Array.from(positions(count, free)),
    facePoints,
  );
  const bases = system.groups.map((group) => basisAt(resolved, space, group));
  return { space, system, bases, isShaped: problem.shape !== undefined };
}

function basisAt(
  { ranges }: ResolvedPde,
  { knots }: TensorSpace,
  { rows, derivatives, inputs }: JetPoints,
): GroupBasis {
  const by = derivatives.map((derivative): [number, number] => {
    const second = derivative.filter((i) => i === 1).length;
    return [derivative.length - second, second];
  });
  const orders = Math.max(...by.flat()), size = TENSOR_DEGREE + 1;
  const first = new Int32Array(2 * rows), values = new Float64Array(2 * rows * (orders + 1) * size);
  for (let r = 0; r < rows; r++) {
    for (let k = 0; k < 2; k++) {
      const x = inputs[r * derivatives.length * 2 + k], [a, b] = ranges[k];
      const inside = Math.max(-1, Math.min(1, x));
      const local = bsplineDerivatives(knots[k], inside, orders), at = 2 * r + k;
      first[at] = local.interval - TENSOR_DEGREE;
      local.values.forEach((value, i) => {
        const slope = pow(2 / (b - a), Math.floor(i / size));
        values[at * (orders + 1) * size + i] = slope * value;
      });
    }
  }
  return { first, values, orders, by };
}

/** The jets of the unknowns at all points, one array per group. */
function jetsOf({ space, system, bases }: Collocation, coefficients: Float64Array): Float64Array[] {
  const { counts: [n, m] } = space, { nOut } = system, size = TENSOR_DEGREE + 1;
  return system.groups.map(({ rows, derivatives }, g) => {
    const { first, values, orders, by } = bases[g], stride = (orders + 1) * size;
    const jets = new Float64Array(rows * derivatives.length * nOut);
    const lines = new Float64Array((orders + 1) * size); // contracted over y, per order
    for (let r = 0; r < rows; r++) {
      const i0 = first[2 * r], j0 = first[2 * r + 1], x = 2 * r * stride, y = x + stride;
      for (let u = 0; u < nOut; u++) {
        for (let o = 0; o <= orders; o++) {
          for (let i = 0; i < size; i++) {
            const at = (u * n + i0 + i) * m + j0;
            let sum = 0;
            for (let j = 0; j < size; j++) sum += values[y + o * size + j] * coefficients[at + j];
            lines[o * size + i] = sum;
          }
        }
        by.forEach(([a, b], d) => {
          let sum = 0;
          for (let i = 0; i < size; i++) sum += values[x + a * size + i] * lines[b * size + i];
          jets[(r * derivatives.length + d) * nOut + u] = sum;
        });
      }
    }
    return jets;
  });
}

/** The loss at coefficients; the terms' residuals are those there then. */
export function collocatedLoss(collocation: Collocation, coefficients: Float64Array): number {
  takeJets(collocation.system, jetsOf(collocation, coefficients));
  return measureTerms(collocation.system);
}

/** The derivatives of the scaled residuals by the coefficients, where they were measured last. */
function jacobianOf({ space, system, bases }: Collocation): Float64Array {
  const { counts: [n, m] } = space, { terms, groups, firstGroup, nOut, bars } = system;
  const all = nOut * n * m, jacobian = new Float64Array(system.numResiduals * all);
  const size = TENSOR_DEGREE + 1;
  differentiateTerms(system, (share) => Math.sqrt(2 * share));
  let firstRow = 0;
  terms.forEach(({ rows, groups: itsGroups }, t) => {
    itsGroups.forEach((_, k) => {
      const g = firstGroup[t] + k, { first, values, orders, by } = bases[g];
      const stride = (orders + 1) * size, channels = groups[g].derivatives.length;
      const lines = new Float64Array(size);
      for (let place = 0; place < groups[g].rows; place++) {
        const i0 = first[2 * place], j0 = first[2 * place + 1], x = 2 * place * stride;
        const y = x + stride, row = (firstRow + place % rows) * all;
        for (let u = 0; u < nOut; u++) {
          for (let i = 0; i < size; i++) {
            lines.fill(0);
            by.forEach(([a, b], d) => {
              const bar = bars[g][(place * channels + d) * nOut + u] * values[x + a * size + i];
              if (bar === 0) return;
              for (let j = 0; j < size; j++) lines[j] += bar * values[y + b * size + j];
            });
            const at = row + (u * n + i0 + i) * m + j0;
            for (let j = 0; j < size; j++) jacobian[at + j] += lines[j];
          }
        }
      }
    });
    firstRow += rows;
  });
  return jacobian;
}

/** Dampings: of linear equations, the first one of others, the factor of a failure. */
const LEAST = 1e-26, FIRST = 1e-2, RAISED = 100, MOST = 1e6;
/**
 * The least damping in a shape, with one unit for all columns: functions that reach into the shape only
 * a little get large coefficients otherwise, and products of them cost digits.
 */
const LEAST_SHAPED = 1e-18;
/** What a success divides the damping by. */
const LOWERED = 1e4;
/** Steps, and the share of the loss that a step must take away. */
const MOST_STEPS = 30, SLOW = 0.98;

/** Where Newton's steps lead. */
export interface CollocatedSolution {
  readonly coefficients: Float64Array;
  readonly loss: number;
  /** Multiply-adds of the triangles. */
  readonly work: number;
}

/**
 * Newton's steps from coefficients, while triangles cost no more than `mostWork`; linear equations
 * need one, and a correction of its rounding by the same triangle.
 */
export function solveCollocated(
  collocation: Collocation,
  begin: Float64Array,
  { isLinear, mostWork = Infinity }: { readonly isLinear: boolean; readonly mostWork?: number },
): CollocatedSolution {
  const { system, isShaped } = collocation, n = begin.length, each = system.numResiduals * n * n;
  const least = isShaped ? LEAST_SHAPED : LEAST;
  let at = begin, loss = collocatedLoss(collocation, at);
  let damping = isLinear ? least : FIRST;
  const solver = createLeastSquares(system.numResiduals, n);
  let work = 0;
  const moveBy = (scales: Float64Array, x: Float64Array): boolean => {
    const moved = at.map((c, i) => c + scales[i] * x[i]), next = collocatedLoss(collocation, moved);
    if (!(next < loss)) return false;
    [at, loss] = [moved, next];
    return true;
  };
  for (let step = 0; step < (isLinear ? 1 : MOST_STEPS) && loss > 0; step++) {
    if (step > 0 && work + each > mostWork) break;
    const jacobian = jacobianOf(collocation), before = loss;
    const scales = columnUnits(jacobian, n, isShaped);
    solver.take(jacobian, scaledResiduals(system), scales);
    work += each;
    let moved = moveBy(scales, solver.solve(damping).x);
    while (!moved && !isLinear && (damping *= RAISED) < MOST) {
      collocatedLoss(collocation, at);
      moved = moveBy(scales, solver.solve(damping).x);
    }
    damping = Math.max(least, damping / LOWERED);
    collocatedLoss(collocation, at);
    if (isLinear) {
      const slopes = slopesOf(jacobian, scaledResiduals(system), scales);
      solver.again(slopes);
      moveBy(scales, slopes);
    }
    if (!(loss < SLOW * before)) break;
  }
  return { coefficients: at, loss, work };
}

/** `-D J^T r`. */
function slopesOf(
  jacobian: Float64Array,
  residuals: Float64Array,
  scales: Float64Array,
): Float64Array {
  const n = scales.length, slopes = new Float64Array(n);
  residuals.forEach((value, r) => {
    for (let i = 0; i < n; i++) slopes[i] -= jacobian[r * n + i] * value;
  });
  return slopes.map((slope, i) => slope * scales[i]);
}

/** One over the columns' lengths, or of all over the longest one's; 0 of an empty one. */
function columnUnits(jacobian: Float64Array, n: number, isShaped: boolean): Float64Array {
  const squares = new Float64Array(n);
  for (let from = 0; from < jacobian.length; from += n) {
    for (let i = 0; i < n; i++) squares[i] += jacobian[from + i] ** 2;
  }
  const most = squares.reduce((a, b) => Math.max(a, b), 0);
  return squares.map((square) => square > 0 ? 1 / Math.sqrt(isShaped ? most : square) : 0);
}
