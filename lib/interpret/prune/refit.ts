/**
 * Refitting between removals, and judging.
 *
 * @module
 */

import type { Dataset } from "../../data/mod.ts";
import { meanOutputs } from "../../engine/inner.ts";
import { cpuEngine, evaluateLoss, type Loss } from "../../engine/mod.ts";
import { withAllEdges } from "../../model/inner.ts";
import { countParameters, createRandom, forward, type Network } from "../../model/mod.ts";
import { coarseSchedule } from "../../multilevel/mod.ts";
import { defined, log } from "../../numerics/inner.ts";
import { fitsDirectly, GAUSS_NEWTON_SMOOTHING } from "../../train/inner.ts";
import { gaussNewton, lbfgs, trainToEnd } from "../../train/mod.ts";
import type { PruneOptions } from "./options.ts";

/**
 * Most parameters, those of edges that a mask leaves out included, of refits by Gauss-Newton, whose
 * steps cost their square or cube.
 */
const MOST_DIRECT = 1500;
/**
 * Weight decay of refits on classes that were trained without: where classes are separated exactly,
 * logits grow without end, and what the rows that judge cost is chance. On the Wisconsin table 1e-3
 * leaves 15 to 18 of 30 columns, with test losses from 0.019 to 0.031; without it 22 to 30 are left,
 * and test losses go from 0.06 to 0.32.
 */
const CLASS_DECAY = 1e-3;
/** The part of the epochs after which a loss so many times the limit is hopeless. */
const PROBATION = 1 / 4, MOST_ABOVE = 10;
const GAUSS_NEWTON_EPOCHS = 12, LBFGS_EPOCHS = 4;

/**
 * Trains a network for a few epochs, or `times` as many, from where it is.
 *
 * @param limit A loss that must be reached: where a quarter of the epochs leave more than ten times as
 * much, the rest is left out.
 */
export async function refit(
  network: Network,
  dataset: Dataset,
  { loss = { kind: "mse" }, engine = cpuEngine, epochs, sparsity, smoothness }: PruneOptions,
  times = 1,
  limit = Infinity,
): Promise<Network> {
  const { activation, basis } = network.config;
  const direct = fitsDirectly(loss) && activation === "spline" &&
    countParameters(withAllEdges(network.config)) <= MOST_DIRECT;
  const count = times * (epochs ?? (direct ? GAUSS_NEWTON_EPOCHS : LBFGS_EPOCHS));
  const hopeless = new AbortController();
  const finished = await trainToEnd(network, dataset, {
    ...{ loss: decayed(loss), engine, signal: hopeless.signal },
    ...defined({ sparsity, smoothness }),
    optimizer: direct ? gaussNewton() : lbfgs(),
    schedule: coarseSchedule(count),
    onEvent(event) {
      if (event.type !== "epoch" || event.record.epoch < count * PROBATION) return;
      if (event.record.loss > MOST_ABOVE * limit) hopeless.abort();
    },
    smoothing: direct && basis === "bspline" ? GAUSS_NEWTON_SMOOTHING : 0,
  });
  return finished.network;
}

function decayed(loss: Loss): Loss {
  return loss.kind === "crossEntropy" && !loss.weightDecay
    ? { ...loss, weightDecay: CLASS_DECAY }
    : loss;
}

/** The loss of a network on some rows; infinite where it is not finite. */
export function judgedLoss(network: Network, dataset: Dataset, loss: Loss): number {
  const value = evaluateLoss(loss, forward(network, dataset.inputs, dataset.rows), dataset);
  return Number.isFinite(value) ? value : Infinity;
}

/**
 * Whether the losses of rows are above others by no more than the standard error of the differences
 * (Breiman et al. 1984: the smallest model within one standard error of the best).
 */
export function isWithinError(losses: Float64Array, lowest: Float64Array): boolean {
  const n = losses.length, differences = losses.map((x, r) => x - lowest[r]);
  const mean = differences.reduce((sum, d) => sum + d, 0) / n;
  const square = differences.reduce((sum, d) => sum + (d - mean) ** 2, 0);
  return n > 1 && mean <= Math.sqrt(square / (n - 1) / n);
}

/** Rows with their columns mixed that {@linkcode isWild} looks at. */
const MIXED_ROWS = 2000;
/** How far outputs may go beyond those of the rows, in ranges of these. */
const FAR = 0.5;

/**
 * Whether a network says something far beyond all outputs of some rows where their columns are
 * mixed: a spline between or beyond its rows that no row has held.
 */
export function isWild(network: Network, dataset: Dataset): boolean {
  const { inputs, rows } = dataset;
  const outputs = forward(network, inputs, rows), nOut = outputs.length / rows;
  const said = forward(network, mixedInputs(dataset), MIXED_ROWS);
  for (let q = 0; q < nOut; q++) {
    let low = Infinity, high = -Infinity;
    for (let r = 0; r < rows; r++) {
      low = Math.min(low, outputs[r * nOut + q]);
      high = Math.max(high, outputs[r * nOut + q]);
    }
    const room = FAR * (high - low);
    for (let r = 0; r < MIXED_ROWS; r++) {
      const value = said[r * nOut + q];
      if (!(value > low - room && value < high + room)) return true;
    }
  }
  return false;
}

/** Rows with every column from a row of its own, drawn. */
function mixedInputs({ inputs, rows, nIn }: Dataset): Float64Array {
  const mixed = new Float64Array(MIXED_ROWS * nIn), random = createRandom(0, "mixed rows");
  for (let i = 0; i < mixed.length; i++) mixed[i] = inputs[random.integer(rows) * nIn + i % nIn];
  return mixed;
}

/** Rows with their columns mixed by chance that networks are compared at. */
const COMPARED_ROWS = 10_000;

/**
 * How far networks are at most from what most of them say, the median, where every column of a row
 * comes from another row by chance. Networks that are alike at the rows differ most where one of them
 * is wild, which may be in corners that few rows come near.
 */
export function distancesFromMedian(
  networks: readonly Network[],
  { inputs, rows, nIn }: Dataset,
): number[] {
  const random = createRandom(COMPARED_ROWS, "mixed columns");
  const mixed = Float64Array.from(
    { length: COMPARED_ROWS * nIn },
    (_, i) => inputs[Math.floor(random.uniform() * rows) * nIn + i % nIn],
  );
  const said = networks.map((network) => forward(network, mixed, COMPARED_ROWS));
  const largest = new Float64Array(networks.length), middle = (networks.length - 1) / 2;
  for (let i = 0; i < said[0].length; i++) {
    const sorted = said.map((values) => values[i]).sort((a, b) => a - b);
    const median = (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
    said.forEach((values, k) => largest[k] = Math.max(largest[k], Math.abs(values[i] - median)));
  }
  return [...largest];
}

/** The loss of the best constant prediction, near enough: means, and logits of frequencies. */
export function constantLoss(dataset: Dataset, loss: Loss): number {
  const { rows, nOut } = dataset;
  if (loss.kind !== "crossEntropy" || nOut === 1) {
    return evaluateLoss(loss, meanOutputs(loss, dataset), dataset);
  }
  const outputs = meanOutputs({ kind: "mse" }, dataset);
  for (let i = 0; i < rows * nOut; i++) outputs[i] = log(Math.max(outputs[i], 1e-9));
  return evaluateLoss(loss, outputs, dataset);
}
