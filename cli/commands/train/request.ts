/**
 * From the flags of `train` to a request: every value checked, nothing read or written yet.
 *
 * @module
 */

import { type CheckpointRequest, readCheckpoint } from "../../flags/checkpoint.ts";
import { readOutputs, readSeed, readThreads } from "../../flags/shared.ts";
import {
  findProblem,
  type InputScale,
  type Problem,
  type TargetLink,
  type TargetScale,
} from "../../../lib/data/mod.ts";
import { cpuEngine, createCpuEngine, type Loss, referenceEngine } from "../../../lib/engine/mod.ts";
import { type NetworkOptions, resolveConfig } from "../../../lib/model/mod.ts";
import { type Schedule, scheduleCost } from "../../../lib/multilevel/mod.ts";
import { defined } from "../../../lib/numerics/inner.ts";
import {
  bfgs,
  gaussNewton,
  lbfgs,
  type Refinement,
  ssbroyden,
  type TrainOptions,
} from "../../../lib/train/mod.ts";
import { memoryBytes } from "../../terminal/large_tables.ts";
import { UsageError } from "../../terminal/errors.ts";
import { betweenFlag, columnsFlag, monotoneFlag, type SignedColumn } from "../../flags/claims.ts";
import { epochsOf, readSchedule, type ScheduleRequest } from "../../flags/schedule.ts";
import {
  FIRST_ORDER_KINDS,
  isFirstOrder,
  readFirstOrder,
  refuseFirstOrder,
} from "../../flags/first_order.ts";
import {
  asideColumns,
  JUDGING_FLAGS,
  type JudgingRequest,
  readJudging,
} from "../../flags/judging.ts";
import type { GivenFlags } from "../../flags/parse.ts";
import {
  isPlain,
  LINK_FLAGS,
  lossText,
  readHuberUnits,
  readLink,
  readLoss,
} from "../../flags/losses.ts";
import { type PenaltyRequest, readPenalties } from "../../flags/penalties.ts";
import { type PictureRequest, readPictures, TRAIN_PICTURES } from "../../flags/pictures.ts";
import {
  choiceFlag,
  integerFlag,
  integersFlag,
  namedValues,
  numberFlag,
  numberPart,
  only,
  rangeFlag,
  refuse,
  switchFlag,
  textFlag,
} from "../../flags/values.ts";

/** Points of a gallery problem. */
export interface GallerySource {
  readonly kind: "gallery";
  readonly problem: Problem;
  readonly rows: number;
  readonly dataSeed: number;
}

/** A table; column lists as they were typed. */
export interface FileSource {
  readonly kind: "table";
  readonly file: string;
  readonly target: string;
  readonly inputs?: string;
  readonly drop?: string;
  readonly types?: string;
  readonly missing?: "error";
  /** Bytes that the table may take. */
  readonly memoryLimit?: number;
  /** Columns that are inputs only where `inputs` names them: groups and times of rows. */
  readonly aside?: readonly string[];
  readonly offset?: string;
  readonly weight?: string;
  readonly classWeights?: "balanced" | Readonly<Record<string, number>>;
  /** What targets are, if no plain numbers and no classes. */
  readonly link?: TargetLink;
  readonly scale: InputScale;
  /** `auto` until the training rows have chosen. */
  readonly targetScale: TargetScale | "auto";
  readonly testFraction: number;
}

/** What the network is held to, in names and units of the table. */
export interface ShapeFlags {
  readonly monotone?: readonly SignedColumn[];
  readonly convex?: readonly string[];
  readonly concave?: readonly string[];
  readonly range?: readonly [number, number];
}

/** Options of the network that do not depend on the data. */
export type NetworkFlags = Omit<NetworkOptions, "widths"> & {
  readonly widths?: readonly number[] | undefined;
};

/** Where the arithmetic may run. */
export type EngineKind = "cpu" | "webgpu" | "reference" | "auto";

/** All that `train` was asked for. */
export interface TrainRequest
  extends ScheduleRequest, PenaltyRequest, ReturnType<typeof readOutputs> {
  readonly source: GallerySource | FileSource;
  readonly validationFraction: number;
  readonly network: NetworkFlags;
  readonly pictures?: PictureRequest;
  /** Whether a schedule was asked for. */
  readonly scheduled: boolean;
  readonly loss: Loss;
  /** Of a Huber loss: where it turns linear, in spreads of the residuals of a first fit. */
  readonly huberUnits?: number;
  /** Undefined: chosen once the network is known. */
  readonly optimizer: TrainOptions["optimizer"];
  /** First guesses that compete; undefined: what the optimizer calls for. */
  readonly starts: number | undefined;
  /** Weight of the penalty on second differences; undefined: what the optimizer calls for. */
  readonly smoothing: number | undefined;
  /** The optimizers that stages of the schedule name. */
  readonly optimizers: NonNullable<TrainOptions["optimizers"]>;
  /** The engine; for webgpu and auto the one that is used where there is no GPU. */
  readonly engine: NonNullable<TrainOptions["engine"]>;
  /** Which engine was asked for; `openEngine` turns it into one. */
  readonly engineKind: EngineKind;
  readonly patience: number;
  readonly seed: number;
  /** Seed of the split of the rows. */
  readonly splitSeed: number;
  readonly checkpoint?: CheckpointRequest;
  /** How rows are held out to judge by; absent: by the test rows alone. */
  readonly judging?: JudgingRequest;
  /** What the network is held to; absent: nothing. */
  readonly shape?: ShapeFlags;
}

/** A request whose optimizer, and all that depends on it, is chosen. */
export interface ReadyRequest extends TrainRequest {
  readonly refinement: Refinement;
  readonly starts: number;
  readonly smoothing: number;
  readonly optimizer: NonNullable<TrainOptions["optimizer"]>;
}

/**
 * Reads the flags of `train`.
 *
 * @param searches Whether a model is searched for, rather than one network trained.
 * @throws {UsageError} If a value is out of range or two flags exclude each other.
 * @throws {RangeError} If the network's options exclude each other.
 */
export function trainRequest(given: GivenFlags, searches = false): TrainRequest {
  const loss = readLoss(given), source = readSource(given, loss);
  const validationFraction = numberFlag(given, "validation-fraction", { least: 0, below: 1 }) ?? 0;
  const testFraction = source.kind === "table" ? source.testFraction : 0;
  if (validationFraction + testFraction >= 1) {
    throw new UsageError(
      "Cannot split the data: --test-fraction and --validation-fraction must sum to less than 1, " +
        `current value is ${testFraction + validationFraction}`,
    );
  }
  const patience = integerFlag(given, "patience", { least: 1 });
  if (patience !== undefined && validationFraction === 0) {
    throw only("patience", "--validation-fraction above 0");
  }
  if (!isPlain(loss) && source.kind === "gallery") {
    throw new UsageError(
      "Cannot train: --loss must be mse or huber with --problem (its targets are numbers), " +
        `current value is "${lossText(loss)}"`,
    );
  }
  if (given.has("class-weights") && loss.kind !== "crossEntropy") {
    throw only("class-weights", "--loss cross-entropy");
  }
  const isMlp = mlpActivation(given) !== undefined;
  const asked = readSchedule(isMlp && !given.has("schedule") ? withMlpSchedule(given) : given);
  const { schedule } = asked, network = readNetwork(given, source);
  if (isMlp && schedule.stages.some(({ refine }) => refine)) {
    throw new UsageError(
      "Cannot train: --schedule must be one number of epochs with --activation relu (an MLP has no " +
        `grid to refine), current value is ${JSON.stringify(textFlag(given, "schedule"))}`,
    );
  }
  checkNetwork(network, scheduleCost(schedule, network.intervals!).finestIntervals);
  const seed = readSeed(given);
  return {
    source,
    validationFraction,
    network,
    ...asked,
    scheduled: given.has("schedule"),
    loss,
    ...(loss.kind === "huber" ? { huberUnits: readHuberUnits(given) } : {}),
    ...readOptimizers(given, schedule, seed),
    starts: integerFlag(given, "starts", { least: 1, most: 1000 }),
    smoothing: numberFlag(given, "smoothing", { least: 0 }),
    ...readPenalties(given),
    engine: readEngine(given),
    engineKind: engineKind(given),
    patience: patience ?? 10,
    seed,
    splitSeed: integerFlag(given, "split-seed", {}) ?? seed,
    ...defined({ checkpoint: readCheckpoint(given, "train"), shape: readShape(given, loss) }),
    ...defined({ judging: readJudging(given, searches) }),
    ...readOutputs(given),
    ...defined({ pictures: readPictures(given, "train", TRAIN_PICTURES) }),
  };
}

function readShape(given: GivenFlags, loss: Loss): ShapeFlags | undefined {
  const range = betweenFlag(given);
  if (range && !isPlain(loss) && loss.kind !== "quantile") {
    throw only("range", "--loss mse, huber or quantile");
  }
  if (range && ["log", "auto"].includes(textFlag(given, "target-scale") ?? "range")) {
    throw only("range", "--target-scale range or robust");
  }
  const convex = columnsFlag(given, "convex"), concave = columnsFlag(given, "concave");
  if ((convex ?? concave) && loss.kind === "crossEntropy" && textFlag(given, "keep") === "mean") {
    throw new UsageError(
      `Cannot train: --${convex ? "convex" : "concave"} must come with --keep best where classes ` +
        "are predicted: logits of mean probabilities are not bent one way",
    );
  }
  const shape = defined({ monotone: monotoneFlag(given), convex, concave, range });
  return Object.keys(shape).length === 0 ? undefined : shape;
}

const COLUMN_FLAGS = [
  "target",
  "inputs",
  "drop",
  "types",
  "missing",
  "offset",
  "weight",
  "memory-limit",
];

function readSource(given: GivenFlags, loss: Loss): GallerySource | FileSource {
  const name = textFlag(given, "problem"), file = textFlag(given, "data");
  if ((name === undefined) === (file === undefined)) {
    throw new UsageError(
      "Cannot train: one of --problem and --data must be given, current value is " +
        (name === undefined ? "neither" : "both"),
    );
  }
  if (name !== undefined) {
    refuse(given, JUDGING_FLAGS.map(({ name }) => name), "--data");
    const linked = LINK_FLAGS.map(({ name }) => name);
    refuse(given, [...COLUMN_FLAGS, ...linked, "class-weights", "test-fraction"], "--data");
    const problem = findProblem(name);
    return {
      kind: "gallery",
      problem,
      rows: integerFlag(given, "rows", { least: 1, most: 10_000_000 }) ?? problem.rows,
      dataSeed: integerFlag(given, "data-seed", {}) ?? 0,
    };
  }
  refuse(given, ["rows", "data-seed"], "--problem");
  const target = textFlag(given, "target");
  if (target === undefined) {
    throw new UsageError(
      "Cannot train: --target must name the columns to predict, current value is none",
    );
  }
  const inputs = textFlag(given, "inputs"), drop = textFlag(given, "drop");
  const classWeights = readClassWeights(textFlag(given, "class-weights"));
  if (drop !== undefined && inputs !== undefined) {
    throw new UsageError("Cannot train: --drop must come without --inputs, which names all inputs");
  }
  return {
    kind: "table",
    file: file!,
    target,
    ...defined({ inputs, drop, offset: textFlag(given, "offset"), aside: asideColumns(given) }),
    ...defined({ types: textFlag(given, "types"), missing: readMissing(given) }),
    ...(given.has("memory-limit")
      ? { memoryLimit: memoryBytes(textFlag(given, "memory-limit")!) }
      : {}),
    ...defined({ weight: textFlag(given, "weight"), classWeights, link: readLink(given, loss) }),
    scale: choiceFlag(given, "scale", ["auto", "range", "robust", "quantile", "log"]) ?? "auto",
    targetScale: choiceFlag(given, "target-scale", ["range", "robust", "log", "auto"]) ??
      (textFlag(given, "loss") === "huber" ? "robust" : "range"),
    testFraction: numberFlag(given, "test-fraction", { least: 0, below: 1 }) ??
      (["folds", "group", "order"].some((name) => given.has(name)) ? 0 : 0.2),
  };
}

function readMissing(given: GivenFlags): "error" | undefined {
  return choiceFlag(given, "missing", ["impute", "error"]) === "error" ? "error" : undefined;
}

/** `balanced`, or `LABEL=W,LABEL=W`. */
function readClassWeights(text: string | undefined): FileSource["classWeights"] {
  if (text === undefined || text === "balanced") return text;
  return Object.fromEntries(
    namedValues(text).map(({ name, value }) => {
      const weight = numberPart(value);
      if (name === undefined || !(weight > 0 && weight < Infinity)) {
        throw new UsageError(
          "Cannot read flags: --class-weights must be balanced, or LABEL=WEIGHT with commas between " +
            `them, current value is ${JSON.stringify(text)}`,
        );
      }
      return [name, weight];
    }),
  );
}

/** The activation of an MLP; undefined of splines. */
function mlpActivation(given: GivenFlags): "relu" | undefined {
  const kind = choiceFlag(given, "activation", ["spline", "relu"]);
  return kind === "spline" ? undefined : kind;
}

/** Epochs of an MLP unless told otherwise. */
const MLP_SCHEDULE = "128";

function withMlpSchedule(given: GivenFlags): GivenFlags {
  return new Map([...given, ["schedule", MLP_SCHEDULE]]);
}

/** Flags that an MLP has no use for. */
const SPLINE_FLAGS = [
  ...["degree", "intervals", "knots", "knot-sharing", "outer-knots", "basis", "first-layer"],
  ...["base", "normalisation", "domain", "extrapolation", "smoothing", "starts"],
];

function readNetwork(given: GivenFlags, source: GallerySource | FileSource): NetworkFlags {
  const activation = mlpActivation(given);
  if (activation !== undefined) {
    refuse(given, SPLINE_FLAGS, "--activation spline");
    const widths = integersFlag(given, "widths", { least: 1 }) ??
      (source.kind === "gallery" ? source.problem.defaults.widths : undefined);
    return { activation, widths, intervals: 1, bias: switchFlag(given, "bias") };
  }
  const defaults = source.kind === "gallery" ? source.problem.defaults : undefined;
  const firstLayer = choiceFlag(given, "first-layer", ["linear", "spline"]) ??
    defaults?.firstLayer ?? "linear";
  const likePublished = firstLayer === (defaults?.firstLayer ?? "linear");
  return {
    ...defaults,
    widths: integersFlag(given, "widths", { least: 1 }) ?? defaults?.widths,
    degree: integerFlag(given, "degree", { least: 1, most: 9 }) ?? defaults?.degree,
    intervals: integerFlag(given, "intervals", { least: 1 }) ?? defaults?.intervals ?? 5,
    knots: choiceFlag(given, "knots", ["uniform", "free"]) ?? defaults?.knots,
    knotSharing: choiceFlag(given, "knot-sharing", ["input", "layer"]) ?? defaults?.knotSharing,
    outerKnots: choiceFlag(given, "outer-knots", ["even", "free", "clamped"]) ??
      defaults?.outerKnots,
    basis: choiceFlag(given, "basis", ["bspline", "relu"]) ?? defaults?.basis,
    firstLayer,
    bias: switchFlag(given, "bias") ?? (likePublished ? defaults?.bias : undefined),
    base: choiceFlag(given, "base", ["none", "silu"]) ?? defaults?.base,
    normalisation: choiceFlag(given, "normalisation", ["minmax", "batchnorm", "none"]) ??
      defaults?.normalisation,
    domain: rangeFlag(given, "domain") ?? defaults?.domain,
    // A logit that goes on along a steep end says with certainty what nobody has measured.
    extrapolation: choiceFlag(given, "extrapolation", ["linear", "clamp", "error"]) ??
      (given.has("range")
        ? "clamp"
        : given.has("convex") || given.has("concave")
        ? "linear"
        : clampsUsually(given)
        ? "clamp"
        : defaults?.extrapolation),
  };
}

/** Whether outputs are logarithms or logits, which a straight line far out makes of any size. */
function clampsUsually(given: GivenFlags): boolean {
  const loss = readLoss(given);
  return !isPlain(loss) && loss.kind !== "quantile";
}

/** Finds, before any data is read, what is wrong with any data. */
function checkNetwork(network: NetworkFlags, finestIntervals: number): void {
  const widths = network.widths ?? [1, 1, 1];
  const spline = network.firstLayer === "spline";
  if (widths.length < (spline ? 2 : 3)) {
    throw new UsageError(
      "Cannot train: --widths must be " +
        (spline
          ? "at least 2 entries, inputs and outputs included, such as 3,1"
          : "at least 3 entries, inputs and outputs included, such as 3,5,1 (2 are enough with " +
            "--first-layer spline)") +
        `, current value is ${widths.join(",")}`,
    );
  }
  resolveConfig({ ...network, widths });
  if (network.intervals !== finestIntervals) {
    resolveConfig({ ...network, widths, intervals: finestIntervals });
  }
}

function readOptimizers(
  given: GivenFlags,
  schedule: Schedule,
  seed: number,
): Pick<TrainRequest, "optimizer" | "optimizers"> {
  const kinds = [
    "auto",
    "gauss-newton",
    "lbfgs",
    "bfgs",
    "ssbroyden",
    ...FIRST_ORDER_KINDS,
  ] as const;
  const usual = choiceFlag(given, "optimizer", kinds) ?? "auto";
  const named = new Set(schedule.stages.flatMap(({ optimizer }) => optimizer ?? []));
  const lineSearch = choiceFlag(given, "line-search", ["wolfe", "none"]);
  const memory = integerFlag(given, "memory", { least: 1, most: 10_000 });
  refuseFirstOrder(given, [usual, ...named]);
  if (usual !== "lbfgs" && usual !== "auto" && !named.has("lbfgs")) {
    refuse(given, ["line-search", "memory"], "--optimizer lbfgs");
  }
  function make(kind: string): NonNullable<TrainOptions["optimizer"]> {
    if (kind === "gauss-newton") return gaussNewton();
    if (kind === "bfgs") return bfgs();
    if (kind === "ssbroyden") return ssbroyden();
    if (isFirstOrder(kind)) {
      const epochs = epochsOf(schedule, ({ optimizer }) => (optimizer ?? usual) === kind);
      return readFirstOrder(kind, given, epochs, seed);
    }
    return lbfgs(defined({ lineSearch, memory }));
  }
  const chosen = usual === "auto" && lineSearch === undefined && memory === undefined;
  return {
    optimizer: chosen ? undefined : make(usual),
    optimizers: Object.fromEntries([...named].map((name) => [name, make(name)])),
  };
}

function engineKind(given: GivenFlags): EngineKind {
  return choiceFlag(given, "engine", ["cpu", "webgpu", "reference", "auto"]) ?? "cpu";
}

function readEngine(given: GivenFlags): NonNullable<TrainOptions["engine"]> {
  const engine = engineKind(given);
  const threads = readThreads(given);
  const dtype = choiceFlag(given, "dtype", ["float64", "float32"]);
  if (engine === "cpu" || engine === "auto") {
    if (threads === undefined && dtype === undefined) return cpuEngine;
    return createCpuEngine(defined({ threads, dtype }));
  }
  refuse(given, ["threads", "dtype"], "--engine cpu");
  return engine === "reference" ? referenceEngine : cpuEngine;
}
