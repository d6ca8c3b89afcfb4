/**
 * Several classes, one after the other: each has a logit and strengths of its own.
 *
 * With the logits of the others held, minus the log likelihood of softmax in one logit `z` is that of
 * a label and the logit `z - log sum exp(others)`, up to a constant. Every pass goes through the
 * classes, each with one step, halved until the likelihood is better: the deviance with its penalty
 * never rises, and it is convex (block coordinate descent, P. Tseng, Convergence of a block coordinate
 * descent method for nondifferentiable minimization, J. Optim. Theory Appl. 109, 2001).
 *
 * @module
 */

import {
  type AdditiveProblem,
  predictorsOf,
  solveCoefficients,
  startCoefficients,
} from "./_coefficients.ts";
import { bernoulli } from "./_families.ts";
import {
  heldSteps,
  type QuickFit,
  rangeOfStrengths,
  spansOf,
  type StrengthRange,
} from "./_strengths.ts";
import { exp, log } from "../numerics/inner.ts";

/** Passes that move strengths, and passes in all. */
const MOST_ROUNDS = 12, MOST_PASSES = 20;
/** Strengths, and logits, that moved by less than this are settled. */
const SETTLED = 0.1, LEAST_MOVE = 2e-3;

/** Fits the logits of all classes; targets are `[rows, classes]`. */
export function chooseByClass(
  problem: Omit<AdditiveProblem, "family">,
  { targets, weights, classes, start, most = MOST_ROUNDS }: {
    readonly targets: Float64Array;
    readonly weights: Float64Array;
    readonly classes: number;
    /** Logarithms of strengths per class, NaN where there are none. */
    readonly start?: readonly Float64Array[] | undefined;
    readonly most?: number | undefined;
  },
): QuickFit[] {
  const { rows } = problem.design, empty = new Float64Array(0);
  const labels = Array.from(
    { length: classes },
    (_, q) => Float64Array.from({ length: rows }, (_, r) => targets[r * classes + q]),
  );
  const fits: QuickFit[] = [], ranges: StrengthRange[] = [], spans: Float64Array[] = [];
  const logits: Float64Array[] = labels.map((label) => {
    const { start } = bernoulli(label, weights);
    return new Float64Array(rows).fill(start[0]);
  });
  for (let pass = 0, settled = false; pass < MOST_PASSES && !settled; pass++) {
    let moved = 0, changed = 0;
    for (let q = 0; q < classes; q++) {
      const family = bernoulli(labels[q], weights, others(logits, q));
      let each: AdditiveProblem = { ...problem, family };
      if (pass === 0) {
        const none = new Float64Array(problem.numStrengths).fill(50);
        const from = { b: startCoefficients(each), matrix: empty };
        const blank = solveCoefficients(each, none, from, 1);
        ranges[q] = rangeOfStrengths(each, blank, start?.[q]);
        spans[q] = spansOf(ranges[q]);
        fits[q] = { ...blank, logStrengths: ranges[q].from };
      }
      each = { ...each, spans: spans[q] };
      let rho = fits[q].logStrengths;
      const found = solveCoefficients(each, rho, { b: fits[q].b, matrix: fits[q].matrix }, 1);
      if (pass < most && problem.numStrengths > 0) {
        const next = heldSteps(each, "reml", ranges[q], rho, found, 1);
        next.forEach((value, j) => changed = Math.max(changed, Math.abs(value - rho[j])));
        rho = next;
      }
      fits[q] = { ...found, logStrengths: rho };
      const [eta] = predictorsOf(each, found.b);
      for (let r = 0; r < rows; r++) moved = Math.max(moved, Math.abs(eta[r] - logits[q][r]));
      logits[q] = eta;
    }
    settled = moved < LEAST_MOVE || (pass + 1 >= most || changed < SETTLED) && moved < 0.05;
  }
  return fits;
}

/** Minus the logarithm of the sum of the exponentials of all logits but one. */
function others(logits: readonly Float64Array[], but: number): Float64Array {
  return logits[but].map((_, r) => {
    let most = -Infinity, sum = 0;
    logits.forEach((each, k) => most = k === but ? most : Math.max(most, each[r]));
    logits.forEach((each, k) => sum += k === but ? 0 : exp(each[r] - most));
    return -most - log(sum);
  });
}
