/**
 * The recipes of all columns of a table.
 *
 * @module
 */

import { findColumn } from "../_column.ts";
import { createHash } from "../_hash.ts";
import { didYouMean } from "../nearest.ts";
import type { Table } from "../table_data.ts";
import { TableError } from "../table_error.ts";
import type { ColumnRecipe, FeatureRecipe } from "./recipe.ts";
import { readColumn } from "./read_column.ts";
import { COLUMN_TYPES, recogniseColumn } from "./recognise.ts";

/** What recognition goes by. */
export interface RecipeOptions {
  /** Names of the columns that may be inputs. */
  readonly inputs: readonly string[];
  /** Whether the inputs were named one by one. */
  readonly named: boolean;
  /** Types that were asked for, by the name of the column. */
  readonly types: Readonly<Record<string, string>>;
  /** Training rows. */
  readonly rows: Uint32Array;
  /** Exact offsets by the name of the column. */
  readonly offsets: ReadonlyMap<string, string>;
}

/**
 * Finds the recipes of the input columns, with a name of its own for every feature.
 *
 * Columns that were named, or that alone are left, stay even if they hold one value or identifiers.
 *
 * @throws {TableError} If a column cannot be what was asked for, or no feature is left.
 */
export function findRecipes(table: Table, options: RecipeOptions): ColumnRecipe[] {
  const { inputs, types, rows, offsets } = options;
  for (const [name, type] of Object.entries(types)) checkType(table, name, type, inputs);
  const find = (named: boolean): ColumnRecipe[] =>
    inputs.map((name) =>
      recogniseColumn({
        ...{ table, name, rows, named },
        ...{
          type: Object.hasOwn(types, name) ? types[name] : undefined,
          offset: offsets.get(name),
        },
      })
    );
  let recipes = find(options.named);
  if (!options.named && recipes.every(({ features }) => features.length === 0)) {
    recipes = find(true);
  }
  for (const { name, kind, reason } of recipes) {
    if (!options.named || kind !== "dropped" || Object.hasOwn(types, name)) continue;
    const rule = "hold numbers, dates or categories to be an input";
    throw new TableError({ table: table.name, column: name }, rule, reason!);
  }
  if (recipes.every(({ features }) => features.length === 0)) {
    const [first] = recipes;
    const found = first === undefined ? "none" : `${JSON.stringify(first.name)}: ${first.reason}`;
    const rule = "have an input column of numbers, dates or categories";
    throw new TableError({ table: table.name }, rule, found);
  }
  return withNames(withoutTwins(table, recipes, rows), table.columns);
}

function checkType(
  table: Table,
  name: string,
  type: string,
  inputs: readonly string[],
): void {
  findColumn(table, name);
  const [kind] = type.split(":");
  const known = COLUMN_TYPES.some((each) => each === kind) &&
    (kind === "ordered" || !type.includes(":"));
  if (!known) {
    throw new TableError(
      { table: table.name, column: name },
      `have one of the types ${COLUMN_TYPES.join(", ")}`,
      JSON.stringify(type) + didYouMean(type, COLUMN_TYPES),
    );
  }
  if (!inputs.includes(name)) {
    throw new TableError({ table: table.name, column: name }, "be an input to have a type", "none");
  }
}

/** Of columns that are missing in the same training rows only the first says so. */
function withoutTwins(
  table: Table,
  recipes: readonly ColumnRecipe[],
  rows: Uint32Array,
): ColumnRecipe[] {
  const seen = new Set<string>();
  return recipes.map((recipe) => {
    const place = recipe.features.findIndex(({ kind }) => kind === "missing");
    if (place < 0) return recipe;
    const values = readColumn(table, recipe, { refuse: false }).values[place];
    const hash = createHash();
    hash.numbers(Float64Array.from(rows, (row) => values[row]));
    const mask = hash.digest();
    if (!seen.has(mask)) {
      seen.add(mask);
      return recipe;
    }
    const features = recipe.features.filter((_, feature) => feature !== place);
    return features.length === 0 ? recipe : { ...recipe, features };
  });
}

/** Gives a feature another name where it would have that of a column or of another feature. */
function withNames(recipes: readonly ColumnRecipe[], columns: readonly string[]): ColumnRecipe[] {
  const taken = new Set(columns);
  const free = (name: string, column: string): string => {
    if (name === column) return name;
    let found = name;
    while (taken.has(found)) found += "_";
    taken.add(found);
    return found;
  };
  return recipes.map((recipe) => ({
    ...recipe,
    features: recipe.features.map((feature): FeatureRecipe => ({
      ...feature,
      name: free(feature.name, recipe.name),
    })),
  }));
}
