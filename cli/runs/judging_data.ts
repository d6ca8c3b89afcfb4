/**
 * What judging has found, as data.
 *
 * @module
 */

import { defined } from "../../lib/numerics/inner.ts";
import type { PartName, TrainData } from "../commands/train/data.ts";
import type { RunOptions } from "../commands/train/options.ts";
import type { JudgingRequest } from "../flags/judging.ts";
import type { JudgedRows } from "../models/judged_rows.ts";
import type { FoldScores, Scores, ScoresByPart } from "../models/metadata.ts";
import { EXIT } from "../terminal/errors.ts";
import { meanScores, type ScoreMeans } from "./mean_scores.ts";

/** What one network did on the rows that were held out. */
export interface FoldResult {
  /** Number of rows in each part. */
  readonly rows: { readonly train: number; readonly validation?: number; readonly test: number };
  /** Loss on the held-out rows and scores of them; absent if the fold failed. */
  readonly judged?: { readonly loss: number; readonly trainLoss: number; readonly scores: Scores };
  /** How training ended, or that it failed. */
  readonly status: string;
  /** Why it failed. */
  readonly reason?: string;
  readonly seconds: number;
}

/** The held-out scores of networks trained on some share of the rows. */
export interface CurvePoint {
  /** Share of the training rows. */
  readonly share: number;
  /** Mean number of rows to train on, those for validation among them. */
  readonly rows: number;
  readonly means: ScoreMeans;
}

/** All that judging has found. */
export interface Judging {
  readonly request: JudgingRequest;
  /** The folds, in their order; empty without `--folds`. */
  readonly folds: readonly FoldResult[];
  /** Mean and standard error over the folds; absent without `--folds`, or if all failed. */
  readonly means?: ScoreMeans;
  /** What was said of all held-out rows, and their scores together. */
  readonly pooled?: { readonly rows: JudgedRows; readonly scores: Scores };
  /** Held-out scores from few rows to many; empty without `--learning-curve`. */
  readonly curve: readonly CurvePoint[];
  /** Seconds in all, by the clock. */
  readonly seconds: number;
  /** Whether it was stopped by Ctrl-C. */
  readonly stopped: boolean;
  /** Every resolved option of a fold's run; absent if none came to its end. */
  readonly options?: RunOptions;
  /** The table's text, which has been read. */
  readonly text: string;
}

/** What judging found, with the held-out score of the network that is kept as the last point. */
export function withLastPoint(
  judging: Judging,
  { losses, scores, data }: {
    readonly losses: { readonly [part in PartName]?: number };
    readonly scores: ScoresByPart;
    readonly data: TrainData;
  },
): Judging {
  const { request, curve } = judging, { train: trainLoss = NaN, test: loss } = losses;
  if (request.folds !== undefined || !request.learningCurve) return judging;
  if (loss === undefined || scores.test === undefined) return judging;
  const { train, validation } = data.parts;
  const means = meanScores([{ loss, trainLoss, scores: scores.test }])!;
  const point = { share: 1, rows: train.rows + (validation?.rows ?? 0), means };
  return { ...judging, curve: [...curve, point] };
}

/** What a model file keeps of the folds; undefined without any. */
export function foldScoresOf({ request, means }: Judging): FoldScores | undefined {
  const { folds, group, order } = request;
  if (folds === undefined || means === undefined) return undefined;
  const { mean, standardError } = means;
  return { folds, ...defined({ group, order }), mean, standardError };
}

/** The exit code of judging alone. */
export function judgingExitCode({ stopped, folds }: Judging): number {
  if (stopped) return EXIT.interrupted;
  const fine = folds.every(({ judged, status }) => judged !== undefined && status !== "diverged");
  return fine ? EXIT.done : EXIT.failed;
}
