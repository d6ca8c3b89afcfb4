import { assert, assertLess } from "@std/assert";
import { evaluateSolution, parsePde, solvePde } from "../../../lib/physics/mod.ts";
import { prolong } from "../../../lib/multilevel/mod.ts";
import { levelPoints } from "../../../lib/physics/solve/automatic.ts";
import { pdeEngine } from "../../../lib/physics/solve/pde_engine.ts";
import { resolvePde } from "../../../lib/physics/equations/resolve.ts";
import { correctOnTwoGrids } from "../../../lib/physics/solve/two_grids.ts";

Deno.test("correctOnTwoGrids() moves a solution by its error, without the finer network's matrix", async () => {
  const problem = parsePde({
    name: "oscillator",
    domain: { t: [0, 2] },
    equations: [{ equation: "u_tt = -(6*pi)^2*u" }],
    conditions: [{ at: { t: 0 }, equation: "u = 1" }, { at: { t: 0 }, equation: "u_t = 0" }],
  });
  const { network, verification } = await solvePde(problem, {
    ...{ tolerance: 1e-3, threads: 1, network: { intervals: 8 } },
  });
  const fine = prolong(network, 2);
  const [coarse, finer, check] = await Promise.all(
    [network, fine, fine].map((each, k) =>
      pdeEngine(problem, {
        ...levelPoints(
          resolvePde(problem),
          fine.parameters.length + (k === 2 ? 7 : 0),
          0,
          undefined,
        ),
        scales: { unknowns: [1], terms: verification.terms.map(({ size }) => size) },
        ...{ frozenStatistics: true, threads: 1 },
      }).compile({ network: each, loss: { kind: "mse" } })
    ),
  );
  const found = await correctOnTwoGrids(network, coarse, finer, check, fine.parameters);
  assertLess(found!.objective, 0.1 * found!.before);
  const t = Float64Array.from({ length: 201 }, (_, i) => i / 100);
  const [u, corrected] = [network, { ...fine, parameters: found!.parameters }]
    .map((each) => evaluateSolution(problem, each, t)[0]);
  const truth = t.map((each) => Math.cos(6 * Math.PI * each));
  const distance = (a: Float64Array, b: Float64Array) =>
    Math.hypot(...a.map((value, i) => value - b[i]));
  const ratio = distance(u, corrected) / distance(u, truth);
  assert(ratio > 0.8 && ratio < 1.25, `${ratio}`);
  assertLess(distance(corrected, truth), 0.3 * distance(u, truth));
});
