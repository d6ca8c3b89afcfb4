import { evaluatedAt } from "../support/evaluated_at.ts";
import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { createCpuEngine, type Engine, type Loss, referenceEngine } from "../../lib/engine/mod.ts";
import type { Network, NetworkOptions } from "../../lib/model/mod.ts";
import type { Dataset } from "../../lib/data/mod.ts";
import { fourthOrderDifference } from "../support/gradient_check.ts";
import { type LogitKind, randomDataset, randomNetwork } from "../support/networks.ts";

interface Equations {
  readonly matrix: Float64Array;
  readonly gradient: Float64Array;
  readonly objective: number;
}

async function assemble(
  engine: Engine,
  network: Network,
  loss: Loss,
  dataset: Dataset,
  times = 1,
): Promise<Equations> {
  const n = network.parameters.length;
  const evaluator = await engine.compile({ network, loss, dataset });
  const matrix = new Float64Array(n * n), gradient = new Float64Array(n);
  let objective = NaN;
  for (let i = 0; i < times; i++) {
    objective = await evaluator.curvature!.matrix!(network.parameters, matrix, gradient);
    if (i + 1 < times) await new Promise((resolve) => setTimeout(resolve, 60));
  }
  evaluator.dispose();
  return { matrix, gradient, objective };
}

function datasetFor({ widths, normalisation }: NetworkOptions, loss: Loss, rows: number): Dataset {
  const nOut = widths[widths.length - 1];
  return randomDataset({
    rows,
    nIn: widths[0],
    nOut,
    seed: 4,
    reach: normalisation === "none" ? 1 : 1.3,
    targets: loss.kind !== "crossEntropy" ? "normal" : nOut === 1 ? "binary" : "oneHot",
    weighted: true,
  });
}

/** `|a - b| <= tolerance sqrt(b_ii b_jj)`, diagonal entries counted as 1e-8 of the largest at least. */
function assertMatrix(
  actual: Float64Array,
  expected: Float64Array,
  tolerance: number,
  words: string,
): void {
  const n = Math.sqrt(expected.length);
  const diagonal = Array.from({ length: n }, (_, i) => expected[i * n + i]);
  const floor = 1e-8 * Math.max(...diagonal);
  const sizes = diagonal.map((each) => Math.sqrt(Math.max(each, floor)));
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const scale = sizes[i] * sizes[j];
      const error = Math.abs(actual[i * n + j] - expected[i * n + j]);
      if (!(error <= tolerance * scale)) {
        throw new Error(`entry ${i}, ${j}: off by ${error / scale}, ${words}`);
      }
      if (actual[i * n + j] !== actual[j * n + i]) throw new Error(`not symmetric, ${words}`);
    }
  }
}

const CASES: readonly NetworkOptions[] = [
  { widths: [2, 5, 1] },
  { widths: [2, 5, 1], bias: false, knots: "uniform" },
  { widths: [2, 3, 2], degree: 2, outerKnots: "clamped" },
  { widths: [2, 3, 2], firstLayer: "spline" },
  { widths: [2, 3, 2], firstLayer: "spline", basis: "relu", degree: 2, knotSharing: "layer" },
  { widths: [2, 4, 3, 1] },
  { widths: [2, 4, 3, 1], base: "silu", normalisation: "batchnorm", bias: false },
  { widths: [2, 3, 3, 2], normalisation: "batchnorm", domain: [-1, 1], knotSharing: "layer" },
  { widths: [2, 3, 1], base: "silu", firstLayer: "spline", degree: 1 },
  { widths: [2, 3, 1], normalisation: "none", extrapolation: "clamp", degree: 5 },
  { widths: [2, 3, 2], degree: 9, normalisation: "batchnorm", knots: "uniform" },
  { widths: [2, 3, 1], degree: 7, firstLayer: "spline", base: "silu" },
  { widths: [2, 3, 1], normalisation: "none", extrapolation: "linear", base: "silu" },
  { widths: [2, 3, 3, 2], knots: "fixed", knotSharing: "layer" },
  { widths: [1, 1], firstLayer: "spline", knots: "fixed" },
  { widths: [2, 3, 1], basis: "relu", degree: 3, normalisation: "batchnorm", domain: [-1, 1] },
];

const LOSSES: readonly Loss[] = [
  { kind: "mse", weightDecay: 0.1 },
  { kind: "huber", delta: 0.3 },
  { kind: "crossEntropy" },
];

for (const options of CASES) {
  Deno.test(`curvature.matrix() of cpu and reference agree, ${JSON.stringify(options)}`, async () => {
    for (const loss of LOSSES) {
      for (const logits of ["mild", "crowded"] as LogitKind[]) {
        // Intervals of 1e-6 make second derivatives, and so slopes at rounded places, huge.
        const tolerance = logits === "mild" ? 3e-8 : 1e-3;
        const network = randomNetwork(options, 3, logits);
        const data = datasetFor(options, loss, 17);
        const plain = await assemble(referenceEngine, network, loss, data);
        const fast = await assemble(createCpuEngine({ threads: 1 }), network, loss, data);
        assertMatrix(fast.matrix, plain.matrix, tolerance, `${loss.kind}, ${logits}`);
        assertLessOrEqual(
          Math.abs(fast.objective - plain.objective),
          1e-12 * Math.abs(plain.objective),
        );
      }
    }
  });
}

for (const options of CASES) {
  Deno.test(`curvature.matrix(): J by differences, ${JSON.stringify(options)}`, async () => {
    const loss: Loss = { kind: "mse" };
    const network = randomNetwork(options, 5, "mild");
    const data = { ...datasetFor(options, loss, 11), weights: new Float64Array(11).fill(1) };
    const n = network.parameters.length, { rows, nOut } = data;
    const evaluator = await referenceEngine.compile({ network, loss, dataset: data });
    const moved = network.parameters.slice();
    const jacobian = Array.from({ length: rows * nOut }, () => new Float64Array(n));
    for (let i = 0; i < n; i++) {
      const at = network.parameters[i];
      const points = new Map<number, Float64Array>();
      const output = (x: number, o: number): number => {
        if (!points.has(x)) {
          moved[i] = x;
          points.set(x, evaluatedAt(evaluator, moved).outputs());
        }
        return points.get(x)![o];
      };
      jacobian.forEach((row, o) => row[i] = fourthOrderDifference((x) => output(x, o), at, 1e-5));
      moved[i] = at;
    }
    const expected = new Float64Array(n * n);
    for (const row of jacobian) {
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) expected[i * n + j] += 2 / (rows * nOut) * row[i] * row[j];
      }
    }
    const fast = await assemble(createCpuEngine({ threads: 1 }), network, loss, data);
    assertMatrix(fast.matrix, expected, 1e-6, "differences");
  });
}

for (const options of CASES) {
  Deno.test(`curvature.product() is the matrix's product, ${JSON.stringify(options)}`, async () => {
    for (const loss of LOSSES) {
      const network = randomNetwork(options, 3, "mild");
      const data = datasetFor(options, loss, 17);
      const engine = createCpuEngine({ threads: 1 });
      const { matrix } = await assemble(engine, network, loss, data);
      const n = network.parameters.length;
      const vector = Float64Array.from({ length: n }, (_, i) => Math.sin(3 * i + 1));
      const expected = vector.map((_, i) =>
        vector.reduce((sum, v, j) => sum + matrix[i * n + j] * v, 0)
      );
      const most = expected.reduce((sum, x) => Math.max(sum, Math.abs(x)), 0);
      for (const own of [engine, referenceEngine]) {
        const evaluator = await own.compile({ network, loss, dataset: data });
        const out = new Float64Array(n);
        await evaluator.curvature!.product(network.parameters, vector, out);
        evaluator.dispose();
        out.forEach((x, i) =>
          assertLessOrEqual(
            Math.abs(x - expected[i]),
            1e-6 * most,
            `${own.name}, ${loss.kind}, ${i}`,
          )
        );
      }
    }
  });
}

Deno.test("curvature.matrix() gives the same bits for 1, 2 and 4 threads", async () => {
  const loss: Loss = { kind: "mse" };
  for (const options of [CASES[0], CASES[6], CASES[7]]) {
    const network = randomNetwork(options, 3, "mild");
    const data = datasetFor(options, loss, 2500);
    const alone = await assemble(createCpuEngine({ threads: 1 }), network, loss, data);
    for (const threads of [2, 4]) {
      assertEquals(await assemble(createCpuEngine({ threads }), network, loss, data, 3), alone);
    }
  }
});

Deno.test("curvature.matrix() of many rows is the sum of those of their parts", async () => {
  // 64 blocks of two chunks; parts so small that they are not cut
  const ROWS = 37_001, PART = 500;
  for (const widths of [[2, 3, 1], [2, 2, 2]]) {
    const options = { widths, normalisation: "none", knots: "uniform", intervals: 1 } as const;
    const network = randomNetwork(options, 3, "mild"), n = network.parameters.length;
    const { weights: _, ...data } = datasetFor(options, { kind: "mse" }, ROWS);
    const whole = await assemble(createCpuEngine({ threads: 3 }), network, { kind: "mse" }, data);
    const engine = createCpuEngine({ threads: 1 }), sum = new Float64Array(n * n);
    const evaluator = await engine.compile({ network, loss: { kind: "mse" }, dataset: data });
    const matrix = new Float64Array(n * n), gradient = new Float64Array(n);
    for (let begin = 0; begin < ROWS; begin += PART) {
      const rows = Math.min(PART, ROWS - begin);
      evaluator.batches!.select(Int32Array.from({ length: rows }, (_, r) => begin + r));
      await evaluator.curvature!.matrix!(network.parameters, matrix, gradient);
      matrix.forEach((x, i) => sum[i] += x * rows / ROWS);
    }
    evaluator.dispose();
    assertMatrix(whole.matrix, sum, 1e-12, `${widths}`);
  }
});

Deno.test("curvature.matrix() follows batches.select()", async () => {
  const options = CASES[0], loss: Loss = { kind: "mse" };
  const network = randomNetwork(options, 3, "mild");
  const data = datasetFor(options, loss, 40);
  const n = network.parameters.length;
  const rows = Int32Array.from({ length: 20 }, (_, i) => 2 * i);
  const matrices: Float64Array[] = [];
  const evaluator = await referenceEngine.compile({ network, loss, dataset: data });
  for (const selected of [rows, undefined]) {
    evaluator.batches!.select(selected);
    const matrix = new Float64Array(n * n);
    await evaluator.curvature!.matrix!(network.parameters, matrix, new Float64Array(n));
    matrices.push(matrix);
  }
  assert(matrices[0].some((x, i) => x !== matrices[1][i]));
  const whole = await assemble(referenceEngine, network, loss, data);
  assertEquals(matrices[1], whole.matrix);
});

Deno.test("curvature.matrix() says that it is not finite where the objective is not", async () => {
  const network = randomNetwork(CASES[0], 3, "mild");
  network.parameters[3] = Infinity;
  for (const engine of [referenceEngine, createCpuEngine({ threads: 1 })]) {
    const { objective, matrix } = await assemble(
      engine,
      network,
      { kind: "mse" },
      datasetFor(CASES[0], { kind: "mse" }, 9),
    );
    assert(Number.isNaN(objective) && matrix.every(Number.isNaN));
  }
});
