/**
 * How parameters move: optimizers, and the loop that a schedule drives.
 *
 * @module
 */

export {
  CheckpointError,
  decodeCheckpoint,
  type DecodedCheckpoint,
  encodeCheckpoint,
} from "./checkpoint.ts";
export type { Constraints } from "./constraints/constraints.ts";
export type { ConstraintMap, ConstraintPoint } from "./constraints/shape.ts";
export type { Refinement } from "./defaults.ts";
export * from "./events.ts";
export type { SmoothedEvaluator } from "./evaluators/smoothed.ts";
export * from "./fit.ts";
export * from "./optimizers/adam.ts";
export * from "./optimizers/bfgs.ts";
export type { BfgsOptions, BfgsState } from "./optimizers/dense_quasi_newton.ts";
export { defaultOptimizer } from "./optimizers/default_optimizer.ts";
export * from "./optimizers/gauss_newton/gauss_newton.ts";
export * from "./optimizers/gradient_descent.ts";
export * from "./optimizers/lbfgs.ts";
export type { LearningRateSchedule } from "./optimizers/learning_rate.ts";
export type { EpochStatus, Optimizer, OptimizerState, StepRecord } from "./optimizers/optimizer.ts";
export * from "./optimizers/sgd.ts";
export * from "./optimizers/ssbroyden.ts";
export * from "./penalty_path.ts";
export * from "./run.ts";
export type { Sparsity } from "./sparsity.ts";
export * from "./summary.ts";
export { createTournament, type CreateTournamentOptions } from "./tournament.ts";
export * from "./train.ts";
export * from "./train_to_end.ts";
export * from "./train_seeds.ts";
