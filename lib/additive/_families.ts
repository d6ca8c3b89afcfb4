/**
 * What targets are distributed as: deviance, its derivatives by the linear predictors, and weights.
 *
 * A family has `predictors` linear predictors for each row. Gradient and weights are the first and
 * second derivative of half the deviance, the negative logarithm of the likelihood times the scale;
 * `thirds` is its third derivative, contracted with a symmetric matrix for each row. Several classes
 * have one predictor less than classes, coordinates of the logits in an orthonormal basis of those
 * that sum to 0: no class stands out, and none is redundant.
 *
 * @module
 */

import { exp, log, log1p } from "../numerics/inner.ts";

/** A distribution with its canonical link. */
export interface Family {
  /** Linear predictors for each row. */
  readonly predictors: number;
  /** Whether the scale is 1; else it is estimated. */
  readonly knownScale: boolean;
  /** Whether the weights are those of the rows whatever the predictors: one step solves it. */
  readonly isSquare: boolean;
  /** Intercepts to start from, `[predictors]`. */
  readonly start: Float64Array;
  /** The logarithm of the likelihood of a model that meets every target, for a scale. */
  saturated(scale: number): number;
  /**
   * The deviance, from predictors `[predictors][rows]`.
   *
   * @param gradient Overwritten if given, `[predictors][rows]`.
   * @param weights Overwritten if given, `[pairs k <= l][rows]`.
   */
  deviance(
    eta: readonly Float64Array[],
    gradient?: readonly Float64Array[],
    weights?: readonly Float64Array[],
  ): number;
  /** The third derivative by predictor k, contracted with a matrix `[pairs k <= l][rows]`. */
  thirds(eta: readonly Float64Array[], forms: readonly Float64Array[]): Float64Array[];
}

/** Pairs `k <= l` of predictors, in the order of weights. */
export function predictorPairs(predictors: number): (readonly [number, number])[] {
  const pairs: (readonly [number, number])[] = [];
  for (let k = 0; k < predictors; k++) {
    for (let l = k; l < predictors; l++) pairs.push([k, l]);
  }
  return pairs;
}

/** A normal distribution: deviance `sum w (y - eta)^2`. */
export function gaussian(targets: Float64Array, weights: Float64Array): Family {
  const used = weights.reduce((count, w) => w > 0 ? count + 1 : count, 0);
  const logWeights = weights.reduce((sum, w) => w > 0 ? sum + log(w) : sum, 0);
  let total = 0, sum = 0;
  targets.forEach((y, r) => (total += weights[r], sum += weights[r] * y));
  return {
    ...{ predictors: 1, knownScale: false, isSquare: true, start: Float64Array.of(sum / total) },
    saturated: (scale) => (logWeights - used * log(2 * Math.PI * scale)) / 2,
    deviance([eta], gradient, second) {
      let deviance = 0;
      for (let r = 0; r < eta.length; r++) {
        const error = eta[r] - targets[r];
        deviance += weights[r] * error * error;
        if (gradient) gradient[0][r] = weights[r] * error;
        if (second) second[0][r] = weights[r];
      }
      return deviance;
    },
    thirds: ([eta]) => [new Float64Array(eta.length)],
  };
}

/** Predictors beyond this are held: the probability is 1 to rounding. */
const MOST = 35;

/** Labels 0 or 1 (or probabilities) and a logit, to which `offset`, `[rows]`, is added. */
export function bernoulli(
  targets: Float64Array,
  weights: Float64Array,
  offset?: Float64Array,
): Family {
  let total = 0, sum = 0, saturated = 0;
  targets.forEach((y, r) => {
    total += weights[r];
    sum += weights[r] * y;
    saturated += weights[r] * (entropy(y) + entropy(1 - y));
  });
  const logitOf = (eta: Float64Array, r: number) =>
    Math.min(MOST, Math.max(-MOST, eta[r] + (offset?.[r] ?? 0)));
  const mean = (sum + 0.5) / (total + 1);
  return {
    ...{ predictors: 1, knownScale: true, isSquare: false },
    start: Float64Array.of(log(mean / (1 - mean))),
    saturated: () => saturated,
    deviance([eta], gradient, second) {
      let loss = 0;
      for (let r = 0; r < eta.length; r++) {
        const z = logitOf(eta, r), y = targets[r], w = weights[r];
        const small = exp(-Math.abs(z)), p = z >= 0 ? 1 / (1 + small) : small / (1 + small);
        loss += w * (Math.max(z, 0) - z * y + log1p(small));
        if (gradient) gradient[0][r] = w * (p - y);
        if (second) second[0][r] = w * small / (1 + small) ** 2;
      }
      return 2 * (loss + saturated);
    },
    thirds: ([eta], [forms]) => [
      eta.map((_, r) => {
        const z = logitOf(eta, r);
        const small = exp(-Math.abs(z)), slope = small / (1 + small) ** 2;
        return weights[r] * forms[r] * slope * Math.sign(-z) * (1 - small) / (1 + small);
      }),
    ],
  };
}

/** `y ln y`, 0 at 0. */
function entropy(y: number): number {
  return y > 0 ? y * log(y) : 0;
}

/** Orthonormal columns that sum to 0, `[classes, classes - 1]`: Helmert's contrasts. */
export function contrasts(classes: number): Float64Array {
  const columns = classes - 1, matrix = new Float64Array(classes * columns);
  for (let c = 0; c < columns; c++) {
    const length = Math.sqrt((c + 1) * (c + 2));
    for (let k = 0; k <= c; k++) matrix[k * columns + c] = 1 / length;
    matrix[(c + 1) * columns + c] = -(c + 1) / length;
  }
  return matrix;
}

/** Several classes: probabilities of each row, `[rows, classes]`, and softmax. */
export function multinomial(targets: Float64Array, weights: Float64Array, classes: number): Family {
  const rows = weights.length, n = classes - 1, c = contrasts(classes), pairs = predictorPairs(n);
  const mass = new Float64Array(rows), shares = new Float64Array(classes).fill(0.5);
  let saturated = 0;
  for (let r = 0; r < rows; r++) {
    for (let k = 0; k < classes; k++) {
      const y = targets[r * classes + k];
      mass[r] += y;
      shares[k] += weights[r] * y;
      saturated += weights[r] * entropy(y);
    }
    saturated -= weights[r] * entropy(mass[r]);
  }
  const start = new Float64Array(n);
  for (let k = 0; k < classes; k++) {
    for (let j = 0; j < n; j++) start[j] += c[k * n + j] * log(shares[k]);
  }
  const p = new Float64Array(classes);
  /** Probabilities of a row into `p`; the logarithm of their sum. */
  function softmax(eta: readonly Float64Array[], r: number): number {
    let most = -Infinity, sum = 0;
    for (let k = 0; k < classes; k++) {
      p[k] = 0;
      for (let j = 0; j < n; j++) p[k] += c[k * n + j] * eta[j][r];
      most = Math.max(most, p[k]);
    }
    for (let k = 0; k < classes; k++) sum += p[k] = exp(Math.max(p[k] - most, -2 * MOST));
    for (let k = 0; k < classes; k++) p[k] /= sum;
    return most + log(sum);
  }
  return {
    ...{ predictors: n, knownScale: true, isSquare: false, start },
    saturated: () => saturated,
    deviance(eta, gradient, second) {
      let loss = 0;
      const mean = new Float64Array(n);
      for (let r = 0; r < rows; r++) {
        const w = weights[r], logSum = softmax(eta, r);
        loss += w * mass[r] * logSum;
        for (let j = 0; j < n; j++) {
          let target = 0, share = 0;
          for (let k = 0; k < classes; k++) {
            target += c[k * n + j] * targets[r * classes + k];
            share += c[k * n + j] * p[k];
          }
          mean[j] = share;
          loss -= w * target * eta[j][r];
          if (gradient) gradient[j][r] = w * (mass[r] * share - target);
        }
        if (!second) continue;
        pairs.forEach(([i, j], at) => {
          let square = 0;
          for (let k = 0; k < classes; k++) square += c[k * n + i] * c[k * n + j] * p[k];
          second[at][r] = w * mass[r] * (square - mean[i] * mean[j]);
        });
      }
      return 2 * (loss + saturated);
    },
    /** `E[(z^T V z) z]`, `z = C^T (e_y - p)`, the third central moment of the label. */
    thirds(eta, forms) {
      const out = Array.from({ length: n }, () => new Float64Array(rows));
      const z = new Float64Array(n);
      for (let r = 0; r < rows; r++) {
        softmax(eta, r);
        for (let k = 0; k < classes; k++) {
          for (let j = 0; j < n; j++) {
            z[j] = c[k * n + j];
            for (let l = 0; l < classes; l++) z[j] -= c[l * n + j] * p[l];
          }
          let form = 0;
          pairs.forEach(([i, j], at) => form += (i === j ? 1 : 2) * z[i] * z[j] * forms[at][r]);
          const share = weights[r] * mass[r] * p[k] * form;
          for (let j = 0; j < n; j++) out[j][r] += share * z[j];
        }
      }
      return out;
    },
  };
}
