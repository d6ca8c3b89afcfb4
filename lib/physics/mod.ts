/**
 * Physics: differential equations solved by networks of splines, whose derivatives are exact.
 *
 * @module
 */

export {
  differentiate,
  evaluateExpression,
  type Expression,
  type Operation,
  substitute,
  type UnaryOperation,
  variablesOf,
} from "./equations/expression.ts";
export {
  ExpressionError,
  type FormulaOperators,
  parseExpression,
} from "./equations/parse_expression.ts";
export { isPart, positionsOf } from "./equations/faces.ts";
export * from "./equations/tape.ts";
export * from "./equations/pde.ts";
export * from "./equations/parse_pde.ts";
export * from "./points/sampling.ts";
export * from "./equations/inputs.ts";
export * from "./solve/pde_engine.ts";
export * from "./solve/solution.ts";
export * from "./points/renewal.ts";
export * from "./solve/renewing_engine.ts";
export * from "./gallery/pde_gallery.ts";
export * from "./solve/solve_pde.ts";
export * from "./solve/verification.ts";
export * from "./gallery/burgers_solution.ts";
export * from "./gallery/allen_cahn_solution.ts";
export * from "./gallery/ode_solution.ts";
