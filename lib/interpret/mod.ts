/**
 * What a network has learned: formulas, scores of its parts, effects of its inputs, why a row is
 * predicted as it is, coarser knots, smaller networks.
 *
 * @module
 */

export * from "./structure/mod.ts";
export * from "./scores/mod.ts";
export * from "./effects/mod.ts";
export * from "./attribution/mod.ts";
export * from "./explain/mod.ts";
export * from "./prune/mod.ts";
export * from "./knots/mod.ts";
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
