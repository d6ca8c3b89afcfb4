/**
 * Finds out what a column holds, by its training rows.
 *
 * @module
 */

import { cellError } from "../_cell_error.ts";
import { type Column, findColumn } from "../_column.ts";
import { parseNumber } from "../_number.ts";
import type { Table } from "../table_data.ts";
import { TableError } from "../table_error.ts";
import { findDateOrder } from "./_dates.ts";
import { booleanLevels, levelOf, orderedLevels, rareBelow, sortLevels } from "./_levels.ts";
import { isMissingNumber, isMissingText } from "./_missing.ts";
import { findNumberStyle, isPlainStyle } from "./_number_style.ts";
import { dateRecipe } from "./_date_recipe.ts";
import { categoryRecipe, dropped } from "./_category_recipe.ts";
import { medianOf } from "./_median.ts";
import { mayBeNumber, respell } from "./_respelt.ts";
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
    const spelt = slipStyle(question, numbers);
    if (spelt !== undefined) return numberRecipe(question, column, spelt.style);
    if (type === "number") {
      const cell = texts.find((text) => parseNumber(text) === undefined) ?? texts[0];
      const row = rows.find((each) => column.cells[each] === cell)!;
      throw cellError(table, name, row, cell, "a number");
    }
  }
  if (type === undefined || type === "date") {
    const order = findDateOrder(texts, Math.max(1, SLIPS * texts.length));
    if (order !== undefined) return dateRecipe({ ...question, order }, column);
    if (type === "date") throw notAsked(question, "dates such as 2024-05-31", texts[0]);
  }
  return textRecipe(question, counts);
}

/**
 * The style of a column of numbers where some cells are none, so few that they must be mistakes;
 * undefined where they are more. Where numbers were asked for, half of the cells may be none.
 */
function slipStyle(
  { table, type }: ColumnQuestion,
  counts: readonly (readonly [string, number])[],
): { readonly style: ColumnRecipe["style"] } | undefined {
  const sum = (fits: (text: string) => boolean): number =>
    counts.reduce((total, [text, count]) => fits(text) ? total + count : total, 0);
  const all = sum(() => true);
  const few = (good: number): boolean =>
    good >= all - good && (type === "number" || all - good <= Math.max(1, SLIPS * all));
  if (few(sum((text) => Number.isFinite(parseNumber(text) ?? NaN)))) return { style: undefined };
  if (!few(sum(mayBeNumber))) return undefined;
  const digits = counts.map(([text]) => text).filter(mayBeNumber);
  const style = findNumberStyle(digits, table.source.delimiter);
  return style === undefined ? undefined : { style };
}

function notAsked({ table, name }: ColumnQuestion, rule: string, found = "none"): TableError {
  return new TableError({ table: table.name, column: name }, `hold ${rule}`, JSON.stringify(found));
}

function numberRecipe(
  { table, name, rows, named, offset, type }: ColumnQuestion,
  written: Column,
  style?: ColumnRecipe["style"],
): ColumnRecipe {
  const { column } = respell(plainColumn(written, style), table.source.delimiter);
  const { values } = column.numbers;
  const present = column.numbers.fault < 0
    ? rows
    : rows.filter((row) => !Number.isNaN(values[row]));
  if (present.length === 0) { // all are missing
    return { name, kind: "number", features: [{ name, kind: "number", imputed: 0 }] };
  }
  const missing = rows.length - present.length, first = values[present[0]];
  if (!named && type === undefined) {
    const isOne = missing === 0 && present.every((row) => values[row] === first);
    if (isOne && !(column.numbers.long && hasSeveralTexts(column, present))) {
      return dropped(name, `always ${written.cells[present[0]]}`);
    }
    if (missing === 0 && isIdentifier(name, values, present)) {
      return dropped(name, `an identifier: ${present.length} different numbers`);
    }
  }
  const shifted = offset === undefined ? values : column.minus(offset);
  const imputed = medianOf(shifted, present);
  return {
    name,
    kind: "number",
    ...(style === undefined ? {} : { style }),
    ...(missing === 0 ? {} : { missing }),
    features: [{ name, kind: "number", imputed }, ...missingFeature(name, missing, rows.length)],
  };
}

/** Long numbers may differ where float64 does not. */
function hasSeveralTexts({ cells }: Column, rows: Uint32Array): boolean {
  return rows.some((row) => cells[row] !== cells[rows[0]]);
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
