/**
 * The papers' tables: their rows as data, and their runs; experiments that check what papers state.
 *
 * @module
 */

export { allExperiments } from "./all_experiments.ts";
export * from "./experiment.ts";
export { experiments, findExperiment } from "./experiments.ts";
export {
  reproduce,
  type ReproduceOptions,
  type RowRun,
  type RowSummary,
  type SeedStatistics,
  summariseRow,
} from "./run_rows.ts";
export * from "./run_table3.ts";
export * from "./table3.ts";
export { type RowOptimizer, type TableRow, type TableRowOptions, tableRows } from "./table_rows.ts";
