/**
 * The search for the model of a table, from its flags to its files.
 *
 * @module
 */

import type { FoundModel, SearchEvent, TriedCandidate } from "../../../lib/search/mod.ts";
import { defined } from "../../../lib/numerics/inner.ts";
import type { GivenFlags } from "../../flags/parse.ts";
import { choiceFlag, numberFlag, only } from "../../flags/values.ts";
import { encodeModelFile, type MemberMetadata } from "../../models/metadata.ts";
import { scoreText } from "../../models/score_table.ts";
import { lossesAndScores, partResults } from "../../models/scores.ts";
import { EXIT } from "../../terminal/errors.ts";
import { checkOutputs, writeFile } from "../../terminal/files.ts";
import { listenForInterrupt } from "../../terminal/interrupt.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { duration, lossNumbers, shortNumber, textTable } from "../../terminal/text_table.ts";
import { VERSION } from "../../terminal/version.ts";
import { PARTS, type TrainData, trainData } from "./data.ts";
import { dataNotes } from "./notes.ts";
import { columnOptions, runCommand, type RunOptions } from "./options.ts";
import { requestOutputs, tableFiles } from "./outputs.ts";
import { type FileSource, type TrainRequest, trainRequest } from "./request.ts";
import { tellNote } from "./run.ts";
import type { RunResult } from "./result.ts";

/** The flags that leave the model open; any other one asks for a network. */
const OPEN_FLAGS = [
  ...["data", "target", "inputs", "drop", "offset", "weight", "class-weights", "scale"],
  ...["target-scale", "test-fraction", "types", "missing", "loss", "seed", "split-seed", "form", "time-limit"],
  ...["model-out", "report", "json", "quiet", "help", "threads"],
];

/** What a search was asked for. */
export interface SearchRequest extends TrainRequest {
  readonly source: FileSource;
  readonly form: "auto" | "linear" | "additive";
  readonly timeLimit: number;
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
  readonly files: RunResult["files"];
}

/**
 * Reads the flags of a search; undefined where they ask for one network.
 *
 * @throws {UsageError} If flags exclude each other.
 */
export function searchRequest(given: GivenFlags): SearchRequest | undefined {
  const asked = choiceFlag(given, "form", ["auto", "linear", "additive", "network"]);
  const timeLimit = numberFlag(given, "time-limit", { above: 0 });
  const others = [...given.keys()].filter((name) => !OPEN_FLAGS.includes(name));
  const huber = given.get("loss") === "huber";
  const open = given.has("data") && others.length === 0 && !huber;
  if (asked === "network" || (asked === undefined && !open)) {
    if (timeLimit !== undefined) throw only("time-limit", "--form auto (and no flag of a network)");
    return undefined;
  }
  if (!given.has("data")) throw only("form", "--data");
  if (huber) throw only("loss huber", "--form network");
  if (others.length > 0) throw only(others[0], "--form network");
  const request = trainRequest(given), { source } = request;
  if (source.kind !== "table") throw only("form", "--data");
  return { ...request, source, form: asked ?? "auto", timeLimit: timeLimit ?? 60 };
}

/** Searches, judges the model on the parts of the table, and writes its files. */
export async function performSearch(
  request: SearchRequest,
  terminal: Terminal,
): Promise<SearchResult> {
  const { source, loss, seed, form, timeLimit } = request;
  await checkOutputs(requestOutputs(request, ["model-out", "report"]), tableFiles(source));
  const read = await trainData(request);
  for (const note of dataNotes(read)) tellNote(note, request, terminal);
  const { searchModel } = await import("../../../lib/search/mod.ts");
  const begun = performance.now();
  const interrupt = listenForInterrupt(
    () => tellNote("stopping with the candidates so far; Ctrl-C again leaves at once", request, terminal),
    () => {},
  );
  try {
    const found = await searchModel(read.parts.train, {
      ...{ form, seed, timeLimit, signal: interrupt.signal },
      task: loss.kind === "crossEntropy" ? "classification" : "regression",
      onEvent: (event) => tellNote(eventText(event), request, terminal),
    });
    const answer = { average: "values" as const, ...defined({ bounds: found.bounds }) };
    const encoding = read.encoding.kind === "table" ? { ...read.encoding, answer } : read.encoding;
    const data = { ...read, encoding };
    const warn = (text: string) => terminal.err(`${text}\n`);
    const judged = lossesAndScores(partResults(found.networks, loss, data, warn));
    const options = searchOptions(request, data), command = runCommand(options);
    const seconds = (performance.now() - begun) / 1000;
    const result = { request, data, found, ...judged, options, command, seconds, files: {} };
    return { ...result, files: await writeFiles(result) };
  } finally {
    interrupt.dispose();
  }
}

function searchOptions(request: SearchRequest, data: TrainData): RunOptions {
  const { source, loss, seed, splitSeed, form, timeLimit } = request;
  return {
    ...columnOptions(source, loss, data),
    loss: loss.kind === "crossEntropy" ? "cross-entropy" : loss.kind,
    ...{ form, timeLimit, seed },
    ...(splitSeed === seed ? {} : { splitSeed }),
  };
}

async function writeFiles(result: SearchResult): Promise<SearchResult["files"]> {
  const { request, data, found, losses, scores, options, command } = result;
  const { modelOut, report, loss, seed } = request;
  if (modelOut !== undefined) {
    const members = found.networks.map((): MemberMetadata => ({
      ...{ seed, status: found.status, losses: {}, scores: {}, deadFunctions: [] },
    }));
    const tried = found.tried.map(({ seconds: _, ...each }) => each); // the same bytes every time
    const bytes = encodeModelFile(found.networks, {
      ...{ version: VERSION, encoding: data.encoding, loss, options, command, losses, scores },
      ...{ status: found.status, deadFunctions: [], members, tried },
    });
    await writeFile(modelOut, bytes);
  }
  if (report !== undefined) {
    const { searchReport } = await import("./search_report.ts"); // the pages' code is large
    await writeFile(report, searchReport(result));
  }
  return defined({ model: modelOut, report });
}

/** A plan, or a candidate, in a line. */
function eventText(event: SearchEvent): string {
  if (event.type === "candidate") {
    const { name, loss, standardError, seconds } = event.candidate;
    return `${name}: held-out loss ${shortNumber(loss)}, standard error ` +
      `${shortNumber(standardError)} (${duration(seconds)})`;
  }
  const { candidates, folds, repeats, estimate, left } = event;
  return `searching: ${candidates.length} candidates, ${folds} folds` +
    (repeats > 1 ? `, ${repeats} times` : "") + `; about ${duration(estimate)} (--time-limit)` +
    (left.length === 0 ? "" : `; no time for: ${left.join(", ")}`);
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
    `together: held-out loss ${shortNumber(found.loss)}, standard error ` +
    `${shortNumber(found.standardError)}; the simplest within one standard error of the best: ` +
    found.simplest,
    ...(found.bounds === undefined ? [] : ["predictions stay within the targets' range and a tenth of it"]),
    "",
    scoreText(PARTS.flatMap((part) => {
      const dataset = data.parts[part], loss = losses[part], own = scores[part];
      if (dataset === undefined || loss === undefined || own === undefined) return [];
      return [{ part, rows: dataset.rows, loss, scores: own }];
    })),
    "",
    `${found.status} (${duration(seconds)})`,
    files.model === undefined
      ? "the model was not kept: --model-out FILE.safetensors keeps it"
      : `model: ${files.model}`,
    ...(files.report === undefined ? [] : [`report: ${files.report}`]),
  ].join("\n") + "\n";
}

/** What the model is made of, largest share first. */
function modelText(tried: readonly TriedCandidate[]): string {
  return tried.filter(({ weight }) => weight > 0).toSorted((a, b) => b.weight - a.weight)
    .map(({ name, weight }) => `${Math.round(100 * weight)} % ${name}`).join(", ");
}

/** The table of what was tried. */
export function triedText(tried: readonly TriedCandidate[]): string {
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
    seconds,
    status,
    rows: Object.fromEntries(
      PARTS.flatMap((part) =>
        data.parts[part] === undefined ? [] : [[part, data.parts[part].rows]]
      ),
    ),
    ...files,
    version: VERSION,
    options,
    command,
  };
}

/** The exit code after a search. */
export function searchExitCode({ found }: SearchResult): number {
  return found.status === "stopped" ? EXIT.interrupted : EXIT.done;
}
