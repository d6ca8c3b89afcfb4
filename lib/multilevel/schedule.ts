/**
 * Schedules: how many epochs on which grid, as printable data.
 *
 * @module
 */

/** One stage of training on one grid. */
export interface ScheduleStage {
  /** Epochs (outer steps) at this stage, at least 1. */
  readonly epochs: number;
  /** Splits every interval into this many parts before the stage; 1 (default) keeps the grid. */
  readonly refine?: number;
  /** Parameter groups that do not move in this stage. */
  readonly freeze?: readonly ("knots" | "coefficients" | "linear")[];
}

/** A list of stages; the training loop walks it. */
export interface Schedule {
  /** `multilevel [32, 16, 8, 4]`, ... */
  readonly name: string;
  /** The first stage's grid has this many times the configured intervals (1: the coarsest). */
  readonly startFactor: number;
  /** At least one stage. */
  readonly stages: readonly ScheduleStage[];
}
