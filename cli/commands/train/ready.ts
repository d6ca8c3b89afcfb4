/**
 * A run that only has to begin: engine, network, data and options chosen, in the command line and
 * in the browser's page.
 *
 * @module
 */

import { createNetwork, type Network, type NetworkOptions } from "../../../lib/model/mod.ts";
import { defined } from "../../../lib/numerics/inner.ts";
import {
  type Constraints,
  createTournament,
  type FinishedEvent,
  train,
  type TrainOptions,
} from "../../../lib/train/mod.ts";
import { trainConstraints } from "./constraints.ts";
import type { DataParts, TrainData } from "./data.ts";
import { openEngine } from "./engines.ts";
import { networkOptions, withOptimizer } from "./network.ts";
import { type RunOptions, runOptions } from "./options.ts";
import { choosePenalties, type ChosenPenalties } from "./penalties.ts";
import type { ReadyRequest, TrainRequest } from "./request.ts";
import { withRobustDelta } from "./robust.ts";
import { withTargetScale } from "./target_scale.ts";

/** A run that only has to begin. */
export interface ReadyRun {
  readonly request: ReadyRequest;
  readonly data: TrainData;
  /** The network's options, on the coarsest grid. */
  readonly network: NetworkOptions;
  readonly penalties: ChosenPenalties;
  readonly constraints?: Constraints;
  /** Every option that decides the result. */
  readonly options: RunOptions;
  /** Gives the engine's device back. */
  close(): void | Promise<void>;
}

/**
 * Chooses what a request leaves open; some choices train on the data.
 *
 * @throws {UsageError} If the request does not fit the data.
 */
export async function readyRun(
  asked: TrainRequest,
  read: TrainData,
  { signal, note }: { readonly signal: AbortSignal; note(text: string): void },
): Promise<ReadyRun> {
  const network = networkOptions(asked, read), constraints = await trainConstraints(asked, read);
  const { engine, note: engineNote, close } = await openEngine(asked);
  if (engineNote !== undefined) note(engineNote);
  const closing = async (error: unknown): Promise<never> => {
    await close();
    throw error;
  };
  const firstFit = (first: ReadyRequest, parts: DataParts) =>
    fitOnce({ request: first, network, penalties: {}, ...defined({ constraints }) }, parts, signal);
  const ready = withOptimizer({ ...asked, engine }, network);
  const scaled = await withTargetScale(ready, read, firstFit, note).catch(closing),
    { data } = scaled;
  const request = await withRobustDelta(scaled.request, data.parts, firstFit, note).catch(closing);
  const penalties = await choosePenalties(request, network, data, signal, note).catch(closing);
  const options = runOptions(request, network, data, penalties);
  return { request, data, network, penalties, options, close, ...defined({ constraints }) };
}

/** What a run needs to begin. */
type RunParts = Pick<ReadyRun, "request" | "network" | "penalties" | "constraints">;

async function fitOnce(run: RunParts, parts: DataParts, signal: AbortSignal): Promise<Network> {
  const { network, options } = trainingOf(run, parts);
  let last: FinishedEvent | undefined;
  for await (const event of train(network, parts.train, { ...options, signal })) {
    if (event.type === "finished") last = event;
  }
  return last!.network;
}

/** The first network of a run, and what the library's `train` is told. */
export function trainingOf(
  { request, network: shape, penalties, constraints }: RunParts,
  { validation }: DataParts,
): { readonly network: Network; readonly options: TrainOptions } {
  const { schedule, loss, optimizer, optimizers, engine, patience, seed, starts, smoothing } =
    request;
  const own = { ...shape, intervals: request.network.intervals! * schedule.startFactor };
  return {
    network: createNetwork(own, { seed }),
    options: {
      ...{ schedule, loss, optimizer, optimizers, engine, smoothing },
      ...defined({ sparsity: penalties.sparsity, smoothness: penalties.smoothness, constraints }),
      ...(starts > 1 ? { tournament: createTournament(own, { seed, starts }) } : {}),
      ...(validation === undefined ? {} : { validation, patience }),
    },
  };
}
