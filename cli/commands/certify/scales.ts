/**
 * Scales of columns and targets, from the table to the network; all conversions round outwards.
 *
 * @module
 */

import { type ColumnScale, scaleSlope, scaleValue } from "../../../lib/data/mod.ts";
import { mapWord } from "../../../lib/data/inner.ts";
import type { OutputUnit } from "../../../lib/interpret/mod.ts";
import { UsageError } from "../../terminal/errors.ts";
import { log, log1p } from "../../../lib/numerics/inner.ts";

type Range = readonly [number, number];

/** Throws unless a function of the scaled column is convex where one of the column is. */
export function checkStraight(flag: string, { name, map, outliers }: ColumnScale): void {
  if (map === undefined) return;
  throw new UsageError(
    `Cannot read flags: --${flag} must name a column that is scaled by its range, current value is ` +
      `${name}, scaled by ${mapWord(map, outliers)}`,
  );
}

/** Room for some roundings, relative. */
export const UNIT_SLACK = 2 ** -49;

/** The ends of a column's range as the network sees them. */
export function scaledRange(column: ColumnScale, [low, high]: Range): Range {
  const shift = Number(column.offset ?? 0);
  const scaled = (value: number, side: -1 | 1) => {
    const shifted = value - shift, s = scaleValue(column, shifted);
    const exact = shift === 0 && column.map === undefined &&
      (value === column.minimum || value === column.maximum || column.maximum === column.minimum);
    if (exact || (column.minimum === 0 && column.maximum === 1 && !column.map)) return s;
    const size = 1 + Math.abs(s) +
      (Math.abs(column.minimum) + Math.abs(shift)) * scaleSlope(column, shifted);
    return s + side * UNIT_SLACK * size;
  };
  return [scaled(low, -1), scaled(high, 1)];
}

/** An output of the network at which the value is `value`, moved to a side by some roundings. */
export function scaledValue(unit: OutputUnit, value: number, side: -1 | 1): number {
  const { kind, factor, offset } = unit;
  if (kind === "logit") {
    if (value <= 0 || value >= 1) return value <= 0 ? -Infinity : Infinity;
    const logit = log(value) - log1p(-value);
    return logit + side * UNIT_SLACK * (1 + Math.abs(logit));
  }
  if (kind === "logarithm") {
    if (!(value > 0)) return -Infinity;
    const logarithm = log(value) - offset;
    return (logarithm + side * UNIT_SLACK * (Math.abs(logarithm) + Math.abs(offset))) / factor;
  }
  if (factor === 0) return side * (value - offset) <= 0 ? -side * Infinity : side * Infinity;
  if (factor === 1 && offset === 0) return value;
  const scaled = (value - offset) / factor;
  return scaled + side * UNIT_SLACK * (Math.abs(scaled) + Math.abs(offset / factor));
}

/** The least and the largest slope of a column's scale on a range. */
export function slopeRange(column: ColumnScale, [low, high]: Range): Range {
  const { map, minimum, offset } = column, shift = Number(offset ?? 0);
  const from = low - shift, to = high - shift;
  const places = [from, to];
  if (map?.kind === "log" && from < minimum && minimum < to) {
    places.push(minimum, minimum * (1 + UNIT_SLACK));
  }
  if (map?.kind === "quantile") {
    const { values } = map;
    for (let k = 0; k + 1 < values.length; k++) {
      const a = Math.max(from, values[k]), b = Math.min(to, values[k + 1]);
      if (a < b) places.push((a + b) / 2, a, b);
    }
  }
  const slopes = places.map((x) => scaleSlope(column, x));
  return [Math.min(...slopes), Math.max(...slopes)];
}
