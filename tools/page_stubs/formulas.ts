/**
 * Formulas of made tables without the solver of equations, which the page unpacks when it is needed.
 *
 * @module
 */

export { evaluateExpression, variablesOf } from "../../lib/physics/equations/expression.ts";
export { parseExpression } from "../../lib/physics/equations/parse_expression.ts";
