/**
 * Trains the rows of published tables from every seed, and sums up the seeds of a row.
 *
 * @module
 */

import { checkArray } from "../numerics/inner.ts";
import { type Dataset, galleryDatasets, type Problem } from "../data/mod.ts";
import { cpuEngine, type Engine, evaluateLoss } from "../engine/mod.ts";
import { forward, type Network } from "../model/mod.ts";
import { scheduleCost } from "../multilevel/mod.ts";
import {
  createTournament,
  type EpochRecord,
  summarise,
  type TrainStatus,
  trainToEnd,
} from "../train/mod.ts";
import { firstNetwork } from "./_first_network.ts";
import { onUnitPowers } from "./_unit_powers.ts";
import { rowOptimizer, type TableRow, tableRows } from "./table_rows.ts";

/** What to run; all may be left out. */
export interface ReproduceOptions {
  /** Default: all of `tableRows(problem)`. */
  readonly rows?: readonly TableRow[];
  /** Seeds of the initialisation. Default: the paper's. */
  readonly seeds?: readonly number[];
  /** Training points. Default: the paper's 20,000. */
  readonly points?: number;
  /** Default `cpuEngine`. */
  readonly engine?: Engine;
  /** Stops; the run in progress is dropped. */
  readonly signal?: AbortSignal;
  /** Called after every epoch of every run. */
  readonly onEpoch?: (row: TableRow, seed: number, record: EpochRecord) => void;
  /** Runs for which this is true are left out. Default: none. */
  readonly skip?: (row: TableRow, seed: number) => boolean;
}

/** One run of one row. */
export interface RowRun {
  /** The row. */
  readonly row: TableRow;
  /** Seed of the initialisation. */
  readonly seed: number;
  /** Mean squared error of the best state on the training points, targets scaled to [0, 1]. */
  readonly loss: number;
  /** Training error after the last epoch, where the optimizer stood; not below `loss`. */
  readonly lastLoss: number;
  /** Error of the best state on 10,000 fresh points. */
  readonly testLoss: number;
  /** Trainable parameters at the end. */
  readonly parameters: number;
  /** Evaluations of loss and gradient. */
  readonly evaluations: number;
  /** Seconds of training. */
  readonly seconds: number;
  /** How the run ended. */
  readonly status: TrainStatus;
  /** Why, in a sentence. */
  readonly reason: string;
  /** The training log, one record an epoch. */
  readonly history: readonly EpochRecord[];
}

/**
 * Runs rows of a published table, row by row, seed by seed.
 *
 * Data, seeds and epochs are as in Actor et al. 2025, appendix D: the points of data seed 0,
 * targets scaled to [0, 1]. A run's result is its best state, so one that diverges keeps what it
 * had.
 *
 * @param problem A problem of the gallery with published rows.
 * @param options Rows, seeds, points, engine, abort signal.
 * @returns The runs, each as soon as it is done; fewer if the signal stops them.
 * @throws {RangeError} If the problem has no published rows or the points are not positive.
 *
 * @example One row, one seed, few points
 * ```ts
 * import { findProblem } from "@freeknot/freeknot";
 * import { reproduce, summariseRow, tableRows } from "@freeknot/freeknot/reproduce";
 * import { assertEquals } from "@std/assert";
 *
 * const problem = findProblem("nonsmooth-left");
 * const rows = tableRows(problem, { quick: true }).filter(({ id }) => id === "mlp-2-5-1");
 * const runs = await Array.fromAsync(reproduce(problem, { rows, seeds: [1234], points: 100 }));
 * assertEquals(runs.map(({ parameters }) => parameters), [20]);
 * assertEquals(summariseRow(runs).mse.mean, runs[0].loss);
 * ```
 */
export async function* reproduce(
  problem: Problem,
  options: ReproduceOptions = {},
): AsyncGenerator<RowRun, void, void> {
  const rows = options.rows ?? tableRows(problem);
  const seeds = options.seeds ?? problem.seeds ?? [0];
  const points = options.points ?? problem.rows;
  const { train, test } = galleryDatasets(problem, { rows: points });
  for (const row of rows) {
    const fewer = row.points !== undefined && row.points < points;
    yield* runTableRows([row], seeds, {
      ...options,
      dataset: fewer ? galleryDatasets(problem, { rows: row.points! }).train : train,
      testLoss: (network, row) => meanSquaredError(network, seenBy(row, test)),
    });
    if (options.signal?.aborted) return;
  }
}

/** Runs row by row, seed by seed, until the signal stops one. */
export async function* runTableRows(
  rows: readonly TableRow[],
  seeds: readonly number[],
  options: RunTableRowOptions & Pick<ReproduceOptions, "skip">,
): AsyncGenerator<RowRun, void, void> {
  for (const row of rows) {
    for (const seed of seeds) {
      if (options.skip?.(row, seed)) continue;
      const run = await runTableRow(row, seed, options);
      if (run.status === "stopped") return;
      yield run;
    }
  }
}

/** What {@linkcode runTableRow} trains on. */
export interface RunTableRowOptions
  extends Pick<ReproduceOptions, "engine" | "signal" | "onEpoch"> {
  /** Training rows. */
  readonly dataset?: Dataset;
  /** The loss of a row's network on fresh points. */
  readonly testLoss: (network: Network, row: TableRow) => number;
}

/** Runs one row of a table from one seed; of status `stopped` if the signal has ended it. */
export async function runTableRow(
  row: TableRow,
  seed: number,
  { dataset, testLoss, engine = cpuEngine, signal, onEpoch }: RunTableRowOptions,
): Promise<RowRun> {
  const history: EpochRecord[] = [];
  const { network, loss, evaluations, seconds, status, reason } = await trainToEnd(
    firstNetwork(row, seed),
    dataset && seenBy(row, dataset),
    {
      ...((row.starts ?? 1) > 1
        ? { tournament: createTournament(row.network, { seed, starts: row.starts! }) }
        : {}),
      ...(row.smoothing ? { smoothing: row.smoothing } : {}),
      schedule: row.schedule,
      optimizer: row.powers === "unit"
        ? onUnitPowers(rowOptimizer(row), row.network)
        : rowOptimizer(row),
      engine,
      ...(signal === undefined ? {} : { signal }),
      onEvent: (event) => {
        if (event.type !== "epoch") return;
        history.push(event.record);
        onEpoch?.(row, seed, event.record);
      },
    },
  );
  return {
    row,
    seed,
    loss,
    lastLoss: history.at(-1)?.loss ?? loss,
    testLoss: testLoss(network, row),
    parameters: network.parameters.length,
    evaluations,
    seconds,
    status,
    reason,
    history,
  };
}

/** Rows as the network of a table's row sees them. */
function seenBy({ inputs }: TableRow, dataset: Dataset): Dataset {
  if (inputs === undefined) return dataset;
  return { ...dataset, inputs: dataset.inputs.map((x) => 2 * x - 1) };
}

/** The mean squared error of a network on rows. */
export function meanSquaredError(network: Network, dataset: Dataset): number {
  return evaluateLoss({ kind: "mse" }, forward(network, dataset.inputs, dataset.rows), dataset);
}

/** Statistics of a number over several seeds. */
export interface SeedStatistics {
  /** Arithmetic mean. */
  readonly mean: number;
  /** Standard deviation with N - 1 in the denominator; NaN of a single seed. */
  readonly deviation: number;
  /** The middle one; of an even number the mean of the middle two. */
  readonly median: number;
  /** The largest. */
  readonly worst: number;
}

/** Statistics of a row over its seeds. */
export interface RowSummary {
  /** The row. */
  readonly row: TableRow;
  /** Its runs. */
  readonly runs: readonly RowRun[];
  /** Trainable parameters at the end. */
  readonly parameters: number;
  /** Work as the paper counts it: epochs x intervals / coarsest intervals. */
  readonly workUnits: number;
  /** Mean squared error on the training points. */
  readonly mse: SeedStatistics;
  /** Mean squared error on fresh points. */
  readonly testMse: SeedStatistics;
  /** Largest ratio of test error to training error. */
  readonly heldOutRatio: number;
  /** Mean evaluations of a run. */
  readonly evaluations: number;
  /** Mean seconds of a run. */
  readonly seconds: number;
  /** Whether our mean lies above the published one; false for rows of our own. */
  readonly worse: boolean;
}

/**
 * Puts the runs of one row together.
 *
 * @param runs Runs of the same row, at least one.
 * @returns Mean, deviation, median and worst over the seeds; the comparison with the paper.
 * @throws {RangeError} If there are no runs.
 *
 * @example
 * ```ts
 * import { reproduce, summariseRow, tableRows } from "@freeknot/freeknot/reproduce";
 * import { findProblem } from "@freeknot/freeknot";
 * import { assertEquals } from "@std/assert";
 *
 * const problem = findProblem("xor"), rows = tableRows(problem, { quick: true }).slice(0, 1);
 * const runs = await Array.fromAsync(reproduce(problem, { rows, seeds: [1, 2], points: 50 }));
 * assertEquals(summariseRow(runs).mse.worst, Math.max(...runs.map(({ loss }) => loss)));
 * ```
 */
export function summariseRow(runs: readonly RowRun[]): RowSummary {
  checkArray("summarise row", "runs", runs, "an array of runs");
  if (runs.length === 0) {
    throw new RangeError(
      "Cannot summarise row: runs must hold at least one run, current length is 0",
    );
  }
  const { row, parameters } = runs[0];
  const mse = seedStatistics(runs.map(({ loss }) => loss));
  return {
    row,
    runs,
    parameters,
    workUnits: scheduleCost(row.schedule, 1).workUnits,
    mse,
    testMse: seedStatistics(runs.map(({ testLoss }) => testLoss)),
    heldOutRatio: Math.max(...runs.map(({ loss, testLoss }) => testLoss / loss)),
    evaluations: summarise(runs.map(({ evaluations }) => evaluations)).mean,
    seconds: summarise(runs.map(({ seconds }) => seconds)).mean,
    worse: row.paper !== undefined && !(mse.mean <= row.paper.mse),
  };
}

/** Mean, deviation, median and worst of one number per seed, at least one. */
export function seedStatistics(values: readonly number[]): SeedStatistics {
  const { mean, median, standardDeviation } = summarise(values);
  const deviation = values.length > 1 ? standardDeviation : NaN;
  return { mean, deviation, median, worst: Math.max(...values) };
}
