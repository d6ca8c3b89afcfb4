/**
 * How much sparsity or smoothness the data allow: a path over the weight, judged by held-out rows.
 *
 * @module
 */

import { checkNetwork } from "../model/inner.ts";
import { createRandom, edgeNorms, type Network } from "../model/mod.ts";
import { coarseSchedule } from "../multilevel/mod.ts";
import { type Dataset, subset } from "../data/mod.ts";
import { rowLosses } from "../engine/inner.ts";
import { checkInteger, checkOptions, checkRecord, defined, moments } from "../numerics/inner.ts";
import type { TrainOptions } from "./run.ts";
import type { Sparsity } from "./sparsity.ts";
import { trainToEnd } from "./train_to_end.ts";

/** What a path is over, and how it is walked. */
export interface PenaltyPathOptions extends
  Pick<
    TrainOptions,
    | "loss"
    | "optimizer"
    | "engine"
    | "validation"
    | "tournament"
    | "smoothing"
    | "smoothness"
    | "signal"
  > {
  /** Which weight: `lambda` of sparsity, or that of the bending. Default `sparsity`. */
  readonly kind?: "sparsity" | "smoothness";
  /** The parts of sparsity and their weights; on a path over the bending, all of sparsity. */
  readonly sparsity?: Partial<Sparsity>;
  /**
   * The weights, increasing, in units of the targets' standard deviation (sparsity) or variance
   * (smoothness). Default: 0, and two per decade from 1e-4 to 0.3; one from 1e-9 to 0.01.
   */
  readonly weights?: readonly number[];
  /** Parts of the training rows that are held out in turn, without `validation`. Default 3. */
  readonly folds?: number;
  /** Epochs of every training, at least 1. Default 25. */
  readonly epochs?: number;
  /** Seed of the folds. Default 0. */
  readonly seed?: number;
  /** Told every point as it is known. */
  readonly onPoint?: (point: PenaltyPoint) => void;
}

/** One point of a path. */
export interface PenaltyPoint {
  /** The weight, in the units of the loss. */
  readonly weight: number;
  /** Mean loss of held-out rows, without the penalty. */
  readonly loss: number;
  /** Standard error of that mean: the rows' standard deviation over the root of their number. */
  readonly standardError: number;
  /** Edges whose mean `|phi|` is above 1e-2 of their layer's largest; the mean over the folds. */
  readonly edges: number;
}

/** A path and what was chosen on it. */
export interface PenaltyPath {
  /** The largest weight whose loss is at most one standard error above the lowest. */
  readonly chosen: number;
  /** The points, by increasing weight; it ends where losses have long left that range. */
  readonly points: readonly PenaltyPoint[];
}

const OPTIONS = "kind sparsity smoothness weights folds epochs seed loss optimizer engine " +
  "validation tournament smoothing signal onPoint";
const WEIGHTS = {
  sparsity: [0, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1],
  smoothness: [0, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2],
};
/**
 * A path ends where two losses in turn are this many standard errors above the lowest, not before
 * the weights have begun to act.
 */
const FAR = 4, LEAST_POINTS = 5;
/** Edges below this share of their layer's largest count as silent. */
const SILENT = 1e-2;

/**
 * Chooses the weight of sparsity or smoothness: the largest whose loss on held-out rows is at most
 * one standard error above the lowest (Breiman et al. 1984).
 *
 * The weights are walked upwards, every training beginning with the given network (or tournament) and
 * staying on its grid: going on from the network of a smaller weight, one would judge what longer
 * training has overfitted. Held out are the validation rows or, without them, the training rows in
 * turn, so that every row is judged once by a network that has not seen it. The same options give the
 * same bits.
 *
 * @param network The network to start from. Not changed.
 * @param dataset The training rows.
 * @param options Which weight, and what training is like.
 * @returns The weight and the path.
 * @throws {TypeError} If an option is not known, or network and dataset do not fit.
 * @throws {RangeError} If an option is out of range.
 *
 * @example
 * ```ts
 * import {
 *   createNetwork, findProblem, galleryDatasets, multilevelSchedule, trainToEnd,
 * } from "@freeknot/freeknot";
 * import { choosePenalty } from "@freeknot/freeknot/train";
 * import { assert } from "@std/assert";
 *
 * const { train: rows } = galleryDatasets(findProblem("nonsmooth"), { rows: 150 });
 * const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
 * const { chosen, points } = await choosePenalty(network, rows, { epochs: 8 });
 * assert(points.some(({ weight }) => weight === chosen));
 * await trainToEnd(network, rows, { sparsity: chosen, schedule: multilevelSchedule([10]) });
 * ```
 */
export async function choosePenalty(
  network: Network,
  dataset: Dataset,
  options: PenaltyPathOptions = {},
): Promise<PenaltyPath> {
  checkNetwork("choose penalty", network);
  checkRecord("choose penalty", "dataset", dataset, "rows of inputs and targets", ["rows"]);
  checkOptions("choose penalty", options, OPTIONS);
  const { kind = "sparsity", validation, epochs = 25 } = options;
  checkInteger("choose penalty", "epochs", epochs, 1);
  const weights = pathWeights(kind, dataset, options.weights);
  const folds = foldsOf(dataset, validation, options.folds ?? 3, options.seed ?? 0);
  const points: PenaltyPoint[] = [];
  const loss = options.loss ?? { kind: "mse" };
  let far = 0;
  for (const weight of weights) {
    const judged: Losses[] = [];
    let edges = 0;
    for (const { train, held } of folds) {
      const trained = await trainToEnd(network, train, {
        ...trainOptions(options, kind, weight),
        schedule: coarseSchedule(epochs),
      });
      judged.push({
        values: rowLosses(trained.network, held, loss),
        weights: held.weights ?? new Float64Array(held.rows).fill(1),
      });
      edges += activeEdges(trained.network, train.inputs) / folds.length;
    }
    const point = { weight, ...meanLoss(judged), edges };
    points.push(point);
    options.onPoint?.(point);
    if (options.signal?.aborted) break;
    const best = lowest(points);
    far = point.loss > best.loss + FAR * best.standardError || !(point.loss < Infinity)
      ? far + 1
      : 0;
    if (far > 1 && points.length >= LEAST_POINTS) break;
  }
  const best = lowest(points), most = best.loss + best.standardError;
  return { points, chosen: points.findLast(({ loss }) => loss <= most)!.weight };
}

function lowest(points: readonly PenaltyPoint[]): PenaltyPoint {
  return points.reduce((best, point) => point.loss < best.loss ? point : best);
}

function trainOptions(
  options: PenaltyPathOptions,
  kind: "sparsity" | "smoothness",
  weight: number,
): TrainOptions {
  const { loss, optimizer, engine, smoothing, signal, tournament, smoothness } = options;
  const { sparsity = {} } = options;
  return {
    ...defined({ loss, optimizer, engine, smoothing, signal, tournament }),
    sparsity: { lambda: 0, ...sparsity, ...(kind === "sparsity" && { lambda: weight }) },
    smoothness: kind === "smoothness" ? weight : smoothness ?? 0,
  };
}

function pathWeights(
  kind: "sparsity" | "smoothness",
  { targets }: Dataset,
  weights: readonly number[] = WEIGHTS[kind],
): number[] {
  const rule = "numbers >= 0, increasing";
  const grows = weights.every((x, i) => x >= 0 && x < Infinity && (i === 0 || x > weights[i - 1]));
  if (weights.length === 0 || !grows) {
    throw new RangeError(
      `Cannot choose penalty: weights must be ${rule}, current value is [${weights}]`,
    );
  }
  const deviation = moments(targets).deviation || 1;
  const unit = kind === "sparsity" ? deviation : deviation ** 2;
  return weights.map((weight) => Number((weight * unit).toPrecision(2)));
}

/** Rows to train on and rows to judge by. */
interface Fold {
  readonly train: Dataset;
  readonly held: Dataset;
}

function foldsOf(
  dataset: Dataset,
  validation: Dataset | undefined,
  count: number,
  seed: number,
): Fold[] {
  if (validation) return [{ train: dataset, held: validation }];
  const { rows } = dataset;
  if (!Number.isInteger(count) || count < 2 || count > rows) {
    throw new RangeError(
      `Cannot choose penalty: folds must be an integer from 2 to ${rows}, current value is ${count}`,
    );
  }
  const order = createRandom(seed, "folds").permutation(rows);
  return Array.from({ length: count }, (_, k) => ({
    train: subset(dataset, order.filter((_, i) => i % count !== k).sort()),
    held: subset(dataset, order.filter((_, i) => i % count === k).sort()),
  }));
}

/** Losses of rows and their weights. */
interface Losses {
  readonly values: Float64Array;
  readonly weights: Float64Array;
}

/** The weighted mean of all losses, and its standard error. */
function meanLoss(all: readonly Losses[]): Pick<PenaltyPoint, "loss" | "standardError"> {
  let total = 0, sum = 0, squares = 0;
  for (const { values, weights } of all) {
    values.forEach((value, r) => {
      total += weights[r];
      sum += weights[r] * value;
    });
  }
  const loss = sum / total;
  for (const { values, weights } of all) {
    values.forEach((value, r) => squares += (weights[r] * (value - loss)) ** 2);
  }
  return { loss: Number.isNaN(loss) ? Infinity : loss, standardError: Math.sqrt(squares) / total };
}

function activeEdges(network: Network, inputs: Float64Array): number {
  return edgeNorms(network, inputs).reduce((sum, norms) => {
    const most = Math.max(...norms);
    return sum + norms.filter((norm) => norm > SILENT * most).length;
  }, 0);
}
