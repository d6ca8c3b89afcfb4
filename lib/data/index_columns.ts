/**
 * Columns without a name that are only a count of the rows.
 *
 * @module
 */

import { findColumn } from "./_column.ts";
import type { Table } from "./table_data.ts";

/**
 * Finds the columns without a name that hold no data: 0, 1, 2, ... or 1, 2, 3, ..., as pandas and R
 * write the row's number, or nothing but empty cells, as a delimiter at the end of every line makes
 * them.
 *
 * @param table The table.
 * @returns The names of these columns, all in `table.unnamed`; `prepareTable` leaves them out.
 *
 * @example
 * ```ts
 * import { parseTable } from "@freeknot/freeknot";
 * import { indexColumns } from "./inner.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const table = parseTable(",x,y\n0,0.5,1\n1,0.7,2\n", { name: "pandas.csv" });
 * assertEquals(table.columns, ["column 1", "x", "y"]);
 * assertEquals(indexColumns(table), ["column 1"]);
 * ```
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
