/**
 * Runs that reach their end by collocation, without training: what they are asked for, and what they tell.
 *
 * @module
 */

import type { PdeEngineOptions } from "./pde_engine.ts";
import { type PdeRun, secondsSince } from "./piece_runs.ts";
import type { RunJournal } from "./run_journal.ts";
import type { LevelsEnd, PdeLevel } from "./search_state.ts";
import type { PdeVerification } from "./verification.ts";

/** What a solution is sought for. */
export interface DirectOptions {
  readonly tolerance: number;
  readonly signal?: AbortSignal | undefined;
  /** Hears what has been reached. */
  readonly onLevel?: ((level: PdeLevel) => void) | undefined;
  /** Finished stages. */
  readonly journal: RunJournal;
}

/** A run that is at its end. */
export interface DirectRun {
  readonly run: PdeRun;
  readonly end: LevelsEnd;
}

/** Why a run has converged. */
export const KEPT_TOLERANCE =
  "residuals at fresh points and the estimate of the error keep the tolerance";

/** A run that keeps the tolerance, with the estimate of its relative error. */
export function convergedRun(
  run: PdeRun,
  checked: {
    readonly verification: PdeVerification;
    readonly engineOptions: PdeEngineOptions;
  },
  relative: number,
): DirectRun {
  const errorEstimate = { relative, changes: {} };
  return { run, end: { status: "converged", reason: KEPT_TOLERANCE, ...checked, errorEstimate } };
}

/** Writes the network of a run down as a level. */
export function writeLevel(run: PdeRun, { trained }: PdeVerification): void {
  const { config: { intervals }, parameters: { length: parameters } } = run.network;
  run.loss = trained ** 2;
  run.levels.push({
    ...{ intervals, parameters, epochs: 0, evaluations: 0 },
    ...{ loss: run.loss, seconds: secondsSince(run) },
  });
}

/**
 * Writes the network of a run down, and tells of it.
 *
 * @param used The share of the work that may be done.
 */
export function tellLevel(
  run: PdeRun,
  verification: PdeVerification,
  used: number,
  onLevel: DirectOptions["onLevel"],
): void {
  writeLevel(run, verification);
  const { config: { intervals }, parameters: { length: parameters } } = run.network;
  const { trained, fresh, terms } = verification;
  onLevel?.({
    ...{ intervals, parameters, points: terms[0].trained.points },
    ...{ trained, fresh, used, guess: 1 },
  });
}
