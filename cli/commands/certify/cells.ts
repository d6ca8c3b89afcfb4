/**
 * Cells of the tables of bounds: seven digits, rounded outwards.
 *
 * @module
 */

import { log10, pow } from "../../../lib/numerics/inner.ts";

/** A range of a coordinate or a column. */
export function rangeText(name: string, [low, high]: readonly [number, number]): string {
  return low === high ? `${name} = ${low}` : `${name} from ${low} to ${high}`;
}

/** Heads of the cells of a bound. */
export const BOUND_HEAD = ["lower bound", "upper bound", "reached", "boxes", "status"];

/** What bounds have, whatever they are of. */
interface Cells {
  readonly lower: number;
  readonly upper: number;
  readonly reached: readonly [number, number];
  readonly boxes: number;
  readonly status: string;
}

/** The cells of a bound. */
export function boundCells({ lower, upper, reached: [low, high], boxes, status }: Cells): string[] {
  const digits = (x: number) => Number.isFinite(x) ? String(+x.toPrecision(7)) : String(x);
  return [down(lower), up(upper), `${digits(low)} to ${digits(high)}`, String(boxes), status];
}

/** Seven digits that are not above the number. */
export function down(x: number): string {
  return rounded(x, -1);
}

/** Seven digits that are not below the number. */
export function up(x: number): string {
  return rounded(x, 1);
}

function rounded(x: number, side: -1 | 1): string {
  if (!Number.isFinite(x) || x === 0) return String(x);
  const near = Number(x.toPrecision(7));
  if (side * (near - x) >= 0) return String(near);
  const step = pow(10, Math.floor(log10(Math.abs(x))) - 6);
  return String(Number((near + side * step).toPrecision(7)));
}
