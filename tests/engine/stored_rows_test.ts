import { assert, assertEquals } from "@std/assert";
import type { ByteStore, Dataset, StoredRows } from "../../lib/data/mod.ts";
import { rowsBetween } from "../../lib/data/inner.ts";
import { holdShare } from "../../lib/engine/inner.ts";
import { createCpuEngine, type EdgePenalty, type Loss } from "../../lib/engine/mod.ts";
import { createNetwork, createRandom, type NetworkOptions } from "../../lib/model/mod.ts";

function draw(rows: number, [nIn, nOut]: readonly [number, number], weighted = false): Dataset {
  const random = createRandom(5, "stored rows");
  return {
    ...{ rows, nIn, nOut },
    inputs: Float64Array.from({ length: rows * nIn }, () => 2 * random.uniform() - 1),
    targets: Float64Array.from({ length: rows * nOut }, () => Math.floor(4 * random.uniform()) / 3),
    ...(weighted && { weights: Float64Array.from({ length: rows }, () => random.uniform()) }),
  };
}

/** A store in the memory that remembers how it was used. */
function createStore() {
  let bytes = new Uint8Array(0), written = 0;
  const store: ByteStore = {
    read(at, into) {
      assert(at + into.length <= bytes.length, "bytes are read that have been written");
      into.set(bytes.subarray(at, at + into.length));
    },
    write(at, from) {
      if (at + from.length > bytes.length) {
        const more = new Uint8Array(at + from.length);
        more.set(bytes);
        bytes = more;
      }
      bytes.set(from, at);
      written += from.length;
    },
    close: () => bytes = new Uint8Array(0),
  };
  return { store, written: () => written };
}

/** The rows of a dataset as ones that are stored. */
function storedFrom(dataset: Dataset, atOnce: number) {
  const none = new Float64Array(0), stores: ReturnType<typeof createStore>[] = [];
  let longest = 0;
  const stored: StoredRows = {
    atOnce,
    read(from, to) {
      longest = Math.max(longest, to - from);
      return rowsBetween(dataset, from, to);
    },
    open() {
      stores.push(createStore());
      return stores.at(-1)!.store;
    },
  };
  const { weights } = dataset;
  const empty = { ...dataset, inputs: none, targets: none, ...(weights && { weights: none }) };
  return {
    dataset: holdShare(empty, dataset.rows, undefined, stored),
    longest: () => longest,
    written: () => stores.reduce((sum, each) => sum + each.written(), 0),
  };
}

interface Case {
  readonly options: NetworkOptions;
  readonly loss: Loss;
  readonly weighted?: boolean;
  readonly penalty?: EdgePenalty;
  readonly dtype?: "float32";
  /** Whether second derivatives are compared, too. */
  readonly curved?: boolean;
}

const MSE: Loss = { kind: "mse" };
const CASES: readonly Case[] = [
  { options: { widths: [2, 5, 1] }, loss: { kind: "mse", weightDecay: 0.01 }, curved: true },
  { options: { widths: [2, 4, 3, 1] }, loss: { kind: "huber" }, weighted: true },
  { options: { widths: [2, 3, 3, 1], normalisation: "batchnorm", base: "silu" }, loss: MSE },
  { options: { widths: [2, 4, 2], firstLayer: "spline", knots: "uniform" }, loss: MSE },
  { options: { widths: [2, 2, 3] }, loss: { kind: "crossEntropy" }, weighted: true, curved: true },
  { options: { widths: [2, 3, 1], normalisation: "none" }, loss: { kind: "poisson" } },
  { options: { widths: [2, 3, 1] }, loss: MSE, penalty: { l1: 0.01, entropy: 0.01 } },
  { options: { widths: [3, 4, 9] }, loss: MSE, dtype: "float32" },
];

for (
  const [k, { options, loss, weighted, penalty, dtype = "float64", curved }] of CASES.entries()
) {
  Deno.test(`rows outside the memory evaluate to the bits of those in it, case ${k}`, async () => {
    const { widths } = options, rows = 70_001, atOnce = 20_000;
    const dataset = draw(rows, [widths[0], widths.at(-1)!], weighted);
    const outside = storedFrom(dataset, atOnce), held = holdShare(dataset, rows, undefined);
    assertEquals(outside.dataset.whole!.checksum, held.whole!.checksum);
    const network = createNetwork(options, { seed: 2 }), n = network.parameters.length;
    const found: number[][] = [];
    for (const [k, data] of [held, outside.dataset].entries()) {
      const engine = createCpuEngine({ threads: 1 + k, dtype });
      const evaluator = await engine.compile({ network, loss, dataset: data, penalty });
      const numbers: number[] = [], gradient = new Float64Array(n);
      const take = async (parameters: Float64Array) => {
        const evaluation = await evaluator.evaluate(parameters, gradient);
        numbers.push(evaluation.objective, evaluation.loss, ...gradient);
        for (const each of evaluation.statistics()) {
          for (const values of Object.values(each)) {
            if (typeof values !== "string") numbers.push(...values);
          }
        }
        for (const x of evaluation.outputs().subarray(0, 35_000)) numbers.push(x);
        numbers.push((await evaluator.evaluate(parameters)).objective);
      };
      await take(network.parameters);
      evaluator.batches!.select(Int32Array.from({ length: 5000 }, (_, i) => 69_000 - 13 * i));
      numbers.push((await evaluator.evaluate(network.parameters, gradient)).objective, ...gradient);
      evaluator.batches!.select(undefined);
      await take(network.parameters.map((x, i) => x + 0.1 * Math.sin(i)));
      const { curvature } = evaluator, product = new Float64Array(n);
      assertEquals(curvature !== undefined, !penalty);
      if (curved) {
        const matrix = new Float64Array(n * n);
        await curvature!.matrix!(network.parameters, matrix, gradient);
        for (const x of matrix) numbers.push(x);
        const bent = await curvature!.secondJvp(network.parameters, gradient, 1e-3);
        for (const x of bent.subarray(0, 35_000)) numbers.push(x);
        await curvature!.product(network.parameters, gradient, product);
        numbers.push(...product);
      }
      evaluator.dispose();
      found.push(numbers);
    }
    const [inside, stored] = found;
    assertEquals(stored.length, inside.length);
    assertEquals(stored.findIndex((x, i) => !Object.is(x, inside[i])), -1);
    assert(outside.written() > 8 * rows, "numbers of rows are kept outside");
    assert(outside.longest() <= Math.max(atOnce, 1 << 16), `${outside.longest()} rows at once`);
  });
}
