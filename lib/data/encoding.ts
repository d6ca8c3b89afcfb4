/**
 * How a table became numbers: plain data that a model file keeps, so that the same columns,
 * scales, labels and rows can be found again.
 *
 * @module
 */

import type { ColumnRecipe, NumberStyle } from "./columns/recipe.ts";
import type { TargetLink } from "./link.ts";
import type { ColumnScale } from "./scaling.ts";

/** How the rows of a table were split, and what the table must hold to be split again. */
export interface TableSplit {
  /** Seed of the split. */
  readonly seed: number;
  /** Share of the rows kept for the test. */
  readonly testFraction: number;
  /** Share of the rows for validation. */
  readonly validationFraction: number;
  /** Rows of the table. */
  readonly rows: number;
  /** Fingerprint of the values in the columns used, 16 hexadecimal digits. */
  readonly checksum: string;
}

/** How outputs of networks become the model's: of models that a search has found. */
export interface AnswerRule {
  /** What is averaged over the networks, of classes too: numbers, or logits. */
  readonly average: "values";
  /** Per output the least and the largest scaled value that the model says; absent: any. */
  readonly bounds?: readonly (readonly [number, number])[];
}

/** What the encodings of all tables have. */
export interface TableEncodingBase {
  /** Tells the encoding of a table from a {@linkcode GalleryEncoding}. */
  readonly kind: "table";
  /** Features and their training ranges, in the order of the network's inputs. */
  readonly inputs: readonly ColumnScale[];
  /**
   * What becomes of the input columns, and which columns are dropped. Absent, in older files: every
   * input is a column of numbers.
   */
  readonly columns?: readonly ColumnRecipe[];
  /** Whether a missing cell is an error rather than a number that was imputed. Absent: it is not. */
  readonly missing?: "error";
  /** How targets and weights are written, by their names, where it is not with a decimal point. */
  readonly styles?: Readonly<Record<string, NumberStyle>>;
  /** Name of the column of weights, if there is one. */
  readonly weight?: string;
  /** How the rows were split. */
  readonly split: TableSplit;
  /** How outputs become the model's; absent: the mean of numbers, or of probabilities. */
  readonly answer?: AnswerRule;
}

/** Numbers to be predicted. */
export interface RegressionEncoding extends TableEncodingBase {
  /** Tells a regression from a classification. */
  readonly task: "regression";
  /** Target columns and their training ranges, in the order of the network's outputs. */
  readonly targets: readonly ColumnScale[];
  /** How outputs become predictions, if targets are no plain numbers. Absent: they are scaled. */
  readonly link?: TargetLink;
}

/** Classes to be predicted. */
export interface ClassificationEncoding extends TableEncodingBase {
  /** Tells a classification from a regression. */
  readonly task: "classification";
  /** Name of the target column. */
  readonly target: string;
  /** Labels of the classes; two share one output, the logit of the second. */
  readonly labels: readonly string[];
  /** For every label a factor of the weights of its rows in the loss; absent: all 1. */
  readonly classWeights?: readonly number[];
}

/** How a table became numbers. */
export type TableEncoding = RegressionEncoding | ClassificationEncoding;

/** The names of the target columns of an encoding; one for a classification. */
export function targetNames(encoding: TableEncoding): string[] {
  return encoding.task === "regression"
    ? encoding.targets.map((scale) => scale.name)
    : [encoding.target];
}

/**
 * The number of network outputs that an encoding needs: the number of targets; for classes 1 if
 * there are two, else one per class.
 */
export function encodedOutputs(encoding: TableEncoding): number {
  if (encoding.task === "regression") return encoding.targets.length;
  return encoding.labels.length === 2 ? 1 : encoding.labels.length;
}
