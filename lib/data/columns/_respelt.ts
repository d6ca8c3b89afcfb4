/**
 * Cells of a column of numbers that are written otherwise than its recipe says.
 *
 * @module
 */

import { Column } from "../_column.ts";
import { parseNumber } from "../_number.ts";
import { isMissingNumber } from "./_missing.ts";
import { findNumberStyle, plainDigits } from "./_number_style.ts";

/** Some cells of a column, and one of them. */
export interface StrangeCells {
  /** How many rows hold such a cell. */
  readonly rows: number;
  /** The first of them. */
  readonly example: string;
}

/** A column whose cells were read in a second way where the first one failed. */
export interface RespeltColumn {
  readonly column: Column;
  /** The cells that only the second way can read; absent: none. */
  readonly respelt?: StrangeCells & {
    /** The number that was read in the example. */
    readonly value: number;
  };
}

const DIGITS = /^[+-]?[\d.,' \u00a0\u2009\u202f]*\d[\d.,' \u00a0\u2009\u202f]*(?:e[+-]?\d+)?$/i;

/** Whether a cell consists of digits, and marks between them. */
export function mayBeNumber(cell: string): boolean {
  return DIGITS.test(cell);
}

const keys = new Map<string, object>();

/**
 * Reads the cells of a column that are no numbers in the one other style that fits them all, such
 * as a decimal comma; cells of another kind stay as they are.
 *
 * @param column With a decimal point wherever the recipe's style fits.
 * @param delimiter What stands between the cells of the table.
 */
export function respell(column: Column, delimiter: string): RespeltColumn {
  if (column.numbers.fault < 0) return { column };
  let key = keys.get(delimiter);
  if (key === undefined) keys.set(delimiter, key = {});
  return column.made(key, () => respellCells(column, delimiter));
}

function respellCells(column: Column, delimiter: string): RespeltColumn {
  const { cells, numbers: { values } } = column, texts = new Set<string>();
  values.forEach((value, row) => {
    const cell = cells[row];
    if (!Number.isNaN(value) || isMissingNumber(cell) || parseNumber(cell) !== undefined) return;
    if (mayBeNumber(cell)) texts.add(cell);
  });
  const style = texts.size === 0 ? undefined : findNumberStyle([...texts], delimiter);
  if (style === undefined) return { column };
  const again = new Column(
    cells.map((cell) => texts.has(cell) ? plainDigits(cell, style) ?? cell : cell),
  );
  const first = cells.findIndex((cell) => texts.has(cell));
  return {
    column: again,
    respelt: {
      rows: cells.reduce((sum, cell) => sum + Number(texts.has(cell)), 0),
      example: cells[first],
      value: again.numbers.values[first],
    },
  };
}
