/**
 * An additive model as a network of the library, and the covariance of its parameters.
 *
 * @module
 */

import { grevilleAbscissae } from "../knots/mod.ts";
import {
  createNetwork,
  type Network,
  type ParameterCovariance,
  withStatistics,
} from "../model/mod.ts";
import type { Dataset } from "../data/mod.ts";
import { type Design, toSplines } from "./_design.ts";
import type { AdditivePlan } from "./_plan.ts";
import type { StrengthFit } from "./_strengths.ts";

/** A direction whose share of the variance is below this is left out of the covariance. */
const LEAST_VARIANCE = 1e-10;

/** Makes the network; `maps`, `[nOut, predictors]`, makes outputs of predictors of classes. */
export function additiveNetwork(
  { rows, nIn, nOut, inputs }: Dataset,
  plan: AdditivePlan,
  design: Design,
  fits: readonly StrengthFit[],
  maps: Float64Array | undefined,
): Network {
  const { degree, intervals, knots } = plan, points = intervals + 1;
  const breakpoints = knots && [
    Float64Array.from(
      { length: nIn * points },
      (_, at) => knots[Math.floor(at / points)].values[degree + at % points],
    ),
  ];
  const blank = createNetwork({
    ...{ widths: [nIn, nOut], firstLayer: "spline", degree, intervals },
    knots: knots ? "fixed" : "uniform",
  }, breakpoints ? { breakpoints } : {});
  const parameters = blank.parameters.fill(0);
  const write = writer(plan, design, nIn, nOut);
  if (!maps) fits.forEach(({ b }, q) => write(b, q, 1, parameters));
  else {
    const n = nOut - 1, { b } = fits[0];
    for (let q = 0; q < nOut; q++) {
      for (let l = 0; l < n; l++) {
        write(b.subarray(l * design.count, (l + 1) * design.count), q, maps[q * n + l], parameters);
      }
    }
  }
  return withStatistics({ ...blank, parameters }, inputs, rows);
}

/** Adds coefficients of `X`, times a number, to the coefficients of one output. */
function writer(
  { terms: plans, degree, intervals }: AdditivePlan,
  design: Design,
  nIn: number,
  nOut: number,
) {
  const numBasis = intervals + degree;
  const lines = plans.map(({ kind, knots }) =>
    kind === "linear" ? grevilleAbscissae(knots) : undefined
  );
  return (b: Float64Array, q: number, times: number, out: Float64Array, stride = 1, offset = 0) => {
    const c = toSplines(design, b);
    const add = (p: number, i: number, value: number) =>
      out[((p * numBasis + i) * nOut + q) * stride + offset] += times * value;
    for (let p = 0; p < nIn; p++) {
      for (let i = 0; i < numBasis; i++) add(p, i, c[0] / nIn);
    }
    plans.forEach(({ column }, t) => {
      const { from } = design.terms[t], line = lines[t];
      for (let i = 0; i < numBasis; i++) add(column, i, line ? c[from] * line[i] : c[from + i]);
    });
  };
}

/** The factor of `scale (X^T W X + S)^-1` in the network's parameters. */
export function networkFactor(
  network: Network,
  plan: AdditivePlan,
  design: Design,
  fits: readonly StrengthFit[],
  scale: Float64Array,
  maps: Float64Array | undefined,
): ParameterCovariance {
  const { widths } = network.config, [nIn, nOut] = [widths[0], widths[1]], { count } = design;
  const columns = fits.map((fit, i) => covarianceColumns(fit, scale[i]));
  const rank = columns.reduce((sum, each) => sum + each.length, 0);
  const factor = new Float64Array(network.parameters.length * rank);
  const write = writer(plan, design, nIn, nOut);
  let at = 0;
  columns.forEach((each, i) => {
    for (const column of each) {
      if (!maps) write(column, i, 1, factor, rank, at);
      else {
        const n = nOut - 1;
        for (let q = 0; q < nOut; q++) {
          for (let l = 0; l < n; l++) {
            const part = column.subarray(l * count, (l + 1) * count);
            write(part, q, maps[q * n + l], factor, rank, at);
          }
        }
      }
      at++;
    }
  });
  return { rank, factor };
}

/**
 * Columns of a factor of the covariance, by Cholesky's method with pivots; a coefficient counts by
 * what it does to the rows.
 */
function covarianceColumns(
  { inverse, matrix, ridge, b }: StrengthFit,
  scale: number,
): Float64Array[] {
  const n = b.length, rest = new Float64Array(n), columns: Float64Array[] = [];
  const size = Float64Array.from({ length: n }, (_, i) => matrix[i * n + i] + 1e-12 * ridge[i]);
  let total = 0;
  for (let i = 0; i < n; i++) {
    rest[i] = inverse[i * n + i];
    total += rest[i] * size[i];
  }
  for (let k = 0; k < n; k++) {
    let best = 0, left = 0;
    for (let i = 0; i < n; i++) {
      left += Math.max(0, rest[i]) * size[i];
      if (rest[i] * size[i] > rest[best] * size[best]) best = i;
    }
    if (!(left > LEAST_VARIANCE * total) || !(rest[best] > 0)) break;
    const root = Math.sqrt(rest[best]);
    const column = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      let sum = inverse[best * n + i];
      for (const other of columns) sum -= other[best] * other[i];
      column[i] = sum / root;
    }
    for (let i = 0; i < n; i++) rest[i] -= column[i] * column[i];
    rest[best] = 0;
    columns.push(column);
  }
  return columns.map((column) => column.map((each) => each * Math.sqrt(scale)));
}
