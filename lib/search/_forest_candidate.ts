/**
 * A forest for classes as a candidate. Shares become logits by their logarithms, which are drawn as
 * lines between a few points: so a chain of splines of degree 1 says the same as the forest.
 *
 * @module
 */

import type { Dataset } from "../data/mod.ts";
import { createRandom, type Network } from "../model/mod.ts";
import { type Candidate, columnRanges } from "./_candidates.ts";
import {
  type ClassForest,
  type ClassForestOptions,
  growClassForest,
  type ShareLeaf,
} from "./_class_forest.ts";
import {
  boxLayers,
  type ColumnRanges,
  edgeEnds,
  edgeWordsOf,
  endsNetwork,
  nestedBoxes,
  rangeStatistics,
  treeNetworks,
} from "./_tree_networks.ts";
import { log, log2, pow } from "../numerics/inner.ts";

/** Fewest rows of a leaf, from which rows that are held out choose. */
const LEAST_ROWS = [1, 3, 8];
/** Trees side by side. */
const TREES = 100;
/** Most leaves of a tree, in the mean: with more rows leaves are larger. */
const MOST_LEAVES = 150;
/** Most rows that the last fit sees. */
const MOST_ROWS = 20_000;
/** Numbers that a machine adds up in a second. */
const SPEED = 1e8, BINS = 20;
/** The ratio of neighbouring points of the logarithm. */
const RATIO = 1.3;

/** A logit as a function of a share: straight between points. */
interface Link {
  readonly points: Float64Array;
  readonly values: Float64Array;
}

/**
 * Logits of shares: of two classes `ln(s + e) - ln(1 - s + e)`, of more `ln(s + e)` per class; `e` is
 * one row of all. A factor makes them surer.
 */
function linkOf({ rows, nOut }: Pick<Dataset, "rows" | "nOut">, factor: number): Link {
  const e = 1 / rows, points: number[] = [];
  const most = nOut === 1 ? 0.5 : 1;
  const count = Math.ceil(log((most + e) / e) / log(RATIO));
  for (let i = 0; i <= count; i++) points.push(e * pow((most + e) / e, i / count) - e);
  points[0] = 0;
  points[count] = most;
  if (nOut === 1) { for (let i = count - 1; i >= 0; i--) points.push(1 - points[i]); }
  const logit = (s: number) => factor * (log(s + e) - (nOut === 1 ? log(1 - s + e) : 0));
  return { points: Float64Array.from(points), values: Float64Array.from(points, logit) };
}

/** A value of a link. */
function linked({ points, values }: Link, share: number): number {
  let i = 1;
  while (i + 1 < points.length && share > points[i]) i++;
  const part = (share - points[i - 1]) / (points[i] - points[i - 1]);
  return values[i - 1] + Math.min(1, Math.max(0, part)) * (values[i] - values[i - 1]);
}

/** A forest as a network. */
function forestNetwork(
  { bins, trees }: ClassForest,
  dataset: Pick<Dataset, "rows" | "nOut">,
  ranges: ColumnRanges,
  factor: number,
): Network {
  const { nOut } = dataset, link = linkOf(dataset, factor), pieces = link.points.length - 1;
  const constants = new Float64Array(nOut), merged = new Map<string, ShareLeaf>();
  const minus = (leaf: ShareLeaf, other: ShareLeaf): ShareLeaf => ({
    box: leaf.box,
    shares: leaf.shares.map((share, q) => share - other.shares[q]),
  });
  for (const { box, shares } of trees.flatMap((tree) => nestedBoxes(tree, bins.cuts, minus))) {
    const key = [...box].sort(([a], [b]) => a - b).join(" "), before = merged.get(key)?.shares;
    const share = shares.map((each, q) => each / trees.length + (before?.[q] ?? 0));
    if (box.size > 0) merged.set(key, { box, shares: share });
    else shares.forEach((each, q) => constants[q] += each / trees.length);
  }
  const leaves = [...merged.values()];
  if (leaves.length === 0) {
    const base = constants.map((share) => linked(link, share));
    return treeNetworks({ bins, base, stages: [] }, 0, nOut, ranges)[0];
  }
  const layers = boxLayers(bins, leaves, ranges);
  const nodes = nOut * pieces, all = Array.from({ length: nodes }, (_, node) => node);
  const pieceOf = (node: number) => node % pieces;
  const words = [
    edgeWordsOf(leaves.length, nOut, () => true),
    edgeWordsOf(nOut, nodes, (q, node) => Math.floor(node / pieces) === q),
    edgeWordsOf(nodes, nOut, (node, q) => Math.floor(node / pieces) === q),
  ];
  const rises = (node: number): readonly [number, number] => {
    const i = pieceOf(node), from = i === 0 ? link.values[0] : 0;
    return [from, from + link.values[i + 1] - link.values[i]];
  };
  const parameters = [
    ...layers.parameters,
    ...edgeEnds(words[0], (l, q) => {
      const from = l === 0 ? constants[q] : 0;
      return [from, from + leaves[l].shares[q]];
    }),
    ...edgeEnds(words[1], () => [0, 1]),
    ...edgeEnds(words[2], rises),
  ];
  const statistics = [
    ...layers.statistics,
    rangeStatistics({ low: new Float64Array(nOut), high: new Float64Array(nOut).fill(1) }),
    rangeStatistics({
      low: Float64Array.from(all, (node) => link.points[pieceOf(node)]),
      high: Float64Array.from(all, (node) => link.points[pieceOf(node) + 1]),
    }),
  ];
  const widths = [bins.cuts.length, layers.steps, leaves.length, nOut, nodes, nOut];
  return endsNetwork(widths, [...layers.edges, ...words], parameters, statistics);
}

function optionsOf(rows: number, least: number): ClassForestOptions {
  return {
    trees: TREES,
    leastRows: Math.max(least, Math.ceil(rows / MOST_LEAVES / 4)),
  };
}

/**
 * A forest whose trees split classes.
 *
 * @param factors Factors of logits, from which held-out rows choose: the mean of many trees is less
 * sure than it could be.
 */
export function forestCandidate(name: string, factors: readonly number[]): Candidate {
  const ways = LEAST_ROWS.flatMap((least) => factors.map((factor) => ({ least, factor })));
  return {
    ...{ name, kind: "forest", mostRows: MOST_ROWS },
    cost({ rows, nIn, nOut }) {
      const splits = rows * log2(rows + 1) * Math.sqrt(nIn) + BINS * rows * nOut;
      return LEAST_ROWS.length * TREES * splits / SPEED;
    },
    fold(train, held, { seed }, fold) {
      return Promise.resolve(LEAST_ROWS.flatMap((least) => {
        const random = createRandom(seed, `${name} ${fold} ${least}`);
        const options = optionsOf(train.rows, least);
        const { shares } = growClassForest(train, options, random, held);
        return factors.map((factor) => {
          const link = linkOf(train, factor);
          return shares.map((share) => linked(link, share));
        });
      }));
    },
    refit(dataset, variant, { seed }) {
      const { least, factor } = ways[variant], random = createRandom(seed, `${name} all`);
      const forest = growClassForest(dataset, optionsOf(dataset.rows, least), random);
      return Promise.resolve([forestNetwork(forest, dataset, columnRanges(dataset), factor)]);
    },
  };
}
