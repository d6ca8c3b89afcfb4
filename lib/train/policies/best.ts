/**
 * The best parameters of a level, by the objective or by held-out rows.
 *
 * @module
 */

import { forward, type Network, type NormalisationStatistics } from "../../model/mod.ts";
import type { Dataset } from "../../data/mod.ts";
import { evaluateLoss, type Evaluator, type Loss } from "../../engine/mod.ts";

/** Keeps the best parameters seen. */
export interface Best {
  /** Judges parameters; keeps a copy if none were better. */
  consider(parameters: Float64Array, objective: number): Promise<void>;
  /**
   * The best network so far, with the whole training set's statistics, and its training loss:
   * never NaN, infinite where the network overflows.
   *
   * @param other Another evaluator to measure them with, disposed of afterwards; for when the own
   * one has failed.
   */
  network(other?: Evaluator): Promise<{ readonly network: Network; readonly loss: number }>;
  /** What was judged last: validation loss where there are such rows, else the objective. */
  readonly latest: number;
  /** Times that a better point was found. */
  readonly improvements: number;
  /** What a checkpoint keeps. */
  state(): BestState;
}

/** The best parameters seen, what they were judged by, and what was judged last. */
export interface BestState {
  readonly parameters: Float64Array;
  readonly criterion: number;
  readonly latest: number;
}

/** What stands for a loss or norm that is not a number: beyond everything. */
export function orInfinity(value: number): number {
  return Number.isNaN(value) ? Infinity : value;
}

function isFinite(statistics: NormalisationStatistics): boolean {
  return Object.values(statistics).every((values) =>
    typeof values === "string" || values.every(Number.isFinite)
  );
}

/**
 * Starts keeping the best parameters of one level.
 *
 * @param start The network at the level's start.
 * @param evaluator Its evaluator.
 * @param loss The criterion.
 * @param validation Held-out rows that judge instead of the objective.
 * @param kept What an earlier part of the run has kept.
 */
export function keepBest(
  start: Network,
  evaluator: Evaluator,
  loss: Loss,
  validation: Dataset | undefined,
  kept?: BestState,
): Best {
  let lowest = kept?.parameters ?? start.parameters, criterion = kept?.criterion ?? Infinity;
  let latest = kept?.latest ?? NaN, improvements = 0;

  async function judge(parameters: Float64Array, objective: number): Promise<number> {
    if (!validation) return objective;
    await evaluator.value(parameters);
    const now = { ...start, parameters, statistics: evaluator.statistics() };
    return evaluateLoss(loss, forward(now, validation.inputs, validation.rows), validation);
  }

  async function consider(parameters: Float64Array, objective: number): Promise<void> {
    latest = await judge(parameters, objective);
    if (!(latest < criterion)) return;
    criterion = latest;
    lowest = parameters.slice();
    improvements++;
  }

  async function network(other?: Evaluator): Promise<{ network: Network; loss: number }> {
    const measuring = other ?? evaluator;
    await measuring.value(lowest);
    const measured = measuring.statistics();
    const loss = orInfinity(measuring.loss());
    const statistics = loss < Infinity || measured.every(isFinite) ? measured : start.statistics;
    other?.dispose();
    return { network: { ...start, parameters: lowest, statistics }, loss };
  }

  return {
    consider,
    network,
    state: () => ({ parameters: lowest, criterion, latest }),
    get latest() {
      return latest;
    },
    get improvements() {
      return improvements;
    },
  };
}
