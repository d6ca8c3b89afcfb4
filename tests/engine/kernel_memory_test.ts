import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { createCpuEngine } from "../../lib/engine/mod.ts";
import { SEED } from "../support/arbitrary_knots.ts";
import { randomDataset, randomNetwork } from "../support/networks.ts";

/** Numbers that lead out of every domain, overflow, and end as infinities and NaN. */
const WILD = [0, -0, 1e-320, 1e10, -1e10, 1e38, -1e39, 1e154, -1e200, Number.MAX_VALUE, -1e308];

Deno.test("cpu engine touches nothing but its own arrays, whatever the numbers", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        widths: fc.constantFrom([2, 3, 1], [2, 9, 8, 1], [1, 2, 2], [3, 1, 1]),
        intervals: fc.integer({ min: 1, max: 20 }),
        degree: fc.integer({ min: 1, max: 5 }),
        firstLayer: fc.constantFrom("linear" as const, "spline" as const),
        knots: fc.constantFrom("uniform" as const, "free" as const),
        basis: fc.constantFrom("bspline" as const, "relu" as const),
        base: fc.constantFrom("none" as const, "silu" as const),
        normalisation: fc.constantFrom("minmax" as const, "batchnorm" as const, "none" as const),
        extrapolation: fc.constantFrom("linear" as const, "clamp" as const, "error" as const),
      }),
      fc.constantFrom("float64" as const, "float32" as const),
      fc.array(fc.tuple(fc.nat(), fc.constantFrom(...WILD)), { minLength: 1, maxLength: 8 }),
      fc.array(fc.tuple(fc.nat(), fc.constantFrom(...WILD)), { maxLength: 8 }),
      fc.nat(1e6),
      async (options, dtype, wildParameters, wildInputs, seed) => {
        const network = randomNetwork(options, seed), { parameters } = network;
        const nIn = options.widths[0], nOut = options.widths.at(-1)!;
        const dataset = randomDataset({ rows: 70, nIn, nOut, seed });
        for (const [i, x] of wildInputs) dataset.inputs[i % dataset.inputs.length] = x;
        const engine = createCpuEngine({ threads: 1, dtype });
        const evaluator = await engine.compile({ network, loss: { kind: "mse" }, dataset });
        const before = new Float64Array(parameters.length), after = before.slice();
        const first = (await evaluator.evaluate(parameters, before)).objective;
        const wild = parameters.slice();
        for (const [i, x] of wildParameters) wild[i % wild.length] = x;
        await evaluator.evaluate(wild, after);
        assertEquals((await evaluator.evaluate(parameters, after)).objective, await first);
        // but for the sign of a NaN, which the processor may choose
        const bits = (values: Float64Array) => values.map((x) => Number.isNaN(x) ? NaN : x);
        assertEquals(bits(after), bits(before), "the same bits as before");
        evaluator.dispose();
      },
    ),
    { seed: SEED, numRuns: 300 },
  );
});
