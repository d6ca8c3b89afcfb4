/**
 * Targets on a logarithmic scale: when they are worth a trial, and how means come back from it.
 *
 * @module
 */

import type { ColumnScale } from "./scaling.ts";
import { exp, log, pow } from "../numerics/inner.ts";

/** Skewness from which on a positive target is worth a trial on a logarithmic scale. */
const SKEWED = 1;

/** Whether values have a long upper tail: a moment coefficient of skewness above 1. */
export function isSkewed(values: Float64Array): boolean {
  let mean = 0, square = 0, cube = 0;
  for (const value of values) mean += value / values.length;
  for (const value of values) {
    square += (value - mean) ** 2 / values.length;
    cube += pow(value - mean, 3) / values.length;
  }
  return square > 0 && cube > SKEWED * pow(square, 1.5);
}

/**
 * Gives a logarithmic scale its smearing, `mean exp(e)` over the errors `e` of the logarithms: without
 * it predictions are medians, too low for means (Duan 1983).
 *
 * @param scale A scale whose map is a logarithm.
 * @param outputs What the network says on this scale, one number per row.
 * @param targets The targets on this scale.
 * @param weights Weights of the rows. Default: all 1.
 */
export function withSmearing(
  scale: ColumnScale,
  outputs: Float64Array,
  targets: Float64Array,
  weights?: Float64Array,
): ColumnScale {
  const length = log(scale.maximum / scale.minimum);
  let sum = 0, total = 0;
  outputs.forEach((y, r) => {
    const weight = weights ? weights[r] : 1;
    sum += weight * exp(length * (targets[r] - y));
    total += weight;
  });
  const smearing = sum / total;
  return { ...scale, smearing: smearing > 0 && smearing < Infinity ? smearing : 1 };
}

/**
 * Whether second squared errors are better than first ones in both senses: their mean is lower, which
 * the largest decide, and more than half of them, by weight, are.
 */
export function gainsTwice(
  first: Float64Array,
  second: Float64Array,
  weights?: Float64Array,
): boolean {
  let sum = 0, lower = 0, total = 0;
  first.forEach((error, r) => {
    const weight = weights ? weights[r] : 1;
    sum += weight * (error - second[r]);
    if (second[r] < error) lower += weight;
    total += weight;
  });
  return sum > 0 && lower > total / 2;
}
