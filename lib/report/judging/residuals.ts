/**
 * What is left over, as pictures: against predictions, beside the normal distribution, counted.
 *
 * @module
 */

import { cbrt, exp, log, quantile } from "../../numerics/inner.ts";
import { finiteRange } from "../html/numbers.ts";

/** Points of a normal quantile plot, ascending. */
export interface NormalPoints {
  /** Quantiles of the standard normal distribution at `(i + 0.5) / rows`. */
  readonly normal: readonly number[];
  /** The residuals at these places. */
  readonly residual: readonly number[];
  /** Mean of the residuals, and their standard deviation: the line where normal ones lie. */
  readonly mean: number;
  readonly deviation: number;
}

/** Most points of a normal quantile plot. */
const MOST_POINTS = 300;

/** Residuals in their order beside those that a normal distribution would have. */
export function normalPoints(residuals: readonly number[]): NormalPoints {
  const sorted = residuals.filter(Number.isFinite).sort((a, b) => a - b), rows = sorted.length;
  const count = Math.min(rows, MOST_POINTS);
  const chosen = Array.from(
    { length: count },
    (_, i) => count === 1 ? 0 : Math.round(i * (rows - 1) / (count - 1)),
  );
  const mean = sorted.reduce((sum, value) => sum + value, 0) / rows;
  const square = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    normal: chosen.map((i) => normalQuantile((i + 0.5) / rows)),
    residual: chosen.map((i) => sorted[i]),
    mean,
    deviation: Math.sqrt(square / Math.max(1, rows - 1)),
  };
}

/**
 * The quantile of the standard normal distribution: the rational approximation of C. Hastings
 * (Abramowitz and Stegun, Handbook of mathematical functions, 1964, 26.2.22), then Halley's method.
 */
function normalQuantile(share: number): number {
  if (share === 0.5) return 0;
  if (share > 0.5) return -normalQuantile(1 - share);
  const t = Math.sqrt(-2 * log(share));
  let z = -(t - (2.30753 + 0.27061 * t) / (1 + t * (0.99229 + 0.04481 * t)));
  for (let i = 0; i < 4; i++) {
    const density = exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
    const error = normalShare(z) - share;
    z -= error / (density + z * error / 2);
  }
  return z;
}

/**
 * The share of a standard normal distribution below `z <= 0`: near 0 the series
 * `1/2 - phi(x) sum_k x^(2k+1) / (1 3 5 ... (2k+1))`, `x = -z`, else the continued fraction
 * `phi(x) / (x + 1/(x + 2/(x + ...)))` (Abramowitz and Stegun, 26.2.11 and 26.2.14).
 */
function normalShare(z: number): number {
  const x = -z;
  if (x < 3) {
    let term = x, sum = x;
    for (let k = 1; k < 60; k++) sum += term *= x * x / (2 * k + 1);
    return 0.5 - sum * exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
  }
  let fraction = x;
  for (let k = 60; k >= 1; k--) fraction = x + k / fraction;
  return exp(-x * x / 2) / Math.sqrt(2 * Math.PI) / fraction;
}

/** Shares of residuals in bins of one width. */
export interface Histogram {
  /** Ends of the bins, one more than there are shares. */
  readonly ends: readonly number[];
  /** For each series, the share of its rows in every bin. */
  readonly shares: readonly (readonly number[])[];
}

/**
 * Counts several series in the same bins, whose width follows Freedman and Diaconis (1981), at least
 * 8 and at most 40 of them; undefined where there is nothing to count.
 */
export function histogram(series: readonly (readonly number[])[]): Histogram | undefined {
  const all = Float64Array.from(series.flat().filter(Number.isFinite)).sort();
  const range = finiteRange(all);
  if (range === undefined) return undefined;
  const [low, high] = range, length = high - low || Math.abs(low) || 1;
  const spread = quantile(all, 0.75) - quantile(all, 0.25);
  const wanted = length / (2 * spread / cbrt(all.length));
  const bins = Math.max(8, Math.min(40, Number.isFinite(wanted) ? Math.ceil(wanted) : 8));
  const shares = series.map((values) => {
    const counts = new Array<number>(bins).fill(0);
    for (const value of values) {
      if (!Number.isFinite(value)) continue;
      counts[Math.min(bins - 1, Math.floor((value - low) / length * bins))] += 1 / values.length;
    }
    return counts;
  });
  return { ends: Array.from({ length: bins + 1 }, (_, i) => low + i * length / bins), shares };
}
