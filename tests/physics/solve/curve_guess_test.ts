import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { evaluateSolution, parsePde, type PdeProblem, solvePde } from "@freeknot/freeknot/physics";
import { resolvePde } from "../../../lib/physics/equations/resolve.ts";
import {
  collocateCurve,
  lossOfCurve,
  noiseOfCurve,
  solveCurve,
  valuesOfCurve,
} from "../../../lib/physics/solve/curve_collocation.ts";
import { marchCurve } from "../../../lib/physics/solve/curve_march.ts";
import { splineFit } from "../../../lib/physics/solve/spline_fits.ts";
import { type Line, lineOn } from "../../../lib/physics/solve/window_space.ts";

/** Splines through values of a function. */
function fitted(line: Line, f: (x: number) => number): Float64Array {
  const [a, b] = [line.breakpoints[0], line.breakpoints.at(-1)!], count = 3 * line.count;
  const places = Array.from({ length: count }, (_, i) => a + (b - a) * (i + 0.5) / count);
  return splineFit(line.knots, places)(Float64Array.from(places, f));
}

const TOLERANCE = 1e-4;
const at = (place: Record<string, number | number[]>, equation: string) => ({
  at: place,
  equation,
});

/** Solves to the tolerance; the estimate must be within a factor 10 of the error, where that is known. */
async function solve(data: Parameters<typeof parsePde>[0]) {
  const problem = parsePde(data), solved = await solvePde(problem, { tolerance: TOLERANCE });
  const { finished, error, errorEstimate, network } = solved;
  assertEquals(finished.status, "converged", finished.reason);
  assertEquals(network.config.knots, "fixed");
  if (error) {
    assert(error.relativeL2 <= TOLERANCE, `${error.relativeL2}`);
    const ratio = errorEstimate! / error.relativeL2;
    assert(error.relativeL2 < 1e-11 || (ratio > 0.1 && ratio < 10), `ratio ${ratio}`);
  }
  return { problem, network };
}

Deno.test("polynomials of two unknowns come out on pieces of any length", () => {
  const problem = parsePde({
    name: "polynomials",
    domain: { x: [0, 2] },
    unknowns: ["u", "v"],
    equations: [{ equation: "u_xx = v" }, { equation: "v_x = 6 + 0*u" }],
    conditions: [at({ x: 0 }, "u = 1"), at({ x: 2 }, "u = 9"), at({ x: 0 }, "v = 0")],
  });
  const line = lineOn(Float64Array.of(0, 1e-3, 0.4, 1.9, 2), false), resolved = resolvePde(problem);
  const on = collocateCurve(resolved, line, [1, 1, 1, 1, 1]);
  const { coefficients, loss } = solveCurve(on, new Float64Array(2 * line.count), true);
  assert(loss < 1e-18, `${loss}`);
  const points = [0, 0.5, 1, 2]; // u = 1 + x^3, v = 6 x
  const values = valuesOfCurve({ line, coefficients }, points);
  points.forEach((x, r) => {
    assertAlmostEquals(values[2 * r], 1 + x * x * x, 1e-9);
    assertAlmostEquals(values[2 * r + 1], 6 * x, 1e-9);
  });
  assert(lossOfCurve(on, coefficients.map((c) => c + 1)) > 1);
});

Deno.test("pieces of a march are as long as the solution wants, however stiff", async () => {
  const resolved = resolvePde(parsePde({
    name: "stiff",
    domain: { t: [0, 1] },
    equations: [{ equation: "u_t = -1e7*(u - cos(t)) - sin(t)" }],
    conditions: [at({ t: 0 }, "u = 0")],
  }));
  const { curve, isDecided } = (await marchCurve(resolved, 1e-9))!;
  assert(isDecided);
  assert(curve.line.breakpoints.length < 100, `${curve.line.breakpoints.length}`);
  const points = [1e-8, 1e-7, 1e-6, 0.01, 0.5, 1];
  valuesOfCurve(curve, points).forEach((value, i) =>
    assertAlmostEquals(value, Math.cos(points[i]) - Math.exp(-1e7 * points[i]), 1e-6)
  );
});

Deno.test("Robertson's reaction: three rates, ten decades of time", async () => {
  const { problem, network } = await solve({
    name: "robertson",
    domain: { t: [0, 4e5] },
    unknowns: ["a", "b", "c"],
    equations: [
      { equation: "a_t = -0.04*a + 1e4*b*c" },
      { equation: "b_t = 0.04*a - 1e4*b*c - 3e7*b^2" },
      { equation: "c_t = 3e7*b^2" },
    ],
    conditions: [at({ t: 0 }, "a = 1"), at({ t: 0 }, "b = 0"), at({ t: 0 }, "c = 0")],
  });
  // printed by the example cvRoberts_dns of CVODE (Hindmarsh and others 2005), at t = 40 and 4e5
  const [a, b] = evaluateSolution(problem, network, Float64Array.of(40, 4e5));
  assertAlmostEquals(a[0], 0.71583, 1e-5);
  assertAlmostEquals(b[0], 9.1855e-6, 1e-9);
  assertAlmostEquals(a[1], 4.9387e-3, 1e-6);
});

Deno.test("a first integral holds over periods with long pauses", async () => {
  const { problem, network } = await solve({
    name: "predators",
    domain: { t: [0, 10] },
    unknowns: ["x", "y"],
    equations: [{ equation: "x_t = 1.5*x - x*y" }, { equation: "y_t = -3*y + x*y" }],
    conditions: [at({ t: 0 }, "x = 10"), at({ t: 0 }, "y = 5")],
  });
  const integral = (x: number, y: number) => x - 3 * Math.log(x) + y - 1.5 * Math.log(y);
  const times = Float64Array.from({ length: 21 }, (_, i) => i / 2);
  const [x, y] = evaluateSolution(problem, network, times);
  x.forEach((each, i) => assertAlmostEquals(integral(each, y[i]), integral(10, 5), 2e-3));
});

Deno.test("boundary layers of any thickness, at one end and at both", async () => {
  await solve({
    name: "convection",
    domain: { x: [0, 1] },
    equations: [{ equation: "-1e-5*u_xx + u_x = 1" }],
    conditions: [at({ x: [0, 1] }, "u = 0")],
    exact: { u: "x - exp((x - 1)/1e-5)" },
  });
  await solve({
    name: "reaction",
    domain: { x: [0, 1] },
    equations: [{ equation: "-1e-6*u_xx + u = 1 + x" }],
    conditions: [at({ x: [0, 1] }, "u = 0")],
    exact: { u: "1 + x - exp(-x/1e-3) - 2*exp((x - 1)/1e-3)" },
  });
});

Deno.test("a cylinder needs no condition on its axis", async () => {
  await solve({
    name: "cylinder",
    domain: { r: [0, 1] },
    equations: [{ equation: "u_rr + u_r/r = 4*(r^2 - 1)*exp(-r^2)" }],
    conditions: [at({ r: 1 }, "u = exp(-1)")],
    exact: { u: "exp(-r^2)" },
  });
});

Deno.test("a nonlinear layer at a wall, and the lower solution of two", async () => {
  await solve({
    name: "wall",
    domain: { x: [0, 1] },
    equations: [{ equation: "2e-4*u_xx + u - u^3 = 0" }],
    conditions: [at({ x: 0 }, "u = 0"), at({ x: 1 }, "u = 1")],
    exact: { u: "tanh(x/0.02)" },
  });
  await solve({
    name: "bratu",
    domain: { x: [0, 1] },
    constants: { q: 3.373507764285902 },
    equations: [{ equation: "u_xx + 3*exp(u) = 0" }],
    conditions: [at({ x: [0, 1] }, "u = 0")],
    exact: { u: "-2*log(cosh((x - 0.5)*q/2)/cosh(q/4))" },
  });
});

Deno.test("a source that jumps, and a root at an end", async () => {
  await solve({
    name: "root",
    domain: { x: [0, 1] },
    equations: [{ equation: "u_x = 1.5*sqrt(x)" }],
    conditions: [at({ x: 0 }, "u = 0")],
    exact: { u: "x^1.5" },
  });
  const problem = parsePde({
    name: "jump",
    domain: { x: [-1, 1] },
    equations: [{ equation: "u_xx = if(x < 0.3, 0, 2)" }],
    conditions: [at({ x: -1 }, "u = 0"), at({ x: 1 }, "u = 0.49")],
    exact: { u: "if(x < 0.3, 0, (x - 0.3)^2)" },
  });
  const { finished, error } = await solvePde(problem, { tolerance: TOLERANCE });
  assertEquals(finished.status, "converged");
  assert(error!.relativeL2 < 1e-6, `${error!.relativeL2}`);
});

Deno.test("small residuals say little where equations hardly decide", () => {
  const problem = parsePde({ // the shock may be anywhere: conditions see it by exp(-200)
    name: "shock",
    domain: { x: [-1, 1] },
    equations: [{ equation: "0.005*u_xx = u*u_x" }],
    conditions: [at({ x: -1 }, "u = 1"), at({ x: 1 }, "u = -1")],
  });
  const resolved = resolvePde(problem);
  const line = lineOn(Float64Array.from({ length: 1601 }, (_, i) => -1 + i / 800), false);
  const on = collocateCurve(resolved, line, [1, 1, 1]);
  const shock = fitted(line, (x) => -Math.tanh(x / 0.01));
  const noise = noiseOfCurve(on, shock, 1e-5);
  assert(noise > 1e-2, `${noise}`);
  const wall = resolvePde(parsePde({
    name: "wall",
    domain: { x: [-1, 1] },
    equations: [{ equation: "5e-5*u_xx = u^3 - u" }],
    conditions: [at({ x: -1 }, "u = 1"), at({ x: 1 }, "u = 1")],
  }));
  assert(noiseOfCurve(collocateCurve(wall, line, [1, 1, 1]), fitted(line, () => 1), 1e-5) < 1e-5);
});

/** `strength u_xx` with a shock or a front in the middle of [-1, 1]. */
function middleLayer(equation: string, left: string, right: string, exact: string): PdeProblem {
  return parsePde({
    name: "middle-layer",
    domain: { x: [-1, 1] },
    equations: [{ equation }],
    conditions: [
      { at: { x: -1 }, equation: `u = ${left}` },
      { at: { x: 1 }, equation: `u = ${right}` },
    ],
    exact: { u: exact },
  });
}

Deno.test("Newton's natural test finds the place of an inner layer", async () => {
  const shock = middleLayer("0.1*u_xx = u*u_x", "tanh(5)", "-tanh(5)", "-tanh(5*x)");
  const { finished, error } = await solvePde(shock, { tolerance: 1e-6, threads: 1 });
  assertEquals(finished.status, "converged");
  assert(error!.relativeL2 < 1e-7, `${error!.relativeL2}`);
});

Deno.test("residuals with 32 digits decide where those with 16 do not", async () => {
  // residuals of 1e-12, which rounding leaves, let the front stand 5 % from its place
  const end = "tanh(1/sqrt(0.02))";
  const front = middleLayer("0.01*u_xx + u - u^3 = 0", `-${end}`, end, "tanh(x/sqrt(0.02))");
  const { finished, error, errorEstimate } = await solvePde(front, {
    tolerance: 1e-3,
    threads: 1,
  });
  assertEquals(finished.status, "converged");
  assert(error!.relativeL2 < 1e-3, `${error!.relativeL2}`);
  assert(errorEstimate! > 0.1 * error!.relativeL2, `${errorEstimate} for ${error!.relativeL2}`);
});

Deno.test("equations that decide less than rounding hides are not solved, and say so", async () => {
  // any place of both layers keeps the equation to exp(-50)
  const exit = middleLayer("0.01*u_xx = x*u_x", "0", "1", "0.5");
  for (const tolerance of [1e-2, 1e-4]) {
    const { finished, errorEstimate } = await solvePde(exit, { tolerance, threads: 1 });
    assertEquals(finished.status, "unresolved");
    assert(finished.reason.includes("hardly decide"), finished.reason);
    assertEquals(errorEstimate, 1);
  }
});
