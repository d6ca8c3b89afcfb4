import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertGreater,
  assertLessOrEqual,
  assertThrows,
} from "@std/assert";
import {
  cpuEngine,
  createCpuEngine,
  type EdgePenalty,
  type Engine,
  type Loss,
  referenceEngine,
} from "../../lib/engine/mod.ts";
import { checkEdgePenalty, penaltyOf } from "../../lib/engine/penalty.ts";
import {
  createNetwork,
  type Network,
  type NetworkOptions,
  withStatistics,
} from "../../lib/model/mod.ts";
import { type Dataset, subset } from "../../lib/data/mod.ts";
import { amplification, compareGradient } from "../support/gradient_check.ts";
import { plainEdgeNorms } from "../support/plain_edge_norms.ts";
import { product, randomDataset, randomNetwork } from "../support/networks.ts";

const PENALTY: EdgePenalty = { l1: 0.3, entropy: 0.2 };
const MSE = { kind: "mse" } as const;

/** Options of every kind that the penalty's kernels know, one output and several. */
const TABLE = product<NetworkOptions>({
  widths: [[2, 3, 2], [2, 2, 2, 1], [2, 9, 8]],
  basis: ["bspline", "relu"],
  knots: ["uniform", "free"],
  firstLayer: ["linear", "spline"],
  normalisation: ["minmax", "batchnorm", "none"],
  degree: [1, 2, 3, 4, 7, 9],
  base: ["none", "silu"],
}).filter(({ basis, degree = 3 }) => basis === "bspline" || degree <= 5).map((options, i) => ({
  ...options,
  intervals: 2 + i % 3,
}));

function penaltyFor(i: number): EdgePenalty {
  return { ...PENALTY, units: i % 2 ? "raw" : "node" };
}

function datasetFor({ widths, normalisation }: NetworkOptions, i: number, rows = 13): Dataset {
  return randomDataset({
    ...{ rows, nIn: widths[0], nOut: widths[widths.length - 1], seed: i, weighted: i % 3 === 0 },
    reach: normalisation === "none" ? 0.9 : 1.3,
  });
}

/** Objective and gradient, rounded or not. */
async function evaluated(
  engine: Engine,
  network: Network,
  dataset: Dataset,
  penalty: EdgePenalty,
  { loss = MSE as Loss, epsilon = 0, rows = undefined as Int32Array | undefined } = {},
) {
  const evaluator = await engine.compile({ network, loss, dataset, penalty });
  evaluator.penalty!.round(epsilon);
  evaluator.batches!.select(rows);
  const gradient = new Float64Array(network.parameters.length);
  const found = await evaluator.evaluate(network.parameters, gradient);
  const { objective } = await evaluator.evaluate(network.parameters);
  assertEquals(objective, found.objective, "the same objective without a gradient");
  evaluator.dispose();
  return { ...found, gradient };
}

function worst(one: Float64Array, other: Float64Array): number {
  const scale = other.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  return one.reduce((most, x, i) => Math.max(most, Math.abs(x - other[i]) / scale), 0);
}

Deno.test("the penalty is l1 sum |phi| + entropy S, from the values of every edge", async () => {
  const options = { widths: [2, 3, 2], firstLayer: "spline", base: "silu" } as const;
  const network = randomNetwork(options, 1), dataset = datasetFor(options, 1);
  const measured = withStatistics(network, dataset.inputs);
  let expected = 0;
  for (const layer of plainEdgeNorms(measured, dataset.inputs)) {
    const norms = layer.flat();
    const sum = norms.reduce((a, b) => a + b);
    const entropy = -norms.reduce((s, a) => s + a / sum * Math.log(a / sum), 0);
    expected += 0.3 * sum + 0.2 * entropy;
  }
  for (const engine of [referenceEngine, cpuEngine]) {
    const penalty = { ...PENALTY, units: "raw" } as const;
    const found = await evaluated(engine, network, dataset, penalty);
    assertAlmostEquals(found.penalty!, expected, 1e-13);
    assertAlmostEquals(found.objective, found.loss + expected, 1e-13);
  }
});

Deno.test("gradients of rounded penalties equal central differences", async () => {
  let count = 0;
  for (let i = 0; i < TABLE.length; i += 17) {
    const options = TABLE[i], network = randomNetwork(options, i), dataset = datasetFor(options, i);
    for (const engine of [referenceEngine, cpuEngine]) {
      const penalty = penaltyFor(i);
      const evaluator = await engine.compile({ network, loss: MSE, dataset, penalty });
      evaluator.penalty!.round(0.05);
      const { compared } = await compareGradient(network, MSE, dataset, evaluator);
      for (const { block, index, gradient, difference, error } of compared) {
        const words = `${block} (${index}): ${gradient}, difference ${difference}`;
        assertLessOrEqual(error, 1e-6, `${words}, ${engine.name}, ${JSON.stringify(options)}`);
      }
      count += compared.length;
      evaluator.dispose();
    }
  }
  assertGreater(count, 500);
});

Deno.test(`cpuEngine equals referenceEngine with penalties, all ${TABLE.length} options`, async () => {
  const losses = [MSE, { kind: "huber", delta: 0.4, weightDecay: 0.01 }] as const;
  for (const [i, options] of TABLE.entries()) {
    const network = randomNetwork(options, i), dataset = datasetFor(options, i);
    const more = { loss: losses[i % 2], epsilon: i % 5 === 0 ? 0.1 : 0 };
    const [plain, fast] = await Promise.all(
      [referenceEngine, cpuEngine].map((engine) =>
        evaluated(engine, network, dataset, penaltyFor(i), more)
      ),
    );
    const tolerance = Math.max(1e-11, 16 * 2 ** -53 * amplification(network));
    const words = JSON.stringify(options);
    assertAlmostEquals(fast.objective / plain.objective, 1, tolerance, words);
    assertAlmostEquals(fast.penalty! / plain.penalty!, 1, tolerance, words);
    assertLessOrEqual(worst(fast.gradient, plain.gradient), tolerance, words);
  }
});

Deno.test("penalties under float32, any number of threads and mini-batches", async () => {
  for (const [i, widths] of [[3, 6, 1], [3, 6, 5]].entries()) {
    const options: NetworkOptions = { widths, knots: "free", firstLayer: "spline", intervals: 4 };
    const network = randomNetwork(options, i), dataset = datasetFor(options, i, 4000);
    for (const epsilon of [0, 0.01]) {
      const [one, two, three, single] = await Promise.all([
        createCpuEngine({ threads: 1 }),
        createCpuEngine({ threads: 2 }),
        createCpuEngine({ threads: 3 }),
        createCpuEngine({ threads: 1, dtype: "float32" }),
      ].map((engine) => evaluated(engine, network, dataset, PENALTY, { epsilon })));
      for (const other of [two, three]) {
        assertEquals([other.objective, other.penalty], [one.objective, one.penalty]);
        assertEquals(other.gradient, one.gradient);
      }
      assertAlmostEquals(single.objective / one.objective, 1, 1e-5);
      assertLessOrEqual(worst(single.gradient, one.gradient), 1e-3);

      const rows = Int32Array.from({ length: 300 }, (_, r) => 13 * r);
      const batch = await evaluated(cpuEngine, network, dataset, PENALTY, { epsilon, rows });
      const copy = await evaluated(cpuEngine, network, subset(dataset, rows), PENALTY, { epsilon });
      assertEquals(batch.gradient, copy.gradient);
      assertEquals(batch.objective, copy.objective);
    }
  }
});

Deno.test("Gauss-Newton matrices hold every edge's majorant: second derivatives of its parabola", async () => {
  const kinds = [["none", "bspline"], ["silu", "bspline"], ["none", "relu"]] as const;
  for (const [base, basis] of kinds) {
    const shape = { widths: [2, 3, 2], intervals: 3, firstLayer: "spline" } as const;
    const options: NetworkOptions = { ...shape, base, basis };
    const network = randomNetwork(options, 4), dataset = datasetFor(options, 4, 40);
    const n = network.parameters.length, epsilon = 0.1;
    const penalty = { l1: 0.3, entropy: 0.01 }; // every slope is positive
    const matrices = await Promise.all([referenceEngine, cpuEngine].map(async (engine) => {
      const evaluator = await engine.compile({ network, loss: MSE, dataset, penalty });
      const bare = await engine.compile({ network, loss: MSE, dataset });
      evaluator.penalty!.round(epsilon);
      const matrix = new Float64Array(n * n), plain = matrix.slice(), g = new Float64Array(n);
      const value = await evaluator.curvature!.matrix!(network.parameters, matrix, g);
      assertEquals(value, (await evaluator.evaluate(network.parameters)).objective);
      await bare.curvature!.matrix!(network.parameters, plain, new Float64Array(n));
      const v = Float64Array.from({ length: n }, (_, i) => Math.sin(i)),
        w = v.slice(),
        x = v.slice();
      if (engine === cpuEngine) { // products are those of the matrix
        await evaluator.curvature!.product(network.parameters, v, w);
        await bare.curvature!.product(network.parameters, v, x);
        const rows = Array.from(
          { length: n },
          (_, i) => v.reduce((sum, y, j) => sum + (matrix[i * n + j] - plain[i * n + j]) * y, 0),
        );
        rows.forEach((y, i) => assertAlmostEquals(w[i] - x[i], y, 1e-7));
      }
      evaluator.dispose();
      bare.dispose();
      return matrix.map((a, i) => a - plain[i]);
    }));
    const [plain, fast] = matrices;
    plain.forEach((a, i) => assertAlmostEquals(fast[i], a, 1e-10));
    assertGreater(plain.reduce((most, a) => Math.max(most, a), 0), 0.01);
    // v . M v >= 0
    for (let seed = 0; seed < 20; seed++) {
      const v = Float64Array.from({ length: n }, (_, i) => Math.sin(i * (seed + 1)));
      const square = v.reduce(
        (sum, x, i) => sum + x * v.reduce((row, y, j) => row + plain[i * n + j] * y, 0),
        0,
      );
      assertGreater(square, -1e-12);
    }
  }
});

Deno.test("entropy: 0 ln 0 = 0, an edge that is 0 everywhere has no gradient", async () => {
  const { config } = createNetwork({ widths: [2, 2, 1] });
  const found = penaltyOf({ entropy: 1 }, config, [Float64Array.of(0, 3)]);
  assertEquals(found.value, 0);
  assert(found.slopes[0].every(Number.isFinite));
  const even = penaltyOf({ l1: 2, entropy: 1 }, config, [Float64Array.of(3, 3)]);
  assertAlmostEquals(even.value, 12 + Math.LN2, 1e-15);
  assertEquals([...penaltyOf({ l1: 1, entropy: 1 }, config, [new Float64Array(2)]).slopes[0]], [
    1,
    1,
  ]);

  const network = createNetwork({ widths: [2, 3, 1] }, { seed: 1 }),
    dataset = datasetFor({ widths: [2, 3, 1] }, 1);
  network.parameters.fill(0);
  const { gradient } = await evaluated(cpuEngine, network, dataset, PENALTY);
  const { gradient: plain } = await evaluated(referenceEngine, network, dataset, PENALTY);
  assertLessOrEqual(worst(gradient, plain), 1e-12);
});

Deno.test("penalties say what is wrong with them", () => {
  assertThrows(() => checkEdgePenalty({ l1: -1 }), RangeError, "l1 must be a number >= 0");
  assertThrows(() => checkEdgePenalty({ entropy: NaN }), RangeError, "entropy must be");
  assertThrows(
    () => checkEdgePenalty({ units: "metres" as "raw" }),
    RangeError,
    "units must be node or raw, current value is metres",
  );
  assertThrows(() => checkEdgePenalty({ L1: 1 } as EdgePenalty), TypeError, "current value is L1");
});

Deno.test("penalties of networks with masks: missing edges cost nothing", async () => {
  for (const base of ["none", "silu"] as const) {
    const shape = { widths: [3, 4, 2], intervals: 3, firstLayer: "spline", base } as const;
    const options: NetworkOptions = {
      ...shape,
      edges: [["1011", "1100", "0111"], ["10", "11", "01", "10"]],
    };
    const network = randomNetwork(options, 5), dataset = datasetFor(options, 5, 60);
    for (const epsilon of [0, 0.05]) {
      const [plain, fast] = await Promise.all(
        [referenceEngine, cpuEngine].map((engine) =>
          evaluated(engine, network, dataset, PENALTY, { epsilon })
        ),
      );
      assertAlmostEquals(fast.penalty! / plain.penalty!, 1, 1e-11);
      assertLessOrEqual(worst(fast.gradient, plain.gradient), 1e-11);
    }
  }
});
