/**
 * The error of a table that cannot be used.
 *
 * @module
 */

/** Where in a table the fault lies. */
export interface TablePlace {
  /** Name of the table, usually its file's. */
  readonly table: string;
  /** Line of the source, from 1, where there is one. */
  readonly line?: number | undefined;
  /** Name of the column, where there is one. */
  readonly column?: string | undefined;
}

/**
 * Says what is wrong with a table, with its name, line and column.
 *
 * The message reads `Cannot read <table>: line <line>, column "<column>" must <rule>,
 * current value is <value>`.
 *
 * @example
 * ```ts
 * import { parseTable } from "@freeknot/freeknot";
 * import { numericColumn, TableError } from "@freeknot/freeknot/data";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const table = parseTable("x,y\n1,2\n3,four\n", { name: "points.csv" });
 * const error = assertThrows(() => numericColumn(table, "y"), TableError);
 * assertEquals([error.line, error.column], [3, "y"]);
 * ```
 */
export class TableError extends Error {
  /** Always `"TableError"`. */
  override name = "TableError";
  /** Name of the table. */
  readonly table: string;
  /** Line of the source, from 1. */
  readonly line: number | undefined;
  /** Name of the column. */
  readonly column: string | undefined;

  /**
   * Makes an error of its parts.
   *
   * @param place Table, line and column.
   * @param rule What must hold: `"be a number"`.
   * @param value What was found instead, as it is to be printed.
   */
  constructor(place: TablePlace, rule: string, value: string | number) {
    const { table, line, column } = place;
    const where = [
      ...(line === undefined ? [] : [`line ${line}`]),
      ...(column === undefined ? [] : [`column ${JSON.stringify(column)}`]),
    ].join(", ") || "the table";
    super(`Cannot read ${table}: ${where} must ${rule}, current value is ${value}`);
    this.table = table;
    this.line = line;
    this.column = column;
  }
}

/**
 * The error of a column whose cells differ but read as the same float64: 19-digit integers, say.
 *
 * `PrepareOptions.offsets` helps: after the exact subtraction of an offset fewer digits are left.
 *
 * @example
 * ```ts
 * import { parseTable, prepareTable } from "@freeknot/freeknot";
 * import { TablePrecisionError } from "@freeknot/freeknot/data";
 * import { assertThrows } from "@std/assert";
 *
 * const text = "id,y\n1451520000000000001,1\n1451520000000000002,2\n1451520000000000003,3\n";
 * const table = parseTable(text, { name: "ids.csv" });
 * const options = { targets: ["y"], task: "regression", testFraction: 0, seed: 1 } as const;
 * assertThrows(() => prepareTable(table, options), TablePrecisionError);
 * prepareTable(table, { ...options, offsets: { id: "min" } });
 * ```
 */
export class TablePrecisionError extends TableError {}
