import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { findProblem, galleryDatasets } from "../../lib/data/mod.ts";
import { cpuEngine } from "../../lib/engine/mod.ts";
import { createNetwork } from "../../lib/model/mod.ts";
import { multilevelSchedule } from "../../lib/multilevel/mod.ts";
import { onUnitPowers } from "../../lib/reproduce/_unit_powers.ts";
import { gradientDescent, lbfgs, trainToEnd } from "../../lib/train/mod.ts";

const PROBLEM = findProblem("xor"), OPTIONS = { ...PROBLEM.defaults, basis: "relu" } as const;
const EVEN = { ...OPTIONS, knots: "uniform", intervals: 5 } as const;
const { train } = galleryDatasets(PROBLEM, { rows: 200 });

Deno.test("onUnitPowers(): a step of descent is 1 / (b - t_i)^6 times the gradient by W_i", async () => {
  const network = createNetwork(EVEN, { seed: 1 }), rate = 1e-3;
  const evaluator = await cpuEngine.compile({ network, loss: { kind: "mse" }, dataset: train });
  const gradient = new Float64Array(network.parameters.length);
  await evaluator.evaluate(network.parameters, gradient);
  const optimizer = onUnitPowers(gradientDescent({ learningRate: rate }), EVEN);
  const state = optimizer.init(network.parameters);
  await optimizer.epoch(state, evaluator);
  evaluator.dispose();
  for (const { name, offset, shape } of network.layout) {
    const [, numBasis, nOut] = shape, count = shape.reduce((product, n) => product * n, 1);
    for (let k = 0; k < count; k++) {
      const knot = -1 + 0.4 * (Math.floor(k / nOut) % numBasis - 3); // even ones of [-1, 1]
      const size = name.endsWith(".coefficients") ? (1 - knot) ** 3 : 1;
      const moved = state.parameters[offset + k] - network.parameters[offset + k];
      const expected = -rate * gradient[offset + k] / size ** 2;
      assertAlmostEquals(moved, expected, 1e-12 + 1e-9 * Math.abs(expected));
    }
  }
});

Deno.test("onUnitPowers() trains over refinements, counts its evaluations, and refuses free knots", async () => {
  const optimizer = onUnitPowers(lbfgs(), EVEN), schedule = multilevelSchedule([2, 1]);
  const { network, loss, evaluations } = await trainToEnd(
    createNetwork(EVEN, { seed: 1 }),
    train,
    { schedule, optimizer },
  );
  assertEquals([network.config.basis, network.config.intervals], ["relu", 10]);
  assert(loss < 0.1 && evaluations > 40 && evaluations <= 80);
  const free = { ...OPTIONS, knots: "free", intervals: 5 } as const;
  const start = createNetwork(free, { seed: 1 }).parameters;
  assertThrows(() => onUnitPowers(lbfgs(), free).init(start), RangeError, "even knots");
});
