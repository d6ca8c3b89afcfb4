import { assert, assertEquals, assertGreater, assertLess, assertLessOrEqual } from "@std/assert";
import { cpuEngine, type Loss, referenceEngine } from "../../lib/engine/mod.ts";
import { blockValues, parameterBlock } from "../../lib/model/inner.ts";
import type { Network, NetworkOptions } from "../../lib/model/mod.ts";
import type { Dataset } from "../../lib/data/mod.ts";
import { compareGradient } from "../support/gradient_check.ts";
import { product, randomDataset, randomNetwork } from "../support/networks.ts";

/** The rule of acceptance: `|g - fd| <= 1e-6 max(|g|, 1e-3 max |g|)`. */
const TOLERANCE = 1e-6;

const LOSSES: readonly Loss[] = [
  { kind: "mse" },
  { kind: "huber", delta: 0.4 },
  { kind: "crossEntropy" },
  { kind: "mse", weightDecay: 0.02 },
  { kind: "huber", delta: 0.7, weightDecay: 0.02 },
  { kind: "crossEntropy", weightDecay: 0.02 },
];

function datasetFor(options: NetworkOptions, loss: Loss, seed: number): Dataset {
  const { widths } = options;
  const nIn = widths[0], nOut = widths[widths.length - 1];
  return randomDataset({
    rows: 13,
    nIn,
    nOut,
    seed,
    reach: options.normalisation === "none" ? 0.9 : 1.3,
    targets: loss.kind !== "crossEntropy" ? "normal" : nOut === 1 ? "binary" : "oneHot",
    weighted: seed % 3 === 0,
  });
}

/** Adds the comparisons of one case to `counts` and asserts the rule. */
async function check(
  network: Network,
  loss: Loss,
  dataset: Dataset,
  counts: Map<string, [number, number]>,
  words: string,
): Promise<void> {
  const evaluator = await cpuEngine.compile({ network, loss, dataset });
  const { compared, leftOut } = await compareGradient(network, loss, dataset, evaluator);
  for (const { block, index, gradient, difference, error } of compared) {
    assertLessOrEqual(
      error,
      TOLERANCE,
      `${block} (${index}): gradient ${gradient}, difference ${difference}, ${words}`,
    );
    count(counts, block, 0);
  }
  for (const block of leftOut) count(counts, block, 1);
  evaluator.dispose();
}

function count(counts: Map<string, [number, number]>, block: string, which: 0 | 1): void {
  const kind = block.replace(/\d/, "");
  const pair = counts.get(kind) ?? [0, 0];
  pair[which]++;
  counts.set(kind, pair);
}

for (const basis of ["bspline", "relu"] as const) {
  for (const knots of ["uniform", "fixed", "free"] as const) {
    Deno.test(`gradients equal central differences, ${basis} basis, ${knots} knots`, async () => {
      const counts = new Map<string, [number, number]>();
      const outer = (["even", knots === "free" ? "free" : "even", "clamped"] as const)
        .slice(0, basis === "relu" ? 2 : 3);
      const table = product<NetworkOptions>({
        firstLayer: ["linear", "spline"],
        normalisation: ["minmax", "batchnorm", "none"],
        degree: basis === "bspline" ? [1, 2, 3, 4, 5, 7, 9] : [1, 2, 3, 4, 5],
        base: ["none", "silu"],
        widths: [[2, 3, 2]],
      });
      for (const [i, options] of table.entries()) {
        // The axes that are not in the table turn with the case's number.
        const all: NetworkOptions = {
          ...options,
          basis,
          knots,
          intervals: 2 + i % 4,
          widths: i % 5 === 0 ? [2, 2, 2, 1] : [2, 3, 2],
          knotSharing: i % 2 === 0 ? "input" : "layer",
          outerKnots: outer[i % outer.length],
          extrapolation: i % 3 === 0 ? "clamp" : "linear",
        };
        const loss = LOSSES[i % LOSSES.length];
        const network = randomNetwork(all, i, i % 4 === 0 ? "zero" : "mild");
        await check(network, loss, datasetFor(all, loss, i), counts, JSON.stringify({ all, loss }));
      }
      const kinds = ["linear.weights", "linear.bias", "spline.coefficients", "spline.baseWeights"];
      if (knots === "free") kinds.push("spline.knotLogits");
      assertEquals([...counts.keys()].sort(), kinds.sort());
      for (const [kind, [compared, leftOut]] of counts) {
        assertGreater(compared, 2 * leftOut, `most of ${kind} is compared, not left out`);
      }
    });
  }
}

Deno.test("gradients equal central differences beyond the domain", async () => {
  const counts = new Map<string, [number, number]>();
  for (
    const options of product<NetworkOptions>({
      widths: [[2, 2]],
      firstLayer: ["spline"],
      intervals: [3],
      normalisation: ["batchnorm", "none"],
      domain: [[-0.5, 0.5]],
      basis: ["bspline", "relu"],
      knots: ["uniform", "free"],
      degree: [1, 2, 3, 4, 5, 7, 9],
      extrapolation: ["linear", "clamp"],
    })
  ) {
    const network = randomNetwork(options, 4);
    const dataset = randomDataset({ rows: 13, nIn: 2, nOut: 2, seed: 9, reach: 2 });
    await check(network, { kind: "mse" }, dataset, counts, JSON.stringify(options));
  }
});

Deno.test("gradients of nearly coincident knots equal central differences", async () => {
  const counts = new Map<string, [number, number]>();
  for (
    const options of product<NetworkOptions>({
      widths: [[2, 3, 1]],
      intervals: [5],
      basis: ["bspline", "relu"],
      degree: [2, 3, 4, 5, 7, 9],
      outerKnots: ["even", "free"],
    }).filter(({ basis, degree = 3 }) => basis === "bspline" || degree <= 5)
  ) {
    const network = randomNetwork(options, 11, "crowded");
    const dataset = randomDataset({ rows: 13, nIn: 2, nOut: 1, seed: 12 });
    await check(network, { kind: "mse" }, dataset, counts, JSON.stringify(options));
  }
});

for (const engine of [cpuEngine, referenceEngine]) {
  Deno.test(`${engine.name}: the bias before min-max has gradient 0 to rounding`, async () => {
    for (
      const options of product<NetworkOptions>({
        widths: [[2, 4, 1]],
        degree: [1, 2, 3, 4, 5, 7, 9],
        basis: ["bspline", "relu"],
        knots: ["uniform", "free"],
      })
    ) {
      const network = randomNetwork(options, 2);
      const dataset = randomDataset({ rows: 60, nIn: 2, nOut: 1, seed: 3 });
      const evaluator = await engine.compile({ network, loss: { kind: "mse" }, dataset });
      const gradient = new Float64Array(network.parameters.length);
      await evaluator.evaluate(network.parameters, gradient);
      const of = blockValues({ ...network, parameters: gradient }, "linear.weights");
      const scale = of.reduce((most, g) => Math.max(most, Math.abs(g)), 0);
      for (const g of blockValues({ ...network, parameters: gradient }, "linear.bias")) {
        assertLessOrEqual(Math.abs(g), 1e-13 * scale, JSON.stringify(options));
      }
    }
  });

  Deno.test(`${engine.name}: rows that set the range keep small gradients exact`, async () => {
    // The arg-min row lies in an end interval 1e-9 wide, where the spline is steep: its own slope
    // must cancel, as its place is a whatever its value. The weights then see the other rows only.
    const network = randomNetwork(
      { widths: [1, 1, 1], bias: false, intervals: 3, degree: 1 },
      1,
      "zero",
    );
    const logits = parameterBlock(network, "spline0.knotLogits");
    network.parameters[logits.offset + 1] = -Math.log(1e9);
    network.parameters[parameterBlock(network, "linear.weights").offset] = 1;
    const dataset: Dataset = {
      rows: 4,
      nIn: 1,
      nOut: 1,
      inputs: Float64Array.of(-0.7, 0.3, 0.55, 1),
      targets: Float64Array.of(1, 0, -1, 0.5),
    };
    const evaluator = await engine.compile({ network, loss: { kind: "mse" }, dataset });
    const gradient = new Float64Array(network.parameters.length);
    await evaluator.evaluate(network.parameters, gradient);
    // Scaling the only weight moves nothing behind min-max: its gradient is 0.
    assertLess(Math.abs(gradient[0]), 1e-12);
  });

  Deno.test(`${engine.name}: ties of min-max go to the lowest row`, async () => {
    // Rows 0 and 2 share the least input; only row 0 carries the statistics' gradient.
    const network = randomNetwork({ widths: [1, 2, 1], firstLayer: "spline", degree: 3 }, 8);
    const inputs = Float64Array.of(-1, 1, -1, 0.2, 1);
    const targets = Float64Array.of(0.3, 0.1, -0.4, 0.7, 0.2);
    const dataset: Dataset = { rows: 5, nIn: 1, nOut: 1, inputs, targets };
    const evaluator = await engine.compile({ network, loss: { kind: "mse" }, dataset });
    const gradient = new Float64Array(network.parameters.length);
    await evaluator.evaluate(network.parameters, gradient);
    // Duplicated rows stay equal, so a common shift of the row pair is what parameters can do: the
    // gradient equals that of the weighted dataset without duplicates.
    const merged: Dataset = {
      rows: 3,
      nIn: 1,
      nOut: 1,
      inputs: Float64Array.of(-1, 1, 0.2),
      targets: Float64Array.of((0.3 - 0.4) / 2, (0.1 + 0.2) / 2, 0.7),
      weights: Float64Array.of(2, 2, 1),
    };
    const other = await engine.compile({ network, loss: { kind: "mse" }, dataset: merged });
    const expected = new Float64Array(gradient.length);
    await other.evaluate(network.parameters, expected);
    const scale = expected.reduce((most, g) => Math.max(most, Math.abs(g)), 0);
    gradient.forEach((g, i) => assertLessOrEqual(Math.abs(g - expected[i]), 1e-13 * scale));
  });
}

Deno.test("a constant column passes no gradient", async () => {
  const network = randomNetwork({ widths: [2, 3, 1] }, 1);
  const weights = blockValues(network, "linear.weights");
  weights.fill(0); // every hidden node is constant
  const dataset = randomDataset({ rows: 9, nIn: 2, nOut: 1, seed: 1 });
  for (const engine of [cpuEngine, referenceEngine]) {
    const evaluator = await engine.compile({ network, loss: { kind: "mse" }, dataset });
    const gradient = new Float64Array(network.parameters.length);
    const value = (await evaluator.evaluate(network.parameters, gradient)).objective;
    assert(Number.isFinite(value));
    const own = { ...network, parameters: gradient };
    assertEquals([...blockValues(own, "linear.weights")], new Array(6).fill(0));
    assertEquals([...blockValues(own, "linear.bias")], new Array(3).fill(0));
    assert(blockValues(own, "spline0.coefficients").some((g) => g !== 0));
  }
});
