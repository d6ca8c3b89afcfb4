/**
 * What finer grids do for high frequencies: random fields of several variables, and Poisson's
 * equation with a wave on top (Wang et al. 2024, arXiv 2410.01803).
 *
 * @module
 */

import type { Dataset } from "../../data/mod.ts";
import { createNetwork, createRandom, type Network, type NetworkOptions } from "../../model/mod.ts";
import { coarseSchedule, prolong } from "../../multilevel/mod.ts";
import { evaluateSolution, pdeEngine, type PdeProblem } from "../../physics/mod.ts";
import { lbfgs, trainToEnd } from "../../train/mod.ts";
import { meanSquaredError } from "../run_rows.ts";
import type {
  Experiment,
  ExperimentOptions,
  ExperimentPart,
  Findings,
  PartRunning,
} from "../experiment.ts";
import { brief, doublings, verdict } from "./_fits.ts";
import { cos, sin } from "../../numerics/inner.ts";

/** A network on a random field; root mean squared errors over the field's deviation, near 1. */
interface FieldRow {
  readonly name: string;
  readonly kind: "splines" | "mlp";
  readonly inputs: number;
  /** Length over which the field changes. */
  readonly length: number;
  /** Of an MLP 0. */
  readonly intervals: number;
  readonly parameters: number;
  readonly train: number;
  readonly test: number;
}

/** A network on Poisson's equation. */
interface WaveRow {
  readonly name: string;
  readonly kind: "splines" | "mlp";
  readonly frequency: number;
  readonly intervals: number;
  readonly parameters: number;
  readonly loss: number;
  /** Relative errors of the amplitudes of `sin(pi x)` and of `sin(K pi x)`. */
  readonly low: number;
  readonly high: number;
}

type HighValue =
  | { readonly kind: "field"; readonly rows: readonly FieldRow[] }
  | { readonly kind: "poisson"; readonly rows: readonly WaveRow[] };

const SEED = 1234;
/** Random Fourier features of a field. */
const FEATURES = 2000;

/** The experiment. */
export const highFrequencies: Experiment<HighValue> = {
  name: "high-frequencies",
  title: "High frequencies: random fields and Poisson's equation",
  source: "Wang et al. 2024 (arXiv 2410.01803), Gaussian random fields and Poisson's equation",
  minutes: 3,
  parts,
  conclude,
};

function parts(options: ExperimentOptions): ExperimentPart<HighValue>[] {
  const { quick = false, seeds: [seed] = [SEED], threads } = options;
  const fields = quick
    ? [[2, 1], [2, 0.25]]
    : [2, 3, 4].flatMap((inputs) => [1, 0.5, 0.25].map((length) => [inputs, length]));
  return [
    ...fields.map(([inputs, length]) => ({
      id: `field-${inputs}-length-${length}`,
      run: (running: PartRunning) => fitField({ inputs, length, quick, seed, running }),
    })),
    ...(quick ? [10] : [10, 20, 50]).map((frequency) => ({
      id: `poisson-${frequency}`,
      run: (running: PartRunning) => fitWave({ frequency, quick, seed, threads, running }),
    })),
  ];
}

/**
 * A Gaussian random field on `[-1, 1]^d` of covariance `exp(-|x - y|^2 / (2 length^2))`, by random
 * Fourier features: `sqrt(2 / M) sum cos(w_m . x + b_m)`, `w` normal of deviation `1 / length`.
 */
function field(inputs: number, length: number, rows: number, stream: string): Dataset {
  const drawn = createRandom(SEED, `field ${inputs} ${length}`);
  const w = Float64Array.from({ length: FEATURES * inputs }, () => drawn.normal() / length);
  const b = Float64Array.from({ length: FEATURES }, () => 2 * Math.PI * drawn.uniform());
  const places = createRandom(SEED, `places ${stream}`);
  const x = Float64Array.from({ length: rows * inputs }, () => 2 * places.uniform() - 1);
  const targets = Float64Array.from({ length: rows }, (_, r) => {
    let sum = 0;
    for (let m = 0; m < FEATURES; m++) {
      let phase = b[m];
      for (let p = 0; p < inputs; p++) phase += w[m * inputs + p] * x[r * inputs + p];
      sum += cos(phase);
    }
    return Math.sqrt(2 / FEATURES) * sum;
  });
  return { rows, nIn: inputs, nOut: 1, inputs: x, targets };
}

/** What a part needs. */
interface HighOptions {
  readonly quick: boolean;
  readonly seed: number;
  readonly running: PartRunning;
}

async function fitField(
  { inputs, length, quick, seed, running }:
    & HighOptions
    & { readonly inputs: number; readonly length: number },
): Promise<HighValue> {
  const rows = quick ? 300 : 1000, epochs = quick ? 4 : 10;
  const train = field(inputs, length, rows, "train"), test = field(inputs, length, rows, "test");
  const error = (network: Network, data: Dataset) => Math.sqrt(meanSquaredError(network, data));
  const found: FieldRow[] = [];
  const nodes = 2 * inputs + 1; // Kolmogorov's
  async function add(name: string, kind: FieldRow["kind"], start: Network, count: number) {
    const { network } = await trainToEnd(start, train, {
      ...{ schedule: coarseSchedule(count), optimizer: lbfgs(), ...running },
    });
    running.signal.throwIfAborted();
    found.push({
      ...{ name, kind, inputs, length, parameters: network.parameters.length },
      intervals: kind === "mlp" ? 0 : network.config.intervals,
      ...{ train: error(network, train), test: error(network, test) },
    });
    return network;
  }
  let network = createNetwork({
    ...{ widths: [inputs, nodes, 1], firstLayer: "spline", knots: "uniform", intervals: 5 },
  }, { seed });
  const grids = doublings(5, quick ? 20 : 40);
  for (const [level] of grids.entries()) {
    if (level > 0) network = prolong(network);
    network = await add(`splines [${inputs}, ${nodes}, 1]`, "splines", network, epochs);
  }
  const widths = quick ? [inputs, 24, 24, 1] : [inputs, 48, 48, 1];
  const mlp = createNetwork({ widths, activation: "relu" }, { seed });
  await add(`MLP [${widths.join(", ")}], ReLU`, "mlp", mlp, epochs * grids.length);
  return { kind: "field", rows: found };
}

/** `u'' = f` on [-1, 1] with `u = sin(pi x) + sin(K pi x) / 10`, and `u = 0` at the ends. */
function waveProblem(frequency: number): PdeProblem {
  const k = frequency;
  return {
    name: `poisson-${k}`,
    title: "Poisson's equation with a high frequency",
    domain: { x: [-1, 1] },
    equations: [{
      name: "equation",
      equation: `u_xx = -pi^2*sin(pi*x) - ${k * k / 10}*pi^2*sin(${k}*pi*x)`,
    }],
    conditions: [{ name: "ends", at: { x: [-1, 1] }, equation: "u = 0" }],
    ansatz: { u: "(1 - x^2)*N" },
    exact: { u: `sin(pi*x) + sin(${k}*pi*x)/10` },
  };
}

async function fitWave(
  { frequency, quick, seed, threads, running }: HighOptions & {
    readonly frequency: number;
    readonly threads: number | undefined;
  },
): Promise<HighValue> {
  const problem = waveProblem(frequency), rows: WaveRow[] = [];
  const engine = pdeEngine(problem, {
    sampler: { kind: "grid", counts: [quick ? 200 : 800] },
    ...(threads === undefined ? {} : { threads }),
  });
  const epochs = quick ? 8 : 20;
  async function add(
    name: string,
    kind: WaveRow["kind"],
    start: Network,
    count: number,
  ): Promise<Network> {
    const { network, loss } = await trainToEnd(start, undefined, {
      ...{ engine, signal: running.signal, schedule: coarseSchedule(count), optimizer: lbfgs() },
    });
    running.signal.throwIfAborted();
    const [low, high] = amplitudeErrors(problem, network, frequency);
    const intervals = kind === "mlp" ? 0 : network.config.intervals;
    const parameters = network.parameters.length;
    rows.push({ name, kind, frequency, intervals, parameters, loss, low, high });
    return network;
  }
  const options: NetworkOptions = {
    ...{ widths: [1, 5, 1], firstLayer: "spline", knots: "uniform", intervals: 5, degree: 4 },
  };
  let network = createNetwork(options, { seed });
  const grids = doublings(5, quick ? 40 : 160);
  for (const [level] of grids.entries()) {
    if (level > 0) network = prolong(network);
    network = await add("splines [1, 5, 1]", "splines", network, epochs);
  }
  const widths = quick ? [1, 16, 16, 1] : [1, 32, 32, 1];
  const mlp = createNetwork({ widths, activation: "tanh" }, { seed });
  await add(`MLP [${widths.join(", ")}], tanh`, "mlp", mlp, epochs * grids.length);
  return { kind: "poisson", rows };
}

/** Sine coefficients of the error at equal places, over those of the solution. */
function amplitudeErrors(problem: PdeProblem, network: Network, k: number): [number, number] {
  const count = 2000;
  const x = Float64Array.from({ length: count }, (_, i) => -1 + 2 * i / count);
  const [u] = evaluateSolution(problem, network, x, ["u"]);
  const amplitude = (mode: number) =>
    u.reduce((sum, value, i) => sum + value * sin(mode * Math.PI * x[i]), 0) * 2 / count;
  return [Math.abs(amplitude(1) - 1), Math.abs(amplitude(k) / 0.1 - 1)];
}

function conclude(values: ReadonlyMap<string, HighValue>): Findings {
  const all = [...values.values()];
  const fields = all.flatMap((value) => value.kind === "field" ? [value.rows] : []);
  const waves = all.flatMap((value) => value.kind === "poisson" ? [value.rows] : []);
  return {
    claims: [...fieldClaims(fields), ...waveClaims(waves)],
    tables: [
      ...(fields.length === 0 ? [] : [{
        title: "Random fields: root mean squared errors",
        columns: ["network", "inputs", "length", "intervals", "parameters", "train", "test"],
        rows: fields.flat().map((row) => [
          ...[row.name, row.inputs, row.length, row.intervals || null, row.parameters],
          ...[row.train, row.test],
        ]),
      }]),
      ...(waves.length === 0 ? [] : [{
        title: "Poisson's equation: relative errors of the amplitudes of both waves",
        columns: [
          ...["network", "frequency", "intervals", "parameters", "loss"],
          ...["low wave", "high wave"],
        ],
        rows: waves.flat().map((row) => [
          ...[row.name, row.frequency, row.intervals || null, row.parameters, row.loss],
          ...[row.low, row.high],
        ]),
      }]),
    ],
    charts: [...fieldCharts(fields), ...(waves.length === 0 ? [] : [waveChart(waves)])],
    notes: [
      "Fields have mean 0 and variance 1 (2,000 random Fourier features) on [-1, 1]^d; the abstract " +
      "that we know prints no sizes: 1,000 points, lengths 1, 0.5 and 0.25 and networks are our " +
      "choice (300 points in the quick form). L-BFGS, as many epochs for an MLP as for all grids.",
      "u = sin(pi x) + sin(K pi x) / 10 fulfils the ends by construction; splines of degree 4. The " +
      "mean squared residual weighs a wave by the fourth power of its frequency.",
    ],
  };
}

function fieldClaims(fields: readonly (readonly FieldRow[])[]) {
  const runs = fields.map((rows) => ({
    coarse: rows[0],
    fine: rows.filter(({ kind }) => kind === "splines").at(-1)!,
    best: Math.min(...rows.filter(({ kind }) => kind === "splines").map(({ test }) => test)),
    mlp: rows.at(-1)!,
  }));
  const rough = runs.filter(({ coarse }) => coarse.length === 0.25);
  const plane = runs.filter(({ coarse }) => coarse.inputs === 2 && coarse.length === 1);
  return [
    verdict("Finer grids lower the training error of every field", runs, () => ({
      holds: runs.every(({ coarse, fine }) => fine.train < coarse.train),
      measured: runs.map(({ coarse, fine }) => brief(coarse.train / fine.train, 2)).join(", ") +
        " times",
    })),
    verdict(
      "They overfit rough fields (length 0.25): on the finest grid the error at fresh points is " +
        "at least 3 times that at the data",
      rough,
      () => ({
        holds: rough.every(({ fine }) => fine.test > 3 * fine.train),
        measured: rough.map(({ fine }) => `${brief(fine.train, 2)}, fresh ${brief(fine.test, 2)}`)
          .join("; "),
      }),
    ),
    verdict(
      "A smooth field of two variables (length 1) is fitted better by splines than by the MLP, at " +
        "fresh points, on the best grid",
      plane,
      () => ({
        holds: plane.every(({ best, mlp }) => best < mlp.test),
        measured: plane.map(({ best, mlp }) => `${brief(best)}, MLP ${brief(mlp.test)}`).join("; "),
      }),
    ),
  ];
}

function waveClaims(waves: readonly (readonly WaveRow[])[]) {
  const runs = waves.map((rows) => ({
    coarse: rows[0],
    fine: rows.filter(({ kind }) => kind === "splines").at(-1)!,
    mlp: rows.at(-1)!,
  }));
  const said = (of: (run: typeof runs[number]) => WaveRow) =>
    runs.map((run) => `${of(run).frequency}: ${brief(of(run).high, 2)}`).join(", ");
  return [
    verdict(
      "Poisson's equation: from the coarsest grid to the finest the loss falls at least 100 times, " +
        "and the finest has the high wave within 1 %",
      runs,
      () => ({
        holds: runs.every(({ coarse, fine }) => coarse.loss > 100 * fine.loss && fine.high < 0.01),
        measured: `high wave at ${said(({ coarse }) => coarse)}; then ${said(({ fine }) => fine)}`,
      }),
    ),
    verdict(
      "The equation turns the bias round: on the finest grid the low wave has the larger error",
      runs,
      () => ({
        holds: runs.every(({ fine }) => fine.low > fine.high),
        measured: runs.map(({ fine }) => `${fine.frequency}: ${brief(fine.low, 2)}`).join(", "),
      }),
    ),
    verdict(
      "The MLP of tanh misses the high wave by more than ten times the error of splines",
      runs,
      () => ({
        holds: runs.every(({ mlp, fine }) => mlp.high > 10 * fine.high),
        measured: said(({ mlp }) => mlp),
      }),
    ),
  ];
}

type Chart = Findings["charts"][number];

/** One chart for each number of inputs. */
function fieldCharts(fields: readonly (readonly FieldRow[])[]): Chart[] {
  const dimensions = [...new Set(fields.map(([{ inputs }]) => inputs))];
  return dimensions.map((inputs) => ({
    title: `Random fields of ${inputs} variables`,
    text:
      "Errors at fresh points over the intervals, in deviations of the field; level lines are " +
      "an MLP's. Finer grids help smooth fields and overfit rough ones.",
    ...{ xTitle: "intervals", yTitle: "error at fresh points", logarithmic: "both" },
    curves: fields.filter(([row]) => row.inputs === inputs).flatMap((rows) => {
      const grids = rows.filter(({ kind }) => kind === "splines"), mlp = rows.at(-1)!;
      const ends = [grids[0].intervals, grids.at(-1)!.intervals];
      return [
        {
          label: `length ${mlp.length}`,
          x: grids.map(({ intervals }) => intervals),
          y: grids.map(({ test }) => test),
        },
        {
          label: `MLP, length ${mlp.length}: ${brief(mlp.test, 2)}`,
          x: ends,
          y: [mlp.test, mlp.test],
          kind: "guide" as const,
        },
      ];
    }),
  }));
}

function waveChart(waves: readonly (readonly WaveRow[])[]): Chart {
  return {
    title: "Poisson's equation: both waves over the grids",
    text:
      "Relative errors of the amplitudes over the intervals: finer grids bring the high waves, " +
      "the low one comes last.",
    ...{ xTitle: "intervals", yTitle: "relative error of the amplitude", logarithmic: "both" },
    curves: waves.flatMap((rows) => {
      const grids = rows.filter(({ kind }) => kind === "splines"), [{ frequency }] = grids;
      const x = grids.map(({ intervals }) => intervals);
      return [
        { label: `wave ${frequency}`, x, y: grids.map(({ high }) => high) },
        { label: `wave 1 beside ${frequency}`, x, y: grids.map(({ low }) => low) },
      ];
    }),
  };
}
