/**
 * Losses of one output and one target: all that engines on the CPU ask of a loss whose value is a
 * mean over rows and outputs. A new one is a function here and a kind in `Loss`.
 *
 * @module
 */

import type { Loss } from "./loss_kinds.ts";
import { exp, expm1, log, log1p, pow } from "../numerics/inner.ts";

/**
 * Computes a loss at output `y` and target `t`: writes its value, its derivative by the output and
 * a curvature that is never negative.
 *
 * Of deviances with their natural or the log link the curvature is Fisher's information, the mean of
 * the second derivative over targets that the model would draw (McCullagh and Nelder 1989, section
 * 2.5); of Huber's and quantile losses the parabola that touches the loss at the output and lies
 * above it elsewhere (Hunter and Lange 2000).
 */
export type PointLoss = (y: number, t: number, out: Float64Array) => void;

/** Where the Huber loss turns linear unless told otherwise, in scaled target units. */
export const DEFAULT_HUBER_DELTA = 0.1;

/** Half the width of the rounded corner of a quantile's loss unless told otherwise. */
export const DEFAULT_QUANTILE_DELTA = 1e-3;

/** Finds the function of a loss; undefined of those that couple outputs or rows. */
export function pointLoss(loss: Loss, nOut: number): PointLoss | undefined {
  switch (loss.kind) {
    case "mse":
      return square;
    case "huber":
      return huber(loss.delta ?? DEFAULT_HUBER_DELTA);
    case "quantile":
      return quantile(loss.tau, loss.delta ?? DEFAULT_QUANTILE_DELTA);
    case "crossEntropy":
      return nOut === 1 ? logistic : undefined;
    case "binomial":
      return binomial;
    case "poisson":
      return poisson;
    case "gamma":
      return gamma;
    case "tweedie":
      return tweedie(loss.power);
    case "cox":
      return undefined;
  }
}

function square(y: number, t: number, out: Float64Array): void {
  const e = y - t;
  out[0] = e * e;
  out[1] = 2 * e;
  out[2] = 2;
}

function huber(delta: number): PointLoss {
  return (y, t, out) => {
    const e = y - t, size = Math.abs(e);
    out[0] = size <= delta ? e * e / 2 : delta * (size - delta / 2);
    out[1] = size <= delta ? e : delta * Math.sign(e);
    out[2] = Math.min(1, delta / size);
  };
}

/** The pinball loss (Koenker and Bassett 1978), its corner a parabola over `+-delta`. */
function quantile(tau: number, delta: number): PointLoss {
  return (y, t, out) => {
    const e = t - y, size = Math.abs(e);
    const rounded = size <= delta ? (e * e / delta + delta) / 2 : size;
    out[0] = rounded / 2 + (tau - 0.5) * e;
    out[1] = 0.5 - tau - (size <= delta ? e / delta : Math.sign(e)) / 2;
    out[2] = 0.5 / Math.max(size, delta);
  };
}

/** Cross-entropy of a probability and a logit. */
function logistic(y: number, t: number, out: Float64Array): void {
  const small = exp(-Math.abs(y)), over = 1 + small; // small in (0, 1]: no overflow
  out[0] = Math.max(y, 0) - y * t + log1p(small);
  out[1] = (y >= 0 ? 1 / over : small / over) - t;
  out[2] = small / over ** 2;
}

/** The same less its least value: half the unit deviance of a share of successes. */
function binomial(y: number, t: number, out: Float64Array): void {
  logistic(y, t, out);
  out[0] = Math.max(0, out[0] + entropyTerm(t) + entropyTerm(1 - t));
}

function entropyTerm(x: number): number {
  return x === 0 ? 0 : x * log(x);
}

/** `t log(t / mu) - t + mu` with `mu = exp(y)`. */
function poisson(y: number, t: number, out: Float64Array): void {
  const mean = exp(y), z = y - log(t);
  out[0] = t === 0 ? mean : t * (expm1(z) - z);
  out[1] = mean - t;
  out[2] = mean;
}

/** `(t - mu) / mu - log(t / mu)` with `mu = exp(y)`. */
function gamma(y: number, t: number, out: Float64Array): void {
  const z = y - log(t);
  out[0] = expm1(-z) + z;
  out[1] = -expm1(-z);
  out[2] = 1;
}

/**
 * Half the unit deviance of variance `mu^p`, `1 < p < 2`: `t^(2-p) / ((1-p) (2-p)) -
 * t mu^(1-p) / (1-p) + mu^(2-p) / (2-p)` with `mu = exp(y)` (Dunn and Smyth 2005).
 */
function tweedie(power: number): PointLoss {
  const a = 1 - power, b = 2 - power;
  return (y, t, out) => {
    const mean = exp(b * y), tail = t === 0 ? 0 : t * exp(a * y);
    const least = t === 0 ? 0 : pow(t, b) / (a * b);
    out[0] = Math.max(0, least - tail / a + mean / b);
    out[1] = mean - tail;
    out[2] = mean;
  };
}
