import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertLessOrEqual,
  assertThrows,
} from "@std/assert";
import { prolong, restrict } from "../../lib/multilevel/mod.ts";
import { blockValues } from "../../lib/model/inner.ts";
import {
  evaluateEdge,
  forward,
  layerKnots,
  type Network,
  type NetworkOptions,
  withStatistics,
} from "../../lib/model/mod.ts";
import { amplification } from "../support/gradient_check.ts";
import { product, randomDataset, randomNetwork } from "../support/networks.ts";

const SORTS = product<NetworkOptions>({
  widths: [[2, 3, 2]],
  degree: [1, 2, 3, 4, 5, 7, 9],
  intervals: [4],
  firstLayer: ["linear", "spline"],
  basis: ["bspline", "relu"],
  knots: ["uniform", "fixed", "free"],
  base: ["none", "silu"],
  outerKnots: ["even", "free", "clamped"],
}).filter(({ basis, knots, outerKnots }) =>
  !(outerKnots === "free" && knots !== "free" || outerKnots === "clamped" && basis === "relu")
);

function measured(options: NetworkOptions, seed: number): Network {
  const { inputs } = randomDataset({ rows: 25, nIn: 2, nOut: 1, seed });
  return withStatistics(randomNetwork(options, seed), inputs);
}

for (const factor of [2, 3]) {
  Deno.test(`restrict() after prolong() by ${factor} gives the function back, all options`, () => {
    for (const [i, options] of SORTS.entries()) {
      const network = measured(options, i);
      const back = restrict(prolong(network, factor), factor);
      assertEquals(back.config, network.config);
      assertEquals(back.statistics, network.statistics);
      const { inputs } = randomDataset({ rows: 50, nIn: 2, nOut: 1, seed: i });
      const f = forward(network, inputs), g = forward(back, inputs);
      const largest = f.reduce((most, y) => Math.max(most, Math.abs(y)), 0);
      // The projection solves with the Gram matrix: u times its condition in coefficients, less in
      // values; free outer knots at degree 5 are the worst.
      const unit = 1e-10 * 4 ** Math.max(0, (options.degree ?? 3) - 5);
      const tolerance = unit * Math.max(1, amplification(network) / 1e3) * largest;
      f.forEach((y, k) =>
        assertLessOrEqual(Math.abs(y - g[k]), tolerance, JSON.stringify(options))
      );
    }
  });
}

Deno.test("restrict() keeps every second knot", () => {
  for (const knots of ["uniform", "fixed", "free"] as const) {
    const fine = measured({ widths: [2, 3, 2], intervals: 6, knots }, 3);
    const coarse = restrict(fine);
    assertEquals(coarse.config.intervals, 3);
    for (let p = 0; p < 3; p++) {
      const t = layerKnots(fine, 0, p).values, tau = layerKnots(coarse, 0, p).values;
      for (let m = 0; m <= 3; m++) assertAlmostEquals(tau[3 + m], t[3 + 2 * m], 1e-15);
    }
  }
});

Deno.test("restrict() takes the nearest spline in L2", () => {
  // The error of a projection is orthogonal to the coarse space: moving a coarse coefficient
  // either way makes the distance larger.
  const fine = measured({ widths: [1, 1, 1], intervals: 6, knots: "uniform" }, 3);
  const coarse = restrict(fine, 3);
  const distance = (network: Network): number => {
    let sum = 0;
    const n = 6000; // midpoint rule: a common error that does not hide the minimum
    for (let i = 0; i < n; i++) {
      const u = -1 + 2 * (i + 0.5) / n;
      sum += (evaluateEdge(network, 0, 0, 0, u) - evaluateEdge(fine, 0, 0, 0, u)) ** 2;
    }
    return sum * 2 / n;
  };
  const least = distance(coarse);
  assert(least > 1e-6, "the fine function is not in the coarse space");
  const c = blockValues(coarse, "spline0.coefficients");
  for (let i = 0; i < c.length; i++) {
    const own = c[i];
    for (const step of [0.02, -0.02]) {
      c[i] = own + step;
      assert(distance(coarse) > least, `coefficient ${i}`);
    }
    c[i] = own;
  }
});

Deno.test("restrict() changes nothing of what it is given and refuses other factors", () => {
  const fine = measured({ widths: [2, 3, 2], intervals: 6 }, 3);
  const before = structuredClone(fine);
  restrict(fine, 3);
  assertEquals(structuredClone(fine), before);
  for (const factor of [1, 0, -2, 4, 5, 1.5, NaN, Infinity]) {
    assertThrows(() => restrict(fine, factor), RangeError, "factor");
  }
});
