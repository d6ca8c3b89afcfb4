/**
 * The training loop: walks a schedule, tells what happens.
 *
 * @module
 */

import { keepHelpers } from "../engine/inner.ts";
import type { Network } from "../model/mod.ts";
import type { Dataset } from "../data/mod.ts";
import type { TrainEvent } from "./events.ts";
import type { TrainOptions } from "./run.ts";
import { resolveRun } from "./run_options.ts";
import { begin, finished, resume } from "./run_state.ts";
import { runStage } from "./stage.ts";
import { holdTournament } from "./tournament.ts";

/**
 * Trains a network from coarse to fine.
 *
 * At every refinement the best parameters so far are prolonged exactly, evenly or where the error
 * is, the engine compiles again and the optimizer starts anew. The generator never throws for what
 * training does: divergence, interruption and a device that fails are statuses of the last event,
 * which carries the best network. No loss is ever NaN: where a network overflows it is infinite.
 *
 * @param network The network to start from, on the schedule's first grid: its intervals are
 * `schedule.startFactor` times the coarsest ones. Not changed.
 * @param dataset Training rows; undefined for an engine that brings its points along.
 * @param options Loss, schedule, optimizer, engine, validation rows, abort signal.
 * @returns Events, the last one of type `finished`.
 * @throws {TypeError} If network and dataset (or validation rows) do not fit.
 * @throws {RangeError} If an option is out of range, a number of a dataset is not finite (the
 * message names row and column), or the checkpoint is of another run.
 *
 * @example
 * ```ts
 * import {
 *   createNetwork, findProblem, galleryDatasets, multilevelSchedule, train,
 * } from "@freeknot/freeknot";
 * import { assert } from "@std/assert";
 *
 * const { train: rows } = galleryDatasets(findProblem("nonsmooth"), { rows: 300 });
 * const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
 * for await (const event of train(network, rows, { schedule: multilevelSchedule([2, 1]) })) {
 *   if (event.type === "finished") assert(event.loss < 0.1);
 * }
 * ```
 */
export async function* train(
  network: Network,
  dataset: Dataset | undefined,
  options: TrainOptions = {},
): AsyncGenerator<TrainEvent, void, void> {
  const run = resolveRun(network, dataset, options);
  const state = options.resume ? resume(run, options.resume) : begin(run);
  yield* state.events;
  const letGo = keepHelpers(); // threads go on from stage to stage
  try {
    if (run.tournament && !options.resume) yield* holdTournament(run, state);
    const { stages } = run.schedule;
    const goesOn = () =>
      // a run that is stopped before its first stage tells its network's loss
      state.start !== undefined || state.ending === undefined || Number.isNaN(state.networkLoss);
    while (state.stage < stages.length && goesOn()) yield* runStage(run, state);
  } finally {
    letGo();
  }
  yield finished(state);
}
