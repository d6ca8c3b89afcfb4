import { assert, assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import fc from "fast-check";
import { prolong, prolongLocally } from "../../lib/multilevel/mod.ts";
import {
  createNetwork,
  createRandom,
  forward,
  layerKnots,
  type Network,
  type NetworkOptions,
  withStatistics,
} from "../../lib/model/mod.ts";
import { splineStages } from "../../lib/model/inner.ts";
import { SEED } from "../support/arbitrary_knots.ts";
import { amplification } from "../support/gradient_check.ts";
import { type LogitKind, product, randomDataset, randomNetwork } from "../support/networks.ts";

const U = 2 ** -53;

function measured(options: NetworkOptions, seed: number, logits: LogitKind): Network {
  const { inputs } = randomDataset({ rows: 25, nIn: options.widths[0], nOut: 1, seed });
  return withStatistics(randomNetwork(options, seed, logits), inputs);
}

/** Random parts, `total` of them for every knot vector. */
function randomParts(network: Network, total: number, seed: number): Int32Array[] {
  const random = createRandom(seed, "parts");
  return splineStages(network.config).map(({ numKnotVectors, space: { intervals } }) => {
    const parts = new Int32Array(numKnotVectors * intervals).fill(1);
    for (let p = 0; p < numKnotVectors; p++) {
      for (let k = intervals; k < total; k++) {
        parts[p * intervals + Math.floor(random.uniform() * intervals)]++;
      }
    }
    return parts;
  });
}

/** `max |f - g| / max |f|` inside the training range, at its corners, and beyond. */
function change(one: Network, other: Network, seed: number): number {
  const nIn = one.config.widths[0];
  const inside = randomDataset({ rows: 40, nIn, nOut: 1, seed }).inputs;
  const beyond = randomDataset({ rows: 10, nIn, nOut: 1, seed: seed + 1, reach: 1.5 }).inputs;
  const inputs = Float64Array.from([...inside, ...beyond]);
  const f = forward(one, inputs), g = forward(other, inputs);
  const largest = f.reduce((most, y) => Math.max(most, Math.abs(y)), 0);
  return f.reduce((most, y, i) => Math.max(most, Math.abs(y - g[i])), 0) / largest;
}

/** 1e-12, in the ReLU basis 16 u of the terms (both levels), through at most two layers. */
function tolerance(coarse: Network, fine: Network): number {
  return Math.max(1e-12, 64 * U * Math.max(amplification(coarse), amplification(fine)));
}

const SORTS = product<NetworkOptions>({
  widths: [[2, 3, 2]],
  degree: [1, 2, 3, 4, 5, 7, 9],
  intervals: [4],
  firstLayer: ["linear", "spline"],
  basis: ["bspline", "relu"],
  knots: ["uniform", "fixed", "free"],
  knotSharing: ["input", "layer"],
  outerKnots: ["even", "free", "clamped"],
}).filter(({ basis, knots, outerKnots }) =>
  !(outerKnots === "free" && knots !== "free" || outerKnots === "clamped" && basis === "relu")
);

Deno.test("prolongLocally() changes no prediction by more than 1e-12, all options", () => {
  for (const [i, options] of SORTS.entries()) {
    const coarse = measured({ ...options, base: i % 2 ? "silu" : "none" }, i, "mild");
    const fine = prolongLocally(coarse, randomParts(coarse, 7, i));
    const knots = coarse.config.knots === "uniform" ? "fixed" : coarse.config.knots;
    assertEquals(fine.config, { ...coarse.config, intervals: 7, knots });
    assertLessOrEqual(change(coarse, fine, i), tolerance(coarse, fine), JSON.stringify(options));
  }
});

Deno.test("prolongLocally() is exact again and again, knots near each other too", () => {
  fc.assert(
    fc.property(
      fc.record({
        widths: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 3, maxLength: 4 }),
        intervals: fc.integer({ min: 1, max: 8 }),
        degree: fc.integer({ min: 1, max: 3 }),
        knots: fc.constantFrom("uniform" as const, "fixed" as const, "free" as const),
        normalisation: fc.constantFrom("minmax" as const, "batchnorm" as const, "none" as const),
      }),
      fc.constantFrom("mild" as const, "crowded" as const),
      fc.integer({ min: 0, max: 1e6 }),
      (options, logits, seed) => {
        const coarse = measured(options, seed, logits);
        let fine = coarse;
        for (let level = 1; level <= 4; level++) {
          fine = prolongLocally(fine, randomParts(fine, fine.config.intervals + 3, seed + level));
        }
        // Free knots come back up to rounding: 1e-16 of the domain, 1e-10 of an interval of 1e-6.
        const moved = options.knots === "free" && logits === "crowded";
        assertLessOrEqual(change(coarse, fine, seed), moved ? 1e-8 : 4e-12);
      },
    ),
    { seed: SEED, numRuns: 60 },
  );
});

Deno.test("prolongLocally() splits the knots of every node in places of its own", () => {
  const coarse = createNetwork({ widths: [1, 2, 1], intervals: 2, knots: "free" }, { seed: 1 });
  const fine = prolongLocally(coarse, [[1, 3, 2, 2]]);
  const inner = (p: number) => [...layerKnots(fine, 0, p).values.subarray(3, 8)];
  const near = (a: number[], b: number[]) => a.every((x, i) => Math.abs(x - b[i]) < 1e-15);
  assert(near(inner(0), [-1, 0, 1 / 3, 2 / 3, 1]));
  assert(near(inner(1), [-1, -0.5, 0, 0.5, 1]));
});

Deno.test("prolongLocally() with equal parts is prolong(), bit for bit", () => {
  for (const knots of ["uniform", "fixed", "free"] as const) {
    const coarse = measured({ widths: [2, 3, 1], knots }, 3, "mild");
    const parts = [new Int32Array(15).fill(3)];
    assertEquals(prolongLocally(coarse, parts), prolong(coarse, 3));
    assertEquals(parts[0], new Int32Array(15).fill(3));
  }
});

Deno.test("prolongLocally() refuses parts that do not fit", () => {
  const network = createNetwork({ widths: [2, 2, 1], intervals: 2 }, { seed: 1 });
  assertThrows(() => prolongLocally(network, []), TypeError, "1 lists");
  assertThrows(() => prolongLocally(network, [[1, 2]]), TypeError, "shape [2, 2]");
  assertThrows(() => prolongLocally(network, [[1, 2, 2, 0]]), RangeError, "at 3 is 0");
  assertThrows(() => prolongLocally(network, [[1, 2, 1, 1.5]]), RangeError, "at 3 is 1.5");
  assertThrows(
    () => prolongLocally(network, [[1, 2, 2, 2]]),
    RangeError,
    "3 and 4 (layer 0, node 1)",
  );
  const mlp = createNetwork({ widths: [1, 2, 1], activation: "relu" }, { seed: 1 });
  assertThrows(() => prolongLocally(mlp, []), RangeError, "MLP");
});
