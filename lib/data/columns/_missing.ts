/**
 * How a missing cell is spelt.
 *
 * @module
 */

/** Missing in every column: nothing, and what R, pandas, spreadsheets and databases write. */
const MISSING = new Set(
  ["", "na", "n/a", "#n/a", "<na>", "nan", "-nan", "nat", "null", "?", "#null!", "\\n"],
);

/** Missing among numbers and dates; among texts they may be a level: no garage, no answer. */
const MISSING_NUMBER = new Set(
  [...["none", "nil", "missing", "unknown", "not available", "n.a.", "na.", ".", "-", "--", "—"]],
);

/** Whether a trimmed cell of a column of texts is missing. */
export function isMissingText(cell: string): boolean {
  return cell.length <= 6 && MISSING.has(cell.toLowerCase());
}

/** Whether a trimmed cell of a column of numbers or dates is missing. */
export function isMissingNumber(cell: string): boolean {
  return isMissingText(cell) || (cell.length <= 13 && MISSING_NUMBER.has(cell.toLowerCase()));
}
