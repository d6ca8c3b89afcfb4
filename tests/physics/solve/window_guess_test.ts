import { assert, assertEquals } from "@std/assert";
import { burgers, findPde, parsePde, type PdeProblem, solvePde } from "@freeknot/freeknot/physics";
import type { Network } from "../../../lib/model/mod.ts";
import { resolvePde } from "../../../lib/physics/equations/resolve.ts";
import { findEvolution } from "../../../lib/physics/solve/window_march.ts";

/** Edges of the third input, the sine. */
const sines = ({ config }: Network) => config.edges![0]![2].replaceAll("0", "").length;

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
  assert(sines(network) > 1); // cubes of the odd parts
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
  assertEquals(sines(network), 1); // the edge that every input has
  assert(verification.fresh < 1e-4);
});
