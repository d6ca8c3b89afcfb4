/**
 * Network outputs as columns to append to a table.
 *
 * @module
 */

import type { RegressionEncoding, TableEncoding } from "./encoding.ts";
import type { TableColumn } from "./format.ts";
import { linkAmounts, predictedValues } from "./link.ts";
import type { Table } from "./table_data.ts";
import { decodeClasses } from "./target.ts";

/**
 * Names and unscales the outputs, shape `[rows, nOut]`, of a network trained on a table.
 *
 * Regression: one column `<target>_prediction` per target, in its own units. A link has other names:
 * with an exposure `<target>_rate` follows, per unit of it; with trials `<target>_probability`; of
 * times it is `<target>_log_hazard_ratio` and `<target>_hazard_ratio`; of a quantile
 * `<target>_quantile_<tau>`. Classification: `<target>_prediction` with the label, then `<target>_probability_<label>` for each.
 *
 * @param table The rows' table, for exposures and trials.
 * @throws {TableError} If the table lacks them.
 * @throws {TypeError} If the number of outputs does not fit the encoding.
 */
export function predictionColumns(
  encoding: TableEncoding,
  outputs: Float64Array,
  table?: Table,
): TableColumn[] {
  if (encoding.task === "regression") return regressionColumns(encoding, outputs, table);
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

function regressionColumns(
  encoding: RegressionEncoding,
  outputs: Float64Array,
  table: Table | undefined,
): TableColumn[] {
  const { targets, link } = encoding;
  const values = predictedValues(targets, link, outputs),
    amounts = table && linkAmounts(table, link);
  return targets.flatMap(({ name }, q): TableColumn[] => {
    const said = every(values, q, targets.length);
    if (link?.kind === "hazard") {
      return [
        { name: `${name}_log_hazard_ratio`, values: outputs.slice() },
        { name: `${name}_hazard_ratio`, values: said },
      ];
    }
    if (link?.kind === "quantile") return [{ name: `${name}_quantile_${link.tau}`, values: said }];
    if (amounts === undefined) return [{ name: `${name}_prediction`, values: said }];
    return [
      { name: `${name}_prediction`, values: said.map((value, row) => value * amounts[row]) },
      { name: `${name}_${link?.kind === "logit" ? "probability" : "rate"}`, values: said },
    ];
  });
}

function every(values: Float64Array, first: number, step: number): Float64Array {
  return Float64Array.from({ length: values.length / step }, (_, i) => values[first + i * step]);
}
