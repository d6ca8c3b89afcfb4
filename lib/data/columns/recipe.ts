/**
 * What becomes of the columns of a table: plain data that a model file keeps, so that any table
 * with the same columns gives the same numbers.
 *
 * @module
 */

/**
 * What a number that a network reads says: a quantity; 0 or 1 for no or yes; the place in an order;
 * 1 for one level of a category; 1 where the cell is missing; the sine or cosine of a phase.
 */
export type FeatureKind = "number" | "boolean" | "ordered" | "level" | "missing" | "periodic";

/** A number that a network reads, made from a column of a table. */
export interface Feature {
  /** What it is called: `age`, `species=Adelie`, `age missing`. */
  readonly name: string;
  /** Name of the column that it is made from. */
  readonly column: string;
  /** What the number says. */
  readonly kind: FeatureKind;
}

/** What a part of a date is. */
export type DatePart = "days" | "seasonSin" | "seasonCos" | "daySin" | "dayCos" | "weekday";

/** One feature of a column. */
export interface FeatureRecipe {
  /** What it is called. */
  readonly name: string;
  /** What it says. */
  readonly kind: FeatureKind;
  /** Its value where the cell is missing, or a level that the training rows do not have. */
  readonly imputed: number;
  /** Of a level: its text, or the weekday; absent: any of the rare levels. */
  readonly level?: string;
  /** Of a date: which part. */
  readonly part?: DatePart;
}

/** What a column holds. */
export type ColumnKind = "number" | "boolean" | "category" | "ordered" | "date" | "dropped";

/** How the numbers of a column are written, where a decimal point is not all. */
export interface NumberStyle {
  /** What stands before the decimals. */
  readonly decimal: "." | ",";
  /** What stands between groups of three digits; absent: nothing. */
  readonly thousands?: "," | "." | " " | "'";
}

/** In which order a date is written; `time`: only hours and minutes. */
export type DateOrder = "ymd" | "dmy" | "mdy" | "time";

/** What becomes of one column. */
export interface ColumnRecipe {
  /** Name of the column. */
  readonly name: string;
  /** What it holds. */
  readonly kind: ColumnKind;
  /** Of numbers; absent: with a decimal point. */
  readonly style?: NumberStyle;
  /** Of dates. */
  readonly order?: DateOrder;
  /** Of a category its levels with a feature each; of an order all levels, the lowest first. */
  readonly levels?: readonly string[];
  /** Of a category: its rare levels, which share a feature or are taken for the mean. */
  readonly rare?: readonly string[];
  /** Number of training rows where the cell is missing; absent: none. */
  readonly missing?: number;
  /** Why the column is dropped. */
  readonly reason?: string;
  /** What becomes of it, in the order of the network's inputs. */
  readonly features: readonly FeatureRecipe[];
}

/**
 * Lists what a network reads, in the order of its inputs: which column each input is made from, and
 * what it says.
 *
 * @param encoding How a table became numbers.
 * @returns One entry per input.
 *
 * @example
 * ```ts
 * import { parseTable, prepareTable } from "@freeknot/freeknot";
 * import { encodingFeatures } from "@freeknot/freeknot/data";
 * import { assertEquals } from "@std/assert";
 *
 * const table = parseTable("x,y\n0,1\n1,3\n2,5\n3,7\n", { name: "line.csv" });
 * const { encoding } = prepareTable(table, {
 *   targets: ["y"], task: "regression", testFraction: 0, seed: 1,
 * });
 * assertEquals(encodingFeatures(encoding), [{ name: "x", column: "x", kind: "number" }]);
 * ```
 */
export function encodingFeatures(
  encoding: {
    readonly inputs: readonly { readonly name: string }[];
    readonly columns?: readonly ColumnRecipe[];
  },
): Feature[] {
  const features = new Map(
    (encoding.columns ?? []).flatMap(({ name: column, features }) =>
      features.map(({ name, kind }) => [name, { name, column, kind }] as const)
    ),
  );
  return encoding.inputs.map(({ name }) =>
    features.get(name) ?? { name, column: name, kind: "number" }
  );
}
