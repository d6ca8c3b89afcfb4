/**
 * The search for the model of a table, from its flags to its files.
 *
 * @module
 */

import { type Dataset, subset } from "../../../lib/data/mod.ts";
import type { FoundModel, SearchEvent } from "../../../lib/search/mod.ts";
import { defined } from "../../../lib/numerics/inner.ts";
import type { GivenFlags } from "../../flags/parse.ts";
import { choiceFlag, integerFlag, numberFlag, only, textFlag } from "../../flags/values.ts";
import { keptErrors, outputErrors } from "../../models/intervals.ts";
import { encodeModelFile, type MemberMetadata } from "../../models/metadata.ts";
import { lossesAndScores, partResults } from "../../models/scores.ts";
import { checkOutputs, writeFile } from "../../terminal/files.ts";
import { listenForInterrupt } from "../../terminal/interrupt.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { duration, shortNumber } from "../../terminal/text_table.ts";
import { VERSION } from "../../terminal/version.ts";
import { foldScoresOf, type Judging, withLastPoint } from "../../runs/judging_data.ts";
import { type DataParts, type TrainData, trainData } from "./data.ts";
import { dataNotes } from "./notes.ts";
import { columnOptions, runCommand, type RunOptions } from "./options.ts";
import { requestOutputs, tableFiles } from "./outputs.ts";
import { trainRequest } from "./request.ts";
import { scoredRows, type SearchRequest, type SearchResult } from "./search_result.ts";
import { tellNote } from "./run.ts";

/** The flags that leave the model open; any other one asks for a network. */
const OPEN_FLAGS = [
  ...["data", "target", "inputs", "drop", "offset", "weight", "class-weights", "scale"],
  ...[
    "target-scale",
    "test-fraction",
    "types",
    "missing",
    "memory-limit",
    "loss",
    "seed",
    "split-seed",
    "form",
    "time-limit",
  ],
  ...["model-out", "report", "json", "quiet", "help", "threads"],
  ...["folds", "group", "order", "cost", "learning-curve"],
];

/**
 * Reads the flags of a search; undefined where they ask for one network.
 *
 * @throws {UsageError} If flags exclude each other.
 */
export function searchRequest(given: GivenFlags): SearchRequest | undefined {
  const asked = choiceFlag(given, "form", ["auto", "linear", "additive", "network"]);
  const timeLimit = numberFlag(given, "time-limit", { above: 0 });
  const interactions = integerFlag(given, "interactions", { least: 0, most: 100 });
  const others = [...given.keys()].filter((name) => !OPEN_FLAGS.includes(name));
  const loss = textFlag(given, "loss") ?? "mse", judged = ["mse", "cross-entropy"].includes(loss);
  const open = given.has("data") && others.length === 0 && judged;
  if (asked === "network" || (asked === undefined && !open)) {
    for (const name of ["time-limit", "interactions"]) {
      if (given.has(name)) throw only(name, "--form auto or additive (and no flag of a network)");
    }
    return undefined;
  }
  if (!given.has("data")) throw only("form", "--data");
  if (!judged) throw only(`loss ${loss}`, "--form network");
  if (others.length > 0) throw only(others[0], "--form network");
  const request = trainRequest(given), { source } = request;
  if (source.kind !== "table") throw only("form", "--data");
  return {
    ...request,
    source,
    form: asked ?? "auto",
    timeLimit: timeLimit ?? 60,
    ...defined({ interactions }),
  };
}

/** Who watches a search. */
interface SearchWatch {
  readonly signal: AbortSignal;
  /** Told plans and candidates. */
  readonly onEvent?: (event: SearchEvent) => void;
  /** Takes warnings. */
  readonly warn: (text: string) => void;
}

/** Searches on prepared data, and judges the model on all of its parts. */
export async function searchData(
  request: SearchRequest,
  read: TrainData,
  { signal, onEvent, warn }: SearchWatch,
): Promise<Omit<SearchResult, "request" | "files">> {
  const { loss, seed, form, timeLimit, interactions, engine } = request;
  const { searchModel } = await import("../../../lib/search/mod.ts");
  const begun = performance.now();
  const found = await searchModel(read.parts.train, {
    ...{ form, seed, timeLimit, engine, signal, ...defined({ interactions, onEvent }) },
    task: loss.kind === "crossEntropy" ? "classification" : "regression",
  });
  const answer = { average: "values" as const, ...defined({ bounds: found.bounds }) };
  const encoding = read.encoding.kind === "table" ? { ...read.encoding, answer } : read.encoding;
  const data = { ...read, encoding };
  const scored = { ...data, parts: scoredParts(data.parts) };
  const judged = lossesAndScores(partResults(found.networks, loss, scored, warn));
  const options = searchOptions(request, data), command = runCommand(options);
  return { data, found, ...judged, options, command, seconds: (performance.now() - begun) / 1000 };
}

/** Parts as their scores are computed: of a part with very many rows, of evenly spaced ones. */
function scoredParts(parts: DataParts): DataParts {
  const { train, validation, test } = parts;
  const scored = (each: Dataset) => {
    const rows = scoredRows(each.rows);
    if (rows === each.rows) return each;
    return subset(
      each,
      Int32Array.from({ length: rows }, (_, i) => Math.floor(i * each.rows / rows)),
    );
  };
  return {
    train: scored(train),
    ...(validation === undefined ? {} : { validation: scored(validation) }),
    ...(test === undefined ? {} : { test: scored(test) }),
  };
}

/**
 * Searches, judges the model on the parts of the table, and writes its files.
 *
 * @param judging What was found about searches like this one, for the files and the result.
 */
export async function performSearch(
  request: SearchRequest,
  terminal: Terminal,
  judging?: Judging,
): Promise<SearchResult> {
  await checkOutputs(requestOutputs(request, ["model-out", "report"]), tableFiles(request.source));
  const read = await trainData(request, judging?.text);
  for (const note of dataNotes(read)) tellNote(note, request, terminal);
  const interrupt = listenForInterrupt(
    () =>
      tellNote(
        "stopping with the candidates so far; Ctrl-C again leaves at once",
        request,
        terminal,
      ),
    () => {},
  );
  try {
    const found = await searchData(request, read, {
      signal: interrupt.signal,
      onEvent: (event) => tellNote(eventText(event, read.parts.train.rows), request, terminal),
      warn: (text) => terminal.err(`${text}\n`),
    });
    const judged = judging === undefined ? {} : { judging: withLastPoint(judging, found) };
    const result = { request, ...found, ...judged, files: {} };
    return { ...result, files: await writeFiles(result) };
  } finally {
    interrupt.dispose();
  }
}

function searchOptions(request: SearchRequest, data: TrainData): RunOptions {
  const { source, loss, seed, splitSeed, form, timeLimit, interactions } = request;
  return {
    ...columnOptions(source, loss, data),
    loss: loss.kind === "crossEntropy" ? "cross-entropy" : loss.kind,
    ...{ form, timeLimit, ...defined({ interactions }), seed },
    ...(splitSeed === seed ? {} : { splitSeed }),
  };
}

async function writeFiles(result: SearchResult): Promise<SearchResult["files"]> {
  const { request, data, found, losses, scores, options, command, judging } = result;
  const { modelOut, report, loss, seed } = request;
  if (modelOut !== undefined) {
    const members = found.networks.map((): MemberMetadata => ({
      ...{ seed, status: found.status, losses: {}, scores: {}, deadFunctions: [] },
    }));
    const tried = found.tried.map(({ seconds: _, ...each }) => each); // the same bytes every time
    const bytes = encodeModelFile(found.networks, {
      ...{ version: VERSION, encoding: data.encoding, loss, options, command, losses, scores },
      ...{ status: found.status, deadFunctions: [], members, tried },
      ...defined({ foldScores: judging && foldScoresOf(judging) }),
      ...keptErrors({ ...foldErrors(found, data), errorsOf: "folds" }),
    });
    await writeFile(modelOut, bytes);
  }
  if (report !== undefined) {
    const { searchReport } = await import("./search_report.ts"); // the pages' code is large
    await writeFile(report, searchReport(result));
  }
  return defined({ model: modelOut, report });
}

/** Errors of the weighed sum on rows that its candidates did not see. */
function foldErrors({ heldOut: { outputs, targets } }: FoundModel, { encoding }: TrainData) {
  return outputErrors(encoding, outputs, targets);
}

/** A plan, or a candidate, in a line. */
function eventText(event: SearchEvent, rows: number): string {
  if (event.type === "candidate") {
    const { name, loss, standardError, seconds } = event.candidate;
    return `${name}: held-out loss ${shortNumber(loss)}, standard error ` +
      `${shortNumber(standardError)} (${duration(seconds)})`;
  }
  const { candidates, folds, repeats, estimate, left } = event;
  const judged = event.rows < rows
    ? `${Math.round(event.rows / folds)} rows held out of ${event.rows}, a sample of the ${rows}`
    : `${folds} folds`;
  return `searching: ${candidates.length} candidates, ${judged}` +
    (repeats > 1 ? `, ${repeats} times` : "") + `; about ${duration(estimate)} (--time-limit)` +
    (left.length === 0 ? "" : `; no time for: ${left.join(", ")}`);
}
