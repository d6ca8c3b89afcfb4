/**
 * The models that a search tries.
 *
 * @module
 */

import type { Dataset } from "../data/mod.ts";
import { type Engine, evaluateLoss, type Loss } from "../engine/mod.ts";
import { createRandom, forward, type Network } from "../model/mod.ts";
import type { Constraints } from "../train/mod.ts";
import {
  fitAllRows,
  fitRidgeFunctions,
  hasRowSums,
  type RidgeFunctionOptions,
  type RidgeFunctions,
  type RowPass,
} from "../additive/inner.ts";
import type { TargetFamily } from "./_stack.ts";
import { type ColumnRanges, treeNetworks } from "./_tree_networks.ts";
import { pairDirections, strongestPairs } from "./_pairs.ts";
import type { CandidateKind } from "./_weights.ts";
import { growTrees, type TreeOptions } from "./_trees.ts";
import { log2, pow } from "../numerics/inner.ts";

/** What a candidate is told of the task. */
export interface Task {
  readonly family: TargetFamily;
  /** What is minimised; without it squared errors or cross-entropy. */
  readonly loss?: Loss;
  readonly seed: number;
  readonly engine: Engine;
  /** Group and time of every row. */
  readonly groups?: ArrayLike<number | string>;
  readonly order?: ArrayLike<number>;
  /** What every candidate is held to. */
  readonly constraints?: Constraints;
}

/** A model, and how to fit it. */
export interface Candidate {
  readonly name: string;
  readonly kind: CandidateKind;
  /** Most rows that the last fit sees: of a larger table a sample. */
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
  /**
   * Fits rows that come in parts, in passes over all of them, of which `sample` stands for the
   * others. Absent, or undefined: `refit` does it, on at most `mostRows`.
   */
  refitAll?(
    sample: Dataset,
    variant: number,
    task: Task,
  ): Generator<RowPass, Network[], void> | undefined;
}

/** The loss of a task. */
export function lossOf({ family, loss }: Pick<Task, "family" | "loss">): Loss {
  return loss ?? { kind: family === "gaussian" ? "mse" : "crossEntropy" };
}

/** Updates of strengths in a fold: they begin with those of all rows. */
const FOLD_UPDATES = 3;

/** Most rows that the last fits see: of sums of splines, and of trees. */
const MOST_SUM_ROWS = 200_000, MOST_TREE_ROWS = 50_000;

/** A penalised regression. */
function regression(
  name: string,
  cost: Candidate["cost"],
  optionsOf: (dataset: Dataset) => Omit<RidgeFunctionOptions, "loss">,
): Candidate {
  let whole: { readonly dataset: Dataset; readonly fit: RidgeFunctions } | undefined;
  function wholeFit(dataset: Dataset, task: Task): RidgeFunctions {
    if (whole?.dataset !== dataset) {
      const options = { ...optionsOf(dataset), loss: lossOf(task) };
      whole = { dataset, fit: fitRidgeFunctions(dataset, options) };
    }
    return whole.fit;
  }
  return {
    name,
    kind: name === "linear" ? "lines" : "splines",
    mostRows: MOST_SUM_ROWS,
    cost,
    fold(train, held, task, _, all) {
      const { strengths } = wholeFit(all, task);
      const { network } = fitRidgeFunctions(train, {
        ...{ ...optionsOf(train), loss: lossOf(task) },
        ...{ strengths, updates: FOLD_UPDATES },
      });
      return Promise.resolve([forward(network, held.inputs, held.rows)]);
    },
    refit: (dataset, _, task) => Promise.resolve([wholeFit(dataset, task).network]),
    refitAll(sample, _, task) {
      const loss = lossOf(task), { strengths } = wholeFit(sample, task);
      if (!hasRowSums(loss.kind, sample.nOut)) return undefined;
      return networksOf(fitAllRows(sample, { ...optionsOf(sample), loss, strengths }));
    },
  };
}

/** A fit that gives its network. */
function* networksOf(
  fit: Generator<RowPass, RidgeFunctions, void>,
): Generator<RowPass, Network[], void> {
  return [(yield* fit).network];
}

/** Numbers that a machine multiplies and adds in a second, in plain loops. */
const SPEED = 4e8;

/** Cost of penalised regressions with so many columns. */
function regressionCost(rows: number, columns: number, nOut: number, classes: boolean): number {
  const passes = classes ? 12 : 1, updates = 6; // of a fold
  const inverse = columns <= 160 ? pow(columns, 3) / 2 : pow(columns, 3) / 6 + 24 * columns ** 2;
  return nOut * (passes * (rows * columns ** 2 / 2 + inverse) + updates * inverse) / SPEED;
}

/** Whether a loss is fitted by one sum of squares after the other. */
function multiPass(task: Task): boolean {
  return lossOf(task).kind !== "mse";
}

/** Straight lines with one ridge penalty. */
export function linearCandidate(task: Task): Candidate {
  return regression(
    "linear",
    ({ rows, nIn, nOut }) => regressionCost(rows, nIn + 1, nOut, multiPass(task)),
    () => ({ intervals: 1, bends: false }),
  );
}

/** A penalised spline of every column. */
export function additiveCandidate(task: Task, intervals: number): Candidate {
  return regression(
    "additive splines",
    ({ rows, nIn, nOut }) => regressionCost(rows, nIn * (intervals + 2), nOut, multiPass(task)),
    () => ({ intervals, bends: true }),
  );
}

/** A spline of every column, and of sums and differences of the pairs that act together most. */
export function pairsCandidate(
  task: Task,
  asked: number | readonly (readonly [number, number])[],
  intervals: number,
): Candidate {
  const pairs = typeof asked === "number" ? asked : asked.length;
  return regression(
    `additive splines, ${pairs} pair${pairs === 1 ? "" : "s"}`,
    ({ rows, nIn, nOut }) =>
      2 *
      regressionCost(
        rows,
        nIn * (intervals + 2) + 2 * pairs * (intervals + 1),
        nOut,
        multiPass(task),
      ),
    (dataset) => {
      const { nIn, inputs, rows } = dataset, loss = lossOf(task);
      if (typeof asked !== "number") {
        return { intervals, bends: true, directions: pairDirections(asked, nIn) };
      }
      const additive = fitRidgeFunctions(dataset, { loss, intervals, bends: true, updates: 5 });
      const slopes = new Float64Array(dataset.targets.length);
      evaluateLoss(loss, forward(additive.network, inputs, rows), dataset, slopes);
      const residuals = slopes.map((slope) => -slope);
      const found = strongestPairs(dataset, residuals, pairs);
      return { intervals, bends: true, directions: pairDirections(found, nIn) };
    },
  );
}

/** Splines of every column, and of random combinations of up to three columns. */
export function obliqueCandidate(
  task: Task,
  count: number,
  intervals: number,
): Candidate {
  return regression(
    `splines of ${count} combinations`,
    ({ rows, nIn, nOut }) =>
      regressionCost(
        rows,
        nIn * (intervals + 2) + count * (intervals + 1),
        nOut,
        multiPass(task),
      ),
    ({ nIn }) => {
      const random = createRandom(task.seed, "directions");
      const directions = new Float64Array(count * nIn);
      for (let d = 0; d < count; d++) {
        for (let k = 0; k < 3; k++) directions[d * nIn + random.integer(nIn)] = random.normal();
      }
      return { intervals, bends: true, directions };
    },
  );
}

/** Seeds of the trees that are fitted to all rows, and rows beyond which one is enough. */
const TREE_SEEDS = 2, ONE_SEED_ROWS = 20_000;
/** Stages are compared at so many numbers of them. */
const CHECKPOINTS = 25;

/** Seconds that trees take. */
function treeCost(
  { trees, leaves }: TreeOptions,
  { rows, nIn, nOut }: Pick<Dataset, "rows" | "nIn" | "nOut">,
): number {
  return trees * nOut * (rows * nIn * log2(leaves) + 200 * nIn * leaves) * 1.5 / SPEED;
}

/** Sums of small trees. */
export function treeCandidate(name: string, options: TreeOptions): Candidate {
  const every = Math.ceil(options.trees / CHECKPOINTS);
  return {
    ...{ name, kind: "boosted", mostRows: MOST_TREE_ROWS },
    cost: (sizes) => treeCost(options, sizes),
    fold(train, held, task, fold) {
      const { seed } = task, variants: Float64Array[] = [];
      growTrees(train, lossOf(task), options, createRandom(seed, `${name} ${fold}`), {
        rows: held,
        listen(stage, outputs) {
          if ((stage + 1) % every === 0) variants.push(outputs.slice());
        },
      });
      return Promise.resolve(variants);
    },
    refit(dataset, variant, task) {
      const { seed } = task, stages = (variant + 1) * every, ranges = columnRanges(dataset);
      const seeds = dataset.rows > ONE_SEED_ROWS ? 1 : TREE_SEEDS;
      const all = Array.from({ length: seeds }, (_, k) => {
        const random = createRandom(seed, `${name} all ${k}`);
        const trees = growTrees(dataset, lossOf(task), { ...options, trees: stages }, random);
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

/** The mean of trees on drawn rows, grown in one of several ways, from which held-out rows choose. */
export function sideBySideCandidate(name: string, ways: readonly TreeOptions[]): Candidate {
  return {
    ...{ name, kind: "forest", mostRows: MOST_TREE_ROWS },
    cost: (sizes) => ways.reduce((sum, each) => sum + treeCost(each, sizes), 0),
    fold(train, held, task, fold) {
      return Promise.resolve(ways.map((options, way) => {
        const random = createRandom(task.seed, `${name} ${fold} ${way}`);
        let said = new Float64Array(0);
        growTrees(train, lossOf(task), options, random, {
          rows: held,
          listen(stage, outputs) {
            if (stage + 1 === options.trees) said = outputs.slice();
          },
        });
        return said;
      }));
    },
    refit(dataset, way, task) {
      const random = createRandom(task.seed, `${name} all`), options = ways[way];
      const trees = growTrees(dataset, lossOf(task), options, random);
      const ranges = columnRanges(dataset);
      return Promise.resolve(treeNetworks(trees, options.trees, dataset.nOut, ranges));
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
export function columnRanges({ rows, nIn, inputs }: Dataset): ColumnRanges {
  const low = new Float64Array(nIn).fill(Infinity), high = new Float64Array(nIn).fill(-Infinity);
  for (let r = 0; r < rows; r++) {
    for (let p = 0; p < nIn; p++) {
      low[p] = Math.min(low[p], inputs[r * nIn + p]);
      high[p] = Math.max(high[p], inputs[r * nIn + p]);
    }
  }
  return { low, high };
}
