import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { parsePde, solvePde } from "@freeknot/freeknot";
import { designMatrix, multiply } from "../../../lib/basis/mod.ts";
import { uniformKnots } from "../../../lib/knots/mod.ts";
import { forward, scaleOutputs } from "../../../lib/model/mod.ts";
import { resolvePde } from "../../../lib/physics/equations/resolve.ts";
import { alternatingGuess, takesProducts } from "../../../lib/physics/solve/alternating_guess.ts";
import { productNetwork } from "../../../lib/physics/solve/product_network.ts";
import { solutionError } from "../../../lib/physics/solve/solution.ts";

const u = "exp(x + y - z) + 2*x*z";
const smooth = parsePde({
  name: "two products",
  domain: { x: [0, 1], y: [0, 1], z: [0, 2] },
  equations: [{ equation: "u_xx + u_yy + u_zz - u_x = 2*exp(x + y - z) - 2*z" }],
  conditions: [
    { at: { x: [0, 1] }, equation: `u = ${u}` },
    { at: { y: [0, 1] }, equation: `u = ${u}` },
    { at: { z: [0, 2] }, equation: `u = ${u}` },
  ],
  exact: { u },
});

Deno.test("products of three factors, found coordinate by coordinate", async () => {
  const resolved = resolvePde(smooth);
  assert(takesProducts(smooth, resolved));
  const options = { tolerance: 1e-6, mostParameters: 2500 };
  const run = (await alternatingGuess(smooth, resolved, options))!;
  const again = (await alternatingGuess(smooth, resolved, options))!;
  assertEquals(again.network.parameters, run.network.parameters);
  const { relativeL2 } = solutionError(smooth, scaleOutputs(run.network, run.scales.unknowns))!;
  assert(relativeL2 < 1e-6, `${relativeL2}`);
});

Deno.test("solve goes on from them", async () => {
  const { finished, error } = await solvePde(smooth, { tolerance: 1e-5 });
  assertEquals(finished.status, "converged");
  assert(error!.relativeL2 < 1e-5);
});

Deno.test("equations that are not linear have no such guess", () => {
  const square = parsePde({
    ...smooth,
    name: "square",
    equations: [{ equation: "u_xx + u_yy + u_zz = u^2" }],
  });
  assertEquals(takesProducts(square, resolvePde(square)), false);
});

Deno.test("a network of products is their sum, for two to five factors", () => {
  const knots = uniformKnots({ degree: 9, intervals: 3 });
  for (const d of [2, 3, 4, 5]) {
    const products = [0, 1, 2].map((r) => ({
      unknown: r % 2,
      size: 1 + r,
      factors: Array.from(
        { length: d },
        (_, k) =>
          Float64Array.from({ length: 12 }, (_, i) => Math.cos(1 + 3 * r + k + i * (k + 1))),
      ),
    }));
    const network = productNetwork(products, knots, 2);
    assertEquals(network.config.widths, [d, 3 * 2 ** (d - 1), 2]);
    for (let s = 0; s < 20; s++) {
      const x = Float64Array.from({ length: d }, (_, k) => Math.sin(7 * s + 3 * k));
      const expected = [0, 0];
      for (const { unknown, size, factors } of products) {
        expected[unknown] += factors.reduce(
          (product, c, k) => product * multiply(designMatrix(knots, [x[k]]), c)[0],
          size,
        );
      }
      forward(network, x).forEach((value, q) => assertAlmostEquals(value, expected[q], 1e-11));
    }
  }
});
