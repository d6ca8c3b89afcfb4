import { assert } from "@std/assert";
import { evaluateSolution, parsePde, solvePde } from "../../../lib/physics/mod.ts";

const RANGE = [-1, 1];

/** Shapes with solutions that are known, and the relative L2 error that is enough. */
const PROBLEMS: Readonly<Record<string, readonly [unknown, number]>> = {
  "an L-shape": [{
    domain: { x: RANGE, y: RANGE },
    shape: { not: { name: "corner", box: { x: [0, 1], y: [-1, 0] } } },
    equations: [{ equation: "u_xx + u_yy = 0" }],
    conditions: [{ on: "boundary", equation: "u = exp(x)*sin(y)" }],
    exact: { u: "exp(x)*sin(y)" },
  }, 1e-2],
  "an annulus with a slope on its inner circle": [{
    domain: { x: RANGE, y: RANGE },
    shape: {
      difference: [
        { name: "outer", disk: { center: [0, 0], radius: 1 } },
        { name: "inner", disk: { center: [0, 0], radius: 0.4 } },
      ],
    },
    equations: [{ equation: "u_xx + u_yy = 0" }],
    conditions: [
      { on: "outer", equation: "u = 1" },
      { on: "inner", equation: "u_n = -1/0.4" },
    ],
    exact: { u: "1 + log(max(x^2 + y^2, 0.01))/2" },
  }, 1e-2],
  "heat around a hole": [{
    domain: { t: [0, 0.5], x: RANGE, y: RANGE },
    shape: { not: { name: "hole", disk: { center: [0.2, 0], radius: 0.4 } } },
    equations: [{ equation: "u_t = u_xx + u_yy" }],
    conditions: [
      { at: { t: 0 }, equation: "u = sin(x)*cos(2*y)" },
      { on: "domain", equation: "u = exp(-5*t)*sin(x)*cos(2*y)" },
      {
        on: "hole",
        equation: "u_n = exp(-5*t)*(n_x*cos(x)*cos(2*y) - n_y*2*sin(x)*sin(2*y))",
      },
    ],
    exact: { u: "exp(-5*t)*sin(x)*cos(2*y)" },
  }, 1e-2],
  "a ball": [{
    domain: { x: RANGE, y: RANGE, z: RANGE },
    shape: { disk: { center: [0, 0, 0], radius: 1 } },
    equations: [{ equation: "u_xx + u_yy + u_zz = 6" }],
    conditions: [{ on: "disk", equation: "u = 1" }],
    exact: { u: "x^2 + y^2 + z^2" },
  }, 3e-2],
};

for (const [name, [data, bound]] of Object.entries(PROBLEMS)) {
  Deno.test(`solvePde() solves ${name}`, async () => {
    const problem = parsePde(data);
    const { error, finished } = await solvePde(problem, {
      tolerance: 3e-2,
      network: { hidden: [4] },
    });
    assert(["converged", "stalled"].includes(finished.status), finished.status);
    assert(error!.relativeL2 < bound, `${error!.relativeL2}`);
  });
}

Deno.test("solvePde() learns a family: a constant as a coordinate, one network for all", async () => {
  const problem = parsePde({
    domain: { t: [0, 2], k: [0.5, 2] },
    equations: [{ equation: "u_t = -k*u" }],
    conditions: [{ at: { t: 0 }, equation: "u = 1" }],
    exact: { u: "exp(-k*t)" },
  });
  const { network, error } = await solvePde(problem, { tolerance: 1e-3 });
  assert(error!.relativeL2 < 1e-3, `${error!.relativeL2}`);
  const [[slope]] = evaluateSolution(problem, network, Float64Array.of(1, 1), ["u_k"]);
  assert(Math.abs(slope + Math.exp(-1)) < 1e-2, `${slope}`); // the sensitivity by k, -t exp(-k t)
});

Deno.test("solvePde() solves a plate with a hole whose solution is infinite in the hole", async () => {
  const problem = parsePde({
    domain: { x: RANGE, y: RANGE },
    shape: { not: { name: "hole", disk: { center: [0, 0], radius: 0.4 } } },
    equations: [{ equation: "u_xx + u_yy = 0" }],
    conditions: [
      { on: "domain", equation: "u = x*(1 + 0.16/(x^2 + y^2))" },
      { on: "hole", equation: "u_n = 0" },
    ],
    exact: { u: "x*(1 + 0.16/(x^2 + y^2))" },
  });
  const { error, finished } = await solvePde(problem, { tolerance: 1e-3 });
  assert(finished.status === "converged", finished.status);
  assert(error!.relativeL2 < 1e-3, `${error!.relativeL2}`);
});
