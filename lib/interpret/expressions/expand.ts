/**
 * Products of sums, multiplied out.
 *
 * @module
 */

import { pow } from "../../numerics/inner.ts";
import { type Formula, isNumber, mapFormula } from "./formula.ts";
import { addAll, multiplyAll, normalNode, termsOf } from "./normal_form.ts";

/** Most terms of what is multiplied out. */
const MOST_TERMS = 80;

/** Multiplies out products and whole powers of sums, everywhere. */
export function expandFormula(formula: Formula): Formula {
  return mapFormula(formula, (node) => expandNode(normalNode(node)));
}

/** Multiplies out one node, whose parts are left as they are. */
function expandNode(node: Formula): Formula {
  if (node.kind === "product") {
    const factors = node.factors.map((factor) =>
      factor.kind === "power" ? expandNode(factor) : factor
    );
    const sums = factors.map(termsOf);
    const count = sums.reduce((product, { length }) => product * length, 1);
    if (count === 1 || count > MOST_TERMS) return multiplyAll(factors);
    let terms: readonly Formula[] = [multiplyAll([])];
    for (const sum of sums) {
      terms = terms.flatMap((left) => sum.map((right) => multiplyAll([left, right])));
    }
    return addAll(terms);
  }
  if (node.kind === "sum") return addAll(node.terms.map(expandNode));
  if (node.kind === "power" && node.base.kind === "sum" && isNumber(node.exponent)) {
    const { base, exponent } = node, { value } = exponent;
    if (exponent.free || !Number.isInteger(value) || value < 2 || value > 6) return node;
    if (pow(base.terms.length, value) > MOST_TERMS) return node;
    let terms = base.terms;
    for (let k = 1; k < value; k++) {
      const product = terms.flatMap((left) =>
        base.terms.map((right) => multiplyAll([left, right]))
      );
      terms = termsOf(addAll(product));
    }
    return addAll(terms);
  }
  return node;
}
