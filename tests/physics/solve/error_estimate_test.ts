import { assert, assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import { findPde, parsePde, type PdeProblem, solvePde } from "../../../lib/physics/mod.ts";
import { createNetwork } from "../../../lib/model/mod.ts";
import { estimateError, expectedError } from "../../../lib/physics/solve/error_estimate.ts";

/** A boundary layer, nonlinear, of one spline. */
const LOGISTIC: PdeProblem = {
  name: "logistic",
  title: "u' = 8 u (1 - u)",
  domain: { t: [0, 1] },
  equations: [{ equation: "u_t = 8*u*(1 - u)" }],
  conditions: [{ at: { t: 0 }, equation: "u = 0.1" }],
  exact: { u: "1/(1 + 9*exp(-8*t))" },
};

Deno.test("solvePde() estimates the error within a factor of 10, and converges by it", async () => {
  for (const [problem, tolerance] of [[findPde("poisson"), 1e-3], [LOGISTIC, 1e-6]] as const) {
    const { finished, error, errorEstimate, verification } = await solvePde(problem, {
      tolerance,
      ...(problem === LOGISTIC ? {} : { network: { hidden: [4], degree: 7 } }),
    });
    assertEquals(finished.status, "converged");
    assert(errorEstimate !== undefined, problem.name);
    const ratio = errorEstimate / error!.relativeL2;
    assert(ratio > 0.1 && ratio < 10, `${problem.name}: ${errorEstimate}, ${error!.relativeL2}`);
    assertLess(errorEstimate, tolerance);
    assertLess(verification.fresh, tolerance);
  }
});

Deno.test("solvePde() gives no estimate of MLPs", async () => {
  const { errorEstimate } = await solvePde(LOGISTIC, {
    network: { activation: "tanh", hidden: [4] },
    timeLimit: 1,
  });
  assertEquals(errorEstimate, undefined);
});

Deno.test("an estimate moves no parameter that points hardly meet", async () => {
  // sixteen products in five coordinates: some pieces lie where no point of 1,000s is
  const file = new URL("../../../bench/cases/heat-4d.json", import.meta.url);
  const problem = parsePde({ ...JSON.parse(Deno.readTextFileSync(file)), name: "heat-4d" });
  const { finished, error, errorEstimate } = await solvePde(problem, { threads: 1 });
  assertEquals(finished.status, "converged");
  const ratio = errorEstimate! / error!.relativeL2;
  assert(ratio > 0.1 && ratio < 10, `${errorEstimate} for ${error!.relativeL2}`);
});

Deno.test("what a fine grid has no estimate for is expected in the ratio of the residuals", () => {
  const before = { relative: 4e-7, changes: { k: 2e-9 }, fresh: 1e-7 };
  const { relative, changes } = expectedError(before, 5e-8)!;
  assertAlmostEquals(relative, 2e-7, 1e-20);
  assertAlmostEquals(changes.k, 1e-9, 1e-22);
  assertEquals(expectedError(undefined, 5e-8), undefined);
});

Deno.test("there is no relative error of a network that is 0 everywhere", async () => {
  const decay = parsePde({
    name: "decay",
    domain: { t: [0, 1] },
    equations: [{ equation: "u_t = -u" }],
    conditions: [{ at: { t: 0 }, equation: "u = 1" }],
  });
  const splines = { firstLayer: "spline", degree: 5, intervals: 4 } as const;
  const network = createNetwork({ widths: [1, 1], ...splines, normalisation: "none" });
  network.parameters.fill(1e-3);
  assert((await estimateError(decay, network, {}))!.relative > 100);
  network.parameters.fill(0);
  assertEquals(await estimateError(decay, network, {}), undefined);
});
