/**
 * What the training loop tells its listeners.
 *
 * @module
 */

import type { Network } from "../model/mod.ts";

/** How a run ended. */
export type TrainStatus =
  /** Every epoch of the schedule is done. */
  | "completed"
  /** The tolerances are met, or the validation loss falls no more. */
  | "converged"
  /** The objective is not finite. */
  | "diverged"
  /** Asked to stop. */
  | "stopped"
  /** The engine's device failed. */
  | "failed";

/** One row of the training log, written after every epoch. */
export interface EpochRecord {
  /** Index of the schedule's stage. */
  readonly stage: number;
  /** Pieces per spline at this stage. */
  readonly intervals: number;
  /** Epochs done in the whole run, from 1. */
  readonly epoch: number;
  /** Work units so far: epochs x intervals / coarsest intervals. */
  readonly work: number;
  /** Loss on the training rows, without weight decay. */
  readonly loss: number;
  /** Objective: loss plus weight decay. */
  readonly objective: number;
  /** Loss on the validation rows, where there are any. */
  readonly validationLoss?: number;
  /** Euclidean norm of the gradient. */
  readonly gradientNorm: number;
  /** Evaluations of the objective so far. */
  readonly evaluations: number;
  /** Seconds since the start of the run. */
  readonly seconds: number;
}

/** What one level of the hierarchy cost and reached. */
export interface LevelSummary {
  /** Pieces per spline. */
  readonly intervals: number;
  /** Trainable parameters at this level. */
  readonly parameters: number;
  /** Epochs done at this level. */
  readonly epochs: number;
  /** Evaluations at this level. */
  readonly evaluations: number;
  /** Training loss at its end. */
  readonly loss: number;
  /** Seconds at this level. */
  readonly seconds: number;
}

/** A stage of the schedule begins. */
export interface StageEvent {
  /** Tells events apart. */
  readonly type: "stage";
  /** Index of the schedule's stage. */
  readonly stage: number;
  /** Pieces per spline. */
  readonly intervals: number;
  /** Epochs of this stage. */
  readonly epochs: number;
  /** Trainable parameters on this grid. */
  readonly parameters: number;
  /** Epochs of the whole schedule. */
  readonly totalEpochs: number;
}

/** An epoch is done. */
export interface EpochEvent {
  /** Tells events apart. */
  readonly type: "epoch";
  /** The new row of the log. */
  readonly record: EpochRecord;
}

/** The network was prolonged to a finer grid. */
export interface RefinedEvent {
  /** Tells events apart. */
  readonly type: "refined";
  /** Pieces per spline before. */
  readonly fromIntervals: number;
  /** Pieces per spline after. */
  readonly toIntervals: number;
  /** Training loss before and after: equal to rounding. */
  readonly lossBefore: number;
  /** Training loss after; see `lossBefore`. */
  readonly lossAfter: number;
}

/** The run has ended; the best network is here. */
export interface FinishedEvent {
  /** Tells events apart. */
  readonly type: "finished";
  /** How it ended. */
  readonly status: TrainStatus;
  /** One sentence: why it ended so. */
  readonly reason: string;
  /** The network with the best parameters and the whole training set's statistics. */
  readonly network: Network;
  /** Its loss on the training rows, without weight decay. */
  readonly loss: number;
  /** Evaluations in all. */
  readonly evaluations: number;
  /** Seconds in all. */
  readonly seconds: number;
  /** What each level cost and reached. */
  readonly levels: readonly LevelSummary[];
}

/** All events, told apart by `type`. */
export type TrainEvent = StageEvent | EpochEvent | RefinedEvent | FinishedEvent;
