/**
 * From a request to datasets: draws a gallery problem's points, reads and splits a table.
 *
 * @module
 */

import {
  type Dataset,
  findProblem,
  galleryDatasets,
  type GalleryEncoding,
  parseTable,
  type PrepareOptions,
  prepareTable,
  type Problem,
  splitRows,
  subset,
  type Table,
  type TableEncoding,
  type TargetScale,
  unscaleColumns,
} from "../../../lib/data/mod.ts";
import { encodedOutputs, isSkewed, linkColumns } from "../../../lib/data/inner.ts";
import { column, defined } from "../../../lib/numerics/inner.ts";
import { withColumnAdvice } from "./column_advice.ts";
import { tableNotes } from "./table_notes.ts";
import { UsageError } from "../../terminal/errors.ts";
import { readText, tableName } from "../../terminal/files.ts";
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
  /** What the reader should know of the table; absent: nothing. */
  readonly notes?: readonly string[];
  /** The same with targets on logarithmic scales, where `--target-scale auto` may take them. */
  readonly logarithmic?: Pick<TrainData, "parts" | "encoding">;
}

/**
 * Makes the data of a run.
 *
 * @param request What was asked for.
 * @param text The table's text, where it has been read already.
 * @throws {UsageError} If the file cannot be read.
 * @throws {TableError} If the table has a fault.
 */
export async function trainData(request: TrainRequest, text?: string): Promise<TrainData> {
  const { source, validationFraction, splitSeed: seed, loss } = request;
  if (source.kind === "gallery") {
    return galleryData(source.problem, source, validationFraction, seed);
  }
  const table = text === undefined
    ? await readTable(source.file)
    : parseTable(text, { name: tableName(source.file) });
  const columns = readColumns(source, table);
  const classes = loss.kind === "crossEntropy";
  try {
    const prepared = (targetScale: TargetScale) =>
      prepareTable(table, {
        ...columns,
        scale: source.scale,
        targetScale,
        ...defined({ classWeights: source.classWeights, link: source.link }),
        task: classes ? "classification" : "regression",
        testFraction: source.testFraction,
        validationFraction,
        seed,
      });
    const auto = source.targetScale === "auto";
    const { encoding, split: _, ...parts } = prepared(auto ? "range" : source.targetScale);
    const notes = tableNotes(table, encoding, source.scale);
    if (!auto || !maySkew(parts.train, encoding)) return { parts, encoding, notes };
    const { encoding: logarithms, split: __, ...logged } = prepared("log");
    return { parts, encoding, notes, logarithmic: { parts: logged, encoding: logarithms } };
  } catch (error) {
    throw withColumnAdvice(error, table, { ...columns, linked: linkColumns(source.link), classes });
  }
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

/** Reads a table; errors carry the file's name. */
export async function readTable(file: string): Promise<Table> {
  return parseTable(await readText(file), { name: tableName(file) });
}

function readColumns(
  source: FileSource,
  table: Table,
): Pick<PrepareOptions, "targets" | "inputs" | "drop" | "offsets" | "weight"> {
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
  return {
    targets: columns("target")!,
    ...defined({ inputs: columns("inputs"), drop: columns("drop"), weight: source.weight }),
    ...(source.offset === undefined ? {} : { offsets: readOffsets(source.offset) }),
  };
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
