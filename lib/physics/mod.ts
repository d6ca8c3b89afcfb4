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
} from "./expression.ts";
export { ExpressionError, type FormulaOperators, parseExpression } from "./parse_expression.ts";
export { isPart, positionsOf } from "./_faces.ts";
export * from "./tape.ts";
export * from "./pde.ts";
export * from "./parse_pde.ts";
export * from "./sampling.ts";
export * from "./inputs.ts";
export * from "./engine.ts";
export * from "./solution.ts";
export * from "./renewal.ts";
export * from "./renewing_engine.ts";
export * from "./gallery.ts";
export * from "./table3.ts";
export * from "./reproduce_table3.ts";
export * from "./solve.ts";
export * from "./verification.ts";
export * from "./burgers_solution.ts";
export * from "./allen_cahn_solution.ts";
export * from "./ode_solution.ts";
