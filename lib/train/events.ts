/**
 * What the training loop tells its listeners, and where it stands.
 *
 * @module
 */

import type { Network } from "../model/mod.ts";
import type { Schedule } from "../multilevel/mod.ts";
import type { EdgePenalty, Loss, StructurePenalty } from "../engine/mod.ts";
import type { OptimizerState, StepRecord } from "./optimizers/optimizer.ts";

/** How a run ended. */
export type TrainStatus =
  /** Every epoch of the schedule is done. */
  | "completed"
  /** A test of optimality holds, or the validation loss falls no more. */
  | "converged"
  /** Progress has ended where no test of optimality holds. */
  | "stalled"
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
  /** Loss on the training rows, without weight decay and penalties. */
  readonly loss: number;
  /** Objective: loss, weight decay and penalties. */
  readonly objective: number;
  /** Penalties of sparsity and smoothness in the objective; absent where there are none. */
  readonly penalty?: number;
  /** Loss on the validation rows, where there are any. */
  readonly validationLoss?: number;
  /** Euclidean norm of the gradient; infinite where it overflows. */
  readonly gradientNorm: number;
  /** The latest step of Gauss-Newton; absent before the first, and of other optimizers. */
  readonly step?: StepRecord;
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

/** First guesses have competed; training begins with the winner. */
export interface TournamentEvent {
  /** Tells events apart. */
  readonly type: "tournament";
  /** Pieces per spline on which they competed. */
  readonly intervals: number;
  /** Rows that they were judged by. */
  readonly rows: number;
  /** Index of the winner. */
  readonly winner: number;
  /** Objective of each entrant that took part where it left, or won; infinite if it overflowed. */
  readonly objectives: readonly number[];
  /** Epochs that each entrant was given. */
  readonly epochs: readonly number[];
  /** Evaluations of all entrants. */
  readonly evaluations: number;
  /** Seconds of all entrants. */
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
  /** Memory of the engine on this grid, where it knows it; the optimizer's comes on top. */
  readonly bytes?: number;
}

/** An epoch is done. */
export interface EpochEvent {
  /** Tells events apart. */
  readonly type: "epoch";
  /** The new row of the log. */
  readonly record: EpochRecord;
  /**
   * Copies all that training needs to go on from here. To be called before the next event is asked
   * for; absent in the events of an earlier part of the run, which a resumed run tells again.
   */
  readonly checkpoint?: () => Checkpoint;
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
  /** Its loss on the training rows, without weight decay; infinite where it overflows. */
  readonly loss: number;
  /** Evaluations in all. */
  readonly evaluations: number;
  /** Seconds in all. */
  readonly seconds: number;
  /** What each level cost and reached. */
  readonly levels: readonly LevelSummary[];
}

/** All events, told apart by `type`. */
export type TrainEvent =
  | TournamentEvent
  | StageEvent
  | EpochEvent
  | RefinedEvent
  | FinishedEvent;

/** What a checkpoint belongs to: training goes on from it only where all of this is the same. */
export interface CheckpointOrigin {
  /** Fingerprint of the training rows. */
  readonly dataset: string;
  /** Fingerprint of the validation rows; null without. */
  readonly validation: string | null;
  /** Fingerprint of the network that training began with. */
  readonly network: string;
  /** The criterion. */
  readonly loss: Loss;
  /** Epochs and grids. */
  readonly schedule: Schedule;
  /** Name and numbers of the algorithm. */
  readonly optimizer: {
    readonly name: string;
    readonly options: Readonly<Record<string, unknown>>;
  };
  /** The same of every stage's algorithm, where stages name theirs. */
  readonly stageOptimizers?: readonly CheckpointOrigin["optimizer"][];
  /** Name and precision of the engine. */
  readonly engine: { readonly name: string; readonly dtype: string };
  /** Epochs without a lower validation loss after which training ends. */
  readonly patience: number;
  /** Share of a stage's first loss that weighs the smoothing penalty; absent: none. */
  readonly smoothing?: number;
  /** What edges cost; absent: nothing. */
  readonly penalty?: EdgePenalty;
  /** What inputs, nodes and bends cost; absent: nothing. */
  readonly structure?: StructurePenalty;
  /** What the network is held to; absent: nothing. */
  readonly constraints?: unknown;
  /** The first guesses that competed: their fingerprints and rounds; absent: none. */
  readonly tournament?: {
    readonly entrants: readonly string[];
    readonly rounds: readonly number[];
    readonly rows: number;
  };
}

/** Where training stands after an epoch: plain data. */
export interface Checkpoint {
  /** What it belongs to. */
  readonly origin: CheckpointOrigin;
  /** Index of the schedule's stage. */
  readonly stage: number;
  /** Epochs done in this stage. */
  readonly stageEpochs: number;
  /** Whether the stage is over before its epochs are used up. */
  readonly stageEnded: boolean;
  /** How the run ends, where it has ended. */
  readonly ending?: { readonly status: TrainStatus; readonly reason: string };
  /** The network at the stage's start. */
  readonly start: Network;
  /** The optimizer's state, random numbers included; each optimizer has its own fields. */
  readonly optimizer: OptimizerState;
  /** The best point of the stage so far, its criterion, and what was judged last. */
  readonly best: {
    readonly parameters: Float64Array;
    readonly criterion: number;
    readonly latest: number;
  };
  /** Weight of the stage's smoothing penalty; absent: none. */
  readonly smoothing?: number;
  /**
   * How often the rounding of the penalty on edges was lowered, and after which epoch last; absent:
   * there is none.
   */
  readonly rounding?: { readonly lowered: number; readonly since: number };
  /** What the engine's evaluator hands on, see `Evaluator.carried`; absent: nothing. */
  readonly carried?: unknown;
  /** Epochs in all. */
  readonly epochs: number;
  /** Work units in all. */
  readonly work: number;
  /** Evaluations in all. */
  readonly evaluations: number;
  /** Epochs since the criterion was last lowered. */
  readonly unimproved: number;
  /** Seconds of training in all, over every process that took part. */
  readonly seconds: number;
  /** Epochs, evaluations and seconds at the stage's start. */
  readonly before: {
    readonly epochs: number;
    readonly evaluations: number;
    readonly seconds: number;
  };
  /** The levels that are done. */
  readonly levels: readonly LevelSummary[];
  /** Everything that training told so far, oldest first. */
  readonly events: readonly (TournamentEvent | StageEvent | RefinedEvent | EpochEvent)[];
}
