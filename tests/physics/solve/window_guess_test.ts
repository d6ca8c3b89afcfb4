import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import {
  burgers,
  evaluateSolution,
  findPde,
  parsePde,
  type PdeProblem,
  solvePde,
} from "@freeknot/freeknot/physics";
import { resolvePde } from "../../../lib/physics/equations/resolve.ts";
import { firstScales } from "../../../lib/physics/solve/measured_scales.ts";
import { createCrew } from "../../../lib/physics/solve/window_crew.ts";
import { marchWindows } from "../../../lib/physics/solve/window_march.ts";
import { findEvolution } from "../../../lib/physics/solve/window_problem.ts";
import { evaluateWindows } from "../../../lib/physics/solve/window_space.ts";

const evolutionOf = (problem: PdeProblem) => findEvolution(problem, resolvePde(problem));

Deno.test("time is the coordinate that has a beginning and no end", () => {
  assertEquals(evolutionOf(findPde("burgers"))?.time, 0);
  assertEquals(evolutionOf(findPde("wave"))?.orders, [2]);
  assertEquals(evolutionOf(findPde("poisson")), undefined);
  assertEquals(evolutionOf(findPde("inverse-diffusion")), undefined); // measurements
  const swapped = parsePde({
    name: "swapped",
    domain: { x: [0, 1], s: [0, 1] },
    equations: [{ equation: "u_s = u_xx" }],
    conditions: [
      { at: { s: 0 }, equation: "u = sin(pi*x)" },
      { at: { x: [0, 1] }, equation: "u = 0" },
    ],
  });
  assertEquals(evolutionOf(swapped)?.time, 1);
});

Deno.test("a shock that stands, with the network and epochs of the problem left aside", async () => {
  const { network, finished, error, errorEstimate } = await solvePde(
    burgers({ viscosity: 0.05 }),
    { tolerance: 1e-4 },
  );
  assertEquals(finished.status, "converged");
  assertEquals(network.config.knots, "fixed");
  assert(error!.relativeL2 < 1e-5, `${error!.relativeL2}`);
  assert(errorEstimate! > error!.relativeL2 / 2 && errorEstimate! < 1e-4, `${errorEstimate}`);
});

Deno.test("a wave around a circle needs odd and even functions of the angle", async () => {
  const { network, finished, error } = await solvePde(findPde("advection"), { tolerance: 1e-4 });
  assertEquals(finished.status, "converged");
  assertEquals(network.config.widths.length, 5); // layers that multiply by the sine
  assert(error!.relativeL2 < 1e-5, `${error!.relativeL2}`);
});

Deno.test("functions around a circle that are all even, and two unknowns", async () => {
  const even = parsePde({
    name: "even",
    domain: { t: [0, 0.5], x: [-1, 1] },
    unknowns: ["u", "v"],
    equations: [{ equation: "u_t = u_xx/10 + v" }, { equation: "v_t = u*v" }],
    conditions: [{ at: { t: 0 }, equation: "u = exp(cos(pi*x))" }, {
      at: { t: 0 },
      equation: "v = cos(pi*x)",
    }],
    periodic: ["x"],
  });
  const { network, finished, verification } = await solvePde(even, { tolerance: 1e-4 });
  assertEquals(finished.status, "converged");
  assertEquals(network.config.widths.length, 3);
  assert(verification.fresh < 1e-4);
});

Deno.test("time goes backwards where the end is given: the windows are mirror images", async () => {
  const march = async (sign: 1 | -1) => {
    const problem = parsePde({
      name: "option",
      domain: { t: [0, 1], x: [-1, 1] },
      equations: [{ equation: `${sign}*u_t = u_xx/20 + u_x/10` }],
      conditions: [
        { at: { t: sign > 0 ? 0 : 1 }, equation: "u = max(x, 0)" },
        { at: { x: -1 }, equation: "u_x = 0" },
        { at: { x: 1 }, equation: "u_x = 1" },
      ],
    });
    const resolved = resolvePde(problem), evolution = findEvolution(problem, resolved)!;
    assertEquals(evolution.isBackward, sign < 0);
    const scales = firstScales(problem);
    const { windows } = await marchWindows(resolved, evolution, {
      ...{ crew: createCrew(problem, evolution, 1), scales, goal: 1e-3, mostWork: 1e10 },
    });
    return { windows: windows!, scales };
  };
  const forth = await march(1), back = await march(-1);
  assertEquals(back.windows.length, forth.windows.length);
  assertEquals(back.windows[0].span[0], 0);
  const points = Float64Array.from(
    { length: 40 },
    (_, i) => i % 2 === 0 ? i / 40 : 2 * (i / 40) - 1,
  );
  const turned = points.map((x, i) => i % 2 === 0 ? 1 - x : x);
  const [u] = evaluateWindows(back.windows, 1, points, 0);
  const [v] = evaluateWindows(forth.windows, 1, turned, 0);
  u.forEach((value, r) =>
    assertAlmostEquals(value * back.scales.unknowns[0], v[r] * forth.scales.unknowns[0], 1e-9)
  );
});

Deno.test("a wave goes window after window as a system of the first order", async () => {
  // reflected at both ends: at t = 1 it is turned round
  const pulse = "exp(-50*(x - 0.4)^2)";
  const problem = parsePde({
    name: "pulse",
    domain: { t: [0, 1], x: [0, 1] },
    equations: [{ equation: "u_tt = u_xx" }],
    conditions: [
      { at: { t: 0 }, equation: `u = ${pulse}` },
      { at: { t: 0 }, equation: "u_t = 0" },
      { at: { x: [0, 1] }, equation: "u_x = 0" },
    ],
  });
  const { network, finished, errorEstimate } = await solvePde(problem, { tolerance: 1e-3 });
  assertEquals(finished.status, "converged");
  assertEquals(network.config.knots, "fixed");
  assert(errorEstimate! < 1e-3);
  for (let x = 0; x <= 1; x += 0.125) {
    const [u] = evaluateSolution(problem, network, new Float64Array([1, x]));
    assertAlmostEquals(u[0], Math.exp(-50 * (0.6 - x) ** 2), 2e-3);
  }
  // at an end, too
  const at = new Float64Array([0.6, 1]);
  const [there, along] = evaluateSolution(problem, network, at, ["u_tt", "u_xx"]);
  assertAlmostEquals(there[0] / along[0], 1, 0.02);
});

Deno.test("a run that is stopped within its first windows says so", async () => {
  const stop = AbortSignal.abort();
  const { network, finished } = await solvePde(burgers(), { signal: stop });
  assertEquals(finished.status, "stopped");
  assertEquals(evaluateSolution(burgers(), network, new Float64Array([0, 0.5]))[0][0], -1);
});
