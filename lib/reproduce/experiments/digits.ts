/**
 * Handwritten digits: splines and multilayer perceptrons over the same epochs (efficient-kan's
 * example has the same optimizer and batches on MNIST).
 *
 * @module
 */

import { classIndices, classLabels } from "../../data/inner.ts";
import { numericColumn, type Table, TableError } from "../../data/mod.ts";
import { createNetwork, type NetworkOptions } from "../../model/mod.ts";
import { coarseSchedule } from "../../multilevel/mod.ts";
import { adamw, type Optimizer, sgd, trainToEnd } from "../../train/mod.ts";
import type {
  Experiment,
  ExperimentOptions,
  ExperimentPart,
  Findings,
  PartRunning,
} from "../experiment.ts";
import { accuracyOn, type ClassRows, classRows } from "./_classes.ts";
import { DIGIT_ROWS, PACKED_DIGITS } from "./_digits_data.ts";
import { brief, verdict } from "./_fits.ts";

/** One network, trained. */
interface DigitsValue {
  readonly kind: "kan" | "mlp";
  readonly widths: readonly number[];
  readonly parameters: number;
  readonly optimizer: string;
  readonly seed: number;
  readonly rows: readonly [train: number, test: number];
  /** Shares of rows that are classified rightly. */
  readonly accuracy: { readonly train: number; readonly test: number };
  /** Cross-entropy of the training rows, and after every epoch. */
  readonly loss: number;
  readonly losses: readonly number[];
  readonly epochs: number;
  readonly seconds: number;
}

/** Rows to train on and to measure with. */
interface Images {
  readonly train: ClassRows;
  readonly test: ClassRows;
  readonly nIn: number;
  readonly classes: number;
}

const SEEDS = [1234, 1235, 1236];
const EPOCHS = 10;
const BATCH = 64;
const INTERVALS = 5;
const SCHEDULE = { kind: "exponential", decay: 0.8 } as const;

/** The optimizers, by name: efficient-kan's with ten times its rate, and plain momentum. */
const OPTIMIZERS: Readonly<Record<string, (seed: number) => Optimizer>> = {
  adamw: (seed) =>
    adamw({
      ...{ learningRate: 0.01, weightDecay: 1e-4, schedule: SCHEDULE },
      ...{ batchSize: BATCH, batchSeed: seed },
    }),
  sgd: (seed) => sgd({ learningRate: 0.1, schedule: SCHEDULE, batchSize: BATCH, batchSeed: seed }),
};

/** Column of a table that holds the classes. */
const TARGETS = ["label", "digit", "class", "target"];

/** The experiment. */
export const digits: Experiment<DigitsValue> = {
  name: "digits",
  title: "Handwritten digits: splines beside multilayer perceptrons",
  source: "efficient-kan's example of MNIST; digits of Alpaydin and Kaynak 1998",
  takes: ["table"],
  minutes: 1,
  parts,
  conclude,
};

function parts(
  { quick = false, seeds = quick ? SEEDS.slice(0, 1) : SEEDS, table }: ExperimentOptions,
): ExperimentPart<DigitsValue>[] {
  let kept = table && Promise.resolve(imagesOf(table));
  const images = () => kept ??= packedImages();
  const kinds = [
    { id: "kan", kind: "kan", optimizer: "adamw" },
    { id: "kan-sgd", kind: "kan", optimizer: "sgd" },
    { id: "mlp", kind: "mlp", optimizer: "adamw" },
    { id: "mlp-narrow", kind: "mlp", optimizer: "adamw", narrow: true },
  ] as const;
  return seeds.flatMap((seed) =>
    kinds.map(({ id, ...how }) => ({
      id: seeds.length > 1 ? `${id}-seed-${seed}` : id,
      run: async (running: PartRunning) => await fit(await images(), how, seed, running),
    }))
  );
}

async function packedImages(): Promise<Images> {
  const packed = Uint8Array.from(atob(PACKED_DIGITS), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const columns = Array.from(
    { length: bytes.length / DIGIT_ROWS },
    (_, c) => bytes.subarray(c * DIGIT_ROWS, (c + 1) * DIGIT_ROWS),
  );
  return separated(columns.slice(1), [...columns[0]], 10);
}

function imagesOf(table: Table): Images {
  const target = TARGETS.find((name) => table.columns.includes(name));
  if (target === undefined) {
    throw new TableError(
      { table: table.name },
      `have a column ${TARGETS.join(" or ")} of classes`,
      `a table of ${table.columns.length} columns without one`,
    );
  }
  const labels = classLabels(table, target), indices = classIndices(table, target, labels);
  const pixels = table.columns.filter((name) => name !== target);
  return separated(pixels.map((name) => numericColumn(table, name)), [...indices], labels.length);
}

/** Every fifth row is for the test; pixels are mapped onto [-1, 1]. */
function separated(
  columns: readonly ArrayLike<number>[],
  labels: readonly number[],
  classes: number,
): Images {
  const values = columns.map((column) => Array.from(column));
  const extremes = values.map((column) => [
    column.reduce((a, b) => Math.min(a, b)),
    column.reduce((a, b) => Math.max(a, b)),
  ]);
  const low = Math.min(...extremes.map(([least]) => least));
  const high = Math.max(...extremes.map(([, most]) => most));
  const pick = (test: boolean) => {
    const chosen = labels.flatMap((_, r) => (r % 5 === 4) === test ? [r] : []);
    return classRows(
      chosen.map((r) => values.map((column) => 2 * (column[r] - low) / (high - low || 1) - 1)),
      chosen.map((r) => labels[r]),
      classes,
    );
  };
  return { train: pick(false), test: pick(true), nIn: columns.length, classes };
}

/** Splines of one hidden layer, and MLPs of as many parameters, or as many hidden nodes. */
function configOf(
  { nIn, classes }: Images,
  kind: "kan" | "mlp",
  narrow = false,
): NetworkOptions {
  const hidden = nIn > 100 ? 64 : 32, widths = [nIn, hidden, classes];
  if (kind === "kan") {
    return {
      ...{ widths, intervals: INTERVALS, firstLayer: "spline", knots: "uniform" },
      ...{ normalisation: "none", base: "silu" },
    };
  }
  const numbers = (INTERVALS + 3 + 1) * hidden * (nIn + classes);
  const wide = Math.round((numbers - classes) / (nIn + classes + 1));
  return { widths: narrow ? widths : [nIn, wide, classes], activation: "relu" };
}

async function fit(
  images: Images,
  { kind, optimizer, narrow }: {
    readonly kind: "kan" | "mlp";
    readonly optimizer: string;
    readonly narrow?: boolean;
  },
  seed: number,
  running: PartRunning,
): Promise<DigitsValue> {
  const config = configOf(images, kind, narrow), start = createNetwork(config, { seed });
  const from = performance.now(), losses: number[] = [];
  const { network, loss } = await trainToEnd(start, images.train.dataset, {
    loss: { kind: "crossEntropy" },
    schedule: coarseSchedule(EPOCHS),
    optimizer: OPTIMIZERS[optimizer](seed),
    ...running,
    onEvent: (event) => event.type === "epoch" ? losses.push(event.record.loss) : undefined,
  });
  running.signal.throwIfAborted();
  const seconds = (performance.now() - from) / 1000, { train, test } = images;
  return {
    ...{ kind, optimizer, seed, loss, losses, seconds, epochs: EPOCHS },
    widths: network.config.widths,
    parameters: network.parameters.length,
    rows: [train.labels.length, test.labels.length],
    accuracy: { train: accuracyOn(network, train), test: accuracyOn(network, test) },
  };
}

/** The mean over seeds. */
function meanOf(values: readonly DigitsValue[]): number {
  return values.reduce((sum, { accuracy }) => sum + accuracy.test, 0) / values.length;
}

function percent(share: number): string {
  return `${brief(100 * share, 4)} %`;
}

function conclude(
  values: ReadonlyMap<string, DigitsValue>,
  { table }: ExperimentOptions,
): Findings {
  const of = (id: string) =>
    [...values].filter(([name]) => name.replace(/-seed-\d+$/, "") === id).map(([, value]) => value);
  const kan = of("kan"), wide = of("mlp"), momentum = of("kan-sgd");
  const bar = table ? 0.9 : 0.97;
  return {
    claims: [
      verdict(
        `Splines classify at least ${100 * bar} % of fresh rows after ${EPOCHS} epochs`,
        kan,
        (found) => ({ holds: meanOf(found) >= bar, measured: percent(meanOf(found)) }),
      ),
      verdict(
        "They are at most half a point behind a multilayer perceptron of as many parameters",
        kan.length > 0 && wide.length > 0 ? [...kan, ...wide] : [],
        () => ({
          holds: meanOf(kan) >= meanOf(wide) - 0.005,
          measured: `${percent(meanOf(kan))}, the perceptron ${percent(meanOf(wide))}`,
        }),
      ),
      verdict(
        "Momentum alone trains them, too: at most two points behind AdamW",
        kan.length > 0 && momentum.length > 0 ? [...kan, ...momentum] : [],
        () => ({
          holds: meanOf(momentum) >= meanOf(kan) - 0.02,
          measured: `${percent(meanOf(momentum))}, AdamW ${percent(meanOf(kan))}`,
        }),
      ),
    ],
    tables: values.size === 0 ? [] : [{
      title: `Shares of rows classified rightly, after ${EPOCHS} epochs of batches of ${BATCH}`,
      columns: [
        ...["network", "optimizer", "parameters", "seed", "train", "test", "cross-entropy"],
        ...["rows", "test rows", "seconds"],
      ],
      rows: [...values.values()].map((value) => [
        nameOf(value),
        value.optimizer,
        ...[value.parameters, value.seed, value.accuracy.train, value.accuracy.test, value.loss],
        ...[...value.rows, value.seconds],
      ]),
    }],
    charts: chartsOf([...values.values()]),
    notes: [
      ...(table ? [] : [
        'Images: the test set of "Optical Recognition of Handwritten Digits" (Alpaydin and Kaynak ' +
        "1998, UCI, doi 10.24432/C50P49, CC BY 4.0), 8 x 8 pixels, as scikit-learn ships it.",
      ]),
      "Every fifth row is for the test. --data takes another table: a column label of classes, all " +
      "others pixels. Splines: cubic, five intervals, with a silu branch, as efficient-kan's; " +
      "pixels on [-1, 1], no normalisation between layers.",
      "AdamW 0.01 (weight decay 1e-4), SGD 0.1 with momentum 0.9, both times 0.8 an epoch. " +
      "bench/peers/digits_torch.py runs the same in PyTorch.",
    ],
  };
}

/** Curves of the first seed. */
function chartsOf(all: readonly DigitsValue[]): Findings["charts"] {
  if (all.length === 0) return [];
  return [{
    title: "Learning",
    text: "Cross-entropy of the training rows after every epoch, first seed: networks of splines " +
      "and perceptrons fall alike.",
    ...{ xTitle: "epoch", yTitle: "cross-entropy", logarithmic: "y" },
    curves: all.filter(({ seed }) => seed === all[0].seed).map((value) => ({
      label: `${nameOf(value)}, ${value.optimizer}`,
      x: value.losses.map((_, i) => i + 1),
      y: [...value.losses],
    })),
  }];
}

function nameOf({ kind, widths }: DigitsValue): string {
  return `${kind === "kan" ? "splines" : "MLP"} ${widths.join(", ")}`;
}
