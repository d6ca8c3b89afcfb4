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
import { gatherNumbers, type Readers, readShare } from "./readers.ts";
import type { ColumnScale } from "./scaling.ts";
import type { Table } from "./table_data.ts";
import type { TableBlocks } from "./table_segments.ts";
import { knownLabel } from "./target.ts";

/** Rows that are not trained on, by the lines where they begin. */
export type LeftLines = ReadonlySet<number>;

/**
 * A part of the table as it can be encoded: rows without a target or of a class that the sample does
 * not have are left out; undefined if none is left. `dropped` are the rows of it, ascending, that
 * are not trained on.
 */
function trainedPart(part: Table, encoding: TableEncoding, left: LeftLines) {
  const known = withoutTargets(part, encoding);
  if (known === undefined) return undefined;
  const codes = encoding.task === "classification"
    ? labelCodes(known, encoding.target, encoding.labels)
    : undefined;
  const kept = codes?.includes(0)
    ? Uint32Array.from(codes.keys()).filter((row) => codes[row] === 1)
    : undefined;
  if (kept?.length === 0) return undefined;
  const table = kept ? selectRows(known, kept) : known, dropped: number[] = [];
  for (let r = 0; r < table.rows; r++) if (left.has(table.lines[r])) dropped.push(r);
  return dropped.length === table.rows ? undefined : { table, dropped };
}

/** The rows between those that are dropped: where they begin, and end. */
function segments(rows: number, dropped: readonly number[]): [number, number][] {
  return [...dropped, rows].map((
    end,
    i,
  ): [number, number] => [i === 0 ? 0 : dropped[i - 1] + 1, end])
    .filter(([from, to]) => from < to);
}

/** The rows of a dataset that are left; they are moved together in its own arrays. */
function compacted(dataset: Dataset, dropped: readonly number[]): Dataset {
  if (dropped.length === 0) return dataset;
  const { nIn, nOut, inputs, targets, weights } = dataset;
  const rows = dataset.rows - dropped.length, kept = segments(dataset.rows, dropped);
  const moved = (values: Float64Array, width: number) => {
    let to = 0;
    for (const [from, end] of kept) {
      values.copyWithin(to, from * width, end * width);
      to += (end - from) * width;
    }
    return values.subarray(0, to);
  };
  return {
    ...{ rows, nIn, nOut, inputs: moved(inputs, nIn), targets: moved(targets, nOut) },
    ...(weights && { weights: moved(weights, 1) }),
  };
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
    const found = trainedPart(part, encoding, left);
    if (found === undefined) continue;
    yield compacted(encodeTable(found.table, encoding, { requireTargets: true }), found.dropped);
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
    const found = trainedPart(part, encoding, left);
    if (found === undefined) continue;
    const { table, dropped } = found, kept = segments(table.rows, dropped);
    rows += table.rows - dropped.length;
    inputValues(table, encoding).forEach((values, p) => widen(inputs[p], values, kept));
    if (encoding.task === "classification") continue;
    const names = encoding.targets.map(({ name }) => name);
    targets.forEach((range, q) => widen(range, finiteNumbers(table, names[q]), kept));
  }
  return { rows, unknown, inputs, targets };
}

/**
 * Reads this process' blocks of a table, as {@linkcode measureRows} does.
 *
 * @returns What all processes' blocks have together, and the training rows of each block.
 */
export async function measureBlocks(
  readers: Readers,
  { blocks, parts }: TableBlocks,
  encoding: TableEncoding,
  left: LeftLines,
): Promise<{ readonly found: RowMeasures; readonly blockRows: readonly number[] }> {
  const [first, end] = readShare(readers, blocks);
  const each = await readers.together(async () => {
    const list: RowMeasures[] = [];
    for (let b = first; b < end; b++) list.push(await measureRows(parts(b), encoding, left));
    return list;
  });
  const none = await measureRows(noParts(), encoding, left); // of a process without blocks
  const counts = gatherNumbers(readers, each.map(({ rows }) => rows));
  return {
    found: measureTogether(readers, [none, ...each]),
    blockRows: counts.flatMap((list) => [...list]),
  };
}

async function* noParts(): AsyncGenerator<Table, void> {}

/** What passes over parts of a table have found together, in this process and in others. */
function measureTogether(readers: Readers, list: readonly RowMeasures[]): RowMeasures {
  const [{ inputs, targets }] = list;
  const numbers = (
    { rows, unknown, inputs, targets }: RowMeasures,
  ) => [rows, unknown, ...inputs.flat(), ...targets.flat()];
  const width = numbers(list[0]).length;
  const all = gatherNumbers(readers, list.flatMap(numbers)).flatMap((told) =>
    Array.from(
      { length: told.length / width },
      (_, k) => told.subarray(k * width, (k + 1) * width),
    )
  );
  const sum = (k: number) => all.reduce((total, each) => total + each[k], 0);
  const range = (k: number): readonly [number, number] => [
    Math.min(...all.map((each) => each[k])),
    Math.max(...all.map((each) => each[k + 1])),
  ];
  return {
    ...{ rows: sum(0), unknown: sum(1) },
    inputs: inputs.map((_, p) => range(2 + 2 * p)),
    targets: targets.map((_, q) => range(2 + 2 * (inputs.length + q))),
  };
}

function widen(
  range: [number, number],
  values: Float64Array,
  kept: readonly (readonly [number, number])[],
): void {
  let [low, high] = range;
  for (const [from, end] of kept) {
    for (let r = from; r < end; r++) {
      const x = values[r];
      if (x < low) low = x;
      if (x > high) high = x;
    }
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
