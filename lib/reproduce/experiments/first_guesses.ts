/**
 * The coarse rows and the perceptrons of Tables 1 and 2 (Actor et al. 2025) from other first
 * guesses: which inputs and which first parameters does the paper have?
 *
 * @module
 */

import { type Dataset, findProblem, galleryDatasets } from "../../data/mod.ts";
import { createNetwork } from "../../model/mod.ts";
import { coarseSchedule, customSchedule, prolong } from "../../multilevel/mod.ts";
import { pdeEngine } from "../../physics/mod.ts";
import { adamw, lbfgs, trainToEnd } from "../../train/mod.ts";
import { seedStatistics } from "../run_rows.ts";
import { table3, table3Rows } from "../table3.ts";
import { type TableRow, tableRows } from "../table_rows.ts";
import { withCoefficients, withTorchMap } from "../_first_network.ts";
import { onUnitPowers } from "../_unit_powers.ts";
import type {
  CheckedClaim,
  Experiment,
  ExperimentOptions,
  ExperimentPart,
  Findings,
  PartRunning,
} from "../experiment.ts";
import { brief, verdict } from "./_fits.ts";

/** A row of a table from several seeds, its first guess as told. */
interface GuessValue {
  readonly problem: string;
  readonly row: string;
  readonly label: string;
  readonly paper: number;
  readonly inputs: string;
  readonly map: string;
  /** First coefficients; of perceptrons none. */
  readonly coefficients?: string;
  readonly epochs: number;
  readonly losses: readonly number[];
  readonly seconds: number;
}

/** On which inputs, what the first map and the first coefficients are, how long. */
interface Variant {
  readonly inputs: "[0, 1]" | "[-1, 1]";
  readonly map: "ours" | "PyTorch's" | "a tenth of PyTorch's";
  /** Standard normal coefficients of B-splines; otherwise as `createNetwork` draws them. */
  readonly normal?: boolean;
  /** Steps in ReLU powers that reach 1, see `onUnitPowers`. */
  readonly powers?: "unit";
  /** Times the row's epochs. Default 1. */
  readonly epochs?: number;
}

const VARIANTS: Readonly<Record<string, Variant>> = {
  "plain": { inputs: "[0, 1]", map: "ours" },
  "torch": { inputs: "[0, 1]", map: "PyTorch's" },
  "symmetric": { inputs: "[-1, 1]", map: "ours" },
  "symmetric-torch": { inputs: "[-1, 1]", map: "PyTorch's" },
  "normal": { inputs: "[0, 1]", map: "PyTorch's", normal: true },
  "tenth": { inputs: "[0, 1]", map: "a tenth of PyTorch's" },
  "unit": { inputs: "[0, 1]", map: "ours", powers: "unit" },
  "longer": { inputs: "[0, 1]", map: "PyTorch's", epochs: 4 },
};
const INPUTS = ["plain", "symmetric"];
const MAPS = ["plain", "torch", "symmetric", "symmetric-torch"];
const COEFFICIENTS = ["torch", "normal"];
const POWERS = ["plain", "unit"];
const ALL = Object.keys(VARIANTS);

/** Rows that depend on the first guess, or did not reach the paper's numbers, and their variants. */
const ROWS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  "nonsmooth-left": {
    "mlp-2-30-1": INPUTS, // the perceptrons' first parameters are PyTorch's anyway
    "mlp-2-20-20-1": INPUTS,
    "spline-free-coarse": [...MAPS, "normal"],
    "spline-uniform-coarse": [...MAPS, "normal"],
    "spline-uniform-fine": COEFFICIENTS,
    "relu-free-coarse": MAPS,
    "relu-uniform-coarse": POWERS,
    "relu-uniform-fine": COEFFICIENTS,
    "relu-free-fine": COEFFICIENTS,
  },
  // the same function turned the other way, of which the paper has no table
  "nonsmooth": { "spline-uniform-coarse": MAPS },
  "xor": {
    "spline-uniform-coarse": ALL.filter((name) => name !== "unit"),
    "spline-uniform-fine": COEFFICIENTS,
    "spline-free-coarse": COEFFICIENTS,
    "relu-uniform-coarse": ALL,
    "relu-uniform-multilevel": POWERS,
    "relu-uniform-fine": COEFFICIENTS,
    "relu-free-fine": COEFFICIENTS,
  },
};
const QUICK: Readonly<Record<string, readonly string[]>> = {
  "nonsmooth-left-mlp-2-30-1": INPUTS,
  "nonsmooth-left-spline-uniform-coarse": ["plain", "symmetric-torch"],
  "nonsmooth-left-relu-uniform-fine": COEFFICIENTS,
  "nonsmooth-spline-uniform-coarse": ["plain", "symmetric-torch"],
  "xor-spline-uniform-coarse": ["torch"],
  "xor-relu-uniform-coarse": ["torch", "unit"],
  "xor-relu-uniform-fine": COEFFICIENTS,
};

/** The experiment. */
export const firstGuesses: Experiment<GuessValue> = {
  name: "first-guesses",
  title: "Tables 1 to 3 from other first guesses",
  source: "Actor et al. 2025, Tables 1 to 3; appendix D says neither inputs nor first parameters",
  minutes: 2,
  parts,
  conclude,
};

function parts({ quick = false, seeds }: ExperimentOptions): ExperimentPart<GuessValue>[] {
  const regression = Object.entries(ROWS).flatMap(([name, of]) => {
    const problem = findProblem(name);
    const rows = tableRows(problem.paper ? problem : findProblem("nonsmooth-left"));
    const chosen = seeds ?? problem.seeds!.slice(0, quick ? 3 : 5);
    return Object.entries(of).flatMap(([id, variants]) => {
      const row = rows.find((each) => each.id === id)!;
      return (quick ? QUICK[`${name}-${id}`] ?? [] : variants).map((variant) => ({
        id: `${name}-${id}-${variant}`,
        run: (running: PartRunning) =>
          guess(name, row, VARIANTS[variant], chosen, quick ? 500 : 1000, running),
      }));
    });
  });
  const scales = ["1", "0.1", "0.01", "coarse"] as const;
  const burgers = scales.filter((scale) => !quick || scale !== "coarse").map((scale) => ({
    id: `burgers-fine-${scale}`,
    run: (running: PartRunning) =>
      quick
        ? burgersGuess(scale, table3.seeds[0], 12, 60, running)
        : burgersGuess(scale, table3.seeds[0], 24, 800, running),
  }));
  return [...regression, ...burgers];
}

/**
 * Steps of AdamW on the finest grid of Table 3: coefficients as drawn, a tenth or a hundredth of
 * them, or drawn on the coarse grid and prolonged.
 */
async function burgersGuess(
  scale: "1" | "0.1" | "0.01" | "coarse",
  seed: number,
  side: number,
  epochs: number,
  running: PartRunning,
): Promise<GuessValue> {
  const { network: config, paper } = table3Rows().find(({ id }) => id === "spline-uniform-fine")!;
  const from = performance.now();
  let start = createNetwork(config, { seed });
  if (scale === "coarse") {
    start = prolong(prolong(createNetwork({ ...config, intervals: 5 }, { seed })));
  }
  if (scale !== "coarse") start = withCoefficients(start, Number(scale));
  const { loss } = await trainToEnd(start, undefined, {
    ...{ schedule: coarseSchedule(epochs), signal: running.signal },
    engine: pdeEngine(table3.problem, { sampler: { kind: "grid", counts: [side, side] } }),
    optimizer: adamw({ learningRate: 1e-3, schedule: { kind: "cyclic" } }),
  });
  running.signal.throwIfAborted();
  const drawn = scale === "coarse" ? "drawn coarse, prolonged" : `drawn, times ${scale}`;
  return {
    ...{ problem: "Burgers, Table 3", row: "fine", label: "spline, fine", paper: paper!.mse },
    ...{
      inputs: `grid ${side} x ${side}`,
      map: "ours",
      coefficients: drawn,
      losses: [loss],
      epochs,
    },
    seconds: (performance.now() - from) / 1000,
  };
}

async function guess(
  problem: string,
  row: TableRow,
  { inputs, map, normal = false, powers, epochs = 1 }: Variant,
  seeds: readonly number[],
  points: number,
  running: PartRunning,
): Promise<GuessValue> {
  const { train } = galleryDatasets(findProblem(problem), { rows: points });
  const dataset: Dataset = inputs === "[0, 1]"
    ? train
    : { ...train, inputs: train.inputs.map((x) => 2 * x - 1) };
  const schedule = customSchedule(
    row.schedule.stages.map((stage) => ({ ...stage, epochs: epochs * stage.epochs })),
    row.schedule,
  );
  const losses: number[] = [], from = performance.now();
  const optimizer = powers === "unit" ? onUnitPowers(lbfgs(), row.network) : lbfgs();
  for (const seed of seeds) {
    const plain = createNetwork(row.network, { seed });
    const mapped = map === "ours"
      ? plain
      : withTorchMap(plain, seed, map === "PyTorch's" ? 1 : 0.1);
    const start = normal ? withCoefficients(mapped, toNormal(row.network)) : mapped;
    losses.push((await trainToEnd(start, dataset, { schedule, optimizer, ...running })).loss);
    running.signal.throwIfAborted();
  }
  const seconds = (performance.now() - from) / 1000;
  const { id, label, paper } = row;
  return {
    ...{ problem, row: id, label, paper: paper!.mse, inputs, map, losses, seconds },
    ...(row.group === "mlp" ? {} : {
      coefficients: normal ? "N(0, 1)" : powers === "unit" ? UNIT : "ours",
    }),
    epochs: schedule.stages.reduce((sum, stage) => sum + stage.epochs, 0),
  };
}

/** How the table tells ReLU powers that reach 1. */
const UNIT = "ours, powers reach 1";

/** What makes the library's first coefficients, of deviation `1 / (2 sqrt(nIn))`, standard normal. */
function toNormal({ widths }: TableRow["network"]): number {
  return 2 * Math.sqrt(widths[1]); // all hidden layers of the tables have one width
}

function meanOf({ losses }: GuessValue): number {
  return seedStatistics(losses).mean;
}

function medianOf({ losses }: GuessValue): number {
  return seedStatistics(losses).median;
}

function conclude(values: ReadonlyMap<string, GuessValue>): Findings {
  const all = [...values.values()];
  return {
    claims: [
      ...inputAndTurnClaims(values),
      ...coefficientClaims(values),
      burgersClaim(values),
    ],
    tables: all.length === 0 ? [] : [tableOf(all)],
    charts: all.length === 0 ? [] : [ratioChart(all)],
    notes: NOTES,
  };
}

/** The values of all these parts, or none. */
function valuesOf(values: ReadonlyMap<string, GuessValue>, ids: readonly string[]): GuessValue[] {
  const found = ids.map((id) => values.get(id)).filter((value) => value !== undefined);
  return found.length === ids.length ? found : [];
}

function inputAndTurnClaims(values: ReadonlyMap<string, GuessValue>): CheckedClaim[] {
  const left = (...ids: string[]) => valuesOf(values, ids.map((id) => `nonsmooth-left-${id}`));
  return [
    verdict(
      "On inputs from -1 to 1 the mean of the perceptron [2, 30, 1] lies below the paper's, and is " +
        "at most half of that on the inputs as they are drawn, which lies above",
      left("mlp-2-30-1-plain", "mlp-2-30-1-symmetric"),
      ([plain, other]) => ({
        holds: meanOf(other) < other.paper && meanOf(plain) > plain.paper &&
          meanOf(other) < meanOf(plain) / 2,
        measured: `mean ${brief(meanOf(other))} (median ${brief(medianOf(other))}), on [0, 1] ` +
          `${brief(meanOf(plain))} (${brief(medianOf(plain))}), the paper's mean ` +
          brief(plain.paper),
      }),
    ),
    verdict(
      "The function is turned counterclockwise: with even knots on the coarse grid and PyTorch's " +
        "first map the median lies between 0.6 and 1.1 times the paper's 1.65e-3",
      left("spline-uniform-coarse-symmetric-torch"),
      ([value]) => ({
        holds: medianOf(value) < 1.1 * value.paper && medianOf(value) > 0.6 * value.paper,
        measured: `${brief(medianOf(value))}, ${brief(Math.min(...value.losses))} to ` +
          brief(Math.max(...value.losses)),
      }),
    ),
    verdict(
      "Turned the other way no first guess explains that number: every run ends above 2e-3",
      [...values.values()].filter(({ problem }) => problem === "nonsmooth"),
      (found) => ({
        holds: found.every(({ losses }) => Math.min(...losses) > 2e-3),
        measured: `the best of ${found.reduce((sum, { losses }) => sum + losses.length, 0)} runs ` +
          brief(Math.min(...found.flatMap(({ losses }) => losses))),
      }),
    ),
  ];
}

function coefficientClaims(values: ReadonlyMap<string, GuessValue>): CheckedClaim[] {
  const fine = [...values.values()].filter(({ row }) => /^relu-.*-fine$/.test(row));
  const open = valuesOf(values, ["relu", "spline"].map((of) => `xor-${of}-uniform-coarse-torch`));
  const unit = [...values.values()].filter(({ problem, coefficients }) =>
    problem === "xor" && coefficients === UNIT
  );
  return [
    verdict(
      "The paper's ReLU powers on the fine grid, above 0.9 on targets from 0 to 1, are what " +
        "standard normal coefficients of B-splines leave: from these medians lie between 0.4 and " +
        "1.3 times its means, from this library's below 0.2 times",
      fine.length % 2 === 0 ? fine : [],
      (found) => ({
        holds: found.every((value) => {
          const ratio = medianOf(value) / value.paper;
          return value.coefficients === "ours" ? ratio < 0.2 : ratio > 0.4 && ratio < 1.3;
        }),
        measured: found.map((value) =>
          `${value.problem}, ${value.label}, ${value.coefficients}: ${brief(medianOf(value))} ` +
          `(paper ${brief(value.paper)})`
        ).join("; "),
      }),
    ),
    verdict(
      "Table 2, even knots, coarse: ReLU powers lose on their way and not for want of functions: " +
        "from the same first guess splines, the same space, end at least 5 times lower",
      open,
      ([relu, splines]) => ({
        holds: medianOf(relu) > 5 * medianOf(splines),
        measured: `${brief(medianOf(relu))} and ${brief(medianOf(splines))} (paper ` +
          `${brief(relu.paper)} and ${brief(splines.paper)})`,
      }),
    ),
    verdict(
      "What holds them back is their sizes: ReLU powers that are divided by what they reach at the " +
        "domain's end, 0.064 to 33 on five intervals, have medians below the paper's means",
      unit,
      () => ({
        holds: unit.every((value) => medianOf(value) < value.paper),
        measured: unit.map((value) =>
          `${value.label} ${brief(medianOf(value))} (paper ${brief(value.paper)})`
        ).join("; "),
      }),
    ),
  ];
}

function burgersClaim(values: ReadonlyMap<string, GuessValue>): CheckedClaim {
  return verdict(
    "Table 3's fine row depends on the size of the first coefficients: with a hundredth of them " +
      "the same steps end at most at a tenth",
    valuesOf(values, ["burgers-fine-1", "burgers-fine-0.01"]),
    ([drawn, small]) => ({
      holds: small.losses[0] < 0.1 * drawn.losses[0],
      measured: `${brief(small.losses[0])}, as drawn ${brief(drawn.losses[0])}`,
    }),
  );
}

const NOTES = [
  "L-BFGS, the paper's epochs (128 on the coarse grid, 16 on the fine one) where the table has no " +
  "others, its seeds for this library's random numbers; 500 points and three seeds in the quick " +
  "form, else 1,000 and five, in place of the paper's 20,000.",
  "Table 3: 60 steps of AdamW on 12 x 12 points in the quick form, else 800 on 24 x 24, in place " +
  "of 800 on 64 x 64; one seed. Second derivatives of a random spline grow with the square of " +
  "its intervals.",
  "PyTorch's first map: weights and bias uniform within 1 / sqrt(inputs), as torch.nn.Linear " +
  "begins; perceptrons have these numbers in all layers in either case. Ours: normal weights, " +
  "no bias at first. Min-max normalisation undoes a shift and a scale of the inputs in front of " +
  "splines, but not for the steps of L-BFGS.",
  "Our first coefficients: N(0, 1 / (4 nIn)), a variance of 1/20 in all layers of Tables 1 and 2. " +
  "ReLU powers begin with the same function, W = A^T c.",
];

function tableOf(all: readonly GuessValue[]) {
  return {
    title: "Mean squared errors over the seeds",
    columns: [
      ...["problem", "row", "inputs", "first map", "first coefficients", "epochs"],
      ...["median", "mean", "best", "worst", "paper's mean", "seconds"],
    ],
    rows: all.map((value) => {
      const { median, mean, worst } = seedStatistics(value.losses);
      return [
        ...[value.problem, value.label, value.inputs, value.map, value.coefficients ?? null],
        ...[value.epochs, median, mean],
        ...[Math.min(...value.losses), worst, value.paper, value.seconds],
      ];
    }),
  };
}

/** Medians over the paper's means, row by row; a kind of first guess has one colour. */
function ratioChart(all: readonly GuessValue[]): Findings["charts"][number] {
  const nameOf = ({ problem, label }: GuessValue) => `${problem}, ${label}`;
  const guessOf = ({ inputs, map, coefficients, epochs, row }: GuessValue) =>
    row === "fine" ? `coefficients ${coefficients}` : `inputs ${inputs}, map ${map}` +
      (coefficients === undefined || coefficients === "ours"
        ? ""
        : `, coefficients ${coefficients}`) +
      (epochs > 128 ? `, ${epochs} epochs` : "");
  const rows = [...new Set(all.map(nameOf))];
  return {
    title: "Medians over the paper's means",
    text: "Below 1 ours is lower. Rows by their numbers: " +
      rows.map((name, i) => `${i + 1} ${name}`).join("; ") + ".",
    ...{ xTitle: "row", yTitle: "median over the paper's mean", logarithmic: "y" },
    curves: [
      ...[...new Set(all.map(guessOf))].map((guess) => {
        const found = all.filter((value) => guessOf(value) === guess);
        return {
          label: guess,
          x: found.map((value) => rows.indexOf(nameOf(value)) + 1),
          y: found.map((value) => medianOf(value) / value.paper),
          kind: "points" as const,
        };
      }),
      { label: "the paper", x: [1, rows.length], y: [1, 1], kind: "guide" as const },
    ],
  };
}
