/**
 * The options of a run, resolved and checked.
 *
 * @module
 */

import { checkNetwork } from "../model/inner.ts";
import { checkNotNegative, checkOptions } from "../numerics/inner.ts";
import { countParameters, type Network } from "../model/mod.ts";
import { multilevelSchedule, type Schedule } from "../multilevel/mod.ts";
import { rowsInAll } from "../data/inner.ts";
import type { Dataset } from "../data/mod.ts";
import { checkProblem } from "../engine/inner.ts";
import { cpuEngine } from "../engine/mod.ts";
import { checkConstraints } from "./constraints/constraints.ts";
import { checkpointOrigin } from "./checkpoint.ts";
import type { CheckpointOrigin } from "./events.ts";
import { defaultOptimizer } from "./optimizers/default_optimizer.ts";
import type { Optimizer } from "./optimizers/optimizer.ts";
import { stageOptimizers } from "./optimizers/stage_optimizers.ts";
import type { Run, TrainOptions } from "./run.ts";
import { resolvePenalties } from "./sparsity.ts";

/** `TrainOptions.smoothing` that pays by Gauss-Newton; see docs/optimizers.md. */
export const GAUSS_NEWTON_SMOOTHING = 1e-3;

const OPTIONS = "loss schedule optimizer optimizers engine validation patience smoothing " +
  "sparsity smoothness constraints tournament policies signal resume onEvent";

/** Resolves and checks the options of a run, with the errors of `train`. */
export function resolveRun(
  network: Network,
  dataset: Dataset | undefined,
  options: TrainOptions,
): Run {
  checkNetwork("train", network);
  checkOptions("train", options, OPTIONS);
  const loss = options.loss ?? { kind: "mse" };
  const schedule = options.schedule ?? multilevelSchedule([32, 16, 8, 4]);
  const engine = options.engine ?? cpuEngine;
  if (!engine.residuals && !dataset) {
    throw new TypeError(
      "Cannot train: dataset must be rows of inputs and targets, current value is " + dataset,
    );
  }
  const optimizer = options.optimizer ?? defaultOptimizer(network.config, schedule, loss, engine);
  const { validation, tournament, constraints } = options, smoothing = options.smoothing ?? 0;
  if (constraints) checkConstraints(network.config, constraints, loss, schedule);
  checkGrids(network, options);
  const optimizers = stageOptimizers(schedule, optimizer, options.optimizers);
  checkSizes(network, schedule, optimizers);
  if (validation) checkProblem(network, loss, validation);
  checkNotNegative("train", "smoothing", smoothing);
  const run = {
    ...{ network, dataset, loss, schedule, engine, optimizer, validation },
    ...{ tournament, constraints },
    rows: dataset ? rowsInAll(dataset) : engine.residuals!.rows,
    optimizers,
    patience: checkPatience(options.patience ?? 10),
    smoothing,
    ...resolvePenalties(options.sparsity, options.smoothness),
    policies: options.policies ?? [],
    signal: options.signal,
    coarsest: coarsestIntervals(network, schedule),
    totalEpochs: schedule.stages.reduce((sum, stage) => sum + stage.epochs, 0),
  };
  let origin: CheckpointOrigin | undefined;
  return { ...run, origin: () => origin ??= checkpointOrigin(run) };
}

/** Networks with grids of edges are trained on these, and held to nothing else. */
function checkGrids({ edgeGrids }: Network, { constraints, tournament }: TrainOptions): void {
  const name = constraints ? "constraints" : "tournament";
  if (edgeGrids === undefined || (constraints ?? tournament) === undefined) return;
  throw new RangeError(
    `Cannot train: ${name} must be left out for a network whose edges have their own grids, current ` +
      "value is given",
  );
}

/** Optimizers that keep a matrix take so many parameters, on every grid that they see. */
function checkSizes(
  { config, parameters: { length } }: Network,
  { stages }: Schedule,
  optimizers: readonly Optimizer[],
): void {
  let { intervals } = config;
  for (const [s, { name, mostParameters = Infinity }] of optimizers.entries()) {
    const { refine = 1, epochs } = stages[s];
    intervals *= refine;
    const count = intervals === config.intervals
      ? length
      : countParameters({ ...config, intervals });
    if (epochs === 0 || count <= mostParameters) continue;
    throw new RangeError(
      `Cannot train: optimizer must be another than ${name} beyond ${mostParameters} parameters, ` +
        `current value is ${name} with ${count} parameters at ${intervals} intervals`,
    );
  }
}

function coarsestIntervals(network: Network, schedule: Schedule): number {
  const refines = schedule.startFactor > 1 || schedule.stages.some(({ refine = 1 }) => refine > 1);
  if (refines && network.config.activation !== "spline") {
    throw new RangeError(
      "Cannot train: schedule must stay on one grid (coarseSchedule) for an MLP, which has no " +
        `intervals to split, current value is ${schedule.name}`,
    );
  }
  const coarsest = network.config.intervals / schedule.startFactor;
  if (!Number.isInteger(coarsest)) {
    throw new RangeError(
      "Cannot train: network intervals must be a multiple of the schedule's startFactor " +
        `${schedule.startFactor}, current value is ${network.config.intervals}`,
    );
  }
  return coarsest;
}

function checkPatience(patience: number): number {
  if (Number.isInteger(patience) && patience >= 1) return patience;
  throw new RangeError(
    `Cannot train: patience must be an integer >= 1, current value is ${patience}`,
  );
}
