/**
 * The exact derivatives of a trained network at rows, by the columns in the units of the table.
 *
 * @module
 */

import { scaleSlope, scaleValue } from "../../data/mod.ts";
import { forward, inputGradient } from "../../model/mod.ts";
import { column, joinColumns } from "../../numerics/inner.ts";
import type { TrainedNetwork } from "../formula/options.ts";
import { covariances, type FormulaRows } from "../formula/rows.ts";

/** Values and slopes at rows. */
export interface Slopes {
  readonly values: Float64Array;
  /** One array for each column, in their order. */
  readonly slopes: readonly Float64Array[];
}

/** Columns as the network sees them. */
export function scaledColumns(
  columns: readonly Float64Array[],
  scale: NonNullable<TrainedNetwork["scale"]>,
): Float64Array[] {
  return columns.map((values, c) =>
    scale[c] === undefined ? values : values.map((x) => scaleValue(scale[c], x))
  );
}

/** Values and derivatives of a network at rows; undefined if it says nothing of the target. */
export function networkSlopes(
  { network, output = 0, scale = [] }: TrainedNetwork,
  { columns, rows, target }: FormulaRows,
): Slopes | undefined {
  const list = [...columns.values()], nIn = list.length, { widths } = network.config;
  if (widths[0] !== nIn) return undefined;
  const nOut = widths[widths.length - 1], inputs = joinColumns(scaledColumns(list, scale), rows);
  const outputs = forward(network, inputs, rows), gradient = inputGradient(network, inputs, rows);
  const raw = column(outputs, nOut, output);
  const line = regression(raw, target); // the target's scale is a line
  if (line === undefined) return undefined;
  const slopes = list.map((values, c) => {
    const columnScale = scale[c];
    return Float64Array.from({ length: rows }, (_, r) => {
      const inner = columnScale === undefined ? 1 : scaleSlope(columnScale, values[r]);
      return line.slope * inner * gradient[(r * nOut + output) * nIn + c];
    });
  });
  return { values: raw.map((each) => line.offset + line.slope * each), slopes };
}

/** The line from one column to another; undefined where it explains too little. */
function regression(x: Float64Array, y: Float64Array) {
  const { mx, my, xx, xy, yy } = covariances(x, y);
  if (!(xy * xy > 0.8 * xx * yy)) return undefined;
  const slope = xy / xx;
  return { slope, offset: my - slope * mx };
}
