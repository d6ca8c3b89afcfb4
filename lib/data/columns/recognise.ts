/**
 * Finds out what a column holds, by its training rows.
 *
 * @module
 */

import { type Column, findColumn } from "../_column.ts";
import type { Table } from "../table_data.ts";
import { TableError } from "../table_error.ts";
import { findDateOrder } from "./_dates.ts";
import { booleanLevels, levelOf, orderedLevels, rareBelow, sortLevels } from "./_levels.ts";
import { isMissingNumber, isMissingText } from "./_missing.ts";
import { findNumberStyle, isPlainStyle } from "./_number_style.ts";
import { dateRecipe } from "./_date_recipe.ts";
import { categoryRecipe, dropped } from "./_category_recipe.ts";
import { missingFeature, plainColumn } from "./read_column.ts";
import type { ColumnRecipe } from "./recipe.ts";

/** A column to be looked at. */
export interface ColumnQuestion {
  readonly table: Table;
  readonly name: string;
  /** The training rows. */
  readonly rows: Uint32Array;
  /** What it must be, `ordered:low:high` for example; absent: what it looks like. */
  readonly type?: string | undefined;
  /** Whether it was asked for by name: then a column of one value or of identifiers stays. */
  readonly named: boolean;
  /** Is subtracted from numbers. */
  readonly offset?: string | undefined;
}

/** The types that may be asked for. */
export const COLUMN_TYPES = [
  ...["number", "boolean", "category", "ordered", "date", "text"],
] as const;

/** Rows with fewer cells that are no numbers are slips in a column of numbers. */
const SLIPS = 0.05;

/** Names of columns that number the rows. */
const IDENTIFIER = /^(?:id|ids|index|idx|row|rownames?|rowid|uid|uuid|guid)$|[_ .-]id$|[a-z]I[Dd]$/;

/** Fewer rows than this do not tell an identifier. */
const LEAST_IDENTIFIERS = 20;

/** The different texts of some rows, and how often each occurs. */
function countTexts({ labels: { texts, codes } }: Column, rows: Uint32Array): Map<string, number> {
  const counts = new Int32Array(texts.length);
  for (const row of rows) counts[codes[row]]++;
  return new Map(texts.flatMap((text, code) => counts[code] === 0 ? [] : [[text, counts[code]]]));
}

/**
 * Finds what becomes of a column.
 *
 * @throws {TableError} If it cannot be what was asked for.
 */
export function recogniseColumn(question: ColumnQuestion): ColumnRecipe {
  const { table, name, rows, type } = question;
  const column = findColumn(table, name);
  if (type === "text") return dropped(name, "text, as --types says");
  const plain = type === undefined || type === "number";
  if (plain && column.numbers.fault < 0) return numberRecipe(question, column);
  if (plain && !rows.some((row) => Number.isNaN(column.numbers.values[row]))) {
    return numberRecipe(question, column);
  }
  const counts = countTexts(column, rows);
  const numbers = [...counts].filter(([text]) => !isMissingNumber(text));
  if (numbers.length === 0 && type === undefined) return dropped(name, "every cell is missing");
  const texts = numbers.map(([text]) => text);
  if (plain) {
    const style = findNumberStyle(texts, table.source.delimiter);
    if (style !== undefined) {
      return numberRecipe(question, column, isPlainStyle(style) ? undefined : style);
    }
    if (type === "number" || onlySlips(column, rows, numbers)) {
      return numberRecipe(question, column);
    }
  }
  if (type === undefined || type === "date") {
    const order = findDateOrder(texts, Math.max(1, SLIPS * texts.length));
    if (order !== undefined) return dateRecipe({ ...question, order }, column);
    if (type === "date") throw notAsked(question, "dates such as 2024-05-31", texts[0]);
  }
  return textRecipe(question, counts);
}

/** Whether the cells that are no numbers are so few that they must be mistakes. */
function onlySlips(
  { numbers: { values } }: Column,
  rows: Uint32Array,
  numbers: readonly (readonly [string, number])[],
): boolean {
  let good = 0, all = 0;
  for (const row of rows) if (!Number.isNaN(values[row])) good++;
  for (const [, count] of numbers) all += count;
  const slips = all - good;
  return good >= slips && slips <= Math.max(1, SLIPS * all);
}

function notAsked({ table, name }: ColumnQuestion, rule: string, found = "none"): TableError {
  return new TableError({ table: table.name, column: name }, `hold ${rule}`, JSON.stringify(found));
}

function numberRecipe(
  { name, rows, named, offset, type }: ColumnQuestion,
  written: Column,
  style?: ColumnRecipe["style"],
): ColumnRecipe {
  const column = plainColumn(written, style), { values } = column.numbers;
  const present = rows.filter((row) => !Number.isNaN(values[row]));
  if (present.length === 0) { // reading them says which cell is no number
    return { name, kind: "number", features: [{ name, kind: "number", imputed: 0 }] };
  }
  const missing = rows.length - present.length, first = values[present[0]];
  if (!named && type === undefined) {
    const { numbers: { long }, cells } = column; // long numbers differ where float64 does not
    const same = (row: number) => long ? cells[row] === cells[present[0]] : values[row] === first;
    if (missing === 0 && present.every(same)) {
      return dropped(name, `always ${written.cells[present[0]]}`);
    }
    if (missing === 0 && isIdentifier(name, values, present)) {
      return dropped(name, `an identifier: ${present.length} different numbers`);
    }
  }
  const shifted = offset === undefined ? values : column.minus(offset);
  const sorted = Float64Array.from(present, (row) => shifted[row]).sort();
  const middle = sorted.length >> 1;
  const imputed = sorted.length % 2 === 1
    ? sorted[middle]
    : sorted[middle - 1] / 2 + sorted[middle] / 2;
  return {
    name,
    kind: "number",
    ...(style === undefined ? {} : { style }),
    ...(missing === 0 ? {} : { missing }),
    features: [{ name, kind: "number", imputed }, ...missingFeature(name, missing, rows.length)],
  };
}

function isIdentifier(name: string, values: Float64Array, rows: Uint32Array): boolean {
  if (rows.length < LEAST_IDENTIFIERS || !IDENTIFIER.test(name)) return false;
  const different = new Set<number>();
  for (const row of rows) {
    if (!Number.isInteger(values[row])) return false;
    different.add(values[row]);
  }
  return different.size === rows.length || rows.some((row) => Math.abs(values[row]) > 2 ** 53);
}

function textRecipe(question: ColumnQuestion, counts: ReadonlyMap<string, number>): ColumnRecipe {
  const { name, rows, type = "" } = question;
  const levels = new Map<string, number>();
  let missing = 0;
  for (const [text, count] of counts) {
    if (isMissingText(text)) missing += count;
    else levels.set(levelOf(text), (levels.get(levelOf(text)) ?? 0) + count);
  }
  if (levels.size === 0) return dropped(name, "every cell is missing");
  const texts = [...levels.keys()];
  const more = missing === 0 ? {} : { missing };
  if (type.startsWith("ordered")) {
    const asked = type.split(":").slice(1).map((level) => levelOf(level.trim()));
    const strange = texts.find((text) => asked.length > 0 && !asked.includes(text));
    if (strange !== undefined) {
      throw notAsked(question, `only the levels ${asked.join(", ")}`, strange);
    }
    const known = orderedLevels(texts) ?? (isAllNumbers(texts) ? sortLevels(texts) : undefined);
    if (asked.length === 0 && known === undefined) {
      const rule = "levels of a known order (--types COL=ordered:LOW:MIDDLE:HIGH lists them)";
      throw notAsked(question, rule, sortLevels(texts).slice(0, 4).join(", "));
    }
    return orderRecipe(question, "ordered", asked.length > 0 ? asked : known!, levels, more);
  }
  if (type === "boolean") {
    const pair = booleanLevels(texts) ?? (texts.length === 2 ? sortLevels(texts) : undefined);
    if (pair === undefined) throw notAsked(question, "two values", texts.slice(0, 4).join(", "));
    return orderRecipe(question, "boolean", pair, levels, more);
  }
  const frequent = texts.every((text) => levels.get(text)! >= rareBelow(rows.length));
  if (type === "" && frequent) {
    const pair = booleanLevels(texts), order = orderedLevels(texts);
    if (pair !== undefined) return orderRecipe(question, "boolean", pair, levels, more);
    if (order !== undefined) return orderRecipe(question, "ordered", order, levels, more);
  }
  return categoryRecipe(question, levels, missing);
}

function isAllNumbers(texts: readonly string[]): boolean {
  return texts.every((text) => Number.isFinite(Number(text)));
}

/** Levels as numbers: no and yes as 0 and 1, an order as 0, 1, 2, ... */
function orderRecipe(
  { name, rows }: ColumnQuestion,
  kind: "ordered" | "boolean",
  levels: readonly string[],
  counts: ReadonlyMap<string, number>,
  more: { readonly missing?: number },
): ColumnRecipe {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  let imputed = (counts.get(levels[1]) ?? 0) / total;
  if (kind === "ordered") {
    let below = 0;
    imputed = levels.findIndex((level) => (below += counts.get(level) ?? 0) >= total / 2);
  }
  const features = [
    { name, kind, imputed },
    ...missingFeature(name, more.missing ?? 0, rows.length),
  ];
  return { name, kind, levels, ...more, features };
}
