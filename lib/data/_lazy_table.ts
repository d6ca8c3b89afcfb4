/**
 * Tables whose texts are made when they are asked for.
 *
 * @module
 */

import { type Column, keepColumns, knownColumns } from "./_column.ts";
import type { Table, TableSource } from "./table_data.ts";

/** What a table is made of; `cells` holds its columns. */
export interface TableParts extends Omit<Table, "cells" | "source" | "unnamed"> {
  readonly unnamed?: readonly string[] | undefined;
  readonly cells: readonly Column[];
  readonly source: Omit<TableSource, "records">;
  /** Makes the texts of the records. */
  records(): readonly string[];
}

/** Makes a table of columns. */
export function lazyTable(parts: TableParts): Table {
  const { cells: columns, source, records, unnamed = [], ...others } = parts;
  const cells: (readonly string[])[] = [];
  columns.forEach((column, c) =>
    Object.defineProperty(cells, c, {
      get: () => column.cells,
      enumerable: true,
      configurable: true,
    })
  );
  keepColumns(cells, columns);
  let made: readonly string[] | undefined;
  return {
    ...others,
    ...(unnamed.length === 0 ? {} : { unnamed }),
    cells,
    source: {
      ...source,
      get records() {
        return made ??= records();
      },
    },
  };
}

/** A table of some rows of another one. */
export function selectRows(table: Table, rows: Uint32Array): Table {
  const { source } = table, { delimiter, newline, byteOrderMark, header } = source;
  return lazyTable({
    ...{ name: table.name, columns: table.columns, unnamed: table.unnamed },
    rows: rows.length,
    lines: Int32Array.from(rows, (row) => table.lines[row]),
    cells: knownColumns(table).map((column) => column.select(rows)),
    source: { delimiter, newline, byteOrderMark, header },
    records: () => Array.from(rows, (row) => source.records[row]),
  });
}

/** The same table with other or more columns. */
export function withColumns(
  table: Table,
  columns: readonly (readonly [name: string, column: Column])[],
): Table {
  const { source } = table, { delimiter, newline, byteOrderMark, header } = source;
  return lazyTable({
    ...{ name: table.name, unnamed: table.unnamed, rows: table.rows, lines: table.lines },
    columns: columns.map(([name]) => name),
    cells: columns.map(([, column]) => column),
    source: { delimiter, newline, byteOrderMark, header },
    records: () => source.records,
  });
}
