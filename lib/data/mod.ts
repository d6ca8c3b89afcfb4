/**
 * Data to train on: tables from CSV text, their scales, splits and scores, and a gallery of
 * problems.
 *
 * @module
 */

export * from "./dataset.ts";
export * from "./dataset_checksum.ts";
export * from "./rows.ts";
export * from "./subset.ts";
export * from "./table_error.ts";
export * from "./nearest.ts";
export * from "./table_data.ts";
export * from "./table.ts";
export * from "./stream_table.ts";
export * from "./index_columns.ts";
export * from "./format.ts";
export * from "./scaling.ts";
export * from "./choose_scale.ts";
export * from "./target.ts";
export * from "./split.ts";
export * from "./encoding.ts";
export * from "./encode_table.ts";
export * from "./prepare.ts";
export * from "./predictions.ts";
export * from "./problem.ts";
export * from "./gallery.ts";
export * from "./bessel.ts";
export * from "./scores.ts";
export * from "./class_scores.ts";
export { balancedClassWeights } from "./class_weights.ts";
