/**
 * From two arrays to a trained network, and from a network to predictions.
 *
 * @module
 */

import {
  type AffineScale,
  checkNetwork,
  foldInputScales,
  foldTargetScales,
} from "../model/inner.ts";
import { createNetwork, forward, type Network, type NetworkOptions } from "../model/mod.ts";
import { type Dataset, datasetOf, type RowData, type Rows } from "../data/mod.ts";
import { flatRows } from "../data/inner.ts";
import { cpuEngine } from "../engine/mod.ts";
import { checkOptions } from "../numerics/inner.ts";
import type { Constraints } from "./constraints/constraints.ts";
import { chooseTraining, type Refinement } from "./defaults.ts";
import type { FinishedEvent, TrainEvent } from "./events.ts";
import type { TrainOptions } from "./run.ts";
import { createTournament } from "./tournament.ts";
import { trainToEnd } from "./train_to_end.ts";

/** What to fit with; all may be left out. */
export interface FitOptions
  extends Omit<TrainOptions, "validation" | "patience" | "tournament" | "policies" | "resume"> {
  /** Fields of the network. Default: `widths` of the inputs, 5 and the targets, free cubic knots. */
  readonly network?: Partial<NetworkOptions>;
  /** Seed of the first parameters. Default 1234. */
  readonly seed?: number;
  /** First guesses that compete. Default: 8 by Gauss-Newton without a schedule, else 1. */
  readonly starts?: number;
  /** Where a level's new knots go. Default: even, or where the error is in networks all of splines. */
  readonly refinement?: Refinement;
  /** Hears what happens. */
  readonly onEvent?: (event: TrainEvent) => void;
}

/** A fitted network, and how well it fits. */
export interface Fit extends Omit<FinishedEvent, "type" | "loss"> {
  /** The network, for rows in their own units. */
  readonly network: Network;
  /** The loss on targets that are scaled to [0, 1]. */
  readonly loss: number;
  /** Root mean square of the errors, in the targets' own units; of all targets together. */
  readonly rmse: number;
}

const OPTIONS =
  "network seed starts refinement onEvent loss schedule optimizer optimizers engine " +
  "smoothing sparsity smoothness constraints signal";

/**
 * Fits a network to rows of numbers. Inputs and targets are scaled to [0, 1] by their ranges, and
 * the scales taken into the network afterwards, so that it works in their own units.
 *
 * @param data Inputs and targets, as many rows of each.
 * @param options Network, loss, schedule, optimizer: what is left out is chosen.
 * @returns The network with its error and how training ended.
 * @throws {TypeError} If rows are not rows of numbers, an option is not known, or the loss is one of
 * targets that are not scaled by their range, which `encodeTable` makes.
 * @throws {RangeError} If a number is not finite or an option out of range.
 *
 * @example
 * ```ts
 * import { fit, predict } from "@freeknot/freeknot";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const inputs = Array.from({ length: 200 }, (_, i) => [i / 100 - 1, Math.sin(i)]);
 * const targets = inputs.map(([x, y]) => 300 * Math.abs(x + y));
 * const { network } = await fit({ inputs, targets });
 * assertAlmostEquals(predict(network, [[0.25, 0.5]])[0][0], 225, 3);
 * ```
 */
export async function fit(data: RowData, options: FitOptions = {}): Promise<Fit> {
  checkOptions("fit", data, "inputs targets weights");
  checkOptions("fit", options, OPTIONS);
  const rows = datasetOf(data);
  const { network: fields, seed = 1234, starts, refinement, onEvent, ...training } = options;
  const { loss = { kind: "mse" }, engine = cpuEngine } = training;
  if (!["mse", "huber", "quantile"].includes(loss.kind)) {
    throw new TypeError(
      `Cannot fit: loss must be mse, huber or quantile, current value is ${loss.kind}; ` +
        "prepareTable() and trainToEnd() train on classes, counts, shares and times",
    );
  }
  const config: NetworkOptions = { widths: [rows.nIn, 5, rows.nOut], ...fields };
  const choice = chooseTraining(config, {
    ...{ loss, engine, starts, refinement },
    schedule: training.schedule,
    optimizer: training.optimizer,
    smoothing: training.smoothing,
  });
  const grid = config.activation && config.activation !== "spline"
    ? config
    : { ...config, intervals: (config.intervals ?? 5) * choice.schedule.startFactor };
  const start = createNetwork(grid, { seed });
  const scales = scalesOf(rows, start), constraints = scaledRange(training.constraints, scales);
  const { type: _, network: scaled, ...finished } = await trainToEnd(
    start,
    scaledRows(rows, scales),
    {
      ...{ ...training, loss, engine },
      ...{ schedule: choice.schedule, optimizer: choice.optimizer, smoothing: choice.smoothing },
      ...(choice.starts > 1 && {
        tournament: createTournament(grid, { seed, starts: choice.starts }),
      }),
      ...(constraints && { constraints }),
      ...(onEvent && { onEvent }),
    },
  );
  const network = foldTargetScales(
    scales.inputs ? foldInputScales(scaled, scales.inputs) : scaled,
    scales.targets,
  );
  return { ...finished, network, rmse: rootMeanSquare(network, rows) };
}

/**
 * Predicts targets.
 *
 * @param network A network, such as {@linkcode fit} gives.
 * @param inputs Rows of inputs, as for {@linkcode fit}; of a network with one input also numbers.
 * @returns One array of outputs for each row. `forward` computes the same on flat arrays.
 * @throws {TypeError} If the rows are not as wide as the network has inputs.
 * @throws {RangeError} If a number is not finite.
 *
 * @example
 * ```ts
 * import { createNetwork, predict } from "@freeknot/freeknot";
 * import { assertEquals } from "@std/assert";
 *
 * const network = createNetwork({ widths: [2, 5, 3] });
 * const outputs = predict(network, [[0, 1], [0.5, 0.5]]);
 * assertEquals([outputs.length, outputs[0].length], [2, 3]);
 * ```
 */
export function predict(network: Network, inputs: Rows): number[][] {
  checkNetwork("predict", network);
  const { values, rows, columns } = flatRows("inputs", inputs), { widths } = network.config;
  if (columns !== widths[0]) {
    throw new TypeError(
      `Cannot predict: inputs must be rows of ${widths[0]} numbers, current value is ${columns}`,
    );
  }
  const outputs = forward(network, values, rows), nOut = widths[widths.length - 1];
  return Array.from({ length: rows }, (_, r) => [...outputs.subarray(r * nOut, (r + 1) * nOut)]);
}

/** How rows are scaled; inputs only where the network's first map can take their scales in. */
interface RowScales {
  readonly inputs: readonly AffineScale[] | undefined;
  readonly targets: readonly AffineScale[];
}

function scalesOf(rows: Dataset, { config }: Network): RowScales {
  const shifts = config.bias || config.normalisation === "minmax" && config.activation === "spline";
  const linear = config.firstLayer === "linear" || config.activation !== "spline";
  return {
    inputs: linear && shifts ? columnScales(rows.inputs, rows.nIn) : undefined,
    targets: columnScales(rows.targets, rows.nOut).map((scale) =>
      config.activation === "spline" ? scale : { ...scale, origin: 0 }
    ),
  };
}

/** The constraints for scaled targets; a range must be one for all of them. */
function scaledRange(
  constraints: Constraints | undefined,
  { targets }: RowScales,
): Constraints | undefined {
  if (!constraints?.range) return constraints;
  if (targets.length > 1) {
    throw new RangeError(
      `Cannot fit: range must come with one target, current value is ${targets.length} targets`,
    );
  }
  const [low, high] = constraints.range, [{ origin, unit }] = targets;
  return { ...constraints, range: [(low - origin) / unit, (high - origin) / unit] };
}

/** The range of every column; a constant one becomes 0. */
function columnScales(values: Float64Array, columns: number): AffineScale[] {
  return Array.from({ length: columns }, (_, c) => {
    let minimum = Infinity, maximum = -Infinity;
    for (let i = c; i < values.length; i += columns) {
      minimum = Math.min(minimum, values[i]);
      maximum = Math.max(maximum, values[i]);
    }
    const unit = maximum - minimum;
    return { origin: minimum, unit: unit > 0 && unit < Infinity ? unit : 1 };
  });
}

function scaledRows(rows: Dataset, { inputs, targets }: RowScales): Dataset {
  const scaled = (values: Float64Array, scales: readonly AffineScale[]) =>
    values.map((value, i) => {
      const { origin, unit } = scales[i % scales.length];
      return (value - origin) / unit;
    });
  return {
    ...rows,
    inputs: inputs ? scaled(rows.inputs, inputs) : rows.inputs,
    targets: scaled(rows.targets, targets),
  };
}

function rootMeanSquare(network: Network, { inputs, targets, rows }: Dataset): number {
  const outputs = forward(network, inputs, rows);
  return Math.sqrt(outputs.reduce((sum, y, i) => sum + (y - targets[i]) ** 2, 0) / outputs.length);
}
