/**
 * The shortest way to write a formula that is found by collecting, multiplying out and factoring.
 *
 * @module
 */

import { complexityOf } from "./complexity.ts";
import { expandFormula } from "./expand.ts";
import { factored, productAsSquares } from "./factor.ts";
import {
  constant,
  type Formula,
  mapFormula,
  partsOf,
  type PowerNode,
  type ProductNode,
  withParts,
} from "./formula.ts";
import { asWritten, clearFractions, numbersInside, squaresInside } from "./fractions.ts";
import { negated } from "./numbers.ts";
import { keyOf, normalForm, normalNode, raise } from "./normal_form.ts";

/** Steps of factoring that are looked ahead. */
const BEAM = 6;

/**
 * Simplifies a formula: numbers are folded, like terms and powers collected, products multiplied
 * out or common factors taken out, whichever is shorter. Values do not change, but for rounding and
 * where the formula had none.
 *
 * @param formula The formula.
 * @returns A formula that is not longer.
 *
 * @example
 * ```ts
 * import { asSquares, printFormula, readFormula, simplify } from "@freeknot/freeknot/interpret";
 * import { assertEquals } from "@std/assert";
 *
 * const [x, y] = ["x", "y"].map((name) => ({ kind: "variable", name }));
 * const squares = asSquares(readFormula({ kind: "product", factors: [x, y] }));
 * assertEquals(printFormula(squares), "((x + y)^2 - (x - y)^2)/4");
 * assertEquals(printFormula(simplify(squares)), "x*y");
 * ```
 */
export function simplify(formula: Formula): Formula {
  let best = shortest(normalForm(formula)), key = keyOf(best);
  for (let round = 0; round < 4; round++) {
    const next = shortest(normalForm(best));
    if (complexityOf(next) >= complexityOf(best) || keyOf(next) === key) break;
    best = next;
    key = keyOf(best);
  }
  return asWritten(clearFractions(best));
}

function shortest(formula: Formula): Formula {
  const whole = expandFormula(formula);
  const options = [
    bottomUp(formula),
    ...(keyOf(whole) === keyOf(formula) ? [] : [bottomUp(whole)]),
  ];
  return shortestOf(options);
}

/** Factors the sums, the innermost first. */
function bottomUp(formula: Formula): Formula {
  const parts = partsOf(formula);
  if (parts.length === 0) return formula;
  const simpler = parts.map(bottomUp);
  const same = simpler.every((part, i) => part === parts[i]);
  const node = same ? formula : normalNode(withParts(formula, simpler));
  const kept = complexityOf(withParts(formula, simpler)) < complexityOf(node)
    ? withParts(formula, simpler)
    : node;
  if (kept.kind === "sum") return factorSum(kept);
  if (kept.kind === "product") return shortestOf([kept, ...productOptions(kept)]);
  return kept.kind === "power" ? upright(kept) : kept;
}

/** Numbers and squares of a product that can go into its factors. */
function productOptions(product: ProductNode): Formula[] {
  return [...numbersInside(product), ...squaresInside(product)];
}

function shortestOf(formulas: readonly Formula[]): Formula {
  return formulas.reduce((a, b) => complexityOf(b) < complexityOf(a) ? b : a);
}

/** `(y/x)^(-1/2)` as `(x/y)^(1/2)`. */
function upright({ base, exponent }: PowerNode): Formula {
  const node: Formula = { kind: "power", base, exponent };
  if (base.kind !== "product" || exponent.kind !== "number" || !(exponent.value < 0)) return node;
  const turned: Formula = {
    kind: "power",
    base: raise(base, constant(-1)),
    exponent: negated(exponent),
  };
  return complexityOf(turned) < complexityOf(node) ? turned : node;
}

function factorSum(sum: Formula): Formula {
  let beam: Formula[] = [sum], best = sum;
  const seen = new Set([keyOf(sum)]);
  for (let step = 0; step < 6 && beam.length > 0; step++) {
    const next: Formula[] = [];
    for (const each of beam) {
      for (const option of options(each)) {
        const key = keyOf(option);
        if (seen.has(key)) continue;
        seen.add(key);
        next.push(option);
      }
    }
    next.sort((a, b) => complexityOf(a) - complexityOf(b));
    beam = next.slice(0, BEAM);
    if (beam.length > 0 && complexityOf(beam[0]) < complexityOf(best)) best = beam[0];
  }
  return best;
}

/** One step of factoring at the top, or in a sum one level below. */
function options(formula: Formula): Formula[] {
  if (formula.kind === "sum") {
    const below = formula.terms.flatMap((term, at) =>
      term.kind !== "product" && term.kind !== "power" ? [] : options(term).map((option) =>
        ({
          kind: "sum",
          terms: formula.terms.map((each, i) => i === at ? option : each),
        }) as const
      )
    );
    return [...factored(formula), ...below];
  }
  if (formula.kind === "product") {
    return formula.factors.flatMap((factor, at) =>
      factor.kind !== "sum" ? [] : factored(factor).map((option) =>
        normalNode({
          kind: "product",
          factors: formula.factors.map((each, i) => i === at ? option : each),
        })
      )
    );
  }
  return [];
}

/**
 * Writes every product as a difference of squares, `x y = ((x + y)^2 - (x - y)^2)/4`, as a network
 * of sums and functions of one variable has it. `simplify` finds the product again.
 *
 * @param formula The formula.
 * @returns The same function in sums, squares and functions of one variable.
 *
 * @example
 * ```ts
 * import { asSquares, printFormula, readFormula } from "@freeknot/freeknot/interpret";
 * import { assertEquals } from "@std/assert";
 *
 * const [x, y] = ["x", "y"].map((name) => ({ kind: "variable", name }));
 * const product = readFormula({ kind: "product", factors: [x, y] });
 * assertEquals(printFormula(asSquares(product)), "((x + y)^2 - (x - y)^2)/4");
 * ```
 */
export function asSquares(formula: Formula): Formula {
  return mapFormula(formula, productAsSquares);
}
