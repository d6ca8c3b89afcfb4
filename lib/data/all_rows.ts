/**
 * All rows of a table of which a sample is at hand: in parts, as the encoding of the sample makes them
 * numbers.
 *
 * @module
 */

import { findColumn, finiteNumbers } from "./_column.ts";
import { selectRows } from "./_lazy_table.ts";
import { inputValues, knownRows } from "./columns/inputs.ts";
import type { Dataset } from "./dataset.ts";
import { encodeTable } from "./encode_table.ts";
import { encodedOutputs, type TableEncoding } from "./encoding.ts";
import type { ColumnScale } from "./scaling.ts";
import type { Table } from "./table_data.ts";
import { knownLabel } from "./target.ts";

/** Rows that are not trained on, by the lines where they begin. */
export type LeftLines = ReadonlySet<number>;

/**
 * A part of the table as it is trained on: rows without a target, of a class that the sample does not
 * have, or that are kept for a test are left out; undefined if none is left.
 */
function trainedPart(part: Table, encoding: TableEncoding, left: LeftLines): Table | undefined {
  const missing = withoutTargets(part, encoding);
  if (missing === undefined) return undefined;
  const classes = encoding.task === "classification"
    ? labelCodes(missing, encoding.target, encoding.labels)
    : undefined;
  const rows: number[] = [];
  for (let r = 0; r < missing.rows; r++) {
    if (!left.has(missing.lines[r]) && !(classes && classes[r] === 0)) rows.push(r);
  }
  if (rows.length === 0) return undefined;
  return rows.length === missing.rows ? missing : selectRows(missing, Uint32Array.from(rows));
}

/** The rows of a part whose targets are there; undefined where none is. */
function withoutTargets(part: Table, encoding: TableEncoding): Table | undefined {
  try {
    return knownRows(part, encoding).table;
  } catch (error) {
    if (noTargets(error)) return undefined;
    throw error;
  }
}

function noTargets(error: unknown): boolean {
  return error instanceof Error && error.message.includes("every cell is missing");
}

/** For every row 1 if its label is known, 0 otherwise. */
function labelCodes(table: Table, target: string, labels: readonly string[]): Uint8Array {
  const { texts, codes } = findColumn(table, target).labels, known = knownLabel(labels);
  const each = texts.map((text) => known(text) === undefined ? 0 : 1);
  return Uint8Array.from(codes, (code) => each[code]);
}

/** The training rows of a long table as datasets, part by part. */
export async function* trainedParts(
  parts: AsyncIterable<Table>,
  encoding: TableEncoding,
  left: LeftLines,
): AsyncGenerator<Dataset, void> {
  for await (const part of parts) {
    const table = trainedPart(part, encoding, left);
    if (table !== undefined) yield encodeTable(table, encoding, { requireTargets: true });
  }
}

/** What one pass over a long table finds. */
export interface RowMeasures {
  /** Training rows. */
  readonly rows: number;
  /** Rows of classes that the sample does not have. */
  readonly unknown: number;
  /** The least and the largest number of every input, and of every target of a regression. */
  readonly inputs: readonly (readonly [number, number])[];
  readonly targets: readonly (readonly [number, number])[];
}

/**
 * Reads all rows once: counts those that are trained on, and finds the ranges of their columns.
 *
 * @throws {TableError} If a cell cannot be read.
 */
export async function measureRows(
  parts: AsyncIterable<Table>,
  encoding: TableEncoding,
  left: LeftLines,
): Promise<RowMeasures> {
  const none = (count: number) =>
    Array.from({ length: count }, (): [number, number] => [Infinity, -Infinity]);
  const scaled = encoding.task === "regression" && encoding.link === undefined;
  const inputs = none(encoding.inputs.length);
  const targets = none(scaled ? encodedOutputs(encoding) : 0);
  let rows = 0, unknown = 0;
  for await (const part of parts) {
    if (encoding.task === "classification") {
      const known = withoutTargets(part, encoding);
      const codes = known && labelCodes(known, encoding.target, encoding.labels);
      unknown += codes?.reduce((count, code) => code === 0 ? count + 1 : count, 0) ?? 0;
    }
    const table = trainedPart(part, encoding, left);
    if (table === undefined) continue;
    rows += table.rows;
    inputValues(table, encoding).forEach((values, p) => widen(inputs[p], values));
    if (encoding.task === "classification") continue;
    targets.forEach((range, q) => widen(range, finiteNumbers(table, encoding.targets[q].name)));
  }
  return { rows, unknown, inputs, targets };
}

function widen(range: [number, number], values: Float64Array): void {
  let [low, high] = range;
  for (let r = 0; r < values.length; r++) {
    const x = values[r];
    if (x < low) low = x;
    if (x > high) high = x;
  }
  range[0] = low;
  range[1] = high;
}

/** A range of a straight scale becomes that of all rows; scales with a map or outliers stay. */
function widened(scale: ColumnScale, [low, high]: readonly [number, number]): ColumnScale {
  const { map, outliers, limits, minimum, maximum } = scale;
  const straight = map === undefined && outliers === undefined && limits === undefined;
  if (!straight || minimum === maximum || !Number.isFinite(high - low)) return scale;
  return { ...scale, minimum: Math.min(low, minimum) + 0, maximum: Math.max(high, maximum) + 0 };
}

/** An encoding whose ranges are those of all rows. */
export function widenEncoding<Encoding extends TableEncoding>(
  encoding: Encoding,
  { inputs, targets }: RowMeasures,
): Encoding {
  const widenedInputs = encoding.inputs.map((scale, p) => widened(scale, inputs[p]));
  if (encoding.task === "classification") return { ...encoding, inputs: widenedInputs };
  return {
    ...encoding,
    inputs: widenedInputs,
    targets: encoding.targets.map((scale, q) => targets[q] ? widened(scale, targets[q]) : scale),
  };
}

/** A dataset of one encoding as the other has it, which differs by ranges of straight scales. */
export function rescaleDataset(
  dataset: Dataset,
  from: TableEncoding,
  to: TableEncoding,
): Dataset {
  const { rows, nIn, nOut } = dataset;
  const inputs = dataset.inputs.slice(), targets = dataset.targets.slice();
  from.inputs.forEach((scale, p) => rescale(inputs, rows, nIn, p, scale, to.inputs[p]));
  if (from.task === "regression" && to.task === "regression") {
    from.targets.forEach((scale, q) => rescale(targets, rows, nOut, q, scale, to.targets[q]));
  }
  return { ...dataset, inputs, targets };
}

function rescale(
  values: Float64Array,
  rows: number,
  width: number,
  column: number,
  from: ColumnScale,
  to: ColumnScale,
): void {
  if (from.minimum === to.minimum && from.maximum === to.maximum) return;
  const range = to.maximum - to.minimum;
  const factor = (from.maximum - from.minimum) / range, shift = (from.minimum - to.minimum) / range;
  for (let at = column, end = rows * width; at < end; at += width) {
    values[at] = values[at] * factor + shift;
  }
}
