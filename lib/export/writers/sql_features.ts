/**
 * A query that makes a model's features of the raw columns of a table.
 *
 * @module
 */

import { isPlainRecipe, MISSING_NUMBERS, MISSING_TEXTS } from "../../data/inner.ts";
import type { ColumnRecipe, FeatureRecipe, TableEncoding } from "../../data/mod.ts";

const name = (text: string): string => `"${text.replace(/"/g, '""')}"`;
const literal = (text: string): string => `'${text.replace(/'/g, "''")}'`;
const real = (value: number): string => {
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
};
const list = (texts: readonly string[]): string => texts.map(literal).join(", ");

/** What the query is called. */
const FEATURES = "freeknot_features";

/**
 * Puts a query in front of an exported `SELECT`, which then reads its features instead of a table.
 *
 * @param encoding How the table became numbers.
 * @param table The table of raw columns.
 * @param write Writes the `SELECT` that reads a table of a name.
 * @returns Undefined where all columns are plain numbers, or one holds dates, which every database
 * reads in its own way.
 *
 * @example
 * ```ts
 * import { parseTable, prepareTable } from "@freeknot/freeknot";
 * import { withSqlFeatures } from "@freeknot/freeknot/export";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const rows = Array.from({ length: 20 }, (_, i) => `${"ab"[i % 2]},${i}`);
 * const table = parseTable(`kind,y\n${rows.join("\n")}\n`, { name: "kinds.csv" });
 * const { encoding } = prepareTable(table, { targets: ["y"], task: "regression", seed: 1 });
 * const sql = withSqlFeatures(encoding, "kinds", (from) => `SELECT * FROM ${from}`);
 * assertStringIncludes(sql!, `WHEN TRIM(CAST("kind" AS TEXT)) = 'b' THEN 1.0`);
 * ```
 */
export function withSqlFeatures(
  encoding: Pick<TableEncoding, "inputs" | "columns">,
  table: string,
  write: (table: string) => string,
): string | undefined {
  const { inputs, columns = [] } = encoding;
  const found = new Map(
    columns.flatMap((recipe) =>
      recipe.features.map((feature) => [feature.name, { recipe, feature }] as const)
    ),
  );
  const used = inputs.map(({ name, offset }) => ({ name, offset, source: found.get(name) }));
  const recipes = used.map(({ source }) => source?.recipe);
  if (recipes.every((recipe) => recipe === undefined || isPlainRecipe(recipe))) return undefined;
  if (recipes.some((recipe) => recipe?.kind === "date")) return undefined;
  const lines = used.map(({ name: feature, offset, source }) => {
    const value = source === undefined
      ? name(feature)
      : expression(source.recipe, source.feature, Number(offset ?? 0));
    return `    ${value} AS ${name(feature)}`;
  });
  const query = `${FEATURES} AS (\n  SELECT\n${lines.join(",\n")}\n  FROM ${name(table)}\n)`;
  const text = write(FEATURES), begin = text.search(/^(?!--)/m);
  const head = text.slice(0, begin), body = text.slice(begin);
  return body.startsWith("WITH ")
    ? `${head}WITH ${query}, ${body.slice("WITH ".length)}`
    : `${head}WITH ${query}\n${body}`;
}

function expression(recipe: ColumnRecipe, feature: FeatureRecipe, offset: number): string {
  const { kind, levels = [], features } = recipe, column = name(recipe.name);
  const text = `TRIM(CAST(${column} AS TEXT))`;
  const words = kind === "number" ? [...MISSING_TEXTS, ...MISSING_NUMBERS] : MISSING_TEXTS;
  const missing = `${column} IS NULL OR LOWER(${text}) IN (${list(words)})`;
  if (feature.kind === "missing") return `CASE WHEN ${missing} THEN 1.0 ELSE 0.0 END`;
  const imputed = real(feature.imputed + offset);
  const first = `CASE WHEN ${missing} THEN ${imputed}`;
  if (kind === "number") return `${first} ELSE ${numberOf(recipe, column, text)} END`;
  const numbers = levels.every((level) => level.trim() !== "" && Number.isFinite(Number(level)));
  const left = numbers ? `CAST(${column} AS DOUBLE PRECISION)` : text;
  const right = (level: string) => numbers ? real(Number(level)) : literal(level);
  if (kind !== "category") {
    const codes = levels.map((level, code) => `WHEN ${left} = ${right(level)} THEN ${real(code)}`);
    return `${first} ${codes.join(" ")} ELSE ${imputed} END`;
  }
  const among = `${left} IN (${levels.map(right).join(", ")})`;
  if (feature.level === undefined) return `${first} WHEN ${among} THEN 0.0 ELSE 1.0 END`;
  const grouped = features.some((each) => each.kind === "level" && each.level === undefined);
  return `${first} WHEN ${left} = ${right(feature.level)} THEN 1.0 ` +
    `WHEN ${among} THEN 0.0 ELSE ${grouped ? "0.0" : imputed} END`;
}

function numberOf({ style }: ColumnRecipe, column: string, text: string): string {
  if (style === undefined) return `CAST(${column} AS DOUBLE PRECISION)`;
  const { decimal, thousands } = style;
  const marks = thousands === " " ? [" ", "\u00a0", "\u2009", "\u202f"] : thousands ?? [];
  const bare = [marks].flat().reduce(
    (code, mark) => `REPLACE(${code}, ${literal(mark)}, '')`,
    text,
  );
  return `CAST(${decimal === "," ? `REPLACE(${bare}, ',', '.')` : bare} AS DOUBLE PRECISION)`;
}
