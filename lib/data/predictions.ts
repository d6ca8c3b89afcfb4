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
 * Names and unscales the outputs of a network trained on a table.
 *
 * Regression: one column `<target>_prediction` per target, in its own units. Classification:
 * `<target>_prediction` with the label, then `<target>_probability_<label>` for each.
 *
 * @param encoding The encoding that the network was trained with.
 * @param outputs Network outputs, shape `[rows, nOut]`, row-major.
 * @returns Columns for `appendColumns`.
 * @throws {TypeError} If the number of outputs does not fit the encoding.
 *
 * @example
 * ```ts
 * import { parseTable, prepareTable } from "@freeknot/freeknot";
 * import { predictionColumns } from "./inner.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const table = parseTable("x,y\n0,1\n1,3\n2,5\n3,7\n", { name: "line.csv" });
 * const { encoding } = prepareTable(table, {
 *   targets: ["y"], task: "regression", testFraction: 0, seed: 1,
 * });
 * const [column] = predictionColumns(encoding, new Float64Array([0, 0.5]));
 * assertEquals([column.name, ...column.values], ["y_prediction", 1, 4]);
 * ```
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
