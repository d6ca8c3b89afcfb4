/**
 * Basis functions and their derivatives by the knots as polynomials on each piece of a layer.
 *
 * KnotPiece m of a node is interval m in the coordinate `w = (u - t_m) / h_m`; where points may leave
 * the domain, a first and a last piece hold the straight lines beyond it, `w = u - a` and
 * `w = u - b`. At a fixed u the derivatives by coefficients and knots are all
 * polynomials of the spline's degree in w.
 *
 * @module
 */

import { bsplineDerivatives, bsplineKnotDerivatives } from "../../../basis/mod.ts";
import type { SplineStage } from "../../../model/inner.ts";

/** One piece of one node: its basis functions and their derivatives by the knots. */
export interface KnotPiece {
  /** Left end of the local coordinate. */
  readonly origin: number;
  /** `dw/du`; 0 for an empty interval. */
  readonly rate: number;
  /** First of the `functions` basis functions that are not 0. */
  readonly first: number;
  readonly functions: number;
  /** Their polynomials, shape `[functions, degree + 1]`: power k of w fastest. */
  readonly values: Float64Array;
  /** First of the `knots` knots that the functions depend on, an index into the knot vector. */
  readonly firstKnot: number;
  readonly knots: number;
  /**
   * `d function i / d knot j` at a fixed u, shape `[functions, knots, degree + 1]`; of a basis
   * whose function i depends on knot i alone only that, shape `[functions, degree + 1]`.
   */
  readonly byKnots: Float64Array;
  /** Whether `byKnots` is of the second shape. */
  readonly ownKnots: boolean;
}

/** Whether points may lie outside the domain. */
export function leavesDomain(stage: SplineStage): boolean {
  return stage.normalisation !== "minmax";
}

/**
 * Computes all pieces of a knot vector.
 *
 * @param stage The layer: basis, degree, intervals, extrapolation.
 * @param t Its knots, shape `[intervals + 1 + 2 degree]`.
 * @returns `intervals` pieces, or two more where points may leave the domain.
 */
export function knotPieces(stage: SplineStage, t: Float64Array): KnotPiece[] {
  const { space: { degree, intervals } } = stage;
  const onInterval = stage.basis === "relu" ? reluPiece : createBsplinePiece(stage);
  const inner = Array.from(
    { length: intervals },
    (_, m) =>
      t[degree + m + 1] > t[degree + m]
        ? onInterval(stage, t, degree + m)
        : emptyPiece(t, degree + m),
  );
  if (!leavesDomain(stage)) return inner;
  const filled = inner.filter(({ rate }) => rate > 0);
  return [
    beyond(stage, filled[0], 0, t[degree]),
    ...inner,
    beyond(stage, filled[filled.length - 1], 1, t[degree + intervals]),
  ];
}

function emptyPiece(t: Float64Array, mu: number): KnotPiece {
  const none = new Float64Array(0);
  return {
    origin: t[mu],
    rate: 0,
    first: 0,
    functions: 0,
    values: none,
    firstKnot: 0,
    knots: 0,
    byKnots: none,
    ownKnots: true,
  };
}

/** The line through the end `w` of a piece: its value and, if it goes on, its slope there. */
function beyond(
  { space, extrapolation }: SplineStage,
  end: KnotPiece,
  w: 0 | 1,
  at: number,
): KnotPiece {
  const size = space.degree + 1;
  const line = extrapolation === "linear" ? end.rate : 0;
  function extend(inner: Float64Array): Float64Array {
    const outer = new Float64Array(inner.length);
    for (let i = 0; i < inner.length; i += size) {
      for (let k = 0; k < size; k++) {
        if (w === 1 || k === 0) outer[i] += inner[i + k];
        if (w === 1 || k === 1) outer[i + 1] += line * k * inner[i + k];
      }
    }
    return outer;
  }
  return {
    ...end,
    origin: at,
    rate: 1,
    values: extend(end.values),
    byKnots: extend(end.byKnots),
  };
}

type MakePiece = (stage: SplineStage, t: Float64Array, mu: number) => KnotPiece;

/**
 * B-splines: the `2 degree + 2` knots around the interval, moved and scaled to `[0, 1]`, decide
 * everything; values at `degree + 1` points give the polynomials.
 */
function createBsplinePiece(stage: SplineStage): MakePiece {
  const d = stage.space.degree, size = d + 1;
  // Chebyshev points of (0, 1).
  const points = Array.from(
    { length: size },
    (_, j) => (1 - Math.cos((2 * j + 1) * Math.PI / (2 * size))) / 2,
  );
  const toPowers = powersFromValues(points); // [power, point]
  const free = stage.knots === "free";

  return (_, t, mu) => {
    const h = t[mu + 1] - t[mu];
    const window = {
      degree: d,
      values: Float64Array.from({ length: 2 * size }, (_, i) => (t[mu - d + i] - t[mu]) / h),
    };
    const columns = free ? 2 * d : 0;
    const values = new Float64Array(size * size);
    const byKnots = new Float64Array(size * columns * size);
    points.forEach((w, j) => {
      const at = bsplineDerivatives(window, w, 0, d).values;
      const moved = free ? bsplineKnotDerivatives(window, w, d).values : undefined;
      for (let k = 0; k < size; k++) {
        const share = toPowers[k * size + j];
        for (let i = 0; i < size; i++) values[i * size + k] += share * at[i];
        if (!moved) continue;
        for (let i = 0; i < size * columns; i++) {
          byKnots[i * size + k] += share * moved[i] / h;
        }
      }
    });
    return {
      origin: t[mu],
      rate: 1 / h,
      first: mu - d,
      functions: size,
      values,
      firstKnot: mu - d + 1,
      knots: columns,
      byKnots,
      ownKnots: false,
    };
  };
}

/** ReLU powers: `(u - t_i)^degree = (h w + t_m - t_i)^degree` for every knot up to the interval. */
function reluPiece(stage: SplineStage, t: Float64Array, mu: number): KnotPiece {
  const d = stage.space.degree, size = d + 1;
  const h = t[mu + 1] - t[mu];
  const functions = mu + 1;
  const knots = stage.knots === "free" ? functions : 0;
  const values = new Float64Array(functions * size), byKnots = new Float64Array(knots * size);
  for (let i = 0; i < functions; i++) {
    const left = t[mu] - t[i];
    for (let k = 0; k <= d; k++) {
      values[i * size + k] = binomial(d, k) * h ** k * left ** (d - k);
      if (knots > 0 && k < d) {
        byKnots[i * size + k] = -d * binomial(d - 1, k) * h ** k * left ** (d - 1 - k);
      }
    }
  }
  return {
    origin: t[mu],
    rate: 1 / h,
    first: 0,
    functions,
    values,
    firstKnot: 0,
    knots,
    byKnots,
    ownKnots: true,
  };
}

function binomial(n: number, k: number): number {
  let result = 1;
  for (let i = 1; i <= k; i++) result = result * (n - k + i) / i;
  return result;
}

/** The matrix from values at points to coefficients of powers, `[power, point]`: Lagrange. */
export function powersFromValues(points: readonly number[]): Float64Array {
  const size = points.length;
  const matrix = new Float64Array(size * size);
  points.forEach((point, j) => {
    const polynomial = new Float64Array(size);
    polynomial[0] = 1;
    let degree = 0;
    points.forEach((other, i) => {
      if (i === j) return;
      degree++;
      for (let k = degree; k >= 0; k--) {
        polynomial[k] = ((k > 0 ? polynomial[k - 1] : 0) - other * polynomial[k]) / (point - other);
      }
    });
    for (let k = 0; k < size; k++) matrix[k * size + j] = polynomial[k];
  });
  return matrix;
}
