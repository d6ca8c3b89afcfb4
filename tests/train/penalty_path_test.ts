import { assert, assertEquals, assertGreater, assertLessOrEqual, assertRejects } from "@std/assert";
import { createNetwork, createRandom } from "../../lib/model/mod.ts";
import type { Dataset } from "../../lib/data/mod.ts";
import { choosePenalty, type PenaltyPoint } from "../../lib/train/mod.ts";

/** A wave of one input under noise; the others are noise, too. */
function noisy(rows: number): Dataset {
  const random = createRandom(7, "noisy rows"), nIn = 8;
  const inputs = Float64Array.from({ length: rows * nIn }, () => random.uniform());
  const targets = Float64Array.from(
    { length: rows },
    (_, r) => Math.sin(5 * inputs[r * nIn]) + 0.3 * random.normal(),
  );
  return { rows, nIn, nOut: 1, inputs, targets };
}

const NETWORK = createNetwork({ widths: [8, 3, 1], intervals: 4 }, { seed: 1 });

for (const kind of ["sparsity", "smoothness"] as const) {
  Deno.test(`choosePenalty() takes the largest ${kind} within one standard error`, async () => {
    const told: PenaltyPoint[] = [];
    const weights = kind === "sparsity" ? [0, 1e-3, 1e-2, 0.1, 1] : [0, 1e-5, 1e-4, 1e-3, 1];
    const options = { kind, weights, epochs: 10, sparsity: { inputs: 1 } };
    const { chosen, points } = await choosePenalty(NETWORK, noisy(150), {
      ...options,
      onPoint: (point) => told.push(point),
    });
    assertEquals(points, told);
    const best = points.reduce((a, b) => b.loss < a.loss ? b : a);
    const taken = points.find(({ weight }) => weight === chosen)!;
    assertLessOrEqual(taken.loss, best.loss + best.standardError);
    for (const { weight, loss } of points) {
      assert(weight <= chosen || loss > best.loss + best.standardError);
    }
    assertGreater(chosen, 0);
    assertGreater(points[0].loss, best.loss);
    assertEquals(await choosePenalty(NETWORK, noisy(150), options), { chosen, points });
  });
}

Deno.test("choosePenalty() judges by validation rows where there are any", async () => {
  const validation = noisy(400), weights = [0, 0.01];
  const { points } = await choosePenalty(NETWORK, noisy(60), { validation, weights, epochs: 3 });
  assertEquals(points.length, 2);
  assert(points.every(({ loss, standardError }) => loss > 0 && standardError < loss));
});

Deno.test("choosePenalty() says what is wrong", async () => {
  const fails = (options: Record<string, unknown>, words: string) =>
    assertRejects(() => choosePenalty(NETWORK, noisy(20), options), Error, words);
  await fails({ weights: [1, 0] }, "weights must be numbers >= 0, increasing");
  await fails({ folds: 1 }, "folds must be an integer from 2 to 20");
  await fails({ epochs: 0 }, "epochs must be an integer of at least 1");
  await fails({ lambda: 1 }, "current value is lambda");
});
