/**
 * Columns that formulas need not look at: those without change, and copies of others.
 *
 * @module
 */

import { rangeOf } from "../../numerics/inner.ts";
import type { FormulaRows } from "./rows.ts";

/** Rows without such columns. */
export interface UsefulColumns {
  readonly data: FormulaRows;
  /** Which columns are left, by their numbers. */
  readonly kept: readonly number[];
  /** What was left out, in words. */
  readonly text: readonly string[];
}

/** Leaves out columns that are the same in all rows or the copy of one before. */
export function usefulColumns(data: FormulaRows): UsefulColumns {
  const kept: number[] = [], text: string[] = [], columns = [...data.columns];
  columns.forEach(([name, values], c) => {
    const [low, high] = rangeOf(values);
    if (!(high > low)) {
      text.push(`${name} is ${low} in all rows: formulas leave it out`);
      return;
    }
    const twin = kept.find((other) => columns[other][1].every((x, r) => x === values[r]));
    if (twin === undefined) kept.push(c);
    else text.push(`${name} is a copy of ${columns[twin][0]}: formulas leave it out`);
  });
  return {
    data: { ...data, columns: new Map(kept.map((c) => columns[c])) },
    kept,
    text,
  };
}
