/**
 * The parts of a run of training: its options, its state, an open stage, and the policies that look
 * at them after every epoch.
 *
 * @module
 */

import type { Network } from "../model/mod.ts";
import type { Schedule, ScheduleStage } from "../multilevel/mod.ts";
import type { Dataset } from "../data/mod.ts";
import type { EdgePenalty, Engine, Evaluator, Loss, StructurePenalty } from "../engine/mod.ts";
import type { Checkpoint, CheckpointOrigin, EpochRecord } from "./events.ts";
import type { Constraints } from "./constraints/constraints.ts";
import type { ConstraintMap } from "./constraints/shape.ts";
import type { SmoothedEvaluator } from "./evaluators/smoothed.ts";
import type { EpochStatus, Optimizer } from "./optimizers/optimizer.ts";
import type { Sparsity } from "./sparsity.ts";

/** First guesses, and how they compete. */
export interface Tournament {
  /**
   * At least one network, all of one configuration: the given one, on a grid that it refines.
   * Entrants beyond the first eight take part only if none before stands out.
   */
  readonly entrants: readonly Network[];
  /** Epochs of each round. Default `[8, 4, 4]`. */
  readonly rounds?: readonly number[];
  /**
   * Rows that the entrants are judged by, evenly spread over the training rows. Default 2,000: a
   * coarse grid needs no more.
   */
  readonly rows?: number;
}

/** What to train with; all may be left out. */
export interface TrainOptions {
  /** The criterion. Default mean squared error. */
  readonly loss?: Loss;
  /** Epochs and grids. Default `multilevelSchedule([32, 16, 8, 4])`. */
  readonly schedule?: Schedule;
  /** The algorithm. Default: what `defaultOptimizer` chooses. */
  // deno-lint-ignore no-explicit-any
  readonly optimizer?: Optimizer<any>;
  /** Algorithms by the names that the schedule's stages use, see {@linkcode stageOptimizers}. */
  // deno-lint-ignore no-explicit-any
  readonly optimizers?: Readonly<Record<string, Optimizer<any>>>;
  /** Where the arithmetic runs. Default `cpuEngine`. */
  readonly engine?: Engine;
  /** Rows that choose the best parameters and stop training early; never the test rows. */
  readonly validation?: Dataset;
  /** Epochs without a lower validation loss after which training ends. Default 10. */
  readonly patience?: number;
  /**
   * Weight of a penalty on second differences of coefficients, as a share of each stage's first
   * loss: pieces that see no data stay smooth. Losses that are told do not include it; B-splines
   * only. Default 0.
   */
  readonly smoothing?: number;
  /**
   * What edges cost, so that few of them stay: `lambda`, or a record with its parts. The best
   * parameters are those of the lowest objective, with it, or of the lowest validation loss, without.
   * Default: nothing.
   */
  readonly sparsity?: number | Sparsity;
  /**
   * Weight of the splines' bending, the sum over all edges of `integral phi''(u)^2 du`. Default 0.
   */
  readonly smoothness?: number;
  /**
   * What the network is held to at every step: monotone, convex, within a range; see
   * {@linkcode Constraints}. Default: nothing.
   */
  readonly constraints?: Constraints;
  /**
   * First guesses that compete before the first stage; training goes on from the winner instead of
   * the given network. Default: none.
   */
  readonly tournament?: Tournament;
  /** Policies of one's own, asked after the library's at the end of every epoch. Default: none. */
  readonly policies?: readonly Policy[];
  /** Stops training; the best network so far is returned with status `stopped`. */
  readonly signal?: AbortSignal;
  /**
   * Goes on from a checkpoint of the same run, to the same bits as without a break: network,
   * dataset and all other options must be the same as then. The events that the checkpoint holds
   * come first, again.
   */
  readonly resume?: Checkpoint;
}

/** A run whose options are resolved: it does not change while training goes on. */
export interface Run {
  /** The network that training was given. */
  readonly network: Network;
  /** The training rows; undefined where the engine brings its own points. */
  readonly dataset: Dataset | undefined;
  /** How many rows, or points. */
  readonly rows: number;
  /** The criterion. */
  readonly loss: Loss;
  /** Epochs and grids. */
  readonly schedule: Schedule;
  /** Where the arithmetic runs. */
  readonly engine: Engine;
  /** The optimizer of stages that name none. */
  readonly optimizer: Optimizer;
  /** One per stage. */
  readonly optimizers: readonly Optimizer[];
  /** Rows that choose the best parameters. */
  readonly validation: Dataset | undefined;
  /** Epochs without a lower validation loss after which training ends. */
  readonly patience: number;
  /** Share of a stage's first loss that weighs the smoothing penalty. */
  readonly smoothing: number;
  /** What edges cost. */
  readonly penalty: EdgePenalty | undefined;
  /** What inputs, nodes and bends cost. */
  readonly structure: StructurePenalty | undefined;
  /** What the network is held to. */
  readonly constraints: Constraints | undefined;
  /** First guesses that compete. */
  readonly tournament: Tournament | undefined;
  /** Policies of the caller. */
  readonly policies: readonly Policy[];
  /** Stops training. */
  readonly signal: AbortSignal | undefined;
  /** Pieces per spline on the coarsest grid. */
  readonly coarsest: number;
  /** Epochs of the whole schedule. */
  readonly totalEpochs: number;
  /** What checkpoints of this run belong to. */
  origin(): CheckpointOrigin;
}

/** A checkpoint's fields, which the loop changes. */
export type RunProgress = {
  -readonly [Key in keyof Omit<Checkpoint, "origin" | "seconds" | "start" | "optimizer">]:
    Checkpoint[Key];
};

/** Where a run stands. */
export interface RunState extends Omit<RunProgress, "levels" | "events"> {
  /** The levels that are done. */
  readonly levels: Checkpoint["levels"][number][];
  /** Everything that training told so far, oldest first. */
  readonly events: Checkpoint["events"][number][];
  /** The network at the stage's start; undefined between stages. */
  start: Network | undefined;
  /** The optimizer's state in this stage; between stages, in the stage before. */
  optimizer: Checkpoint["optimizer"] | undefined;
  /** The best network of the stage before, or the one that training was given. */
  network: Network;
  /** Its training loss; NaN before the first stage. */
  networkLoss: number;
  /** When the run would have begun, had it been without a break; milliseconds. */
  readonly begun: number;
}

/** What a stage holds while it runs, besides the state. */
export interface OpenStage {
  /** The stage as the schedule has it. */
  readonly spec: ScheduleStage;
  /** The algorithm. */
  readonly optimizer: Optimizer;
  /** Evaluates the loss as the engine has compiled it. */
  readonly compiled: Evaluator;
  /** What the optimizer sees: with penalty, frozen parameters, turns of the event loop. */
  readonly evaluator: Evaluator;
  /** The evaluator with its smoothing penalty, where there is one. */
  readonly smooth: SmoothedEvaluator | undefined;
  /** Whether the stage goes on from a checkpoint. */
  readonly resumed: boolean;
  /** Free numbers in place of constrained parameters, where there are constraints. */
  readonly shape: ConstraintMap | undefined;
  /** The records of this stage since its objective is what it is, oldest first. */
  readonly records: EpochRecord[];
  /** Evaluations of the optimizer that the run has counted. */
  counted: number;
}

/** How a stage, and where it has an ending the run, is over. */
export interface Verdict {
  /** How the run ends; absent: the next stage follows. */
  readonly ending?: NonNullable<Checkpoint["ending"]>;
}

/** What a policy sees after an epoch. */
export interface EpochView {
  /** What the run was asked for. */
  readonly run: Run;
  /** Where it stands; a policy may change it. */
  readonly state: RunState;
  /** The stage that runs. */
  readonly stage: OpenStage;
  /** How the optimizer ended the epoch. */
  readonly status: EpochStatus;
  /** Whether this is the last stage of the schedule. */
  readonly isLast: boolean;
}

/** Something that looks at a run after every epoch: stall, patience, rebalancing, ... */
export interface Policy {
  /** Names it in errors and logs. */
  readonly name: string;
  /**
   * Looks at the run; may change its state.
   *
   * @returns A verdict ends the stage; policies after this one are not asked then.
   */
  afterEpoch(view: EpochView): Verdict | undefined | Promise<Verdict | undefined>;
}
