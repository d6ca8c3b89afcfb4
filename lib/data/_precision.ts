/**
 * Columns whose cells float64 cannot tell apart.
 *
 * @module
 */

import { quoteCell } from "./_cell_error.ts";
import { type Column, findColumn } from "./_column.ts";
import {
  compareDecimals,
  type Decimal,
  decimalNumber,
  decimalText,
  parseDecimal,
  subtractDecimals,
} from "./_decimal.ts";
import type { Table } from "./table_data.ts";
import { TablePrecisionError } from "./table_error.ts";

/** Cells that differ by a smaller share of the column's range are equal for all purposes. */
const NEGLIGIBLE = 1e-12;

/**
 * Throws if cells that differ, and not only by a negligible share of the column's range, read as
 * the same number: a network would see nothing of what makes the rows different.
 *
 * Columns of at most 15 digits, which float64 tells apart, cost one look at each cell. Cells that are
 * no numbers do not count. `numbersOf` gives the same numbers as they are written elsewhere.
 *
 * @throws {TablePrecisionError} With the line of the second of two such cells.
 */
export function checkPrecision(
  table: Table,
  column: string,
  offset?: string,
  numbersOf: (column: Column) => Column = (same) => same,
): void {
  const written = findColumn(table, column), plain = numbersOf(written);
  const { cells, numbers } = plain;
  if (!numbers.long) return;
  const firsts = new Map<number, number>(); // a number, and the first row that holds it
  const clashes: { row: number; other: number; distance: number }[] = [];
  const values = offset === undefined ? numbers.values : plain.minus(offset);
  values.forEach((value, row) => {
    if (Number.isNaN(value)) return;
    const other = firsts.get(value);
    if (other === undefined) firsts.set(value, row);
    else if (cells[row] !== cells[other]) {
      const exact = parseDecimal(cells[row]), first = parseDecimal(cells[other]);
      if (first === undefined) firsts.set(value, row);
      else if (exact !== undefined && compareDecimals(exact, first) !== 0) {
        const distance = Math.abs(decimalNumber(subtractDecimals(exact, first)));
        clashes.push({ row, other, distance });
      }
    }
  });
  if (clashes.length === 0) return;
  const [least, most] = [-1, 1].map((sign) => extreme(cells, sign)!);
  const range = decimalNumber(subtractDecimals(most, least));
  const clash = clashes.find(({ distance }) => distance > NEGLIGIBLE * range);
  if (clash === undefined) return;
  throw new TablePrecisionError(
    { table: table.name, line: table.lines[clash.row], column },
    "hold numbers that float64 can tell apart",
    `${quoteCell(cells[clash.row])}, read as the same number as ` +
      `${quoteCell(cells[clash.other])} of line ${table.lines[clash.other]}`,
  );
}

/**
 * The offset of a column as the user may write it, a decimal number or `min` for the smallest of
 * the column, as a decimal number without an exponent where possible.
 *
 * @throws {RangeError} If the text is neither, or the column holds no number.
 */
export function resolveOffset(table: Table, column: string, text: string): string {
  const written = text === "min"
    ? extreme(findColumn(table, column).cells, -1)
    : parseDecimal(text);
  if (written === undefined) {
    throw new RangeError(
      `Cannot prepare table: offset must be a decimal number or min, current value is ` +
        `${quoteCell(text)} for the column ${JSON.stringify(column)}`,
    );
  }
  return decimalText(written);
}

/** The smallest (`sign` -1) or largest (1) decimal number among the cells, if there is one. */
function extreme(cells: readonly string[], sign: number): Decimal | undefined {
  let found: Decimal | undefined;
  for (const cell of cells) {
    const exact = parseDecimal(cell);
    if (exact === undefined) continue;
    if (found === undefined || sign * compareDecimals(exact, found) > 0) found = exact;
  }
  return found;
}
