/**
 * Rows for cross-validation: every row is held out once.
 *
 * @module
 */

import { checkInteger, checkOptions } from "../numerics/inner.ts";
import { createRandom, type Random } from "../model/mod.ts";

/** Options of {@linkcode foldRows}. */
export interface FoldOptions {
  /** Number of rows. */
  readonly rows: number;
  /** Number of folds, at least 2. */
  readonly folds: number;
  /** Any integer. With `order` it decides nothing. */
  readonly seed: number;
  /** Class index of each row, shape `[rows]`: every fold has its share of every class. */
  readonly classes?: ArrayLike<number>;
  /** Group of each row, shape `[rows]`: no group is on both sides of a fold. */
  readonly groups?: ArrayLike<number | string>;
  /** A time of each row, shape `[rows]`: a fold is trained on the rows before those it holds out. */
  readonly order?: ArrayLike<number>;
}

/** One fold: rows to train on, and rows held out to judge by. */
export interface RowFold {
  /** Rows to train on, ascending. */
  readonly train: Uint32Array;
  /** Rows held out, ascending. */
  readonly test: Uint32Array;
}

/**
 * Splits rows into folds, each of which trains on some rows and holds out others.
 *
 * Without groups and order the folds' sizes differ by one row at most, and so do the numbers of
 * rows of a class in them. Groups stay whole: from the largest to the smallest each goes to the
 * fold that lacks its classes, or rows, most. With an order the rows are cut, in time, into one
 * block more than there are folds, of nearly equal sizes and with equal times in one block: fold
 * `i` holds out block `i + 1` and trains on all blocks before it, so that the first block is never
 * held out; classes do not count then, and rows whose group is held out are not trained on.
 *
 * @param options Rows, folds, seed; classes, groups, order.
 * @returns The folds; the same for the same options everywhere.
 * @throws {RangeError} If there are too few rows, groups or times for so many folds, or a time is
 * not finite.
 * @throws {TypeError} If there are not as many classes, groups or times as rows.
 *
 * @example
 * ```ts
 * import { foldRows } from "@freeknot/freeknot/data";
 * import { assertEquals } from "@std/assert";
 *
 * const folds = foldRows({ rows: 10, folds: 5, seed: 1 });
 * assertEquals(folds.map(({ train, test }) => [train.length, test.length]), Array(5).fill([8, 2]));
 *
 * const later = foldRows({ rows: 4, folds: 3, seed: 1, order: [2020, 2021, 2022, 2023] });
 * assertEquals(later.map(({ train, test }) => [[...train], [...test]]), [
 *   [[0], [1]],
 *   [[0, 1], [2]],
 *   [[0, 1, 2], [3]],
 * ]);
 * ```
 */
export function foldRows(options: FoldOptions): RowFold[] {
  checkOptions(VERB, options, "rows folds seed classes groups order");
  const { rows, folds, seed, classes, groups, order } = options;
  checkInteger(VERB, "rows", rows, 1);
  checkInteger(VERB, "folds", folds, 2);
  for (const [name, values] of Object.entries({ classes, groups, order })) {
    if (values !== undefined && values.length !== rows) {
      throw new TypeError(
        `Cannot ${VERB}: ${name} must have ${rows} entries, current value is ${values.length}`,
      );
    }
  }
  const random = createRandom(seed, "folds");
  if (order !== undefined) return foldsInTime(order, folds, groups);
  const foldOf = groups === undefined
    ? dealRows(rows, folds, random, classes)
    : dealGroups(indexed(groups), folds, random, indexed(classes ?? new Uint8Array(rows)));
  return Array.from({ length: folds }, (_, fold) => ({
    train: rowsWhere(rows, (row) => foldOf[row] !== fold),
    test: rowsWhere(rows, (row) => foldOf[row] === fold),
  }));
}

const VERB = "fold rows";

/** The fold of every row: the rows of one class after the other are dealt out like cards. */
function dealRows(
  rows: number,
  folds: number,
  random: Random,
  classes: ArrayLike<number> | undefined,
): Uint32Array {
  if (rows < folds) throw tooFew("rows", rows, folds);
  const shuffled = random.permutation(rows);
  if (classes !== undefined) shuffled.sort((a, b) => classes[a] - classes[b]); // stable
  const foldOf = new Uint32Array(rows);
  shuffled.forEach((row, i) => foldOf[row] = i % folds);
  return foldOf;
}

/** Values as `0..count-1`, in the order in which they first appear. */
interface Indexed {
  readonly of: Uint32Array;
  readonly count: number;
}

function indexed(values: ArrayLike<number | string>): Indexed {
  const indices = new Map<number | string, number>();
  const of = Uint32Array.from(values as ArrayLike<number>, (value) => {
    const known = indices.get(value);
    if (known !== undefined) return known;
    indices.set(value, indices.size);
    return indices.size - 1;
  });
  return { of, count: indices.size };
}

/**
 * The fold of every row, whole groups in one. With `n_fk` rows of class `k` in fold `f` and `N_k`
 * in all, `sum_fk (n_fk - N_k / K)^2 / N_k` grows by `2 sum_k n_fk c_k / N_k` and a constant where
 * a group with `c_k` rows of the classes goes to fold `f`: the fold with the least growth takes it,
 * of equal ones the one with the fewest rows, of these the first.
 */
function dealGroups(groups: Indexed, folds: number, random: Random, classes: Indexed): Uint32Array {
  if (groups.count < folds) throw tooFew("groups", groups.count, folds);
  const counts = Array.from({ length: groups.count }, () => new Map<number, number>());
  const ofClass = new Float64Array(classes.count), size = new Float64Array(groups.count);
  groups.of.forEach((group, row) => {
    const k = classes.of[row];
    counts[group].set(k, (counts[group].get(k) ?? 0) + 1);
    ofClass[k]++;
    size[group]++;
  });
  const filled = Array.from({ length: folds }, () => new Float64Array(classes.count));
  const rowsIn = new Float64Array(folds), foldOfGroup = new Uint32Array(groups.count);
  let left = groups.count;
  for (const group of random.permutation(groups.count).sort((a, b) => size[b] - size[a])) {
    const growth = filled.map((has) =>
      [...counts[group]].reduce((sum, [k, count]) => sum + has[k] * count / ofClass[k], 0)
    );
    const empty = rowsIn.filter((count) => count === 0).length;
    // The last groups go to folds that have none.
    const open = left === empty ? [...rowsIn.keys()].filter((f) => rowsIn[f] === 0) : undefined;
    const [best] = (open ?? [...rowsIn.keys()]).sort((a, b) =>
      growth[a] - growth[b] || rowsIn[a] - rowsIn[b] || a - b
    );
    foldOfGroup[group] = best;
    rowsIn[best] += size[group];
    counts[group].forEach((count, k) => filled[best][k] += count);
    left--;
  }
  return groups.of.map((group) => foldOfGroup[group]);
}

function foldsInTime(
  order: ArrayLike<number>,
  folds: number,
  groups: ArrayLike<number | string> | undefined,
): RowFold[] {
  const bad = Array.from(order).findIndex((time) => !Number.isFinite(time));
  if (bad >= 0) {
    throw new RangeError(
      `Cannot ${VERB}: order must be finite numbers, current value is ${order[bad]} at ${bad}`,
    );
  }
  const rows = order.length;
  const sorted = Uint32Array.from({ length: rows }, (_, row) => row)
    .sort((a, b) => order[a] - order[b]); // stable
  // Where a block may begin: at the first row of every time.
  const starts = rowsWhere(rows, (i) => i === 0 || order[sorted[i]] !== order[sorted[i - 1]]);
  if (starts.length < folds + 1) throw tooFew("different times", starts.length, folds, 1);
  const cuts = blockCuts(starts, rows, folds + 1);
  return Array.from({ length: folds }, (_, fold) => {
    const past = sorted.subarray(0, cuts[fold + 1]);
    const test = sorted.slice(cuts[fold + 1], cuts[fold + 2]).sort();
    const held = new Set(groups === undefined ? [] : Array.from(test, (row) => groups[row]));
    const train = past.filter((row) => groups === undefined || !held.has(groups[row])).sort();
    if (train.length === 0) {
      throw new RangeError(
        `Cannot ${VERB}: groups must leave every fold a row to train on, current value is fold ` +
          `${fold + 1}, whose earlier rows are all of groups that it holds out`,
      );
    }
    return { train, test };
  });
}

/** Where blocks begin and the last one ends: the starts nearest to equal sizes, none empty. */
function blockCuts(starts: Uint32Array, rows: number, blocks: number): number[] {
  const cuts = [0];
  let at = 0;
  for (let block = 1; block < blocks; block++) {
    const ideal = block * rows / blocks, most = starts.length - (blocks - block);
    at++;
    while (at < most && Math.abs(starts[at + 1] - ideal) <= Math.abs(starts[at] - ideal)) at++;
    cuts.push(starts[at]);
  }
  return [...cuts, rows];
}

function rowsWhere(rows: number, holds: (row: number) => boolean): Uint32Array {
  const found = new Uint32Array(rows);
  let count = 0;
  for (let row = 0; row < rows; row++) if (holds(row)) found[count++] = row;
  return found.slice(0, count);
}

function tooFew(what: string, count: number, folds: number, more = 0): RangeError {
  return new RangeError(
    `Cannot ${VERB}: ${folds} folds must have at least ${folds + more} ${what}, current value is ` +
      `${count}`,
  );
}
