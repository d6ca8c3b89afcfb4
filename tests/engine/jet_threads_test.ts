import { assert, assertEquals } from "@std/assert";
import { compileJets } from "../../lib/engine/mod.ts";
import { jetPoints } from "../../lib/engine/inner.ts";
import { createRandom, type NetworkOptions } from "../../lib/model/mod.ts";
import { findPde, pdeEngine } from "../../lib/physics/mod.ts";
import { randomNetwork } from "../support/networks.ts";

const CASES: readonly NetworkOptions[] = [
  { widths: [2, 4, 3, 1], normalisation: "batchnorm", intervals: 3, knots: "free" },
  { widths: [2, 4, 1], normalisation: "minmax", degree: 4, knots: "free", knotSharing: "layer" },
  { widths: [2, 3, 2], basis: "relu", normalisation: "batchnorm", firstLayer: "spline" },
];

interface Result {
  readonly outputs: readonly Float64Array[];
  readonly gradient: Float64Array;
  readonly matrix: Float64Array;
  readonly statistics: string;
}

/** Two evaluations, with time for helper threads to arrive in between. */
async function evaluate(options: NetworkOptions, threads: number): Promise<Result> {
  const network = randomNetwork(options, 4), random = createRandom(3, "jet threads");
  const points = (rows: number) =>
    Float64Array.from({ length: 2 * rows }, () => 2 * random.uniform() - 1);
  const groups = [jetPoints(points(1900), 2, [[0], [1, 1]]), jetPoints(points(301), 2, [])];
  const program = compileJets(network, groups, { threads });
  const gradient = new Float64Array(program.numParameters);
  let outputs: Float64Array[] = [], matrix = new Float64Array(0);
  for (let i = 0; i < 2; i++) {
    if (i > 0) await new Promise((resolve) => setTimeout(resolve, threads > 1 ? 150 : 0));
    outputs = program.forward(network.parameters).map((own) => own.slice());
    const bars = outputs.map((own) => own.map((y, k) => Math.sin(y + k)));
    program.backward(bars, gradient);
    const residuals = groups.map(({ rows }, group) => ({
      rows,
      parts: [{ group, bars: bars[group] }],
      extra: new Float64Array(0),
    }));
    matrix = program.normalMatrix!(residuals, 0).values.slice();
  }
  const statistics = JSON.stringify(program.statistics());
  program.dispose();
  return { outputs, gradient, matrix, statistics };
}

Deno.test("compileJets() gives the same bits for 1, 2 and 3 threads", async () => {
  for (const options of CASES) {
    const expected = await evaluate(options, 1);
    assert(expected.gradient.some((g) => g !== 0));
    for (const threads of [2, 3]) assertEquals(await evaluate(options, threads), expected);
  }
});

Deno.test("pdeEngine() gives the same bits for 1 and 2 threads", async () => {
  const problem = findPde("burgers");
  const network = randomNetwork({ widths: [2, 4, 1], knots: "free" }, 2);
  const results = [];
  for (const threads of [1, 2]) {
    const engine = pdeEngine(problem, { threads, sampler: { kind: "grid", counts: [40, 60] } });
    const evaluator = await engine.compile({ network, loss: { kind: "mse" } });
    const n = network.parameters.length;
    const matrix = new Float64Array(n * n), gradient = new Float64Array(n);
    await new Promise((resolve) => setTimeout(resolve, threads > 1 ? 150 : 0));
    const loss = evaluator.curvature!.matrix!(network.parameters, matrix, gradient);
    evaluator.dispose();
    results.push({ loss, gradient, matrix });
  }
  assertEquals(results[1], results[0]);
});
