/**
 * How the outputs of single rows move with uncertain parameters.
 *
 * @module
 */

import { forward, layerKnots, type Network, type ParameterCovariance } from "../model/mod.ts";
import { localFunctions, normalisationMap } from "../model/inner.ts";

/** Rows whose factors are held in memory at once. */
const BLOCK = 256;

/** Step of differences, in standard deviations of the parameters. */
const STEP = 1e-3;

/**
 * Calls back for every row with `J R`, shape `[nOut, rank]`: J the outputs' derivatives by the
 * parameters, R the factor of their covariance. The array is used again for the next row.
 *
 * Exact where the network is one layer of splines with knots that do not move; else by central
 * differences along the columns of R.
 */
export function eachRowFactor(
  network: Network,
  covariance: ParameterCovariance,
  inputs: Float64Array,
  visit: (row: number, factor: Float64Array) => void,
): void {
  if (covariance.factor.length !== network.parameters.length * covariance.rank) {
    throw new TypeError(
      `Cannot compute bands: covariance must be of ${network.parameters.length} parameters, ` +
        `current value has ${covariance.factor.length} numbers for rank ${covariance.rank}`,
    );
  }
  if (hasLinearParameters(network)) linearFactors(network, covariance, inputs, visit);
  else differenceFactors(network, covariance, inputs, visit);
}

/** Whether outputs are linear in the parameters. */
export function hasLinearParameters({ config }: Network): boolean {
  const { activation, firstLayer, widths, knots, base, edges } = config;
  return activation === "spline" && firstLayer === "spline" && widths.length === 2 &&
    knots !== "free" && base === "none" && edges === undefined;
}

function linearFactors(
  network: Network,
  { factor, rank }: ParameterCovariance,
  inputs: Float64Array,
  visit: (row: number, factor: Float64Array) => void,
): void {
  const { widths: [nIn, nOut], intervals, degree, basis, extrapolation } = network.config;
  const numBasis = intervals + degree, sums = new Float64Array(nOut * rank);
  const maps = Array.from({ length: nIn }, (_, p) => normalisationMap(network, 0, p));
  const knots = maps.map((_, p) => layerKnots(network, 0, p));
  for (let r = 0; r < inputs.length / nIn; r++) {
    sums.fill(0);
    for (let p = 0; p < nIn; p++) {
      const u = maps[p].toDomain(inputs[r * nIn + p]);
      const { first, values } = localFunctions(knots[p], u, basis, extrapolation);
      for (let i = 0; i < values.length; i++) {
        const value = values[i], from = (p * numBasis + first + i) * nOut * rank;
        if (value === 0) continue;
        for (let k = 0; k < sums.length; k++) sums[k] += value * factor[from + k];
      }
    }
    visit(r, sums);
  }
}

function differenceFactors(
  network: Network,
  { factor, rank }: ParameterCovariance,
  inputs: Float64Array,
  visit: (row: number, factor: Float64Array) => void,
): void {
  const { widths } = network.config, nIn = widths[0], nOut = widths[widths.length - 1];
  const rows = inputs.length / nIn;
  for (let from = 0; from < rows; from += BLOCK) {
    const count = Math.min(BLOCK, rows - from);
    const part = inputs.subarray(from * nIn, (from + count) * nIn);
    const moved = (k: number, length: number) => {
      const parameters = network.parameters.map((each, i) => each + length * factor[i * rank + k]);
      return forward({ ...network, parameters }, part, count);
    };
    const slopes = Array.from({ length: rank }, (_, k) => {
      const more = moved(k, STEP), less = moved(k, -STEP);
      return more.map((each, i) => (each - less[i]) / (2 * STEP));
    });
    const row = new Float64Array(nOut * rank);
    for (let r = 0; r < count; r++) {
      for (let q = 0; q < nOut; q++) {
        for (let k = 0; k < rank; k++) row[q * rank + k] = slopes[k][r * nOut + q];
      }
      visit(from + r, row);
    }
  }
}
