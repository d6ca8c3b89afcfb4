import { assert, assertEquals } from "@std/assert";
import type { Dataset } from "../../lib/data/mod.ts";
import { holdShare } from "../../lib/engine/inner.ts";
import { createCpuEngine, type EdgePenalty, type Loss } from "../../lib/engine/mod.ts";
import { createNetwork, createRandom, type NetworkOptions } from "../../lib/model/mod.ts";

function draw(rows: number, [nIn, nOut]: readonly [number, number], weighted = false): Dataset {
  const random = createRandom(5, "held rows");
  return {
    ...{ rows, nIn, nOut },
    inputs: Float64Array.from({ length: rows * nIn }, () => 2 * random.uniform() - 1),
    targets: Float64Array.from({ length: rows * nOut }, () => Math.floor(4 * random.uniform()) / 3),
    ...(weighted && { weights: Float64Array.from({ length: rows }, () => random.uniform()) }),
  };
}

interface Case {
  readonly options: NetworkOptions;
  readonly loss: Loss;
  readonly weighted?: boolean;
  readonly penalty?: EdgePenalty;
}

const CASES: readonly Case[] = [
  { options: { widths: [2, 5, 1] }, loss: { kind: "mse", weightDecay: 0.01 } },
  { options: { widths: [2, 4, 3, 1] }, loss: { kind: "huber" }, weighted: true },
  { options: { widths: [2, 3, 1], normalisation: "batchnorm" }, loss: { kind: "mse" } },
  { options: { widths: [2, 4, 2], firstLayer: "spline" }, loss: { kind: "mse" } },
  { options: { widths: [2, 3, 3] }, loss: { kind: "crossEntropy" } },
  { options: { widths: [2, 3, 1], normalisation: "none" }, loss: { kind: "poisson" } },
  { options: { widths: [2, 3, 1] }, loss: { kind: "mse" }, penalty: { l1: 0.01, entropy: 0.01 } },
];

function farthest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let most = 0, size = 0;
  for (let i = 0; i < a.length; i++) {
    most = Math.max(most, Math.abs(a[i] - b[i]));
    size = Math.max(size, Math.abs(b[i]));
  }
  return most / size;
}

for (const [k, each] of CASES.entries()) {
  const { options, loss, weighted, penalty } = each;
  Deno.test(`rows that are held by shares evaluate as all rows do, case ${k}`, async () => {
    const { widths } = options, rows = 140_001;
    const dataset = draw(rows, [widths[0], widths.at(-1)!], weighted);
    const held = holdShare(dataset, rows, undefined);
    const network = createNetwork(options, { seed: 2 }), n = network.parameters.length;
    const found = [];
    for (const data of [dataset, held]) {
      const engine = createCpuEngine({ threads: 1 });
      const evaluator = await engine.compile({ network, loss, dataset: data, penalty });
      const gradient = new Float64Array(n), small = new Float64Array(n);
      const first = await evaluator.evaluate(network.parameters, gradient);
      const statistics = JSON.stringify(first.statistics()), { objective } = first;
      evaluator.batches!.select(Int32Array.from({ length: 5000 }, (_, i) => 139_000 - 27 * i));
      const batch = (await evaluator.evaluate(network.parameters, small)).objective;
      evaluator.batches!.select(undefined);
      const product = new Float64Array(n), matrix = new Float64Array(n * n);
      const { curvature } = evaluator;
      if (!penalty) await curvature!.product(network.parameters, gradient, product);
      const assembled = !penalty && curvature!.matrix !== undefined;
      if (assembled) await curvature!.matrix!(network.parameters, matrix, gradient.slice());
      found.push({ objective, gradient, statistics, batch, small, product, matrix, assembled });
      evaluator.dispose();
    }
    const [whole, share] = found;
    const fused = loss.kind === "mse" || loss.kind === "huber";
    if (fused && !weighted) assertEquals(share.objective, whole.objective);
    assert(farthest([share.objective], [whole.objective]) < 1e-13);
    assert(farthest(share.gradient, whole.gradient) < 1e-12);
    assertEquals(share.statistics, whole.statistics);
    assert(farthest([share.batch], [whole.batch]) < 1e-13);
    assert(farthest(share.small, whole.small) < 1e-12);
    assert(penalty || farthest(share.product, whole.product) < 1e-7, "differences");
    assertEquals(share.assembled, !penalty && options.normalisation !== "batchnorm");
    if (share.assembled) {
      const apart = farthest(share.matrix, whole.matrix);
      assert(apart < 1e-11, `${apart}`);
    }
  });
}
