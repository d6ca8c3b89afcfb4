import { evaluatedAt } from "../../support/evaluated_at.ts";
import { assert, assertAlmostEquals, assertRejects } from "@std/assert";
import { createNetwork, forward, type NetworkOptions } from "../../../lib/model/mod.ts";
import {
  evaluateSolution,
  findPde,
  pdeEngine,
  pdeNetwork,
  type PdeProblem,
  pdeProblems,
  samplePoints,
} from "../../../lib/physics/mod.ts";
import { fourthOrderDifference } from "../../support/gradient_check.ts";
import { randomNetwork } from "../../support/networks.ts";

const SMALL = { kind: "grid", counts: [4, 4] } as const;

function smallNetwork(problem: PdeProblem, options: Partial<NetworkOptions>): NetworkOptions {
  const { widths, ...own } = pdeNetwork(problem);
  return { ...own, intervals: 3, ...options, widths: [widths[0], 3, widths.at(-1)!] };
}

Deno.test("pdeEngine() gradients equal differences to 1e-6, whole gallery", async () => {
  for (const [i, problem] of pdeProblems.entries()) {
    const sampler = Object.keys(problem.domain).length === 2
      ? SMALL
      : { kind: "grid", counts: [9] } as const;
    const options: Partial<NetworkOptions> = [
      { normalisation: "batchnorm" },
      { basis: "relu", knots: "free" },
      { normalisation: "minmax", knots: "free", base: "silu" },
    ][i % 3] as Partial<NetworkOptions>;
    const network = randomNetwork(smallNetwork(problem, options), i + 3);
    const engine = pdeEngine(problem, { sampler });
    const evaluator = await engine.compile({ network, loss: { kind: "mse" } });
    const { parameters } = network, gradient = new Float64Array(parameters.length);
    await evaluator.evaluate(parameters, gradient);
    const scale = gradient.reduce((most, g) => Math.max(most, Math.abs(g)), 0);
    const moved = parameters.slice();
    for (let p = i % 3; p < parameters.length; p += 9) {
      const slope = fourthOrderDifference(
        (x) => {
          moved[p] = x;
          return evaluatedAt(evaluator, moved).objective;
        },
        parameters[p],
        1e-6,
      );
      moved[p] = parameters[p];
      assert(
        Math.abs(gradient[p] - slope) <= 1e-6 * scale,
        `${problem.name} ${p}: ${gradient[p]} ${slope} of ${scale}`,
      );
    }
  }
});

Deno.test("pdeEngine() curvature.matrix(): a gradient and a matrix that belong together", async () => {
  for (const name of ["burgers", "lotka-volterra", "inverse-diffusion"]) {
    const problem = findPde(name);
    const sampler = Object.keys(problem.domain).length === 2
      ? SMALL
      : { kind: "grid", counts: [9] } as const;
    const network = randomNetwork(smallNetwork(problem, { knots: "free" }), 5);
    const engine = pdeEngine(problem, { sampler });
    const evaluator = await engine.compile({ network, loss: { kind: "mse" } });
    const n = network.parameters.length;
    const matrix = new Float64Array(n * n),
      gradient = new Float64Array(n),
      other = gradient.slice();
    const value = await evaluator.curvature!.matrix!(network.parameters, matrix, gradient);
    assertAlmostEquals(
      value,
      (await evaluator.evaluate(network.parameters, other)).objective as number,
      1e-12,
    );
    const scale = gradient.reduce((most, g) => Math.max(most, Math.abs(g)), 0);
    gradient.forEach((g, i) => assertAlmostEquals(g, other[i], 1e-9 * scale));
    // The gradient lies in the matrix's range: (g.v)^2 <= 2 f v.Av (Cauchy-Schwarz), here v = g.
    let curvature = 0, square = 0;
    for (let i = 0; i < n; i++) {
      square += gradient[i] ** 2;
      for (let j = 0; j < n; j++) {
        curvature += gradient[i] * matrix[i * n + j] * gradient[j];
        const [a, b] = [matrix[i * n + j], matrix[j * n + i]];
        assert(Math.abs(a - b) <= 1e-12 * Math.max(Math.abs(a), 1), `${name} ${a} ${b}`);
      }
    }
    assert(square ** 2 <= 2 * value * curvature * (1 + 1e-9), name);
  }
});

Deno.test("pdeEngine() losses are the mean squares of residuals of the evaluated solution", async () => {
  const problem = findPde("burgers");
  const engine = pdeEngine(problem, { sampler: SMALL });
  // Without statistics: rounding would move the extreme points off the domain's ends.
  const options = { ...pdeNetwork(problem), normalisation: "none", domain: [-8, 8] } as const;
  const network = createNetwork(options, { seed: 1 });
  const evaluator = await engine.compile({ network, loss: { kind: "mse" } });
  const evaluation = await evaluator.evaluate(network.parameters), loss = evaluation.objective;
  const now = { ...network, statistics: evaluation.statistics() };
  const terms = evaluator.terms();
  assertAlmostEquals(loss, terms.reduce((sum, term) => sum + term.loss, 0), 1e-12);
  const points = samplePoints(Object.values(problem.domain), SMALL);
  const [residual] = evaluateSolution(problem, now, points, ["u_t + u*u_x = nu*u_xx"]);
  assertAlmostEquals(terms[0].loss, residual.reduce((sum, r) => sum + r * r / 16, 0), 1e-12 * loss);
  const outputs = evaluation.outputs();
  const inputs = points.map((x, i) => i % 2 === 0 ? 2 * x - 1 : x); // t of [0, 1], x of [-1, 1]
  forward(now, inputs).forEach((y, r) => assertAlmostEquals(outputs[r], y, 1e-12));
});

Deno.test("pdeEngine() finds the coefficient that fits best", async () => {
  const problem = findPde("inverse-diffusion");
  const engine = pdeEngine(problem, { sampler: SMALL });
  const options = { normalisation: "none", domain: [-8, 8] } as const;
  const network = randomNetwork(smallNetwork(problem, options), 8);
  const evaluator = await engine.compile({ network, loss: { kind: "mse" } });
  const evaluation = await evaluator.evaluate(network.parameters);
  const now = { ...network, statistics: evaluation.statistics() };
  const points = samplePoints(Object.values(problem.domain), SMALL);
  const [ut, uxx] = evaluateSolution(problem, now, points, ["u_t", "u_xx"]);
  const k = ut.reduce((sum, x, i) => sum + x * uxx[i], 0) / uxx.reduce((sum, x) => sum + x * x, 0);
  assertAlmostEquals(evaluator.coefficients().k, k, 1e-10 * Math.abs(k));
});

Deno.test("pdeEngine() refuses a degree that is too low, other widths, other losses", async () => {
  const engine = pdeEngine(findPde("kdv"));
  const cubic = createNetwork({ widths: [2, 3, 1] }, { seed: 1 });
  await assertRejects(
    () => engine.compile({ network: cubic, loss: { kind: "mse" } }),
    RangeError,
    "degree must be at least 4 for derivatives of order 3",
  );
  const wide = createNetwork({ widths: [3, 3, 1] }, { seed: 1 });
  await assertRejects(
    () => engine.compile({ network: wide, loss: { kind: "mse" } }),
    TypeError,
    "widths must begin with 2 and end with 1",
  );
  const good = createNetwork({ widths: [2, 3, 1], degree: 4 }, { seed: 1 });
  await assertRejects(
    () => engine.compile({ network: good, loss: { kind: "huber" } }),
    RangeError,
    "loss must be mse",
  );
});
