/**
 * The rows that candidates are judged by.
 *
 * @module
 */

import { type Dataset, foldRows, type RowFold, subset } from "../data/mod.ts";
import type { Task } from "./_candidates.ts";

/** How rows are dealt. */
export interface Dealing {
  readonly folds: number;
  /** How many of the folds are held out: of large tables not all. */
  readonly holdouts: number;
  readonly repeats: number;
}

const MOST_FOLDS = 5;

/** How rows are dealt: in time and in groups as the task has them. */
export function planDealing({ rows }: Dataset, { groups, order }: Task): Dealing {
  const kinds = groups === undefined ? rows : new Set(Array.from(groups)).size;
  const times = order === undefined ? Infinity : new Set(Array.from(order)).size - 1;
  const folds = Math.min(MOST_FOLDS, rows, kinds, times);
  if (groups !== undefined && kinds < 2) throw tooFew("groups", 2, kinds);
  if (order !== undefined && times < 2) throw tooFew("different times", 3, times + 1);
  const holdouts = Math.min(folds, rows > 20_000 ? 1 : rows > 5000 ? 3 : folds);
  const repeats = order !== undefined ? 1 : rows < 60 ? 4 : rows < 150 ? 3 : rows < 400 ? 2 : 1;
  return { folds, holdouts, repeats };
}

function tooFew(what: string, least: number, count: number): RangeError {
  return new RangeError(
    `Cannot search model: training rows must have at least ${least} ${what} to hold some out, ` +
      `current value is ${count}`,
  );
}

/** The folds that are held out, of a time that rows are dealt; in time the latest. */
export function dealFolds(
  dataset: Dataset,
  { family, seed, loss, groups, order }: Task,
  { folds, holdouts }: Dealing,
  repeat: number,
): RowFold[] {
  const kinds = family === "classes"
    ? classesOf(dataset)
    : loss?.kind === "cox"
    ? Int32Array.from(dataset.targets, (t) => t > 0 ? 1 : 0)
    : undefined;
  const all = foldRows({
    ...{ rows: dataset.rows, folds, seed: seed + 7919 * repeat },
    ...(kinds && { classes: kinds }),
    ...(groups && { groups }),
    ...(order && { order }),
  });
  return order === undefined ? all.slice(0, holdouts) : all.slice(folds - holdouts);
}

function classesOf({ rows, nOut, targets }: Dataset): Int32Array {
  return Int32Array.from({ length: rows }, (_, r) => {
    if (nOut === 1) return targets[r] > 0.5 ? 1 : 0;
    let best = 0;
    for (let q = 1; q < nOut; q++) {
      if (targets[r * nOut + q] > targets[r * nOut + best]) best = q;
    }
    return best;
  });
}

/** The rows that candidates are judged by. */
export interface HeldRows {
  readonly judged: Dataset;
  /** Where each row of the dataset is among them. */
  readonly places: Int32Array;
}

/** All rows; of a large table those of the first folds, in time all but the first. */
export function heldRows(dataset: Dataset, task: Task, dealing: Dealing): HeldRows {
  const places = new Int32Array(dataset.rows).fill(-1), { folds, holdouts } = dealing;
  if (holdouts === folds && task.order === undefined) {
    return { judged: dataset, places: places.map((_, row) => row) };
  }
  const rows = dealFolds(dataset, task, dealing, 0).flatMap(({ test }) => [...test])
    .sort((a, b) => a - b);
  rows.forEach((row, i) => places[row] = i);
  return { judged: subset(dataset, rows), places };
}
