/**
 * Sums of trees as networks of splines of degree 1.
 *
 * A leaf is a box: it counts where each of its `d` columns lies between two cuts. In the first layer
 * every column has a spline that steps from 0 to 1 and back at the cuts; a hidden node adds those of
 * a leaf, so that it is `d` inside the box and at most `d - 1` outside; and the spline behind it is
 * the leaf's value at `d` and 0 up to `d - 1`. A step is a steep piece, a small share of the gap
 * between two neighbouring values wide. Leaves that bound one column alone need no hidden node.
 *
 * @module
 */

import { createNetwork, type Network } from "../model/mod.ts";
import type { Leaf, Trees } from "./_trees.ts";

/** Width of a step, as a share of the gap between the values on its sides. */
const STEP = 1e-3;
/** Most cuts of a column in one network: all columns pay for the one that has most. */
const MOST_CUTS = 20;

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
  const cuts = trees.bins.cuts.map(() => new Set<number>());
  let chunk: Leaf[] = [];
  for (const leaf of others) {
    const full = [...leaf.box].some(([p, bounds]) => {
      const fresh = cutsOf(bounds, trees.bins.cuts[p].length).filter((cut) => !cuts[p].has(cut));
      return cuts[p].size + fresh.length > MOST_CUTS;
    });
    if (full) {
      networks.push(boxNetwork(trees, chunk, nOut, ranges));
      chunk = [];
      for (const each of cuts) each.clear();
    }
    for (const [p, bounds] of leaf.box) {
      for (const cut of cutsOf(bounds, trees.bins.cuts[p].length)) cuts[p].add(cut);
    }
    chunk.push(leaf);
  }
  if (chunk.length > 0) networks.push(boxNetwork(trees, chunk, nOut, ranges));
  return networks;
}

/** The cuts at the ends of a run of bins: cut `i` lies above bin `i`. */
function cutsOf([low, high]: readonly [number, number], cuts: number): number[] {
  return [...low > 0 ? [low - 1] : [], ...high < cuts ? [high] : []];
}

/** Leaves with equal boxes are one; a leaf without bounds is a constant. */
function mergedLeaves({ base, stages }: Trees, count: number) {
  const constants = base.slice(), merged = new Map<string, Leaf>();
  for (const leaf of stages.slice(0, count).flat()) {
    if (leaf.box.size === 0) {
      constants[leaf.output] += leaf.value;
      continue;
    }
    const box = [...leaf.box].sort(([a], [b]) => a - b);
    const key = `${leaf.output} ${box}`;
    const other = merged.get(key);
    merged.set(key, { ...leaf, value: leaf.value + (other?.value ?? 0) });
  }
  const leaves = [...merged.values()].filter(({ value }) => value !== 0);
  return { leaves, constants };
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

function usedCuts({ bins }: Trees, leaves: readonly Leaf[]): Set<number>[] {
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
  const steps = columnSteps(trees, usedCuts(trees, leaves), ranges);
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

/** Leaves that bound several columns: a hidden node each. */
function boxNetwork(
  trees: Trees,
  leaves: readonly Leaf[],
  nOut: number,
  ranges: ColumnRanges,
): Network {
  const nIn = trees.bins.cuts.length, hidden = leaves.length;
  const steps = columnSteps(trees, usedCuts(trees, leaves), ranges);
  const intervals = steps[0].points.length - 1, k = intervals + 1;
  const words = (rows: number, row: (i: number) => string) =>
    Array.from({ length: rows }, (_, i) => row(i));
  // Columns and outputs that no leaf has get an edge of zeros, since every node needs one.
  const bounded = (p: number, l: number) =>
    leaves[l].box.has(p) || l === 0 && leaves.every(({ box }) => !box.has(p));
  const leads = (l: number, q: number) =>
    leaves[l].output === q || l === 0 && leaves.every(({ output }) => output !== q);
  const word = (count: number, has: (i: number) => boolean) =>
    Array.from({ length: count }, (_, i) => has(i) ? "1" : "0").join("");
  const first = words(nIn, (p) => word(hidden, (l) => bounded(p, l)));
  const second = words(hidden, (l) => word(nOut, (q) => leads(l, q)));
  const uniform = Float64Array.from(
    { length: k },
    (_, i) => i === intervals ? 1 : -1 + 2 * i / intervals,
  );
  const later = new Float64Array(hidden * k);
  for (let l = 0; l < hidden; l++) later.set(uniform, l * k);
  const network = createNetwork({
    ...{ widths: [nIn, hidden, nOut], firstLayer: "spline", degree: 1, intervals, knots: "fixed" },
    ...{ outerKnots: "even", extrapolation: "clamp", edges: [first, second] },
  }, { seed: 0, breakpoints: [joined(steps), later] });
  const parameters = new Float64Array(network.parameters.length);
  let at = 0;
  for (let p = 0; p < nIn; p++) {
    for (let l = 0; l < hidden; l++) {
      if (!bounded(p, l)) continue;
      const [low, high] = leaves[l].box.get(p) ?? [1, 0];
      steps[p].bins.forEach((bin, i) => parameters[at + i] = bin >= low && bin <= high ? 1 : 0);
      at += k;
    }
  }
  for (let l = 0; l < hidden; l++) {
    for (let q = 0; q < nOut; q++) {
      if (!leads(l, q)) continue;
      const value = leaves[l].output === q ? leaves[l].value : 0;
      for (let i = 0; i < k; i++) parameters[at + i] = value * (uniform[i] + 1) / 2;
      at += k;
    }
  }
  const sizes = leaves.map(({ box }) => box.size);
  return {
    ...network,
    parameters,
    statistics: [rangeStatistics(ranges), {
      kind: "minmax",
      minimum: Float64Array.from(sizes, (size) => size - 1),
      maximum: Float64Array.from(sizes),
    }],
  };
}

function joined(steps: readonly Steps[]): Float64Array {
  const size = steps[0].points.length, all = new Float64Array(steps.length * size);
  steps.forEach(({ points }, p) => all.set(points, p * size));
  return all;
}

function rangeStatistics({ low, high }: ColumnRanges) {
  return { kind: "minmax" as const, minimum: low, maximum: high };
}
