import { assertEquals, assertThrows } from "@std/assert";
import {
  createCpuEngine,
  type Engine,
  type Evaluator,
  type Loss,
  referenceEngine,
} from "../../lib/engine/mod.ts";
import { subset } from "../../lib/data/mod.ts";
import type { NetworkOptions } from "../../lib/model/mod.ts";
import { randomDataset, randomNetwork } from "../support/networks.ts";

const ENGINES: Record<string, Engine> = {
  reference: referenceEngine,
  cpu: createCpuEngine({ threads: 1 }),
  "cpu, float32": createCpuEngine({ threads: 1, dtype: "float32" }),
  "cpu, 3 threads": createCpuEngine({ threads: 3 }),
};

const CASES: readonly [NetworkOptions, Loss, number][] = [
  [{ widths: [2, 3, 1] }, { kind: "mse" }, 300],
  [{ widths: [2, 9, 8], normalisation: "batchnorm", base: "silu" }, { kind: "huber" }, 300],
  [{ widths: [2, 3, 2], normalisation: "none" }, { kind: "crossEntropy" }, 300],
  [{ widths: [2, 3, 1], knots: "uniform", firstLayer: "spline" }, { kind: "mse" }, 5000],
];

async function result(evaluator: Evaluator, parameters: Float64Array): Promise<unknown[]> {
  const g = new Float64Array(parameters.length);
  const { objective, loss, outputs, statistics } = await evaluator.evaluate(parameters, g);
  return [objective, g, loss, outputs(), statistics()];
}

for (const [name, engine] of Object.entries(ENGINES)) {
  Deno.test(`batches.select() evaluates a mini-batch as a dataset of its own, ${name}`, async () => {
    for (const [i, [options, loss, rows]] of CASES.entries()) {
      if (name === "reference" && rows > 1000) continue;
      const network = randomNetwork(options, i), { parameters } = network;
      const nOut = options.widths.at(-1)!;
      const targets = loss.kind === "crossEntropy" ? "oneHot" : "normal";
      const weighted = i % 2 === 0;
      const dataset = randomDataset({ rows, nIn: 2, nOut, seed: i, targets, weighted });
      const evaluator = await engine.compile({ network, loss, dataset });
      const whole = await result(evaluator, parameters);
      for (
        const batch of [
          [7],
          [5, 4, 4, 9, 0],
          Array.from({ length: rows / 2 }, (_, r) => 2 * r),
        ]
      ) {
        evaluator.batches!.select(Int32Array.from(batch));
        const alone = await engine.compile({ network, loss, dataset: subset(dataset, batch) });
        assertEquals(await result(evaluator, parameters), await result(alone, parameters));
        alone.dispose();
      }
      evaluator.batches!.select(undefined);
      assertEquals(await result(evaluator, parameters), whole, "all rows again");
      assertThrows(() => evaluator.batches!.select(new Int32Array(0)), RangeError, "empty");
      assertThrows(() => evaluator.batches!.select(Int32Array.of(0, rows)), RangeError, `${rows}`);
      assertEquals(await result(evaluator, parameters), whole, "a refusal changes nothing");
      evaluator.dispose();
    }
  });
}
