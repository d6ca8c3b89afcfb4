import { assert, assertAlmostEquals, assertEquals, assertLessOrEqual } from "@std/assert";
import { changeOfBasis, multiplyTransposed } from "../../../lib/basis/mod.ts";
import { createLeastSquares } from "../../../lib/engine/inner.ts";
import type { Evaluation } from "../../../lib/engine/mod.ts";
import { blockValues, parameterBlock, splineStages } from "../../../lib/model/inner.ts";
import { createNetwork, layerKnots, type Network } from "../../../lib/model/mod.ts";
import { findPde, parsePde, pdeEngine, type PdeProblem } from "../../../lib/physics/mod.ts";
import { randomNetwork } from "../../support/networks.ts";
import { norm } from "../../support/webgpu_cases.ts";

/** The same functions by ReLU powers: `b = A psi`, so that coefficients are `W = A^T c`. */
function byRelu(network: Network, values = network.parameters): Network {
  const twin = createNetwork({ ...network.config, basis: "relu" }, { seed: 1 });
  const from = { ...network, parameters: values };
  assertEquals(twin.parameters.length, values.length);
  const parameters = values.slice();
  for (const { layer, nIn, nOut, numBasis } of splineStages(network.config)) {
    const name = `spline${layer}.coefficients`, { offset } = parameterBlock(network, name);
    const coefficients = blockValues(from, name), size = numBasis * nOut;
    for (let p = 0; p < nIn; p++) {
      const change = changeOfBasis(layerKnots(network, layer, p));
      const node = coefficients.slice(p * size, (p + 1) * size);
      parameters.set(multiplyTransposed(change, node, nOut), offset + p * size);
    }
  }
  return { ...twin, parameters, statistics: network.statistics };
}

async function rowsOf(problem: PdeProblem, network: Network) {
  const engine = pdeEngine(problem, {
    sampler: { kind: "grid", counts: Object.keys(problem.domain).map(() => 9) },
  });
  const evaluator = await engine.compile({ network, loss: { kind: "mse" } });
  const { loss } = await evaluator.evaluate(network.parameters) as Evaluation;
  const rows = await evaluator.curvature!.jacobian!(network.parameters);
  const residuals = await evaluator.curvature!.residuals(network.parameters);
  const n = network.parameters.length, matrix = new Float64Array(n * n);
  await evaluator.curvature!.matrix!(network.parameters, matrix, new Float64Array(n));
  evaluator.dispose();
  return { loss, rows, residuals, matrix, n };
}

Deno.test("rows of residuals by ReLU powers are those by B-splines, in the other basis", async () => {
  const problem = findPde("burgers"); // not linear, second derivatives, two layers of nodes
  const network = randomNetwork(
    { widths: [2, 4, 1], degree: 3, intervals: 3, knots: "uniform", normalisation: "batchnorm" },
    3,
  );
  const one = await rowsOf(problem, network), other = await rowsOf(problem, byRelu(network));
  assertAlmostEquals(one.loss, other.loss, 1e-10 * one.loss);
  const { n } = one;
  // d W = A^T d c: along every direction of the coefficients both move the residuals alike
  for (let k = 0; k < 5; k++) {
    const direction = Float64Array.from({ length: n }, (_, i) => Math.sin(i * (k + 1) + k));
    const turned = byRelu(network, direction).parameters;
    const along = (rows: Float64Array, v: Float64Array) =>
      Float64Array.from(
        { length: rows.length / n },
        (_, r) => v.reduce((sum, x, i) => sum + x * rows[r * n + i], 0),
      );
    const a = along(one.rows, direction), b = along(other.rows, turned);
    assertLessOrEqual(norm(a.map((x, r) => x - b[r])), 1e-9 * norm(a));
    // and so do the matrices
    const square = (matrix: Float64Array, v: Float64Array) =>
      v.reduce((sum, x, i) => sum + x * v.reduce((s, y, j) => s + y * matrix[i * n + j], 0), 0);
    const curvature = square(one.matrix, direction);
    assertLessOrEqual(Math.abs(curvature - square(other.matrix, turned)), 1e-9 * curvature);
  }
});

Deno.test("Gauss-Newton's undamped step is the same in both bases", async () => {
  const problem = parsePde({
    name: "oscillation",
    domain: { x: [-1, 1] },
    equations: [{ equation: "u_xx + 4*u = u^2" }],
    conditions: [{ at: { x: -1 }, equation: "u = 1" }, { at: { x: 1 }, equation: "u_x = 0" }],
  });
  const network = randomNetwork({
    ...{ widths: [1, 1], firstLayer: "spline", degree: 4, intervals: 4, knots: "uniform" },
    normalisation: "none",
  }, 3);
  const [c, w] = await Promise.all([network, byRelu(network)].map(async (each) => {
    const { rows, residuals, n } = await rowsOf(problem, each);
    const solver = createLeastSquares(residuals.length, n);
    solver.take(rows, residuals, new Float64Array(n).fill(1));
    return solver.solve(0).x;
  }));
  const turned = byRelu(network, c).parameters;
  assert(norm(turned) > 0);
  assertLessOrEqual(norm(w.map((x, i) => x - turned[i])), 1e-8 * norm(turned));
});
