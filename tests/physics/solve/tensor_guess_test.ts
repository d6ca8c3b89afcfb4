import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { findPde, parsePde, type PdeProblem, solvePde } from "@freeknot/freeknot";
import { createNetwork, scaleOutputs } from "../../../lib/model/mod.ts";
import { resolvePde } from "../../../lib/physics/equations/resolve.ts";
import { firstScales } from "../../../lib/physics/solve/measured_scales.ts";
import { solutionError } from "../../../lib/physics/solve/solution.ts";
import { takesTensors, tensorGuess } from "../../../lib/physics/solve/tensor_guess.ts";
import {
  collocate,
  collocatedLoss,
  prolongTensor,
  solveCollocated,
  tensorSpace,
} from "../../../lib/physics/solve/tensor_space.ts";

async function guess(problem: PdeProblem, tolerance: number) {
  const run = await tensorGuess(problem, resolvePde(problem), { tolerance, mostParameters: 2500 });
  if (!run) return undefined;
  const network = scaleOutputs(run.network, run.scales.unknowns);
  return { network, error: solutionError(problem, network)!.relativeL2 };
}

Deno.test("a sum of products is as good as the tensor products it comes from", async () => {
  const { network, error } = (await guess(findPde("heat"), 1e-6))!;
  assertEquals(network.config.widths, [2, 4, 1]); // two modes, two products
  assert(error < 1e-8, `${error}`);
});

Deno.test("equations that are not linear, with two unknowns", async () => {
  const cube = parsePde({
    name: "cube",
    domain: { x: [0, 1], y: [0, 1] },
    unknowns: ["u", "v"],
    equations: [
      { equation: "u_xx + u_yy - u^3 = 2*exp(x + y) - exp(3*x + 3*y)" },
      { equation: "v_x = v*cos(x)" },
    ],
    conditions: [
      { at: { x: [0, 1] }, equation: "u = exp(x + y)" },
      { at: { y: [0, 1] }, equation: "u = exp(x + y)" },
      { at: { x: 0 }, equation: "v = 1 + y" },
    ],
    exact: { u: "exp(x + y)", v: "(1 + y)*exp(sin(x))" },
  });
  const { network, error } = (await guess(cube, 1e-5))!;
  assertEquals(network.config.widths, [2, 4, 2]); // a product for each unknown
  assert(error < 1e-6, `${error}`);
});

Deno.test("problems that have no such guess", async () => {
  const takes = (name: string) => takesTensors(findPde(name), resolvePde(findPde(name)));
  assertEquals(takes("advection"), false); // periodic: its inputs are cosine and sine
  assertEquals(takes("inverse-diffusion"), false); // a coefficient
  assertEquals(takes("lotka-volterra"), false); // one coordinate
  const front = parsePde({
    name: "front",
    domain: { x: [-1, 1], y: [-1, 1] },
    equations: [{ equation: "u = tanh(200*(x + y))" }],
    conditions: [],
    incomplete: true,
  });
  assertEquals(takesTensors(front, resolvePde(front)), false);
  const { incomplete: _, ...whole } = front;
  assertEquals(await guess(whole, 1e-3), undefined); // too steep for even knots
});

Deno.test("a solution prolonged to finer pieces has the same residuals", () => {
  const problem = findPde("heat"), resolved = resolvePde(problem), scales = firstScales(problem);
  const coarse = tensorSpace([2, 4]), fine = tensorSpace([4, 8]);
  const at = collocate(resolved, scales, coarse);
  const { coefficients, loss } = solveCollocated(at, new Float64Array(11 * 13), {
    isLinear: true,
  });
  assert(loss < 1e-3);
  const points = collocate(resolved, scales, coarse, "check");
  const other = { ...collocate(resolved, scales, fine, "check") };
  const before = collocatedLoss(points, coefficients);
  const after = collocatedLoss(other, prolongTensor(coefficients, coarse, fine));
  assertAlmostEquals(after / before, 1, 0.2); // other points
});

Deno.test("solve goes on from the guess, and says what it knows", async () => {
  const { network, error, errorEstimate, finished } = await solvePde(findPde("poisson"));
  assertEquals([finished.status, network.config.widths], ["converged", [2, 2, 1]]);
  assert(error!.relativeL2 < 1e-9);
  assert(errorEstimate! > error!.relativeL2 / 10 && errorEstimate! < 10 * error!.relativeL2);
  const chosen = await solvePde(findPde("poisson"), {
    start: createNetwork({ widths: [2, 3, 1], firstLayer: "spline", degree: 5 }, { seed: 1 }),
    tolerance: 0.1,
  });
  assertEquals(chosen.network.config.widths, [2, 3, 1]);
});

Deno.test("the boundary of a polygon has as many points as are asked for: its first guess ends", async () => {
  const { finished } = await solvePde(
    parsePde({
      domain: { x: [-1, 1], y: [-1, 1] },
      equations: [{ equation: "u_xx + u_yy = -1" }],
      conditions: [{ on: "boundary", equation: "u = 0" }],
      shape: { polygon: [[-1, -1], [0, -1], [0, 0], [1, 0], [1, 1], [-1, 1]] },
    }),
    { timeLimit: 1 },
  );
  assert(["budget", "unresolved"].includes(finished.status), finished.status);
});
