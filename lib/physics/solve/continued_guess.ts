/**
 * First guesses of problems in one coordinate that are not linear: along a path of problems that ends
 * at the one asked for.
 *
 * Least squares of nonlinear equations have poor minima. A boundary value problem is led from its
 * linearised equations `L`, by `(1 - s) L(u) + s R(u) = 0` with `s` from 0 to 1 (Allgower and Georg
 * 1990). A problem with coefficients begins with its measurements and conditions, the equations almost
 * without weight: then coefficients are first sought along a curve through the measurements.
 *
 * @module
 */

import { pow } from "../../numerics/inner.ts";
import { createNetwork, type NetworkOptions } from "../../model/mod.ts";
import { linearPart } from "../equations/outputs.ts";
import { apply, number } from "../equations/expression.ts";
import type { PdeProblem } from "../equations/pde.ts";
import {
  changeTerms,
  fixCoefficients,
  type ResolvedPde,
  type ResolvedTerm,
} from "../equations/resolve.ts";
import { isLinear } from "./automatic.ts";
import { runLevels } from "./levels.ts";
import { beginRun, type PdeRun } from "./piece_runs.ts";
import { guessOf } from "./search_state.ts";

/** Relative residual of a problem on the path: the next one begins there. */
const STEP_TOLERANCE = 1e-3;
/** What a residual must reach for the path to go on, and to end with a guess. */
const GOOD_ENOUGH = 0.05;
/** Pieces a spline on the way, at most. */
const MOST_INTERVALS = 32;
/** The first step along a path, and the shortest. */
const FIRST_STEP = 1, LEAST_STEP = 1 / 64;
/** Squares of residuals weigh so little in the first equations of a problem with coefficients. */
const LEAST_WEIGHT = 1e-6;
/** Steps in which they become heavier. */
const WEIGHT_STEPS = 3;

/** Whether a problem of one spline per unknown, that is no initial value problem, wants a path. */
export function continues(resolved: ResolvedPde): boolean {
  return !isLinear(resolved);
}

/** What a path runs with. */
export interface ContinuedGuessOptions {
  readonly network: NetworkOptions;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
}

/** A run that has followed the path; undefined where it could not. */
export async function continuedGuess(
  problem: PdeProblem,
  resolved: ResolvedPde,
  options: ContinuedGuessOptions,
): Promise<PdeRun | undefined> {
  const begin = (at: PdeProblem) =>
    beginRun(at, createNetwork(options.network, { seed: options.seed }));
  const isInverse = resolved.coefficients.length > 0 || problem.smooth !== undefined;
  if (isInverse) {
    if (!resolved.terms.some(({ condition }) => condition?.data)) return undefined;
    // at any other curve than the measured one coefficients may run away, and never come back
    const fixed = fixCoefficients(problem), run = begin(fixed);
    await follow(changeTerms(fixed, (term) => weighted(term, LEAST_WEIGHT)), run, options);
    run.coefficients = problem.coefficients ?? {};
    for (let k = 0; k < WEIGHT_STEPS && !options.signal?.aborted; k++) {
      const weight = pow(LEAST_WEIGHT, 1 - k / WEIGHT_STEPS);
      await follow(changeTerms(problem, (term) => weighted(term, weight)), run, options);
    }
    delete run.noise; // residuals on the way are none
    return run.network.parameters.every(Number.isFinite) ? run : undefined;
  }
  const at = (s: number) => changeTerms(problem, (term) => homotopy(term, s));
  const run = begin(problem);
  if (!(await follow(at(0), run, options) <= GOOD_ENOUGH)) return undefined;
  for (let s = 0, step = FIRST_STEP; s < 1 && !options.signal?.aborted;) {
    const next = Math.min(1, s + step), before = { ...run, ...guessOf(run) };
    if (await follow(at(next), run, options) <= GOOD_ENOUGH) {
      s = next;
      step *= 2;
      continue;
    }
    Object.assign(run, before);
    step /= 4;
    if (step < LEAST_STEP) return undefined;
  }
  return run;
}

/** Solves a problem of the path, roughly; returns the residual at fresh points. */
async function follow(
  problem: PdeProblem,
  run: PdeRun,
  { signal }: ContinuedGuessOptions,
): Promise<number> {
  const { config: { intervals }, parameters: { length } } = run.network;
  const { verification } = await runLevels(problem, run, {
    tolerance: STEP_TOLERANCE,
    mostParameters: Math.ceil(length * MOST_INTERVALS / intervals),
    threads: 1,
    signal,
  });
  return verification.fresh;
}

/** A term on the way from its linearised form, at 0, to itself, at 1. */
function homotopy(term: ResolvedTerm, s: number): ResolvedTerm {
  const residual = apply(
    "+",
    apply("*", number(1 - s), linearPart(term.residual)),
    apply("*", number(s), term.residual),
  );
  return s === 1 ? term : { ...term, residual };
}

/** A term whose squares weigh less, unless it is a condition or measurement. */
function weighted(term: ResolvedTerm, weight: number): ResolvedTerm {
  return term.condition || term.penalty ? term : { ...term, weight: weight * term.weight };
}
