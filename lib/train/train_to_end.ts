/**
 * Training without listening: the end of a run.
 *
 * @module
 */

import type { Network } from "../model/mod.ts";
import type { Dataset } from "../data/mod.ts";
import type { FinishedEvent, TrainEvent } from "./events.ts";
import type { TrainOptions } from "./run.ts";
import { train } from "./train.ts";

/**
 * Trains a network to the end of its schedule.
 *
 * @param network As for {@linkcode train}.
 * @param dataset As for {@linkcode train}.
 * @param options As for {@linkcode train}, and a listener for events on the way.
 * @returns The last event: the best network, its loss, the status.
 * @throws As {@linkcode train}.
 *
 * @example
 * ```ts
 * import {
 *   createNetwork, findProblem, galleryDatasets, multilevelSchedule, trainToEnd,
 * } from "@freeknot/freeknot";
 * import { assertEquals } from "@std/assert";
 *
 * const { train: rows } = galleryDatasets(findProblem("nonsmooth"), { rows: 200 });
 * const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
 * const { status, levels } = await trainToEnd(network, rows, { schedule: multilevelSchedule([4, 2]) });
 * assertEquals([status, levels.map(({ intervals }) => intervals)], ["completed", [5, 10]]);
 * ```
 */
export async function trainToEnd(
  network: Network,
  dataset: Dataset | undefined,
  options: TrainOptions & { readonly onEvent?: (event: TrainEvent) => void } = {},
): Promise<FinishedEvent> {
  let last: FinishedEvent | undefined;
  for await (const event of train(network, dataset, options)) {
    options.onEvent?.(event);
    if (event.type === "finished") last = event;
  }
  return last!;
}
