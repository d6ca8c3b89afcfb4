import { assert, assertAlmostEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import { prolong } from "../../lib/multilevel/mod.ts";
import { prolongationTransfer } from "../../lib/multilevel/inner.ts";
import { createNetwork, createRandom, type Network } from "../../lib/model/mod.ts";
import { referenceEngine } from "../../lib/engine/mod.ts";
import { randomDataset } from "../support/networks.ts";

const CASES = fc.record({
  degree: fc.integer({ min: 1, max: 4 }),
  intervals: fc.integer({ min: 1, max: 5 }),
  factor: fc.integer({ min: 2, max: 3 }),
  knots: fc.constantFrom("free" as const, "uniform" as const),
  knotSharing: fc.constantFrom("input" as const, "layer" as const),
  firstLayer: fc.constantFrom("linear" as const, "spline" as const),
  outerKnots: fc.constantFrom(undefined, "even" as const, "clamped" as const),
  base: fc.constantFrom("none" as const, "silu" as const),
  seed: fc.integer({ min: 0, max: 1000 }),
});

function draw(n: number, seed: number, scale = 1): Float64Array {
  const random = createRandom(seed, "vector");
  return Float64Array.from({ length: n }, () => scale * random.normal());
}

function network(options: Parameters<typeof createNetwork>[0], seed: number): Network {
  const start = createNetwork(options, { seed });
  const moved = draw(start.parameters.length, seed, 0.4);
  return { ...start, parameters: start.parameters.map((x, i) => x + moved[i]) };
}

function dot(x: Float64Array, y: Float64Array): number {
  return x.reduce((sum, each, i) => sum + each * y[i], 0);
}

function along(at: Network, step: Float64Array, length: number): Network {
  return { ...at, parameters: at.parameters.map((x, i) => x + length * step[i]) };
}

Deno.test("prolongationTransfer() moves steps by the tangent of prolong()", () => {
  fc.assert(
    fc.property(CASES, ({ factor, seed, outerKnots, ...options }) => {
      const coarse = network(
        { widths: [2, 3, 2], ...options, ...(outerKnots && { outerKnots }) },
        seed,
      );
      const step = draw(coarse.parameters.length, seed + 1);
      const moved = prolongationTransfer(coarse, factor).step(step);
      const h = 1e-5;
      const ahead = prolong(along(coarse, step, h), factor).parameters;
      const behind = prolong(along(coarse, step, -h), factor).parameters;
      const size = Math.max(...moved.map(Math.abs));
      moved.forEach((each, i) =>
        assertAlmostEquals(each, (ahead[i] - behind[i]) / (2 * h), 1e-6 * size)
      );
    }),
    { seed: 1, numRuns: 60 },
  );
});

Deno.test("prolongationTransfer() keeps s.y for every pair", () => {
  fc.assert(
    fc.property(CASES, ({ factor, seed, outerKnots, ...options }) => {
      const coarse = network(
        { widths: [2, 3, 2], ...options, ...(outerKnots && { outerKnots }) },
        seed,
      );
      const transfer = prolongationTransfer(coarse, factor);
      const s = draw(coarse.parameters.length, seed + 2), y = draw(s.length, seed + 3);
      const sf = transfer.step(s), yf = transfer.difference(y);
      const size = sf.reduce((sum, each, i) => sum + Math.abs(each * yf[i]), 0);
      assert(Math.abs(dot(sf, yf) - dot(s, y)) <= 1e-9 * size + 1e-9);
    }),
    { seed: 2, numRuns: 60 },
  );
});

Deno.test("prolongationTransfer() moves gradients by the transpose", () => {
  fc.assert(
    fc.property(CASES, ({ factor, seed, outerKnots, ...options }) => {
      const coarse = network(
        { widths: [2, 3, 2], ...options, ...(outerKnots && { outerKnots }) },
        seed,
      );
      const transfer = prolongationTransfer(coarse, factor);
      const s = draw(coarse.parameters.length, seed + 4), sf = transfer.step(s);
      const g = draw(sf.length, seed + 5), back = transfer.gradient(g);
      const size = sf.reduce((sum, each, i) => sum + Math.abs(each * g[i]), 0);
      assertAlmostEquals(dot(sf, g), dot(s, back), 1e-12 * size);
    }),
    { seed: 3, numRuns: 60 },
  );
});

Deno.test("prolongationTransfer() keeps directional derivatives of the loss", async () => {
  const data = randomDataset({ rows: 40, nIn: 2, nOut: 1, seed: 1 });
  const coarse = network({ widths: [2, 3, 1], intervals: 4 }, 5), fine = prolong(coarse);
  const slopes: number[] = [];
  const step = draw(coarse.parameters.length, 9);
  const moved = prolongationTransfer(coarse).step(step);
  for (const [at, direction] of [[coarse, step], [fine, moved]] as const) {
    const evaluator = await referenceEngine.compile({
      network: at,
      loss: { kind: "mse" },
      dataset: data,
    });
    const gradient = direction.slice();
    await evaluator.evaluate(at.parameters, gradient);
    slopes.push(dot(gradient, direction));
  }
  assertAlmostEquals(slopes[1], slopes[0], 1e-8 * Math.abs(slopes[0]));
});

Deno.test("prolongationTransfer() refuses the ReLU basis", () => {
  const relu = createNetwork({ widths: [1, 1, 1], basis: "relu" }, { seed: 1 });
  assertThrows(() => prolongationTransfer(relu), RangeError, "basis must be bspline");
});
