/**
 * Which formula has the network learned?
 *
 * `deno run examples/find_a_formula.ts`
 */

import { fit } from "@freeknot/freeknot";
import { evaluateFormula, findFormula, printFormula } from "@freeknot/freeknot/interpret";

// Rows of exp(sin(pi x) + y^2), spread over the square by two irrational numbers.
const inputs = Array.from({ length: 500 }, (_, r) => [
  2 * ((r * Math.SQRT2) % 1) - 1,
  2 * ((r * Math.sqrt(3)) % 1) - 1,
]);
const targets = inputs.map(([x, y]) => Math.exp(Math.sin(Math.PI * x) + y * y));

const { network, rmse } = await fit({ inputs, targets });
console.log(`the network's error: ${rmse.toExponential(1)}`);

// The front: for every complexity the formula with the least error.
const { best, front } = await findFormula({ inputs, targets }, { network: { network } });
for (const { formula, complexity, loss } of front) {
  console.log(
    complexity.toFixed(1).padStart(5),
    Math.sqrt(loss).toExponential(1),
    printFormula(formula),
  );
}
for (const { measured, exact } of best.rounded) console.log(`${measured} is ${exact}`);

const [value] = evaluateFormula(best.formula, [[0.5, 0.25]], ["x", "y"]);
console.log(`f(x, y) = ${printFormula(best.formula)}`);
console.log(`error at (0.5, 0.25): ${Math.abs(value - Math.exp(1 + 0.0625)).toExponential(1)}`);
console.log(`LaTeX: ${printFormula(best.formula, "latex")}`);
