/**
 * What a network has learned, in words that people use: formulas.
 *
 * @module
 */

export { asSquares, simplify } from "./expressions/simplify.ts";
export { complexityOf } from "./expressions/complexity.ts";
export { evaluateFormula } from "./expressions/evaluate_formula.ts";
export type {
  CallNode,
  Formula,
  NumberNode,
  PowerNode,
  ProductNode,
  SplineNode,
  SumNode,
  VariableNode,
} from "./expressions/formula.ts";
export {
  formulaCode,
  type FormulaStyle,
  printFormula,
  type PrintOptions,
} from "./expressions/print.ts";
export { readFormula } from "./expressions/read_formula.ts";
export { findFormula } from "./formula/find_formula.ts";
export { networkFormula } from "./formula/network_formula.ts";
export type {
  FormulaData,
  FormulaOptions,
  FormulaSearch,
  FoundFormula,
  TrainedNetwork,
} from "./formula/options.ts";
export type { RoundedConstant } from "./formula/round_constants.ts";
export { symbolNames } from "./symbols/library.ts";
