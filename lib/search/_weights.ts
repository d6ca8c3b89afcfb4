/**
 * Weights of candidates whose sum predicts rows that none of them saw.
 *
 * @module
 */

import { type Dataset, subset } from "../data/mod.ts";
import { evaluateLoss, type Loss } from "../engine/mod.ts";
import { rowSlopes } from "./_slopes.ts";
import { heldOutLosses, meanHeldOut, standardError } from "./_stack.ts";
import { exp, log } from "../numerics/inner.ts";

/** What candidates are like: those of one kind share what is expected of it. */
export type CandidateKind = "constant" | "lines" | "splines" | "forest" | "boosted" | "networks";

/** What a candidate said of rows that were held out, shape `[rows, nOut]`. */
export interface HeldOutVoice {
  readonly kind: CandidateKind;
  readonly outputs: Float64Array;
}

/** Rows that count as much as what is expected before any is seen. */
const EXPECTED_ROWS = 30;
/** The least share that is expected of a candidate: rows may contradict. */
const LEAST_EXPECTED = 1e-6;
/** Steps of the search for weights, and halvings of one. */
const STEPS = 150, HALVINGS = 30;
/** Most rows that weights are found by, and the same where every event is compared with all rows. */
const MOST_ROWS = 4000, MOST_COUPLED = 1000;
/** A candidate with less than this share is left out: it costs more than it helps. */
const CRUMB = 0.02;
/** The longest step of a logarithm of a weight. */
const LONGEST = 5;

/**
 * Shares that are expected of candidates: all kinds are alike, and so are those of one kind, but each
 * counts by how likely it is as good as the best. Where its losses are higher by `z` standard errors
 * of the mean difference, row by row, that is `exp(-z^2 / 2)`.
 */
export function expectedShares(
  criterion: Loss,
  voices: readonly HeldOutVoice[],
  dataset: Dataset,
): Float64Array {
  const losses = voices.map(({ outputs }) => heldOutLosses(criterion, outputs, dataset));
  const means = losses.map((each) => meanHeldOut(criterion, each, dataset));
  const best = means.indexOf(Math.min(...means.filter(Number.isFinite)));
  const shares = Float64Array.from(voices, ({ kind }, m) => {
    if (!Number.isFinite(means[m])) return 0;
    const alike = voices.filter((other, k) => other.kind === kind && Number.isFinite(means[k]));
    const differences = losses[m].map((each, r) => each - losses[best][r]);
    const events = criterion.kind === "cox"
      ? differences.filter((_, r) => dataset.targets[r] > 0)
      : differences;
    const error = standardError(events);
    const z = error > 0 ? (means[m] - means[best]) / error : 0;
    return Math.max(LEAST_EXPECTED, exp(-z * z / 2) / alike.length);
  });
  return normalised(shares);
}

function normalised(shares: Float64Array): Float64Array {
  const sum = shares.reduce((total, each) => total + each, 0);
  return shares.map((each) => each / sum);
}

/**
 * Finds weights that sum to 1, none negative: those with the greatest likelihood of the rows times a
 * prior, Dirichlet's around {@linkcode expectedShares}, which counts as much as 30 rows,
 *
 *     max  -n u L(sum_m w_m y_m) + 30 sum_m p_m ln w_m
 *
 * with the mean held-out loss `L` of `n` rows, and `u` what makes it a negative log likelihood: 1 for
 * classes, one over twice the best candidate's mean for squares. Multiplicative steps (J. Kivinen and
 * M. Warmuth, Exponentiated gradient versus gradient descent, Information and Computation 132, 1997)
 * are shortened until they gain.
 *
 * @param least Smaller shares are left out.
 */
export function stackWeights(
  criterion: Loss,
  voices: readonly HeldOutVoice[],
  dataset: Dataset,
  least = CRUMB,
): Float64Array {
  const expected = expectedShares(criterion, voices, dataset);
  const search = objectiveOf(criterion, voices, dataset, expected);
  let weights = expected, value = search.value(weights), length = 1;
  for (let step = 0; step < STEPS; step++) {
    const slopes = search.slopes(weights);
    const mean = slopes.reduce((sum, slope, m) => sum + weights[m] * slope, 0);
    let gained = 0;
    for (let halving = 0; halving < HALVINGS && gained === 0; halving++) {
      const next = normalised(weights.map((each, m) => {
        const move = -length * (slopes[m] - mean);
        return each * exp(Math.min(LONGEST, Math.max(-LONGEST, move)));
      }));
      const reached = search.value(next);
      if (reached < value) {
        gained = value - reached;
        weights = next;
        value = reached;
        length *= 1.5;
      } else length /= 2;
    }
    if (!(gained > 1e-9 * Math.abs(value))) break;
  }
  return withoutCrumbs(weights, least);
}

function withoutCrumbs(weights: Float64Array, least: number): Float64Array {
  const bound = Math.min(least, Math.max(...weights));
  return normalised(weights.map((each) => each < bound ? 0 : each));
}

/** What {@linkcode stackWeights} lowers, and its slopes. */
function objectiveOf(
  criterion: Loss,
  voices: readonly HeldOutVoice[],
  dataset: Dataset,
  expected: Float64Array,
) {
  const most = criterion.kind === "cox" ? MOST_COUPLED : MOST_ROWS, { nOut } = dataset;
  const count = Math.min(most, dataset.rows);
  const chosen = Int32Array.from({ length: count }, (_, i) => Math.floor(i * dataset.rows / count));
  const rows = count < dataset.rows ? subset(dataset, chosen) : dataset;
  const said = voices.map(({ outputs }) => {
    if (rows === dataset) return outputs;
    const part = new Float64Array(count * nOut);
    chosen.forEach((row, i) => part.set(outputs.subarray(row * nOut, (row + 1) * nOut), i * nOut));
    return part;
  });
  const unit = likelihoodUnit(criterion, said, rows);
  const mixed = new Float64Array(count * nOut), gradient = new Float64Array(count * nOut);
  function mix(weights: Float64Array): void {
    mixed.fill(0);
    said.forEach((outputs, m) => {
      if (weights[m] === 0) return;
      for (let i = 0; i < mixed.length; i++) mixed[i] += weights[m] * outputs[i];
    });
  }
  return {
    value(weights: Float64Array): number {
      mix(weights);
      let sum = unit * evaluateLoss(criterion, mixed, rows);
      expected.forEach((share, m) => {
        if (share > 0) sum -= EXPECTED_ROWS * share * log(Math.max(weights[m], 1e-300));
      });
      return sum;
    },
    slopes(weights: Float64Array): Float64Array {
      mix(weights);
      evaluateLoss(criterion, mixed, rows, gradient);
      return weights.map((weight, m) => {
        if (expected[m] === 0) return 0;
        let sum = 0;
        for (let i = 0; i < gradient.length; i++) sum += gradient[i] * said[m][i];
        return unit * sum - EXPECTED_ROWS * expected[m] / Math.max(weight, 1e-12);
      });
    },
  };
}

/**
 * What turns a mean loss into a negative log likelihood of all rows (of hazards, of the events): the
 * number of rows over the dispersion, which for losses that are not squares is the mean square of
 * their slopes at the best candidate over the mean curvature.
 */
function likelihoodUnit(
  criterion: Loss,
  said: readonly Float64Array[],
  dataset: Dataset,
): number {
  const { rows, nOut, targets, weights } = dataset, { kind } = criterion;
  const counted = Float64Array.from(
    { length: rows },
    (_, r) => (weights ? weights[r] > 0 : true) && (kind !== "cox" || targets[r] > 0) ? 1 : 0,
  ).reduce((sum, each) => sum + each, 0);
  if (kind === "crossEntropy") return counted;
  const losses = said.map((outputs) => evaluateLoss(criterion, outputs, dataset));
  const least = Math.max(1e-12, Math.min(...losses.filter(Number.isFinite)));
  if (kind === "mse") return counted / (2 * least);
  if (kind === "quantile") return counted / least;
  const slopes = rowSlopes(criterion, dataset, false);
  slopes.update(said[losses.indexOf(Math.min(...losses.filter(Number.isFinite)))]);
  const ones = new Float64Array(rows).fill(1);
  const gradient = new Float64Array(rows), curvature = new Float64Array(rows);
  let square = 0, curved = 0;
  for (let q = 0; q < nOut; q++) {
    slopes.write(q, ones, gradient, curvature);
    for (let r = 0; r < rows; r++) {
      square += gradient[r] ** 2;
      curved += curvature[r];
    }
  }
  return square > 0 ? counted * curved / square : counted;
}
