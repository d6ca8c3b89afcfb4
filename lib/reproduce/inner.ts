/**
 * What other rooms may use of lib/reproduce besides its users' door.
 *
 * @module
 */

export { runTableRow, type RunTableRowOptions, seedStatistics } from "./run_rows.ts";
export { rowOptimizer } from "./table_rows.ts";
