/**
 * Ends of a coordinate at which an equation holds a condition by itself.
 *
 * On the axis of a cylinder, `u_rr + u_r/r` at `r = 0`, smooth solutions have no slope; where the factor
 * of the highest derivative is 0, `s^2 v_ss` at `s = 0`, the equation there is one of lower order. Splines
 * are smooth, so that no condition is missing.
 *
 * @module
 */

import { createRandom } from "../../model/mod.ts";
import {
  differentiate,
  evaluateExpression,
  type Expression,
  number,
  variablesOf,
} from "./expression.ts";
import { outputsOf } from "./outputs.ts";

/** Random places of the other coordinates, and values, at which factors are looked at. */
const TRIALS = 5;

/**
 * The ends of a coordinate at which factors of all equations that have the highest derivative by it
 * vanish, or those of lower ones are not finite.
 */
export function degenerateEnds(
  residuals: readonly Expression[],
  coordinates: readonly string[],
  ranges: readonly (readonly [number, number])[],
  { unknown, coordinate, order }: {
    readonly unknown: number;
    readonly coordinate: number;
    readonly order: number;
  },
): number[] {
  const orderOf = (derivative: readonly number[]) =>
    derivative.filter((by) => by === coordinate).length;
  const highest = residuals.filter((residual) =>
    outputsOf(residual).some(({ output, derivative }) =>
      output === unknown && orderOf(derivative) === order
    )
  );
  if (order < 2 || highest.length === 0) return [];
  return ranges[coordinate].filter((end) =>
    highest.every((residual) => isDegenerate(residual, end))
  );

  function isDegenerate(residual: Expression, end: number): boolean {
    const random = createRandom(0, "physics/degenerate"), outputs = outputsOf(residual);
    const factors = outputs.filter(({ output }) => output === unknown).map((each) => ({
      isHighest: orderOf(each.derivative) === order,
      factor: differentiate(residual, (name) => name === each.name ? number(1) : undefined),
    }));
    for (let trial = 0; trial < TRIALS; trial++) {
      const values: Record<string, number> = {};
      for (const name of variablesOf(residual)) values[name] = random.normal();
      ranges.forEach(([a, b], i) =>
        values[coordinates[i]] = i === coordinate ? end : a + (b - a) * random.uniform()
      );
      const isHere = factors.some(({ isHighest, factor }) => {
        const value = evaluateExpression(factor, values);
        return isHighest ? value === 0 : Math.abs(value) === Infinity;
      });
      if (!isHere) return false;
    }
    return true;
  }
}
