/**
 * Reads the cells of a column as its recipe says: a list of numbers for every feature.
 *
 * @module
 */

import { cellError } from "../_cell_error.ts";
import { Column, findColumn } from "../_column.ts";
import { parseNumber } from "../_number.ts";
import type { Table } from "../table_data.ts";
import { datePart, parseDate, weekday, WEEKDAYS } from "./_dates.ts";
import { levelOf, rareBelow } from "./_levels.ts";
import { isMissingNumber, isMissingText } from "./_missing.ts";
import { plainDigits } from "./_number_style.ts";
import type { ColumnRecipe, FeatureRecipe, NumberStyle } from "./recipe.ts";
import { respell, type RespeltColumn, type StrangeCells } from "./_respelt.ts";

/** A column as its recipe reads it. */
export interface ReadColumn {
  /** The values of every feature of the recipe, shape `[rows]` each; shared: copy before a change. */
  readonly values: readonly Float64Array[];
  /** Number of missing cells. */
  readonly missing: number;
  /** Cells with a level that the training rows do not have; absent: none. */
  readonly unseen?: StrangeCells;
  /** Cells that are no numbers, or no dates, and count as missing; absent: none. */
  readonly unread?: StrangeCells;
  /** Numbers that are written otherwise than in the training rows; absent: none. */
  readonly respelt?: NonNullable<RespeltColumn["respelt"]>;
}

/** How missing cells and numbers are read. */
export interface ReadOptions {
  /** Whether a missing cell, or one that cannot be read, is an error. */
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
  const kept = column.made(recipe, () => new Map<string, ReadColumn>());
  const key = `${options.refuse} ${options.offset ?? ""}`;
  let read = kept.get(key);
  if (read === undefined) {
    read = recipe.kind === "number"
      ? readNumbers(table, column, recipe, options)
      : readTexts(table, column, recipe, options);
    kept.set(key, read);
  }
  return read;
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
  const styled = plainColumn(written, recipe.style);
  const { column, respelt } = refuse
    ? { column: styled, respelt: undefined }
    : respell(styled, table.source.delimiter);
  const { numbers } = column, { features } = recipe;
  const values = offset === undefined ? numbers.values : column.minus(offset);
  const also = respelt === undefined ? {} : { respelt };
  if (numbers.fault < 0) {
    const nothing = new Float64Array(features.length > 1 ? values.length : 0);
    const lists = features.map(({ kind }) => kind === "number" ? values : nothing);
    return { values: lists, missing: 0, ...also };
  }
  const isMissing = new Uint8Array(values.length), strange = tally();
  let missing = 0;
  for (let row = numbers.fault; row < values.length; row++) {
    if (!Number.isNaN(numbers.values[row])) continue;
    const cell = written.cells[row], known = isMissingNumber(cell);
    if (refuse) {
      const rule = parseNumber(cell) === undefined ? "a number" : "a finite number";
      throw cellError(table, recipe.name, row, cell, rule);
    }
    isMissing[row] = 1;
    if (known) missing++;
    else strange.add(cell);
  }
  const lists = features.map(({ kind, imputed }) =>
    kind === "missing"
      ? Float64Array.from(isMissing)
      : values.map((value, row) => isMissing[row] === 1 ? imputed : value)
  );
  return { values: lists, missing, ...strange.named("unread"), ...also };
}

/** Counts cells and keeps the first. */
function tally() {
  let rows = 0, example = "";
  return {
    add(cell: string): void {
      if (rows++ === 0) example = cell;
    },
    /** What was found under a name; nothing where nothing was. */
    named<Name extends string>(name: Name): { [key in Name]?: StrangeCells } {
      if (rows === 0) return {};
      return { [name]: { rows, example } } as { [key in Name]: StrangeCells };
    },
  };
}

/** What a text says: the value of every feature. */
interface TextValues {
  readonly values: readonly number[];
  readonly missing: boolean;
  readonly unseen: boolean;
  /** Whether it is none of what the recipe says: then it counts as missing. */
  readonly unread?: boolean;
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
    if (refuse && (found.missing || found.unread)) {
      const rule = recipe.kind === "date" ? "a date" : "a level";
      throw cellError(table, recipe.name, codes.indexOf(code), text, rule);
    }
    return found;
  });
  const values = features.map(() => new Float64Array(codes.length));
  const unseen = tally(), unread = tally();
  let missing = 0;
  for (let row = 0; row < codes.length; row++) {
    const one = said[codes[row]];
    for (let f = 0; f < features.length; f++) values[f][row] = one.values[f];
    if (one.missing) missing++;
    if (one.unseen) unseen.add(texts[codes[row]]);
    if (one.unread) unread.add(texts[codes[row]]);
  }
  return { values, missing, ...unseen.named("unseen"), ...unread.named("unread") };
}

/** Reads one text. */
function textReader(recipe: ColumnRecipe): (text: string) => TextValues {
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
      if (days === undefined) return { ...missing, missing: false, unread: true };
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
