/**
 * A table as data. It keeps the text of every record, so that a copy with more columns leaves the
 * old ones as they were.
 *
 * @module
 */

/** A table of text with named columns. */
export interface Table {
  /** Usually the file's name; errors begin with it. */
  readonly name: string;
  /** Names of the columns, all different. */
  readonly columns: readonly string[];
  /**
   * Names of columns without one in the source: `column 1` for the first column where its header is
   * empty; also pandas' `Unnamed: 0`. Absent: none.
   */
  readonly unnamed?: readonly string[];
  /** Number of rows, at least 1, the header not counted. */
  readonly rows: number;
  /**
   * Trimmed cells, column by column: `cells[column][row]`. Not to be changed in place: what is read
   * in a column is kept, see {@linkcode numericColumn}.
   */
  readonly cells: readonly (readonly string[])[];
  /** Line of the source (from 1) where each row begins, shape `[rows]`. */
  readonly lines: Int32Array;
  /** How the table was written. */
  readonly source: TableSource;
}

/** The text of a table, record by record. */
export interface TableSource {
  /** What stands between two cells; a space stands for one or more spaces or tabs. */
  readonly delimiter: "," | ";" | "\t" | " ";
  /** What ends a line. */
  readonly newline: "\n" | "\r\n" | "\r";
  /** Whether the text began with a byte order mark. */
  readonly byteOrderMark: boolean;
  /** The header without its line end. */
  readonly header: string;
  /** The rows without their line ends. */
  readonly records: readonly string[];
}
