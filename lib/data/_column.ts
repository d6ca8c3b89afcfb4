/**
 * A column of a table, every cell of it read once.
 *
 * Tables are plain data and hold text. The first question about a column reads its cells, as
 * numbers or as labels; later questions are answered from memory, as long as the table is in use.
 *
 * @module
 */

import { cellError, quoteCell } from "./_cell_error.ts";
import {
  decimalNumber,
  parseDecimal,
  SAFE_DIGITS,
  subtractDecimals,
  writtenDigits,
} from "./_decimal.ts";
import { parseNumber } from "./_number.ts";
import { didYouMean } from "./nearest.ts";
import type { Table } from "./table_data.ts";
import { TableError } from "./table_error.ts";

/** The cells of a column read as numbers. */
interface ColumnNumbers {
  /** The nearest float64 of every cell, NaN where it is not a finite number, shape `[rows]`. */
  readonly values: Float64Array;
  /** Row of the first cell that is not a finite number; -1 if there is none. */
  readonly fault: number;
  /** Whether a cell has more than {@linkcode SAFE_DIGITS} digits. */
  readonly long: boolean;
}

/** The cells of a column read as labels. */
interface ColumnLabels {
  /** The different cells, in the order in which they first occur. */
  readonly texts: readonly string[];
  /** For every row the index of its cell in `texts`, shape `[rows]`. */
  readonly codes: Int32Array;
}

/** The cells of a column and what was read in them; its arrays are shared: copy before a change. */
export class Column {
  /** Trimmed cells, shape `[rows]`. */
  readonly cells: readonly string[];
  #numbers: ColumnNumbers | undefined;
  #labels: ColumnLabels | undefined;
  readonly #shifted = new Map<string, Float64Array>();
  readonly #made = new WeakMap<object, unknown>();

  constructor(cells: readonly string[]) {
    this.cells = cells;
  }

  /** The cells as numbers, read when they are first asked for. */
  get numbers(): ColumnNumbers {
    return this.#numbers ??= readNumbers(this.cells);
  }

  /** The cells as labels, read when they are first asked for. */
  get labels(): ColumnLabels {
    return this.#labels ??= readLabels(this.cells);
  }

  /** Every cell minus an offset, exactly, then rounded to float64; the cells are finite numbers. */
  minus(offset: string): Float64Array {
    let values = this.#shifted.get(offset);
    if (values === undefined) this.#shifted.set(offset, values = subtractOffset(this, offset));
    return values;
  }

  /** What was made of the column for a key, made when it is first asked for. */
  made<Value>(key: object, make: () => Value): Value {
    let value = this.#made.get(key) as Value | undefined;
    if (value === undefined) this.#made.set(key, value = make());
    return value;
  }
}

const columns = new WeakMap<readonly string[], Column>();

/** Finds a column by its name; the error where there is none lists the columns of the table. */
export function findColumn(table: Table, name: string): Column {
  const index = table.columns.indexOf(name);
  if (index < 0) {
    const known = table.columns.map((each) => JSON.stringify(each)).join(", ");
    throw new TableError(
      { table: table.name, column: name },
      `be one of ${known}`,
      JSON.stringify(name) + didYouMean(name, table.columns),
    );
  }
  const cells = table.cells[index];
  let column = columns.get(cells);
  if (column === undefined) columns.set(cells, column = new Column(cells));
  return column;
}

/**
 * The column's own array of numbers, minus an offset if there is one, every entry finite.
 *
 * @throws {TableError} If there is no such column or a cell is not a finite number.
 * @throws {RangeError} If the offset is not a decimal number.
 */
export function finiteNumbers(table: Table, name: string, offset?: string): Float64Array {
  const column = findColumn(table, name);
  if (offset !== undefined && parseDecimal(offset) === undefined) {
    throw new RangeError(
      `Cannot read column: offset must be a decimal number, current value is ${quoteCell(offset)}`,
    );
  }
  const { fault, values } = column.numbers;
  if (fault >= 0) {
    const cell = column.cells[fault];
    const rule = parseNumber(cell) === undefined ? "a number" : "a finite number";
    throw cellError(table, name, fault, cell, rule);
  }
  return offset === undefined ? values : column.minus(offset);
}

function readNumbers(cells: readonly string[]): ColumnNumbers {
  const values = new Float64Array(cells.length);
  let long = false;
  for (let row = 0; row < cells.length; row++) {
    const cell = cells[row], value = parseNumber(cell) ?? NaN;
    values[row] = Number.isFinite(value) ? value : NaN;
    long ||= cell.length > SAFE_DIGITS && writtenDigits(cell) > SAFE_DIGITS;
  }
  return { values, fault: values.findIndex(Number.isNaN), long };
}

function readLabels(cells: readonly string[]): ColumnLabels {
  const codes = new Int32Array(cells.length);
  const codeOf = new Map<string, number>();
  cells.forEach((cell, row) => {
    let code = codeOf.get(cell);
    if (code === undefined) codeOf.set(cell, code = codeOf.size);
    codes[row] = code;
  });
  return { texts: [...codeOf.keys()], codes };
}

function subtractOffset({ cells, numbers }: Column, offset: string): Float64Array {
  const origin = parseDecimal(offset)!;
  return numbers.values.map((value, row) => {
    const exact = parseDecimal(cells[row]);
    return exact === undefined
      ? value - decimalNumber(origin)
      : decimalNumber(subtractDecimals(exact, origin));
  });
}
