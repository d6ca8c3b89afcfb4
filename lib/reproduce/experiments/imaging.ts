/**
 * A picture as a function of its coordinates, fitted and drawn at twice the resolution: free and
 * even knots, multilayer perceptrons, and perceptrons of Fourier features (Tancik et al. 2020).
 *
 * @module
 */

import { type Dataset, datasetOf } from "../../data/mod.ts";
import { createNetwork, createRandom, forward, layerKnots, type Network } from "../../model/mod.ts";
import { coarseSchedule, prolong } from "../../multilevel/mod.ts";
import { gaussNewton, lbfgs, trainToEnd } from "../../train/mod.ts";
import { meanSquaredError } from "../run_rows.ts";
import type {
  Experiment,
  ExperimentOptions,
  ExperimentPart,
  FindingChart,
  Findings,
  PartRunning,
} from "../experiment.ts";
import { brief, doublings, verdict } from "./_fits.ts";
import { cos, exp, hypot, log10, sin } from "../../numerics/inner.ts";

/** A grid of a chain, or a perceptron. */
interface ImagingRow {
  readonly intervals: number;
  readonly parameters: number;
  /** Decibels at the pixels, and between them. */
  readonly fitted: number;
  readonly finer: number;
  readonly seconds: number;
}

interface ImagingValue {
  readonly name: string;
  readonly kind: "free" | "uniform" | "mlp" | "fourier";
  readonly rows: readonly ImagingRow[];
  /** Mean distance of the picture's straight edges from the nearest knot, grid by grid. */
  readonly distances: readonly number[];
  /** Grey values along the line of {@linkcode SLICE}. */
  readonly slice: readonly number[];
}

const SEED = 1234;
const DEGREE = 2;
/** Straight edges: where the rectangle begins and ends, by coordinate. */
const EDGES = [[-0.63, 0.22], [-0.48, 0.41]] as const;
/** Height of the line that the chart shows. */
const SLICE = 0.1;
/** Fourier features: so many frequencies, of this deviation. */
const FREQUENCIES = 8, DEVIATION = 1;

/** The experiment. */
export const imaging: Experiment<ImagingValue> = {
  name: "imaging",
  title: "A picture as a function of its coordinates",
  source: "Slides of 2025, other applications; Tancik et al. 2020 for Fourier features",
  minutes: 5,
  parts,
  conclude,
};

/** The picture on [-1, 1] x [-1, 1]: a soft sky, a rectangle, a disc, a wave, grey from 0 to 1. */
function grey(x: number, y: number): number {
  const [[left, right], [bottom, top]] = EDGES;
  let value = 0.35 + 0.2 * y + 0.15 * sin(2 * x + y);
  if (x > left && x < right && y > bottom && y < top) value = 0.8 - 0.2 * x;
  if (hypot(x - 0.45, y + 0.35) < 0.35) value = 0.1 + 0.25 * (y + 0.7);
  return value + 0.08 * sin(9 * y) * exp(-4 * (x + 0.2) ** 2);
}

/** Points in the middle of `side` x `side` pixels. */
function pixels(side: number, features: (x: number, y: number) => number[]): Dataset {
  const centre = (i: number) => 2 * (i + 0.5) / side - 1, inputs: number[][] = [];
  const targets: number[] = [];
  for (let i = 0; i < side; i++) {
    for (let j = 0; j < side; j++) {
      inputs.push(features(centre(j), centre(i)));
      targets.push(grey(centre(j), centre(i)));
    }
  }
  return datasetOf({ inputs, targets });
}

function parts(
  { quick = false, seeds: [seed] = [SEED] }: ExperimentOptions,
): ExperimentPart<ImagingValue>[] {
  const side = quick ? 32 : 64, epochs = quick ? 25 : 60, hidden = quick ? 4 : 6;
  const finest = quick ? 10 : 20, widths = quick ? [8, 16] : [8, 16, 32];
  return [
    ...(["free", "uniform"] as const).map((knots) => ({
      id: `knots-${knots}`,
      run: (running: PartRunning) => chain(knots, hidden, finest, side, epochs, seed, running),
    })),
    ...(["mlp", "fourier"] as const).map((kind) => ({
      id: kind,
      run: (running: PartRunning) => perceptrons(kind, widths, side, 5 * epochs, seed, running),
    })),
  ];
}

/** Decibels: 10 log10 of the largest square, 1, over the mean squared error. */
function decibels(network: Network, dataset: Dataset): number {
  return -10 * log10(meanSquaredError(network, dataset));
}

async function chain(
  knots: "free" | "uniform",
  hidden: number,
  finest: number,
  side: number,
  epochs: number,
  seed: number,
  running: PartRunning,
): Promise<ImagingValue> {
  const plain = (x: number, y: number) => [x, y];
  const train = pixels(side, plain), fine = pixels(2 * side, plain);
  const rows: ImagingRow[] = [], distances: number[] = [], from = performance.now();
  let network = createNetwork({
    ...{ widths: [2, hidden, hidden, 1], intervals: 5, knots, degree: DEGREE },
    firstLayer: "spline",
  }, { seed });
  for (const intervals of doublings(5, finest)) {
    running.signal.throwIfAborted();
    if (intervals > 5) network = prolong(network);
    ({ network } = await trainToEnd(network, train, {
      ...{ schedule: coarseSchedule(epochs), optimizer: gaussNewton(), ...running },
    }));
    rows.push({
      ...{ intervals, parameters: network.parameters.length },
      ...{ fitted: decibels(network, train), finer: decibels(network, fine) },
      seconds: (performance.now() - from) / 1000,
    });
    distances.push(edgeDistance(network));
  }
  const name = `splines [2, ${hidden}, ${hidden}, 1], ${knots === "free" ? "free" : "even"} knots`;
  return { name, kind: knots, rows, distances, slice: sliceOf(network, plain) };
}

/** How far the straight edges are from the nearest knot of their coordinate, in the mean. */
function edgeDistance(network: Network): number {
  const statistics = network.statistics[0];
  let sum = 0;
  EDGES.forEach((edges, p) => {
    const { values, degree } = layerKnots(network, 0, p);
    const inner = values.subarray(degree, values.length - degree);
    for (const edge of edges) {
      let place = edge;
      if (statistics.kind === "minmax") {
        const { minimum: { [p]: least }, maximum: { [p]: most } } = statistics;
        place = 2 * (edge - least) / (most - least) - 1;
      }
      sum += Math.min(...inner.map((knot) => Math.abs(knot - place)));
    }
  });
  return sum / EDGES.flat().length;
}

async function perceptrons(
  kind: "mlp" | "fourier",
  widths: readonly number[],
  side: number,
  epochs: number,
  seed: number,
  running: PartRunning,
): Promise<ImagingValue> {
  const random = createRandom(seed, "Fourier features");
  const waves = Array.from(
    { length: FREQUENCIES },
    () => [DEVIATION * random.normal(), DEVIATION * random.normal()],
  );
  const features = kind === "mlp"
    ? (x: number, y: number) => [x, y]
    : (x: number, y: number) =>
      waves.flatMap(([a, b]) => {
        const angle = Math.PI * (a * x + b * y);
        return [cos(angle), sin(angle)];
      });
  const train = pixels(side, features), fine = pixels(2 * side, features);
  const rows: ImagingRow[] = [], nIn = features(0, 0).length;
  let slice: number[] = [];
  for (const hidden of widths) {
    running.signal.throwIfAborted();
    const start = createNetwork({ widths: [nIn, hidden, hidden, 1], activation: "relu" }, { seed });
    const from = performance.now();
    const { network } = await trainToEnd(start, train, {
      ...{ schedule: coarseSchedule(epochs), optimizer: lbfgs(), ...running },
    });
    rows.push({
      ...{ intervals: 0, parameters: network.parameters.length },
      ...{ fitted: decibels(network, train), finer: decibels(network, fine) },
      seconds: (performance.now() - from) / 1000,
    });
    slice = sliceOf(network, features);
  }
  const name = kind === "mlp" ? "MLP, ReLU" : `MLP of ${2 * FREQUENCIES} Fourier features, ReLU`;
  return { name, kind, rows, distances: [], slice };
}

const SLICE_PLACES = Array.from({ length: 201 }, (_, i) => i / 100 - 1);

function sliceOf(network: Network, features: (x: number, y: number) => number[]): number[] {
  const inputs = Float64Array.from(SLICE_PLACES.flatMap((x) => features(x, SLICE)));
  return [...forward(network, inputs, SLICE_PLACES.length)];
}

function conclude(values: ReadonlyMap<string, ImagingValue>): Findings {
  const all = [...values.values()], free = values.get("knots-free");
  const uniform = values.get("knots-uniform"), mlp = values.get("mlp");
  const pair = (other: ImagingValue | undefined) => free && other ? [free, other] : [];
  const best = ({ rows }: ImagingValue) => Math.max(...rows.map(({ fitted }) => fitted));
  return {
    claims: [
      verdict(
        "Free knots fit the picture better than even ones, by 3 decibels or more",
        pair(uniform),
        ([one, other]) => ({
          holds: best(one) >= best(other) + 3,
          measured: `${brief(best(one))} and ${brief(best(other))} decibels`,
        }),
      ),
      verdict(
        "They go to the edges: on every grid straight edges are nearer to a knot than with even ones",
        pair(uniform),
        ([one, other]) => ({
          holds: one.distances.length === other.distances.length &&
            one.distances.every((distance, g) => distance < other.distances[g]),
          measured:
            `mean distances ${one.distances.map((each) => brief(each)).join(", ")}, even knots ` +
            other.distances.map((each) => brief(each)).join(", "),
        }),
      ),
      verdict(
        "Splines with free knots fit it better than a perceptron of as many parameters or more",
        pair(mlp),
        ([one, other]) => ({
          holds: best(one) > best(other),
          measured: `${brief(best(one))} and ${brief(best(other))} decibels`,
        }),
      ),
    ],
    tables: all.length === 0 ? [] : [{
      title: "Peak signal-to-noise ratios, decibels",
      columns: [
        ...["network", "intervals", "parameters", "at the pixels", "between them"],
        ...["distance of edges from knots", "seconds"],
      ],
      rows: all.flatMap(({ name, rows, distances }) =>
        rows.map((row, g) => [
          ...[name, row.intervals || null, row.parameters, row.fitted, row.finer],
          ...[distances[g] ?? null, row.seconds],
        ])
      ),
    }],
    charts: all.length === 0 ? [] : chartsOf(all),
    notes: [
      "The picture is drawn by a formula: a soft sky, a rectangle, a disc, a wave; 32 x 32 pixels in " +
      "the quick form, else 64 x 64, without smoothing of edges. Between the pixels: twice as many " +
      "in each direction, none of which was trained on; no method can know where in a pixel an " +
      "edge lies.",
      `Degree ${DEGREE}, first layer of splines, Gauss-Newton. Perceptrons by L-BFGS, five times as ` +
      "many epochs as a grid of splines: by Gauss-Newton they end 6 decibels lower.",
    ],
  };
}

function chartsOf(all: readonly ImagingValue[]): FindingChart[] {
  return [
    ...(["fitted", "finer"] as const).map((of) => ({
      title: of === "fitted" ? "Fit over parameters" : "Between the pixels",
      text: "Peak signal-to-noise ratio over the number of parameters: splines grid by grid, " +
        "perceptrons width by width.",
      ...{ xTitle: "parameters", yTitle: "decibels", logarithmic: "x" as const },
      curves: all.map(({ name, rows }) => ({
        label: name,
        x: rows.map(({ parameters }) => parameters),
        y: rows.map((row) => row[of]),
      })),
    })),
    {
      title: `A line through the picture, at height ${SLICE}`,
      text:
        "Grey values of the picture and of the largest network of each kind; the picture jumps " +
        "where the rectangle begins and ends.",
      ...{ xTitle: "x", yTitle: "grey" },
      curves: [
        {
          label: "the picture",
          ...{ x: SLICE_PLACES, y: SLICE_PLACES.map((x) => grey(x, SLICE)) },
          kind: "guide" as const,
        },
        ...all.map(({ name, slice }) => ({ label: name, x: SLICE_PLACES, y: slice })),
      ],
    },
  ];
}
