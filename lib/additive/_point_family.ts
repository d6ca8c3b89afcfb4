/**
 * Families whose deviance is a sum of losses of one output and one target: counts, shares, positive
 * numbers, and losses that hold outliers off.
 *
 * @module
 */

import type { Dataset } from "../data/mod.ts";
import type { Loss } from "../engine/mod.ts";
import { type PointLoss, pointLoss } from "../engine/inner.ts";
import { bernoulli, type Family, gaussian, multinomial } from "./_families.ts";
import { log } from "../numerics/inner.ts";

/** Step of a curvature's difference, in units of the linear predictor. */
const STEP = 1e-4;
/** Steps to the intercept. */
const MOST_STEPS = 100;
/** Half the width of a quantile's rounded corner, at least, as a share of the targets' mean deviation. */
const LEAST_CORNER = 0.02;

/**
 * Makes the family of a loss, `undefined` where it couples rows or outputs. Deviances are twice the
 * loss; the weights are the loss's curvature, Fisher's information or a parabola's above the loss.
 * Counts and shares have the scale 1, of the others it is estimated.
 *
 * @param isPart Whether other rows follow: no intercept is found, and the loss is rounded already.
 */
export function pointFamily(
  loss: Loss,
  targets: Float64Array,
  weights: Float64Array,
  isPart = false,
): Family | undefined {
  const point = pointLoss(isPart ? loss : roundedLoss(loss, targets), 1);
  if (!point) return undefined;
  const knownScale = loss.kind === "poisson" || loss.kind === "binomial";
  const used = weights.reduce((count, w) => w > 0 ? count + 1 : count, 0);
  const isRobust = loss.kind === "huber" || loss.kind === "quantile", out = new Float64Array(3);
  return {
    ...{ predictors: 1, knownScale, isSquare: false },
    start: Float64Array.of(isPart ? 0 : intercept(loss, point, targets, weights)),
    saturated: (scale) => knownScale ? 0 : -used * log(2 * Math.PI * scale) / 2,
    deviance([eta], gradient, second) {
      let sum = 0;
      for (let r = 0; r < eta.length; r++) {
        const w = weights[r];
        if (w > 0) point(eta[r], targets[r], out);
        else out.fill(0);
        sum += w * out[0];
        if (gradient) gradient[0][r] = w * out[1];
        if (second) second[0][r] = w * out[2];
      }
      return 2 * sum;
    },
    thirds: ([eta], [forms]) => [
      eta.map((y, r) => {
        if (isRobust || !(weights[r] > 0)) return 0; // weights of a parabola are held
        point(y + STEP, targets[r], out);
        const more = out[2];
        point(y - STEP, targets[r], out);
        return weights[r] * forms[r] * (more - out[2]) / (2 * STEP);
      }),
    ],
  };
}

/** A quantile's loss with a corner that suits the targets: a sharp one takes very many steps. */
export function roundedLoss(loss: Loss, targets: Float64Array): Loss {
  if (loss.kind !== "quantile") return loss;
  const mean = targets.reduce((sum, t) => sum + t, 0) / targets.length;
  const size = targets.reduce((sum, t) => sum + Math.abs(t - mean), 0) / targets.length;
  return { ...loss, delta: Math.max(LEAST_CORNER * size, loss.delta ?? 1e-9) };
}

/** The constant with the least loss. */
function intercept(
  { kind }: Loss,
  point: PointLoss,
  targets: Float64Array,
  weights: Float64Array,
): number {
  let total = 0, sum = 0;
  targets.forEach((t, r) => (total += weights[r], sum += weights[r] * t));
  const mean = sum / total;
  if (kind === "binomial") return log((sum + 0.5) / (total - sum + 0.5));
  if (kind !== "huber" && kind !== "quantile") return log(Math.max(mean, 0.5 / total));
  const out = new Float64Array(3);
  let y = mean;
  for (let step = 0; step < MOST_STEPS; step++) {
    let slope = 0, curvature = 0;
    targets.forEach((t, r) => {
      point(y, t, out);
      slope += weights[r] * out[1];
      curvature += weights[r] * out[2];
    });
    const move = slope / curvature;
    y -= move;
    if (!(Math.abs(move) > 1e-8)) break;
  }
  return y;
}

/**
 * One family for all predictors of classes, one for each column of targets with other losses; none
 * where a loss couples rows.
 */
export function familiesOf(
  { targets, nOut, rows }: Dataset,
  loss: Loss,
  weights: Float64Array,
): Family[] {
  if (loss.kind === "crossEntropy") {
    return [nOut === 1 ? bernoulli(targets, weights) : multinomial(targets, weights, nOut)];
  }
  return Array.from({ length: nOut }, (_, q) => {
    const column = Float64Array.from({ length: rows }, (_, r) => targets[r * nOut + q]);
    return loss.kind === "mse" ? gaussian(column, weights) : pointFamily(loss, column, weights);
  }).flatMap((family) => family ?? []);
}

/** The family of one output of some rows, of which there are others; the loss is rounded already. */
export function familyOfPart(
  { targets, nOut, rows }: Dataset,
  loss: Loss,
  weights: Float64Array,
  q: number,
): Family {
  const column = nOut === 1
    ? targets
    : Float64Array.from({ length: rows }, (_, r) => targets[r * nOut + q]);
  if (loss.kind === "mse") return gaussian(column, weights);
  if (loss.kind === "crossEntropy") return bernoulli(column, weights);
  return pointFamily(loss, column, weights, true)!;
}
