/**
 * Integrals of a layer's edges over the domain, exact from the polynomials of their pieces, with
 * their derivatives by coefficients and knots.
 *
 * On a piece of length h a spline is `sum_k a_k w^k`, `w = (u - t_m) / h` in [0, 1], so that
 *
 * - `integral phi = h sum_k a_k / (k + 1)`,
 * - `integral phi^2 = h sum_kl a_k a_l / (k + l + 1)`,
 * - `integral phi''^2 = h^-3 sum_kl k (k - 1) l (l - 1) a_k a_l / (k + l - 3)`:
 *
 * quadratic forms of the coefficients, whose matrices are the Gram matrices of the basis functions
 * and of their second derivatives.
 *
 * @module
 */

import { pow } from "../../numerics/inner.ts";
import type { SplineStage } from "../../model/inner.ts";
import type { Network } from "../../model/mod.ts";
import { vectorOf } from "../cpu/layer/layer_knots.ts";
import { createBasisMap, createEdgeMap } from "./edge_map.ts";

/** What a spline is like over its domain. */
export interface EdgeIntegrals {
  /** Mean of phi^2 less the square of the mean, `[nIn, nOut]`. */
  readonly variance: Float64Array;
  /** `integral phi''^2`, `[nIn, nOut]`. */
  readonly bending: Float64Array;
}

/** The matrices of these forms for one node, `[numBasis, numBasis]`. */
export interface EdgeForms {
  readonly variance: Float64Array;
  readonly bending: Float64Array;
}

/**
 * Calls `visit` for every piece that is not empty: node p, interval m, its length, where its powers
 * begin in a table with `step` numbers per piece.
 */
type EachPiece = (
  visit: (p: number, m: number, h: number, at: number) => void,
  step?: number,
) => void;

/** Pieces shorter than this share of the domain are left out: points, to rounding. */
const LEAST_PIECE = 1e-12;

/** Lays out the integrals of a layer. */
export function createEdgeIntegrals(network: Network, stage: SplineStage) {
  const { nIn, nOut, space: { degree, intervals, domain } } = stage;
  const length = domain[1] - domain[0], pieces = intervals + 2;
  const map = createEdgeMap(network, stage), { knots, size, stride } = map;
  let basis: ReturnType<typeof createBasisMap> | undefined;
  const means = new Float64Array(nIn * nOut);

  const eachPiece: EachPiece = (visit, step = size) => {
    const vectors = knots.list();
    for (let p = 0; p < nIn; p++) {
      const { t } = vectors[vectorOf(stage, p)];
      for (let m = 0; m < intervals; m++) {
        const h = t[degree + m + 1] - t[degree + m];
        if (h > LEAST_PIECE * length) visit(p, m, h, (p * pieces + m + 1) * step);
      }
    }
  };

  /** Takes parameters and integrates. */
  function measure(parameters: Float64Array, coefficients: Float64Array): EdgeIntegrals {
    map.build(parameters, coefficients);
    const a = map.polynomials.values;
    const variance = new Float64Array(nIn * nOut), bending = new Float64Array(nIn * nOut);
    means.fill(0);
    eachPiece((p, _, h, at) => {
      for (let q = 0; q < nOut; q++) {
        const e = p * nOut + q;
        means[e] += h / length * mean(a, at + q, stride, degree);
        variance[e] += h / length * square(a, a, at + q, at + q, stride, degree);
        bending[e] += bend(a, a, at + q, at + q, stride, degree) / pow(h, 3);
      }
    });
    for (let e = 0; e < means.length; e++) variance[e] -= means[e] ** 2;
    return { variance, bending };
  }

  /**
   * Adds to a gradient, after {@linkcode measure} at the same parameters.
   *
   * @param bars The gradient by the integrals.
   */
  function pull(
    parameters: Float64Array,
    bars: EdgeIntegrals,
    coefficientsBar: Float64Array,
    gradient: Float64Array,
  ): void {
    const a = map.polynomials.values, mu = map.moments().fill(0);
    const free = stage.knots === "free", step = knots.at.knotStep / 8;
    const knotsBar = new Float64Array(free ? stage.numKnotVectors * step : 0);
    eachPiece((p, m, h, at) => {
      const sums = [0, 0, 0]; // by length, slope, slope times w
      for (let q = 0; q < nOut; q++) {
        const e = p * nOut + q, toSquare = bars.variance[e] / length;
        const to = [-2 * means[e] * toSquare, toSquare, bars.bending[e]] as const;
        pullPiece(a, mu, at + q, stride, degree, h, to, sums);
      }
      const [byLength, slope, slopeTimesW] = sums;
      if (!free) return;
      // Moments of points move their coordinates against the knots; these stay where they are in w.
      const bar = vectorOf(stage, p) * step + degree + m;
      knotsBar[bar] += (slope - slopeTimesW) / h - byLength;
      knotsBar[bar + 1] += slopeTimesW / h + byLength;
    });
    map.pull(coefficientsBar);
    knotsBar.forEach((bar, i) => knots.bars.values[i] += bar);
    knots.collect(parameters, gradient);
  }

  return {
    measure,
    pull,
    /** The forms of every node, after `measure` at the same parameters. */
    forms(parameters: Float64Array): EdgeForms[] {
      basis ??= createBasisMap(network, stage);
      return nodeForms(stage, basis.build(parameters), basis.size, eachPiece);
    },
  };
}

/**
 * The gradient by a piece's polynomial, written at mu, from those by mean, square and bend.
 *
 * @param sums Added to: the gradient by the length, and what moments of points would take for the
 * slopes of their coordinates.
 */
function pullPiece(
  a: Float64Array,
  mu: Float64Array,
  from: number,
  step: number,
  degree: number,
  h: number,
  [toMean, toSquare, toBend]: readonly [number, number, number],
  sums: number[],
): void {
  sums[0] += toSquare * square(a, a, from, from, step, degree) +
    toMean * mean(a, from, step, degree) -
    3 * toBend * bend(a, a, from, from, step, degree) / pow(h, 4);
  for (let k = 0, i = from; k <= degree; k++, i += step) {
    let bySquare = 0, byBend = 0;
    for (let l = 0, j = from; l <= degree; l++, j += step) {
      bySquare += a[j] / (k + l + 1);
      if (k > 1 && l > 1) byBend += l * (l - 1) * a[j] / (k + l - 3);
    }
    mu[i] = h * (2 * toSquare * bySquare + toMean / (k + 1)) +
      2 * toBend * k * (k - 1) * byBend / pow(h, 3);
    if (k === 0) continue;
    sums[1] += k * a[i] * mu[i - step];
    sums[2] += k * a[i] * mu[i];
  }
}

/** The forms of nodes, from the polynomials of single basis functions. */
function nodeForms(
  stage: SplineStage,
  tables: readonly Float64Array[],
  size: number,
  eachPiece: EachPiece,
): EdgeForms[] {
  const { nIn, numBasis, basis, space: { degree, domain } } = stage;
  const length = domain[1] - domain[0];
  const reach = basis === "bspline" ? degree : numBasis;
  const found = Array.from({ length: nIn }, (): EdgeForms => ({
    variance: new Float64Array(numBasis ** 2),
    bending: new Float64Array(numBasis ** 2),
  }));
  const means = new Float64Array(nIn * numBasis);
  eachPiece((p, _, h, at) => {
    const { variance, bending } = found[p];
    for (let i = 0; i < numBasis; i++) {
      means[p * numBasis + i] += h / length * mean(tables[i], at, 1, degree);
      for (let j = i; j < Math.min(numBasis, i + reach + 1); j++) {
        variance[i * numBasis + j] += h / length * square(tables[i], tables[j], at, at, 1, degree);
        bending[i * numBasis + j] += bend(tables[i], tables[j], at, at, 1, degree) / pow(h, 3);
      }
    }
  }, size);
  found.forEach(({ variance, bending }, p) => {
    for (let i = 0; i < numBasis; i++) {
      for (let j = i; j < numBasis; j++) {
        const at = i * numBasis + j;
        variance[at] -= means[p * numBasis + i] * means[p * numBasis + j];
        variance[j * numBasis + i] = variance[at];
        bending[j * numBasis + i] = bending[at];
      }
    }
  });
  return found;
}

/** `integral_0^1 sum_k a_k w^k`, powers `step` apart. */
function mean(a: Float64Array, at: number, step: number, degree: number): number {
  let sum = 0;
  for (let k = 0; k <= degree; k++) sum += a[at + k * step] / (k + 1);
  return sum;
}

/** `integral_0^1` of the product of two polynomials. */
function square(
  a: Float64Array,
  b: Float64Array,
  from: number,
  at: number,
  step: number,
  degree: number,
): number {
  let sum = 0;
  for (let k = 0; k <= degree; k++) {
    for (let l = 0; l <= degree; l++) {
      sum += a[from + k * step] * b[at + l * step] / (k + l + 1);
    }
  }
  return sum;
}

/** `integral_0^1` of the product of their second derivatives. */
function bend(
  a: Float64Array,
  b: Float64Array,
  from: number,
  at: number,
  step: number,
  degree: number,
): number {
  let sum = 0;
  for (let k = 2; k <= degree; k++) {
    for (let l = 2; l <= degree; l++) {
      const factor = k * (k - 1) * l * (l - 1) / (k + l - 3);
      sum += factor * a[from + k * step] * b[at + l * step];
    }
  }
  return sum;
}
