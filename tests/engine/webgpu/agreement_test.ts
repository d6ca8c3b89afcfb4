import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { createWebgpuEngine, referenceEngine, type WebgpuEngine } from "../../../lib/engine/mod.ts";
import { randomDataset, randomNetwork } from "../../support/networks.ts";
import { gpuTest } from "../../support/webgpu.ts";
import {
  agreement,
  norm,
  optionCases,
  roundedProblem,
  shapeCases,
  TOLERANCE,
  type WebgpuCase,
} from "../../support/webgpu_cases.ts";

async function compare(engine: WebgpuEngine, each: WebgpuCase): Promise<void> {
  const { title, value, gradient, outputs, tolerance, same } = await agreement(engine, each);
  assert(same, `value() is valueAndGradient()'s value, ${title}`);
  assertLessOrEqual(value, tolerance, `value, ${title}`);
  assertLessOrEqual(gradient, tolerance, `gradient, ${title}`);
  assertLessOrEqual(outputs, tolerance, `outputs, ${title}`);
}

for (const basis of ["bspline", "relu"] as const) {
  gpuTest(`webgpu engine equals referenceEngine, ${basis} basis, options`, async (engine) => {
    for (const each of optionCases(basis, 11)) await compare(engine, each);
  });
}

gpuTest(
  "webgpu engine equals referenceEngine on many rows, intervals and nodes",
  async (engine) => {
    for (const each of shapeCases()) await compare(engine, each);
  },
);

gpuTest("webgpu engine computes the binary cross-entropy", async (engine) => {
  const dataset = randomDataset({ rows: 100, nIn: 2, nOut: 1, seed: 1, targets: "binary" });
  const options = { widths: [2, 3, 1] };
  await compare(engine, { options, loss: { kind: "crossEntropy" }, dataset, seed: 1 });
});

gpuTest("webgpu engine splits data beyond one binding", async (engine) => {
  const small = await createWebgpuEngine({ maxBindingBytes: 1 << 12 });
  for (const normalisation of ["minmax", "batchnorm"] as const) {
    const options = { widths: [2, 5, 3, 1], normalisation, degree: 1 };
    const dataset = randomDataset({ rows: 1000, nIn: 2, nOut: 1, seed: 1, weighted: true });
    const each = { options, loss: { kind: "mse" }, dataset, seed: 1 } as const;
    await compare(small, each);
    // One chunk is the same sum but for its order.
    await compare(engine, each);
  }
  const network = randomNetwork({ widths: [2, 5, 3, 1], degree: 1 }, 1);
  const dataset = randomDataset({ rows: 1000, nIn: 2, nOut: 1, seed: 1 });
  const dispatches: number[] = [];
  for (const each of [small, engine]) {
    const evaluator = await each.compile({ network, loss: { kind: "mse" }, dataset });
    const before = each.work.dispatches;
    await evaluator.evaluate(network.parameters);
    dispatches.push(each.work.dispatches - before);
    evaluator.dispose();
  }
  assert(dispatches[0] > 3 * dispatches[1], `dispatches ${dispatches}`);
  small.dispose();
});

gpuTest("webgpu engine repeats bit for bit", async (engine) => {
  const network = randomNetwork({ widths: [2, 5, 3, 1], base: "silu" }, 1);
  const dataset = randomDataset({ rows: 3000, nIn: 2, nOut: 1, seed: 1 });
  const runs: Float64Array[] = [];
  for (let i = 0; i < 3; i++) {
    const evaluator = await engine.compile({ network, loss: { kind: "mse" }, dataset });
    const gradient = new Float64Array(network.parameters.length + 1);
    const value = (await evaluator.evaluate(network.parameters, gradient.subarray(1))).objective;
    gradient[0] = value;
    runs.push(gradient);
    evaluator.dispose();
  }
  assertEquals(runs[1], runs[0]);
  assertEquals(runs[2], runs[0]);
});

gpuTest("webgpu engine handles constant columns and one row", async (engine) => {
  for (const inputs of [[[0.25, -0.5]], [[0.5, 0.1], [0.5, 0.7], [0.5, -0.4]], [[0, 0], [0, 0]]]) {
    for (const normalisation of ["minmax", "batchnorm"] as const) {
      const dataset = {
        ...randomDataset({ rows: inputs.length, nIn: 2, nOut: 1, seed: 2 }),
        inputs: Float64Array.from(inputs.flat()),
      };
      const options = { widths: [2, 3, 1], normalisation, bias: false } as const;
      await compare(engine, { options, loss: { kind: "mse" }, dataset, seed: 5 });
    }
  }
});

gpuTest("webgpu engine's statistics are those of the reference", async (engine) => {
  for (const normalisation of ["minmax", "batchnorm", "none"] as const) {
    const [network, dataset] = roundedProblem(
      randomNetwork({ widths: [2, 4, 1], normalisation }, 1),
      randomDataset({ rows: 300, nIn: 2, nOut: 1, seed: 1 }),
    );
    const own = await engine.compile({ network, loss: { kind: "mse" }, dataset });
    const plain = await referenceEngine.compile({ network, loss: { kind: "mse" }, dataset });
    const [one] = (await own.evaluate(network.parameters)).statistics();
    const [other] = (await plain.evaluate(network.parameters)).statistics();
    assertEquals(one.kind, other.kind);
    for (const [key, values] of Object.entries(one)) {
      if (key === "kind") continue;
      const expected = other[key as keyof typeof other] as unknown as Float64Array;
      (values as Float64Array).forEach((value, p) =>
        assertLessOrEqual(Math.abs(value - expected[p]), 1e-6, key)
      );
    }
    own.dispose();
    plain.dispose();
  }
});

gpuTest("webgpu engine gives NaN outside the domain under extrapolation error", async (engine) => {
  const network = randomNetwork({
    widths: [2, 2],
    firstLayer: "spline",
    normalisation: "none",
    extrapolation: "error",
  }, 1);
  const dataset = randomDataset({ rows: 5, nIn: 2, nOut: 2, seed: 1, reach: 3 });
  const evaluator = await engine.compile({ network, loss: { kind: "mse" }, dataset });
  const gradient = new Float64Array(network.parameters.length);
  assert(Number.isNaN((await evaluator.evaluate(network.parameters, gradient)).objective));
  assert(gradient.every(Number.isNaN));
  evaluator.dispose();
});

gpuTest(
  "webgpu engine gives NaN for parameters that are not finite, and recovers",
  async (engine) => {
    const network = randomNetwork({ widths: [2, 3, 1] }, 1);
    const dataset = randomDataset({ rows: 5, nIn: 2, nOut: 1, seed: 1 });
    const evaluator = await engine.compile({ network, loss: { kind: "mse" }, dataset });
    const gradient = new Float64Array(network.parameters.length);
    const bad = network.parameters.slice();
    for (const value of [NaN, Infinity, 1e300]) {
      bad[3] = value;
      assert(!Number.isFinite((await evaluator.evaluate(bad, gradient)).objective));
    }
    assert(Number.isFinite((await evaluator.evaluate(network.parameters, gradient)).objective));
    assert(gradient.every(Number.isFinite));
    evaluator.dispose();
  },
);

gpuTest("batches.select() evaluates a mini-batch as the reference does", async (engine) => {
  const [network, dataset] = roundedProblem(
    randomNetwork({ widths: [2, 4, 1] }, 1),
    randomDataset({ rows: 60, nIn: 2, nOut: 1, seed: 1, weighted: true }),
  );
  const own = await engine.compile({ network, loss: { kind: "mse" }, dataset });
  const plain = await referenceEngine.compile({ network, loss: { kind: "mse" }, dataset });
  const g = new Float64Array(network.parameters.length), h = g.slice();
  for (
    const rows of [[0, 3, 5, 9, 20], [1, 59, 7, 8, 4], [2, 1, 0], undefined].map((each) =>
      each && Int32Array.from(each)
    )
  ) {
    own.batches!.select(rows);
    plain.batches!.select(rows);
    const f = (await own.evaluate(network.parameters, g)).objective;
    const e = (await plain.evaluate(network.parameters, h)).objective;
    assertLessOrEqual(Math.abs(f - e), TOLERANCE * e);
    assertLessOrEqual(norm(g.map((x, i) => x - h[i])), TOLERANCE * norm(h));
  }
  own.dispose();
  plain.dispose();
});
