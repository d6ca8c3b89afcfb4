/**
 * One stage of the schedule: compile, epochs, the best parameters.
 *
 * @module
 */

import { addWeightDecay } from "../engine/inner.ts";
import { EngineError } from "../engine/mod.ts";
import { countMoving } from "../model/mod.ts";
import { norm } from "../numerics/inner.ts";
import type { Checkpoint, EpochRecord, StageEvent, TrainEvent } from "./events.ts";
import { constrained, heldTo, inNetwork } from "./constraints/constrained.ts";
import { createGridMap } from "./constraints/edge_grids.ts";
import { type ConstraintMap, createShape } from "./constraints/shape.ts";
import { expecting } from "./evaluators/expecting.ts";
import { frozen } from "./evaluators/frozen.ts";
import { interruptible, StopRequest } from "./evaluators/interruptible.ts";
import { smoothed } from "./evaluators/smoothed.ts";
import { stageEvaluator } from "./evaluators/stage_evaluator.ts";
import type { EpochStatus, Optimizer, OptimizerState } from "./optimizers/optimizer.ts";
import { bestNetwork, consider, orInfinity } from "./policies/best.ts";
import { deviceFailure, plainNetwork } from "./policies/device_failure.ts";
import { POLICIES } from "./policies/policies.ts";
import { beginRounding, followRounding } from "./policies/rounding.ts";
import { beginning, refined, transferTo } from "./policies/transfer.ts";
import type { OpenStage, Run, RunState } from "./run.ts";
import { checkpoint, secondsOf } from "./run_state.ts";

const STOPPED = { status: "stopped", reason: "training was asked to stop" } as const;

/** Runs the stage at which a run stands; the state is then at the next one, or has an ending. */
export async function* runStage(
  run: Run,
  state: RunState,
): AsyncGenerator<TrainEvent, void, void> {
  const stage = await openStage(run, state);
  if (!stage) return;
  const { epochs } = stage.spec;
  try {
    if (!stage.resumed) yield* tellStart(run, state, stage);
    while (state.stageEpochs < epochs && !state.ending && !state.stageEnded) {
      yield* runEpoch(run, state, stage);
    }
    takeCarried(state, stage);
    await keepNetwork(state, () => bestNetwork(state, stage));
  } catch (error) {
    if (error instanceof EngineError) {
      state.ending = deviceFailure(error);
      await keepNetwork(state, () => plainNetwork(run, state));
    } else if (error instanceof StopRequest) {
      state.ending = STOPPED;
      count(state, stage);
      await consider(run, state, stage, inNetwork(stage.shape, state.optimizer!));
      await keepNetwork(state, () => bestNetwork(state, stage));
    } else throw error;
  } finally {
    stage.compiled.dispose(); // also where the listener has left, or an optimizer has failed
  }
  closeStage(state);
}

/** Compiles; undefined where the device fails after coarser grids have reached something. */
async function openStage(run: Run, state: RunState): Promise<OpenStage | undefined> {
  const { schedule, engine, loss, smoothing, signal } = run, index = state.stage;
  const spec = schedule.stages[index], optimizer = run.optimizers[index], coarse = state.network;
  const resumed = state.start !== undefined;
  const splits = !resumed && (spec.refine ?? 1) > 1 && spec.placement !== "residual";
  const network = state.start ?? refined(run, coarse, spec);
  let opened: Awaited<ReturnType<typeof stageEvaluator>>;
  try {
    opened = await stageEvaluator(engine, {
      ...{ network, loss, dataset: run.dataset, stage: index, carried: state.carried },
      penalty: run.penalty,
      coarse: splits ? coarse : undefined,
    }, run.structure);
  } catch (error) {
    if (!(error instanceof EngineError) || state.levels.length === 0) throw error;
    state.ending = deviceFailure(error);
    if (!resumed) return undefined;
    await keepNetwork(state, () => plainNetwork(run, state));
    closeStage(state);
    return undefined;
  }
  const { compiled } = opened, { constraints } = run;
  const held = constraints && !resumed ? heldTo(opened.start, constraints) : undefined;
  const start = held?.network ?? opened.start;
  const shape = held?.shape ??
    (constraints ? createShape(start, constraints) : createGridMap(start));
  const smooth = smoothing > 0 ? smoothed(compiled, start) : undefined;
  if (smooth && resumed) smooth.weight = state.smoothing ?? 0;
  beginRounding(run, state, { compiled, optimizer });
  const fixed = frozen(smooth?.evaluator ?? compiled, start, spec);
  const whole = shape ? constrained(fixed, shape) : fixed;
  const more = () => spec.epochs - state.stageEpochs - 1 > 0; // epochs after the one that runs
  if (!resumed) {
    const { evaluations, epochs } = state;
    state.start = start;
    state.before = { seconds: secondsOf(state), evaluations, epochs };
    state.best = { parameters: start.parameters, criterion: Infinity, latest: NaN };
    state.optimizer = firstState(run, state, optimizer, shape);
  }
  return {
    ...{ spec, optimizer, compiled, smooth, shape, resumed },
    evaluator: interruptible(expecting(whole, more), signal),
    records: state.events.flatMap((event) =>
      event.type === "epoch" && event.record.stage === index &&
        event.record.epoch > (state.rounding?.since ?? 0)
        ? [event.record]
        : []
    ),
    counted: state.optimizer!.evaluations,
  };
}

/** The optimizer's state at the start of a stage: what holds of the one before is kept. */
function firstState(
  run: Run,
  state: RunState,
  optimizer: Optimizer,
  shape: ConstraintMap | undefined,
): OptimizerState {
  const { parameters } = state.start!;
  if (shape) return beginning(optimizer, shape.encode(parameters), run.rows, state.evaluations);
  const latest = state.optimizer, index = state.stage;
  return latest && optimizer.restart && optimizer === run.optimizers[index - 1]
    ? optimizer.restart(latest, parameters, transferTo(run.schedule, index, state.network))
    : beginning(optimizer, parameters, run.rows, state.evaluations);
}

/** Evaluates where the stage begins. */
async function* tellStart(
  run: Run,
  state: RunState,
  { spec, compiled, smooth }: OpenStage,
): AsyncGenerator<TrainEvent, void, void> {
  const { parameters, config: { intervals } } = state.start!;
  const { objective, loss } = await compiled.evaluate(parameters);
  state.evaluations++;
  const lossAfter = orInfinity(loss);
  if (smooth && lossAfter < Infinity) smooth.weight = run.smoothing * lossAfter;
  if (smooth) state.smoothing = smooth.weight;
  await consider(run, state, { compiled }, {
    parameters,
    objective: objective + (smooth?.penalty(parameters) ?? 0),
  });
  if ((spec.refine ?? 1) > 1) {
    yield tell(state, {
      type: "refined",
      fromIntervals: state.network.config.intervals,
      toIntervals: intervals,
      lossBefore: state.networkLoss,
      lossAfter,
    });
  }
  const begun: StageEvent = {
    type: "stage",
    stage: state.stage,
    intervals,
    epochs: spec.epochs,
    parameters: state.optimizer!.parameters.length,
    totalEpochs: run.totalEpochs,
    ...(compiled.bytes === undefined ? {} : { bytes: compiled.bytes }),
  };
  yield tell(state, begun);
  if (!Number.isFinite(objective)) state.ending = diverged(objective, "before the first step");
}

/** One epoch, what the policies say of it, and the way to keep it. */
async function* runEpoch(
  run: Run,
  state: RunState,
  stage: OpenStage,
): AsyncGenerator<TrainEvent, void, void> {
  const { criterion } = state.best;
  // with held-out rows every step is judged: an epoch is long enough to overfit
  const judgeStep = run.validation &&
    ((step: Readonly<OptimizerState>) => consider(run, state, stage, inNetwork(stage.shape, step)));
  const status = await stage.optimizer.epoch(state.optimizer!, stage.evaluator, judgeStep);
  const optimizer = state.optimizer!;
  count(state, stage);
  state.epochs++;
  state.work += state.start!.config.intervals / run.coarsest;
  if (!Number.isFinite(optimizer.objective)) {
    state.ending = diverged(optimizer.objective, `in epoch ${state.epochs}`);
    return;
  }
  if (!judgeStep) await consider(run, state, stage, inNetwork(stage.shape, optimizer));
  state.unimproved = state.best.criterion < criterion ? 0 : state.unimproved + 1;
  const record = await epochRecord(run, state, stage);
  stage.records.push(record);
  await endEpoch(run, state, stage, status);
  takeCarried(state, stage);
  state.stageEpochs++;
  state.events.push({ type: "epoch", record });
  yield* withCheckpoint(record, () => checkpoint(run, state));
}

/** Asks the policies; a penalty whose rounding can be lowered goes on. */
async function endEpoch(
  run: Run,
  state: RunState,
  stage: OpenStage,
  status: EpochStatus,
): Promise<void> {
  const done = status === "converged" || status === "stalled";
  const lowered = followRounding(run, state, stage, done);
  await askPolicies(run, state, stage, lowered && done ? "running" : status);
  if (state.ending?.status !== "stalled" || !followRounding(run, state, stage, true)) return;
  state.stageEnded = false;
  delete state.ending;
}

/** Asks one policy after the other until one ends the stage. */
async function askPolicies(
  run: Run,
  state: RunState,
  stage: OpenStage,
  status: EpochStatus,
): Promise<void> {
  const isLast = state.stage === run.schedule.stages.length - 1;
  for (const policy of [...POLICIES, ...run.policies]) {
    const verdict = await policy.afterEpoch({ run, state, stage, status, isLast });
    if (!verdict) continue;
    state.stageEnded = true;
    if (verdict.ending) state.ending = verdict.ending;
    return;
  }
}

async function epochRecord(
  run: Run,
  state: RunState,
  { smooth, compiled, shape }: OpenStage,
): Promise<EpochRecord> {
  const { parameters, objective, gradient, step } = inNetwork(shape, state.optimizer!);
  const found = (run.penalty ?? run.structure) && await compiled.evaluate(parameters);
  const loss = objective - addWeightDecay(run.loss, parameters) -
    (smooth?.penalty(parameters) ?? 0);
  return {
    stage: state.stage,
    intervals: state.start!.config.intervals,
    epoch: state.epochs,
    work: state.work,
    loss: found?.loss ?? loss,
    objective,
    ...(found?.penalty === undefined ? {} : { penalty: found.penalty }),
    ...(run.validation ? { validationLoss: state.best.latest } : {}),
    gradientNorm: orInfinity(norm(gradient)),
    ...(step ? { step } : {}),
    evaluations: state.evaluations,
    seconds: secondsOf(state),
  };
}

/** Counts the evaluations of the optimizer since the last time. */
function count(state: RunState, stage: OpenStage): void {
  const { evaluations } = state.optimizer!;
  state.evaluations += evaluations - stage.counted;
  stage.counted = evaluations;
}

/** Takes what the engine hands on, to the next stage or into a checkpoint. */
function takeCarried(state: RunState, { compiled }: OpenStage): void {
  if (compiled.carried) state.carried = compiled.carried();
}

async function keepNetwork(
  state: RunState,
  best: () => Promise<{ readonly network: RunState["network"]; readonly loss: number }>,
): Promise<void> {
  const { network, loss } = await best();
  state.network = network;
  state.networkLoss = loss;
}

/** Adds up what the stage has cost, and goes to the next one. */
function closeStage(state: RunState): void {
  const { before, start } = state;
  state.levels.push({
    intervals: start!.config.intervals,
    parameters: countMoving(start!),
    epochs: state.epochs - before.epochs,
    evaluations: state.evaluations - before.evaluations,
    loss: state.networkLoss,
    seconds: secondsOf(state) - before.seconds,
  });
  state.stage++;
  state.stageEpochs = 0;
  state.stageEnded = false;
  state.start = undefined;
  delete state.smoothing;
}

function tell<Event extends RunState["events"][number]>(state: RunState, event: Event): Event {
  state.events.push(event);
  return event;
}

function diverged(objective: number, when: string) {
  return { status: "diverged", reason: `the objective became ${objective} ${when}` } as const;
}

/** Tells an epoch with the way to keep it, which ends as soon as training goes on. */
function* withCheckpoint(record: EpochRecord, copy: (() => Checkpoint) | undefined) {
  yield {
    type: "epoch",
    record,
    checkpoint() {
      if (copy) return copy();
      throw new RangeError(
        "Cannot make checkpoint: the event must be the latest one, current value is an earlier one",
      );
    },
  } as const;
  copy = undefined;
}
