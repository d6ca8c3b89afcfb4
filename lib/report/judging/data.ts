/**
 * What a report shows of how a model was judged.
 *
 * @module
 */

import type { CalibrationBin } from "../../data/mod.ts";

/** Rows that a picture shows: of training, of the test, held out by folds, or all of a table. */
export type ShownPart = "train" | "test" | "held-out" | "rows";

/** How well one class is told from the rest, over all thresholds of its probability. */
export interface ShownCurves {
  /** Label of the class. */
  readonly label: string;
  /** Share of the others taken for the class, and share of the class found. */
  readonly roc: {
    readonly falsePositiveRate: readonly number[];
    readonly truePositiveRate: readonly number[];
  };
  /** Share of the class found, and share of the found that are of it. */
  readonly precisionRecall: {
    readonly recall: readonly number[];
    readonly precision: readonly number[];
  };
  /** Probabilities beside what happened. */
  readonly calibration: readonly CalibrationBin[];
}

/** The curves of the classes on some rows; of two classes those of the second. */
export interface PartCurves {
  /** Which rows. */
  readonly part: ShownPart;
  /** One entry per class that has rows. */
  readonly curves: readonly ShownCurves[];
}

/** Numbers said of rows that networks had not seen. */
export interface HeldOutNumbers {
  /** Tells numbers from classes. */
  readonly kind: "numbers";
  /** Names of the targets. */
  readonly names: readonly string[];
  /** Predictions, shape `[rows, names.length]`, row-major, in the targets' units. */
  readonly said: Float64Array;
  /** Targets, the same shape and units. */
  readonly right: Float64Array;
}

/** Logits said of rows that networks had not seen. */
export interface HeldOutClasses {
  /** Tells classes from numbers. */
  readonly kind: "classes";
  /** Logits, shape `[rows, nOut]`, one output for two classes. */
  readonly logits: Float64Array;
  /** Probabilities, the same shape. */
  readonly targets: Float64Array;
  /** Number of outputs. */
  readonly nOut: number;
}

/** What was said of rows that networks had not seen. */
export type HeldOutRows = HeldOutNumbers | HeldOutClasses;

/** A table whose cells are text already; all columns but the first are numbers. */
export interface ReportTable {
  /** What it says. */
  readonly caption: string;
  /** Headings of the columns. */
  readonly head: readonly string[];
  /** Cells, row by row. */
  readonly rows: readonly (readonly string[])[];
}

/** Held-out loss of networks that were trained on so many rows. */
export interface LearningCurvePoint {
  /** Rows to train on. */
  readonly rows: number;
  /** Loss on these rows. */
  readonly train: number;
  /** Loss on the rows held out. */
  readonly heldOut: number;
  /** Standard error of the latter; null of a single network. */
  readonly error: number | null;
}

/** What networks did on rows that they had not seen. */
export interface JudgingReport {
  /** How the rows were held out. */
  readonly lead: string;
  /** Scores. */
  readonly tables: readonly ReportTable[];
  /** From few rows to many; empty: no learning curve was asked for. */
  readonly curve: readonly LearningCurvePoint[];
  /** Name of the loss on the axis. */
  readonly lossName: string;
}
