/**
 * Rows of numbers as people have them, and as a dataset holds them.
 *
 * @module
 */

import type { Dataset } from "./dataset.ts";

/**
 * Rows of numbers: an array for each row (`[[1, 2], [3, 4]]`), one number for each row
 * (`[1, 2, 3]`), or all numbers row by row with their shape (`{ values, shape: [rows, columns] }`).
 */
export type Rows =
  | readonly ArrayLike<number>[]
  | readonly number[]
  | Float64Array
  | Float32Array
  | {
    readonly values: ArrayLike<number>;
    readonly shape: readonly [rows: number, columns: number];
  };

/** Rows in one flat array. */
export interface FlatRows {
  /** Shape `[rows, columns]`, row-major. */
  readonly values: Float64Array;
  /** Number of rows. */
  readonly rows: number;
  /** Numbers in each row. */
  readonly columns: number;
}

/** Inputs and targets of a regression. */
export interface RowData {
  /** Inputs, one row for each observation. */
  readonly inputs: Rows;
  /** Targets, one row for each observation. */
  readonly targets: Rows;
  /** Weight of each row, not negative. Default: all 1. */
  readonly weights?: ArrayLike<number>;
}

/**
 * Copies rows into one flat array; `name` is what they are, for errors.
 *
 * @throws {TypeError} If they are not rows of one length.
 * @throws {RangeError} If there is no row or a number is not finite; the message says where.
 */
export function flatRows(name: string, rows: Rows): FlatRows {
  const flat = isShaped(rows) ? shapedRows(name, rows) : listedRows(name, rows);
  const bad = flat.values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    const [row, column] = [Math.floor(bad / flat.columns) + 1, bad % flat.columns + 1];
    throw new RangeError(
      `Cannot read ${name}: all must be finite numbers, current value in row ${row}, column ` +
        `${column} is ${flat.values[bad]}`,
    );
  }
  return flat;
}

/**
 * Makes a dataset of inputs and targets, as they are.
 *
 * @param data Inputs, targets, weights.
 * @returns The dataset.
 * @throws {TypeError} If inputs and targets are not as many.
 * @throws {RangeError} If a number is not finite or a weight negative.
 *
 * @example
 * ```ts
 * import { datasetOf } from "@freeknot/freeknot/data";
 * import { assertEquals } from "@std/assert";
 *
 * const { rows, nIn, nOut } = datasetOf({ inputs: [[0, 1], [2, 3], [4, 5]], targets: [1, 2, 3] });
 * assertEquals([rows, nIn, nOut], [3, 2, 1]);
 * ```
 */
export function datasetOf({ inputs, targets, weights }: RowData): Dataset {
  const x = flatRows("inputs", inputs), y = flatRows("targets", targets);
  function same(what: string, count: number): void {
    if (count === x.rows) return;
    throw new TypeError(
      `Cannot make dataset: ${what} must be as many as inputs, ${x.rows}, current value is ${count}`,
    );
  }
  same("targets", y.rows);
  if (weights) same("weights", weights.length);
  const bad = weights ? Array.from(weights).findIndex((w) => !(w >= 0 && w < Infinity)) : -1;
  if (bad >= 0) {
    throw new RangeError(
      "Cannot make dataset: weights must be finite numbers >= 0, current value in row " +
        `${bad + 1} is ${weights![bad]}`,
    );
  }
  return {
    rows: x.rows,
    nIn: x.columns,
    nOut: y.columns,
    inputs: x.values,
    targets: y.values,
    ...(weights && { weights: Float64Array.from(weights) }),
  };
}

function isShaped(rows: Rows): rows is Extract<Rows, { readonly shape: unknown }> {
  return typeof rows === "object" && rows !== null && "shape" in rows;
}

function shapedRows(
  name: string,
  { values, shape }: Extract<Rows, { readonly shape: unknown }>,
): FlatRows {
  const [rows, columns] = shape ?? [];
  const fits = Number.isInteger(rows) && rows >= 1 && Number.isInteger(columns) && columns >= 1 &&
    values?.length === rows * columns;
  if (fits) return { values: Float64Array.from(values), rows, columns };
  throw new TypeError(
    `Cannot read ${name}: shape must be [rows, columns] of ${values?.length} values, current value ` +
      `is [${shape}]`,
  );
}

function listedRows(name: string, rows: Exclude<Rows, { readonly shape: unknown }>): FlatRows {
  const rule = "rows of numbers such as [[1, 2], [3, 4]], [1, 2, 3] or { values, shape }";
  if (!Array.isArray(rows) && !ArrayBuffer.isView(rows) || rows.length === 0) {
    const current = Array.isArray(rows) || ArrayBuffer.isView(rows) ? "empty" : String(rows);
    throw new TypeError(`Cannot read ${name}: they must be ${rule}, current value is ${current}`);
  }
  const columns = typeof rows[0] === "number" ? 1 : (rows[0] as ArrayLike<number>)?.length;
  const values = new Float64Array(rows.length * (columns || 0));
  for (let r = 0; r < rows.length; r++) {
    const row = typeof rows[r] === "number" ? [rows[r] as number] : rows[r] as ArrayLike<number>;
    if (!columns || row?.length !== columns || Array.from(row).some((x) => typeof x !== "number")) {
      throw new TypeError(
        `Cannot read ${name}: they must be ${rule}, row ${r + 1} is ${shown(rows[r])}` +
          (columns ? ` where the first has ${columns}` : ""),
      );
    }
    values.set(row, r * columns);
  }
  return { values, rows: rows.length, columns };
}

function shown(row: unknown): string {
  const text = JSON.stringify(row) ?? String(row);
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}
