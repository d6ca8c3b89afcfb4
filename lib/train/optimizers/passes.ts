/**
 * Passes over the training rows: one step on all of them, or one for each mini-batch.
 *
 * @module
 */

import type { Evaluator } from "../../engine/mod.ts";
import { addScaled, maxNorm, norm } from "../../numerics/inner.ts";
import type { EpochStatus, OptimizerState } from "./optimizer.ts";

/** State of an optimizer whose epoch is a pass over the rows. */
export interface PassState extends OptimizerState {
  /** Epochs since the start of the run: the schedule's time, and the order of the rows. */
  epochs: number;
  /** Rows of the training set; 0 if that was not told. */
  rows: number;
}

/** Called after every accepted step. */
export type OnStep = (state: Readonly<OptimizerState>) => Promise<void>;

/** One step on all rows; `move` changes the copied parameters that it gets. */
export async function wholePass(
  state: PassState,
  evaluator: Evaluator,
  move: (parameters: Float64Array, gradient: Float64Array) => void,
  onStep?: OnStep,
): Promise<EpochStatus> {
  const { gradient } = state;
  if (Number.isNaN(state.objective)) {
    ({ objective: state.objective } = await evaluator.evaluate(state.parameters, gradient));
    state.evaluations++;
  }
  if (!Number.isFinite(state.objective) || !Number.isFinite(maxNorm(gradient))) return "diverged";
  const parameters = state.parameters.slice();
  move(parameters, gradient);
  state.epochs++;
  state.parameters = parameters;
  ({ objective: state.objective } = await evaluator.evaluate(parameters, gradient));
  state.evaluations++;
  if (!Number.isFinite(state.objective)) return "diverged";
  await onStep?.(state);
  return "running";
}

/**
 * A step for each mini-batch whose gradient is finite. `move` changes the parameters and `moments`,
 * a copy of the state's fields of these names; the state changes at the end only, so that a stop
 * leaves it whole.
 */
export async function batchedPass(
  state: PassState,
  evaluator: Evaluator,
  drawn: readonly Int32Array[],
  moments: object,
  move: (parameters: Float64Array, gradient: Float64Array, batch: number) => void,
  onStep?: OnStep,
): Promise<EpochStatus> {
  const { batches } = evaluator;
  if (!batches) {
    throw new RangeError(
      "Cannot select rows: points of an equation must be taken together, current value is " +
        `batches of ${drawn[0].length}; use full batches`,
    );
  }
  const parameters = state.parameters.slice(), gradient = new Float64Array(parameters.length);
  const sum = gradient.slice();
  let moved = false;
  try {
    for (const [b, batch] of drawn.entries()) {
      batches.select(batch);
      const { objective: value } = await evaluator.evaluate(parameters, gradient);
      // Rows without weight say nothing; where training has diverged, all rows say so below.
      if (!Number.isFinite(value) || !Number.isFinite(maxNorm(gradient))) continue;
      addScaled(sum, batch.length / state.rows, gradient);
      move(parameters, gradient, b);
      moved = true;
    }
  } finally {
    batches.select(undefined);
  }
  if (!moved) return "diverged";
  const { objective } = await evaluator.evaluate(parameters);
  Object.assign(state, moments, { parameters, objective, gradient: sum });
  state.epochs++;
  state.evaluations += 2;
  if (!Number.isFinite(objective)) return "diverged";
  await onStep?.(state);
  return "running";
}

/** By how much a gradient is shortened: `min(1, clipNorm / (|g| + 1e-6))`, as in PyTorch. */
export function clipShare(gradient: Float64Array, clipNorm: number): number {
  return clipNorm < Infinity ? Math.min(1, clipNorm / (norm(gradient) + 1e-6)) : 1;
}

/** Refuses to start with mini-batches where the number of rows was not told. */
export function checkRows(name: string, batchSize: number | undefined, rows: number): void {
  if (batchSize === undefined || rows > 0) return;
  throw new RangeError(
    `Cannot start ${name}: rows must be the number of training rows with mini-batches, ` +
      `current value is ${rows}`,
  );
}
