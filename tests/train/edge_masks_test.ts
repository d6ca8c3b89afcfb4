import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import {
  adam,
  decodeCheckpoint,
  encodeCheckpoint,
  gaussNewton,
  lbfgs,
  train,
  type TrainOptions,
  trainToEnd,
} from "../../lib/train/mod.ts";
import { multilevelSchedule } from "../../lib/multilevel/mod.ts";
import { cpuEngine, referenceEngine } from "../../lib/engine/mod.ts";
import { pdeEngine, type PdeProblem } from "../../lib/physics/mod.ts";
import { addMissingEdges, parameterPlaces, splineStages } from "../../lib/model/inner.ts";
import { countParameters, createNetwork, type Network } from "../../lib/model/mod.ts";
import { randomEdges } from "../support/edge_masks.ts";
import { randomDataset } from "../support/networks.ts";

const DATA = randomDataset({ rows: 120, nIn: 3, nOut: 2, seed: 4 });

function start(options: Partial<Parameters<typeof createNetwork>[0]> = {}): Network {
  const all = { widths: [3, 5, 4, 2], intervals: 3, ...options } as const;
  return createNetwork({ ...all, edges: randomEdges(all, 0.5, 1) }, { seed: 7 });
}

const OPTIMIZERS: Record<string, Partial<TrainOptions>> = {
  lbfgs: { optimizer: lbfgs() },
  "lbfgs with unit steps": { optimizer: lbfgs({ lineSearch: "none" }) },
  adam: { optimizer: adam({ batchSize: 16 }) },
  "Gauss-Newton, smooth": { optimizer: gaussNewton(), smoothing: 1e-6 },
};

for (const [name, options] of Object.entries(OPTIMIZERS)) {
  Deno.test(`a run with a mask goes on from any checkpoint to the same bits, ${name}`, async () => {
    const network = start({ knots: "free" });
    const run: TrainOptions = { ...options, schedule: multilevelSchedule([3, 2]) };
    const files: Uint8Array[] = [];
    let end: Network | undefined;
    for await (const event of train(network, DATA, run)) {
      if (event.type === "epoch" && event.checkpoint) {
        files.push(encodeCheckpoint(event.checkpoint()));
      }
      if (event.type === "finished") end = event.network;
    }
    assertEquals(files.length, 5);
    assertEquals(end!.config.edges, network.config.edges);
    assertEquals(end!.parameters.length, countParameters(end!.config));
    for (const file of files) {
      const { network: again } = await trainToEnd(network, DATA, {
        ...run,
        resume: decodeCheckpoint(file).checkpoint,
      });
      assertEquals(again.parameters, end!.parameters);
      assertEquals(again.config, end!.config);
    }
  });
}

Deno.test("training with a mask is training of all edges whose missing ones stay 0", async () => {
  const network = start({ knots: "uniform" });
  const schedule = multilevelSchedule([2]);
  for (const engine of [cpuEngine, referenceEngine]) {
    const masked = await trainToEnd(network, DATA, { engine, schedule, optimizer: lbfgs() });
    const fast = await trainToEnd(network, DATA, { schedule, optimizer: lbfgs() });
    assertAlmostEquals(masked.loss, fast.loss, 1e-8);
    const all = addMissingEdges(masked.network), places = new Set(parameterPlaces(network.config));
    all.parameters.forEach((value, i) => assert(places.has(i) || value === 0));
  }
});

const PROBLEM: PdeProblem = {
  name: "waves",
  title: "u_t = u_xx",
  domain: { t: [0, 1], x: [0, 1] },
  equations: [{ equation: "u_t = 0.1*u_xx + sin(u)" }],
  conditions: [
    { at: { t: 0 }, equation: "u = sin(3*x)" },
    { at: { x: [0, 1] }, equation: "u = t" },
  ],
};

Deno.test("equations with a masked network have the residuals of all edges", async () => {
  const options = { widths: [2, 4, 3, 1], intervals: 3, normalisation: "batchnorm" } as const;
  const network = createNetwork({ ...options, edges: randomEdges(options, 0.5, 3) }, { seed: 2 });
  const full = addMissingEdges(network), places = parameterPlaces(network.config);
  assert(splineStages(network.config).some(({ edges }) => edges !== undefined));
  const engine = pdeEngine(PROBLEM, { sampler: { kind: "grid", counts: [5, 5] } });
  const results = [];
  for (const each of [network, full]) {
    const evaluator = await engine.compile({ network: each, loss: { kind: "mse" } });
    const n = each.parameters.length, gradient = new Float64Array(n);
    const matrix = new Float64Array(n * n), again = gradient.slice();
    const { objective } = await evaluator.evaluate(each.parameters, gradient);
    await evaluator.curvature!.matrix!(each.parameters, matrix, again);
    results.push({ objective, gradient, matrix });
    evaluator.dispose();
  }
  const [masked, plain] = results, n = places.length, N = full.parameters.length;
  assertEquals(masked.objective, plain.objective);
  assertEquals(masked.gradient, Float64Array.from(places, (at) => plain.gradient[at]));
  const size = plain.matrix.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const value = plain.matrix[places[i] * N + places[j]];
      assert(Math.abs(masked.matrix[i * n + j] - value) <= 1e-12 * size);
    }
  }
});
