/**
 * What the controls show of a table that was dropped: its columns, and which of them hold words.
 *
 * @module
 */

import { parseTableBytes, type Table } from "../../../lib/data/mod.ts";
import type { GivenTable, TableLook } from "../protocol.ts";

/** Looks at a table; one with a fault has no columns, and the run tells what is wrong with it. */
export function lookAtTable({ name, bytes }: GivenTable): TableLook {
  try {
    const table = parseTableBytes(bytes, { name });
    return { columns: table.columns, classes: table.columns.map((_, at) => holdsWords(table, at)) };
  } catch {
    return { columns: [], classes: [] };
  }
}

/** Rows that are looked at to tell classes from numbers. */
const LOOKED_AT = 200;

function holdsWords({ cells, rows }: Table, column: number): boolean {
  for (let row = 0; row < Math.min(rows, LOOKED_AT); row++) {
    const cell = cells[column][row].trim();
    if (cell !== "" && Number.isNaN(Number(cell))) return true;
  }
  return false;
}
