/**
 * Penalties on unknowns that measurements alone determine.
 *
 * @module
 */

import { didYouMean } from "../../data/inner.ts";
import type { Expression } from "./expression.ts";
import { derive } from "./outputs.ts";
import type { PdeProblem } from "./pde.ts";

/** A penalty as a term of the loss. */
export interface SmoothnessTerm {
  readonly name: string;
  readonly weight: number;
  readonly text: string;
  readonly residual: Expression;
  readonly penalty: true;
}

/** Second derivatives of smooth unknowns by every coordinate, each a term that should be small. */
export function smoothnessTerms(
  { smooth = [], conditions }: PdeProblem,
  unknowns: readonly string[],
  coordinates: readonly string[],
  outputs: readonly Expression[],
): SmoothnessTerm[] {
  return smooth.flatMap((name) => {
    const k = unknowns.indexOf(name);
    if (k < 0) {
      throw new RangeError(
        `Cannot solve: smooth must name unknowns only (${unknowns.join(", ")}), current value is ` +
          `${name}${didYouMean(name, unknowns)}`,
      );
    }
    if (!conditions.some(({ data }) => data)) {
      throw new RangeError(
        `Cannot solve: conditions must hold measurements ("data") that determine ${name}, current ` +
          "value is none; leave smooth out where equations and conditions determine it",
      );
    }
    return coordinates.map((coordinate, i): SmoothnessTerm => ({
      name: `smoothness of ${name} in ${coordinate}`,
      weight: 1,
      text: `${name}_${coordinate}${coordinate} = 0`,
      residual: derive(outputs[k], [i, i], coordinates),
      penalty: true,
    }));
  });
}
