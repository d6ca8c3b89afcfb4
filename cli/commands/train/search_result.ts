/**
 * What a search has found: as one JSON object, and as text.
 *
 * @module
 */

import type { FoundModel, TriedCandidate } from "../../../lib/search/mod.ts";
import type { InteractionRequest } from "../../flags/interactions.ts";
import { scoreText } from "../../models/score_table.ts";
import { pictureLines } from "../../pictures/write.ts";
import { EXIT } from "../../terminal/errors.ts";
import { duration, lossNumbers, shortNumber, textTable } from "../../terminal/text_table.ts";
import { VERSION } from "../../terminal/version.ts";
import { type Judging, judgingExitCode } from "../../runs/judging_data.ts";
import { judgingCommand, judgingFields, judgingText } from "../../runs/judging_result.ts";
import { PARTS, type TrainData } from "./data.ts";
import type { RunOptions } from "./options.ts";
import type { FileSource, TrainRequest } from "./request.ts";
import type { RunResult } from "./result.ts";

/** What a search was asked for. */
export interface SearchRequest extends TrainRequest {
  readonly source: FileSource;
  readonly form: "auto" | "linear" | "additive";
  readonly timeLimit: number;
  readonly interactions?: InteractionRequest;
  /** Columns of groups and times. */
  readonly group?: string;
  readonly order?: string;
}

/** What a search has found and written. */
export interface SearchResult {
  readonly request: SearchRequest;
  readonly data: TrainData;
  readonly found: FoundModel;
  readonly losses: RunResult["losses"];
  readonly scores: RunResult["scores"];
  readonly options: RunOptions;
  readonly command: string;
  readonly seconds: number;
  /** What searches on other rows did on rows that they had not seen. */
  readonly judging?: Judging;
  readonly files: RunResult["files"];
  /** Whether another process prints. */
  readonly silent?: boolean;
}

/** What `train` prints after a search. */
export function searchText(result: SearchResult): string {
  const { found, files, data, losses, scores, request, seconds } = result;
  const size = found.networks.reduce((sum, { parameters }) => sum + parameters.length, 0);
  const count = found.networks.length;
  return [
    `${modelText(found.tried)}: ${count} network${count === 1 ? "" : "s"}, ${size} parameters, ` +
    `seed ${request.seed}`,
    "",
    triedText(found.tried),
    "",
    ...foundNotes(found, request),
    "",
    scoreText(PARTS.flatMap((part) => {
      const dataset = data.parts[part], loss = losses[part], own = scores[part];
      if (dataset === undefined || loss === undefined || own === undefined) return [];
      return [{ part, rows: scoredRows(dataset.rows), loss, scores: own }];
    })),
    ...sampleNotes(result),
    "",
    ...(result.judging === undefined ? [] : [...judgingText(result.judging), ""]),
    `${found.status} (${duration(seconds)})`,
    files.model === undefined
      ? "the model was not kept: --model-out FILE.safetensors keeps it"
      : `model: ${files.model}`,
    ...(files.report === undefined ? [] : [`report: ${files.report}`]),
    ...pictureLines(files),
  ].join("\n") + "\n";
}

/** Rows that a part's scores are computed of, evenly spaced: all, of a very large part a sample. */
export function scoredRows(rows: number): number {
  return Math.min(rows, MOST_SCORED);
}
const MOST_SCORED = 25_000;

/** Training rows, those beyond a sample too. */
export function trainedRows({ parts, allRows }: TrainData): number {
  return allRows?.rows ?? parts.train.rows;
}

/** Which rows a model of a large table was fitted to and judged by; nothing where all were used. */
export function sampleNotes({ found, data }: Pick<SearchResult, "found" | "data">): string[] {
  const rows = trainedRows(data), parts = Object.entries(data.parts);
  const fitted = found.tried.filter((each) => each.rows !== undefined && each.rows < rows);
  const scored = parts.filter(([, part]) => scoredRows(part.rows) < part.rows);
  return [
    ...fitted.map((each) => `${each.name}: fitted to ${each.rows} of the ${rows} training rows`),
    ...scored.map(([name, part]) =>
      `scores of ${name} are of ${scoredRows(part.rows)} of its ${part.rows} rows, evenly spaced`
    ),
  ];
}

/** What there is to say about a model. */
export function foundNotes(
  { loss, standardError, simplest, bounds, status }: FoundModel,
  { loss: { kind }, source: { targetScale } }: SearchRequest,
): string[] {
  const logs = targetScale === "log" || ["poisson", "gamma", "tweedie"].includes(kind);
  return [
    ...(status === "budget"
      ? ["the machine was far slower than planned: not all candidates were tried"]
      : []),
    `together: held-out loss ${shortNumber(loss)}, standard error ${shortNumber(standardError)}; ` +
    `the simplest candidate within one standard error of the best is ${simplest}`,
    ...(bounds === undefined || kind === "binomial" ? [] : [
      `${logs ? "logarithms of predictions" : "predictions"} stay within the range of ` +
      `${logs ? "those of the training targets (zeros apart)" : "the training targets"}, widened ` +
      "by a tenth",
    ]),
  ];
}

/** What the model is made of, largest share first. */
export function modelText(tried: readonly TriedCandidate[]): string {
  return tried.filter(({ weight }) => weight > 0).toSorted((a, b) => b.weight - a.weight)
    .map(({ name, weight }) => `${Math.round(100 * weight)} % ${name}`).join(", ");
}

/** The table of what was tried. */
function triedText(tried: readonly TriedCandidate[]): string {
  const losses = lossNumbers(tried.map(({ loss }) => loss));
  const errors = lossNumbers(tried.map(({ standardError }) => standardError));
  return textTable([
    ["candidate", "held-out loss", "standard error", "share", "time"],
    ...tried.map(({ name, weight, seconds }, i) => [
      name,
      losses[i],
      errors[i],
      weight === 0 ? "-" : `${Math.round(100 * weight)} %`,
      duration(seconds),
    ]),
  ], "lrrrr");
}

/** The object that `--json` prints after a search. */
export function searchJson(result: SearchResult): Record<string, unknown> {
  const { request, data, found, losses, scores, options, command, files, seconds } = result;
  const { networks, tried, simplest, status, loss, standardError, bounds } = found;
  const sampled = sampleNotes(result);
  return {
    problem: null,
    data: request.source.file,
    form: request.form,
    networks: networks.map(({ config, parameters }) => ({
      widths: config.widths,
      parameters: parameters.length,
    })),
    parameters: networks.reduce((sum, { parameters }) => sum + parameters.length, 0),
    seed: request.seed,
    tried,
    simplest,
    heldOut: { loss, standardError },
    bounds,
    loss: losses,
    scores,
    ...(result.judging && judgingFields(result.judging)),
    seconds,
    status,
    ...(sampled.length === 0 ? {} : { notes: sampled }),
    rows: Object.fromEntries(
      PARTS.flatMap((part) =>
        data.parts[part] === undefined
          ? []
          : [[part, part === "train" ? trainedRows(data) : data.parts[part].rows]]
      ),
    ),
    ...files,
    version: VERSION,
    options,
    command: (result.judging && judgingCommand(result.judging)) ?? command,
  };
}

/** The exit code after a search. */
export function searchExitCode({ found, judging }: SearchResult): number {
  if (found.status === "stopped") return EXIT.interrupted;
  return judging === undefined ? EXIT.done : judgingExitCode(judging);
}
