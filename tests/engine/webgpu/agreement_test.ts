import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { type Loss, referenceEngine, type WebgpuEngine } from "../../../lib/engine/mod.ts";
import type { Network, NetworkOptions } from "../../../lib/model/mod.ts";
import type { Dataset } from "../../../lib/data/mod.ts";
import { amplification } from "../../support/gradient_check.ts";
import { product, randomDataset, randomNetwork } from "../../support/networks.ts";
import { gpuTest } from "../../support/webgpu.ts";

/** Unit roundoff of float32. */
const U = 2 ** -24;
/** Normwise agreement with the float64 reference. */
const TOLERANCE = 2e-5;

const LOSSES: readonly Loss[] = [
  { kind: "mse" },
  { kind: "huber", delta: 0.4 },
  { kind: "crossEntropy" },
  { kind: "mse", weightDecay: 0.01 },
  { kind: "huber", weightDecay: 1e-3 },
  { kind: "crossEntropy", weightDecay: 0.1 },
];

function rounded(values: Float64Array): Float64Array {
  return Float64Array.from(values, Math.fround);
}

/** The same problem in numbers that float32 has. */
export function roundedProblem(network: Network, dataset: Dataset): [Network, Dataset] {
  return [
    {
      ...network,
      parameters: rounded(network.parameters),
      ...network.breakpoints ? { breakpoints: network.breakpoints.map(rounded) } : {},
    },
    {
      ...dataset,
      inputs: rounded(dataset.inputs),
      targets: rounded(dataset.targets),
      ...dataset.weights ? { weights: rounded(dataset.weights) } : {},
    },
  ];
}

function norm(x: Float64Array): number {
  return Math.hypot(...x);
}

/** Compares value, gradient, statistics and outputs with the reference; the errors are normwise. */
async function compare(
  engine: WebgpuEngine,
  options: NetworkOptions,
  loss: Loss,
  given: Dataset,
  seed: number,
): Promise<void> {
  const [network, dataset] = roundedProblem(randomNetwork(options, seed), given);
  const own = await engine.compile(network, loss, dataset);
  const plain = await referenceEngine.compile(network, loss, dataset);
  const g = new Float64Array(network.parameters.length).fill(NaN), h = g.slice();
  const f = await own.valueAndGradient(network.parameters, g);
  const e = await plain.valueAndGradient(network.parameters, h);
  const words = `${JSON.stringify(options)} ${JSON.stringify(loss)}`;
  const tolerance = Math.max(TOLERANCE, 16 * U * amplification(network));
  assertEquals(await own.value(network.parameters), f, "value() is valueAndGradient()'s value");
  assertLessOrEqual(Math.abs(f - e) / Math.abs(e), tolerance, `value, ${words}`);
  assertLessOrEqual(Math.abs(own.loss() - plain.loss()) / plain.loss(), tolerance, words);
  const error = norm(g.map((x, i) => x - h[i])) / norm(h);
  assertLessOrEqual(error, tolerance, `gradient, ${words}`);
  const outputs = plain.outputs();
  const outputError = norm(own.outputs().map((y, i) => y - outputs[i])) / norm(outputs);
  assertLessOrEqual(outputError, tolerance, `outputs, ${words}`);
  own.dispose();
  plain.dispose();
}

const TABLE = product<NetworkOptions>({
  widths: [[2, 3, 2]],
  intervals: [4],
  basis: ["bspline", "relu"],
  knots: ["uniform", "fixed", "free"],
  degree: [1, 2, 3],
  firstLayer: ["linear", "spline"],
  normalisation: ["minmax", "batchnorm", "none"],
  base: ["none", "silu"],
  knotSharing: ["input", "layer"],
  outerKnots: ["even", "free", "clamped"],
  extrapolation: ["linear", "clamp"],
}).filter(({ outerKnots, knots, basis }) =>
  !(outerKnots === "free" && knots !== "free" || outerKnots === "clamped" && basis === "relu")
);

/** A spread of the table: every pair of options occurs, not every combination. */
const EVERY = 7;

for (const basis of ["bspline", "relu"] as const) {
  gpuTest(`webgpu engine equals referenceEngine, ${basis} basis, options`, async (engine) => {
    const cases = TABLE.filter((options) => options.basis === basis);
    for (let i = 0; i < cases.length; i += EVERY) {
      const loss = LOSSES[i % LOSSES.length];
      const dataset = randomDataset({
        rows: 15,
        nIn: 2,
        nOut: 2,
        seed: i,
        reach: 1.3,
        targets: loss.kind === "crossEntropy" ? "oneHot" : "normal",
        weighted: i % 2 === 0,
      });
      await compare(engine, cases[i], loss, dataset, i);
    }
  });
}

gpuTest(
  "webgpu engine equals referenceEngine on many rows, intervals and nodes",
  async (engine) => {
    const shapes: readonly [NetworkOptions, number][] = [
      [{ widths: [2, 5, 1], intervals: 40 }, 5000],
      [{ widths: [2, 5, 1], intervals: 60, knots: "uniform" }, 333],
      [{ widths: [3, 70, 4, 1], intervals: 3, degree: 2 }, 200],
      [{ widths: [1, 1, 1], intervals: 1, degree: 1 }, 129],
      [{ widths: [70, 2], firstLayer: "spline", intervals: 6, normalisation: "batchnorm" }, 1000],
      [{ widths: [2, 4, 4, 2], intervals: 12, basis: "relu", degree: 1 }, 700],
    ];
    for (const [i, [options, rows]] of shapes.entries()) {
      const { widths } = options;
      const nIn = widths[0], nOut = widths[widths.length - 1];
      const dataset = randomDataset({ rows, nIn, nOut, seed: i });
      await compare(engine, options, { kind: "mse" }, dataset, i);
    }
  },
);

gpuTest("webgpu engine computes the binary cross-entropy", async (engine) => {
  const dataset = randomDataset({ rows: 100, nIn: 2, nOut: 1, seed: 1, targets: "binary" });
  await compare(engine, { widths: [2, 3, 1] }, { kind: "crossEntropy" }, dataset, 1);
});

gpuTest("webgpu engine repeats bit for bit", async (engine) => {
  const network = randomNetwork({ widths: [2, 5, 3, 1], base: "silu" }, 1);
  const dataset = randomDataset({ rows: 3000, nIn: 2, nOut: 1, seed: 1 });
  const runs: Float64Array[] = [];
  for (let i = 0; i < 3; i++) {
    const evaluator = await engine.compile(network, { kind: "mse" }, dataset);
    const gradient = new Float64Array(network.parameters.length + 1);
    const value = await evaluator.valueAndGradient(network.parameters, gradient.subarray(1));
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
      await compare(engine, options, { kind: "mse" }, dataset, 5);
    }
  }
});

gpuTest("webgpu engine's statistics are those of the reference", async (engine) => {
  for (const normalisation of ["minmax", "batchnorm", "none"] as const) {
    const [network, dataset] = roundedProblem(
      randomNetwork({ widths: [2, 4, 1], normalisation }, 1),
      randomDataset({ rows: 300, nIn: 2, nOut: 1, seed: 1 }),
    );
    const own = await engine.compile(network, { kind: "mse" }, dataset);
    const plain = await referenceEngine.compile(network, { kind: "mse" }, dataset);
    await own.value(network.parameters);
    await plain.value(network.parameters);
    const [one] = own.statistics(), [other] = plain.statistics();
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
  const evaluator = await engine.compile(network, { kind: "mse" }, dataset);
  const gradient = new Float64Array(network.parameters.length);
  assert(Number.isNaN(await evaluator.valueAndGradient(network.parameters, gradient)));
  assert(gradient.every(Number.isNaN));
  evaluator.dispose();
});

gpuTest(
  "webgpu engine gives NaN for parameters that are not finite, and recovers",
  async (engine) => {
    const network = randomNetwork({ widths: [2, 3, 1] }, 1);
    const dataset = randomDataset({ rows: 5, nIn: 2, nOut: 1, seed: 1 });
    const evaluator = await engine.compile(network, { kind: "mse" }, dataset);
    const gradient = new Float64Array(network.parameters.length);
    const bad = network.parameters.slice();
    for (const value of [NaN, Infinity, 1e300]) {
      bad[3] = value;
      assert(!Number.isFinite(await evaluator.valueAndGradient(bad, gradient)));
    }
    assert(Number.isFinite(await evaluator.valueAndGradient(network.parameters, gradient)));
    assert(gradient.every(Number.isFinite));
    evaluator.dispose();
  },
);

gpuTest("selectRows() evaluates a mini-batch as the reference does", async (engine) => {
  const [network, dataset] = roundedProblem(
    randomNetwork({ widths: [2, 4, 1] }, 1),
    randomDataset({ rows: 60, nIn: 2, nOut: 1, seed: 1, weighted: true }),
  );
  const own = await engine.compile(network, { kind: "mse" }, dataset);
  const plain = await referenceEngine.compile(network, { kind: "mse" }, dataset);
  const g = new Float64Array(network.parameters.length), h = g.slice();
  for (
    const rows of [[0, 3, 5, 9, 20], [1, 59, 7, 8, 4], [2, 1, 0], undefined].map((each) =>
      each && Int32Array.from(each)
    )
  ) {
    own.selectRows(rows);
    plain.selectRows(rows);
    const f = await own.valueAndGradient(network.parameters, g);
    const e = await plain.valueAndGradient(network.parameters, h);
    assertLessOrEqual(Math.abs(f - e), TOLERANCE * e);
    assertLessOrEqual(norm(g.map((x, i) => x - h[i])), TOLERANCE * norm(h));
  }
  own.dispose();
  plain.dispose();
});
