/**
 * A forest for classes: trees that split by Gini's impurity, each on rows drawn with replacement and
 * with a few columns to choose from at every split (Breiman 2001). What it says of a row is the mean,
 * over the trees, of the shares that the classes have in the row's leaf.
 *
 * @module
 */

import type { Dataset } from "../data/mod.ts";
import type { Random } from "../model/mod.ts";
import { type Bins, type CodeBox, codeRows, makeBins } from "./_trees.ts";

/** A leaf: a box of bins and the shares of the classes there. */
export interface ShareLeaf {
  readonly box: CodeBox;
  /** Of two classes that of the second, of more one per class. */
  readonly shares: Float64Array;
}

/** Trees side by side; leaves of a tree have neighbours of a split side by side. */
export interface ClassForest {
  readonly bins: Bins;
  readonly trees: readonly (readonly ShareLeaf[])[];
}

/** How a forest grows. */
export interface ClassForestOptions {
  readonly trees: number;
  /** Fewest rows of a leaf. */
  readonly leastRows: number;
  /** Columns that a split chooses from; absent: the square root of their number. */
  readonly columns?: number;
}

/**
 * Grows a forest.
 *
 * @param followed Rows whose mean shares are wanted, too.
 * @returns The forest, and the shares, shape `[rows, nOut]`.
 */
export function growClassForest(
  dataset: Dataset,
  options: ClassForestOptions,
  random: Random,
  followed?: Dataset,
): ClassForest & { readonly shares: Float64Array } {
  const { rows, nOut, weights } = dataset, bins = makeBins(dataset), { trees: count } = options;
  const others = followed?.rows ?? 0, shares = new Float64Array(others * nOut);
  const codes = followed ? codeRows(bins, followed) : new Uint8Array(0);
  const grow = createGrower(dataset, bins, options, random);
  const everyone = Int32Array.from({ length: others }, (_, r) => r);
  const trees = Array.from({ length: count }, () => {
    const drawn = new Float64Array(rows);
    for (let k = 0; k < rows; k++) {
      const row = random.integer(rows);
      drawn[row] += weights ? weights[row] : 1;
    }
    const leaves = grow(drawn, { codes, rows: others }, everyone);
    for (const { followed: reached, shares: here } of leaves) {
      for (const r of reached) {
        for (let q = 0; q < nOut; q++) shares[r * nOut + q] += here[q] / count;
      }
    }
    return leaves.map(({ box, shares: here }): ShareLeaf => ({ box, shares: here }));
  });
  return { bins, trees, shares };
}

/** A leaf and the other rows that reach it. */
interface ReachedLeaf extends ShareLeaf {
  readonly followed: Int32Array;
}

/** The class of every row, and how many there are. */
function labelsOf({ rows, nOut, targets }: Dataset) {
  const labels = new Int32Array(rows);
  for (let r = 0; r < rows; r++) {
    if (nOut === 1) labels[r] = targets[r] > 0.5 ? 1 : 0;
    else for (let q = 1; q < nOut; q++) if (targets[r * nOut + q] > 0.5) labels[r] = q;
  }
  return { labels, classes: Math.max(2, nOut) };
}

/** Counts classes, and finds splits. */
function createSplitter(
  dataset: Dataset,
  { codes, cuts }: Bins,
  { leastRows, columns }: ClassForestOptions,
  random: Random,
) {
  const { rows } = dataset, { labels, classes } = labelsOf(dataset);
  const usable = cuts.flatMap(({ length }, p) => length > 0 ? [p] : []);
  const tried = Math.max(1, columns ?? Math.round(Math.sqrt(usable.length)));
  const most = Math.max(1, ...cuts.map(({ length }) => length + 1));
  const sums = new Float64Array(most * classes), counts = new Float64Array(most);
  const left = new Float64Array(classes), all = new Float64Array(classes);

  /** Sums of classes in some rows, into `all`; how many classes there are. */
  function count(inside: Int32Array, drawn: Float64Array): number {
    all.fill(0);
    for (const r of inside) all[labels[r]] += drawn[r];
    return all.reduce((kinds, weight) => weight > 0 ? kinds + 1 : kinds, 0);
  }

  /** The cut of a column with the purest sides, if any is purer than all rows together. */
  function bestCut(p: number, inside: Int32Array, drawn: Float64Array) {
    const size = cuts[p].length + 1, from = p * rows;
    sums.fill(0, 0, size * classes);
    counts.fill(0, 0, size);
    for (const r of inside) {
      const bin = codes[from + r];
      sums[bin * classes + labels[r]] += drawn[r];
      counts[bin]++;
    }
    left.fill(0);
    let total = 0, square = 0;
    for (const weight of all) {
      total += weight;
      square += weight * weight;
    }
    let gain = 1e-9 * total, cut = -1, seen = 0, leftTotal = 0;
    const before = square / total;
    for (let bin = 0; bin + 1 < size; bin++) {
      if (counts[bin] === 0) continue;
      seen += counts[bin];
      let leftSquare = 0, rightSquare = 0;
      for (let k = 0; k < classes; k++) {
        left[k] += sums[bin * classes + k];
        leftTotal += sums[bin * classes + k];
        leftSquare += left[k] * left[k];
        rightSquare += (all[k] - left[k]) ** 2;
      }
      if (seen < leastRows) continue;
      if (inside.length - seen < leastRows) break;
      const purer = leftSquare / leftTotal + rightSquare / (total - leftTotal) - before;
      if (purer > gain) {
        gain = purer;
        cut = bin;
      }
    }
    return { gain, cut };
  }

  /** The best cut of a few columns, of more where those have none. */
  function bestSplit(inside: Int32Array, drawn: Float64Array) {
    const order = random.permutation(usable.length);
    let best: { readonly column: number; readonly cut: number } | undefined, most = 0;
    for (let k = 0; k < usable.length && (k < tried || !best); k++) {
      const column = usable[order[k]], { gain, cut } = bestCut(column, inside, drawn);
      if (cut < 0 || gain <= most) continue;
      best = { column, cut };
      most = gain;
    }
    return best;
  }

  return { count, bestSplit, all };
}

function createGrower(
  dataset: Dataset,
  bins: Bins,
  options: ClassForestOptions,
  random: Random,
) {
  const { rows, nOut } = dataset, { codes, cuts } = bins, { leastRows } = options;
  const { count, bestSplit, all } = createSplitter(dataset, bins, options, random);

  return function grow(
    drawn: Float64Array,
    others: { readonly codes: Uint8Array; readonly rows: number },
    everyone: Int32Array,
  ): ReachedLeaf[] {
    const leaves: ReachedLeaf[] = [];
    function split(inside: Int32Array, followed: Int32Array, box: CodeBox): void {
      const mixed = count(inside, drawn) > 1 && inside.length >= 2 * leastRows;
      const best = mixed ? bestSplit(inside, drawn) : undefined;
      if (!best) {
        const total = all.reduce((sum, weight) => sum + weight, 0);
        const shares = all.map((weight) => weight / total);
        leaves.push({ box, followed, shares: nOut === 1 ? shares.slice(1) : shares });
        return;
      }
      const { column, cut } = best, [low, high] = box.get(column) ?? [0, cuts[column].length];
      const [left, right] = parted(inside, codes, column * rows, cut);
      const [before, beyond] = parted(followed, others.codes, column * others.rows, cut);
      split(left, before, new Map(box).set(column, [low, cut]));
      split(right, beyond, new Map(box).set(column, [cut + 1, high]));
    }
    const inside = Int32Array.from(drawn.keys()).filter((r) => drawn[r] > 0);
    split(inside, everyone, new Map());
    return leaves;
  };
}

/** Rows on both sides of a cut. */
function parted(
  inside: Int32Array,
  codes: Uint8Array,
  from: number,
  cut: number,
): readonly [Int32Array, Int32Array] {
  const all = new Int32Array(inside.length);
  let low = 0, high = all.length;
  for (let i = 0; i < inside.length; i++) {
    if (codes[from + inside[i]] <= cut) all[low++] = inside[i];
  }
  for (let i = inside.length - 1; i >= 0; i--) {
    if (codes[from + inside[i]] > cut) all[--high] = inside[i];
  }
  return [all.subarray(0, low), all.subarray(low)];
}
