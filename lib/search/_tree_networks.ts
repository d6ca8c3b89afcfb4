/**
 * Sums of trees as networks of splines of degree 1.
 *
 * A leaf is a box: it counts where each of its columns lies between two cuts. Of two leaves of one
 * split, `a` and `b`, the sum is `b` on both and `a - b` on one of them, and so on to the root: a tree
 * of `n` leaves is a constant and `n - 1` boxes, most of them with fewer conditions, and boxes of
 * different trees that are equal become one.
 *
 * Boxes that bound one column are splines that step, one layer. The others are a chain of splines
 * with one piece and constant ends: a first layer copies columns to nodes, one for each cut; a node's
 * range is the step, a small share of the gap between the two values beside the cut, so that its
 * splines go from 0 to 1 at the cut, or back; a node for each box adds those of its `d` conditions,
 * and its range is `d - 1` to `d`, so that the spline behind it is 0 outside the box and the box's
 * value inside. Each condition costs two numbers, and so does each box.
 *
 * @module
 */

import { createNetwork, type Network, parameterLayout, resolveConfig } from "../model/mod.ts";
import type { Bins, CodeBox, Leaf, Trees } from "./_trees.ts";

/** Width of a step, as a share of the gap between the values on its sides. */
const STEP = 1e-3;
/** Narrowest step, as a share of the column's largest number: normalisation knows no narrower range. */
const NARROWEST = 1e-11;
/** Most boxes of one network. */
const MOST_BOXES = 500;

/** Lowest and highest value of every column. */
export interface ColumnRanges {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/**
 * Networks whose sum is a sum of trees.
 *
 * @param stages How many of its stages count.
 */
export function treeNetworks(
  trees: Trees,
  stages: number,
  nOut: number,
  ranges: ColumnRanges,
): Network[] {
  const { leaves, constants } = mergedLeaves(trees, stages);
  const single = leaves.filter(({ box }) => box.size === 1);
  const others = leaves.filter(({ box }) => box.size > 1);
  const networks = [stepNetwork(trees, single, constants, nOut, ranges)];
  for (let from = 0; from < others.length; from += MOST_BOXES) {
    networks.push(boxNetwork(trees, others.slice(from, from + MOST_BOXES), nOut, ranges));
  }
  return networks;
}

function less(leaf: Leaf, other: Leaf): Leaf {
  return { ...leaf, value: leaf.value - other.value };
}

/** The cuts at the ends of a run of bins: cut `i` lies above bin `i`. */
function cutsOf([low, high]: readonly [number, number], cuts: number): number[] {
  return [...low > 0 ? [low - 1] : [], ...high < cuts ? [high] : []];
}

/** Boxes with equal bounds are one; a box without bounds is a constant. */
function mergedLeaves({ bins, base, stages }: Trees, count: number) {
  const constants = base.slice(), merged = new Map<string, Leaf>();
  for (const stage of stages.slice(0, count)) {
    for (let q = 0; q < base.length; q++) {
      const tree = stage.filter(({ output }) => output === q);
      for (const leaf of nestedBoxes(tree, bins.cuts, less)) {
        if (leaf.box.size === 0) {
          constants[q] += leaf.value;
          continue;
        }
        const box = [...leaf.box].sort(([a], [b]) => a - b);
        const key = `${q} ${box}`;
        const other = merged.get(key);
        merged.set(key, { ...leaf, value: leaf.value + (other?.value ?? 0) });
      }
    }
  }
  const leaves = [...merged.values()].filter(({ value }) => value !== 0);
  return { leaves, constants };
}

/**
 * Writes the leaves of a tree, neighbours of a split side by side, as boxes that lie in each other.
 *
 * @param minus What the first leaf says less what the second says.
 */
export function nestedBoxes<T extends { readonly box: CodeBox }>(
  leaves: readonly T[],
  cuts: readonly Float64Array[],
  minus: (leaf: T, other: T) => T,
): T[] {
  const boxes: T[] = [], open: T[] = [];
  for (const leaf of leaves) {
    open.push(leaf);
    for (;;) {
      const [low, high] = open.slice(-2);
      const box = high && unionBox(low.box, high.box, cuts);
      if (!box) break;
      const some = sidesOf(low.box, cuts) < sidesOf(high.box, cuts) ? low : high;
      const other = some === low ? high : low;
      boxes.push(minus(some, other));
      open.splice(-2, 2, { ...other, box });
    }
  }
  return [...boxes, ...open];
}

/** The box that two boxes make up, if they make up one. */
function unionBox(
  a: CodeBox,
  b: CodeBox,
  cuts: readonly Float64Array[],
): CodeBox | undefined {
  const box = new Map<number, readonly [number, number]>();
  let differing = 0;
  for (const p of new Set([...a.keys(), ...b.keys()])) {
    const all = [0, cuts[p].length] as const;
    const [low, high] = a.get(p) ?? all, [otherLow, otherHigh] = b.get(p) ?? all;
    if (low === otherLow && high === otherHigh) {
      box.set(p, [low, high]);
      continue;
    }
    if (++differing > 1 || high + 1 !== otherLow && otherHigh + 1 !== low) return undefined;
    const both = [Math.min(low, otherLow), Math.max(high, otherHigh)] as const;
    if (both[0] > 0 || both[1] < cuts[p].length) box.set(p, both);
  }
  return differing === 1 ? box : undefined;
}

/** How many conditions a box has. */
function sidesOf(box: CodeBox, cuts: readonly Float64Array[]): number {
  let sides = 0;
  for (const [p, bounds] of box) sides += cutsOf(bounds, cuts[p].length).length;
  return sides;
}

/** Breakpoints of a column on the domain, and the bin in which each lies. */
interface Steps {
  readonly points: Float64Array;
  readonly bins: Int32Array;
}

function columnSteps(
  { bins }: Trees,
  used: readonly ReadonlySet<number>[],
  { low, high }: ColumnRanges,
): Steps[] {
  const intervals = Math.max(1, ...used.map(({ size }) => 2 * size + 1));
  return used.map((cutsHere, p) => {
    const range = high[p] - low[p];
    const place = (x: number) => -1 + 2 * (x - low[p]) / range;
    const points = [-1], labels = [0];
    for (const cut of [...cutsHere].sort((a, b) => a - b)) {
      const x = bins.cuts[p][cut], half = STEP * bins.gaps[p][cut];
      points.push(place(x - half), place(x + half));
      labels.push(cut, cut + 1);
    }
    points.push(1);
    labels.push(bins.cuts[p].length);
    const missing = intervals + 1 - points.length;
    if (missing > 0) {
      let widest = 1;
      for (let i = 1; i < points.length; i++) {
        if (points[i] - points[i - 1] > points[widest] - points[widest - 1]) widest = i;
      }
      const from = points[widest - 1], step = (points[widest] - from) / (missing + 1);
      const more = Array.from({ length: missing }, (_, i) => from + (i + 1) * step);
      points.splice(widest, 0, ...more);
      labels.splice(widest, 0, ...more.map(() => labels[widest - 1]));
    }
    return { points: Float64Array.from(points), bins: Int32Array.from(labels) };
  });
}

function usedCuts(bins: Bins, leaves: readonly Boxed[]): Set<number>[] {
  const used = bins.cuts.map(() => new Set<number>());
  for (const { box } of leaves) {
    for (const [p, bounds] of box) {
      for (const cut of cutsOf(bounds, bins.cuts[p].length)) used[p].add(cut);
    }
  }
  return used;
}

/** Leaves that bound one column: splines that step, one layer. */
function stepNetwork(
  trees: Trees,
  leaves: readonly Leaf[],
  constants: Float64Array,
  nOut: number,
  ranges: ColumnRanges,
): Network {
  const nIn = trees.bins.cuts.length;
  const steps = columnSteps(trees, usedCuts(trees.bins, leaves), ranges);
  const intervals = steps[0].points.length - 1;
  const network = createNetwork({
    ...{ widths: [nIn, nOut], firstLayer: "spline", degree: 1, intervals, knots: "fixed" },
    ...{ outerKnots: "even", extrapolation: "clamp" },
  }, { seed: 0, breakpoints: [joined(steps)] });
  const parameters = new Float64Array(network.parameters.length), k = intervals + 1;
  for (let i = 0; i < k; i++) parameters.set(constants, i * nOut);
  for (const { box, output, value } of leaves) {
    for (const [p, [first, last]] of box) {
      steps[p].bins.forEach((bin, i) => {
        if (bin >= first && bin <= last) parameters[(p * k + i) * nOut + output] += value;
      });
    }
  }
  return { ...network, parameters, statistics: [rangeStatistics(ranges)] };
}

/** What lies in a box. */
export interface Boxed {
  readonly box: CodeBox;
}

/** A step of a column; where it is, and how far it reaches on both sides. */
interface Step {
  readonly column: number;
  readonly cut: number;
  readonly at: number;
  readonly half: number;
}

/** The steps that boxes need, column by column, ascending; and the number of each. */
function stepsOf(bins: Bins, leaves: readonly Boxed[], { low, high }: ColumnRanges) {
  const steps: Step[] = [], numbers = new Map<string, number>();
  usedCuts(bins, leaves).forEach((cuts, column) => {
    const size = Math.max(Math.abs(low[column]), Math.abs(high[column]));
    for (const cut of [...cuts].sort((a, b) => a - b)) {
      const gap = bins.gaps[column][cut];
      const half = Math.min(gap, Math.max(STEP * gap, NARROWEST * size));
      numbers.set(`${column} ${cut}`, steps.length);
      steps.push({ column, cut, at: bins.cuts[column][cut], half });
    }
  });
  return { steps, numbers };
}

/** The conditions of a box: numbers of steps, up and down. */
function conditionsOf(
  { box }: Boxed,
  bins: Bins,
  numbers: ReadonlyMap<string, number>,
): Map<number, "up" | "down"> {
  const conditions = new Map<number, "up" | "down">();
  for (const [p, [low, high]] of box) {
    if (low > 0) conditions.set(numbers.get(`${p} ${low - 1}`)!, "up");
    if (high < bins.cuts[p].length) conditions.set(numbers.get(`${p} ${high}`)!, "down");
  }
  return conditions;
}

/** Layers that say which boxes a row is in, and where their nodes' values lie. */
export interface BoxLayers {
  /** Edges and parameters of two layers: from columns to steps, from steps to boxes. */
  readonly edges: readonly [string[], string[]];
  readonly parameters: readonly number[];
  readonly steps: number;
  /** Ranges of columns, steps and boxes. */
  readonly statistics: readonly ReturnType<typeof rangeStatistics>[];
}

/** A node for every step, and one for every box. */
export function boxLayers(bins: Bins, leaves: readonly Boxed[], ranges: ColumnRanges): BoxLayers {
  const nIn = bins.cuts.length, { low, high } = ranges;
  const { steps, numbers } = stepsOf(bins, leaves, ranges);
  const conditions = leaves.map((leaf) => conditionsOf(leaf, bins, numbers));
  // Columns that no box has get an edge of zeros, since every node needs one.
  const stepped = new Set(steps.map(({ column }) => column));
  const columns = edgeWordsOf(
    nIn,
    steps.length,
    (p, s) => steps[s].column === p || s === 0 && !stepped.has(p),
  );
  const boxes = edgeWordsOf(steps.length, leaves.length, (s, l) => conditions[l].has(s));
  const sizes = conditions.map(({ size }) => size);
  return {
    edges: [columns, boxes],
    parameters: [
      ...edgeEnds(columns, (p, s) => steps[s].column === p ? [low[p], high[p]] : [0, 0]),
      ...edgeEnds(boxes, (s, l) => conditions[l].get(s) === "up" ? [0, 1] : [1, 0]),
    ],
    steps: steps.length,
    statistics: [
      rangeStatistics(ranges),
      rangeStatistics({
        low: Float64Array.from(steps, ({ at, half }) => at - half),
        high: Float64Array.from(steps, ({ at, half }) => at + half),
      }),
      rangeStatistics({
        low: Float64Array.from(sizes, (size) => size - 1),
        high: Float64Array.from(sizes),
      }),
    ],
  };
}

/** A mask in words. */
export function edgeWordsOf(
  from: number,
  to: number,
  has: (p: number, q: number) => boolean,
): string[] {
  return Array.from({ length: from }, (_, p) => {
    let word = "";
    for (let q = 0; q < to; q++) word += has(p, q) ? "1" : "0";
    return word;
  });
}

/**
 * Parameters of a layer of splines with one piece of degree 1, in their order: what each edge says at
 * the two ends of its node's range. Of a layer with a mask they are `[edges, 2]`, of one with all
 * edges `[nIn, 2, nOut]`.
 */
export function edgeEnds(
  words: readonly string[],
  ends: (p: number, q: number) => readonly [number, number],
): number[] {
  const masked = words.some((word) => word.includes("0")), numbers: number[] = [];
  words.forEach((word, p) => {
    const all: (readonly [number, number])[] = [];
    for (let q = 0; q < word.length; q++) if (word[q] === "1") all.push(ends(p, q));
    if (masked) { for (const each of all) numbers.push(...each); }
    else for (const side of [0, 1]) for (const each of all) numbers.push(each[side]);
  });
  return numbers;
}

/** A network of such layers. */
export function endsNetwork(
  widths: readonly number[],
  edges: readonly string[][],
  parameters: readonly number[],
  statistics: Network["statistics"],
): Network {
  const config = resolveConfig({
    ...{ widths, firstLayer: "spline", degree: 1 },
    ...{ intervals: 1, knots: "uniform", extrapolation: "clamp", edges },
  });
  const layout = parameterLayout(config);
  return { config, layout, parameters: Float64Array.from(parameters), statistics };
}

/** Boxes of several conditions. */
function boxNetwork(
  { bins }: Trees,
  leaves: readonly Leaf[],
  nOut: number,
  ranges: ColumnRanges,
): Network {
  const layers = boxLayers(bins, leaves, ranges);
  // Outputs that no box has get an edge of zeros.
  const led = new Set(leaves.map(({ output }) => output));
  const last = edgeWordsOf(
    leaves.length,
    nOut,
    (l, q) => leaves[l].output === q || l === 0 && !led.has(q),
  );
  return endsNetwork(
    [bins.cuts.length, layers.steps, leaves.length, nOut],
    [...layers.edges, last],
    [
      ...layers.parameters,
      ...edgeEnds(last, (l, q) => [0, leaves[l].output === q ? leaves[l].value : 0]),
    ],
    layers.statistics,
  );
}

function joined(steps: readonly Steps[]): Float64Array {
  const size = steps[0].points.length, all = new Float64Array(steps.length * size);
  steps.forEach(({ points }, p) => all.set(points, p * size));
  return all;
}

/** Normalisation by ranges. */
export function rangeStatistics({ low, high }: ColumnRanges) {
  return { kind: "minmax" as const, minimum: low, maximum: high };
}
