/**
 * How many rows of a table lie outside the range of the training rows, and by how much.
 *
 * @module
 */

import { inputValues } from "../../lib/data/inner.ts";
import { encodingFeatures, type Table, unscaleValue } from "../../lib/data/mod.ts";
import type { DataEncoding } from "../commands/train/data.ts";
import { shortNumber } from "../terminal/text_table.ts";

/** The rows of one column that lie outside. */
export interface ColumnOutside {
  readonly rows: number;
  /** The value farthest outside, in the column's units (less its offset, if it has one). */
  readonly worst: number;
  /** The end of the training range next to it. */
  readonly end: number;
  /** Its distance from there, as a share of the training range; null of a constant column. */
  readonly share: number | null;
}

/** The rows outside, in all and by the name of the column; columns without any are left out. */
export interface Outside {
  readonly rows: number;
  readonly columns: Readonly<Record<string, ColumnOutside>>;
}

/** No row outside; of formulas, which have no training range, always. */
export const NONE_OUTSIDE: Outside = { rows: 0, columns: {} };

/** Counts rows, part by part. */
export type RangeTally = ReturnType<typeof createRangeTally>;

/** Begins to count; for networks of the gallery, whose inputs have no scales, nothing is counted. */
export function createRangeTally(encoding: DataEncoding) {
  const scales = encoding.kind === "table" ? encoding.inputs : [];
  const counted = encoding.kind === "table"
    ? encodingFeatures(encoding).map(({ kind }) => kind === "number")
    : [];
  const found = scales.map(() => ({ rows: 0, beyond: 0, worst: 0 }));
  let total = 0;

  /** Takes in the rows of a part; inputs as the network sees them, shape `[rows, nIn]`. */
  function add(table: Table, inputs: Float64Array): void {
    const nIn = scales.length;
    if (encoding.kind !== "table") return;
    // A constant column is 0.5 wherever it is: only its own numbers tell.
    const values = inputValues(table, encoding);
    const constants = scales.map(({ minimum, maximum }, p) =>
      minimum === maximum ? values[p] : undefined
    );
    for (let row = 0; row < table.rows; row++) {
      let outside = false;
      for (let p = 0; p < nIn; p++) {
        if (!counted[p]) continue;
        const own = constants[p];
        const u = inputs[row * nIn + p];
        const beyond = own === undefined
          ? Math.max(-u, u - 1)
          : Math.abs(own[row] - scales[p].minimum);
        if (!(beyond > 0)) continue;
        outside = true;
        found[p].rows++;
        if (beyond > found[p].beyond) {
          found[p].beyond = beyond;
          found[p].worst = own === undefined ? unscaleValue(scales[p], u) : own[row];
        }
      }
      if (outside) total++;
    }
  }

  function result(): Outside {
    const columns = scales.flatMap(({ name, minimum, maximum }, p) => {
      const { rows, worst } = found[p];
      if (rows === 0) return [];
      const end = worst < minimum ? minimum : maximum;
      const range = maximum - minimum;
      const share = range === 0 ? null : Math.abs(worst - end) / range;
      return [[name, { rows, worst, end, share }] as const];
    });
    return { rows: total, columns: Object.fromEntries(columns) };
  }

  return { add, result };
}

/** Most columns that the note names. */
const MOST_COLUMNS = 3;

/**
 * Says how far predictions are extrapolated; undefined where they are not.
 *
 * @param bounds What predictions stay within, as those of a search do.
 */
export function outsideNote(
  { rows, columns }: Outside,
  all: number,
  bounds?: string,
): string | undefined {
  if (rows === 0) return undefined;
  const size = ({ share }: ColumnOutside): number => share ?? Infinity;
  const worst = Object.entries(columns).sort(([, a], [, b]) => size(b) - size(a));
  const told = worst.slice(0, MOST_COLUMNS).map(([name, { worst, end, share }]) => {
    const by = share === null
      ? `always ${shortNumber(end)} there`
      : `${shortNumber(100 * share)} % of the range beyond ${shortNumber(end)}`;
    return `${JSON.stringify(name)} goes to ${shortNumber(worst)}, ${by}`;
  });
  const more = worst.length > MOST_COLUMNS ? `, and ${worst.length - MOST_COLUMNS} more` : "";
  return `note: ${rows} of ${all} rows lie outside the range of the training rows (${
    told.join("; ")
  }${more}): what the ${bounds ? "model" : "network"} says there is extrapolated` +
    (bounds ? `, within ${bounds}` : "");
}
