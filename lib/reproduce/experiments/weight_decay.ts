/**
 * Whether weight decay is necessary: null directions of layers, and training with and without it
 * (Actor et al. 2025, appendix C.2).
 *
 * @module
 */

import { findProblem, galleryDatasets } from "../../data/mod.ts";
import { createNetwork, createRandom } from "../../model/mod.ts";
import { blockValues } from "../../model/inner.ts";
import { coarseSchedule } from "../../multilevel/mod.ts";
import { hypot, norm } from "../../numerics/inner.ts";
import { nullSpace } from "../../theory/mod.ts";
import { adam, gaussNewton, lbfgs, type Optimizer, trainToEnd } from "../../train/mod.ts";
import { meanSquaredError, seedStatistics } from "../run_rows.ts";
import type {
  Experiment,
  ExperimentOptions,
  ExperimentPart,
  Findings,
  PartRunning,
} from "../experiment.ts";
import { brief, verdict } from "./_fits.ts";

/** One layer without hidden nodes. */
interface LayerNulls {
  readonly inputs: number;
  readonly outputs: number;
  readonly nulls: number;
}

/** Several seeds of a problem by an optimizer with a weight decay. */
interface DecayRow {
  readonly problem: string;
  readonly optimizer: OptimizerName;
  readonly decay: number;
  /** Errors at the data, without the decay's term. */
  readonly errors: readonly number[];
  /** Runs that ended with the status `diverged`. */
  readonly diverged: number;
  /** Mean norm of all coefficients. */
  readonly size: number;
}

type DecayValue =
  | { readonly kind: "nulls"; readonly layers: readonly LayerNulls[] }
  | { readonly kind: "runs"; readonly rows: readonly DecayRow[] };

type OptimizerName = "lbfgs" | "lbfgs-unit" | "adam" | "gauss-newton";

interface NamedRun {
  readonly label: string;
  /** Epochs of the quick and of the full form. */
  readonly epochs: readonly [number, number];
  // deno-lint-ignore no-explicit-any
  create(): Optimizer<any>;
}

const RUNS: Readonly<Record<OptimizerName, NamedRun>> = {
  "lbfgs": { label: "L-BFGS", epochs: [12, 40], create: () => lbfgs() },
  "lbfgs-unit": {
    label: "L-BFGS, unit steps",
    epochs: [12, 40],
    create: () => lbfgs({ lineSearch: "none" }),
  },
  "adam": { label: "Adam", epochs: [400, 2000], create: () => adam({ learningRate: 0.01 }) },
  "gauss-newton": { label: "Gauss-Newton", epochs: [20, 60], create: () => gaussNewton() },
};

const NAMES = Object.keys(RUNS) as OptimizerName[];
const DECAYS = [0, 1e-6, 1e-4, 1e-2];

/** The experiment. */
export const weightDecay: Experiment<DecayValue> = {
  name: "weight-decay",
  title: "Whether weight decay is necessary",
  source: "Actor et al. 2025, appendix C.2",
  minutes: 2,
  parts,
  conclude,
};

function parts({ quick = false, seeds }: ExperimentOptions): ExperimentPart<DecayValue>[] {
  const problems = quick ? ["nonsmooth-left"] : ["nonsmooth-left", "xor"];
  return [
    { id: "null-directions", run: nulls },
    ...problems.flatMap((problem) =>
      NAMES.map((optimizer) => ({
        id: `${problem}-${optimizer}`,
        run: (running: PartRunning) => {
          const chosen = seeds ?? findProblem(problem).seeds!.slice(0, quick ? 3 : 5);
          return trained({ problem, optimizer, seeds: chosen, quick, running });
        },
      }))
    ),
  ];
}

/** Null directions of one layer of splines of all inputs, on random rows. */
async function nulls(): Promise<DecayValue> {
  const layers: LayerNulls[] = [];
  for (const [inputs, outputs] of [[1, 1], [2, 1], [3, 2], [5, 3]]) {
    const rows = 600, random = createRandom(1, "rows");
    const dataset = {
      ...{ rows, nIn: inputs, nOut: outputs },
      inputs: Float64Array.from({ length: rows * inputs }, () => random.uniform()),
      targets: new Float64Array(rows * outputs),
    };
    const network = createNetwork({
      ...{ widths: [inputs, outputs], firstLayer: "spline", knots: "uniform" },
    });
    const { parameters, rank } = await nullSpace(network, dataset);
    layers.push({ inputs, outputs, nulls: parameters - rank });
  }
  return { kind: "nulls", layers };
}

async function trained(
  { problem, optimizer, seeds, quick, running }: {
    readonly problem: string;
    readonly optimizer: OptimizerName;
    readonly seeds: readonly number[];
    readonly quick: boolean;
    readonly running: PartRunning;
  },
): Promise<DecayValue> {
  const { defaults, ...found } = findProblem(problem);
  const { train } = galleryDatasets({ defaults, ...found }, { rows: quick ? 300 : 1000 });
  const { epochs, create } = RUNS[optimizer], rows: DecayRow[] = [];
  for (const decay of DECAYS) {
    const errors: number[] = [];
    let diverged = 0, size = 0;
    for (const seed of seeds) {
      const start = createNetwork({ ...defaults, knots: "uniform", intervals: 10 }, { seed });
      const { network, status } = await trainToEnd(start, train, {
        ...{ schedule: coarseSchedule(epochs[quick ? 0 : 1]), optimizer: create(), ...running },
        loss: { kind: "mse", weightDecay: decay },
      });
      running.signal.throwIfAborted();
      errors.push(meanSquaredError(network, train));
      if (status === "diverged") diverged++;
      size += coefficientNorm(network) / seeds.length;
    }
    rows.push({ problem, optimizer, decay, errors, diverged, size });
  }
  return { kind: "runs", rows };
}

function coefficientNorm(network: ReturnType<typeof createNetwork>): number {
  return hypot(
    ...network.layout.filter(({ name }) => name.endsWith(".coefficients")).map(({ name }) =>
      norm(blockValues(network, name))
    ),
  );
}

function medianOf({ errors }: DecayRow): number {
  return seedStatistics(errors).median;
}

function conclude(values: ReadonlyMap<string, DecayValue>): Findings {
  const all = [...values.values()];
  const layers = all.flatMap((value) => value.kind === "nulls" ? value.layers : []);
  const runs = all.flatMap((value) => value.kind === "runs" ? [value.rows] : []);
  const rows = runs.flat();
  const guarded = runs.filter(([row]) => row.optimizer !== "lbfgs-unit");
  return {
    claims: [
      verdict(
        "A layer of splines has (inputs - 1) x outputs null directions: its constants are not unique",
        layers,
        () => ({
          holds: layers.every(({ inputs, outputs, nulls }) => nulls === (inputs - 1) * outputs),
          measured: layers.map(({ inputs, outputs, nulls }) => `[${inputs}, ${outputs}] ${nulls}`)
            .join(", "),
        }),
      ),
      verdict(
        "Weight decay is not necessary: without it no run of L-BFGS with a line search, Adam or " +
          "Gauss-Newton diverges, and their median errors are at most 3 times those of the best decay",
        guarded,
        () => ({
          holds: guarded.every((group) =>
            group[0].diverged === 0 &&
            medianOf(group[0]) <= 3 * Math.min(...group.map(medianOf))
          ),
          measured: guarded.map((group) =>
            `${group[0].problem}, ${RUNS[group[0].optimizer].label} ` +
            `${brief(medianOf(group[0]) / Math.min(...group.map(medianOf)))} times`
          ).join("; "),
        }),
      ),
      verdict(
        "A decay of 1e-2 costs accuracy: median errors of L-BFGS are at least 3 times as large",
        guarded.filter(([row]) => row.optimizer === "lbfgs"),
        (found) => {
          const ratios = found.map((group) => medianOf(group.at(-1)!) / medianOf(group[0]));
          return {
            holds: ratios.every((ratio) => ratio >= 3),
            measured: ratios.map((ratio) => brief(ratio)).join(", ") + " times",
          };
        },
      ),
      verdict("It makes coefficients smaller, by every optimizer", runs, () => ({
        holds: runs.every((group) => group.at(-1)!.size < group[0].size),
        measured: runs.map((group) => brief(group[0].size / group.at(-1)!.size)).join(", ") +
          " times",
      })),
    ],
    tables: [
      ...(layers.length === 0 ? [] : [{
        title: "Null directions of one layer",
        columns: ["inputs", "outputs", "null directions"],
        rows: layers.map(({ inputs, outputs, nulls }) => [`${inputs}`, outputs, nulls]),
      }]),
      ...(rows.length === 0 ? [] : [{
        title: "Errors at the data over the seeds, 10 intervals",
        columns: [
          ...["problem", "optimizer", "weight decay", "median", "mean", "worst", "diverged"],
          "norm of coefficients",
        ],
        rows: rows.map((row) => {
          const { median, mean, worst } = seedStatistics(row.errors);
          return [
            ...[row.problem, RUNS[row.optimizer].label, row.decay, median, mean, worst],
            ...[row.diverged, row.size],
          ];
        }),
      }]),
    ],
    charts: runs.length === 0 ? [] : [decayChart(runs)],
    notes: [
      "The paper says that regularisation is necessary for KANs to train well. Null directions do " +
      "exist, but along them nothing changes: steps of L-BFGS lie in the span of gradients, " +
      "Gauss-Newton damps, Adam's sizes stay bounded.",
      "Even knots, 1,000 points and five seeds (300 and three in the quick form); half the " +
      "decay times the sum of all squared parameters joins the loss, errors are without it.",
    ],
  };
}

/** Where the chart draws no decay at all, on its logarithmic axis. */
const NONE_AT = 1e-8;

function decayChart(runs: readonly (readonly DecayRow[])[]): Findings["charts"][number] {
  return {
    title: "Errors over weight decay",
    text: "Median errors at the data over the weight decay: level up to 1e-4 by every optimizer, " +
      "then mostly rising. The leftmost points are without decay.",
    ...{ xTitle: `weight decay (none: ${NONE_AT})`, yTitle: "median error", logarithmic: "both" },
    curves: runs.map((group) => ({
      label: `${group[0].problem}, ${RUNS[group[0].optimizer].label}`,
      x: group.map(({ decay }) => decay || NONE_AT),
      y: group.map(medianOf),
    })),
  };
}
