/**
 * Every rank compares evaluations shared with the others and evaluations of its own, bit by bit.
 *
 * @module
 */

import { openCluster } from "../../lib/cluster/mod.ts";
import { rowsBetween } from "../../lib/data/inner.ts";
import type { Dataset } from "../../lib/data/mod.ts";
import { heldShare, holdShare } from "../../lib/engine/inner.ts";
import { createCpuEngine, type EdgePenalty, type Loss, type Peers } from "../../lib/engine/mod.ts";
import {
  createNetwork,
  createRandom,
  type Network,
  type NetworkOptions,
} from "../../lib/model/mod.ts";

interface Case {
  readonly rows: number;
  readonly options: NetworkOptions;
  readonly loss: Loss;
  readonly dtype?: "float64" | "float32";
  readonly penalty?: EdgePenalty;
}

const MSE: Loss = { kind: "mse" };
const CASES: readonly Case[] = [
  { rows: 300, options: { widths: [2, 5, 1] }, loss: MSE },
  { rows: 9001, options: { widths: [2, 5, 1] }, loss: MSE },
  { rows: 9001, options: { widths: [2, 5, 1], knots: "uniform" }, loss: { kind: "huber" } },
  { rows: 9001, options: { widths: [3, 4, 9], base: "silu" }, loss: { kind: "poisson" } },
  { rows: 9001, options: { widths: [2, 4, 3, 1], normalisation: "batchnorm" }, loss: MSE },
  { rows: 9001, options: { widths: [2, 5, 1], normalisation: "none" }, loss: MSE },
  { rows: 9001, options: { widths: [3, 4, 9] }, loss: MSE, dtype: "float32" },
  ...(["node", "raw"] as const).map((units) => ({
    rows: 9001,
    options: { widths: [2, 5, 1] },
    loss: MSE,
    penalty: { l1: 0.01, entropy: 0.01, units },
  })),
  { rows: 300_000, options: { widths: [2, 2, 1] }, loss: MSE },
];

function datasetOf({ rows, options: { widths } }: Case): Dataset {
  const random = createRandom(3, "ranks"), nIn = widths[0], nOut = widths.at(-1)!;
  return {
    ...{ rows, nIn, nOut },
    inputs: Float64Array.from({ length: rows * nIn }, () => 2 * random.uniform() - 1),
    targets: Float64Array.from({ length: rows * nOut }, () => Math.floor(4 * random.uniform())),
  };
}

/** Rows of which every rank holds its share alone. */
const HELD: readonly Case[] = [
  { rows: 140_001, options: { widths: [2, 3, 1] }, loss: MSE },
  { rows: 140_001, options: { widths: [2, 2, 3] }, loss: { kind: "poisson" } },
];

/** All numbers that an evaluator gives, in one list. */
async function numbersOf(
  each: Case,
  network: Network,
  dataset: Dataset,
  peers?: Peers,
): Promise<number[]> {
  const { loss, dtype = "float64", penalty } = each;
  const engine = createCpuEngine({ threads: 2, dtype, ...(peers ? { peers } : {}) });
  const evaluator = await engine.compile({ network, loss, dataset, penalty });
  const n = evaluator.numParameters, { parameters } = network;
  const found: number[] = dataset.whole ? [dataset.whole.weight] : [];
  const take = async () => {
    const gradient = new Float64Array(n),
      evaluation = await evaluator.evaluate(parameters, gradient);
    found.push(evaluation.objective, ...gradient);
    if (!dataset.whole) found.push(...evaluation.outputs().subarray(0, 5000));
    for (const each of evaluation.statistics()) {
      for (const values of Object.values(each)) {
        if (typeof values !== "string") found.push(...values);
      }
    }
    found.push((await evaluator.evaluate(parameters)).objective);
  };
  await take();
  evaluator.batches!.select(
    Int32Array.from({ length: Math.min(5000, each.rows >> 1) }, (_, i) => 2 * i),
  );
  await take();
  evaluator.batches!.select(undefined);
  if (dtype === "float64" && each.rows < 200_000) {
    const matrix = new Float64Array(n * n), gradient = new Float64Array(n);
    await evaluator.curvature!.matrix!(parameters, matrix, gradient);
    for (const x of matrix) found.push(x);
    await evaluator.curvature!.product(parameters, gradient, matrix.subarray(0, n));
    for (const x of matrix.subarray(0, n)) found.push(x);
  }
  evaluator.dispose();
  return found;
}

const cluster = openCluster({ timeout: 60 });
const differing: number[] = [];
for (const [k, each] of CASES.entries()) {
  const network = createNetwork(each.options, { seed: 3 }), dataset = datasetOf(each);
  const alone = await numbersOf(each, network, dataset);
  const shared = await numbersOf(each, network, dataset, cluster);
  const same = alone.length === shared.length && alone.every((x, i) => Object.is(x, shared[i]));
  if (!same) differing.push(k);
}
for (const [k, each] of HELD.entries()) {
  const network = createNetwork(each.options, { seed: 3 }), dataset = datasetOf(each);
  const [first, end] = heldShare(each.rows, cluster);
  const share = holdShare(rowsBetween(dataset, first, end), each.rows, cluster);
  const alone = await numbersOf(each, network, holdShare(dataset, each.rows, undefined));
  const shared = await numbersOf(each, network, share, cluster);
  const same = alone.length === shared.length && alone.every((x, i) => Object.is(x, shared[i]));
  if (!same) differing.push(CASES.length + k);
}
const sum = cluster.sum(new Float64Array([cluster.rank + 1]));
const { rank, size } = cluster;
// 2^60 of the first and its opposite of the last cancel; a plain sum loses what is small beside
const large = rank === 0 ? 2 ** 60 : rank === size - 1 ? -(2 ** 60) : 0;
const { high, low } = cluster.sumPairs(
  new Float64Array([large + 0, large, 1]),
  new Float64Array([rank + 1, 0, 2 ** -70]),
);
const begun = cluster.beginSum(new Float64Array([rank, 1]));
const pairs = [high[0], low[0], high[1], high[2] === size, low[2] === size * 2 ** -70, ...begun()];
console.log(JSON.stringify({ rank, size, sum: sum[0], pairs, cases: CASES.length, differing }));
cluster.close();
