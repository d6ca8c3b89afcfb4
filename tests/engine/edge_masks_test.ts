import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import fc from "fast-check";
import {
  compileJets,
  compilePredictor,
  createCpuEngine,
  type Engine,
  type Loss,
  referenceEngine,
} from "../../lib/engine/mod.ts";
import { evaluateJets, jetPoints } from "../../lib/engine/inner.ts";
import { parameterPlaces } from "../../lib/model/inner.ts";
import { forward, type Network, type NetworkOptions } from "../../lib/model/mod.ts";
import type { Dataset } from "../../lib/data/mod.ts";
import { SEED } from "../support/arbitrary_knots.ts";
import { arbitraryNetworks } from "../support/arbitrary_networks.ts";
import { maskedPair } from "../support/edge_masks.ts";
import { amplification } from "../support/gradient_check.ts";
import { randomDataset, randomNetwork } from "../support/networks.ts";

const U = 2 ** -53;
const ONE = createCpuEngine({ threads: 1 });
const LOSSES: readonly Loss[] = [
  { kind: "mse" },
  { kind: "mse", weightDecay: 0.01 },
  { kind: "huber", delta: 0.4 },
  { kind: "crossEntropy" },
];

function largest(values: ArrayLike<number>): number {
  return Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/** Largest difference of vectors, one of them taken at `places`, in units of the largest entry. */
function distance(x: Float64Array, y: Float64Array, places: Int32Array): number {
  const kept = Float64Array.from(places, (place) => y[place]);
  return largest(x.map((value, i) => value - kept[i])) / Math.max(largest(kept), 1e-300);
}

async function evaluated(engine: Engine, network: Network, loss: Loss, dataset: Dataset) {
  const evaluator = await engine.compile({ network, loss, dataset });
  const g = new Float64Array(network.parameters.length);
  const found = await evaluator.evaluate(network.parameters, g);
  const result = {
    objective: found.objective,
    g,
    outputs: found.outputs(),
    statistics: found.statistics(),
  };
  evaluator.dispose();
  return result;
}

/** A network with a mask on an engine against the reference with all edges, missing ones 0. */
async function compare(
  engine: Engine,
  { masked, full }: { masked: Network; full: Network },
  loss: Loss,
  dataset: Dataset,
  tolerance: number,
  words: string,
): Promise<void> {
  const plain = await evaluated(referenceEngine, full, loss, dataset);
  const found = await evaluated(engine, masked, loss, dataset);
  const places = parameterPlaces(masked.config);
  assertEquals(places.length, masked.parameters.length);
  assert(Number.isFinite(plain.objective), words);
  assertLessOrEqual(
    Math.abs(found.objective - plain.objective),
    tolerance * Math.abs(plain.objective),
    `objective, ${words}`,
  );
  assertLessOrEqual(distance(found.g, plain.g, places), tolerance, `gradient, ${words}`);
  const all = Int32Array.from(plain.outputs, (_, i) => i);
  assertLessOrEqual(distance(found.outputs, plain.outputs, all), tolerance, `outputs, ${words}`);
}

Deno.test("every engine gives with a mask what it gives with all edges, missing ones 0", async () => {
  const networks = arbitraryNetworks({ mostIntervals: 8 });
  await fc.assert(
    fc.asyncProperty(
      networks,
      fc.constantFrom(0.1, 0.3, 0.5, 0.9),
      fc.constantFrom(...LOSSES),
      fc.integer({ min: 0, max: 1000 }),
      fc.constantFrom(7, 40, 700),
      async (options, share, loss, seed, rows) => {
        const pair = maskedPair(randomNetwork(options, seed), share, seed);
        const nIn = options.widths[0], nOut = options.widths.at(-1)!;
        const targets = loss.kind !== "crossEntropy"
          ? "normal" as const
          : nOut === 1
          ? "binary" as const
          : "oneHot" as const;
        const few = options.widths.length > 3 ? Math.min(rows, 40) : rows;
        const shape = { rows: few, nIn, nOut, seed, targets, reach: 1.3 };
        const dataset = randomDataset({ ...shape, weighted: seed % 2 === 0 });
        const words = JSON.stringify({ ...options, share, loss, seed, rows });
        const tolerance = Math.max(3e-12, 64 * U * amplification(pair.full));
        await compare(referenceEngine, pair, loss, dataset, tolerance, words);
        await compare(ONE, pair, loss, dataset, tolerance, words);
      },
    ),
    { seed: SEED, numRuns: 60 },
  );
});

const WIDE: NetworkOptions = { widths: [3, 11, 9, 4] };

Deno.test("threads and runs give the same bits with a mask", async () => {
  for (const dtype of ["float64", "float32"] as const) {
    for (const options of [WIDE, { ...WIDE, base: "silu", firstLayer: "spline" } as const]) {
      const { masked } = maskedPair(randomNetwork(options, 3), 0.4, 3);
      const dataset = randomDataset({ rows: 3000, nIn: 3, nOut: 4, seed: 3 });
      const results = [];
      for (const threads of [1, 2, 3]) {
        const engine = createCpuEngine({ threads, dtype });
        results.push(await evaluated(engine, masked, { kind: "mse" }, dataset));
      }
      assertEquals(results[1], results[0]);
      assertEquals(results[2], results[0]);
    }
  }
});

Deno.test("float32 with a mask is near float64", async () => {
  const single = createCpuEngine({ threads: 1, dtype: "float32" });
  for (const degree of [1, 2, 3, 5, 9]) {
    for (const share of [0.2, 0.5, 0.8]) {
      const pair = maskedPair(randomNetwork({ ...WIDE, degree, base: "silu" }, degree), share, 5);
      const dataset = randomDataset({ rows: 400, nIn: 3, nOut: 4, seed: degree });
      await compare(single, pair, { kind: "mse" }, dataset, 2e-4, `degree ${degree}, ${share}`);
    }
  }
});

Deno.test("the Gauss-Newton matrix has no columns of missing edges", async () => {
  for (
    const [i, options] of [
      { widths: [2, 5, 3] },
      { widths: [2, 4, 3, 2], base: "silu", normalisation: "batchnorm" },
      { widths: [3, 4, 2], firstLayer: "spline", basis: "relu", degree: 2, normalisation: "none" },
    ].entries()
  ) {
    const pair = maskedPair(randomNetwork(options as NetworkOptions, i), 0.5, i);
    const [nIn, nOut] = [options.widths[0], options.widths.at(-1)!];
    const dataset = randomDataset({ rows: 30, nIn, nOut, seed: i });
    const loss: Loss = { kind: "mse", weightDecay: 0.01 };
    const matrices = [];
    const engines = [[referenceEngine, pair.full], [referenceEngine, pair.masked]] as const;
    for (const [engine, network] of [...engines, [ONE, pair.masked] as const]) {
      const evaluator = await engine.compile({ network, loss, dataset });
      const n = network.parameters.length, g = new Float64Array(n);
      const matrix = new Float64Array(n * n);
      await evaluator.curvature!.matrix!(network.parameters, matrix, g);
      evaluator.dispose();
      matrices.push(matrix);
    }
    const N = pair.full.parameters.length, places = parameterPlaces(pair.masked.config);
    const inBoth = Int32Array.from([...places].flatMap((r) => [...places].map((c) => r * N + c)));
    assertLessOrEqual(distance(matrices[1], matrices[0], inBoth), 1e-14);
    assertLessOrEqual(distance(matrices[2], matrices[0], inBoth), 1e-10);
  }
});

Deno.test("the Gauss-Newton matrix equals the reference's, random masks", async () => {
  const small = fc.array(fc.constantFrom(1, 2, 3, 5), { minLength: 3, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(
      arbitraryNetworks({ mostIntervals: 4 }),
      small,
      fc.constantFrom(0.2, 0.5, 0.8),
      fc.constantFrom(...LOSSES),
      fc.integer({ min: 0, max: 1000 }),
      async (options, widths, share, loss, seed) => {
        // ReLU powers of high degree lose digits that differ from engine to engine
        const degree = options.basis === "relu" ? Math.min(2, options.degree) : options.degree;
        const network = randomNetwork({ ...options, widths, degree }, seed);
        const { masked } = maskedPair(network, share, seed), nOut = widths.at(-1)!;
        const targets = loss.kind !== "crossEntropy"
          ? "normal" as const
          : nOut === 1
          ? "binary" as const
          : "oneHot" as const;
        const dataset = randomDataset({ rows: 8, nIn: widths[0], nOut, seed, targets });
        const matrices = [];
        for (const engine of [referenceEngine, ONE]) {
          const evaluator = await engine.compile({ network: masked, loss, dataset });
          const n = masked.parameters.length, matrix = new Float64Array(n * n);
          await evaluator.curvature!.matrix!(masked.parameters, matrix, new Float64Array(n));
          evaluator.dispose();
          matrices.push(matrix);
        }
        const all = Int32Array.from(matrices[0], (_, i) => i);
        const words = JSON.stringify({ ...options, widths, degree, share, loss, seed });
        assertLessOrEqual(distance(matrices[1], matrices[0], all), 1e-8, words);
      },
    ),
    { seed: SEED, numRuns: 60 },
  );
});

Deno.test("jets and predictors respect masks", () => {
  for (const options of [WIDE, { ...WIDE, base: "silu", firstLayer: "spline" } as const]) {
    const { masked, full } = maskedPair(randomNetwork(options, 8), 0.4, 8);
    const { inputs } = randomDataset({ rows: 20, nIn: 3, nOut: 4, seed: 8 });
    const wanted = [[0], [1, 1], [0, 2]];
    const plain = evaluateJets(full, inputs, wanted);
    assertEquals(evaluateJets(masked, inputs, wanted), plain);
    const { statistics } = full, group = jetPoints(inputs, 3, wanted);
    const program = compileJets(masked, [group], { statistics });
    const [jets] = program.forward(masked.parameters);
    const all = Int32Array.from(jets, (_, i) => i);
    assertLessOrEqual(distance(jets, plain.values, all), 1e-12);
    const whole = compileJets(full, [group], { statistics });
    whole.forward(full.parameters);
    const g = new Float64Array(masked.parameters.length);
    const h = new Float64Array(full.parameters.length);
    const bar = jets.map((_, i) => Math.cos(i));
    program.backward([bar], g);
    whole.backward([bar], h);
    assertEquals(distance(g, h, parameterPlaces(masked.config)), 0);
    for (const degree of [1, 2, 3, 5, 9]) {
      for (const share of [0.1, 0.4]) { // few vectors are listed, others are taken as they are
        const pair = maskedPair(randomNetwork({ ...options, degree }, degree), share, 8);
        const predicted = compilePredictor(pair.masked).predictRows(inputs);
        const outputs = forward(pair.masked, inputs);
        const rows = Int32Array.from(outputs, (_, i) => i);
        assertEquals(outputs, forward(pair.full, inputs));
        assertLessOrEqual(distance(predicted, outputs, rows), 1e-13);
      }
    }
  }
});
