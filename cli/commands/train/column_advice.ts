/**
 * What to do about a column of text where training needs numbers.
 *
 * @module
 */

import {
  numericColumn,
  type Table,
  TableError,
  TablePrecisionError,
} from "../../../lib/data/mod.ts";
import { UsageError } from "../../terminal/errors.ts";
import { shellWord } from "../../terminal/shell_word.ts";

/** Most columns that the advice lists. */
const MOST_COLUMNS = 6;

/** What the columns of a table are for. */
export interface ColumnRoles {
  readonly targets: readonly string[];
  readonly weight?: string;
  /** Columns of exposures, trials or events. */
  readonly linked?: readonly string[];
  /** Whether the targets are classes. */
  readonly classes: boolean;
}

/**
 * Adds advice to an error about a cell, if its column is text throughout rather than numbers with
 * a slip.
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
  const others = [roles.weight, ...roles.linked ?? []];
  if (column === undefined || others.includes(column) || !isText(table, column)) return error;
  if (roles.targets.includes(column)) {
    if (roles.classes || roles.targets.length > 1) return error;
    return new UsageError(`${error.message}; for classes use --loss cross-entropy`);
  }
  const taken = [...roles.targets, ...others];
  const numeric = table.columns.filter((name) =>
    !taken.includes(name) && !name.includes(",") && isNumeric(table, name)
  );
  if (numeric.length === 0) return error;
  const listed = shellWord(numeric.slice(0, MOST_COLUMNS).join(","));
  const more = numeric.length > MOST_COLUMNS ? ",..." : "";
  return new UsageError(`${error.message}; choose columns with --inputs ${listed}${more}`);
}

/** Whether most of a column's cells are no numbers. */
function isText(table: Table, column: string): boolean {
  const cells = (table.cells[table.columns.indexOf(column)] ?? []).filter((cell) => cell !== "");
  return cells.filter((cell) => Number.isNaN(Number(cell))).length > cells.length / 2;
}

function isNumeric(table: Table, column: string): boolean {
  try {
    numericColumn(table, column);
    return true;
  } catch {
    return false;
  }
}
