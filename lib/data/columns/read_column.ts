/**
 * Reads the cells of a column as its recipe says: a list of numbers for every feature.
 *
 * @module
 */

import { cellError } from "../_cell_error.ts";
import { Column, findColumn } from "../_column.ts";
import type { Table } from "../table_data.ts";
import { datePart, parseDate, weekday, WEEKDAYS } from "./_dates.ts";
import { levelOf, rareBelow } from "./_levels.ts";
import { isMissingNumber, isMissingText } from "./_missing.ts";
import { plainDigits } from "./_number_style.ts";
import type { ColumnRecipe, FeatureRecipe, NumberStyle } from "./recipe.ts";

/** A column as its recipe reads it. */
export interface ReadColumn {
  /** The values of every feature of the recipe, shape `[rows]` each; shared: copy before a change. */
  readonly values: readonly Float64Array[];
  /** Number of missing cells. */
  readonly missing: number;
  /** Number of cells with a level that the training rows do not have. */
  readonly unseen: number;
}

/** How missing cells and numbers are read. */
export interface ReadOptions {
  /** Whether a missing cell is an error. */
  readonly refuse: boolean;
  /** Is subtracted from every number, exactly. */
  readonly offset?: string | undefined;
}

/**
 * Reads a column of a table; every later call for the same recipe returns what the first one read.
 *
 * @throws {TableError} If there is no such column or a cell is not what the recipe says.
 */
export function readColumn(table: Table, recipe: ColumnRecipe, options: ReadOptions): ReadColumn {
  const column = findColumn(table, recipe.name);
  return column.made(recipe, () => {
    const kept = recipe.kind === "number"
      ? readNumbers(table, column, recipe, options)
      : readTexts(table, column, recipe, options);
    return kept;
  });
}

/** The same numbers with a decimal point and nothing between digits; other cells as they are. */
export function plainColumn(column: Column, style: NumberStyle | undefined): Column {
  if (style === undefined) return column;
  return column.made(
    style,
    () => new Column(column.cells.map((cell) => plainDigits(cell, style) ?? cell)),
  );
}

function readNumbers(
  table: Table,
  written: Column,
  recipe: ColumnRecipe,
  { refuse, offset }: ReadOptions,
): ReadColumn {
  const column = plainColumn(written, recipe.style), { numbers } = column;
  const { features } = recipe;
  const values = offset === undefined ? numbers.values : column.minus(offset);
  if (numbers.fault < 0) {
    const nothing = new Float64Array(features.length > 1 ? values.length : 0);
    const lists = features.map(({ kind }) => kind === "number" ? values : nothing);
    return { values: lists, missing: 0, unseen: 0 };
  }
  const isMissing = new Uint8Array(values.length);
  let missing = 0;
  for (let row = numbers.fault; row < values.length; row++) {
    if (!Number.isNaN(numbers.values[row])) continue;
    const cell = written.cells[row];
    if (refuse || !isMissingNumber(cell)) {
      throw cellError(table, recipe.name, row, cell, "a number");
    }
    isMissing[row] = 1;
    missing++;
  }
  const lists = features.map(({ kind, imputed }) =>
    kind === "missing"
      ? Float64Array.from(isMissing)
      : values.map((value, row) => isMissing[row] === 1 ? imputed : value)
  );
  return { values: lists, missing, unseen: 0 };
}

/** What a text says: the value of every feature. */
interface TextValues {
  readonly values: readonly number[];
  readonly missing: boolean;
  readonly unseen: boolean;
}

function readTexts(
  table: Table,
  column: Column,
  recipe: ColumnRecipe,
  { refuse }: ReadOptions,
): ReadColumn {
  const { texts, codes } = column.labels, { features } = recipe;
  const read = textReader(recipe);
  const said = texts.map((text, code) => {
    const found = read(text);
    if (found === undefined || (refuse && found.missing)) {
      const rule = recipe.kind === "date" ? "a date" : "a level";
      throw cellError(table, recipe.name, codes.indexOf(code), text, rule);
    }
    return found;
  });
  const values = features.map(() => new Float64Array(codes.length));
  let missing = 0, unseen = 0;
  for (let row = 0; row < codes.length; row++) {
    const one = said[codes[row]];
    for (let f = 0; f < features.length; f++) values[f][row] = one.values[f];
    if (one.missing) missing++;
    if (one.unseen) unseen++;
  }
  return { values, missing, unseen };
}

/** Reads one text; undefined where it is not what the recipe says. */
function textReader(recipe: ColumnRecipe): (text: string) => TextValues | undefined {
  const { features, kind, order, levels = [] } = recipe;
  const imputed = features.map((feature) => feature.kind === "missing" ? 0 : feature.imputed);
  const absent = features.map((feature) => feature.kind === "missing" ? 1 : feature.imputed);
  const missing = { values: absent, missing: true, unseen: false };
  const seen = (value: (feature: FeatureRecipe) => number): TextValues => ({
    values: features.map((feature) => feature.kind === "missing" ? 0 : value(feature)),
    ...{ missing: false, unseen: false },
  });
  if (kind === "date") {
    return (text) => {
      if (isMissingNumber(text)) return missing;
      const days = parseDate(text, order!);
      if (days === undefined) return undefined;
      return seen(({ part, level }) =>
        part === "weekday" ? Number(WEEKDAYS[weekday(days)] === level) : datePart(days, part!)
      );
    };
  }
  const codeOf = new Map(levels.map((level, code) => [level, code]));
  const grouped = features.some((feature) =>
    feature.kind === "level" && feature.level === undefined
  );
  return (text) => {
    if (isMissingText(text)) return missing;
    const level = levelOf(text), code = codeOf.get(level);
    if (kind !== "category" && code === undefined) {
      return { values: imputed, missing: false, unseen: true };
    }
    if (code === undefined) {
      const rare = recipe.rare?.includes(level) ?? false;
      if (!grouped) return { values: imputed, missing: false, unseen: !rare };
      return { ...seen((feature) => Number(feature.level === undefined)), unseen: !rare };
    }
    if (kind !== "category") return seen(() => code);
    return seen((feature) => Number(feature.level === level));
  };
}

/** The feature that says whether a cell is missing, if that is so in enough training rows. */
export function missingFeature(name: string, missing: number, rows: number): FeatureRecipe[] {
  if (missing < rareBelow(rows) || missing === rows) return [];
  return [{ name: `${name} missing`, kind: "missing", imputed: 1 }];
}
