/**
 * The contract of an engine: loss and gradient of a network on a dataset, compiled once per stage.
 *
 * @module
 */

import type { Network, NormalisationStatistics } from "../model/mod.ts";
import type { Dataset } from "../data/mod.ts";
import type { Loss } from "./loss.ts";
import type { EdgePenalty } from "./penalty.ts";

/**
 * An engine's device failed: it was lost, ran out of memory, or gave wrong numbers. What was read
 * before is right, nothing after it is to be trusted.
 */
export class EngineError extends Error {
  /** Always `EngineError`. */
  override name = "EngineError";
}

/** What {@linkcode Engine.compile} is asked for. */
export interface CompileRequest {
  /** The network. */
  readonly network: Network;
  /** The criterion. */
  readonly loss: Loss;
  /** The rows; absent for an engine with {@linkcode Engine.residuals}. */
  readonly dataset?: Dataset | undefined;
  /** What edges cost besides the loss, see {@linkcode EdgePenalty}. Default: nothing. */
  readonly penalty?: EdgePenalty | undefined;
  /** Index of the stage of training that the evaluator is for. Default 0. */
  readonly stage?: number;
  /** What an evaluator of this stage or of the one before carried, see {@linkcode Evaluator}. */
  readonly carried?: unknown;
  /**
   * The network that the given one is the even prolongation of: engines that can prolong where the
   * parameters are do so, see {@linkcode Resident.start}.
   */
  readonly coarse?: Network | undefined;
}

/** What an engine is good at: defaults follow it. */
export interface Preferences {
  /**
   * Parameters up to which Gauss-Newton, whose work per step grows with their square, is the better
   * choice for squared losses; 0: the engine has no fast matrices.
   */
  readonly gaussNewton: number;
  /** Whether many short runs cost no more than their work, so that first guesses may compete. */
  readonly shortRuns: boolean;
}

/** Parameters up to which Gauss-Newton pays on engines with fast matrices. */
export const GAUSS_NEWTON_LIMIT = 2500;

/** What an engine minimises instead of a dataset's errors. */
export interface ResidualProblem {
  /** Points at which residuals are taken. */
  readonly rows: number;
  /** Tells this problem on these points from others. */
  fingerprint(): string;
}

/** Turns a network, a loss and a dataset into an {@linkcode Evaluator}. */
export interface Engine {
  /** `reference`, `cpu`, ... */
  readonly name: string;
  /** Precision of parameters and arithmetic. */
  readonly dtype: "float32" | "float64";
  /** What it is good at. */
  readonly prefers: Preferences;
  /** The residuals that it brings along, such as a differential equation's. */
  readonly residuals?: ResidualProblem;
  /**
   * Allocates all that an evaluation needs.
   *
   * @param request Network, loss, dataset, and what is known of the stage.
   * @throws {TypeError} If shapes of network and dataset differ, or a dataset is missing.
   * @throws {EngineError} If the engine's device cannot hold or compute it.
   */
  compile(request: CompileRequest): Promise<Evaluator>;
}

/** L-BFGS, for engines that run it where the parameters are. Fields as in `LbfgsOptions`. */
export interface LbfgsMethod {
  /** Tells methods apart. */
  readonly kind: "lbfgs";
  /** Step lengths chosen among several, or unit steps. */
  readonly lineSearch: "wolfe" | "none";
  /** Stored pairs. */
  readonly memory: number;
  /** Iterations per epoch. */
  readonly maxIterations: number;
  /** Ends when `max |g_i|` is at most this. */
  readonly gradientTolerance: number;
  /** Ends when the objective does not change by more. */
  readonly changeTolerance: number;
}

/** One step of Adam; see {@linkcode AdamMethod}. */
export interface AdamStep {
  /** Rows of the mini-batch; absent: all rows. */
  readonly rows?: Int32Array;
  /** Step size. */
  readonly rate: number;
}

/**
 * A pass of Adam or AdamW, for engines that run it where the parameters are. The moments travel
 * with each pass: nothing stays behind on the device.
 */
export interface AdamMethod {
  /** Tells methods apart. */
  readonly kind: "adam";
  /** The pass. */
  readonly steps: readonly AdamStep[];
  /** Decay of the mean gradient. */
  readonly beta1: number;
  /** Decay of the mean square. */
  readonly beta2: number;
  /** Added to the root. */
  readonly epsilon: number;
  /** Longest gradient that is not shortened; Infinity: none is. */
  readonly clipNorm: number;
  /** AdamW's decay: a step multiplies parameters by `1 - rate weightDecay`. */
  readonly weightDecay: number;
  /** Mean gradient before the pass, shape `[numParameters]`. */
  readonly mean: Float64Array;
  /** Mean square of the gradient before the pass. */
  readonly square: Float64Array;
  /** Steps done before the pass. */
  readonly iterations: number;
}

/** What one epoch on the device reached. */
export interface EpochReading {
  /** Parameters at its end: give this very array to go on from there. */
  readonly parameters: Float64Array;
  /** Gradient there; of Adam the mean of its steps' gradients, each by its share of the rows. */
  readonly gradient: Float64Array;
  /** Adam's moments and count of steps at the end; steps that are not finite are left out. */
  readonly moments?: {
    /** Mean gradient. */
    readonly mean: Float64Array;
    /** Mean square of the gradient. */
    readonly square: Float64Array;
    /** Steps done. */
    readonly iterations: number;
  };
  /**
   * All that L-BFGS has learned, to go on from here to the same bits in another evaluator; see
   * {@linkcode EpochContext}. Absent beyond 4 MiB.
   */
  readonly memory?: Float32Array;
  /** Objective there. */
  readonly objective: number;
  /** Evaluations of the objective in this epoch. */
  readonly evaluations: number;
  /** How it ended. */
  readonly status: "running" | "converged" | "diverged";
}

/** What comes before and after an epoch on a device. */
export interface EpochContext {
  /** The memory of the reading that the parameters are of, where its evaluator is gone. */
  readonly memory?: Float32Array | undefined;
  /**
   * Whether another epoch of the same method is to be expected from where this one ends. It may be
   * begun before this one's reading has arrived; if it is not asked for, it leaves no trace.
   */
  readonly more?: boolean;
}

/** What becomes of a matrix before it is factorised, see {@linkcode Cholesky}. */
export interface MatrixChange {
  /** Diagonal of `S`, shape `[n]`. Default: 1. */
  readonly scales?: Float64Array;
  /** Added to the diagonal of `S M S`. Default: 0. */
  readonly shift?: number;
}

/** A symmetric matrix `M`, and beside it the factor of `S M S + shift I`. */
export interface Cholesky {
  /** `M`, shape `[n, n]`, for the caller to fill; only the lower half is read, nothing is changed. */
  readonly matrix: Float64Array;
  /**
   * Factorises, `S M S + shift I = L L^T`; the same bits for any number of threads.
   *
   * @param change What becomes of `M`. Default: nothing.
   * @returns Whether all pivots were positive; if not, there is no factor.
   */
  factorise(change?: MatrixChange): boolean;
  /**
   * Solves `L L^T x = v` after {@linkcode Cholesky.factorise}.
   *
   * @param vector `v`, shape `[n]`; becomes `x`.
   */
  solve(vector: Float64Array): void;
  /** Sends helper threads away; the caller's goes on to work. */
  dispose(): void;
}

/**
 * Residuals of a loss, their derivatives, and the Gauss-Newton matrix that these make.
 *
 * Residuals `r` are scaled so that with their Jacobian `J` by the parameters, statistics and knots
 * included, `J^T r + weightDecay p` is the objective's gradient and `A = J^T J + weightDecay I` its
 * (generalised) Gauss-Newton matrix (Schraudolph 2002). Of squares `|r|^2 / 2` is the loss:
 * `r = sqrt(2 w / (W nOut)) (y - t)`; other losses have residuals whose scale is held at the
 * parameters where derivatives are taken, see `lossResiduals`.
 */
export interface Curvature {
  /**
   * The objective, its gradient and its Gauss-Newton matrix. Absent where it cannot be assembled.
   *
   * @param parameters Read only, shape `[numParameters]`.
   * @param matrixOut Overwritten, shape `[numParameters, numParameters]`, symmetric, both halves.
   * @param gradientOut Overwritten, shape `[numParameters]`.
   * @returns The objective; where it is not finite, so are gradient and matrix.
   */
  matrix?(
    parameters: Float64Array,
    matrixOut: Float64Array,
    gradientOut: Float64Array,
  ): number | Promise<number>;
  /**
   * The Gauss-Newton matrix of a sample of the residuals, weighed for all of them: what conjugate
   * gradients on products are preconditioned with. Absent where `matrix` is there, or no sample is.
   *
   * @param parameters Read only, shape `[numParameters]`.
   * @param matrixOut Overwritten, shape `[numParameters, numParameters]`, symmetric, both halves.
   */
  sample?(parameters: Float64Array, matrixOut: Float64Array): void | Promise<void>;
  /**
   * All of `J`, a new array of shape `[numResiduals, numParameters]`, for steps that `A = J^T J` has
   * no digits for. Absent where rows cannot be written, or `A` has more in it than they.
   */
  jacobian?(parameters: Float64Array): Float64Array | Promise<Float64Array>;
  /**
   * Room for a matrix of `n` rows and its factorisation on the engine's threads, which the
   * evaluator's `dispose` sends away. Absent: one thread does it.
   */
  cholesky?(n: number): Cholesky;
  /**
   * The product `A v`, without the matrix.
   *
   * @param parameters Read only, shape `[numParameters]`.
   * @param vector `v`, read only, shape `[numParameters]`.
   * @param out Overwritten, shape `[numParameters]`.
   */
  product(parameters: Float64Array, vector: Float64Array, out: Float64Array): void | Promise<void>;
  /**
   * The residuals `r`, a new array of shape `[numResiduals]`: `nOut` numbers for each row of the
   * data, or one for each point of an equation.
   */
  residuals(parameters: Float64Array): Float64Array | Promise<Float64Array>;
  /** `J v`, a new array of shape `[numResiduals]`. */
  jvp(parameters: Float64Array, vector: Float64Array): Float64Array | Promise<Float64Array>;
  /**
   * `J^T w`.
   *
   * @param parameters Read only, shape `[numParameters]`.
   * @param residualsBar `w`, read only, shape `[numResiduals]`.
   * @param out Overwritten, shape `[numParameters]`.
   */
  vjp(
    parameters: Float64Array,
    residualsBar: Float64Array,
    out: Float64Array,
  ): void | Promise<void>;
  /**
   * The second derivative of the residuals along a vector, `d^2 r(p + e v) / de^2` at `e = 0`.
   *
   * @param parameters `p`, read only, shape `[numParameters]`.
   * @param vector `v`, read only, shape `[numParameters]`.
   * @param reach Differences, where there are any, are taken over `p +- reach v` at least: the part of
   * a step over which its bend is measured.
   * @returns A new array of shape `[numResiduals]`.
   */
  secondJvp(
    parameters: Float64Array,
    vector: Float64Array,
    reach: number,
  ): Float64Array | Promise<Float64Array>;
}

/** Optimizers that run where the parameters are, on a device. */
export interface Resident {
  /**
   * Runs one epoch.
   *
   * @param method The optimizer's numbers.
   * @param parameters Where it begins. The array of the latest reading goes on with all that the
   * optimizer has learned; any other starts anew, or with the context's memory.
   * @param context What was learned before, and what comes after.
   * @returns What it reached; undefined where the engine cannot run this method.
   */
  runEpoch(
    method: LbfgsMethod | AdamMethod,
    parameters: Float64Array,
    context?: EpochContext,
  ): Promise<EpochReading | undefined>;
  /**
   * Prolongs the coarse network on the device and evaluates there; absent where the evaluator was
   * compiled without one.
   *
   * @returns The parameters to start from, the network's up to rounding.
   */
  start?(): Promise<Float64Array>;
}

/** Mini-batches. */
export interface Batches {
  /**
   * Restricts the evaluations that follow to some rows. The dataset is not copied; means and
   * normalisation statistics are taken over these rows.
   *
   * @param rows Row numbers in the order in which sums are taken, not empty, each in
   * `0 ... dataset.rows - 1`; undefined: all rows again.
   * @throws {RangeError} If there is no row or one outside the dataset.
   */
  select(rows: Int32Array | undefined): void;
}

/** The penalty on edges of an evaluator that was compiled with one. */
export interface PenaltyControl {
  /**
   * Rounds absolute values off at 0 in what follows: `|phi|` becomes `sqrt(phi^2 + epsilon^2)`, so
   * that Gauss-Newton has second derivatives.
   *
   * @param epsilon A number >= 0; 0, as at first: not rounded.
   */
  round(epsilon: number): void;
}

/** What an evaluation found. Its functions hold until the next evaluation. */
export interface Evaluation {
  /** Loss, weight decay and penalties; not finite where the network overflows. */
  readonly objective: number;
  /** The loss without weight decay and penalties. */
  readonly loss: number;
  /** What the edges cost, as a part of the objective; absent where no penalty was asked for. */
  readonly penalty?: number;
  /** The normalisation statistics, per spline layer. */
  statistics(): NormalisationStatistics[];
  /** The network's outputs, shape `[rows, nOut]`; a copy. */
  outputs(): Float64Array;
}

/**
 * What an optimizer sees: parameters in, value and gradient out.
 *
 * Abilities that not every engine has are objects (`curvature`, `resident`, `batches`): a wrapper
 * of an evaluator hands each on whole.
 */
export interface Evaluator {
  /** Length of the parameter vector. */
  readonly numParameters: number;
  /**
   * Evaluates the objective and, if asked for, its gradient.
   *
   * @param parameters Read only, shape `[numParameters]`.
   * @param gradientOut Overwritten, shape `[numParameters]`; NaN where the objective is not finite.
   */
  evaluate(
    parameters: Float64Array,
    gradientOut?: Float64Array,
  ): Evaluation | Promise<Evaluation>;
  /** Frees what `compile` allocated. */
  dispose(): void;
  /** Memory that evaluations need, where the engine knows it. */
  readonly bytes?: number;
  /** What Gauss-Newton asks for; absent where the engine gives none of it. */
  readonly curvature?: Curvature;
  /** Optimizers on the device; absent of engines that have none. */
  readonly resident?: Resident;
  /** Mini-batches; absent where all rows must be taken together. */
  readonly batches?: Batches;
  /** The penalty on edges; absent where none was asked for. */
  readonly penalty?: PenaltyControl;
  /**
   * Plain data that this evaluator hands on: to the next stage's, and by a checkpoint to another one
   * of the same stage, which then goes on to the same bits.
   */
  carried?(): unknown;
}
