/**
 * The state of a run: a checkpoint that changes.
 *
 * @module
 */

import type { Checkpoint, FinishedEvent } from "./events.ts";
import { checkOrigin } from "./checkpoint.ts";
import type { Run, RunState } from "./run.ts";

/** The state at the start of a run. */
export function begin({ network }: Run): RunState {
  return {
    ...{ stage: 0, stageEpochs: 0, stageEnded: false, start: undefined, optimizer: undefined },
    ...{ epochs: 0, work: 0, evaluations: 0, unimproved: 0, levels: [], events: [] },
    best: { parameters: network.parameters, criterion: Infinity, latest: NaN },
    before: { epochs: 0, evaluations: 0, seconds: 0 },
    network,
    networkLoss: NaN,
    begun: performance.now(),
  };
}

/** The state that a checkpoint holds; a `RangeError` if it is another run's. */
export function resume(run: Run, checkpoint: Checkpoint): RunState {
  checkOrigin(checkpoint, run.origin());
  const { origin: _, seconds, ...progress } = checkpoint;
  return {
    ...progress,
    levels: [...progress.levels],
    events: [...progress.events],
    optimizer: structuredClone(progress.optimizer),
    network: run.network,
    networkLoss: NaN,
    begun: performance.now() - 1000 * seconds,
  };
}

/** A copy of the state after an epoch. */
export function checkpoint(run: Run, state: RunState): Checkpoint {
  const { network: _, networkLoss: __, begun: ___, start, optimizer, ...progress } = state;
  return {
    origin: run.origin(),
    ...progress,
    start: start!,
    optimizer: structuredClone(optimizer!),
    best: structuredClone(progress.best),
    seconds: secondsOf(state),
    levels: progress.levels.slice(),
    events: progress.events.slice(),
  };
}

/** Seconds of training so far, over every process that took part. */
export function secondsOf({ begun }: RunState): number {
  return (performance.now() - begun) / 1000;
}

/** The event that ends a run. */
export function finished(state: RunState): FinishedEvent {
  return {
    type: "finished",
    ...state.ending ?? { status: "completed", reason: "every epoch of the schedule is done" },
    network: state.network,
    loss: state.networkLoss,
    evaluations: state.evaluations,
    seconds: secondsOf(state),
    levels: state.levels,
  };
}
