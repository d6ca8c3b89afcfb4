import { assert, assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import type { Dataset } from "../../lib/data/mod.ts";
import { addMissingEdges } from "../../lib/model/inner.ts";
import {
  createRandom,
  decodeEnsemble,
  encodeEnsemble,
  ensembleOutputs,
  forward,
  scaleOutputs,
} from "../../lib/model/mod.ts";
import { createCpuEngine } from "../../lib/engine/mod.ts";
import { searchModel } from "../../lib/search/mod.ts";
import { growTrees } from "../../lib/search/_trees.ts";
import { treeNetworks } from "../../lib/search/_tree_networks.ts";
import { fitRidgeFunctions } from "../../lib/additive/inner.ts";
import { planCandidates } from "../../lib/search/_plan.ts";
import { temperature } from "../../lib/search/_stack.ts";
import { expectedShares, stackWeights } from "../../lib/search/_weights.ts";

/** Rows of a function with noise. */
function rowsOf(rows: number, nIn: number, f: (x: Float64Array) => number, noise: number): Dataset {
  const random = createRandom(1, "rows"), inputs = new Float64Array(rows * nIn);
  for (let i = 0; i < inputs.length; i++) inputs[i] = random.uniform();
  const targets = Float64Array.from(
    { length: rows },
    (_, r) => f(inputs.subarray(r * nIn, (r + 1) * nIn)) + noise * random.normal(),
  );
  return { rows, nIn, nOut: 1, inputs, targets };
}

const MSE = { kind: "mse" } as const;
const TREES = {
  ...{ leaves: 4, trees: 30, rate: 0.2, rowShare: 0.8, columnShare: 0.7, leastRows: 3, ridge: 1 },
};

Deno.test("trees as networks say what the trees say, of numbers and of classes", () => {
  const numbers = rowsOf(150, 3, ([a, b]) => (a > 0.5 ? 1 : 0) * (b > 0.3 ? 1 : -1), 0.1);
  const label = (r: number) => Math.floor(numbers.inputs[3 * r] * 2.99);
  const classes: Dataset = {
    ...numbers,
    nOut: 3,
    targets: Float64Array.from(
      { length: 450 },
      (_, i) => label(Math.floor(i / 3)) === i % 3 ? 1 : 0,
    ),
  };
  for (const [dataset, kind] of [[numbers, "mse"], [classes, "crossEntropy"]] as const) {
    let said = new Float64Array(0);
    const trees = growTrees(dataset, { kind }, TREES, createRandom(1), {
      rows: dataset,
      listen: (_, outputs) => said = outputs.slice(),
    });
    const low = new Float64Array(3), high = new Float64Array(3).fill(1);
    const networks = treeNetworks(trees, TREES.trees, dataset.nOut, { low, high });
    const sum = new Float64Array(said.length);
    for (const network of networks) {
      forward(network, dataset.inputs).forEach((y, i) => sum[i] += y);
    }
    for (let i = 0; i < sum.length; i++) assertAlmostEquals(sum[i], said[i], 1e-9);
  }
});

Deno.test("trees as networks have few numbers, and a file keeps their masks as lists", () => {
  const rows = rowsOf(400, 6, ([a, b, c, d]) => a * b + (c > 0.5 ? d : 0), 0.1);
  const options = { ...TREES, leaves: 8, trees: 100 };
  const trees = growTrees(rows, { kind: "mse" }, options, createRandom(1));
  const low = new Float64Array(6), high = new Float64Array(6).fill(1);
  const networks = treeNetworks(trees, options.trees, 1, { low, high });
  const leaves = trees.stages.reduce((sum, each) => sum + each.length, 0);
  const numbers = networks.reduce((sum, { parameters }) => sum + parameters.length, 0);
  assertLess(numbers, 10 * leaves);
  const bytes = encodeEnsemble(networks), read = decodeEnsemble(bytes).networks;
  assertLess(bytes.length, 200 * leaves); // three masks of up to 500 x 500 are more by themselves
  networks.forEach((network, k) => {
    assertEquals(read[k].config, network.config);
    assertEquals(read[k].parameters, network.parameters);
    const said = forward(network, rows.inputs);
    assertEquals(forward(read[k], rows.inputs), said);
    const all = forward(addMissingEdges(network), rows.inputs);
    const twice = forward(scaleOutputs(network, [2]), rows.inputs);
    said.forEach((y, i) => {
      assertAlmostEquals(all[i], y, 1e-12);
      assertAlmostEquals(twice[i], 2 * y, 1e-12);
    });
  });
});

Deno.test("additive splines find an additive function, and lines where there are only lines", () => {
  const bent = rowsOf(300, 2, ([a, b]) => Math.sin(6 * a) + b, 0.05);
  const { network } = fitRidgeFunctions(bent, { loss: MSE, intervals: 8, bends: true });
  const clean = rowsOf(300, 2, ([a, b]) => Math.sin(6 * a) + b, 0);
  const outputs = forward(network, clean.inputs);
  const error = outputs.reduce((sum, y, i) => sum + (y - clean.targets[i]) ** 2, 0) / 300;
  assertLess(Math.sqrt(error), 0.03);
  const straight = rowsOf(300, 2, ([a, b]) => 2 * a - b, 0.05);
  const { edf } = fitRidgeFunctions(straight, { loss: MSE, intervals: 8, bends: true });
  assertLess(edf(), 5.5); // a constant, two lines, and little else
});

Deno.test("stacking prefers the better candidate, and a temperature cools what is too sure", () => {
  const dataset = rowsOf(200, 1, ([a]) => a, 0);
  const right = dataset.targets.slice(), wrong = dataset.targets.map((y) => 1 - y);
  const voices = [{ kind: "lines", outputs: wrong }, { kind: "forest", outputs: right }] as const;
  assertEquals([...stackWeights(MSE, voices, dataset)], [0, 1]);
  const random = createRandom(2);
  const labels = Float64Array.from({ length: 400 }, () => random.uniform() < 0.7 ? 1 : 0);
  const classes = { ...rowsOf(400, 1, () => 0, 0), targets: labels };
  assertLess(temperature(new Float64Array(400).fill(4), classes), 0.6);
});

Deno.test("candidates that rows cannot tell apart share by kinds; few rows keep to that", () => {
  const random = createRandom(5);
  for (const [rows, far] of [[20, 0.2], [2000, 0.02]]) {
    const dataset = rowsOf(rows, 1, ([a]) => a, 0);
    const noisy = (size: number) => dataset.targets.map((y) => y + size * random.normal());
    const voices = [
      { kind: "lines", outputs: noisy(0.1) },
      { kind: "splines", outputs: noisy(0.1) },
      { kind: "splines", outputs: noisy(0.1) },
      { kind: "networks", outputs: noisy(10) },
    ] as const;
    const expected = expectedShares(MSE, voices, dataset);
    assertAlmostEquals(expected.reduce((a, b) => a + b), 1, 1e-12);
    assertLess(expected[3], 1e-3);
    const weights = stackWeights(MSE, voices, dataset, 0);
    assertLess(weights[3], 1e-3);
    // Errors that are independent are best halved, thirded: many rows say so, whatever is expected.
    weights.subarray(0, 3).forEach((w, m) =>
      assertLess(Math.abs(w - (rows > 100 ? 1 / 3 : expected[m])), far)
    );
  }
});

Deno.test("the plan depends on sizes and the time limit alone", () => {
  const dataset = rowsOf(500, 4, ([a]) => a, 0.1);
  const task = { family: "gaussian", seed: 1, engine: createCpuEngine({ threads: 1 }) } as const;
  const names = (limit: number) =>
    planCandidates(dataset, task, "auto", limit, 5).candidates.map(({ name }) => name);
  assertEquals(names(1e-6), ["linear"]);
  assert(names(60).length >= 9);
  assertEquals(names(60), names(60));
});

Deno.test("searches give the same bits for any number of threads, and stay within bounds", async () => {
  const dataset = rowsOf(50, 2, ([a, b]) => a * b, 0.1);
  const options = { task: "regression", timeLimit: 60 } as const;
  const [one, two] = await Promise.all(
    [1, 2].map((threads) =>
      searchModel(dataset, { ...options, engine: createCpuEngine({ threads }) })
    ),
  );
  assertEquals(
    one.networks.map(({ parameters }) => parameters),
    two.networks.map(({ parameters }) => parameters),
  );
  const [[low, high]] = one.bounds!;
  assert(low < Math.min(...dataset.targets) && high > Math.max(...dataset.targets));
  assertAlmostEquals(one.tried.reduce((sum, { weight }) => sum + weight, 0), 1, 1e-12);
  assert(ensembleOutputs(one.networks, dataset.inputs).every(Number.isFinite));
});

Deno.test("a large table is judged by the folds that are held out, row by row", async () => {
  const dataset = rowsOf(6000, 2, ([a, b]) => Math.sin(7 * a) + b * b, 0.1);
  const { tried, heldOut, loss } = await searchModel(dataset, {
    ...{ task: "regression", form: "additive", engine: createCpuEngine({ threads: 1 }) },
  });
  assert(tried.find(({ name }) => name === "additive splines")!.weight > 0.95);
  assertEquals(heldOut.outputs.length, 3600); // three folds of five
  const squares = heldOut.outputs.reduce((sum, y, i) => sum + (y - heldOut.targets[i]) ** 2, 0);
  assertAlmostEquals(squares / 3600, loss, 1e-12);
});
