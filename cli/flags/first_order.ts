/**
 * The flags of `train` for Adam, AdamW, and gradient descent with and without momentum.
 *
 * @module
 */

import { defined } from "../../lib/numerics/inner.ts";
import {
  adam,
  adamw,
  gradientDescent,
  type LearningRateSchedule,
  type Optimizer,
  sgd,
} from "../../lib/train/mod.ts";
import { type Flag, flag, type GivenFlags } from "./parse.ts";
import { UsageError } from "../terminal/errors.ts";
import { choiceFlag, integerFlag, numberFlag, refuse, switchFlag } from "./values.ts";

/** Optimizers whose steps have a learning rate. */
export const FIRST_ORDER_KINDS = ["adam", "adamw", "sgd", "gradient-descent"] as const;

/** The flags that belong to these optimizers. */
export const FIRST_ORDER_FLAGS: readonly Flag[] = [
  flag(
    "learning-rate X",
    "Step size of adam, adamw, sgd and gradient-descent.",
    "0.001, of sgd 0.01; gradient-descent searches the length of every step",
  ),
  flag(
    "learning-rate-schedule KIND",
    "How it changes: constant; cosine, down to the lowest at the end of the run; " +
      "exponential; cyclic, waves that shrink.",
    "constant",
  ),
  flag(
    "min-learning-rate X",
    "The lowest of cosine and cyclic.",
    "0 for cosine, a tenth of the rate for cyclic",
  ),
  flag("learning-rate-decay X", "Factor per epoch of exponential and cyclic.", "0.9995"),
  flag("learning-rate-cycle N", "Epochs of a wave of cyclic.", "100"),
  flag("warmup N", "Epochs over which the learning rate grows from 0 at first.", "0"),
  flag("clip-norm X", "Shortens longer gradients to this Euclidean norm."),
  flag(
    "batch-size N",
    "Rows of a mini-batch of adam, adamw and sgd, in a seeded random order.",
    "all rows",
  ),
  flag("momentum X", "Share of its last move that sgd makes again.", "0.9"),
  flag("nesterov", "sgd looks ahead, as Nesterov's momentum does."),
];

/** The resolved options that these flags set, in camel case. */
export const FIRST_ORDER_FIELDS: readonly string[] = FIRST_ORDER_FLAGS.map(({ name }) =>
  name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
);

/** Whether an optimizer has a learning rate. */
export function isFirstOrder(kind: string): kind is (typeof FIRST_ORDER_KINDS)[number] {
  return (FIRST_ORDER_KINDS as readonly string[]).includes(kind);
}

/**
 * Refuses flags that none of a run's optimizers has.
 *
 * @throws {UsageError} If there is one.
 */
export function refuseFirstOrder(given: GivenFlags, kinds: readonly string[]): void {
  const used = kinds.filter(isFirstOrder), names = FIRST_ORDER_FLAGS.map(({ name }) => name);
  if (used.length === 0) refuse(given, names, `--optimizer ${FIRST_ORDER_KINDS.join(" or ")}`);
  if (!used.includes("sgd")) refuse(given, ["momentum", "nesterov"], "--optimizer sgd");
  if (used.some((kind) => kind !== "gradient-descent")) return;
  refuse(given, ["batch-size"], "--optimizer adam or adamw or sgd");
  if (given.has("learning-rate")) return;
  refuse(given, names, "--learning-rate, with gradient-descent,");
}

/**
 * Creates one of these optimizers.
 *
 * @param epochs Epochs of the whole schedule.
 * @param seed Seed of the order of the rows.
 * @throws {UsageError} If a value is out of range or belongs to another schedule.
 */
export function readFirstOrder(
  kind: (typeof FIRST_ORDER_KINDS)[number],
  given: GivenFlags,
  epochs: number,
  seed: number,
): Optimizer {
  if (kind === "gradient-descent" && !given.has("learning-rate")) return gradientDescent();
  const learningRate = numberFlag(given, "learning-rate", { above: 0 }) ??
    (kind === "sgd" ? 0.01 : 1e-3);
  const clipNorm = numberFlag(given, "clip-norm", { above: 0 });
  const batchSize = integerFlag(given, "batch-size", { least: 1 });
  const options = {
    learningRate,
    schedule: readSchedule(given, learningRate, epochs),
    ...defined({ clipNorm }),
    ...(batchSize === undefined ? {} : { batchSize, batchSeed: seed }),
  };
  switch (kind) {
    case "adam":
      return adam(options);
    case "adamw": {
      const weightDecay = numberFlag(given, "weight-decay", { least: 0 }) ?? 0.01;
      return adamw({ ...options, weightDecay });
    }
    case "sgd": {
      const momentum = numberFlag(given, "momentum", { least: 0 }) ?? 0.9;
      return sgd({ ...options, momentum, ...defined({ nesterov: switchFlag(given, "nesterov") }) });
    }
    case "gradient-descent": {
      const { learningRate, schedule } = options;
      return gradientDescent({ learningRate, schedule, ...defined({ clipNorm }) });
    }
  }
}

/** Flags that not every schedule has, and which do. */
const KINDS: Readonly<Record<string, readonly LearningRateSchedule["kind"][]>> = {
  "min-learning-rate": ["cosine", "cyclic"],
  "learning-rate-decay": ["exponential", "cyclic"],
  "learning-rate-cycle": ["cyclic"],
};

function readSchedule(given: GivenFlags, rate: number, epochs: number): LearningRateSchedule {
  const kind =
    choiceFlag(given, "learning-rate-schedule", ["constant", "cosine", "exponential", "cyclic"]) ??
      "constant";
  const lowest = numberFlag(given, "min-learning-rate", { least: 0, most: rate });
  const decay = numberFlag(given, "learning-rate-decay", { above: 0, most: 1 }) ?? 0.9995;
  const cycle = numberFlag(given, "learning-rate-cycle", { above: 0 });
  const warmup = numberFlag(given, "warmup", { least: 0 }) ?? 0;
  for (const [flag, kinds] of Object.entries(KINDS)) {
    if (kinds.includes(kind)) continue;
    refuse(given, [flag], `--learning-rate-schedule ${kinds.join(" or ")}`);
  }
  if (kind === "cosine" && warmup >= epochs) {
    throw new UsageError(
      `Cannot train: --warmup must be less than the epochs of --schedule, ${epochs} in all, with ` +
        `--learning-rate-schedule cosine, current value is ${warmup}`,
    );
  }
  switch (kind) {
    case "constant":
      return { kind, warmup };
    case "cosine":
      return { kind, warmup, epochs, final: (lowest ?? 0) / rate };
    case "exponential":
      return { kind, warmup, decay };
    case "cyclic":
      return {
        kind,
        warmup,
        decay,
        ...defined({ lowest: lowest && lowest / rate, cycle }),
      };
  }
}

/** The learning rate's schedule among an optimizer's options, as values of these flags. */
export function firstOrderFields(
  options: Readonly<Record<string, unknown>>,
): Record<string, string | number> {
  const schedule = options.schedule as LearningRateSchedule | undefined;
  if (schedule === undefined) return {};
  const rate = options.learningRate as number;
  const fields = { learningRateSchedule: schedule.kind, warmup: schedule.warmup ?? 0 };
  switch (schedule.kind) {
    case "constant":
      return fields;
    case "cosine":
      return { ...fields, minLearningRate: product(rate, schedule.final ?? 0) };
    case "exponential":
      return { ...fields, learningRateDecay: schedule.decay };
    case "cyclic":
      return {
        ...fields,
        minLearningRate: product(rate, schedule.lowest!),
        learningRateDecay: schedule.decay!,
        learningRateCycle: schedule.cycle!,
      };
  }
}

/** A product as people write it: 0.001 times 0.1 is 0.0001. */
function product(x: number, y: number): number {
  return Number((x * y).toPrecision(15));
}
