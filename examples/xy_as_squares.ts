/**
 * How can a network of sums and functions of one variable multiply? By squares.
 *
 * `deno run examples/xy_as_squares.ts`
 */

import { fit } from "@freeknot/freeknot";
import {
  asSquares,
  evaluateFormula,
  findFormula,
  networkFormula,
  printFormula,
  simplify,
} from "@freeknot/freeknot/interpret";

const inputs = Array.from({ length: 400 }, (_, r) => [
  2 * ((r * Math.SQRT2) % 1) - 1,
  2 * ((r * Math.sqrt(3)) % 1) - 1,
]);
const targets = inputs.map(([x, y]) => x * y);

// Two hidden nodes, each a weighted sum of x and y, and one spline on each: two parabolas.
const { network, rmse } = await fit({ inputs, targets }, { network: { widths: [2, 2, 1] } });
console.log(`network: error ${rmse.toExponential(1)}`);

// The network as a formula has the network's values; its edges are splines.
const columns = ["x", "y"].map((name) => ({ kind: "variable", name }) as const);
const splines = networkFormula(network, columns);
console.log(printFormula(splines, "plain", { digits: 3 }));
console.log("f(0.5, 0.5) =", evaluateFormula(splines, [[0.5, 0.5]], ["x", "y"])[0].toFixed(4));

// The formula, as squares, and back.
const { best } = await findFormula({ inputs, targets }, { network: { network } });
const squares = asSquares(best.formula);
console.log(`as squares: ${printFormula(squares)}`);
console.log(`simplified: ${printFormula(simplify(squares))}`);
