/**
 * How parameters move: optimizers, and the loop that a schedule drives.
 *
 * @module
 */

export * from "./events.ts";
export * from "./optimizer.ts";
export * from "./line_search.ts";
export * from "./lbfgs.ts";
export * from "./adam.ts";
export * from "./learning_rate.ts";
export * from "./checkpoint.ts";
export * from "./local_refinement.ts";
export * from "./named_optimizer.ts";
export * from "./train.ts";
export * from "./tournament.ts";
export * from "./train_seeds.ts";
export * from "./summary.ts";
export * from "./table_rows.ts";
export * from "./reproduce.ts";
export * from "./gauss_newton/gauss_newton.ts";
export * from "./null_space.ts";
export * from "./default_optimizer.ts";
