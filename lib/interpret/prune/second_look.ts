/**
 * A second look at inputs that were taken away: what is left over may depend on them.
 *
 * @module
 */

import { designMatrix, normalMatrix } from "../../basis/mod.ts";
import type { Dataset } from "../../data/mod.ts";
import { meanOutputs } from "../../engine/inner.ts";
import { cpuEngine, evaluateLoss, type Loss } from "../../engine/mod.ts";
import { uniformKnots } from "../../knots/mod.ts";
import { withAllEdges } from "../../model/inner.ts";
import { createNetwork, forward, type Network, type NetworkOptions } from "../../model/mod.ts";
import {
  column,
  defined,
  exp,
  multiply,
  multiplyTransposed,
  rangeOf,
  solvePositive,
} from "../../numerics/inner.ts";
import { chooseTraining } from "../../train/inner.ts";
import { createTournament, trainToEnd } from "../../train/mod.ts";
import type { PruneOptions } from "./options.ts";

/** Share of the residuals' variance that an input must account for to come back. */
const LEAST_GAIN = 0.03;
const INTERVALS = 5, DEGREE = 3;
/** Pieces of the coarsest grid that networks are put on. */
export const COARSEST = 5;

/**
 * Finds inputs that say something about what a network leaves over: a spline of the input is fitted
 * to the residuals at some rows, and has to lower those at others.
 *
 * @param residuals Of both datasets, shape `[rows, nOut]`.
 * @param candidates Inputs that are asked.
 */
export function missedInputs(
  fitted: Dataset,
  judge: Dataset,
  residuals: { readonly fitted: Float64Array; readonly judge: Float64Array },
  candidates: readonly number[],
): number[] {
  const { nOut, nIn } = fitted;
  return candidates.filter((input) => {
    const values = column(fitted.inputs, nIn, input), range = rangeOf(values);
    if (!(range[1] > range[0])) return false;
    const knots = uniformKnots({ degree: DEGREE, intervals: INTERVALS, domain: range });
    const n = INTERVALS + DEGREE;
    const normal = normalMatrix(knots, values);
    const ridge = 1e-3 * fitted.rows / n;
    for (let i = 0; i < n; i++) normal[i * n + i] += ridge;
    const right = multiplyTransposed(designMatrix(knots, values), residuals.fitted, nOut);
    const c = solvePositive(normal, n, DEGREE, right, nOut);
    const held = column(judge.inputs, nIn, input).map((x) =>
      Math.min(Math.max(x, range[0]), range[1])
    );
    const said = multiply(designMatrix(knots, held), c, nOut);
    let before = 0, after = 0;
    said.forEach((value, i) => {
      before += residuals.judge[i] ** 2;
      after += (residuals.judge[i] - value) ** 2;
    });
    return after < (1 - LEAST_GAIN) * before;
  });
}

/** What constant outputs leave over: targets less their means at the rows that are fitted. */
export function centred(
  fitted: Dataset,
  judge: Dataset,
  loss: Loss,
): { readonly fitted: Float64Array; readonly judge: Float64Array } {
  if (!["mse", "huber", "crossEntropy"].includes(loss.kind)) {
    const constant = (data: Dataset) => againstSlope(meanOutputs(loss, data), data, loss);
    return { fitted: constant(fitted), judge: constant(judge) };
  }
  const { nOut, rows, targets } = fitted, means = new Float64Array(nOut);
  for (let i = 0; i < rows * nOut; i++) means[i % nOut] += targets[i] / rows;
  const less = (values: ArrayLike<number>) =>
    Float64Array.from({ length: values.length }, (_, i) => values[i] - means[i % nOut]);
  return { fitted: less(targets), judge: less(judge.targets) };
}

/** What a network leaves over: targets less outputs, of classes less probabilities. */
export function leftOver(network: Network, dataset: Dataset, loss: Loss): Float64Array {
  const { rows, nOut, targets, inputs } = dataset;
  const outputs = forward(network, inputs, rows);
  if (loss.kind === "mse" || loss.kind === "huber") {
    return outputs.map((value, i) => targets[i] - value);
  }
  if (loss.kind !== "crossEntropy") return againstSlope(outputs, dataset, loss);
  if (nOut === 1) return outputs.map((value, i) => targets[i] - 1 / (1 + exp(-value)));
  for (let r = 0; r < rows; r++) {
    const row = outputs.subarray(r * nOut, (r + 1) * nOut), most = Math.max(...row);
    const total = row.reduce((sum, value) => sum + exp(value - most), 0);
    row.forEach((value, q) => row[q] = targets[r * nOut + q] - exp(value - most) / total);
  }
  return outputs;
}

/** Minus the derivative of the loss by the outputs, every row with weight 1: of counts `t - mu`. */
function againstSlope(outputs: Float64Array, dataset: Dataset, loss: Loss): Float64Array {
  const { rows, nIn, nOut, inputs, targets } = dataset, slope = new Float64Array(outputs.length);
  evaluateLoss(loss, outputs, { rows, nIn, nOut, inputs, targets }, slope);
  return slope.map((each) => -rows * each);
}

/** Trains a network of its kind from the beginning, on other inputs and the widths it came with. */
export async function freshStart(
  { config }: Network,
  numInputs: number,
  fitted: Dataset,
  { loss = { kind: "mse" }, engine = cpuEngine, seed = 1234, sparsity, smoothness }: PruneOptions,
): Promise<Network | undefined> {
  if (config.knots === "fixed") return undefined; // knots of its own for every input
  const spline = config.activation === "spline", intervals = spline ? INTERVALS : 1;
  const options: NetworkOptions = {
    ...withAllEdges(config),
    widths: [numInputs, ...config.widths.slice(1)],
    intervals,
  };
  const choice = chooseTraining(options, { loss, engine });
  const grid = { ...options, intervals: intervals * choice.schedule.startFactor };
  const { network } = await trainToEnd(createNetwork(grid, { seed }), fitted, {
    ...{ loss, engine },
    ...{ schedule: choice.schedule, optimizer: choice.optimizer, smoothing: choice.smoothing },
    ...defined({ sparsity, smoothness }),
    ...(choice.starts > 1 && {
      tournament: createTournament(grid, { seed, starts: choice.starts }),
    }),
  });
  return network;
}
