/**
 * How a missing cell is spelt.
 *
 * @module
 */

/** Missing in every column: nothing, and what R, pandas, spreadsheets and databases write. */
export const MISSING_TEXTS = [
  ...["", "na", "n/a", "#n/a", "<na>", "nan", "-nan", "nat", "null", "?", "#null!", "\\n"],
];
const MISSING = new Set(MISSING_TEXTS);

/** Missing among numbers and dates; among texts they may be a level: no garage, no answer. */
export const MISSING_NUMBERS = [
  ...["none", "nil", "missing", "unknown", "not available", "n.a.", "na.", ".", "-", "--", "—"],
];
const MISSING_NUMBER = new Set(MISSING_NUMBERS);

/** Whether a trimmed cell of a column of texts is missing. */
export function isMissingText(cell: string): boolean {
  return cell.length <= 6 && MISSING.has(cell.toLowerCase());
}

/** Whether a trimmed cell of a column of numbers or dates is missing. */
export function isMissingNumber(cell: string): boolean {
  return isMissingText(cell) || (cell.length <= 13 && MISSING_NUMBER.has(cell.toLowerCase()));
}
