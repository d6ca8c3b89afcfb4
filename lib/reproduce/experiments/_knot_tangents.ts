/**
 * How one spline moves with its knots in both bases (Actor et al. 2025, section 5 and the sequel's
 * abstract: knot gradients).
 *
 * With the coefficients `c` of B-splines held, a knot moves the function on the `2 degree` intervals
 * around it. With the coefficients `W` of ReLU powers held,
 * `d f / d t_j = -degree W_j ReLU(x - t_j)^(degree - 1)`: everywhere at its right.
 *
 * @module
 */

import {
  bsplineKnotDerivatives,
  conditionNumber,
  designMatrix,
  multiplyTransposed,
  normalMatrix,
  toRelu,
} from "../../basis/mod.ts";
import { uniformKnots } from "../../knots/mod.ts";
import { choleskyFactor, pow, sin, solveByFactor } from "../../numerics/inner.ts";

/** The tangents of one spline by its inner knots. */
export interface KnotTangents {
  readonly intervals: number;
  /** Condition number of the tangents' Gram matrix, scaled to unit diagonal; null: beyond 1e14. */
  readonly condition: { readonly splines: number | null; readonly relu: number | null };
  /** Mean share of a tangent's square that lies within `degree` intervals of its knot. */
  readonly local: { readonly splines: number; readonly relu: number };
  /** Largest absolute cosine of two tangents whose knots are half the domain apart. */
  readonly cosine: { readonly splines: number; readonly relu: number };
}

const DEGREE = 3;

/** What the spline is fitted to on [-1, 1]. */
function target(x: number): number {
  return sin(2 * Math.PI * x) + Math.abs(x - 0.3);
}

/** Fits a cubic spline by least squares and measures its tangents on a fine lattice. */
export function knotTangents(intervals: number): KnotTangents {
  const knots = uniformKnots({ degree: DEGREE, intervals }), { values: t } = knots;
  const count = 40 * intervals;
  const x = Float64Array.from({ length: count }, (_, i) => (2 * i + 1) / count - 1);
  const design = designMatrix(knots, x), n = design.columns;
  const c = multiplyTransposed(design, x.map(target));
  solveByFactor(choleskyFactor(normalMatrix(knots, x), n, 0)!, n, c);
  const w = toRelu(knots, c), inner = intervals - 1, first = DEGREE + 1;
  const tangents = { splines: columns(inner, count), relu: columns(inner, count) };
  x.forEach((place, d) => {
    const { interval, values } = bsplineKnotDerivatives(knots, place);
    for (let j = 0; j < 2 * DEGREE; j++) {
      const knot = interval - DEGREE + 1 + j - first;
      if (knot < 0 || knot >= inner) continue;
      for (let k = 0; k <= DEGREE; k++) {
        tangents.splines[knot][d] += c[interval - DEGREE + k] * values[k * 2 * DEGREE + j];
      }
    }
    for (let knot = 0; knot < inner; knot++) {
      const beyond = place - t[first + knot];
      if (beyond > 0) tangents.relu[knot][d] = -DEGREE * w[first + knot] * pow(beyond, DEGREE - 1);
    }
  });
  const reach = 2 * DEGREE / intervals;
  const near = (of: Float64Array, knot: number) =>
    share(of, (d) => Math.abs(x[d] - t[first + knot]) <= reach);
  const measured = <Found>(measure: (of: readonly Float64Array[]) => Found) => ({
    splines: measure(tangents.splines),
    relu: measure(tangents.relu),
  });
  return {
    intervals,
    condition: measured(scaledCondition),
    local: measured((of) => of.reduce((sum, each, j) => sum + near(each, j), 0) / inner),
    cosine: measured((of) => farCosine(of, Math.ceil(intervals / 2))),
  };
}

function columns(count: number, length: number): Float64Array[] {
  return Array.from({ length: count }, () => new Float64Array(length));
}

function share(of: Float64Array, chosen: (d: number) => boolean): number {
  let part = 0, whole = 0;
  of.forEach((value, d) => {
    whole += value * value;
    if (chosen(d)) part += value * value;
  });
  return part / whole;
}

/** The cosine of the angle between two tangents. */
function cosineOf(a: Float64Array, b: Float64Array): number {
  let product = 0, one = 0, other = 0;
  for (let d = 0; d < a.length; d++) {
    product += a[d] * b[d];
    one += a[d] * a[d];
    other += b[d] * b[d];
  }
  return product / Math.sqrt(one * other);
}

function scaledCondition(of: readonly Float64Array[]): number | null {
  const n = of.length, gram = new Float64Array(n * n);
  of.forEach((a, i) => of.forEach((b, j) => gram[i * n + j] = cosineOf(a, b)));
  const found = conditionNumber(gram, n);
  return found < 1e14 ? found : null;
}

function farCosine(of: readonly Float64Array[], apart: number): number {
  let most = 0;
  for (let j = apart; j < of.length; j++) {
    most = Math.max(most, Math.abs(cosineOf(of[j - apart], of[j])));
  }
  return most;
}
