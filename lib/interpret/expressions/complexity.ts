/**
 * How long a formula is.
 *
 * @module
 */

import { symbol } from "../symbols/library.ts";
import { type Formula, isNumber, type NumberNode } from "./formula.ts";

/**
 * Complexity: 1 for a column or an operation between two parts, for a number 1 (small and whole) to
 * 2 (measured), for a function or a power what the library says.
 *
 * @param formula The formula.
 * @returns The complexity.
 *
 * @example
 * ```ts
 * import { complexityOf } from "@freeknot/freeknot/interpret";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(complexityOf({ kind: "variable", name: "x" }), 1);
 * ```
 */
export function complexityOf(formula: Formula): number {
  switch (formula.kind) {
    case "number":
      return numberComplexity(formula);
    case "variable":
      return 1;
    case "sum":
      return formula.terms.reduce((sum, term) => sum + signless(term), formula.terms.length - 1);
    case "product":
      return formula.factors.reduce(
        (sum, factor) => sum + complexityOf(factor),
        isNumber(formula.factors[0]) && formula.factors[0].value === -1
          ? formula.factors.length - 2
          : formula.factors.length - 1,
      );
    case "power": {
      const { base, exponent } = formula;
      const reciprocal = isNumber(exponent) && !exponent.free && exponent.value === -1;
      return complexityOf(base) + (reciprocal ? 1 : 0.5 + complexityOf(exponent));
    }
    case "call":
      return complexityOf(formula.argument) + Math.max(1, symbol(formula.name).complexity - 1);
    case "spline":
      return complexityOf(formula.argument) + 2 * formula.coefficients.length;
  }
}

/** A minus is as short as a plus. */
function signless(term: Formula): number {
  return isNumber(term) && term.value === -1 ? 1 : complexityOf(term);
}

function numberComplexity({ value, free, exact }: NumberNode): number {
  if (free) return 2;
  if (exact === undefined) return Number.isInteger(value) && Math.abs(value) < 20 ? 1 : 1.5;
  return exact.length <= 4 ? 1.2 : 1.6;
}
