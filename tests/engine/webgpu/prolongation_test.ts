import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { forward, type Network, type NetworkOptions } from "../../../lib/model/mod.ts";
import { multilevelSchedule, prolong, prolongLocally } from "../../../lib/multilevel/mod.ts";
import type { WebgpuEngine } from "../../../lib/engine/mod.ts";
import { lbfgs, trainToEnd } from "../../../lib/train/mod.ts";
import { randomDataset, randomNetwork } from "../../support/networks.ts";
import { gpuTest } from "../../support/webgpu.ts";
import { norm, roundedProblem } from "../../support/webgpu_cases.ts";

const SPLIT_CASES: readonly [NetworkOptions, factor: number][] = [
  [{ widths: [2, 5, 1] }, 2],
  [{ widths: [2, 4, 3, 2], degree: 1, base: "silu", knotSharing: "layer" }, 3],
  [{ widths: [2, 3, 1], knots: "free", outerKnots: "even" }, 2],
  [{ widths: [2, 3], firstLayer: "spline", knots: "uniform", normalisation: "none" }, 2],
  [{ widths: [2, 3, 1], knots: "fixed", intervals: 4 }, 2],
  [{ widths: [2, 3, 1], outerKnots: "clamped", intervals: 3 }, 2],
  [{ widths: [2, 3, 1], knots: "uniform", intervals: 1 }, 4],
  [{ widths: [2, 3, 2], basis: "relu", degree: 1 }, 3],
];

/** Parameters that the engine begins with on the finer grid. */
async function prolonged(
  engine: WebgpuEngine,
  coarse: Network,
  fine: Network,
): Promise<Float64Array | undefined> {
  const { widths } = coarse.config;
  const dataset = randomDataset({ rows: 20, nIn: 2, nOut: widths[widths.length - 1], seed: 1 });
  const evaluator = await engine.compile({ network: fine, loss: { kind: "mse" }, dataset, coarse });
  const before = engine.work.readbacks;
  const parameters = await evaluator.resident!.start?.();
  if (parameters) {
    await evaluator.evaluate(parameters);
    assertEquals(engine.work.readbacks - before, 1, "parameters come with the first value");
  }
  evaluator.dispose();
  return parameters;
}

gpuTest("start() prolongs on the device as prolong() does", async (engine) => {
  for (const [seed, [options, factor]] of SPLIT_CASES.entries()) {
    const { inputs, ...data } = randomDataset({ rows: 50, nIn: 2, nOut: 1, seed });
    const [coarse] = roundedProblem(randomNetwork(options, seed), { inputs, ...data });
    const fine = prolong(coarse, factor);
    const parameters = (await prolonged(engine, coarse, fine))!;
    assert(parameters.every((value) => Math.fround(value) === value), "float32");
    const title = JSON.stringify(options);
    for (const { name, offset, size } of fine.layout) {
      const own = parameters.subarray(offset, offset + size);
      const plain = fine.parameters.subarray(offset, offset + size);
      const difference = norm(own.map((value, i) => value - plain[i]));
      assertLessOrEqual(difference, 2e-6 * norm(plain), `${name}, ${title}`);
    }
    const before = forward(coarse, inputs), after = forward({ ...fine, parameters }, inputs);
    assertLessOrEqual(norm(after.map((y, i) => y - before[i])), 2e-6 * norm(before), title);
  }
});

gpuTest("start() prolongs where an interval is empty", async (engine) => {
  const coarse = randomNetwork({ widths: [2, 3, 1], intervals: 4 }, 1);
  const block = coarse.layout.find(({ name }) => name === "spline0.knotLogits")!;
  coarse.parameters[block.offset + 3 + 1] = -200; // underflows
  const [rounded] = roundedProblem(coarse, randomDataset({ rows: 1, nIn: 2, nOut: 1, seed: 1 }));
  const fine = prolong(rounded);
  const parameters = (await prolonged(engine, rounded, fine))!;
  assert(parameters.every(Number.isFinite));
  const inputs = Float64Array.from({ length: 40 }, (_, i) => Math.sin(7 * i));
  const before = forward(rounded, inputs), after = forward({ ...fine, parameters }, inputs);
  assertLessOrEqual(norm(after.map((y, i) => y - before[i])), 2e-6 * norm(before));
});

gpuTest("start() is absent where the host has to prolong", async (engine) => {
  const relu = randomNetwork({ widths: [2, 3, 1], basis: "relu", degree: 1, knots: "uniform" }, 1);
  assertEquals(await prolonged(engine, relu, prolong(relu)), undefined, "outer knots move");
  const uniform = randomNetwork({ widths: [2, 2, 1], intervals: 3, knots: "uniform" }, 1);
  const locally = prolongLocally(uniform, [[1, 1, 4, 4, 1, 1]]);
  assertEquals(await prolonged(engine, uniform, locally), undefined, "uneven splits");
  assertEquals(await prolonged(engine, uniform, uniform), undefined, "no split");
});

gpuTest("train() keeps the loss at a refinement on the device", async (engine) => {
  const network = randomNetwork({ widths: [2, 4, 1] }, 1);
  const dataset = randomDataset({ rows: 200, nIn: 2, nOut: 1, seed: 1 });
  const losses: number[][] = [];
  await trainToEnd(network, dataset, {
    engine,
    optimizer: lbfgs(),
    schedule: multilevelSchedule([2, 1, 1]),
    onEvent(event) {
      if (event.type === "refined") losses.push([event.lossBefore, event.lossAfter]);
    },
  });
  assertEquals(losses.length, 2);
  for (const [before, after] of losses) {
    assertLessOrEqual(Math.abs(after - before), 1e-5 * before);
  }
});
