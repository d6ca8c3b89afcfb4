/**
 * One run of training, watched and interruptible.
 *
 * @module
 */

import { createNetwork, type NetworkOptions, resolveConfig } from "../../../lib/model/mod.ts";
import { scheduleCost } from "../../../lib/multilevel/mod.ts";
import type { SolveStatus } from "../../../lib/physics/mod.ts";
import { chooseTraining } from "../../../lib/train/inner.ts";
import {
  createTournament,
  type FinishedEvent,
  train,
  type TrainEvent,
} from "../../../lib/train/mod.ts";
import type { RunCheckpoint } from "../../runs/checkpoint.ts";
import { EXIT, UsageError } from "../../terminal/errors.ts";
import type { Progress } from "../../terminal/progress.ts";
import { type DataParts, inputNames, numOutputs, type TrainData } from "./data.ts";
import type { ReadyRequest, TrainRequest } from "./request.ts";

/** All that happened in a run. */
export interface Run {
  readonly events: readonly TrainEvent[];
  readonly finished: FinishedEvent;
}

/**
 * The network's options with widths that fit the data.
 *
 * @throws {UsageError} If the widths do not begin with the inputs and end with the outputs.
 * @throws {RangeError} If the options exclude each other.
 */
export function networkOptions(request: TrainRequest, data: TrainData): NetworkOptions {
  const { nIn } = data.parts.train;
  const nOut = numOutputs(data.encoding);
  const widths = request.network.widths ?? [nIn, 5, nOut];
  if (widths[0] !== nIn || widths[widths.length - 1] !== nOut) {
    const names = inputNames(data.encoding, nIn);
    const shown = names.length > 4 ? `${names.slice(0, 3).join(", ")}, ...` : names.join(", ");
    throw new UsageError(
      `Cannot train: --widths must begin with ${nIn} (inputs ${shown}) and end with ${nOut} ` +
        `(${outputsText(data)}), current value is ${widths.join(",")}`,
    );
  }
  const options = { ...request.network, widths };
  resolveConfig(options);
  const { finestIntervals } = scheduleCost(request.schedule, request.network.intervals!);
  resolveConfig({ ...options, intervals: finestIntervals });
  return options;
}

/** The request with all that training needs chosen where it was not asked for. */
export function withOptimizer(request: TrainRequest, options: NetworkOptions): ReadyRequest {
  const { loss, engine, optimizer, refinement, starts, smoothing } = request;
  const schedule = request.scheduled ? request.schedule : undefined;
  const asked = { loss, engine, schedule, optimizer, refinement, starts, smoothing };
  const { auto, ...choice } = chooseTraining(options, asked);
  return { ...request, ...(auto ? { epochs: "auto" } : {}), ...choice };
}

/** The same for data whose network is not known yet. */
export function readyRequest(request: TrainRequest, data: TrainData): ReadyRequest {
  return withOptimizer(request, networkOptions(request, data));
}

function outputsText({ encoding }: TrainData): string {
  if (encoding.kind === "gallery") return "the function's value";
  if (encoding.task === "regression") return encoding.targets.map(({ name }) => name).join(", ");
  return encoding.labels.length === 2
    ? "two classes share one"
    : `${encoding.labels.length} classes`;
}

/**
 * Trains, shows progress, and stops with the best network so far when asked to.
 *
 * @param signal Asks.
 * @param checkpoint Where to go on, and who keeps the state.
 */
export async function runTraining(
  request: ReadyRequest,
  options: NetworkOptions,
  { train: rows, validation }: DataParts,
  progress: Progress,
  signal: AbortSignal,
  checkpoint?: RunCheckpoint,
): Promise<Run> {
  const { schedule, loss, optimizer, optimizers, engine, patience, seed, starts, smoothing } =
    request;
  const intervals = request.network.intervals! * schedule.startFactor;
  const own = { ...options, intervals };
  const network = createNetwork(own, { seed });
  const running = train(network, rows, {
    schedule,
    loss,
    optimizer,
    optimizers,
    engine,
    smoothing,
    ...(starts > 1 ? { tournament: createTournament(own, { seed, starts }) } : {}),
    signal,
    ...(validation === undefined ? {} : { validation, patience }),
    ...(checkpoint?.resume === undefined ? {} : { resume: checkpoint.resume }),
  });
  const events: TrainEvent[] = [];
  try {
    for await (const event of running) {
      events.push(event.type === "epoch" ? { type: "epoch", record: event.record } : event);
      progress.event(event);
      await checkpoint?.take(event);
    }
  } finally {
    progress.stop();
  }
  return { events, finished: events[events.length - 1] as FinishedEvent };
}

/** The exit code of a run. */
export function runExitCode({ status }: { readonly status: SolveStatus }): number {
  if (status === "stopped") return EXIT.interrupted;
  const failed = status === "diverged" || status === "failed" || status === "unresolved";
  return failed ? EXIT.failed : EXIT.done;
}
