/**
 * What a penalty on edges adds to a value and gradient: process time of one thread, with and without
 * it in turn, the least of several rounds each.
 *
 * `deno run -A bench/penalty.ts`
 *
 * @module
 */

import { createCpuEngine, createNetwork, type NetworkOptions } from "@freeknot/freeknot";
import { createRandom } from "@freeknot/freeknot/model";

const ROWS = 5000, ROUNDS = 25, REPEATS = 3;
const CASES: readonly NetworkOptions[] = [
  { widths: [2, 5, 1] },
  { widths: [2, 5, 1], firstLayer: "spline" },
  { widths: [10, 10, 10, 1] },
  { widths: [10, 16, 16, 4], firstLayer: "spline" },
  { widths: [32, 32, 32], firstLayer: "spline" },
];
/** No penalty; one; one that is rounded off at 0. */
const KINDS = [undefined, 0, 1e-3];

for (const options of CASES) {
  const network = createNetwork({ ...options, intervals: 8 }, { seed: 1 });
  const { widths } = network.config, nIn = widths[0], nOut = widths[widths.length - 1];
  const random = createRandom(1, "bench penalty");
  const inputs = Float64Array.from({ length: ROWS * nIn }, () => random.uniform());
  const targets = Float64Array.from({ length: ROWS * nOut }, () => random.uniform());
  const dataset = { rows: ROWS, nIn, nOut, inputs, targets };
  const engine = createCpuEngine({ threads: 1 }), loss = { kind: "mse" } as const;
  const evaluators = await Promise.all(KINDS.map(async (epsilon) => {
    if (epsilon === undefined) return await engine.compile({ network, loss, dataset });
    const penalty = { l1: 1e-3, entropy: 1e-3 };
    const evaluator = await engine.compile({ network, loss, dataset, penalty });
    evaluator.penalty!.round(epsilon);
    return evaluator;
  }));
  const gradient = new Float64Array(network.parameters.length);
  const least = KINDS.map(() => Infinity);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, evaluator] of evaluators.entries()) {
      const begun = process.cpuUsage();
      for (let n = 0; n < REPEATS; n++) await evaluator.evaluate(network.parameters, gradient);
      const { user, system } = process.cpuUsage(begun);
      least[i] = Math.min(least[i], (user + system) / REPEATS / 1000);
    }
  }
  const [plain, ...penalised] = least;
  console.log(
    `${JSON.stringify(options)}: ${plain.toFixed(3)} ms, with penalty ` +
      penalised.map((ms) => `${(ms / plain).toFixed(2)} times`).join(", rounded "),
  );
  for (const evaluator of evaluators) evaluator.dispose();
}
