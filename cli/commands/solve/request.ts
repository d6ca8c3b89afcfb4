/**
 * What the flags of `solve` ask for.
 *
 * @module
 */

import type { Cluster } from "../../../lib/cluster/mod.ts";
import type { NetworkOptions } from "../../../lib/model/mod.ts";
import { multilevelSchedule, type Schedule } from "../../../lib/multilevel/mod.ts";
import { defined } from "../../../lib/numerics/inner.ts";
import { findPde, type PdeProblem } from "../../../lib/physics/mod.ts";
import { type CheckpointRequest, readCheckpoint } from "../../flags/checkpoint.ts";
import type { GivenFlags } from "../../flags/parse.ts";
import { type PictureRequest, readPictures, SOLVE_PICTURES } from "../../flags/pictures.ts";
import { outputFiles, readLimits, readOutputs, readSeed, readThreads } from "../../flags/shared.ts";
import { choiceFlag, integerFlag, integersFlag, textFlag } from "../../flags/values.ts";
import { UsageError } from "../../terminal/errors.ts";
import { readSolutionModel, type SolutionModel } from "../../models/solution_file.ts";
import { checkPictures } from "../../pictures/write.ts";
import { checkOutputs, type Output, readBytes } from "../../terminal/files.ts";
import { shellWord } from "../../terminal/shell_word.ts";
import { PDE_OPTIMIZERS } from "./flags.ts";
import { type PointRequest, pointRequest } from "./points.ts";
import { readProblemFile } from "./problem_file.ts";

/** All that `solve` was asked for. */
export interface SolveRequest
  extends ReturnType<typeof readLimits>, ReturnType<typeof readOutputs> {
  /** The flags as they were given, for the command that repeats the run. */
  readonly given: GivenFlags;
  readonly problem: PdeProblem;
  /** Fields of the network that replace the problem's. */
  readonly network: Partial<NetworkOptions> & { readonly hidden?: number[] };
  /** The solution that the run begins with. */
  readonly start: SolutionModel | undefined;
  /** Epochs per level; undefined: found on the way. */
  readonly epochs: readonly number[] | undefined;
  readonly schedule: Schedule | undefined;
  readonly seed: number;
  readonly threads: number | undefined;
  /** Processes that share the points. */
  readonly cluster?: Cluster;
  /** Which engine was asked for. */
  readonly engine: "cpu" | "webgpu";
  /** Name of the optimizer, or auto. */
  readonly optimizer: string;
  readonly points: PointRequest;
  /** The checkpoint to keep, and perhaps to go on from. */
  readonly checkpoint?: CheckpointRequest;
  /** Files to write. */
  readonly files: readonly Output[];
  readonly pictures: PictureRequest | undefined;
}

/** The flags of the files that are written at the end. */
export const SOLUTION_FILES = ["out", "model-out", "report", "svg", "png"] as const;

/**
 * Reads the flags of `solve`.
 *
 * @param writes Whether this process writes files.
 * @param problem The problem, where it was read before.
 * @throws {UsageError} If one is wrong, or a file cannot be written.
 */
export async function solveRequest(
  given: GivenFlags,
  { writes = true, problem: known }: { writes?: boolean; problem?: PdeProblem | undefined } = {},
): Promise<SolveRequest> {
  const problem = known ?? await askedProblem(given);
  const files = writes ? outputFiles(given, SOLUTION_FILES) : [];
  const pictures = writes ? readPictures(given, "solve", SOLVE_PICTURES) : undefined;
  const source = textFlag(given, "file");
  const from = textFlag(given, "from");
  await checkPictures(pictures);
  const checkpoint = readCheckpoint(given, "solve");
  const kept = checkpoint && writes
    ? [{ flag: checkpoint.mustExist ? "resume" : "checkpoint", path: checkpoint.file }]
    : [];
  await checkOutputs([...files, ...kept], [source, from].filter((path) => path !== undefined));
  const start = from === undefined ? undefined : await readStart(given, from, problem);
  return requestOf(given, problem, { files, start, pictures, ...defined({ checkpoint }) });
}

/** What the flags ask for of a problem that is read. */
export function requestOf(
  given: GivenFlags,
  problem: PdeProblem,
  { files, start, pictures, checkpoint }: Pick<
    SolveRequest,
    "files" | "start" | "pictures" | "checkpoint"
  >,
): SolveRequest {
  const epochs = integersFlag(given, "schedule", { least: 0 }) ?? problem.epochs;
  const seed = readSeed(given);
  return {
    ...{ given, problem, start, network: networkFlags(given), epochs, seed, files, pictures },
    ...defined({ checkpoint }),
    ...readLimits(given),
    ...readOutputs(given),
    optimizer: choiceFlag(given, "optimizer", ["auto", ...Object.keys(PDE_OPTIMIZERS)]) ?? "auto",
    engine: readEngine(given),
    schedule: epochs && multilevelSchedule(epochs),
    points: pointRequest(given, problem, seed),
    threads: readThreads(given),
  };
}

function readEngine(given: GivenFlags): SolveRequest["engine"] {
  const engine = choiceFlag(given, "engine", ["cpu", "webgpu"]) ?? "cpu";
  if (engine === "webgpu" && given.has("cluster")) {
    throw new UsageError(
      "Cannot solve: --engine must be cpu with --cluster (processes share the points of one CPU " +
        'engine), current value is "webgpu"',
    );
  }
  return engine;
}

/** The problem of the gallery or the file. */
export async function askedProblem(given: GivenFlags): Promise<PdeProblem> {
  const name = textFlag(given, "problem"), file = textFlag(given, "file");
  if ((name === undefined) === (file === undefined)) {
    throw new UsageError(
      "Cannot solve: --problem NAME or --file FILE must be given, current value is " +
        `${name === undefined ? "none" : "both"} (freeknot solve --list prints the gallery)`,
    );
  }
  if (name?.toLowerCase().endsWith(".json")) {
    throw new UsageError(
      `Cannot solve: --problem must be a name of the gallery, current value is ${
        JSON.stringify(name)
      }; did you mean --file ${shellWord(name)}?`,
    );
  }
  if (name !== undefined) return findPde(name);
  return await readProblemFile(file!);
}

/** Reads the model of `--from`. */
async function readStart(
  given: GivenFlags,
  path: string,
  problem: PdeProblem,
): Promise<SolutionModel> {
  const clash = ["hidden", "degree", "intervals", "knots", "basis"].find((flag) => given.has(flag));
  if (clash !== undefined) {
    throw new UsageError(
      `Cannot solve: --${clash} must not come with --from (the network is that of the model), ` +
        "current value is both",
    );
  }
  const model = await readSolutionModel(path, await readBytes(path));
  if (model === undefined) {
    throw new UsageError(
      `Cannot solve: --from must be a model that freeknot solve wrote, current value is ${path}, ` +
        "which holds no problem",
    );
  }
  const [names, others] = [problem, model.problem].map(({ domain, unknowns = ["u"] }) =>
    `${Object.keys(domain).join(", ")} and ${unknowns.join(", ")}`
  );
  if (names !== others) {
    throw new UsageError(
      `Cannot solve: --from must be of the coordinates and unknowns ${names}, current value is ` +
        `${path} of ${others}`,
    );
  }
  return model;
}

function networkFlags(given: GivenFlags): Partial<NetworkOptions> & { hidden?: number[] } {
  const hidden = integersFlag(given, "hidden", { least: 1 });
  const degree = integerFlag(given, "degree", { least: 1, most: 9 });
  const intervals = integerFlag(given, "intervals", { least: 1 });
  const knots = choiceFlag(given, "knots", ["uniform", "free"]);
  const basis = choiceFlag(given, "basis", ["bspline", "relu"]);
  return defined({ hidden, degree, intervals, knots, basis });
}
