/**
 * Notes on how a table was read.
 *
 * @module
 */

import { indexColumns, type Table, type TableEncoding } from "../lib/data/mod.ts";

/** What the reader should know: columns without a name, and what became of them. */
export function tableNotes(table: Table, { inputs }: TableEncoding): string[] {
  const counts = indexColumns(table);
  const used = (name: string) => inputs.some((input) => input.name === name);
  return (table.unnamed ?? []).flatMap((name) => {
    const place = `column ${table.columns.indexOf(name) + 1} has no name`;
    if (counts.includes(name)) {
      const cells = table.cells[table.columns.indexOf(name)];
      const why = cells[0] === "" ? "is empty" : "counts the rows";
      return used(name) ? [] : [`note: ${place} and ${why}: it is left out`];
    }
    return used(name)
      ? [`note: ${place}, it is called ${JSON.stringify(name)}; --drop "${name}" leaves it out`]
      : [];
  });
}
