/**
 * An additive model as a network of the library, and the covariance of its parameters.
 *
 * @module
 */

import { covarianceColumns } from "../numerics/inner.ts";
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

/** What may be left out of the covariance, as a share of all variances of predictors. */
const LEAST_VARIANCE = 1e-8;

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

/** The factor of the covariance, `scale (X^T W X + S)^-1` and what strengths add, of parameters. */
export function networkFactor(
  network: Network,
  plan: AdditivePlan,
  design: Design,
  fits: readonly StrengthFit[],
  scale: Float64Array,
  maps: Float64Array | undefined,
): ParameterCovariance {
  const { widths } = network.config, [nIn, nOut] = [widths[0], widths[1]], { count } = design;
  const columns = fits.map((fit, i) => fitColumns(fit, scale[i]));
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

/** Columns of a factor of the covariance; a coefficient counts by what it does to the rows. */
function fitColumns(
  { inverse, spread, matrix, ridge, b }: StrengthFit,
  scale: number,
): Float64Array[] {
  const n = b.length, sum = inverse.map((each) => each * scale);
  for (const column of spread) {
    for (let i = 0; i < n; i++) {
      const share = column[i];
      if (share === 0) continue;
      for (let j = 0; j < n; j++) sum[i * n + j] += share * column[j];
    }
  }
  const sizes = Float64Array.from(b, (_, i) => matrix[i * n + i] + 1e-12 * ridge[i]);
  return covarianceColumns(sum, sizes, LEAST_VARIANCE);
}
