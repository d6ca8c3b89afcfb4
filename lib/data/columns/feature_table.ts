/**
 * Tables with a column for every feature.
 *
 * @module
 */

import { Column, findColumn, numbersOf } from "../_column.ts";
import { withColumns } from "../_lazy_table.ts";
import type { Table } from "../table_data.ts";
import { type InputFields, inputValues } from "./inputs.ts";

/**
 * A table that has, beside its columns, one of numbers for every feature of an encoding; a feature
 * takes the place of a column of the same name. Numbers are without offsets.
 *
 * @throws {TableError} If a column is missing or a cell cannot be read.
 */
export function featureTable(table: Table, encoding: InputFields): Table {
  const inputs = encoding.inputs.map(({ offset: _, ...scale }) => scale);
  const features = new Map(
    inputValues(table, { ...encoding, inputs }).map((values, input) =>
      [
        encoding.inputs[input].name,
        new Column(() => Array.from(values, String), numbersOf(values, false)),
      ] as const
    ),
  );
  const others = table.columns.filter((name) => !features.has(name));
  return withColumns(table, [
    ...others.map((name) => [name, findColumn(table, name)] as const),
    ...features,
  ]);
}
