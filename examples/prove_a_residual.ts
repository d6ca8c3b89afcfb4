/**
 * How wrong can a solved equation be? A proven bound of its residual bounds the error, everywhere.
 *
 * `deno run examples/prove_a_residual.ts`
 */

import { evaluateSolution, parsePde, solvePde } from "@freeknot/freeknot";
import { certifySolution } from "@freeknot/freeknot/theory";

const problem = parsePde({
  name: "decay",
  domain: { t: [0, 3] },
  equations: [{ name: "decay", equation: "u_t = -2*u + sin(t)" }],
  conditions: [{ name: "start", at: { t: 0 }, equation: "u = 1" }],
  exact: { u: "(2*sin(t) - cos(t) + 6*exp(-2*t))/5" },
});
const { network } = await solvePde(problem);

const { terms: [equation, start], boxes } = certifySolution(problem, network);
for (const { name, bound, reached, at } of [equation, start]) {
  console.log(
    `${name}: |residual| <= ${bound.toExponential(3)}, reached ${reached.toExponential(3)} at ` +
      `t = ${at.t.toFixed(3)}`,
  );
}
console.log(`${boxes} boxes`);

// The error e obeys e' = -2 e + r: |e(t)| is at most |e(0)| + max |r| / 2.
const proven = start.bound + equation.bound / 2;
const t = Float64Array.from({ length: 100_001 }, (_, k) => 3 * k / 100_000);
const [u] = evaluateSolution(problem, network, t);
const exact = t.map((x) => (2 * Math.sin(x) - Math.cos(x) + 6 * Math.exp(-2 * x)) / 5);
const error = u.reduce((most, y, k) => Math.max(most, Math.abs(y - exact[k])), 0);
console.log(`error: proven ${proven.toExponential(3)}, measured ${error.toExponential(3)}`);
