/**
 * Which frequencies networks learn first (Wang et al. 2024, arXiv 2410.01803; Rahaman et al. 2019,
 * arXiv 1806.08734).
 *
 * @module
 */

import { gramMatrix } from "../../basis/mod.ts";
import { type Dataset, datasetOf } from "../../data/mod.ts";
import { referenceEngine } from "../../engine/mod.ts";
import { uniformKnots } from "../../knots/mod.ts";
import { createNetwork, createRandom, type Network } from "../../model/mod.ts";
import { prolong } from "../../multilevel/mod.ts";
import { cos, hypot, sin, symmetricEigenvalues } from "../../numerics/inner.ts";
import { basisConditioning } from "../../theory/mod.ts";
import { adam } from "../../train/mod.ts";
import type {
  Experiment,
  ExperimentOptions,
  ExperimentPart,
  FindingMap,
  Findings,
  PartRunning,
} from "../experiment.ts";
import { brief, doublings, powerFit, verdict } from "./_fits.ts";

/** The amplitudes that a network has over the steps. */
interface SpectrumValue {
  readonly kind: "spectrum";
  readonly name: string;
  readonly amplitudes: Amplitudes;
  readonly parameters: number;
  /** Steps at which the spectrum was taken. */
  readonly steps: readonly number[];
  /** Share of each mode's amplitude at these steps: shape `[steps, modes]`. */
  readonly shares: readonly (readonly number[])[];
  /** First step at which each mode has 0.9 of its amplitude; null: none. */
  readonly reached: readonly (number | null)[];
  /** Steps at which the grid was refined. */
  readonly refined: readonly number[];
  readonly loss: number;
}

/** Condition numbers over the number of functions. */
interface HessianValue {
  readonly kind: "hessians";
  readonly intervals: readonly number[];
  /** Of one layer of splines: degree 1 and 3. */
  readonly splines1: readonly number[];
  readonly splines3: readonly number[];
  /** Of ReLU units with kinks at the same places. */
  readonly relu: readonly number[];
  /** Of one layer with several inputs: without its null directions. */
  readonly layers: readonly {
    readonly inputs: number;
    readonly intervals: number;
    readonly nulls: number;
    readonly condition: number;
  }[];
}

type Value = SpectrumValue | HessianValue;
type Amplitudes = "equal" | "growing";

const MODES = [5, 10, 15, 20, 25, 30, 35, 40, 45, 50];
const POINTS = 200;
const SEED = 1234;
/** A mode counts as learned from this share of its amplitude on. */
const LEARNED = 0.9;

/** The experiment. */
export const spectralBias: Experiment<Value> = {
  name: "spectral-bias",
  title: "Which frequencies are learned first",
  source: "Wang et al. 2024 (arXiv 2410.01803), waves and Hessians; Rahaman et al. 2019",
  minutes: 3,
  parts,
  conclude,
};

/** A network of splines `[1, nodes, ..., 1]`. */
interface SplineRun {
  readonly depth: number;
  readonly intervals: number;
}

const SPLINES: readonly SplineRun[] = [
  ...[5, 10, 20, 50, 100].map((intervals) => ({ depth: 2, intervals })),
  ...[20, 100].flatMap((intervals) => [3, 4].map((depth) => ({ depth, intervals }))),
];

function parts(options: ExperimentOptions): ExperimentPart<Value>[] {
  const { quick = false, seeds: [seed] = [SEED] } = options;
  const runs = quick
    ? SPLINES.filter(({ depth, intervals }) => depth === 2 && intervals !== 20)
    : SPLINES;
  const steps = quick ? 400 : 3000, mlpSteps = quick ? 200 : 4000;
  return [
    ...(quick ? ["equal"] as const : ["equal", "growing"] as const).flatMap((amplitudes) => [
      ...runs.map((run) => ({
        id: `${amplitudes}-splines-depth-${run.depth}-intervals-${run.intervals}`,
        run: (running: PartRunning) => splineRun(run, amplitudes, steps, seed, running),
      })),
      {
        id: `${amplitudes}-refined`,
        run: (running: PartRunning) =>
          follow({
            ...{ name: "splines, depth 2, 5 to 80 intervals", amplitudes, running },
            ...{ network: splineNetwork({ depth: 2, intervals: 5 }, seed), rate: 0.01 },
            stages: Array.from({ length: 5 }, () => Math.round(steps / 5)),
          }),
      },
      {
        id: `${amplitudes}-relu-powers`,
        run: (running: PartRunning) =>
          follow({
            ...{ name: "ReLU powers, depth 2, 100 intervals", amplitudes, running, rate: 0.01 },
            ...{ network: splineNetwork({ depth: 2, intervals: 100 }, seed, "relu") },
            stages: [steps],
          }),
      },
      ...(["relu", "tanh"] as const).map((activation) => ({
        id: `${amplitudes}-mlp-${activation}`,
        run: (running: PartRunning) => {
          const widths = quick ? [1, 32, 32, 1] : [1, 64, 64, 64, 1];
          return follow({
            ...{
              name: `MLP [${widths.join(", ")}], ${activation}`,
              amplitudes,
              running,
              rate: 1e-3,
            },
            network: createNetwork({ widths, activation }, { seed }),
            stages: [mlpSteps],
          });
        },
      })),
    ]),
    { id: "hessians", run: () => hessians(doublings(5, quick ? 80 : 320)) },
  ];
}

function splineNetwork(
  { depth, intervals }: SplineRun,
  seed: number,
  basis: "bspline" | "relu" = "bspline",
): Network {
  const nodes = depth === 2 ? 10 : 5;
  const widths = [1, ...new Array<number>(depth - 1).fill(nodes), 1];
  const options = { widths, firstLayer: "spline", knots: "uniform", intervals, basis } as const;
  return createNetwork(options, { seed });
}

function splineRun(
  run: SplineRun,
  amplitudes: Amplitudes,
  steps: number,
  seed: number,
  running: PartRunning,
): Promise<SpectrumValue> {
  return follow({
    ...{ name: `splines, depth ${run.depth}, ${run.intervals} intervals`, amplitudes, running },
    ...{ network: splineNetwork(run, seed), rate: run.depth === 2 ? 0.01 : 0.003, stages: [steps] },
  });
}

function amplitudeOf(amplitudes: Amplitudes, mode: number): number {
  return amplitudes === "equal" ? 1 : (mode + 1) / MODES.length;
}

/** The sum of sines at equal places; phases are random, but one for all networks. */
function waves(amplitudes: Amplitudes): Dataset {
  const random = createRandom(SEED, "waves");
  const phases = MODES.map(() => 2 * Math.PI * random.uniform());
  const inputs = Float64Array.from({ length: POINTS }, (_, i) => i / POINTS);
  const targets = inputs.map((z) =>
    MODES.reduce(
      (sum, k, i) => sum + amplitudeOf(amplitudes, i) * sin(2 * Math.PI * k * z + phases[i]),
      0,
    )
  );
  return datasetOf({ inputs, targets });
}

/** Shares of the modes' amplitudes in values at equal places. */
function sharesOf(values: Float64Array, amplitudes: Amplitudes): number[] {
  return MODES.map((k, mode) => {
    let cosine = 0, sine = 0;
    values.forEach((value, i) => {
      cosine += value * cos(2 * Math.PI * k * i / POINTS);
      sine += value * sin(2 * Math.PI * k * i / POINTS);
    });
    return hypot(cosine, sine) * 2 / POINTS / amplitudeOf(amplitudes, mode);
  });
}

interface FollowOptions {
  readonly name: string;
  readonly amplitudes: Amplitudes;
  readonly network: Network;
  /** Adam's step. */
  readonly rate: number;
  /** Steps, level by level. */
  readonly stages: readonly number[];
  readonly running: PartRunning;
}

/** Trains by Adam on all rows and looks at the spectrum on the way. */
async function follow(options: FollowOptions): Promise<SpectrumValue> {
  const { name, amplitudes, rate, stages, running } = options;
  const dataset = waves(amplitudes), total = stages.reduce((sum, count) => sum + count, 0);
  const steps: number[] = [], shares: number[][] = [], refined: number[] = [];
  const reached = MODES.map((): number | null => null);
  let { network } = options, step = 0, loss = Infinity, mark = 1;
  const engine = network.config.activation === "tanh" ? referenceEngine : running.engine;
  for (const [level, count] of stages.entries()) {
    if (level > 0) {
      network = prolong(network);
      refined.push(step);
    }
    const evaluator = await engine.compile({ network, loss: { kind: "mse" }, dataset });
    const optimizer = adam({ learningRate: rate });
    const state = optimizer.init(network.parameters, dataset.rows);
    for (let i = 1; i <= count; i++) {
      if (running.signal.aborted) break;
      await optimizer.epoch(state, evaluator);
      step++;
      if (step > 100 && step % 10 > 0 && step < total) continue;
      const found = sharesOf((await evaluator.evaluate(state.parameters)).outputs(), amplitudes);
      found.forEach((share, mode) => {
        if (share >= LEARNED) reached[mode] ??= step;
      });
      if (step >= mark || i === count) {
        steps.push(step);
        shares.push(found);
        while (mark <= step) mark = Math.max(mark + 1, mark * 1.2);
      }
    }
    evaluator.dispose();
    running.signal.throwIfAborted();
    loss = state.objective;
    network = { ...network, parameters: state.parameters.slice() };
  }
  const parameters = network.parameters.length;
  return { kind: "spectrum", name, amplitudes, parameters, steps, shares, reached, refined, loss };
}

/** Hessians of least squares on one layer: Gram matrices, for inputs that are spread evenly. */
function hessians(intervals: readonly number[]): HessianValue {
  const of = (degree: number) =>
    intervals.map((count) => basisConditioning(uniformKnots({ degree, intervals: count })));
  const one = of(1), three = of(3);
  return {
    ...{ kind: "hessians", intervals },
    splines1: one.map(({ splines }) => splines),
    splines3: three.map(({ splines }) => splines),
    relu: one.map(({ relu }) => relu),
    layers: [2, 4, 8].flatMap((inputs) =>
      [5, 10, 20].map((count) => ({ inputs, intervals: count, ...layerHessian(inputs, count) }))
    ),
  };
}

/**
 * The Hessian of one layer with independent, evenly spread inputs: blocks of the Gram matrix, and
 * products of means between inputs. Constants of the inputs are the same function: as many null
 * directions as there are inputs but one.
 */
function layerHessian(inputs: number, intervals: number): { nulls: number; condition: number } {
  const knots = uniformKnots({ degree: 3, intervals, outerKnots: "clamped" });
  const n = intervals + 3, gram = gramMatrix(knots), size = n * inputs;
  const means = Float64Array.from(
    { length: n },
    (_, i) => gram.subarray(i * n, (i + 1) * n).reduce((sum, value) => sum + value, 0) / 2,
  ); // functions sum to 1
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      const same = Math.floor(i / n) === Math.floor(j / n);
      matrix[i * size + j] = same ? gram[i % n * n + j % n] / 2 : means[i % n] * means[j % n];
    }
  }
  const spectrum = symmetricEigenvalues(matrix, size), most = Math.max(...spectrum);
  const rest = spectrum.filter((value) => value > 1e-12 * most);
  return { nulls: size - rest.length, condition: most / Math.min(...rest) };
}

function conclude(values: ReadonlyMap<string, Value>): Findings {
  const spectra = [...values].flatMap(([id, value]) =>
    value.kind === "spectrum" ? [{ id, ...value }] : []
  );
  const found = [...values.values()].filter((value) => value.kind === "hessians");
  return {
    claims: [...spectrumClaims(spectra), ...hessianClaims(found)],
    tables: [...spectrumTables(spectra), ...found.flatMap(hessianTables)],
    charts: found.map(({ intervals, splines1, splines3, relu }) => ({
      title: "Hessians of one layer",
      text:
        "Condition numbers over the number of intervals: flat for splines, steep for ReLU units.",
      ...{ xTitle: "intervals", yTitle: "condition number", logarithmic: "both" as const },
      curves: [
        { label: "splines, degree 1", x: intervals, y: splines1 },
        { label: "splines, degree 3", x: intervals, y: splines3 },
        { label: "ReLU units", x: intervals, y: relu },
      ],
    })),
    maps: spectra.map(mapOf),
    notes: [
      "Sums of ten sines, frequencies 5 to 50, amplitudes all 1 or 0.1 to 1, at 200 equal places of " +
      "[0, 1]; full-batch Adam, rate 0.01 (0.003 for depth 3 and 4, 0.001 for MLPs). A mode's share " +
      "is the network's Fourier coefficient over the target's.",
      "The Hessian of ReLU units is that of their output weights, with kinks at equal places.",
    ],
  };
}

type Spectrum = SpectrumValue & { readonly id: string };

function spectrumClaims(spectra: readonly Spectrum[]) {
  const of = (id: string) => spectra.filter((each) => each.id === id);
  const last = ({ shares }: SpectrumValue) => shares.at(-1)!;
  return [
    verdict(
      "Splines on a fine grid ([1, 10, 1], 100 intervals) learn all modes at once: the last takes " +
        "at most 3 times the steps of the first",
      of("equal-splines-depth-2-intervals-100"),
      ([{ reached }]) => {
        const steps = reached.map((step) => step ?? Infinity);
        const [first, end] = [Math.min(...steps), Math.max(...steps)];
        return { holds: end <= 3 * first, measured: `steps ${first} to ${end}` };
      },
    ),
    verdict(
      "In ReLU powers the same network has fewer than half of the modes at the step at which the " +
        "splines have all",
      of("equal-relu-powers").flatMap((relu) =>
        of("equal-splines-depth-2-intervals-100").map((splines) => ({ relu, splines }))
      ),
      ([{ relu, splines }]) => {
        const end = Math.max(...splines.reached.map((step) => step ?? Infinity));
        const early = relu.reached.filter((step) => step !== null && step <= end).length;
        return {
          holds: end < Infinity && early < MODES.length / 2,
          measured: `${early} of ${MODES.length} at step ${end}`,
        };
      },
    ),
    verdict(
      "An MLP has spectral bias: at the end no mode above 25 has half its amplitude, and the lowest " +
        "mode has at least 3 times the share of the highest",
      spectra.filter(({ id }) => id.startsWith("equal-mlp")),
      (runs) => {
        const rows = runs.map((run) => ({
          ...{ name: run.name, low: last(run)[0], top: last(run).at(-1)! },
          high: Math.max(...last(run).filter((_, mode) => MODES[mode] > 25)),
        }));
        return {
          holds: rows.every(({ low, high, top }) => high < 0.5 && low >= 3 * top),
          measured: rows.map(({ name, low, high, top }) =>
            `${name}: ${brief(low, 2)} at 5, ${brief(top, 2)} at 50, at most ${
              brief(high, 2)
            } above 25`
          ).join("; "),
        };
      },
    ),
    verdict(
      "Five intervals see low frequencies alone; refinement brings the others: the mode 50 has less " +
        "than 0.3 before the first refinement and more than 0.9 at the end",
      of("equal-refined"),
      ([run]) => {
        const at = run.steps.findIndex((step) => step >= run.refined[0]);
        const before = run.shares[at].at(-1)!, after = last(run).at(-1)!;
        return {
          holds: before < 0.3 && after > 0.9,
          measured: `${brief(before, 2)}, then ${brief(after, 2)}`,
        };
      },
    ),
  ];
}

function hessianClaims(found: readonly HessianValue[]) {
  return [
    verdict(
      "The Hessian of one layer of splines does not grow with the grid: from 20 intervals on its " +
        "condition number stays within 2 %",
      found,
      ([{ intervals, splines1, splines3 }]) => {
        const ratios = [splines1, splines3].map((numbers) =>
          numbers.at(-1)! / numbers[intervals.indexOf(20)]
        );
        return {
          holds: ratios.every((ratio) => Math.abs(ratio - 1) < 0.02),
          measured: `degrees 1 and 3: ${
            ratios.map((ratio) => brief(ratio, 4)).join(" and ")
          } times`,
        };
      },
    ),
    verdict(
      "That of ReLU units grows like the fourth power of their number, within 10 %",
      found,
      ([{ intervals, relu }]) => {
        const { slope } = powerFit(intervals.slice(-2), relu.slice(-2));
        return { holds: Math.abs(slope / 4 - 1) < 0.1, measured: `power ${brief(slope)}` };
      },
    ),
    verdict(
      "One layer with d inputs has d - 1 null directions, and without them a condition number that " +
        "does not grow from 10 to 20 intervals by more than 10 %",
      found,
      ([{ layers }]) => {
        const growth = [2, 4, 8].map((inputs) => {
          const [, ten, twenty] = layers.filter((layer) => layer.inputs === inputs);
          return twenty.condition / ten.condition;
        });
        return {
          holds: layers.every(({ inputs, nulls }) => nulls === inputs - 1) &&
            growth.every((ratio) => ratio < 1.1),
          measured: `null directions ${
            [...new Set(layers.map(({ nulls }) => nulls))].join(", ")
          }; growth ${growth.map((ratio) => brief(ratio)).join(", ")}`,
        };
      },
    ),
  ];
}

function spectrumTables(spectra: readonly Spectrum[]): Findings["tables"] {
  return (["equal", "growing"] as const).flatMap((amplitudes) => {
    const runs = spectra.filter((run) => run.amplitudes === amplitudes);
    if (runs.length === 0) return [];
    return [
      {
        title: `${amplitudes} amplitudes: first step at which a mode has 0.9 of its amplitude`,
        columns: ["network", "parameters", ...MODES.map(String)],
        rows: runs.map(({ name, parameters, reached }) => [name, parameters, ...reached]),
      },
      {
        title: `${amplitudes} amplitudes: shares at the end`,
        columns: ["network", "loss", ...MODES.map(String)],
        rows: runs.map(({ name, loss, shares }) => [name, loss, ...shares.at(-1)!]),
      },
    ];
  });
}

function hessianTables({ intervals, splines1, splines3, relu, layers }: HessianValue) {
  return [
    {
      title: "Condition numbers of Hessians, one input",
      columns: ["intervals", "splines, degree 1", "splines, degree 3", "ReLU units"],
      rows: intervals.map((count, i) => [`${count}`, splines1[i], splines3[i], relu[i]]),
    },
    {
      title: "One layer of cubic splines, clamped ends, several inputs",
      columns: ["inputs", "intervals", "null directions", "condition number of the rest"],
      rows: layers.map(({ inputs, intervals, nulls, condition }) => [
        ...[`${inputs}`, intervals, nulls, condition],
      ]),
    },
  ];
}

function mapOf({ name, amplitudes, steps, shares }: SpectrumValue): FindingMap {
  return {
    title: `${name}, ${amplitudes} amplitudes`,
    text:
      `Shares of the modes' amplitudes that ${name} have over the steps: pale is nothing, full ` +
      "colour is all.",
    ...{ xTitle: "step", yTitle: "frequency" },
    x: steps,
    y: MODES,
    values: MODES.map((_, mode) => shares.map((row) => row[mode])),
  };
}
