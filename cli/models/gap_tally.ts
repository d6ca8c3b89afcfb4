/**
 * How many cells of a table are missing, or hold a level that the training rows do not have.
 *
 * @module
 */

import { type ColumnGaps, countGaps } from "../../lib/data/inner.ts";
import type { GalleryEncoding, Table, TableEncoding } from "../../lib/data/mod.ts";

/** Cells that were imputed, by the name of the column; columns without any are left out. */
export type Imputed = Readonly<Record<string, ColumnGaps>>;

/** Counts cells, part by part. */
export type GapTally = ReturnType<typeof createGapTally>;

/** Begins to count; networks of the gallery have no gaps. */
export function createGapTally(encoding: TableEncoding | GalleryEncoding | undefined) {
  const found = new Map<string, ColumnGaps>();

  /** Takes in the rows of a part. */
  function add(table: Table): void {
    if (encoding?.kind !== "table") return;
    for (const [name, { missing, unseen }] of Object.entries(countGaps(table, encoding))) {
      const before = found.get(name) ?? { missing: 0, unseen: 0 };
      found.set(name, { missing: before.missing + missing, unseen: before.unseen + unseen });
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

/** Most columns that the note names. */
const MOST_COLUMNS = 3;

/** Says which cells were imputed; nothing where none was. */
export function imputedNotes(imputed: Imputed): string[] {
  const note = (kind: "missing" | "unseen", what: string, how: string): string[] => {
    const found = Object.entries(imputed).filter(([, gaps]) => gaps[kind] > 0)
      .sort(([, a], [, b]) => b[kind] - a[kind]);
    if (found.length === 0) return [];
    const told = found.slice(0, MOST_COLUMNS).map(([name, gaps]) =>
      `${gaps[kind]} in ${JSON.stringify(name)}`
    );
    const more = found.length > MOST_COLUMNS ? `, and ${found.length - MOST_COLUMNS} more` : "";
    return [`note: ${what} (${told.join(", ")}${more}): ${how}`];
  };
  return [
    ...note(
      "missing",
      "cells are missing",
      "they count as the middle of the training rows, with the effect that missing cells had there",
    ),
    ...note(
      "unseen",
      "levels that the training rows do not have",
      "they count as the rare levels, or as the mean of all levels",
    ),
  ];
}
