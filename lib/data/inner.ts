/**
 * What other rooms may use of lib/data besides its users' door.
 *
 * @module
 */

export * from "./all_rows.ts";
export { kan as kanRow, mlp as mlpRow } from "./_actor_problems.ts";
export * from "./bessel.ts";
export { chooseScale, chooseTargetScale, mapWord, type NoLogarithm } from "./choose_scale.ts";
export { type ClassCurves, classCurves } from "./class_curves.ts";
export { type ClassView, classViews } from "./class_scores.ts";
export { balancedClassWeights } from "./class_weights.ts";
export * from "./dataset_checksum.ts";
export { selectPart } from "./encode_table.ts";
export { MISSING_NUMBERS, MISSING_TEXTS } from "./columns/_missing.ts";
export * from "./columns/describe.ts";
export * from "./columns/feature_table.ts";
export {
  type ColumnGaps,
  countGaps,
  inputColumns,
  inputValues,
  knownRows,
} from "./columns/inputs.ts";
export { encodedOutputs, targetNames } from "./encoding.ts";
export { sampleProblem } from "./gallery.ts";
export * from "./index_columns.ts";
export { selectRows } from "./_lazy_table.ts";
export {
  linkAmounts,
  linkColumns,
  type LinkedTargets,
  linkedTargets,
  predictedValue,
  predictedValues,
} from "./link.ts";
export * from "./nearest.ts";
export * from "./predictions.ts";
export { tableParts } from "./table_parts.ts";
export { tableChecksum } from "./_table_parts.ts";
export * from "./readers.ts";
export { sampleBlocks, sampleTable } from "./sample_table.ts";
export {
  blocksOf,
  type ByteSource,
  type CutTable,
  cutTable,
  type TableBlocks,
} from "./table_segments.ts";
export { SCALE_REACH } from "./_scale_maps.ts";
export { calibrationError, rankingAreas } from "./ranking_scores.ts";
export { type FlatRows, flatRows } from "./rows.ts";
export { gainsTwice, isSkewed, withSmearing } from "./smearing.ts";
export { targetScores } from "./scores.ts";
export { type SpecialProblem, specialProblems } from "./special/special_problems.ts";
export { partSizes } from "./split.ts";
export * from "./target.ts";
export { commonRows, evenlySpread, rowsBetween, rowsInAll } from "./whole_rows.ts";
