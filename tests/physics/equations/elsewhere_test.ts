/** Values elsewhere and integrals in equations and conditions. */

import { evaluatedAt } from "../../support/evaluated_at.ts";
import { assert, assertAlmostEquals, assertThrows } from "@std/assert";
import { parsePde, pdeEngine, type PdeEvaluator, solvePde } from "../../../lib/physics/mod.ts";
import { createNetwork, type Network, type NetworkOptions } from "../../../lib/model/mod.ts";

const BOX = { x: [0, 2], t: [0, 1] } as const;

/** An equation at a few points, compiled. */
async function compile(
  equation: string,
  options: Partial<NetworkOptions> = {},
  fields: Record<string, unknown> = {},
): Promise<{ readonly evaluator: PdeEvaluator; readonly network: Network }> {
  const problem = parsePde({
    ...{ domain: BOX, equations: [{ equation }], conditions: [], incomplete: true },
    ...fields,
  });
  const engine = pdeEngine(problem, { sampler: { kind: "grid", counts: [3, 4] } });
  const network = createNetwork({ widths: [2, 3, 1], degree: 4, ...options }, { seed: 3 });
  return { evaluator: await engine.compile({ network, loss: { kind: "mse" } }), network };
}

Deno.test("at(...) and integral(...) expand to residuals that are known otherwise", async () => {
  const pairs = [
    ["at(u*x + u_t, x, 1) = 0", "at(u, x, 1) + at(u_t, x, 1) = 0"],
    ["at(at(u, x, 1), t, 0) = x", "at(at(u, t, 0), x, 1) = x"],
    ["integral(x^7, x, 0, 2)*u = 1", "32*u = 1"], // exact for degree 7
    ["integral(2*u, x, t, 2) = 0", "2*integral(u, x, 0, 2) - 2*integral(u, x, 0, t) = 0", 1e-6],
    ["integral(exp(s)*at(u, x, s), s, 0, 2) = 0", "integral(exp(x)*u, x, 0, 2) = 0"],
    // the fundamental theorem and Leibniz' rule, to the error of quadrature
    ["integral(u_x, x, 0, 2) = 0", "at(u, x, 2) - at(u, x, 0) = 0", 1e-6],
    ["d(integral(u, x, 0, 2*t), t) = 0", "2*at(u, x, 2*t) + integral(u_t, x, 0, 2*t) = 0", 1e-5],
    ["d(at(u, x, t^2), t) = 0", "2*t*at(u_x, x, t^2) + at(u_t, x, t^2) = 0"],
  ] as const;
  for (const [left, right, tolerance = 1e-12] of pairs) {
    const losses = [];
    for (const equation of [left, right]) {
      const { evaluator, network } = await compile(equation, { intervals: 2 });
      losses.push((await evaluator.evaluate(network.parameters)).objective);
    }
    assertAlmostEquals(losses[0] / losses[1], 1, tolerance, left);
  }
});

Deno.test("gradient and matrix of residuals elsewhere agree with differences", async () => {
  const equations = [
    "u_t = k*at(u, x, 2 - x)*u_x",
    "u = integral(u^2*x, x, 0, 2) + k*t",
    "u_tt = integral(sin(s*x)*at(u_x, x, s), s, 0, x) - k*u",
  ];
  const networks: Partial<NetworkOptions>[] = [
    {},
    { normalisation: "batchnorm", knots: "uniform", firstLayer: "spline" },
  ];
  for (const equation of equations) {
    for (const options of networks) {
      const { evaluator, network: { parameters } } = await compile(equation, options, {
        coefficients: { k: 0.5 },
        conditions: [{ at: { x: 0 }, equation: "u = 1" }],
      });
      const n = parameters.length, gradient = new Float64Array(n);
      await evaluator.evaluate(parameters, gradient);
      const h = 1e-5, moved = parameters.slice(), most = Math.max(...gradient.map(Math.abs));
      for (let i = 0; i < n; i += 5) {
        const at = (x: number) => {
          moved[i] = x;
          return evaluatedAt(evaluator, moved).objective;
        };
        const slope = (at(parameters[i] + h) - at(parameters[i] - h)) / (2 * h);
        moved[i] = parameters[i];
        assertAlmostEquals(gradient[i] / most, slope / most, 1e-6, `${equation} ${i}`);
      }
      const matrix = new Float64Array(n * n), { curvature } = evaluator;
      await curvature!.matrix!(parameters, matrix, gradient);
      const direction = parameters.map((_, i) => Math.sin(i)), product = new Float64Array(n);
      await curvature!.product(parameters, direction, product);
      const scale = Math.max(...product.map(Math.abs));
      product.forEach((own, i) => {
        const row = matrix.subarray(i * n, i * n + n);
        const expected = row.reduce((sum, a, j) => sum + a * direction[j], 0);
        assertAlmostEquals(own / scale, expected / scale, 1e-5, `${equation} ${i}`);
      });
      evaluator.dispose();
    }
  }
});

Deno.test("solvePde() solves integral, nonlocal and delay equations", async () => {
  const cases = {
    Volterra: {
      domain: { t: [0, 3] },
      equations: [{ equation: "u = 1 - integral(u, t, 0, t)" }],
      conditions: [],
      exact: { u: "exp(-t)" },
    },
    // a kernel of two variables, the second one's name being free
    Fredholm: {
      domain: { x: [0, 1] },
      equations: [{
        equation: "u = exp(x) - (exp(x + 1) - 1)/(x + 1) + integral(exp(x*s)*at(u, x, s), s, 0, 1)",
      }],
      conditions: [],
      exact: { u: "exp(x)" },
    },
    "an eigenvalue": {
      domain: { x: [0, 1] },
      coefficients: { k: 9 },
      equations: [{ equation: "u_xx = -k*u" }],
      conditions: [
        { at: { x: [0, 1] }, equation: "u = 0" },
        { at: { x: 0 }, equation: "integral(u^2, x, 0, 1) = 0.5" },
      ],
    },
    "a mean instead of a value": {
      domain: { x: [0, 1] },
      equations: [{ equation: "u_xx = -pi^2*cos(pi*x)" }],
      conditions: [
        { at: { x: 0 }, equation: "u_x = 0" },
        { at: { x: 1 }, equation: "integral(u, x, 0, 1) = 2" },
      ],
      exact: { u: "2 + cos(pi*x)" },
    },
    "a delay": {
      domain: { t: [0, 2] },
      equations: [{ equation: "u_t = -if(t < 1, 1, at(u, t, max(t - 1, 0)))" }],
      conditions: [{ at: { t: 0 }, equation: "u = 1" }],
      exact: { u: "if(t < 1, 1 - t, 1 - t + (t - 1)^2/2)" },
    },
  };
  for (const [name, problem] of Object.entries(cases)) {
    const { error, verification, coefficients, notes } = await solvePde(
      parsePde({ name, ...problem }),
      { seed: 2 },
    );
    assert(verification.fresh <= 1e-5, `${name}: ${verification.fresh}`);
    if ("exact" in problem) assert(error!.relativeL2 <= 1e-5, `${name}: ${error!.relativeL2}`);
    else {
      const number = Math.sqrt(coefficients.k) / Math.PI; // any eigenvalue is a solution
      assertAlmostEquals(number, Math.round(number), 1e-6);
    }
    assert(notes.length === 0, `${name}: ${notes}`);
  }
});

Deno.test("places say what they may be", () => {
  const wrong = (equation: string, rule: string) =>
    assertThrows(
      () => parsePde({ domain: BOX, equations: [{ equation }], conditions: [] }),
      RangeError,
      rule,
    );
  wrong("at(u, x, 3) = 0", "must have x from 0 to 2, current value is 3");
  wrong("integral(u, x, -1, 2) = 0", "must have x from 0 to 2, current value is -1");
  wrong("at(u, y, 0) = 0", "must have places in x, t, current value is y");
  wrong("at(u, x, w) = 0", "must name only x, t, current value is w");
  wrong("integral(u*s, u, 0, 1) = 0", "or over a name of its own, current value is u");
  wrong("integral(u, x, 0) = 0", "two ends in integral(...)");
  wrong("integrate(u, x, 0, 1) = 0", 'did you mean "integral"?');
  wrong("integral(s*v, s, 0, 1)*u = 0", "current value is v");
  const moving = parsePde({
    domain: BOX,
    equations: [{ equation: "u_t = at(u, t, t - 0.5)" }],
    conditions: [{ at: { t: 0 }, equation: "u = 1" }],
  });
  assertThrows(() => pdeEngine(moving), RangeError, "cut them off by max and min");
});
