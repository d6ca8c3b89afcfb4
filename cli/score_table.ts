/**
 * Losses and scores as text.
 *
 * @module
 */

import { lossNumbers } from "./text_table.ts";

/** Loss and scores of one part of the data. */
export interface ScoredPart {
  readonly loss: number;
  readonly scores: Readonly<Record<string, number>>;
}

/** Scores in the target's units: printed in one notation, whatever the part. */
const IN_UNITS = ["rmse", "mae", "maxError"];

/**
 * Losses and scores of some parts as text, in one notation per column; the scores in the target's
 * units share theirs.
 *
 * The log loss is left out: where classes are trained, it is the loss.
 *
 * @returns Titles of the columns, the loss first, and the cells of each part.
 */
export function scoreCells(
  parts: readonly ScoredPart[],
): { readonly titles: readonly string[]; readonly cells: readonly (readonly string[])[] } {
  const names = Object.keys(parts[0]?.scores ?? {}).filter((name) => name !== "logLoss");
  const columns = [lossNumbers(parts.map(({ loss }) => loss))];
  const sizes = parts.flatMap(({ scores }) => IN_UNITS.map((name) => Math.abs(scores[name] ?? 0)));
  const powers = sizes.some((size) => size !== 0 && (size < 1e-3 || size >= 1e9));
  for (const name of names) {
    const values = parts.map(({ scores }) => scores[name] ?? NaN);
    columns.push(
      values.map((value) => IN_UNITS.includes(name) ? unitNumber(value, powers) : share(value)),
    );
  }
  return {
    titles: ["loss", ...names],
    cells: parts.map((_, row) => columns.map((column) => column[row])),
  };
}

/** Five digits, three with an exponent. */
function unitNumber(value: number, power: boolean): string {
  if (!Number.isFinite(value) || value === 0) return String(value);
  if (power) return value.toExponential(2);
  return Math.abs(value) < 1e5 ? value.toPrecision(5) : value.toFixed(0);
}

/** A share of 1 with five decimals, so that 0.99999 is not rounded to 1. */
function share(value: number): string {
  return Math.abs(value) < 1e9 ? value.toFixed(5) : value.toExponential(2);
}
