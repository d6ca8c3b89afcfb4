/**
 * From a table to the numbers that a network reads, by an encoding.
 *
 * @module
 */

import { findColumn } from "../_column.ts";
import { selectRows, withColumns } from "../_lazy_table.ts";
import { type ColumnScale, unscaleValue } from "../scaling.ts";
import type { Table } from "../table_data.ts";
import { TableError } from "../table_error.ts";
import { isMissingNumber, isMissingText } from "./_missing.ts";
import { findNumberStyle, isPlainStyle } from "./_number_style.ts";
import { plainColumn, type ReadColumn, readColumn } from "./read_column.ts";
import type { ColumnRecipe, NumberStyle } from "./recipe.ts";

/** The fields of an encoding that say what a network reads. */
export interface InputFields {
  readonly inputs: readonly ColumnScale[];
  readonly columns?: readonly ColumnRecipe[];
  readonly missing?: "error";
}

/** Recipes of inputs whose file has none: columns of numbers. */
const plainRecipes = new WeakMap<ColumnScale, ColumnRecipe>();

/** A missing number of such a column becomes the middle of its range. */
function plainRecipe(scale: ColumnScale): ColumnRecipe {
  let recipe = plainRecipes.get(scale);
  if (recipe === undefined) {
    const { name } = scale, imputed = unscaleValue(scale, 0.5);
    recipe = { name, kind: "number", features: [{ name, kind: "number", imputed }] };
    plainRecipes.set(scale, recipe);
  }
  return recipe;
}

/** For every input its recipe and the place of its feature there. */
function sources({ inputs, columns = [] }: InputFields) {
  const places = new Map(
    columns.flatMap((recipe) =>
      recipe.features.map(({ name }, feature) => [name, { recipe, feature }] as const)
    ),
  );
  return inputs.map((scale) => {
    const { recipe, feature } = places.get(scale.name) ??
      { recipe: plainRecipe(scale), feature: 0 };
    return { scale, recipe, feature };
  });
}

/**
 * Reads the values of every input, not scaled, shape `[rows]` each; the arrays are shared: copy
 * before a change.
 *
 * @throws {TableError} If a column is missing or a cell cannot be read.
 */
export function inputValues(table: Table, encoding: InputFields): Float64Array[] {
  const refuse = encoding.missing === "error", from = sources(encoding);
  const offsets = new Map(from.map(({ recipe, scale: { offset } }) => [recipe, offset]));
  return from.map(({ recipe, feature }) =>
    readColumn(table, recipe, { refuse, offset: offsets.get(recipe) }).values[feature]
  );
}

/** Names of the columns of a table that an encoding reads, each once. */
export function inputColumns(encoding: InputFields): string[] {
  return [...new Set(sources(encoding).map(({ recipe }) => recipe.name))];
}

/** Cells of a column that stand for something else. */
export type ColumnGaps = Omit<ReadColumn, "values">;

/** Finds missing cells, unseen levels and cells that cannot be read in every column that has some. */
export function countGaps(table: Table, encoding: InputFields): Record<string, ColumnGaps> {
  const refuse = encoding.missing === "error", from = sources(encoding);
  const recipes = new Map(from.map(({ recipe, scale: { offset } }) => [recipe, offset]));
  return Object.fromEntries(
    [...recipes].flatMap(([recipe, offset]) => {
      const { values: _, ...gaps } = readColumn(table, recipe, { refuse, offset });
      const { missing, unseen, unread, respelt } = gaps;
      return missing === 0 && !unseen && !unread && !respelt ? [] : [[recipe.name, gaps]];
    }),
  );
}

/** The fields of an encoding that say what a network predicts. */
export type TargetFields =
  & {
    readonly missing?: "error";
    readonly weight?: string;
    /** How targets and weights are written; of those with a decimal point nothing is said. */
    readonly styles?: Readonly<Record<string, NumberStyle>>;
  }
  & (
    | { readonly task: "regression"; readonly targets: readonly { readonly name: string }[] }
    | { readonly task: "classification"; readonly target: string }
  );

/** Finds the styles of targets and weights that are not written with a decimal point. */
export function findStyles(
  table: Table,
  names: readonly string[],
): Readonly<Record<string, NumberStyle>> | undefined {
  const found = names.flatMap((name) => {
    const column = findColumn(table, name);
    if (column.numbers.fault < 0) return [];
    const texts = column.labels.texts.filter((text) => !isMissingNumber(text));
    const style = findNumberStyle(texts, table.source.delimiter);
    return style === undefined || texts.length === 0 || isPlainStyle(style) ? [] : [[name, style]];
  });
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

/** A table with plain numbers for targets and weights, and the rows that were left out. */
export interface KnownRows {
  readonly table: Table;
  /** The rows of the whole table that are left; absent: all. */
  readonly rows?: Uint32Array;
}

/**
 * Leaves out the rows without a target, unless a missing cell is an error, and writes targets and
 * weights with a decimal point.
 *
 * @throws {TableError} If there is no such column, or the targets of all rows are missing.
 */
export function knownRows(whole: Table, encoding: TargetFields): KnownRows {
  const { styles = {} } = encoding;
  const table = Object.keys(styles).length === 0 ? whole : withColumns(
    whole,
    whole.columns.map((name) => [name, plainColumn(findColumn(whole, name), styles[name])]),
  );
  const rows = encoding.missing === "error" ? undefined : rowsWithTargets(table, encoding);
  return rows === undefined ? { table } : { table: selectRows(table, rows), rows };
}

/** The rows of a table whose targets are there; undefined where all are. */
function rowsWithTargets(table: Table, encoding: TargetFields): Uint32Array | undefined {
  const names = encoding.task === "regression"
    ? encoding.targets.map(({ name }) => name)
    : [encoding.target];
  const isMissing = encoding.task === "regression" ? isMissingNumber : isMissingText;
  const out = new Uint8Array(table.rows);
  let any = false;
  for (const name of names) {
    const column = findColumn(table, name);
    if (encoding.task === "regression" && column.numbers.fault < 0) continue;
    const { texts, codes } = column.labels, missing = texts.map(isMissing);
    if (!missing.includes(true)) continue;
    any = true;
    codes.forEach((code, row) => missing[code] && (out[row] = 1));
  }
  if (!any) return undefined;
  const rows = Uint32Array.from(out.keys()).filter((row) => out[row] === 0);
  if (rows.length > 0) return rows;
  const place = { table: table.name, column: names[0] };
  throw new TableError(place, "hold targets", "none: every cell is missing");
}
