/**
 * The search for the model of a table, from its flags to its files.
 *
 * @module
 */

import { type Dataset, subset } from "../../../lib/data/mod.ts";
import type { FoundModel, SearchEvent } from "../../../lib/search/mod.ts";
import type { Table } from "../../../lib/data/mod.ts";
import type { Cluster } from "../../../lib/cluster/mod.ts";
import { defined } from "../../../lib/numerics/inner.ts";
import type { GivenFlags } from "../../flags/parse.ts";
import { interactionsText, readInteractions } from "../../flags/interactions.ts";
import { lossText } from "../../flags/losses.ts";
import { choiceFlag, numberFlag, only, textFlag } from "../../flags/values.ts";
import { keptErrors, outputErrors } from "../../models/intervals.ts";
import { encodeModelFile, type MemberMetadata } from "../../models/metadata.ts";
import { lossesAndScores, partResults } from "../../models/scores.ts";
import { checkPictures, writeFigure } from "../../pictures/write.ts";
import { UsageError } from "../../terminal/errors.ts";
import { checkOutputs, writeFile } from "../../terminal/files.ts";
import { listenForInterrupt, neverInterrupted } from "../../terminal/interrupt.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { duration, shortNumber } from "../../terminal/text_table.ts";
import { VERSION } from "../../terminal/version.ts";
import { onAllRanks } from "../../runs/cluster.ts";
import { foldScoresOf, type Judging, withLastPoint } from "../../runs/judging_data.ts";
import { checkSameData, checkSameFile, sharedReading } from "./cluster_data.ts";
import { type DataParts, givenTable, type TrainData, trainData } from "./data.ts";
import { dataNotes } from "./notes.ts";
import { columnOptions, runCommand, type RunOptions } from "./options.ts";
import { requestOutputs, RESULT_FILES, tableFiles } from "./outputs.ts";
import { trainRequest } from "./request.ts";
import { scoredRows, type SearchRequest, type SearchResult, trainedRows } from "./search_result.ts";
import { tellNote } from "./run.ts";
import {
  type Probe,
  smearedBySearch,
  withSearchedDelta,
  withSearchedScale,
} from "./search_scale.ts";
import { heldOptions, rowOptions } from "./search_shape.ts";
import { shapeOptions } from "./constraints.ts";

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
  ...["model-out", "report", "svg", "png", "pictures", "json", "quiet", "help", "threads"],
  ...["folds", "group", "order", "cost", "learning-curve", "interactions"],
  ...["exposure", "trials", "event", "huber-delta"],
  ...["cluster", "cluster-timeout"],
];

/** Shapes that a search keeps, too, where it is asked for: alone they ask for one network. */
const SHAPE_FLAGS = ["monotone", "convex", "concave"];

/**
 * Reads the flags of a search; undefined where they ask for one network.
 *
 * @throws {UsageError} If flags exclude each other.
 */
export function searchRequest(given: GivenFlags): SearchRequest | undefined {
  const asked = choiceFlag(given, "form", ["auto", "linear", "additive", "network"]);
  const timeLimit = numberFlag(given, "time-limit", { above: 0 });
  const interactions = readInteractions(given);
  const allowed = asked === undefined ? OPEN_FLAGS : [...OPEN_FLAGS, ...SHAPE_FLAGS];
  const others = [...given.keys()].filter((name) => !allowed.includes(name));
  const open = given.has("data") && others.length === 0;
  if (asked === "network" || (asked === undefined && !open)) {
    for (const name of ["time-limit", "interactions"]) {
      if (given.has(name)) throw only(name, "--form auto or additive (and no flag of a network)");
    }
    return undefined;
  }
  if (!given.has("data")) throw only("form", "--data");
  if (others.length > 0) throw only(others[0], "--form network");
  const request = trainRequest(given, true), { source } = request;
  if (source.kind !== "table") throw only("form", "--data");
  const group = textFlag(given, "group"), order = textFlag(given, "order");
  if ((group ?? order) !== undefined && !given.has("folds") && source.testFraction > 0) {
    throw new UsageError(
      `Cannot train: --test-fraction must be 0 with --${
        group === undefined ? "order" : "group"
      }, ` +
        "since test rows are drawn one by one (--folds K judges by the column), current value is " +
        source.testFraction,
    );
  }
  return {
    ...request,
    source,
    form: asked ?? "auto",
    timeLimit: timeLimit ?? 60,
    ...defined({ interactions, group, order }),
  };
}

/** Who watches a search. */
interface SearchWatch {
  readonly signal: AbortSignal;
  /** Told plans and candidates. */
  readonly onEvent?: (event: SearchEvent) => void;
  /** Takes warnings. */
  readonly warn: (text: string) => void;
  /** Takes notes. */
  readonly note?: (text: string) => void;
  /** The whole table, for groups and times of rows. */
  readonly table: () => Promise<Table>;
}

/** Searches on prepared data, and judges the model on all of its parts. */
export async function searchData(
  asked: SearchRequest,
  given: TrainData,
  { signal, onEvent, warn, note = () => {}, table }: SearchWatch,
): Promise<Omit<SearchResult, "request" | "files"> & { readonly request: SearchRequest }> {
  const { searchModel } = await import("../../../lib/search/mod.ts");
  const begun = performance.now();
  const held = await heldOptions(asked, given);
  const rows = (asked.group ?? asked.order) === undefined
    ? {}
    : rowOptions(asked, given, await table());
  const search = ({ loss, seed, engine }: SearchRequest, { parts, encoding }: TrainData, more: {
    readonly form: SearchRequest["form"];
    readonly timeLimit: number;
    readonly onEvent?: (event: SearchEvent) => void;
    readonly isLast?: boolean;
  }) => {
    const { isLast, ...others } = more;
    const allRows = isLast && encoding.kind === "table" ? given.allRows?.of(encoding) : undefined;
    return searchModel(parts.train, {
      ...{ loss, seed, engine, signal, ...held, ...rows, ...others, ...defined({ allRows }) },
      task: loss.kind === "crossEntropy" ? "classification" : "regression",
    });
  };
  const probe: Probe = (each, data, form, timeLimit) => search(each, data, { form, timeLimit });
  const scaled = await withSearchedScale({ request: asked, data: given }, probe, note);
  const { request, data: read } = await withSearchedDelta(scaled, probe, note);
  const { form, timeLimit, loss } = request;
  const last = { form, timeLimit, isLast: true, ...defined({ onEvent }) };
  const found = await search(request, read, last);
  const answer = { average: "values" as const, ...defined({ bounds: allBounds(found, read) }) };
  const smeared = smearedBySearch(read, found);
  const encoding = smeared.encoding.kind === "table"
    ? { ...smeared.encoding, answer }
    : smeared.encoding;
  const data = { ...read, encoding };
  const scored = { ...data, parts: scoredParts(data.parts) };
  const judged = lossesAndScores(partResults(found.networks, loss, scored, warn));
  const options = searchOptions(request, data), command = runCommand(options);
  const seconds = (performance.now() - begun) / 1000;
  return { request, data, found, ...judged, options, command, seconds };
}

/** Bounds of what the model says: beyond a sample the range of all rows, which scales as 0 to 1. */
function allBounds({ bounds }: FoundModel, { encoding, allRows }: TrainData): FoundModel["bounds"] {
  const plain = encoding.kind === "table" && encoding.task === "regression" &&
    encoding.link === undefined;
  if (bounds === undefined || allRows === undefined || !plain) return bounds;
  return bounds.map(([low, high]) => [Math.min(low, -0.1), Math.max(high, 1.1)] as const);
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
 * @param cluster The processes that share the rows of a table too long for memory.
 */
export async function performSearch(
  request: SearchRequest,
  terminal: Terminal,
  judging?: Judging,
  cluster?: Cluster,
): Promise<SearchResult> {
  const { source } = request, outputs = requestOutputs(request, RESULT_FILES);
  await onAllRanks(cluster, () => checkOutputs(outputs, tableFiles(source)));
  await onAllRanks(cluster, () => checkPictures(request.pictures));
  await checkSameFile(cluster, source.file);
  const read = await trainData(request, judging?.text, "passes", sharedReading(cluster));
  await checkSameData(cluster, read);
  for (const note of dataNotes(read)) tellNote(note, request, terminal);
  const listen = (cluster?.size ?? 1) > 1 ? neverInterrupted : listenForInterrupt;
  const interrupt = listen(
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
      onEvent: (event) => tellNote(eventText(event, trainedRows(read)), request, terminal),
      warn: (text) => terminal.err(`${text}\n`),
      note: (text) => tellNote(text, request, terminal),
      table: () =>
        read.sample === undefined
          ? givenTable(request.source.file, judging?.text)
          : Promise.resolve(read.sample),
    });
    const judged = judging === undefined ? {} : { judging: withLastPoint(judging, found) };
    const result = { ...found, ...judged, files: {} };
    return { ...result, files: await writeFiles(result, terminal) };
  } finally {
    interrupt.dispose();
  }
}

function searchOptions(request: SearchRequest, data: TrainData): RunOptions {
  const { source, loss, seed, splitSeed, form, timeLimit, interactions, group, order } = request;
  return {
    ...columnOptions(source, loss, data),
    loss: lossText(loss),
    ...(loss.kind === "huber" ? { huberDelta: request.huberUnits! } : {}),
    ...{ form, timeLimit },
    ...(interactions === undefined ? {} : { interactions: interactionsText(interactions) }),
    ...shapeOptions(request.shape),
    ...defined({ group, order }),
    seed,
    ...(splitSeed === seed ? {} : { splitSeed }),
  };
}

async function writeFiles(
  result: SearchResult,
  terminal: Terminal,
): Promise<SearchResult["files"]> {
  const { request, data, found, losses, scores, options, command, judging } = result;
  const { modelOut, report, pictures, loss, seed } = request;
  if (modelOut !== undefined) {
    const members = found.networks.map((): MemberMetadata => ({
      ...{ seed, status: found.status, losses: {}, scores: {}, deadFunctions: [] },
    }));
    const tried = found.tried.map(({ seconds: _, ...each }) => each); // the same bytes every time
    const bytes = encodeModelFile(found.networks, {
      ...{ version: VERSION, encoding: data.encoding, loss, options, command, losses, scores },
      ...{ status: found.status, deadFunctions: [], members, tried },
      ...defined({ foldScores: judging && foldScoresOf(judging) }),
      ...keptErrors({ ...await foldErrors(found, data), errorsOf: "folds" }),
    });
    await writeFile(modelOut, bytes);
  }
  if (report !== undefined) {
    const { searchReport } = await import("./search_report.ts"); // the pages' code is large
    await writeFile(report, await searchReport(result));
  }
  const drawn = pictures && await writeFigure(pictures, async (names) => {
    const { searchFigure } = await import("./search_report.ts");
    return await searchFigure(result, names);
  }, (text) => terminal.err(`${text}\n`));
  return { ...defined({ model: modelOut, report }), ...drawn };
}

/** Errors of the weighed sum on rows that its candidates did not see. */
function foldErrors({ heldOut }: FoundModel, { encoding }: TrainData) {
  return outputErrors(encoding, heldOut.outputs, heldOut);
}

/** A plan, or a candidate, in a line. */
function eventText(event: SearchEvent, rows: number): string {
  if (event.type === "candidate") {
    const { name, loss, standardError, seconds } = event.candidate;
    return `${name}: held-out loss ${shortNumber(loss)}, standard error ` +
      `${shortNumber(standardError)} (${duration(seconds)})`;
  }
  const { candidates, folds, repeats, estimate, left, unfit } = event;
  const judged = event.rows < rows
    ? `${Math.round(event.rows / folds)} rows held out of ${event.rows}, a sample of the ${rows}`
    : `${folds} folds`;
  return `searching: ${candidates.length} candidates, ${judged}` +
    (repeats > 1 ? `, ${repeats} times` : "") + `; about ${duration(estimate)} (--time-limit)` +
    (event.rows < rows ? " before the last fits, to more rows" : "") +
    (left.length === 0 ? "" : `; no time for: ${left.join(", ")}`) +
    (unfit.length === 0 ? "" : `; cannot do what is asked: ${unfit.join(", ")}`);
}
