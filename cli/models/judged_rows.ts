/**
 * What networks say of rows beside what is right, in the targets' own units: for scores and pictures.
 *
 * @module
 */

import {
  classificationScores,
  type Dataset,
  regressionScores,
  unscaleColumns,
} from "../../lib/data/mod.ts";
import {
  type ClassCurves,
  classCurves,
  encodedOutputs,
  predictionColumns,
  targetScores,
} from "../../lib/data/inner.ts";
import type { Network } from "../../lib/model/mod.ts";
import { joinColumns } from "../../lib/numerics/inner.ts";
import type { DataEncoding } from "../commands/train/data.ts";
import type { Scores } from "./metadata.ts";
import { modelOutputs, rowWeights } from "./scores.ts";

/** Predictions of numbers. */
export interface JudgedNumbers {
  readonly kind: "numbers";
  readonly rows: number;
  /** Names of the targets. */
  readonly names: readonly string[];
  /** Shape `[rows, names.length]`, row-major. */
  readonly said: Float64Array;
  /** The same shape. */
  readonly right: Float64Array;
  /** Of the rows; absent: all 1. */
  readonly weights?: Float64Array;
}

/** Predictions of classes. */
export interface JudgedClasses {
  readonly kind: "classes";
  readonly rows: number;
  readonly labels: readonly string[];
  /** Shape `[rows, nOut]`, one output for two labels. */
  readonly logits: Float64Array;
  /** The same shape, 0 and 1. */
  readonly targets: Float64Array;
  readonly nOut: number;
  /** Of the rows; absent: all 1. */
  readonly weights?: Float64Array;
}

/** Predictions beside targets. */
export type JudgedRows = JudgedNumbers | JudgedClasses;

/** What networks, together, say of the rows of a dataset; undefined where targets are neither. */
export function judgeRows(
  networks: readonly Network[],
  encoding: DataEncoding,
  dataset: Dataset,
): JudgedRows | undefined {
  const outputs = modelOutputs(networks, encoding, dataset.inputs, dataset.rows);
  return judgeOutputs(encoding, outputs, dataset.targets, dataset);
}

/** What outputs say of rows; undefined where targets are neither numbers nor classes. */
export function judgeOutputs(
  encoding: DataEncoding,
  outputs: Float64Array,
  targets: Float64Array,
  dataset?: Dataset,
): JudgedRows | undefined {
  const nOut = encoding.kind === "gallery" ? 1 : encodedOutputs(encoding);
  const rows = outputs.length / nOut;
  if (encoding.kind === "table" && encoding.task === "classification") {
    const { labels, classWeights } = encoding;
    const weights = classWeights === undefined || dataset === undefined
      ? dataset?.weights
      : rowWeights(dataset, encoding);
    const judged = { kind: "classes", rows, labels, logits: outputs, targets, nOut } as const;
    return weights === undefined ? judged : { ...judged, weights };
  }
  // hazards have no targets of their own kind: times stand beside them
  if (encoding.kind === "table" && encoding.link?.kind === "hazard") return undefined;
  const scales = encoding.kind === "gallery" ? [encoding.target] : encoding.targets;
  const names = scales.map(({ name }) => name);
  const said = encoding.kind === "gallery"
    ? [unscaleColumns(outputs, scales)]
    : namedColumns(names, predictionColumns(encoding, outputs));
  if (said === undefined) return undefined;
  // Rows that the loss leaves out as gross outliers are judged like all others.
  const gross = encoding.kind === "table" && encoding.weight === undefined &&
    scales.some(({ limits }) => limits !== undefined);
  const judged = {
    ...{ kind: "numbers", rows, names } as const,
    said: joinColumns(said, rows),
    right: unscaleColumns(targets, scales),
  };
  return gross || dataset?.weights === undefined ? judged : { ...judged, weights: dataset.weights };
}

function namedColumns(
  names: readonly string[],
  columns: ReturnType<typeof predictionColumns>,
): Float64Array[] | undefined {
  const found = names.map((name) => columns.find((each) => each.name === `${name}_prediction`));
  const values = found.map((column) => column?.values);
  return values.every((each) => each instanceof Float64Array) ? values : undefined;
}

/** The rows of several parts in one; undefined without any. */
export function pooledRows(parts: readonly JudgedRows[]): JudgedRows | undefined {
  const [first] = parts;
  if (first === undefined) return undefined;
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const weights = parts.some((part) => part.weights !== undefined)
    ? { weights: joined(parts.map((part) => part.weights ?? new Float64Array(part.rows).fill(1))) }
    : {};
  if (first.kind === "numbers") {
    const numbers = parts.filter((part) => part.kind === "numbers");
    const said = joined(numbers.map((part) => part.said));
    return { ...first, rows, said, right: joined(numbers.map(({ right }) => right)), ...weights };
  }
  const classes = parts.filter((part) => part.kind === "classes");
  const logits = joined(classes.map((part) => part.logits));
  return { ...first, rows, logits, targets: joined(classes.map((c) => c.targets)), ...weights };
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The curves of the classes; undefined of numbers. */
export function curvesOf(judged: JudgedRows | undefined): ClassCurves[] | undefined {
  if (judged?.kind !== "classes") return undefined;
  const { labels, logits, targets, nOut, weights } = judged;
  return classCurves(labels, logits, targets, nOut, weights);
}

/** The scores of rows. */
export function scoresOf(judged: JudgedRows): Scores {
  const { weights } = judged;
  if (judged.kind === "classes") {
    const { logits, targets, nOut, labels } = judged;
    const { classes, ...others } = classificationScores(logits, targets, nOut, weights);
    return {
      ...others,
      labels,
      classes: Object.fromEntries(labels.map((label, k) => [label, classes[k]])),
    };
  }
  const { names, said, right } = judged, nOut = names.length;
  return {
    ...regressionScores(said, right, nOut, weights),
    ...(nOut === 1 ? {} : { targets: targetScores(said, right, names, weights) }),
  };
}
