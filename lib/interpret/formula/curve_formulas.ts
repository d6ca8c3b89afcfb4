/**
 * Formulas for a curve: one function of the library, or a short sum under an outer function.
 *
 * @module
 */

import { columnNode, type Formula } from "../expressions/formula.ts";
import { complexityOf } from "../expressions/complexity.ts";
import { normalForm } from "../expressions/normal_form.ts";
import type { LibraryFunction } from "../symbols/library.ts";
import { type Curve, curveSymbols, symbolFormula } from "./curve_symbols.ts";
import { columnAtoms } from "./dictionary.ts";
import { refitFormula } from "./refit_formula.ts";
import { varianceOf } from "./rows.ts";
import { sparseFormula } from "./sparse_formula.ts";
import { sparseSums } from "./sparse_search.ts";
import { outerFunctions } from "./transforms.ts";
import { log10 } from "../../numerics/inner.ts";

/** A formula for a curve. */
export interface CurveFormula {
  readonly formula: Formula;
  /** Smaller is better: digits of the fit, and what they cost. */
  readonly score: number;
}

/** Digits that splines give of a curve: what fits better is as good. */
const DIGITS = 1e-9;

/** The best formulas in one variable for a curve, the best first. */
export function curveFormulas(
  curve: Curve,
  name: string,
  library: readonly LibraryFunction[],
  most: number,
): CurveFormula[] {
  const x = columnNode(name), variance = varianceOf(curve.y) || 1;
  const data = {
    rows: curve.x.length,
    columns: new Map([[name, curve.x]]),
    target: curve.y,
  };
  const names = new Set(library.map((each) => each.name));
  const allowed = (each: string) => each === "x" || names.has(each);
  const candidates: Formula[] = curveSymbols(curve, library, most).map((each) =>
    symbolFormula(each, x)
  );
  const atoms = columnAtoms(data, allowed);
  for (const outer of outerFunctions(curve.y, allowed)) {
    const sums = sparseSums(atoms, outer.undone, outer.weights, { most: 2, beam: 10, keep: 2 });
    candidates.push(
      ...sums.filter(({ unexplained }) => unexplained < 0.01)
        .map((sum) => sparseFormula(sum, outer)),
    );
  }
  const found = new Map<string, CurveFormula>();
  for (const candidate of candidates) {
    const fit = refitFormula(normalForm(candidate), data, { iterations: 8 });
    const share = Math.max(fit.loss / variance, DIGITS);
    const score = log10(share) + 0.15 * complexityOf(fit.formula);
    if (share < 0.05) found.set(`${score.toFixed(6)}`, { formula: fit.formula, score });
  }
  return [...found.values()].sort((a, b) => a.score - b.score).slice(0, most);
}
