/**
 * What an optimizer is: plain state, and one epoch of it at a time.
 *
 * @module
 */

import type { Transfer } from "../../multilevel/mod.ts";
import type { EpochReading, Evaluator } from "../../engine/mod.ts";

/** Plain data that every optimizer's state holds beside its own fields. */
export interface OptimizerState {
  /** Where the optimizer stands, shape `[numParameters]`. */
  parameters: Float64Array;
  /** Objective at `parameters`; NaN before the first evaluation. */
  objective: number;
  /** Gradient at `parameters`. */
  gradient: Float64Array;
  /** Evaluations of the objective so far. */
  evaluations: number;
  /** What the latest step of Gauss-Newton was like. */
  step?: StepRecord;
}

/** A step of Gauss-Newton. */
export interface StepRecord {
  /** The largest cosine between the residuals and a column of their Jacobian, before the step. */
  readonly optimality?: number;
  /** Levenberg-Marquardt's damping `mu`. */
  readonly damping: number;
  /** Gain ratio: the decrease in units of what the quadratic model predicts. */
  readonly gain: number;
  /** Length of the geodesic acceleration in units of the step's; 0 of a straight step. */
  readonly bend: number;
  /** Whether the step comes from a triangle of the Jacobian's rows. */
  readonly reflected?: boolean;
}

/** What every optimizer's state begins with at the given parameters (copied). */
export function startingPoint(parameters: Float64Array): OptimizerState {
  return {
    parameters: parameters.slice(),
    objective: NaN,
    gradient: new Float64Array(parameters.length),
    evaluations: 0,
  };
}

/** How an epoch ended. */
export type EpochStatus =
  /** The budget is used up: go on. */
  | "running"
  /** The gradient or the changes fell below the tolerances: more epochs change nothing. */
  | "converged"
  /** No step lowers the objective, though no test of optimality holds. */
  | "stalled"
  /** The objective is not finite, or no step was found from a point that is not a minimum. */
  | "diverged";

/** An algorithm that moves parameters. */
export interface Optimizer<State extends OptimizerState = OptimizerState> {
  /** `lbfgs`, `adam`, ... */
  readonly name: string;
  /** The algorithm's numbers, for logs and files. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The most parameters that it takes. Default: any number. */
  readonly mostParameters?: number;
  /**
   * A new state at the given parameters (copied).
   *
   * @param parameters Where to start.
   * @param rows Rows of the training set, for optimizers that take mini-batches.
   */
  init(parameters: Float64Array, rows?: number): State;
  /**
   * The state at other parameters that describe the same function, after a refinement or a
   * rescaling: what holds there too is kept, such as the count of epochs. Without it `init` begins
   * anew.
   *
   * @param state The state so far; not to be used afterwards.
   * @param parameters The other parameters (copied), of any length.
   * @param transfer Makes the maps from vectors at the old parameters to vectors at the others;
   * absent where no vector holds any more, for instance because other parameters are frozen.
   */
  restart?(state: State, parameters: Float64Array, transfer?: () => Transfer): State;
  /**
   * Runs one epoch; `state` is changed in place.
   *
   * @param state Where the optimizer stands.
   * @param evaluator Gives objective and gradient.
   * @param onStep Called after every accepted step, if given; the state is not to be changed.
   */
  epoch(
    state: State,
    evaluator: Evaluator,
    onStep?: (state: Readonly<OptimizerState>) => Promise<void>,
  ): Promise<EpochStatus>;
}

/** Moves a state to where an epoch on a device has ended. */
export function takeReading(state: OptimizerState, reading: EpochReading): EpochStatus {
  state.parameters = reading.parameters;
  state.gradient = reading.gradient;
  state.objective = reading.objective;
  state.evaluations += reading.evaluations;
  return reading.status;
}
