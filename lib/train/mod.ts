/**
 * How parameters move: optimizers, and the loop that a schedule drives.
 *
 * @module
 */

export * from "./events.ts";
export * from "./optimizers/optimizer.ts";
export * from "./optimizers/line_search.ts";
export * from "./optimizers/lbfgs.ts";
export * from "./optimizers/adam.ts";
export * from "./optimizers/learning_rate.ts";
export * from "./checkpoint.ts";
export * from "./local_refinement.ts";
export * from "./optimizers/stage_optimizers.ts";
export * from "./defaults.ts";
export * from "./fit.ts";
export * from "./train.ts";
export { GAUSS_NEWTON_SMOOTHING } from "./run_options.ts";
export * from "./run.ts";
export * from "./tournament.ts";
export * from "./train_seeds.ts";
export * from "./summary.ts";
export * from "./optimizers/gauss_newton/gauss_newton.ts";
export * from "./optimizers/default_optimizer.ts";
