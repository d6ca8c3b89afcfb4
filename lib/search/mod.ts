/**
 * The search for the model of a table: candidates, cross-validation, and what they predict together.
 *
 * @module
 */

export * from "./search_model.ts";
export type { RowSource } from "./_many_rows.ts";
