/**
 * From a request to datasets: draws a gallery problem's points, reads and splits a table.
 *
 * @module
 */

import {
  type Dataset,
  findProblem,
  formatTable,
  galleryDatasets,
  type GalleryEncoding,
  parseTable,
  parseTableBytes,
  type PrepareOptions,
  prepareTable,
  type Problem,
  type RowSplit,
  splitRows,
  streamTable,
  subset,
  type Table,
  type TableEncoding,
  type TargetScale,
  unscaleColumns,
} from "../../../lib/data/mod.ts";
import { encodedOutputs, isSkewed, linkColumns } from "../../../lib/data/inner.ts";
import { column, defined } from "../../../lib/numerics/inner.ts";
import { type AllRows, type SharedReading, withAllRows } from "./all_rows.ts";
import { withColumnAdvice } from "./column_advice.ts";
import { tableNotes } from "./table_notes.ts";
import { UsageError } from "../../terminal/errors.ts";
import { readBlocks, readInput, readText, tableName } from "../../terminal/files.ts";
import { DEFAULT_MEMORY, readWithin } from "../../terminal/large_tables.ts";
import { isParquet, readParquet } from "../../terminal/parquet.ts";
import type { FileSource, TrainRequest } from "./request.ts";
import { namedValues } from "../../flags/values.ts";

/** How data became numbers: of a table or of a gallery problem. */
export type DataEncoding = TableEncoding | GalleryEncoding;

/** The parts of the data; `train` is never empty. */
export interface DataParts {
  readonly train: Dataset;
  readonly validation?: Dataset;
  readonly test?: Dataset;
}

/** The names of the parts, in the order of printing. */
export const PARTS = ["train", "validation", "test"] as const;

/** The name of a part. */
export type PartName = typeof PARTS[number];

/** The data of a run and how to make them again. */
export interface TrainData {
  readonly parts: DataParts;
  readonly encoding: DataEncoding;
  /** Which rows of a table are in which part. */
  readonly split?: RowSplit;
  /** What the reader should know of the table; absent: nothing. */
  readonly notes?: readonly string[];
  /** The rows of the table, where it is too long for memory and these data are a sample of it. */
  readonly sample?: Table;
  /** All training rows of such a table. */
  readonly allRows?: AllRows;
  /** The same with targets on logarithmic scales, where `--target-scale auto` may take them. */
  readonly logarithmic?: Pick<TrainData, "parts" | "encoding">;
}

/** Text of the sample where rows beyond it are used, too: 32 MiB. */
const SAMPLE_TEXT = 2 ** 25;

/**
 * Makes the data of a run.
 *
 * @param request What was asked for.
 * @param text The table's text, where it has been read already.
 * @param beyond What becomes of rows beyond a sample, where the table does not fit: they are passed
 * over, or held by shares of processes. Default: they are left out.
 * @param shared Processes that share the rows then.
 * @throws {UsageError} If the file cannot be read.
 * @throws {TableError} If the table has a fault.
 */
export async function trainData(
  request: TrainRequest,
  text?: string,
  beyond?: "passes" | "shares",
  shared?: SharedReading,
): Promise<TrainData> {
  const { source, validationFraction, splitSeed: seed, loss } = request;
  if (source.kind === "gallery") {
    return galleryData(source.problem, source, validationFraction, seed);
  }
  const { table, of, blocks } = text === undefined
    ? await readWithin(source.file, {
      ...{ memory: source.memoryLimit ?? DEFAULT_MEMORY, seed },
      ...(beyond ? { sample: SAMPLE_TEXT, ...defined({ readers: shared?.readers }) } : {}),
    })
    : { table: await givenTable(source.file, text) };
  const columns = readColumns(source, table);
  const classes = loss.kind === "crossEntropy";
  try {
    const prepared = (targetScale: TargetScale) =>
      prepareTable(table, {
        ...{ ...prepareOptions(request, table), targetScale },
        testFraction: source.testFraction,
        validationFraction,
        seed,
      });
    const auto = source.targetScale === "auto";
    const { encoding, split, features: _, leftOut, ...parts } = prepared(
      auto ? "range" : source.targetScale,
    );
    const notes = [
      ...sampleNote(table, of, beyond),
      ...tableNotes(table, encoding, source.scale, leftOut),
    ];
    let data: Parameters<typeof withAllRows>[0] = { parts, encoding, split, notes };
    if (auto && maySkew(parts.train, encoding)) {
      const logged = prepared("log"), { train, validation, test } = logged;
      const logarithms = { train, ...defined({ validation, test }) };
      data = { ...data, logarithmic: { parts: logarithms, encoding: logged.encoding } };
    }
    return blocks && beyond ? await withAllRows(data, table, blocks, shared, beyond) : data;
  } catch (error) {
    throw withColumnAdvice(error, table, {
      ...{ ...columns, linked: linkColumns(source.link), classes },
      refuses: source.missing === "error",
    });
  }
}

/** What a sample is for. */
const SAMPLES = {
  passes: "columns are recognised, and candidates judged, by a sample of ",
  shares: "columns are recognised by a sample of ",
};

function sampleNote(
  { name, rows }: Table,
  of: number | undefined,
  beyond: keyof typeof SAMPLES | undefined,
): string[] {
  return of === undefined ? [] : [
    `${name} has ${of} rows, too many for the memory: ` +
    (beyond
      ? `${SAMPLES[beyond]}${rows} (--memory-limit)`
      : `a sample of ${rows} is the table from here on (--memory-limit)`),
  ];
}

/** The table of a file, or of its text where that has been read already. */
export async function givenTable(file: string, text?: string): Promise<Table> {
  return text === undefined ? await readTable(file) : parseTable(text, { name: tableName(file) });
}

/** How the table of a request is to be read, but for the split of its rows. */
export function prepareOptions(
  { source, loss }: TrainRequest,
  table: Table,
): Omit<PrepareOptions, "seed" | "testFraction" | "validationFraction"> {
  if (source.kind === "gallery") throw new TypeError("Cannot prepare: a gallery has no table");
  return {
    ...readColumns(source, table),
    ...defined({ missing: source.missing }),
    scale: source.scale,
    targetScale: source.targetScale === "auto" ? "range" : source.targetScale,
    ...defined({ classWeights: source.classWeights, link: source.link }),
    task: loss.kind === "crossEntropy" ? "classification" : "regression",
  };
}

/** Whether all targets are positive and skewed numbers, so that logarithms are worth a trial. */
function maySkew({ targets, nOut }: Dataset, encoding: TableEncoding): boolean {
  if (encoding.task !== "regression" || encoding.link !== undefined) return false;
  const values = unscaleColumns(targets, encoding.targets);
  return encoding.targets.every(({ minimum }, q) =>
    minimum > 0 && isSkewed(column(values, nOut, q))
  );
}

/**
 * Draws the points of a gallery problem; validation points are some of the training points.
 *
 * @param problem The problem.
 * @param points Their numbers and seed.
 * @param seed Chooses the validation points.
 */
export function galleryData(
  problem: Problem,
  points: { readonly rows: number; readonly testRows?: number; readonly dataSeed: number },
  validationFraction: number,
  seed: number,
): TrainData {
  const { rows, testRows, dataSeed } = points; // of a request, which has other fields, too
  const options = { rows, dataSeed, ...defined({ testRows }) };
  const { train, test, encoding } = galleryDatasets(problem, options);
  if (validationFraction === 0) return { parts: { train, test }, encoding };
  const split = splitRows({ rows: train.rows, testFraction: 0, validationFraction, seed });
  const parts = {
    train: subset(train, split.train),
    validation: subset(train, split.validation),
    test,
  };
  return { parts, encoding };
}

/**
 * Draws the points of a gallery problem as a run drew them.
 *
 * @param options Those of the run.
 */
export function galleryAgain(
  encoding: GalleryEncoding,
  options: Readonly<Record<string, unknown>>,
): DataParts {
  const fraction = Number(options.validationFraction ?? 0);
  const seed = Number(options.splitSeed ?? options.seed ?? 0);
  return galleryData(findProblem(encoding.problem), encoding, fraction, seed).parts;
}

/** Reads a table, of CSV or Parquet; errors carry the file's name. */
export async function readTable(file: string): Promise<Table> {
  if (isParquet(file)) return await readParquet(file);
  return parseTableBytes(await readInput(file), { name: tableName(file) });
}

/** The text of a table, for several readings; of Parquet as CSV. */
export async function readTableText(file: string): Promise<string> {
  return isParquet(file) ? formatTable(await readParquet(file)) : await readText(file);
}

/** A table part by part, of any length; Parquet in one. */
export async function* readTableParts(file: string): AsyncGenerator<Table, void> {
  if (isParquet(file)) yield await readParquet(file);
  else yield* streamTable(readBlocks(file), { name: tableName(file) });
}

function readColumns(
  source: FileSource,
  table: Table,
): Pick<PrepareOptions, "targets" | "inputs" | "drop" | "types" | "offsets" | "weight"> {
  const columns = (flag: "target" | "inputs" | "drop"): string[] | undefined => {
    const text = source[flag];
    if (text === undefined) return undefined;
    if (table.columns.includes(text)) return [text]; // a name with a comma in it
    const names = text.split(",").map((name) => name.trim());
    if (names.includes("")) {
      throw new UsageError(
        `Cannot train: --${flag} must be names of columns with commas between them, ` +
          `current value is ${JSON.stringify(text)}`,
      );
    }
    return names;
  };
  const inputs = columns("inputs"), dropped = columns("drop"), { aside = [] } = source;
  const drop = inputs === undefined && aside.length > 0 ? [...dropped ?? [], ...aside] : dropped;
  return {
    targets: columns("target")!,
    ...defined({ inputs, drop, weight: source.weight }),
    ...(source.types === undefined ? {} : { types: readTypes(source.types) }),
    ...(source.offset === undefined ? {} : { offsets: readOffsets(source.offset) }),
  };
}

/** `COL=TYPE,COL=TYPE`. */
function readTypes(text: string): Record<string, string> {
  return Object.fromEntries(
    namedValues(text).map(({ name = "", value }) => {
      if (name === "" || value === "") {
        throw new UsageError(
          "Cannot train: --types must be COLUMN=TYPE with commas between them, current value is " +
            JSON.stringify(text),
        );
      }
      return [name, value];
    }),
  );
}

/** `COL=X,COL=X`. */
function readOffsets(text: string): Record<string, string> {
  return Object.fromEntries(
    namedValues(text).map(({ name = "", value }) => {
      if (name === "" || value === "") {
        throw new UsageError(
          "Cannot train: --offset must be COLUMN=NUMBER or COLUMN=min, with commas between them, " +
            `current value is ${JSON.stringify(text)}`,
        );
      }
      return [name, value];
    }),
  );
}

/** Names of the inputs, in the order of the network's: a problem's are named in its formula. */
export function inputNames(encoding: DataEncoding, nIn: number): string[] {
  if (encoding.kind === "table") return encoding.inputs.map(({ name }) => name);
  return nIn <= 2 ? ["x", "y"].slice(0, nIn) : Array.from({ length: nIn }, (_, i) => `x${i + 1}`);
}

/** Number of network outputs that an encoding needs. */
export function numOutputs(encoding: DataEncoding): number {
  return encoding.kind === "gallery" ? 1 : encodedOutputs(encoding);
}
