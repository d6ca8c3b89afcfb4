/**
 * What to do about a cell that cannot be read.
 *
 * @module
 */

import { type Table, TableError, TablePrecisionError } from "../../../lib/data/mod.ts";
import { UsageError } from "../../terminal/errors.ts";
import { shellWord } from "../../terminal/shell_word.ts";

/** What the columns of a table are for. */
export interface ColumnRoles {
  readonly targets: readonly string[];
  readonly weight?: string;
  /** Whether the targets are classes. */
  readonly classes: boolean;
  /** Whether missing cells are errors. */
  readonly refuses: boolean;
}

/**
 * Adds advice to an error about a cell.
 *
 * @param error What was thrown.
 * @returns The error to throw instead; the same one where there is nothing to add.
 */
export function withColumnAdvice(error: unknown, table: Table, roles: ColumnRoles): unknown {
  if (error instanceof TablePrecisionError && error.column !== undefined) {
    if (roles.targets.includes(error.column)) {
      return new UsageError(`${error.message}; subtract a constant from it in the table`);
    }
    const offset = shellWord(`${error.column}=min`);
    return new UsageError(
      `${error.message}; --offset ${offset} subtracts the smallest exactly, --drop ` +
        `${shellWord(error.column)} leaves the column out`,
    );
  }
  if (!(error instanceof TableError) || error.line === undefined) return error;
  const { column } = error;
  if (column === undefined || column === roles.weight) return error;
  if (roles.targets.includes(column)) {
    if (roles.classes || roles.targets.length > 1 || !isText(table, column)) return error;
    return new UsageError(`${error.message}; for classes use --loss cross-entropy`);
  }
  const at = table.columns.indexOf(column);
  const cell = table.cells[at]?.[table.lines.indexOf(error.line)] ?? "";
  if (cell === "" || roles.refuses) {
    return new UsageError(`${error.message}; without --missing error missing cells are imputed`);
  }
  return new UsageError(
    `${error.message}; empty cells are missing numbers, --types ` +
      `${shellWord(`${column}=category`)} reads its cells as levels`,
  );
}

/** Whether most of a column's cells are no numbers. */
function isText(table: Table, column: string): boolean {
  const cells = (table.cells[table.columns.indexOf(column)] ?? []).filter((cell) => cell !== "");
  return cells.filter((cell) => Number.isNaN(Number(cell))).length > cells.length / 2;
}
