import { assert, assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import { evaluateSolution, parsePde, solvePde } from "../../../lib/physics/mod.ts";
import { linearPart, outputsOf } from "../../../lib/physics/equations/outputs.ts";
import { evaluateExpression } from "../../../lib/physics/equations/expression.ts";
import { createRandom } from "../../../lib/model/mod.ts";
import { noiseAfter } from "../../../lib/physics/solve/noise.ts";
import { neighbourRatio } from "../../../lib/physics/solve/verification.ts";
import { resolvePde } from "../../../lib/physics/equations/resolve.ts";

Deno.test("linearPart() is the tangent at 0", () => {
  const { terms: [{ residual }] } = resolvePde(parsePde({
    name: "tangent",
    domain: { x: [0, 1] },
    equations: [{ equation: "u_xx + (1 + x)*sin(u)*(2 + u_x) - exp(3*u) = x" }],
    conditions: [{ at: { x: [0, 1] }, equation: "u = 0" }],
  }));
  const outputs = outputsOf(residual), h = 1e-6;
  const at = (size: number) =>
    Object.fromEntries([["x", 0.7], ...outputs.map(({ name }, k) => [name, size * (k + 1)])]);
  const part = (size: number) => evaluateExpression(linearPart(residual), at(size));
  assertAlmostEquals(part(0), evaluateExpression(residual, at(0)), 1e-14);
  assertAlmostEquals(
    part(1) - part(0),
    (evaluateExpression(residual, at(h)) - evaluateExpression(residual, at(-h))) / (2 * h),
    1e-8,
  );
});

Deno.test("solvePde() follows Blasius' boundary layer from its linear equation", async () => {
  const problem = parsePde({
    name: "blasius",
    domain: { x: [0, 8] },
    unknowns: ["f"],
    equations: [{ equation: "f_xxx + 0.5*f*f_xx = 0" }],
    conditions: [
      { at: { x: 0 }, equation: "f = 0" },
      { at: { x: 0 }, equation: "f_x = 0" },
      { at: { x: 8 }, equation: "f_x = 1" },
    ],
  });
  const { finished, network } = await solvePde(problem, { tolerance: 1e-4, threads: 1 });
  assertEquals(finished.status, "converged");
  // f(8) = 8 - 1.7207876573 + 4e-8 (Howarth 1938: the displacement of the stream)
  assertAlmostEquals(
    evaluateSolution(problem, network, Float64Array.of(8), ["f"])[0][0],
    6.27921,
    5e-5,
  );
});

/** Growth to a limit, seen 12 times. */
const GROWTH = Float64Array.from({ length: 12 }, (_, i) => 0.3 + 4.7 * i / 11);

Deno.test("solvePde() finds coefficients that are far from where their search begins", async () => {
  const problem = parsePde({
    name: "growth",
    domain: { t: [0, 5] },
    unknowns: ["y"],
    coefficients: { r: 1, K: 5 },
    equations: [{ equation: "y_t = r*y*(1 - y/K)" }],
    conditions: [
      { at: { t: 0 }, equation: "y = 0.5" },
      {
        data: { t: [...GROWTH], value: [...GROWTH.map((t) => 8 / (1 + 15 * Math.exp(-1.7 * t)))] },
        equation: "y = value",
      },
    ],
  });
  const { finished, coefficients } = await solvePde(problem, { tolerance: 1e-4, threads: 1 });
  assertEquals(finished.status, "converged");
  assertAlmostEquals(coefficients.r, 1.7, 1e-3);
  assertAlmostEquals(coefficients.K, 8, 1e-3);
});

Deno.test("neighbourRatio() tells noise from misfit, in any units", () => {
  const random = createRandom(3, "noise"), count = 40;
  const points = Float64Array.from({ length: 2 * count }, () => random.uniform());
  const smooth = Float64Array.from(
    { length: count },
    (_, r) => Math.sin(2 * points[2 * r]) - points[2 * r + 1],
  );
  const noise = smooth.map(() => random.normal());
  const ranges = [[0, 1], [0, 1]] as const;
  assertLess(neighbourRatio({ name: "misfit", points, values: smooth }, ranges), 0.2);
  const ratio = neighbourRatio({ name: "noise", points, values: noise }, ranges);
  assert(ratio > 0.6 && ratio < 1.4, `${ratio}`);
  const seconds = points.map((x, i) => i % 2 === 0 ? 1000 * x : x);
  assertAlmostEquals(
    neighbourRatio({ name: "noise", points: seconds, values: noise.map((x) => 50 * x) }, [
      [0, 1000],
      [0, 1],
    ]),
    ratio,
    1e-12,
  );
});

Deno.test("noiseAfter() takes residuals for noise only where neighbours differ", () => {
  const resolved = resolvePde(parsePde({
    name: "measured",
    domain: { t: [0, 1] },
    equations: [{ equation: "u_t = 1" }],
    conditions: [{
      data: { t: [...GROWTH.map((_, i) => i / 11)], value: [...GROWTH] },
      equation: "u = value",
    }],
  }));
  const measure = { points: 12, rms: 0.1, max: 0.2, at: { t: 0 } };
  const after = (neighbours: number) => {
    const term = {
      kind: "condition",
      name: "",
      size: 1,
      trained: measure,
      fresh: measure,
    } as const;
    const terms = [term, { ...term, trained: { ...measure, neighbours } }];
    const verification = { terms, trained: 0.1, fresh: 0.1 };
    return noiseAfter(resolved, verification, 1e-4, [0.1, 0.1], undefined);
  };
  assertEquals(after(1), [0, 0.1]);
  assertEquals(after(0.1), undefined);
});
