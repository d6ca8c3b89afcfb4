/**
 * The same training from several first guesses.
 *
 * @module
 */

import { checkArray } from "../numerics/inner.ts";
import { createNetwork, type NetworkOptions } from "../model/mod.ts";
import { multilevelSchedule } from "../multilevel/mod.ts";
import type { Dataset } from "../data/mod.ts";
import type { FinishedEvent, TrainEvent } from "./events.ts";
import { createTournament } from "./tournament.ts";
import type { TrainOptions } from "./run.ts";
import { trainToEnd } from "./train_to_end.ts";

/** How the run of one seed ended. */
export type SeedRun =
  & {
    /** The seed of its first parameters. */
    readonly seed: number;
  }
  & (
    | {
      /** The run's last event, of any status. */
      readonly finished: FinishedEvent;
    }
    | {
      /** Why the run has no last event. */
      readonly error: Error;
    }
  );

/** Options of {@linkcode trainSeeds}: the options of training, and a listener. */
export interface TrainSeedsOptions extends Omit<TrainOptions, "resume" | "tournament"> {
  /** First guesses that compete for each seed, see {@linkcode createTournament}. Default 1: none. */
  readonly starts?: number;
  /** Told every event of every run. */
  readonly onEvent?: (seed: number, event: TrainEvent) => void;
}

/**
 * Trains a network from several seeds, one after another, each on all of the engine's threads.
 *
 * @param network Configuration on the coarsest grid; the schedule's `startFactor` refines it.
 * @param dataset Training rows, the same for all.
 * @param seeds Seeds of the first parameters.
 * @param options As for {@linkcode train}.
 * @returns One entry per seed, in their order. A run that throws does not end the others; a stop
 * through `options.signal` ends them all with status `stopped`.
 *
 * @example The best of three, and all three together
 * ```ts
 * import {
 *   ensembleOutputs, findProblem, galleryDatasets, multilevelSchedule,
 * } from "@freeknot/freeknot";
 * import { summarise, trainSeeds } from "@freeknot/freeknot/train";
 * import { assert } from "@std/assert";
 *
 * const { train, test } = galleryDatasets(findProblem("nonsmooth"), { rows: 100 });
 * const runs = await trainSeeds({ widths: [2, 5, 1] }, train, [1, 2, 3], {
 *   schedule: multilevelSchedule([2, 1]),
 * });
 * const done = runs.flatMap((run) => "finished" in run ? [run.finished] : []);
 * const { least, median } = summarise(done.map(({ loss }) => loss));
 * assert(least <= median);
 * const mean = ensembleOutputs(done.map(({ network }) => network), test.inputs);
 * assert(mean.every(Number.isFinite));
 * ```
 */
export async function trainSeeds(
  network: NetworkOptions,
  dataset: Dataset,
  seeds: readonly number[],
  options: TrainSeedsOptions = {},
): Promise<SeedRun[]> {
  checkArray("train", "seeds", seeds, "an array of seeds");
  const { onEvent, starts = 1, ...training } = options;
  const schedule = options.schedule ?? multilevelSchedule([32, 16, 8, 4]);
  const intervals = (network.intervals ?? 5) * schedule.startFactor;
  const runs: SeedRun[] = [];
  for (const seed of seeds) {
    try {
      const config = { ...network, intervals };
      const finished = await trainToEnd(createNetwork(config, { seed }), dataset, {
        ...training,
        ...(starts > 1 ? { tournament: createTournament(config, { seed, starts }) } : {}),
        schedule,
        ...(onEvent ? { onEvent: (event) => onEvent(seed, event) } : {}),
      });
      runs.push({ seed, finished });
    } catch (error) {
      runs.push({ seed, error: error instanceof Error ? error : new Error(String(error)) });
    }
  }
  return runs;
}
