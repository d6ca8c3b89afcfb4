/**
 * Which rows of a table every fold trains on and holds out, and on how many a learning curve trains.
 *
 * @module
 */

import {
  encodeTable,
  foldRows,
  numericColumn,
  type PrepareOptions,
  prepareTable,
  splitRows,
  type Table,
  TableError,
} from "../../lib/data/mod.ts";
import { classIndices, classLabels, knownRows, selectRows } from "../../lib/data/inner.ts";
import { createRandom } from "../../lib/model/mod.ts";
import { UsageError } from "../terminal/errors.ts";
import type { JudgingRequest } from "../flags/judging.ts";
import { givenTable, prepareOptions, type TrainData } from "../commands/train/data.ts";
import type { TrainRequest } from "../commands/train/request.ts";
import { withColumnAdvice } from "../commands/train/column_advice.ts";

/** Rows of a table to train on and to judge by; plain data that can be sent to a worker. */
export interface FoldParts {
  /** Rows to train on. */
  readonly train: Uint32Array;
  /** Rows that decide when training stops. */
  readonly validation?: Uint32Array;
  /** Rows held out. */
  readonly test: Uint32Array;
}

/** What is known of every row of a table beside its inputs. */
export interface RowFacts {
  readonly classes?: Int32Array;
  readonly groups?: readonly string[];
  readonly order?: Float64Array;
}

/**
 * The folds of some rows of a table.
 *
 * @throws {UsageError} If there are too few rows, groups or times, or a column cannot be read.
 */
export function planFolds(
  request: TrainRequest,
  table: Table,
  rows: Uint32Array,
  { folds = 2, group, order }: JudgingRequest,
): FoldParts[] {
  const facts = rowFacts(request, table, { ...(group && { group }), ...(order && { order }) });
  const of = <T>(values: ArrayLike<T> | undefined): T[] | undefined =>
    values === undefined ? undefined : Array.from(rows, (row) => values[row]);
  const { classes, groups, order: times } = facts;
  try {
    const found = foldRows({
      ...{ rows: rows.length, folds, seed: request.splitSeed },
      ...(classes && { classes: of(classes)! }),
      ...(groups && { groups: of(groups)! }),
      ...(times && { order: of(times)! }),
    });
    return found.map(({ train, test }) =>
      withValidation(request, facts, train.map((i) => rows[i]), test.map((i) => rows[i]))
    );
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const text = error.message.replace("Cannot fold rows: ", "");
    throw new UsageError(`Cannot train: --folds ${folds} does not fit the table: ${text}`);
  }
}

/** Shares of the training rows that a learning curve trains on, but for all of them. */
const SHARES = [0.1, 0.2, 0.4, 0.7];

/** Fewest rows of a learning curve. */
const LEAST_ROWS = 10;

/** A fold with fewer rows to train on, for each share of a learning curve. */
export function growingParts(
  request: TrainRequest,
  table: Table,
  { train, validation, test }: FoldParts,
  judging: JudgingRequest,
): (FoldParts & { readonly share: number })[] {
  const { group, order } = judging;
  const facts = rowFacts(request, table, { ...(group && { group }), ...(order && { order }) });
  const all = Uint32Array.from([...train, ...validation ?? []]).sort();
  const nested = nestedOrder(request, facts, all);
  return SHARES.flatMap((share) => {
    const count = Math.round(share * all.length);
    if (count < LEAST_ROWS) return [];
    const rows = nested.slice(0, count).sort();
    return [{ ...withValidation(request, facts, rows, test), share }];
  });
}

/**
 * An order of rows, each of whose beginnings stands for all of them: with shares of the classes near
 * those of all rows, of groups as whole as can be, in time the latest first.
 */
function nestedOrder(
  { splitSeed }: TrainRequest,
  { classes, groups, order }: RowFacts,
  rows: Uint32Array,
): Uint32Array {
  if (order !== undefined) return rows.slice().sort((a, b) => order[b] - order[a] || a - b);
  const random = createRandom(splitSeed, "learning curve");
  const shuffled = random.permutation(rows.length).map((i) => rows[i]);
  if (groups !== undefined) {
    const places = new Map<string, number>();
    for (const row of shuffled) if (!places.has(groups[row])) places.set(groups[row], places.size);
    return shuffled.sort((a, b) => places.get(groups[a])! - places.get(groups[b])!); // stable
  }
  if (classes === undefined) return shuffled;
  const sizes = new Map<number, number>(), seen = new Map<number, number>();
  for (const row of shuffled) sizes.set(classes[row], (sizes.get(classes[row]) ?? 0) + 1);
  const place = new Map<number, number>();
  for (const row of shuffled) {
    const k = classes[row], count = seen.get(k) ?? 0;
    seen.set(k, count + 1);
    place.set(row, (count + 0.5) / sizes.get(k)!);
  }
  return shuffled.sort((a, b) => place.get(a)! - place.get(b)!);
}

/** Takes validation rows from the training rows: of their own groups, or the latest. */
function withValidation(
  request: TrainRequest,
  facts: RowFacts,
  rows: Uint32Array,
  test: Uint32Array,
): FoldParts {
  const { validationFraction, splitSeed } = request, { classes, groups, order } = facts;
  if (validationFraction === 0) return { train: rows, test };
  const wanted = Math.max(1, Math.round(validationFraction * rows.length));
  let held: Set<number>;
  if (order !== undefined) {
    const sorted = rows.slice().sort((a, b) => order[b] - order[a] || a - b);
    const last = order[sorted[wanted - 1]];
    held = new Set(rows.filter((row) => order[row] >= last));
  } else if (groups !== undefined) {
    const nested = nestedOrder(request, facts, rows);
    let end = wanted;
    while (end < nested.length && groups[nested[end]] === groups[nested[end - 1]]) end++;
    held = new Set(nested.subarray(0, end));
  } else {
    const split = splitRows({
      ...{ rows: rows.length, testFraction: 0, validationFraction, seed: splitSeed },
      ...(classes && { labels: Int32Array.from(rows, (row) => classes[row]) }),
    });
    held = new Set(Array.from(split.validation, (i) => rows[i]));
  }
  const train = rows.filter((row) => !held.has(row));
  if (train.length === 0) {
    throw new UsageError(
      "Cannot train: --validation-fraction must leave every fold rows to train on, current value " +
        `is ${validationFraction}`,
    );
  }
  return { train, validation: rows.filter((row) => held.has(row)), test };
}

/** What columns of groups and times, and the target's classes, tell of every row of a table. */
export function rowFacts(
  request: TrainRequest,
  table: Table,
  { group, order }: { readonly group?: string; readonly order?: string },
): RowFacts {
  const { targets, task, missing } = prepareOptions(request, table);
  const cells = (name: string): readonly string[] => {
    const index = table.columns.indexOf(name);
    if (index >= 0) return table.cells[index];
    throw new TableError(
      { table: table.name, column: name },
      `be one of ${table.columns.map((each) => JSON.stringify(each)).join(", ")}`,
      JSON.stringify(name),
    );
  };
  return {
    ...(task === "classification" && { classes: classesOf(table, targets[0], missing) }),
    ...(group !== undefined && { groups: cells(group) }),
    ...(order !== undefined && { order: readTimes(table, order, cells(order)) }),
  };
}

/** The class of every row, -1 where it is missing. */
function classesOf(whole: Table, target: string, missing: Missing): Int32Array {
  const { table, rows } = knownClasses(whole, target, missing);
  const known = classIndices(table, target, classLabels(table, target));
  if (rows === undefined) return known;
  const classes = new Int32Array(whole.rows).fill(-1);
  rows.forEach((row, i) => classes[row] = known[i]);
  return classes;
}

type Missing = PrepareOptions["missing"];

/** The rows whose class is there. */
function knownClasses(table: Table, target: string, missing: Missing) {
  const task = "classification" as const;
  return knownRows(table, { task, target, ...(missing === "error" && { missing }) });
}

const DATE =
  /^(\d{4}-\d{2}(?:-\d{2})?)(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(Z|[+-]\d{2}:\d{2})?)?$/;

/** Numbers, or dates in milliseconds; of those without a zone none is earlier by its place. */
function readTimes(table: Table, column: string, cells: readonly string[]): Float64Array {
  if (!cells.some((cell) => DATE.test(cell))) return numericColumn(table, column);
  return Float64Array.from(cells, (cell, row) => {
    const [, day, time, zone] = DATE.exec(cell) ?? [];
    const value = Date.parse(time === undefined ? day ?? "" : `${day}T${time}${zone ?? "Z"}`);
    if (Number.isFinite(value)) return value;
    throw new TableError(
      { table: table.name, column, line: table.lines[row] },
      "be a date such as 2024-05-31 or 2024-05-31 12:30, as others of its column",
      JSON.stringify(cell),
    );
  });
}

let lastTable: { readonly text: string; readonly table: Table } | undefined;

/** A table by its text; the last one is kept, as all folds read the same. */
export async function tableOfText(file: string, text: string): Promise<Table> {
  if (lastTable?.text !== text) lastTable = { text, table: await givenTable(file, text) };
  return lastTable.table;
}

/**
 * The data of a fold: scales and all else that is learned of a table comes from its training rows.
 *
 * @throws {TableError} If the table has a fault.
 */
export async function foldData(
  request: TrainRequest,
  text: string,
  { train, validation, test }: FoldParts,
): Promise<TrainData> {
  const { source, splitSeed: seed } = request;
  if (source.kind === "gallery") throw new TypeError("Cannot fold: a gallery has no table");
  const table = await tableOfText(source.file, text);
  const options = prepareOptions(request, table), classes = options.task === "classification";
  try {
    const [target] = options.targets;
    const labels = classes
      ? { labels: classLabels(knownClasses(table, target, options.missing).table, target) }
      : {};
    const prepared = prepareTable(selectRows(table, train), {
      ...{ ...options, ...labels, seed, testFraction: 0, validationFraction: 0 },
    });
    const { encoding } = prepared;
    const encode = (rows: Uint32Array) => {
      const { table: known } = knownRows(selectRows(table, rows), encoding);
      return encodeTable(known, encoding, { requireTargets: true });
    };
    return {
      parts: {
        train: prepared.train,
        ...(validation && { validation: encode(validation) }),
        test: encode(test),
      },
      encoding,
      split: {
        train: prepared.split.train.map((row) => train[row]),
        validation: validation ?? new Uint32Array(0),
        test,
      },
    };
  } catch (error) {
    throw withColumnAdvice(error, table, {
      ...{ ...options, classes },
      refuses: options.missing === "error",
    });
  }
}
