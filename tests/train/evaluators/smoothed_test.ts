import { assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import { createRandom } from "../../../lib/model/mod.ts";
import { createCpuEngine } from "../../../lib/engine/mod.ts";
import { smoothed } from "../../../lib/train/evaluators/smoothed.ts";
import { coarseSchedule } from "../../../lib/multilevel/mod.ts";
import { gaussNewton, trainToEnd } from "../../../lib/train/mod.ts";
import { createNetwork, forward } from "../../../lib/model/mod.ts";
import { fourthOrderDifference } from "../../support/gradient_check.ts";
import { randomDataset, randomNetwork } from "../../support/networks.ts";

Deno.test("smoothed(): gradient and matrix are those of the objective with the penalty", async () => {
  const network = randomNetwork({ widths: [2, 3, 2], firstLayer: "spline" }, 3, "mild");
  const dataset = randomDataset({ rows: 15, nIn: 2, nOut: 2, seed: 4, targets: "normal" });
  const inner = await createCpuEngine({ threads: 1 }).compile({
    network,
    loss: { kind: "mse" },
    dataset,
  });
  const smooth = smoothed(inner, network);
  const { parameters } = network, n = parameters.length;
  const plain = new Float64Array(n * n), matrix = new Float64Array(n * n);
  const gradient = new Float64Array(n), g = new Float64Array(n);
  const before = await smooth.evaluator.curvature!.matrix!(parameters, plain, g);
  smooth.weight = 0.3;
  const value = await smooth.evaluator.curvature!.matrix!(parameters, matrix, gradient);
  assertAlmostEquals(value, before + smooth.penalty(parameters), 1e-14);
  assertAlmostEquals((await smooth.evaluator.evaluate(parameters)).objective, value, 1e-13);
  assertAlmostEquals((await smooth.evaluator.evaluate(parameters, g)).objective, value, 1e-13);
  assertEquals(g.every((each, i) => Math.abs(each - gradient[i]) < 1e-13), true);
  const moved = parameters.slice();
  for (let i = 0; i < n; i++) {
    const slope = fourthOrderDifference(
      (x) => {
        moved[i] = x;
        const penalty = smooth.penalty(moved);
        moved[i] = parameters[i];
        return penalty;
      },
      parameters[i],
      1e-3,
    );
    (await inner.evaluate(parameters, g)).objective;
    assertAlmostEquals(gradient[i] - g[i], slope, 1e-9);
  }
  // the penalty is quadratic: v^T (matrix - plain) v / 2 is its value at v
  const random = createRandom(5), v = Float64Array.from({ length: n }, () => random.normal());
  let quadratic = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) quadratic += v[i] * (matrix[i * n + j] - plain[i * n + j]) * v[j];
  }
  assertAlmostEquals(quadratic / 2, smooth.penalty(v), 1e-9);
  const product = new Float64Array(n);
  await smooth.evaluator.curvature!.product(parameters, v, product);
  const expected = v.map((_, i) => v.reduce((sum, x, j) => sum + matrix[i * n + j] * x, 0));
  product.forEach((each, i) => assertAlmostEquals(each, expected[i], 1e-6));
  smooth.evaluator.dispose();
});

Deno.test("train() with smoothing stays tame where there are no points", async () => {
  // 30 points, 40 pieces, none in the middle
  const random = createRandom(1);
  const inputs = Float64Array.from({ length: 30 }, () => {
    const x = 2 * random.uniform() - 1;
    return Math.sign(x) * (0.3 + 0.7 * Math.abs(x));
  });
  const targets = inputs.map((x) => Math.sin(3 * x));
  const dataset = { rows: 30, nIn: 1, nOut: 1, inputs, targets };
  const options = {
    widths: [1, 1],
    firstLayer: "spline",
    intervals: 40,
    knots: "uniform",
  } as const;
  const errors: number[] = [];
  for (const smoothing of [0, 1e-3]) {
    const { network, loss } = await trainToEnd(createNetwork(options, { seed: 1 }), dataset, {
      smoothing,
      optimizer: gaussNewton(),
      schedule: coarseSchedule(30),
    });
    assertLess(loss, 1e-4);
    const gap = Float64Array.from({ length: 50 }, (_, i) => -0.25 + i / 100);
    const outputs = forward(network, gap);
    errors.push(Math.max(...outputs.map((y, i) => Math.abs(y - Math.sin(3 * gap[i])))));
  }
  assertLess(errors[1], errors[0] / 3);
});
