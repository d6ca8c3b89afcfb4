/**
 * One run of training, watched and interruptible.
 *
 * @module
 */

import { type NetworkOptions, resolveConfig } from "../../../lib/model/mod.ts";
import { scheduleCost } from "../../../lib/multilevel/mod.ts";
import { chooseTraining } from "../../../lib/train/inner.ts";
import { UsageError } from "../../terminal/errors.ts";
import { inputNames, numOutputs, type TrainData } from "./data.ts";
import type { ReadyRequest, TrainRequest } from "./request.ts";

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
