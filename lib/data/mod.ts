/**
 * Data to train on: tables from CSV text, their scales, splits and scores, and a gallery of
 * problems.
 *
 * @module
 */

export type { InputScale, TargetScale } from "./choose_scale.ts";
export {
  type ClassificationScores,
  classificationScores,
  type ClassScores,
} from "./class_scores.ts";
export * from "./columns/recipe.ts";
export * from "./concordance.ts";
export * from "./dataset.ts";
export { type EncodedInputs, encodeTable, type TablePart } from "./encode_table.ts";
export type {
  AnswerRule,
  ClassificationEncoding,
  RegressionEncoding,
  TableEncoding,
  TableEncodingBase,
  TableSplit,
} from "./encoding.ts";
export * from "./folds.ts";
export * from "./format.ts";
export {
  findProblem,
  type GalleryDatasets,
  galleryDatasets,
  type GalleryEncoding,
  type GalleryOptions,
  problems,
} from "./gallery.ts";
export * from "./prepare.ts";
export * from "./problem.ts";
export type { TargetLink } from "./link.ts";
export {
  type CalibrationBin,
  calibrationCurve,
  type CostThreshold,
  costThreshold,
  type PrecisionRecallCurve,
  precisionRecallCurve,
  type RocCurve,
  rocCurve,
} from "./ranking_scores.ts";
export { datasetOf, type RowData, type Rows } from "./rows.ts";
export * from "./scaling.ts";
export { type RegressionScores, regressionScores } from "./scores.ts";
export { type RowSplit, type SplitOptions, splitRows } from "./split.ts";
export * from "./stream_table.ts";
export * from "./subset.ts";
export * from "./table.ts";
export * from "./table_data.ts";
export * from "./table_error.ts";
