/**
 * Nested families of functions as layers beside splines (Actor et al. 2025, Lemma 4.1 and appendix
 * C.3): which of them gains from training coarse to fine.
 *
 * @module
 */

import { conditionNumber } from "../../basis/mod.ts";
import { type Dataset, findProblem, galleryDatasets } from "../../data/mod.ts";
import {
  chebyshev,
  compileFamily,
  createFamilyNetwork,
  familyGram,
  type FamilyNetwork,
  familyOutputs,
  fourier,
  hats,
  legendre,
  type NestedFamily,
  prolongFamily,
  restrictFamilyGradient,
  splines,
  trainFamily,
  wavelets,
  withFamilyRanges,
} from "../../families/mod.ts";
import { coarseSchedule, multilevelSchedule, type Schedule } from "../../multilevel/mod.ts";
import { lbfgs } from "../../train/mod.ts";
import type {
  Experiment,
  ExperimentOptions,
  ExperimentPart,
  Findings,
  PartRunning,
} from "../experiment.ts";
import { brief, verdict } from "./_fits.ts";
import { cos, pow, sin } from "../../numerics/inner.ts";

/** How a network was trained; every way but `coarse` ends at the finest level. */
const WAYS = ["coarse", "fine", "fine from the coarse guess", "multilevel"] as const;
type Way = typeof WAYS[number];

/** What a family showed. */
interface NestingValue {
  readonly title: string;
  /** Functions per edge, level by level. */
  readonly sizes: readonly number[];
  /** Condition numbers of the Gram matrices; null: beyond float64. */
  readonly conditions: readonly (number | null)[];
  /** Largest change of an output by prolongation, and of the gradient by `P^T`, both relative. */
  readonly lemma: { readonly outputs: number; readonly gradient: number };
  /** Losses by seeds. */
  readonly train: Readonly<Record<Way, readonly number[]>>;
  readonly test: Readonly<Record<Way, readonly number[]>>;
}

/** Of polynomials of polynomials: the largest distance from one polynomial of degree^3. */
interface CompositionValue {
  readonly degree: number;
  readonly residual: number;
}

type Value = NestingValue | CompositionValue;

/** A run that ends above this loss counts as stuck. */
const STUCK = 1e-3;
const SEEDS = [1234, 1235, 1236, 1237, 1238];

const FAMILIES: readonly (readonly [string, () => NestedFamily])[] = [
  ["splines", () => splines()],
  ["splines-1", () => splines({ degree: 1, intervals: 7 })],
  ["hats", () => hats({ intervals: 7 })],
  ["chebyshev", () => chebyshev()],
  ["legendre", () => legendre()],
  ["wavelets", () => wavelets()],
  ["fourier", () => fourier()],
];

/** The experiment. */
export const nesting: Experiment<Value> = {
  name: "nesting",
  title: "Nested families beside splines: exact prolongation, and who gains from it",
  source: "Actor et al. 2025, Lemma 4.1 and appendix C.3",
  minutes: 2,
  parts,
  conclude,
};

function parts(options: ExperimentOptions): ExperimentPart<Value>[] {
  const { quick = false, seeds = quick ? SEEDS.slice(0, 1) : SEEDS } = options;
  const { train, test } = galleryDatasets(findProblem("nonsmooth"), {
    ...{ rows: quick ? 200 : 500, testRows: quick ? 200 : 4000 },
  });
  const epochs = quick ? [16, 8, 4] : [32, 16, 8, 4];
  return [
    ...FAMILIES.map(([id, create]) => ({
      id,
      run: (running: PartRunning) => measure(create(), { train, test, epochs, seeds, running }),
    })),
    { id: "composition", run: composition },
  ];
}

interface Runs {
  readonly train: Dataset;
  readonly test: Dataset;
  readonly epochs: readonly number[];
  readonly seeds: readonly number[];
  readonly running: PartRunning;
}

async function measure(family: NestedFamily, runs: Runs): Promise<NestingValue> {
  const levels = runs.epochs.map((_, level) => level);
  const sizes = levels.map(family.size);
  const conditions = levels.map((level) => {
    const found = conditionNumber(familyGram(family, level, 280 * pow(2, level)), sizes[level]);
    return found < 1e15 ? found : null;
  });
  const lemma = await lemmaOf(family, runs.train);
  const none = (): Record<Way, number[]> => ({
    coarse: [],
    fine: [],
    "fine from the coarse guess": [],
    multilevel: [],
  });
  const train = none(), test = none();
  for (const way of WAYS) {
    for (const seed of runs.seeds) {
      const { network, schedule } = startOf(family, way, runs.epochs, seed);
      const run = await trainFamily(network, runs.train, {
        ...{ schedule, optimizer: lbfgs(), signal: runs.running.signal },
      });
      train[way].push(run.loss);
      test[way].push(meanSquare(run.network, runs.test));
    }
  }
  return { title: family.title, sizes, conditions, lemma, train, test };
}

/** A way's first network and schedule; all have the same work, epochs times size. */
function startOf(
  family: NestedFamily,
  way: Way,
  epochs: readonly number[],
  seed: number,
): { network: FamilyNetwork; schedule: Schedule } {
  const finest = epochs.length - 1, widths = [2, 5, 1];
  const work = epochs.reduce((sum, count, level) => sum + count * pow(2, level), 0);
  let network = createFamilyNetwork(family, {
    ...{ widths, seed, level: way === "fine" ? finest : 0 },
  });
  if (way === "coarse") return { network, schedule: coarseSchedule(work) };
  if (way === "multilevel") return { network, schedule: multilevelSchedule(epochs) };
  while (network.level < finest) network = prolongFamily(network);
  return { network, schedule: coarseSchedule(work / pow(2, finest)) };
}

function meanSquare(network: FamilyNetwork, { inputs, targets, rows }: Dataset): number {
  const outputs = familyOutputs(network, inputs, rows);
  return outputs.reduce((sum, y, i) => sum + (y - targets[i]) ** 2, 0) / outputs.length;
}

/** Lemma 4.1 on a network of two layers of functions. */
async function lemmaOf(family: NestedFamily, dataset: Dataset) {
  const coarse = withFamilyRanges(
    createFamilyNetwork(family, { widths: [2, 5, 5, 1], level: 1 }),
    dataset,
  );
  const fine = prolongFamily(coarse);
  const before = familyOutputs(coarse, dataset.inputs, dataset.rows);
  const after = familyOutputs(fine, dataset.inputs, dataset.rows);
  const gradients = [];
  for (const network of [coarse, fine]) {
    const gradient = new Float64Array(network.parameters.length);
    await compileFamily(network, dataset).evaluate(network.parameters, gradient);
    gradients.push(gradient);
  }
  return {
    outputs: difference(before, after),
    gradient: difference(gradients[0], restrictFamilyGradient(coarse, gradients[1])),
  };
}

function difference(a: Float64Array, b: Float64Array): number {
  let most = 0, size = 0;
  a.forEach((value, i) => {
    most = Math.max(most, Math.abs(value - b[i]));
    size = Math.max(size, Math.abs(value));
  });
  return most / size;
}

/** Networks `[1, 1, 1, 1, 1]` of polynomials of one degree are polynomials of degree^3. */
function composition(): CompositionValue {
  const degree = 3, high = pow(degree, 3);
  const family = chebyshev({ intervals: 1, degree: degree });
  // degree 1 + 3 - 1 = 3: four polynomials
  const network = createFamilyNetwork(family, { widths: [1, 1, 1, 1, 1], seed: SEEDS[0] });
  const places = Float64Array.from({ length: 1001 }, (_, i) => i / 500 - 1);
  const nodes = Float64Array.from(
    { length: high + 1 },
    (_, j) => cos(Math.PI * (j + 0.5) / (high + 1)),
  );
  const rows = { rows: places.length, nIn: 1, nOut: 1, inputs: places, targets: places };
  const ranged = withFamilyRanges(network, rows);
  const at = familyOutputs(ranged, nodes, nodes.length);
  const values = familyOutputs(ranged, places, places.length);
  const size = Math.max(...values.map(Math.abs));
  let residual = 0;
  places.forEach((x, i) => {
    let sum = 0, weight = 0;
    for (let j = 0; j <= high; j++) { // barycentric formula at Chebyshev's places
      const w = (j % 2 ? -1 : 1) * sin(Math.PI * (j + 0.5) / (high + 1)) / (x - nodes[j]);
      sum += w * at[j];
      weight += w;
    }
    const found = sum / weight;
    if (Number.isFinite(found)) residual = Math.max(residual, Math.abs(found - values[i]) / size);
  });
  return { degree, residual };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b), half = sorted.length / 2;
  return sorted.length % 2 ? sorted[Math.floor(half)] : (sorted[half - 1] + sorted[half]) / 2;
}

/** Who gains; the quick form has too few seeds and rows for the second claim. */
function gainClaims(families: readonly ({ readonly id: string } & NestingValue)[], quick: boolean) {
  const ratio = (losses: Readonly<Record<Way, readonly number[]>>) =>
    median(losses.fine) / median(losses.multilevel);
  const said = (found: typeof families, pick: "train" | "test") =>
    found.map((family) => `${family.title} ${brief(ratio(family[pick]))}`).join(", ");
  const steady = families.filter(({ id }) => id === "wavelets" || (!quick && id === "splines"));
  const fresh = families.filter(({ id }) => id !== "fourier");
  return [
    verdict(
      "Local families of degree 3 gain: with the same work multilevel ends at least 10 times below " +
        "the finest level alone (median)",
      steady,
      (found) => ({
        holds: found.every(({ train }) => ratio(train) >= 10),
        measured: said(found, "train"),
      }),
    ),
    ...(quick ? [] : [
      verdict(
        "On fresh rows all but sines and cosines gain from multilevel (fine over multilevel, median)",
        fresh,
        (found) => ({
          holds: found.every(({ test }) => ratio(test) > 1),
          measured: said(found, "test"),
        }),
      ),
    ]),
  ];
}

function conclude(
  values: ReadonlyMap<string, Value>,
  { quick = false }: ExperimentOptions,
): Findings {
  const families = [...values].flatMap(([id, value]) => "lemma" in value ? [{ id, ...value }] : []);
  const composed = [...values.values()].filter((value) => "residual" in value);
  const gain = ({ train }: NestingValue) => median(train.fine) / median(train.multilevel);
  return {
    claims: [
      verdict(
        "Lemma 4.1: prolongation changes no output of any family by more than 1e-12 of the largest",
        families,
        (found) => {
          const most = Math.max(...found.map(({ lemma }) => lemma.outputs));
          return { holds: most <= 1e-12, measured: `at most ${brief(most)}` };
        },
      ),
      verdict(
        "The gradient of the coarse network is P^T times that of the fine one, to 1e-11 of its largest entry",
        families,
        (found) => {
          const most = Math.max(...found.map(({ lemma }) => lemma.gradient));
          return { holds: most <= 1e-11, measured: `at most ${brief(most)}` };
        },
      ),
      ...gainClaims(families, quick),
      verdict(
        "Appendix C.3: polynomials of polynomials of degree 3 are one polynomial of degree 27",
        composed,
        ([{ residual }]) => ({ holds: residual <= 1e-10, measured: `residual ${brief(residual)}` }),
      ),
    ],
    tables: tablesOf(families, gain),
    charts: families.length === 0 ? [] : [{
      title: "Condition numbers of Gram matrices",
      text:
        "Over the number of functions: flat for splines and orthonormal families, growing for " +
        "hierarchical hats and Chebyshev polynomials, steep for sines and cosines.",
      ...{ xTitle: "functions", yTitle: "condition number", logarithmic: "both" as const },
      curves: families.map(({ title, sizes, conditions }) => ({
        label: title,
        x: sizes.filter((_, level) => conditions[level] !== null),
        y: conditions.filter((value) => value !== null),
      })),
    }],
    notes: [
      "Networks `[2, 5, 1]`: a linear map with bias, min-max normalisation onto [-1, 1], functions; " +
      "`nonsmooth`, L-BFGS from the same number of epochs times size. `fine from the coarse guess` " +
      "starts at the finest level with the prolonged first guess of the coarsest one.",
      "Stuck: how many seeds end above 1e-3 on the training rows. " +
      "Sines and cosines have twice the domain's length as period. Multiwavelets are orthonormal " +
      "polynomials of degree 3 on dyadic intervals, which jump between them.",
      "Networks of families are a type of their own (`./families`): `basis` of a network's " +
      "configuration knows splines and ReLU powers, which every engine, file and export knows.",
    ],
  };
}

function tablesOf(
  families: readonly ({ readonly id: string } & NestingValue)[],
  gain: (value: NestingValue) => number,
): Findings["tables"] {
  if (families.length === 0) return [];
  const levels = families[0].sizes.map((_, level) => `level ${level}`);
  const losses = (title: string, pick: "train" | "test") => ({
    title,
    columns: [
      "family",
      "functions",
      ...WAYS,
      "fine / multilevel",
      "stuck, fine",
      "stuck, multilevel",
    ],
    rows: families.map((family) => [
      family.title,
      family.sizes.at(-1)!,
      ...WAYS.map((way) => median(family[pick][way])),
      gain({ ...family, train: family[pick] }),
      ...[family.train.fine, family.train.multilevel].map((losses) =>
        losses.filter((loss) => loss > STUCK).length
      ),
    ]),
  });
  return [
    losses("Mean squared error on the training rows, medians over seeds", "train"),
    losses("The same on fresh rows", "test"),
    {
      title: "Condition numbers of Gram matrices on [-1, 1]",
      columns: ["family", ...levels],
      rows: families.map(({ title, conditions }) => [title, ...conditions]),
    },
    {
      title: "Lemma 4.1: relative change by prolongation, widths [2, 5, 5, 1]",
      columns: ["family", "outputs", "gradient"],
      rows: families.map(({ title, lemma }) => [title, lemma.outputs, lemma.gradient]),
    },
  ];
}
