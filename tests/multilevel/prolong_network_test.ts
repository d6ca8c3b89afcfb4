import { assert, assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import fc from "fast-check";
import { prolong } from "../../lib/multilevel/mod.ts";
import { blockValues, splineStages } from "../../lib/model/inner.ts";
import {
  forward,
  layerKnots,
  type Network,
  type NetworkOptions,
  withStatistics,
} from "../../lib/model/mod.ts";
import { SEED } from "../support/arbitrary_knots.ts";
import { amplification } from "../support/gradient_check.ts";
import { type LogitKind, product, randomDataset, randomNetwork } from "../support/networks.ts";

const U = 2 ** -53;

const SORTS = product<NetworkOptions>({
  widths: [[2, 3, 2]],
  degree: [1, 2, 3, 4, 5, 7, 9],
  intervals: [3],
  firstLayer: ["linear", "spline"],
  basis: ["bspline", "relu"],
  knots: ["uniform", "fixed", "free"],
  knotSharing: ["input", "layer"],
  outerKnots: ["even", "free", "clamped"],
}).filter(({ basis, knots, outerKnots }) =>
  !(outerKnots === "free" && knots !== "free" || outerKnots === "clamped" && basis === "relu")
);

function measured(options: NetworkOptions, seed: number, logits: LogitKind): Network {
  const { inputs } = randomDataset({ rows: 25, nIn: options.widths[0], nOut: 1, seed });
  return withStatistics(randomNetwork(options, seed, logits), inputs);
}

/** Inputs inside the training range, at its corners, and beyond it. */
function probes(nIn: number, seed: number): Float64Array {
  const inside = randomDataset({ rows: 40, nIn, nOut: 1, seed }).inputs;
  const beyond = randomDataset({ rows: 10, nIn, nOut: 1, seed: seed + 1, reach: 1.5 }).inputs;
  return Float64Array.from([...inside, ...beyond]);
}

/** `max |f - g| / max |f|` over the probes. */
function change(one: Network, other: Network, seed: number): number {
  const inputs = probes(one.config.widths[0], seed);
  const f = forward(one, inputs), g = forward(other, inputs);
  let most = 0, largest = 0;
  f.forEach((y, i) => {
    most = Math.max(most, Math.abs(y - g[i]));
    largest = Math.max(largest, Math.abs(y));
  });
  return most / largest;
}

/** 1e-12, in the ReLU basis 16 u of the terms (both levels), through at most two layers. */
function tolerance(coarse: Network, fine: Network): number {
  return Math.max(1e-12, 64 * U * Math.max(amplification(coarse), amplification(fine)));
}

for (const factor of [2, 3, 4]) {
  Deno.test(`prolong() by ${factor} changes no prediction by more than 1e-12, all options`, () => {
    for (const [i, options] of SORTS.entries()) {
      const coarse = measured({ ...options, base: i % 2 ? "silu" : "none" }, i, "mild");
      const fine = prolong(coarse, factor);
      assertEquals(fine.config, { ...coarse.config, intervals: 3 * factor });
      assertLessOrEqual(change(coarse, fine, i), tolerance(coarse, fine), JSON.stringify(options));
    }
  });
}

Deno.test("prolong() keeps predictions for random networks, levels and logits", () => {
  fc.assert(
    fc.property(
      fc.record({
        widths: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 3, maxLength: 4 }),
        intervals: fc.integer({ min: 1, max: 8 }),
        degree: fc.integer({ min: 1, max: 5 }),
        knots: fc.constantFrom("uniform" as const, "fixed" as const, "free" as const),
        basis: fc.constantFrom("bspline" as const, "relu" as const),
        normalisation: fc.constantFrom("minmax" as const, "batchnorm" as const, "none" as const),
        extrapolation: fc.constantFrom("linear" as const, "clamp" as const),
        domain: fc.constantFrom([-1, 1] as const, [0.1, 0.7] as const, [-4, 4] as const),
      }),
      fc.integer({ min: 2, max: 5 }),
      fc.integer({ min: 0, max: 1e6 }),
      (options, factor, seed) => {
        const coarse = measured(options, seed, "mild");
        const fine = prolong(coarse, factor);
        assertLessOrEqual(change(coarse, fine, seed), tolerance(coarse, fine));
      },
    ),
    { seed: SEED, numRuns: 150 },
  );
});

Deno.test("prolong() keeps predictions with nearly coincident knots", () => {
  for (const [i, options] of SORTS.entries()) {
    if (options.knots !== "free") continue;
    const coarse = measured({ ...options, extrapolation: "clamp" }, i, "crowded");
    const fine = prolong(coarse);
    // One spline layer sees the same inputs, bit for bit: 1e-12. A second one sees inputs that
    // differ by u and can be steep, 1e6 times its range per length, twice at a clamped end.
    const allowed = tolerance(coarse, fine) + (options.firstLayer === "spline" ? 1e-8 : 0);
    assertLessOrEqual(change(coarse, fine, i), allowed, JSON.stringify(options));
  }
});

Deno.test("prolong() stays finite where intervals have underflowed", () => {
  for (const [i, options] of SORTS.entries()) {
    if (options.knots !== "free") continue;
    const coarse = measured({ ...options, extrapolation: "clamp" }, i, "extreme");
    const fine = prolong(coarse);
    assert(fine.parameters.every(Number.isFinite), JSON.stringify(options));
    assert(forward(fine, probes(2, i)).every(Number.isFinite), JSON.stringify(options));
  }
});

Deno.test("prolong() nests knots bit for bit", () => {
  for (const [i, options] of SORTS.entries()) {
    for (const logits of ["mild", "crowded", "extreme"] as const) {
      if (options.knots !== "free" && logits !== "mild") continue;
      const coarse = measured(options, i, logits);
      for (const factor of [2, 3, 4]) {
        const fine = prolong(coarse, factor);
        for (const { layer, nIn, space: { degree, intervals } } of splineStages(coarse.config)) {
          for (let p = 0; p < nIn; p++) {
            const t = layerKnots(coarse, layer, p).values, tau = layerKnots(fine, layer, p).values;
            for (let m = 0; m <= intervals; m++) {
              assertEquals(tau[degree + factor * m], t[degree + m], JSON.stringify(options));
            }
            if (options.outerKnots === "even") continue;
            for (let k = 0; k < degree; k++) {
              assertEquals(tau[k], t[k], "outer knots stay");
              assertEquals(tau[tau.length - 1 - k], t[t.length - 1 - k], "outer knots stay");
            }
          }
        }
      }
    }
  }
});

Deno.test("prolong() twice by 2 equals once by 4", () => {
  for (const [i, options] of SORTS.entries()) {
    const coarse = measured(options, i, "mild");
    const twice = prolong(prolong(coarse)), once = prolong(coarse, 4);
    assertEquals(twice.config, once.config);
    const blocks = once.layout.map(({ name }) => name);
    for (const name of blocks) {
      const x = blockValues(twice, name), y = blockValues(once, name);
      const largest = y.reduce((most, each) => Math.max(most, Math.abs(each)), 0);
      // W itself loses digits with more intervals: it is judged by the function below.
      if (options.basis === "relu" && name.endsWith("coefficients")) continue;
      x.forEach((each, k) => assertLessOrEqual(Math.abs(each - y[k]), 1e-12 * largest, name));
    }
    assertLessOrEqual(change(twice, once, i), tolerance(twice, once), JSON.stringify(options));
  }
});

Deno.test("prolong() copies statistics, linear maps, base weights and outer logits", () => {
  const options: NetworkOptions = { widths: [2, 3, 4, 1], base: "silu", intervals: 4 };
  const coarse = measured(options, 1, "mild");
  const before = structuredClone(coarse);
  const fine = prolong(coarse);
  assertEquals(structuredClone(coarse), before, "the network is not changed");
  assertEquals(fine.statistics, coarse.statistics);
  for (
    const name of ["linear.weights", "linear.bias", "spline0.baseWeights", "spline1.baseWeights"]
  ) {
    assertEquals(blockValues(fine, name), blockValues(coarse, name));
  }
  const s = [...blockValues(coarse, "spline0.knotLogits").subarray(0, 10)];
  assertEquals(
    [...blockValues(fine, "spline0.knotLogits").subarray(0, 14)],
    [s[0], s[1], s[2], s[3], s[3], s[4], s[4], s[5], s[5], s[6], s[6], s[7], s[8], s[9]],
  );
  blockValues(fine, "linear.weights").fill(0);
  assertEquals(structuredClone(coarse), before, "nothing mutable is shared");
});

Deno.test("prolong() inserts zeros in the ReLU basis where the outer knots stay", () => {
  const coarse = measured({ widths: [1, 2, 1], basis: "relu", degree: 2, intervals: 3 }, 1, "mild");
  const fine = prolong(coarse);
  const w = [...blockValues(coarse, "spline0.coefficients").subarray(0, 5)];
  assertEquals(
    [...blockValues(fine, "spline0.coefficients").subarray(0, 8)],
    [w[0], w[1], w[2], 0, w[3], 0, w[4], 0],
  );
});

Deno.test("prolong() refuses factors that are not integers of at least 2", () => {
  const network = randomNetwork({ widths: [2, 3, 1] }, 1);
  for (const factor of [1, 0, -2, 2.5, NaN, Infinity]) {
    assertThrows(() => prolong(network, factor), RangeError, "factor");
  }
  assertThrows(() => prolong(network, 1e7), RangeError, "intervals");
});
