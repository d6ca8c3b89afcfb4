/**
 * Sparse sums as formulas.
 *
 * @module
 */

import { addUp, type Formula, free, powerOf, productOf } from "../expressions/formula.ts";
import type { SparseSum } from "./sparse_search.ts";
import type { OuterFunction } from "./transforms.ts";

/** The formula of a sparse sum under an outer function. */
export function sparseFormula({ terms, constant }: SparseSum, outer: OuterFunction): Formula {
  const above: Formula[] = Math.abs(constant) > 1e-12 ? [free(constant)] : [],
    below: Formula[] = [];
  for (const { atom, coefficient } of terms) {
    if (atom.timesTarget) below.push(productOf([free(-coefficient), atom.formula]));
    else above.push(productOf([free(coefficient), atom.formula]));
  }
  const top = outer.around(addUp(above));
  if (below.length === 0) return top;
  return productOf([top, powerOf(addUp([{ kind: "number", value: 1 }, ...below]), -1)]);
}
