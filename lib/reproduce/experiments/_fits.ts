/**
 * What experiments compute from their numbers: slopes, names, marks.
 *
 * @module
 */

import type { CheckedClaim } from "../experiment.ts";
import { log } from "../../numerics/inner.ts";

/** A straight line through points by least squares. */
export interface Slope {
  readonly slope: number;
  /** Standard error of the slope; NaN of two points. */
  readonly error: number;
}

/** Fits `log y = intercept + slope log x`. */
export function powerFit(x: readonly number[], y: readonly number[]): Slope {
  const u = x.map(log), v = y.map(log), n = x.length;
  const mean = (values: number[]) => values.reduce((sum, each) => sum + each, 0) / n;
  const mu = mean(u), mv = mean(v);
  let square = 0, product = 0;
  for (let i = 0; i < n; i++) {
    square += (u[i] - mu) ** 2;
    product += (u[i] - mu) * (v[i] - mv);
  }
  const slope = product / square;
  const rest = u.reduce((sum, each, i) => sum + (v[i] - mv - slope * (each - mu)) ** 2, 0);
  return { slope, error: Math.sqrt(rest / (n - 2) / square) };
}

/** Numbers that double from `first` to `last`. */
export function doublings(first: number, last: number): number[] {
  const found: number[] = [];
  for (let n = first; n <= last; n *= 2) found.push(n);
  return found;
}

/** A number as findings print it in sentences. */
export function brief(value: number, digits = 3): string {
  if (value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e5)) {
    return value.toExponential(digits - 1);
  }
  return String(Number(value.toPrecision(digits)));
}

/**
 * A claim about some of the parts that were run.
 *
 * @param found What the parts gave; where it is empty, the claim is open.
 * @param check Whether it holds and what was measured.
 */
export function verdict<Value>(
  statement: string,
  found: readonly Value[],
  check: (found: readonly Value[]) => { readonly holds: boolean; readonly measured: string },
): CheckedClaim {
  return found.length === 0
    ? { statement, measured: "not run", holds: undefined }
    : { statement, ...check(found) };
}
