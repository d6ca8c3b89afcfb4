/**
 * Sums of small regression trees, grown stage by stage on the gradient of the loss (Friedman 2001,
 * with the second-order gain of Chen and Guestrin 2016), or side by side on drawn rows (Breiman 2001).
 *
 * @module
 */

import type { Dataset } from "../data/mod.ts";
import type { Loss } from "../engine/mod.ts";
import type { Random } from "../model/mod.ts";
import { bestConstants, rowSlopes } from "./_slopes.ts";

/** Columns cut into bins: a cut lies half-way between two neighbouring values. */
export interface Bins {
  /** Bin of every row, column by column, shape `[nIn, rows]`. */
  readonly codes: Uint8Array;
  /** Per column the cuts, ascending; bin `b` holds values below `cuts[b]`. */
  readonly cuts: readonly Float64Array[];
  /** Per column and cut, how far the next values are on the two sides: half the gap. */
  readonly gaps: readonly Float64Array[];
}

/** Per column that is bounded: the first bin and the last. */
export type CodeBox = ReadonlyMap<number, readonly [number, number]>;

/** A leaf: a box of bins and what it adds to one output. */
export interface Leaf {
  readonly box: CodeBox;
  readonly output: number;
  readonly value: number;
}

/** How trees grow. */
export interface TreeOptions {
  /** Most leaves. */
  readonly leaves: number;
  /** Trees per output. */
  readonly trees: number;
  /** Share of a tree's values that counts; 0: trees stand side by side and their mean counts. */
  readonly rate: number;
  /** Share of the rows, and of the columns of every split. */
  readonly rowShare: number;
  readonly columnShare: number;
  /** Fewest rows of a leaf. */
  readonly leastRows: number;
  /** Ridge penalty of leaves, in rows. */
  readonly ridge: number;
  /** Of trees with two leaves: per column 1 where they never step down, -1 never up, 0 as they like. */
  readonly signs?: readonly (1 | -1 | 0)[];
}

/** A sum of trees. */
export interface Trees {
  readonly bins: Bins;
  /** Constants, one per output. */
  readonly base: Float64Array;
  /** Leaves of every stage; a stage has a tree per output. */
  readonly stages: readonly (readonly Leaf[])[];
}

/** Cuts columns into at most `most` bins of about as many rows. */
export function makeBins({ rows, nIn, inputs }: Dataset, most = 48): Bins {
  const codes = new Uint8Array(nIn * rows);
  const cuts: Float64Array[] = [], gaps: Float64Array[] = [];
  for (let p = 0; p < nIn; p++) {
    const column = Float64Array.from({ length: rows }, (_, r) => inputs[r * nIn + p]);
    const sorted = column.slice().sort();
    const distinct: number[] = [], counts: number[] = [];
    for (const x of sorted) {
      if (distinct.length > 0 && x === distinct[distinct.length - 1]) counts[counts.length - 1]++;
      else {
        distinct.push(x);
        counts.push(1);
      }
    }
    const edges: number[] = [], half: number[] = [];
    let filled = 0, made = 0;
    for (let i = 0; i + 1 < distinct.length; i++) {
      filled += counts[i];
      if (distinct.length > most && filled < (made + 1) * rows / most) continue;
      while ((made + 1) * rows / most <= filled) made++;
      if (edges.length >= most - 1) break;
      edges.push((distinct[i] + distinct[i + 1]) / 2);
      half.push((distinct[i + 1] - distinct[i]) / 2);
    }
    const sortedEdges = Float64Array.from(edges);
    cuts.push(sortedEdges);
    gaps.push(Float64Array.from(half));
    for (let r = 0; r < rows; r++) codes[p * rows + r] = binOf(sortedEdges, column[r]);
  }
  return { codes, cuts, gaps };
}

/** The bin of a value. */
function binOf(cuts: Float64Array, x: number): number {
  let low = 0, high = cuts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (x < cuts[middle]) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Rows in the bins of other rows. */
export function codeRows(bins: Bins, { rows, nIn, inputs }: Dataset): Uint8Array {
  const codes = new Uint8Array(nIn * rows);
  for (let p = 0; p < nIn; p++) {
    for (let r = 0; r < rows; r++) codes[p * rows + r] = binOf(bins.cuts[p], inputs[r * nIn + p]);
  }
  return codes;
}

/**
 * Grows trees; tells what every stage adds to other rows.
 *
 * @param watch Rows whose predictions are followed, and a listener to them after every stage.
 */
export function growTrees(
  dataset: Dataset,
  loss: Loss,
  options: TreeOptions,
  random: Random,
  watch?: { readonly rows: Dataset; listen(stage: number, outputs: Float64Array): void },
  bins: Bins = makeBins(dataset),
): Trees {
  const { rows, nOut } = dataset;
  const weights = dataset.weights ?? new Float64Array(rows).fill(1);
  const forest = options.rate === 0;
  const base = bestConstants(loss, dataset), slopes = rowSlopes(loss, dataset, forest);
  const outputs = new Float64Array(rows * nOut);
  for (let i = 0; i < outputs.length; i++) outputs[i] = base[i % nOut];
  const followed = watch && {
    codes: codeRows(bins, watch.rows),
    outputs: Float64Array.from({ length: watch.rows.rows * nOut }, (_, i) => base[i % nOut]),
    sums: new Float64Array(watch.rows.rows * nOut),
  };
  const gradient = new Float64Array(rows), curvature = new Float64Array(rows);
  const stages: Leaf[][] = [];
  const grower = createGrower(dataset, bins, options, random);
  for (let stage = 0; stage < options.trees; stage++) {
    const leaves: Leaf[] = [];
    const drawn = drawRows(rows, weights, options.rowShare, forest, random);
    if (!(forest && stage > 0)) slopes.update(outputs);
    for (let q = 0; q < nOut; q++) {
      slopes.write(q, drawn, gradient, curvature);
      const valueOf: LeafValue = (inside, g, h) => slopes.leaf(inside, q, drawn, g, h);
      for (const leaf of grower.grow({ gradient, curvature, drawn }, valueOf)) {
        const value = leaf.value * (forest ? 1 / options.trees : options.rate);
        leaves.push({ box: leaf.box, output: q, value });
        if (!forest) { for (const r of leaf.rows) outputs[r * nOut + q] += value; }
      }
    }
    stages.push(leaves);
    if (followed && watch) {
      const { rows: count, nIn } = watch.rows;
      for (const { box, output, value } of leaves) {
        addLeaf(box, followed.codes, count, nIn, (r) => followed.sums[r * nOut + output] += value);
      }
      const share = forest ? options.trees / (stage + 1) : 1;
      for (let i = 0; i < followed.sums.length; i++) {
        followed.outputs[i] = base[i % nOut] + share * followed.sums[i];
      }
      watch.listen(stage, followed.outputs);
    }
  }
  return { bins, base, stages };
}

function addLeaf(
  box: CodeBox,
  codes: Uint8Array,
  rows: number,
  _nIn: number,
  add: (row: number) => void,
): void {
  const bounds = [...box];
  for (let r = 0; r < rows; r++) {
    let within = true;
    for (const [p, [low, high]] of bounds) {
      const code = codes[p * rows + r];
      if (code < low || code > high) {
        within = false;
        break;
      }
    }
    if (within) add(r);
  }
}

/** Weights of the rows that a tree sees. */
function drawRows(
  rows: number,
  weights: Float64Array,
  share: number,
  forest: boolean,
  random: Random,
): Float64Array {
  const drawn = new Float64Array(rows);
  if (forest) {
    for (let k = 0; k < rows; k++) drawn[random.integer(rows)]++;
    for (let r = 0; r < rows; r++) drawn[r] *= weights[r];
    return drawn;
  }
  if (share >= 1) return weights.slice();
  const order = random.permutation(rows), count = Math.max(1, Math.round(share * rows));
  for (let k = 0; k < count; k++) drawn[order[k]] = weights[order[k]];
  return drawn;
}

/** The value of a leaf: of its rows, their slopes' and curvatures' sum, a penalty in the latter. */
type LeafValue = (rows: Int32Array, g: number, h: number) => number;

interface GrownLeaf {
  readonly box: Map<number, readonly [number, number]>;
  readonly value: number;
  readonly rows: Int32Array;
}

interface Node {
  readonly box: Map<number, readonly [number, number]>;
  readonly rows: Int32Array;
  /** Those of them that were drawn. */
  readonly seen: Int32Array;
  readonly g: number;
  readonly h: number;
  readonly split: Split | undefined;
}

interface Split {
  readonly gain: number;
  readonly column: number;
  readonly cut: number;
}

/** Finds the best splits of rows. */
function createSplitter(
  { rows }: Dataset,
  { codes, cuts }: Bins,
  { columnShare, leastRows, signs = [] }: TreeOptions,
  random: Random,
) {
  const most = Math.max(1, ...cuts.map(({ length }) => length + 1));
  const sumG = new Float64Array(most), sumH = new Float64Array(most), sumN = new Float64Array(most);
  const usable = cuts.flatMap(({ length }, p) => length > 0 ? [p] : []);
  const tried = Math.min(usable.length, Math.max(1, Math.round(columnShare * usable.length)));

  const nodeG = new Float64Array(rows), nodeH = new Float64Array(rows);

  /** Sums of a column's bins over some rows. */
  function fillBins(column: number, seen: Int32Array): void {
    const count = cuts[column].length + 1, from = column * rows, end = seen.length;
    sumG.fill(0, 0, count);
    sumH.fill(0, 0, count);
    sumN.fill(0, 0, count);
    for (let i = 0; i < end; i++) {
      const b = codes[from + seen[i]];
      sumG[b] += nodeG[i];
      sumH[b] += nodeH[i];
      sumN[b]++;
    }
  }

  return function bestSplit(
    seen: Int32Array,
    { gradient, curvature }: Slopes,
    g: number,
    h: number,
    penalty: number,
  ): Split | undefined {
    let best: Split | undefined, most = 1e-12;
    const order = tried < usable.length ? random.permutation(usable.length) : undefined;
    const total = seen.length;
    if (total < 2 * leastRows) return undefined;
    for (let i = 0; i < total; i++) {
      nodeG[i] = gradient[seen[i]];
      nodeH[i] = curvature[seen[i]];
    }
    for (let k = 0; k < tried; k++) {
      const p = usable[order ? order[k] : k], count = cuts[p].length + 1;
      fillBins(p, seen);
      let leftG = 0, leftH = 0, leftN = 0;
      for (let b = 0; b + 1 < count; b++) {
        leftG += sumG[b];
        leftH += sumH[b];
        leftN += sumN[b];
        if (sumN[b] === 0 || leftN < leastRows) continue;
        if (total - leftN < leastRows) break;
        const rightG = g - leftG, rightH = h - leftH;
        const gain = leftG * leftG / (leftH + penalty) + rightG * rightG / (rightH + penalty) -
          g * g / (h + penalty);
        const rise = rightG / (rightH + penalty) - leftG / (leftH + penalty);
        if ((signs[p] ?? 0) * rise < 0) continue;
        if (gain > most) {
          most = gain;
          best = { gain, column: p, cut: b };
        }
      }
    }
    return best;
  };
}

/** First and second derivatives of the loss at every row, and the rows' weights in a tree. */
interface Slopes {
  readonly gradient: Float64Array;
  readonly curvature: Float64Array;
  readonly drawn: Float64Array;
}

function createGrower(dataset: Dataset, bins: Bins, options: TreeOptions, random: Random) {
  const { rows } = dataset, { codes, cuts } = bins, { leaves, ridge } = options;
  const bestSplit = createSplitter(dataset, bins, options, random);

  function grow(slopes: Slopes, valueOf: LeafValue): GrownLeaf[] {
    const { gradient, curvature, drawn } = slopes;
    let allH = 0, allN = 0;
    for (let r = 0; r < rows; r++) {
      allH += curvature[r];
      if (drawn[r] > 0) allN++;
    }
    const penalty = ridge * allH / Math.max(allN, 1);
    function node(inside: Int32Array, seen: Int32Array, box: Node["box"]): Node {
      let g = 0, h = 0;
      for (let i = 0; i < seen.length; i++) {
        g += gradient[seen[i]];
        h += curvature[seen[i]];
      }
      return { box, rows: inside, seen, g, h, split: bestSplit(seen, slopes, g, h, penalty) };
    }
    const whole = new Int32Array(rows), seen = new Int32Array(allN);
    for (let r = 0, i = 0; r < rows; r++) {
      whole[r] = r;
      if (drawn[r] > 0) seen[i++] = r;
    }
    const open = [node(whole, seen, new Map())];
    while (open.length < leaves) {
      let chosen = -1, gain = 0;
      open.forEach(({ split }, i) => {
        if (split && split.gain > gain) {
          gain = split.gain;
          chosen = i;
        }
      });
      if (chosen < 0) break;
      const { box, rows: inside, seen, split } = open[chosen], { column, cut } = split!;
      const [low, high] = box.get(column) ?? [0, cuts[column].length];
      const codesOf = codes.subarray(column * rows, (column + 1) * rows);
      const [left, right] = partition(inside, codesOf, cut);
      const [seenLeft, seenRight] = partition(seen, codesOf, cut);
      open.splice(
        chosen,
        1,
        node(left, seenLeft, new Map(box).set(column, [low, cut])),
        node(right, seenRight, new Map(box).set(column, [cut + 1, high])),
      );
    }
    const grown = open.map(({ box, rows: inside, g, h }) => ({
      box,
      rows: inside,
      value: valueOf(inside, g, h + penalty),
    }));
    return options.signs === undefined ? grown : inOrder(grown, options.signs);
  }

  return { grow };
}

/** Rows whose code is at most a cut, and the others, in their order. */
function partition(
  rows: Int32Array,
  codes: Uint8Array,
  cut: number,
): readonly [Int32Array, Int32Array] {
  const left = new Int32Array(rows.length), right = new Int32Array(rows.length);
  let l = 0, r = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    if (codes[row] <= cut) left[l++] = row;
    else right[r++] = row;
  }
  return [left.subarray(0, l), right.subarray(0, r)];
}

/** Two leaves whose values step the wrong way get their mean. */
function inOrder(leaves: GrownLeaf[], signs: readonly (1 | -1 | 0)[]): GrownLeaf[] {
  if (leaves.length < 2) return leaves;
  const [low, high] = leaves, [column] = low.box.keys();
  if (signs[column] * (high.value - low.value) >= 0) return leaves;
  const value = (low.value + high.value) / 2;
  return leaves.map((leaf) => ({ ...leaf, value }));
}
