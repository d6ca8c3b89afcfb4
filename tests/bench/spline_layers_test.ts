import { cpuEngine } from "@freeknot/freeknot";
import { referenceEngine } from "@freeknot/freeknot/engine";
import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { type Case, createProblem } from "../../bench/_case.ts";
import { createPlainC, type PlainC } from "../../bench/_plain_c.ts";
import { Unavailable } from "../../bench/_run_json.ts";

/**
 * Sums of 300 terms in another order, under -ffast-math: a few hundred roundings; times the number
 * of intervals, since a knot rounded otherwise moves a slope by its error over the spacing.
 */
const TOLERANCE = 2e-13;
const ROWS = 300;
const PATIENCE = { seconds: 0, repeats: 3 };

const CASES: Case[] = [];
for (const knots of ["uniform", "free"] as const) {
  CASES.push(
    { widths: [2, 5, 1], degree: 3, intervals: 5, knots, threads: 1 },
    { widths: [3, 4, 2], degree: 1, intervals: 7, knots, threads: 2 },
    { widths: [2, 20, 20, 1], degree: 2, intervals: 40, knots, threads: 3 },
    { widths: [1, 1], degree: 5, intervals: 1, knots, threads: 1 },
  );
}

async function findPlainC(): Promise<PlainC | undefined> {
  let plainC: PlainC | undefined;
  try {
    plainC = await createPlainC();
    const { multiplyAdds, bytes } = await plainC.rate();
    assert(multiplyAdds > 0 && bytes > 0);
    return plainC;
  } catch (error) {
    await plainC?.dispose();
    if (!(error instanceof Unavailable)) throw error;
    console.warn(`SKIPPED: no test of bench/peers/spline_layers.c, ${error.message}`);
    return undefined;
  }
}

Deno.test("spline_layers.c agrees with our engines in value and gradient", async (t) => {
  const plainC = await findPlainC();
  if (!plainC) return;
  try {
    for (const which of CASES) {
      await t.step(JSON.stringify(which), async () => {
        const problem = createProblem(which, "none", ROWS);
        const { network, dataset } = problem;
        const theirs = await plainC.run(which, problem, PATIENCE);
        assertEquals(theirs.gradient.length, network.parameters.length);
        assertEquals(theirs.milliseconds.length, 3);
        assert(theirs.peakBytes >= 0);
        for (const engine of [referenceEngine, cpuEngine]) {
          const evaluator = await engine.compile({ network, loss: { kind: "mse" }, dataset });
          const gradient = new Float64Array(network.parameters.length);
          const value = (await evaluator.evaluate(network.parameters, gradient)).objective;
          evaluator.dispose();
          const tolerance = TOLERANCE * (4 + which.intervals);
          assertLessOrEqual(Math.abs(theirs.value - value), tolerance * value);
          const size = gradient.reduce((most, each) => Math.max(most, Math.abs(each)), 0);
          for (const [i, own] of gradient.entries()) {
            assertLessOrEqual(
              Math.abs(theirs.gradient[i] - own),
              tolerance * size,
              `${engine.name}, parameter ${i}: ${theirs.gradient[i]} and ${own}`,
            );
          }
        }
      });
    }
  } finally {
    await plainC.dispose();
  }
});
