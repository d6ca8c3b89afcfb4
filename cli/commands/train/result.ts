/**
 * The result of a run: as one JSON object, and as text.
 *
 * @module
 */

import { activationName } from "../../../lib/model/inner.ts";
import type { Loss } from "../../../lib/engine/mod.ts";
import type { NetworkConfig } from "../../../lib/model/mod.ts";
import type { FinishedEvent, TournamentEvent, TrainEvent } from "../../../lib/train/mod.ts";
import type { ScoresByPart } from "../../models/metadata.ts";
import { defined } from "../../../lib/numerics/inner.ts";
import { columnsJson } from "../../models/columns_text.ts";
import { scoreText } from "../../models/score_table.ts";
import { type ChosenPenalties, penaltyText } from "./penalties.ts";
import type { RunOptions } from "./options.ts";
import { pictureLines, type WrittenPictures } from "../../pictures/write.ts";
import { duration, lossNumbers, textTable } from "../../terminal/text_table.ts";
import { tournamentText } from "../../terminal/progress.ts";
import { type PartName, PARTS, type TrainData } from "./data.ts";
import type { ReadyRequest } from "./request.ts";
import type { Judging } from "../../runs/judging_data.ts";
import { judgingCommand, judgingFields, judgingText } from "../../runs/judging_result.ts";
import { VERSION } from "../../terminal/version.ts";

/** All that happened in a run. */
export interface FinishedRun {
  readonly events: readonly TrainEvent[];
  readonly finished: FinishedEvent;
}

/** All that is known after training. */
export interface RunResult {
  readonly request: ReadyRequest;
  readonly data: TrainData;
  /** What was found out before training and after: the loss, the scales. */
  readonly trained: { readonly loss: Loss; readonly encoding: TrainData["encoding"] };
  readonly run: FinishedRun;
  /** Loss without regularisation on scaled targets, per part of the data. */
  readonly losses: { readonly [part in PartName]?: number };
  /** Scores in the target's units, per part of the data. */
  readonly scores: ScoresByPart;
  readonly options: RunOptions;
  /** Sparsity and smoothness, and how they were chosen. */
  readonly penalties: ChosenPenalties;
  /** The command line that repeats the run. */
  readonly command: string;
  /** Files that were written. */
  readonly files: { readonly model?: string; readonly report?: string } & WrittenPictures;
  /** What networks did on rows that they had not seen. */
  readonly judging?: Judging;
  /** Why the checkpoint does not hold the last state that it should. */
  readonly checkpointFault?: string;
  /** Whether another rank of the cluster prints it. */
  readonly silent?: boolean;
}

/** The object that `--json` prints; JSON leaves out what is undefined, and infinity is null. */
export function resultJson(result: RunResult): Record<string, unknown> {
  const { request, run, losses, scores, options, command, files, data, penalties } = result;
  const { network, status, reason, levels, evaluations, seconds } = run.finished;
  const { source, engine } = request;
  const { parts } = data;
  const tournament = tournamentOf(run);
  return {
    problem: source.kind === "gallery" ? source.problem.name : null,
    data: source.kind === "table" ? source.file : undefined,
    widths: network.config.widths,
    parameters: network.parameters.length,
    engine: engine.name,
    dtype: engine.dtype,
    seed: request.seed,
    tournament: tournament && { ...tournament, type: undefined },
    ...defined({
      sparsityPath: penalties.sparsityPath,
      smoothnessPath: penalties.smoothnessPath,
    }),
    levels,
    loss: losses,
    scores,
    ...(result.judging && judgingFields(result.judging)),
    evaluations,
    seconds,
    status,
    reason,
    rows: Object.fromEntries(
      PARTS.flatMap((part) => parts[part] === undefined ? [] : [[part, parts[part].rows]]),
    ),
    ...(data.encoding.kind === "table" ? { columns: columnsJson(data.encoding.columns) } : {}),
    ...files,
    checkpointFault: result.checkpointFault,
    version: VERSION,
    options,
    command: (result.judging && judgingCommand(result.judging)) ?? command,
  };
}

/** What `train` prints without `--json`. */
export function resultText(result: RunResult): string {
  const { run, files, request } = result;
  const { network, status, reason, evaluations, seconds } = run.finished;
  const heading = `${kindOf(network.config)}: ` +
    `${network.parameters.length} parameters, seed ${request.seed}`;
  const tournament = tournamentOf(run);
  const ending = `${status}: ${reason} (${evaluations} evaluations, ${duration(seconds)})`;
  return [
    heading,
    ...(tournament === undefined ? [] : [tournamentText(tournament)]),
    ...penaltyText(result.penalties),
    "",
    levelsText(result),
    "",
    scoresText(result),
    "",
    ...(result.judging === undefined ? [] : [...judgingText(result.judging), ""]),
    ending,
    ...(files.model === undefined
      ? ["the network was not kept: --model-out FILE.safetensors keeps it"]
      : [`network: ${files.model}`]),
    ...(files.report === undefined ? [] : [`report: ${files.report}`]),
    ...pictureLines(files),
    ...(result.checkpointFault === undefined
      ? []
      : [`the checkpoint is not up to date: ${result.checkpointFault}`]),
  ].join("\n") + "\n";
}

/** Widths and kind of a network, in a few words. */
export function kindOf({ widths, activation, knots, degree }: NetworkConfig): string {
  return `[${widths.join(", ")}], ` +
    (activation === "spline"
      ? `${knots} knots, degree ${degree}`
      : `an MLP with ${activationName(activation)}`);
}

function tournamentOf({ events }: FinishedRun): TournamentEvent | undefined {
  return events.find((event) => event.type === "tournament");
}

/** One line per level; `more` adds a column. */
export function levelsText(
  { run }: RunResult,
  more?: { readonly title: string; readonly cells: readonly string[] },
): string {
  const { levels } = run.finished;
  const losses = lossNumbers(levels.map(({ loss }) => loss));
  const rows = levels.map((level, i) => [
    `${i + 1}`,
    `${level.intervals}`,
    `${level.parameters}`,
    `${level.epochs}`,
    `${level.evaluations}`,
    losses[i],
    duration(level.seconds),
    ...(more === undefined ? [] : [more.cells[i]]),
  ]);
  const titles = ["level", "intervals", "parameters", "epochs", "evaluations", "loss", "time"];
  const head = [...titles, ...(more === undefined ? [] : [more.title])];
  return textTable([head, ...rows], more === undefined ? "rrrrrrr" : "rrrrrrrr");
}

/** Loss and scores of every part of the data. */
export function scoresText(
  { losses, scores, data }: Pick<RunResult, "losses" | "scores" | "data">,
): string {
  return scoreText(PARTS.flatMap((part) => {
    const dataset = data.parts[part], loss = losses[part], own = scores[part];
    if (dataset === undefined || loss === undefined || own === undefined) return [];
    return [{ part, rows: dataset.rows, loss, scores: own }];
  }));
}
