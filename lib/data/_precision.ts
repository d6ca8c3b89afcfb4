/**
 * Columns whose cells float64 cannot tell apart.
 *
 * @module
 */

import { quoteCell } from "./_cell_error.ts";
import {
  compareDecimals,
  type Decimal,
  decimalNumber,
  decimalText,
  parseDecimal,
  SAFE_DIGITS,
  subtractDecimals,
  writtenDigits,
} from "./_decimal.ts";
import { textColumn } from "./table.ts";
import type { Table } from "./table_data.ts";
import { TablePrecisionError } from "./table_error.ts";

/** Cells that differ by a smaller share of the column's range are equal for all purposes. */
const NEGLIGIBLE = 1e-12;

/**
 * Throws if cells that differ, and not only by a negligible share of the column's range, read as
 * the same number: a network would see nothing of what makes the rows different.
 *
 * Columns of at most 15 digits, which float64 tells apart, cost one look at each cell.
 *
 * @throws {TablePrecisionError} With the line of the second of two such cells.
 */
export function checkPrecision(table: Table, column: string, offset?: string): void {
  const cells = textColumn(table, column);
  if (!cells.some((cell) => writtenDigits(cell) > SAFE_DIGITS)) return;
  const origin = offset === undefined ? undefined : parseDecimal(offset);
  const firsts = new Map<number, { row: number; exact: Decimal }>();
  let least: Decimal | undefined, most: Decimal | undefined;
  const clashes: { row: number; other: number; distance: Decimal }[] = [];
  cells.forEach((cell, row) => {
    const written = parseDecimal(cell);
    if (written === undefined) return;
    const exact = origin === undefined ? written : subtractDecimals(written, origin);
    if (least === undefined || compareDecimals(exact, least) < 0) least = exact;
    if (most === undefined || compareDecimals(exact, most) > 0) most = exact;
    const value = decimalNumber(exact);
    const first = firsts.get(value);
    if (first === undefined) firsts.set(value, { row, exact });
    else {
      const distance = subtractDecimals(exact, first.exact);
      if (distance.mantissa !== 0n) clashes.push({ row, other: first.row, distance });
    }
  });
  if (least === undefined || most === undefined) return;
  const range = decimalNumber(subtractDecimals(most, least));
  const clash = clashes.find(({ distance }) =>
    Math.abs(decimalNumber(distance)) > NEGLIGIBLE * range
  );
  if (clash === undefined) return;
  throw new TablePrecisionError(
    { table: table.name, line: table.lines[clash.row], column },
    "hold numbers that float64 can tell apart",
    `${quoteCell(cells[clash.row])}, read as the same number as ` +
      `${quoteCell(cells[clash.other])} of line ${table.lines[clash.other]}`,
  );
}

/**
 * The offset of a column as the user may write it: a decimal number, or `min` for the smallest of
 * the column.
 *
 * @returns Without an exponent where it can be.
 * @throws {RangeError} If it is neither, or the column has no number.
 */
export function resolveOffset(table: Table, column: string, text: string): string {
  const written = text === "min" ? smallest(textColumn(table, column)) : parseDecimal(text);
  if (written === undefined) {
    throw new RangeError(
      `Cannot prepare table: offset must be a decimal number or min, current value is ` +
        `${quoteCell(text)} for the column ${JSON.stringify(column)}`,
    );
  }
  return decimalText(written);
}

function smallest(cells: readonly string[]): Decimal | undefined {
  let least: Decimal | undefined;
  for (const cell of cells) {
    const exact = parseDecimal(cell);
    if (exact !== undefined && (least === undefined || compareDecimals(exact, least) < 0)) {
      least = exact;
    }
  }
  return least;
}
