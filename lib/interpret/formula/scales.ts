/**
 * The scales of tables as parts of formulas.
 *
 * @module
 */

import type { ColumnScale } from "../../data/mod.ts";
import {
  addUp,
  callOf,
  columnNode,
  constant,
  type Formula,
  productOf,
} from "../expressions/formula.ts";
import { log } from "../../numerics/inner.ts";

function refuse(scale: ColumnScale): never {
  throw new RangeError(
    `Cannot write network as a formula: the scale of ${scale.name} must be a line or a logarithm, ` +
      `current value is ${
        scale.offset !== undefined
          ? "a line with an offset"
          : scale.outliers === undefined
          ? "quantiles"
          : "one with outliers beyond it"
      }`,
  );
}

/** Columns as the network sees them: formulas of variables of these names. */
export function scaledInputs(
  names: readonly string[],
  scales: readonly ColumnScale[],
): Formula[] {
  return names.map((name, i) => {
    const x = columnNode(name), scale = scales[i];
    if (scale === undefined) return x;
    const { minimum, maximum, map, offset } = scale;
    if (offset !== undefined || map?.kind === "quantile") refuse(scale);
    if (minimum === maximum) return constant(0.5);
    if (map?.kind === "log") {
      const slope = 1 / log(maximum / minimum);
      return addUp([
        productOf([constant(slope), callOf("log", x)]),
        constant(-log(minimum) * slope),
      ]);
    }
    const slope = 1 / (maximum - minimum);
    return addUp([productOf([constant(slope), x]), constant(-minimum * slope)]);
  });
}

/** The output in the target's units. */
export function unscaledOutput(formula: Formula, scale: ColumnScale): Formula {
  const { minimum, maximum, map, offset, smearing = 1 } = scale;
  if (offset !== undefined || map?.kind === "quantile") refuse(scale);
  if (map?.kind === "log") {
    const range = constant(log(maximum / minimum));
    return productOf([constant(minimum * smearing), callOf("exp", productOf([range, formula]))]);
  }
  return addUp([productOf([constant(maximum - minimum), formula]), constant(minimum)]);
}
