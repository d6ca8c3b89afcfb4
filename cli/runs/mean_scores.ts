/**
 * Mean and standard error of scores over folds.
 *
 * @module
 */

import type { Scores, ScoreTree } from "../models/metadata.ts";

/** Scores of a part with its loss. */
interface LossAndScores {
  readonly loss: number;
  readonly trainLoss: number;
  readonly scores: Scores;
}

/** Means and standard errors, with the structure of scores; `loss` and `trainLoss` among them. */
export interface ScoreMeans {
  /** How many folds. */
  readonly count: number;
  readonly mean: ScoreTree;
  /** Null of a single fold. */
  readonly standardError: ScoreTree;
}

/**
 * Means over folds, and their standard errors `sqrt(sum (x - mean)^2 / (K - 1) / K)`; a score that a
 * fold does not have (null) is left out. The folds share rows, so that the error is rough.
 */
export function meanScores(folds: readonly LossAndScores[]): ScoreMeans | undefined {
  if (folds.length === 0) return undefined;
  const trees = folds.map(({ loss, trainLoss, scores }) =>
    scoreTree({ loss, trainLoss, ...scores })
  );
  return {
    count: folds.length,
    mean: combine(trees, (values) => mean(values)),
    standardError: combine(trees, (values) => {
      if (values.length < 2) return null;
      const middle = mean(values)!;
      const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
      return Math.sqrt(squares / (values.length - 1) / values.length);
    }),
  };
}

/** The numbers of scores, without labels and counts. */
export function scoreTree(scores: object): ScoreTree {
  return Object.fromEntries(
    Object.entries(scores).flatMap(([name, value]) => {
      if (typeof value === "number" || value === null) return [[name, value]];
      return typeof value === "object" && !Array.isArray(value) ? [[name, scoreTree(value)]] : [];
    }),
  );
}

function combine(
  trees: readonly ScoreTree[],
  of: (values: readonly number[]) => number | null,
): ScoreTree {
  return Object.fromEntries(
    Object.keys(trees[0]).map((name) => {
      const values = trees.map((tree) => tree[name]);
      const below = values.filter((value) => typeof value === "object" && value !== null);
      if (below.length > 0) return [name, combine(below as ScoreTree[], of)];
      return [name, of(values.filter((value) => typeof value === "number"))];
    }),
  );
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}
