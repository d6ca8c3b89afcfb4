/**
 * Network outputs as columns to append to a table.
 *
 * @module
 */

import type { TableEncoding } from "./encoding.ts";
import type { TableColumn } from "./format.ts";
import { unscaleColumns } from "./scaling.ts";
import { decodeClasses } from "./target.ts";

/**
 * Names and unscales the outputs, shape `[rows, nOut]`, of a network trained on a table.
 *
 * Regression: one column `<target>_prediction` per target, in its own units. Classification:
 * `<target>_prediction` with the label, then `<target>_probability_<label>` for each.
 *
 * @throws {TypeError} If the number of outputs does not fit the encoding.
 */
export function predictionColumns(encoding: TableEncoding, outputs: Float64Array): TableColumn[] {
  if (encoding.task === "regression") {
    const values = unscaleColumns(outputs, encoding.targets);
    return encoding.targets.map(({ name }, q) => ({
      name: `${name}_prediction`,
      values: every(values, q, encoding.targets.length),
    }));
  }
  const { target, labels } = encoding;
  const decoded = decodeClasses(outputs, labels);
  return [
    { name: `${target}_prediction`, values: decoded.labels },
    ...labels.map((label, k) => ({
      name: `${target}_probability_${label}`,
      values: every(decoded.probabilities, k, labels.length),
    })),
  ];
}

function every(values: Float64Array, first: number, step: number): Float64Array {
  return Float64Array.from({ length: values.length / step }, (_, i) => values[first + i * step]);
}
