/**
 * The papers' tables: their rows as data, and their runs.
 *
 * @module
 */

export * from "./table_rows.ts";
export * from "./run_rows.ts";
export * from "./table3.ts";
export * from "./run_table3.ts";
