/**
 * Turns tables into numbers by the encoding that a model file keeps, and finds the parts of the
 * table that the model was trained on.
 *
 * @module
 */

import { finiteNumbers } from "./_column.ts";
import { splitTable, tableChecksum, weightColumn } from "./_table_parts.ts";
import { inputValues } from "./columns/inputs.ts";
import type { Dataset } from "./dataset.ts";
import { encodedOutputs, type TableEncoding } from "./encoding.ts";
import { type ColumnScale, scaleValue } from "./scaling.ts";
import type { Table } from "./table_data.ts";
import { TableError } from "./table_error.ts";
import { classIndices, encodeClasses } from "./target.ts";

/** A part of a table. */
export type TablePart = "all" | "train" | "validation" | "test";

/** The scaled inputs of a table: all that a prediction needs. */
export interface EncodedInputs {
  /** Number of rows. */
  readonly rows: number;
  /** Number of inputs. */
  readonly nIn: number;
  /** Scaled inputs, shape `[rows, nIn]`, row-major. */
  readonly inputs: Float64Array;
}

/**
 * Turns all rows of a table into numbers with a kept encoding.
 *
 * Without targets only the input columns are read: a table to predict needs no others. Missing cells
 * and unseen levels become what the encoding imputes.
 *
 * @param table Any table that has the columns, in any order.
 * @param encoding The encoding, usually a model file's.
 * @param options `requireTargets`: whether targets (and weights, if the encoding has any) are
 * read as well.
 * @returns Scaled inputs, or a dataset.
 * @throws {TableError} If a column is missing or a cell cannot be read.
 *
 * @example
 * ```ts
 * import { parseTable, prepareTable } from "@freeknot/freeknot";
 * import { encodeTable } from "@freeknot/freeknot/data";
 * import { assertEquals } from "@std/assert";
 *
 * const table = parseTable("x,y\n0,1\n1,3\n2,5\n3,7\n", { name: "line.csv" });
 * const { encoding } = prepareTable(table, {
 *   targets: ["y"], task: "regression", testFraction: 0, seed: 1,
 * });
 * const fresh = parseTable("x\n1.5\n6\n", { name: "fresh.csv" });
 * assertEquals([...encodeTable(fresh, encoding, { requireTargets: false }).inputs], [0.5, 2]);
 * ```
 */
export function encodeTable(
  table: Table,
  encoding: TableEncoding,
  options: { readonly requireTargets: true },
): Dataset;
/** Turns all rows of a table into numbers; a dataset if targets are required. */
export function encodeTable(
  table: Table,
  encoding: TableEncoding,
  options: { readonly requireTargets: boolean },
): EncodedInputs | Dataset;
export function encodeTable(
  table: Table,
  encoding: TableEncoding,
  options: { readonly requireTargets: boolean },
): EncodedInputs | Dataset {
  const inputs = scaledMatrix(table.rows, encoding.inputs, inputValues(table, encoding));
  const encoded = { rows: table.rows, nIn: encoding.inputs.length, inputs };
  if (!options.requireTargets) return encoded;
  const nOut = encodedOutputs(encoding);
  if (encoding.task === "regression") {
    const values = encoding.targets.map(({ name }) => finiteNumbers(table, name));
    const targets = scaledMatrix(table.rows, encoding.targets, values);
    const weights = withoutGross(table, encoding.targets, rowWeights());
    return { ...encoded, nOut, targets, ...(weights === undefined ? {} : { weights }) };
  }
  const { labels, classWeights } = encoding;
  const indices = classIndices(table, encoding.target, labels);
  let weights = rowWeights();
  if (classWeights !== undefined) {
    weights ??= new Float64Array(table.rows).fill(1);
    weights = weights.map((weight, row) => classWeights[indices[row]] * weight);
  }
  const targets = encodeClasses(indices, labels.length);
  return { ...encoded, nOut, targets, ...(weights === undefined ? {} : { weights }) };

  function rowWeights(): Float64Array | undefined {
    return encoding.weight === undefined ? undefined : weightColumn(table, encoding.weight).slice();
  }
}

/**
 * Finds the rows, ascending, of a part of the table that a model was trained on; of any table for
 * `"all"`.
 *
 * The split is computed again from its seed; row count and fingerprint make sure that it is the
 * same table. More columns, or another spelling of the same numbers, change nothing.
 *
 * @throws {TableError} If the table is not the one trained on, or it has no such part.
 */
export function selectPart(table: Table, encoding: TableEncoding, part: TablePart): Uint32Array {
  if (part === "all") return Uint32Array.from({ length: table.rows }, (_, row) => row);
  const { rows, checksum } = encoding.split;
  const place = { table: table.name };
  const rule = `be the one that the model was trained on to have a ${part} part`;
  if (table.rows !== rows) {
    throw new TableError(place, `${rule}, with ${rows} rows`, `${table.rows} rows`);
  }
  const found = tableChecksum(table, encoding);
  if (found !== checksum) {
    throw new TableError(place, `${rule}, with checksum ${checksum}`, found);
  }
  const chosen = splitTable(table, encoding)[part];
  if (chosen.length === 0) {
    const option = part === "test" ? "testFraction" : "validationFraction";
    throw new TableError(place, `have a ${part} part`, `none: ${option} was 0`);
  }
  return chosen;
}

/** Sets the weights of the rows with a target beyond its limits to 0; makes them if need be. */
function withoutGross(
  table: Table,
  targets: readonly ColumnScale[],
  weights: Float64Array | undefined,
): Float64Array | undefined {
  for (const { name, limits } of targets) {
    if (limits === undefined) continue;
    weights ??= new Float64Array(table.rows).fill(1);
    const values = finiteNumbers(table, name);
    for (let row = 0; row < table.rows; row++) {
      if (values[row] < limits[0] || values[row] > limits[1]) weights[row] = 0;
    }
  }
  return weights;
}

function scaledMatrix(
  rows: number,
  scales: readonly ColumnScale[],
  columns: readonly Float64Array[],
): Float64Array {
  const width = scales.length;
  const matrix = new Float64Array(rows * width); // [rows, width]
  scales.forEach((scale, c) => {
    const values = columns[c];
    for (let row = 0; row < rows; row++) matrix[row * width + c] = scaleValue(scale, values[row]);
  });
  return matrix;
}
