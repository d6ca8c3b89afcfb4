/**
 * Columns without a name that are only a count of the rows.
 *
 * @module
 */

import { findColumn } from "./_column.ts";
import type { Table } from "./table_data.ts";

/**
 * Names the columns without a name that hold no data, which `prepareTable` leaves out: 0, 1, 2, ...
 * or 1, 2, 3, ..., as pandas and R write the row's number, or nothing but empty cells, as a
 * delimiter at the end of every line makes them.
 */
export function indexColumns(table: Table): string[] {
  return (table.unnamed ?? []).filter((name) => {
    const { cells, numbers: { values } } = findColumn(table, name);
    const [first] = values;
    const counts = (first === 0 || first === 1) &&
      values.every((value, row) => value === first + row);
    return counts || cells.every((cell) => cell === "");
  });
}
