/**
 * The models that a search tries.
 *
 * @module
 */

import type { Dataset } from "../data/mod.ts";
import type { Engine } from "../engine/mod.ts";
import { createRandom, forward, type Network } from "../model/mod.ts";
import type { TargetFamily } from "./_penalised_fit.ts";
import {
  fitRidgeFunctions,
  type RidgeFunctionOptions,
  type RidgeFunctions,
} from "./_ridge_functions.ts";
import { type ColumnRanges, treeNetworks } from "./_tree_networks.ts";
import { pairDirections, strongestPairs } from "./_pairs.ts";
import { SAMPLED_ROWS, spacedRows } from "./_many_rows.ts";
import { classProbabilities, growTrees, type TreeOptions } from "./_trees.ts";

/** What a candidate is told of the task. */
export interface Task {
  readonly family: TargetFamily;
  readonly seed: number;
  readonly engine: Engine;
}

/** A model, and how to fit it. */
export interface Candidate {
  readonly name: string;
  /** Whether it is one of those that few rows favour. */
  readonly plain?: boolean;
  /** Most rows that the last fit sees: of a larger table a sample. Default all. */
  readonly mostRows?: number;
  /** Rough seconds of one fit. */
  cost(dataset: Pick<Dataset, "rows" | "nIn" | "nOut">): number;
  /**
   * Fits some rows and predicts others; several variants of one fit (after fewer and more stages)
   * are several outputs. Of all rows only strengths of penalties may be known to a fold.
   */
  fold(
    train: Dataset,
    held: Dataset,
    task: Task,
    fold: number,
    all: Dataset,
  ): Promise<Float64Array[]>;
  /** Fits all rows: networks whose sum is the model. */
  refit(dataset: Dataset, variant: number, task: Task): Promise<Network[]>;
}

/** Updates of strengths in a fold: they begin with those of all rows. */
const FOLD_UPDATES = 3;

/** A penalised regression. */
function regression(
  name: string,
  family: TargetFamily,
  cost: Candidate["cost"],
  optionsOf: (dataset: Dataset) => RidgeFunctionOptions,
): Candidate {
  let whole: { readonly dataset: Dataset; readonly fit: RidgeFunctions } | undefined;
  function wholeFit(dataset: Dataset, { family }: Task): RidgeFunctions {
    if (whole?.dataset !== dataset) {
      whole = { dataset, fit: fitRidgeFunctions(dataset, family, optionsOf(dataset)) };
    }
    return whole.fit;
  }
  return {
    name,
    plain: name === "linear",
    ...(family === "classes" ? { mostRows: SAMPLED_ROWS } : {}),
    cost,
    fold(train, held, task, _, all) {
      const { strengths } = wholeFit(all, task);
      const { network } = fitRidgeFunctions(train, task.family, {
        ...optionsOf(train),
        ...{ strengths, updates: FOLD_UPDATES },
      });
      return Promise.resolve([forward(network, held.inputs, held.rows)]);
    },
    refit: (dataset, _, task) => Promise.resolve([wholeFit(dataset, task).network]),
  };
}

/** Numbers that a machine multiplies and adds in a second, in plain loops. */
const SPEED = 4e8;

/** Cost of penalised regressions with so many columns. */
function regressionCost(rows: number, columns: number, nOut: number, classes: boolean): number {
  const passes = classes ? 12 : 1, updates = 6; // of a fold
  const inverse = columns <= 160 ? columns ** 3 / 2 : columns ** 3 / 6 + 24 * columns ** 2;
  return nOut * (passes * (rows * columns ** 2 / 2 + inverse) + updates * inverse) / SPEED;
}

/** Straight lines with one ridge penalty. */
export function linearCandidate({ family }: Task): Candidate {
  return regression(
    "linear",
    family,
    ({ rows, nIn, nOut }) => regressionCost(rows, nIn + 1, nOut, family === "classes"),
    () => ({ intervals: 1, bends: false }),
  );
}

/** A penalised spline of every column. */
export function additiveCandidate({ family }: Task, intervals: number): Candidate {
  return regression(
    "additive splines",
    family,
    ({ rows, nIn, nOut }) =>
      regressionCost(rows, nIn * (intervals + 2), nOut, family === "classes"),
    () => ({ intervals, bends: true }),
  );
}

/** A spline of every column, and of sums and differences of the pairs that act together most. */
export function pairsCandidate({ family }: Task, pairs: number, intervals: number): Candidate {
  return regression(
    `additive splines, ${pairs} pair${pairs === 1 ? "" : "s"}`,
    family,
    ({ rows, nIn, nOut }) =>
      2 *
      regressionCost(
        rows,
        nIn * (intervals + 2) + 2 * pairs * (intervals + 1),
        nOut,
        family === "classes",
      ),
    (all) => {
      const dataset = spacedRows(all, SAMPLED_ROWS);
      const { nIn, nOut, rows, inputs, targets } = dataset;
      const additive = fitRidgeFunctions(dataset, family, { intervals, bends: true, updates: 5 });
      const outputs = forward(additive.network, inputs, rows);
      if (family === "classes") classProbabilities(outputs.slice(), rows, nOut, outputs);
      const residuals = outputs.map((y, i) => targets[i] - y);
      const found = strongestPairs(dataset, residuals, pairs);
      return { intervals, bends: true, directions: pairDirections(found, nIn) };
    },
  );
}

/** Splines of every column, and of random combinations of up to three columns. */
export function obliqueCandidate(
  { family, seed }: Task,
  count: number,
  intervals: number,
): Candidate {
  return regression(
    `splines of ${count} combinations`,
    family,
    ({ rows, nIn, nOut }) =>
      regressionCost(
        rows,
        nIn * (intervals + 2) + count * (intervals + 1),
        nOut,
        family === "classes",
      ),
    ({ nIn }) => {
      const random = createRandom(seed, "directions");
      const directions = new Float64Array(count * nIn);
      for (let d = 0; d < count; d++) {
        for (let k = 0; k < 3; k++) directions[d * nIn + random.integer(nIn)] = random.normal();
      }
      return { intervals, bends: true, directions };
    },
  );
}

/** Seeds of the trees that are fitted to all rows. */
const TREE_SEEDS = 2;
/** Most rows that the last trees see, and rows beyond which one seed is enough. */
const MOST_TREE_ROWS = 50_000, ONE_SEED_ROWS = 20_000;
/** Stages are compared at so many numbers of them. */
const CHECKPOINTS = 25;

/** Sums of small trees. */
export function treeCandidate(name: string, options: TreeOptions): Candidate {
  const forest = options.rate === 0;
  const every = forest ? options.trees : Math.ceil(options.trees / CHECKPOINTS);
  return {
    name,
    plain: forest,
    mostRows: MOST_TREE_ROWS,
    cost: ({ rows, nIn, nOut }) =>
      options.trees * nOut * (rows * nIn * Math.log2(options.leaves) + 200 * nIn * options.leaves) *
      1.5 / SPEED,
    fold(train, held, { family, seed }, fold) {
      const variants: Float64Array[] = [];
      growTrees(train, family, options, createRandom(seed, `${name} ${fold}`), {
        rows: held,
        listen(stage, outputs) {
          if ((stage + 1) % every === 0) variants.push(outputs.slice());
        },
      });
      return Promise.resolve(variants);
    },
    refit(dataset, variant, { family, seed }) {
      const stages = forest ? options.trees : (variant + 1) * every;
      const ranges = columnRanges(dataset), few = dataset.rows <= ONE_SEED_ROWS;
      const seeds = forest || !few ? 1 : TREE_SEEDS;
      const all = Array.from({ length: seeds }, (_, k) => {
        const random = createRandom(seed, `${name} all ${k}`);
        const trees = growTrees(dataset, family, { ...options, trees: stages }, random);
        return scaledTrees(trees, 1 / seeds);
      });
      const [first, ...others] = all;
      const base = first.base.map((x, q) => others.reduce((sum, each) => sum + each.base[q], x));
      const joined = { ...first, base, stages: all.flatMap((each) => each.stages) };
      return Promise.resolve(
        treeNetworks(joined, joined.stages.length, dataset.nOut, ranges),
      );
    },
  };
}

function scaledTrees(trees: ReturnType<typeof growTrees>, factor: number) {
  return {
    ...trees,
    base: trees.base.map((x) => x * factor),
    stages: trees.stages.map((leaves) =>
      leaves.map((leaf) => ({ ...leaf, value: leaf.value * factor }))
    ),
  };
}

/** Lowest and highest value of every column. */
function columnRanges({ rows, nIn, inputs }: Dataset): ColumnRanges {
  const low = new Float64Array(nIn).fill(Infinity), high = new Float64Array(nIn).fill(-Infinity);
  for (let r = 0; r < rows; r++) {
    for (let p = 0; p < nIn; p++) {
      low[p] = Math.min(low[p], inputs[r * nIn + p]);
      high[p] = Math.max(high[p], inputs[r * nIn + p]);
    }
  }
  return { low, high };
}
