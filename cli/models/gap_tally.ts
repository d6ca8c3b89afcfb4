/**
 * How many cells of a table are missing, cannot be read, or hold a level that the training rows do
 * not have.
 *
 * @module
 */

import { type ColumnGaps, countGaps } from "../../lib/data/inner.ts";
import type { GalleryEncoding, Table, TableEncoding } from "../../lib/data/mod.ts";

/** Cells of one column that stand for something else; counts are of rows. */
export interface ImputedCells {
  readonly missing: number;
  /** Levels that the training rows do not have. */
  readonly unseen: number;
  /** Cells that are no numbers, or no dates; absent: none. */
  readonly unread?: number;
  /** Numbers written otherwise than in the training rows; absent: none. */
  readonly respelt?: number;
  /** The first cell of each kind but the missing ones; absent: none. */
  readonly examples?: { readonly [kind in Kind]?: string };
}

/** A kind of cells that has an example. */
type Kind = "unseen" | "unread" | "respelt";

/** Cells that were imputed, by the name of the column; columns without any are left out. */
export type Imputed = Readonly<Record<string, ImputedCells>>;

/** Counts cells, part by part. */
export type GapTally = ReturnType<typeof createGapTally>;

/** What inputs are made of: all that counting needs. */
type Fields = Parameters<typeof countGaps>[1];

/** Begins to count; networks of the gallery have no gaps. */
export function createGapTally(
  encoding: TableEncoding | GalleryEncoding | ({ readonly kind: "features" } & Fields) | undefined,
) {
  const found = new Map<string, ImputedCells>();

  /** Takes in the rows of a part. */
  function add(table: Table): void {
    if (encoding === undefined || encoding.kind === "gallery") return;
    for (const [name, gaps] of Object.entries(countGaps(table, encoding))) {
      found.set(name, joined(found.get(name), gaps));
    }
  }

  let leftOut = 0;

  /** Takes in rows that are left out because a target is missing. */
  function leave(rows: number): void {
    leftOut += rows;
  }

  return {
    ...{ add, leave },
    result: (): Imputed => Object.fromEntries(found),
    /** Number of rows that were left out. */
    left: (): number => leftOut,
  };
}

/** Says how many rows have no target; nothing where all have one. */
export function leftOutNotes(rows: number): string[] {
  if (rows === 0) return [];
  return [`note: ${rows === 1 ? "1 row is" : `${rows} rows are`} left out: no target`];
}

/** Adds the cells of a part to those of the parts before. */
function joined(before: ImputedCells | undefined, gaps: ColumnGaps): ImputedCells {
  const { unseen, unread, respelt } = gaps;
  const examples = {
    ...(unseen && { unseen: unseen.example }),
    ...(unread && { unread: unread.example }),
    ...(respelt && { respelt: `${respelt.example}, read as ${respelt.value}` }),
    ...before?.examples,
  };
  const sum = (kind: "unread" | "respelt") => {
    const rows = (before?.[kind] ?? 0) + (gaps[kind]?.rows ?? 0);
    return rows === 0 ? {} : { [kind]: rows };
  };
  return {
    missing: (before?.missing ?? 0) + gaps.missing,
    unseen: (before?.unseen ?? 0) + (unseen?.rows ?? 0),
    ...sum("unread"),
    ...sum("respelt"),
    ...(Object.keys(examples).length === 0 ? {} : { examples }),
  };
}

/** Most columns that the note names. */
const MOST_COLUMNS = 3;

/** Most characters of a cell that a note repeats. */
const MOST_CHARACTERS = 40;

/** Says which cells were imputed or read otherwise; nothing where none was. */
export function imputedNotes(imputed: Imputed): string[] {
  return [
    ...note(
      imputed,
      "missing",
      "cells are missing",
      "they count as the middle of the training rows, with the effect that missing cells had there",
    ),
    ...unreadNotes(imputed),
    ...note(
      imputed,
      "unseen",
      "levels that the training rows do not have",
      "they count as the rare levels, or as the mean of all levels",
    ),
  ];
}

/** Says which cells are no numbers or dates, or written otherwise; nothing where none is. */
export function unreadNotes(imputed: Imputed): string[] {
  return [
    ...note(imputed, "unread", "cells cannot be read", "they count as missing"),
    ...note(imputed, "respelt", "numbers are written in another way than the column's others"),
  ];
}

function note(imputed: Imputed, kind: Kind | "missing", what: string, how = ""): string[] {
  const rows = (cells: ImputedCells): number => cells[kind] ?? 0;
  const found = Object.entries(imputed).filter(([, cells]) => rows(cells) > 0)
    .sort(([, a], [, b]) => rows(b) - rows(a));
  if (found.length === 0) return [];
  const told = found.slice(0, MOST_COLUMNS).map(([name, cells]) => {
    const example = kind === "missing" ? undefined : cells.examples?.[kind];
    const such = example === undefined ? "" : `, such as ${quoted(example, kind)}`;
    return `${rows(cells)} in ${JSON.stringify(name)}${such}`;
  });
  const more = found.length > MOST_COLUMNS ? `; and ${found.length - MOST_COLUMNS} more` : "";
  return [`note: ${what} (${told.join("; ")}${more})${how === "" ? "" : `: ${how}`}`];
}

/** An example on one line; of a number written otherwise it says how it was read. */
function quoted(example: string, kind: Kind | "missing"): string {
  const text = example.length > MOST_CHARACTERS
    ? `${example.slice(0, MOST_CHARACTERS - 3)}...`
    : example;
  return kind === "respelt" ? text : JSON.stringify(text);
}
