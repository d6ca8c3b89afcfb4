/**
 * What became of the columns of a table, for people and as data.
 *
 * @module
 */

import { describeRecipe, isPlainRecipe } from "../../lib/data/inner.ts";
import type { ColumnRecipe } from "../../lib/data/mod.ts";
import { textTable } from "../terminal/text_table.ts";

/** A line for every column that is no plain number; empty where there is none. */
export function columnsText(columns: readonly ColumnRecipe[] = []): string {
  const lines = columns.filter((recipe) => !isPlainRecipe(recipe))
    .map((recipe) => [recipe.name, recipe.kind, describeRecipe(recipe)]);
  if (lines.length === 0) return "";
  return textTable(lines, "lll").split("\n").map((line) => `  ${line.trimEnd()}`).join("\n");
}

/** All columns, as `--json` has them. */
export function columnsJson(columns: readonly ColumnRecipe[] | undefined) {
  return columns?.map(({ features, rare, ...recipe }) => ({
    ...recipe,
    ...(rare === undefined ? {} : { rare: rare.length }),
    features: features.map(({ name }) => name),
  }));
}
