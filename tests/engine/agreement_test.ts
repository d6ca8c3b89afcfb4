import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import fc from "fast-check";
import { cpuEngine, type Loss, referenceEngine } from "../../lib/engine/mod.ts";
import { layerKnots, type Network, type NetworkOptions } from "../../lib/model/mod.ts";
import { splineStages } from "../../lib/model/inner.ts";
import type { Dataset } from "../../lib/data/mod.ts";
import { SEED } from "../support/arbitrary_knots.ts";
import { amplification } from "../support/gradient_check.ts";
import { type LogitKind, product, randomDataset, randomNetwork } from "../support/networks.ts";
import { arbitraryNetworks } from "../support/arbitrary_networks.ts";

const U = 2 ** -53;

const LOSSES: readonly Loss[] = [
  { kind: "mse" },
  { kind: "huber", delta: 0.4 },
  { kind: "crossEntropy" },
  { kind: "mse", weightDecay: 0.01 },
  { kind: "huber", weightDecay: 1e-3 },
  { kind: "crossEntropy", weightDecay: 0.1 },
];

/** Splines of high degrees are sums of large terms. */
function rounding({ degree = 3 }: NetworkOptions): number {
  return 8 ** Math.max(0, degree - 5);
}

/** A combination that the configuration refuses, or that names the same network twice. */
function refused(options: Partial<NetworkOptions>): boolean {
  return options.outerKnots === "free" && options.knots !== "free" ||
    options.outerKnots === "clamped" && options.basis === "relu";
}

/** Largest difference of values and gradients, relative to `|value|` and `max |g|`. */
async function differences(
  network: Network,
  loss: Loss,
  dataset: Dataset,
): Promise<{ value: number; gradient: number; finite: boolean }> {
  const fast = await cpuEngine.compile({ network, loss, dataset });
  const plain = await referenceEngine.compile({ network, loss, dataset });
  const g = new Float64Array(network.parameters.length).fill(NaN), h = g.slice();
  const fasts = await fast.evaluate(network.parameters, g), f = fasts.objective;
  const plains = await plain.evaluate(network.parameters, h), e = plains.objective;
  const scale = h.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  let gradient = 0;
  g.forEach((x, i) => gradient = Math.max(gradient, Math.abs(x - h[i])));
  assertEquals(fast.numParameters, network.parameters.length);
  assertEquals(
    (await fast.evaluate(network.parameters)).objective,
    f,
    "the same objective without a gradient",
  );
  const outputs = plains.outputs(), largest = outputs.reduce((m, y) => Math.max(m, Math.abs(y)), 0);
  let value = Math.abs(f - e) / Math.abs(e);
  value = Math.max(value, Math.abs(fasts.loss - plains.loss) / plains.loss);
  fasts.outputs().forEach((y, i) => value = Math.max(value, Math.abs(y - outputs[i]) / largest));
  const finite = [f, e, ...g, ...h].every(Number.isFinite);
  fast.dispose();
  plain.dispose();
  return { value, gradient: gradient / scale, finite };
}

/** Smallest interval that is not empty, of a domain of length 1. */
function smallestInterval(network: Network): number {
  let least = 1;
  const { intervals, degree, domain: [a, b] } = network.config;
  for (const { layer, numKnotVectors } of splineStages(network.config)) {
    for (let p = 0; p < numKnotVectors; p++) {
      const t = layerKnots(network, layer, p).values;
      for (let m = degree; m < degree + intervals; m++) {
        const h = (t[m + 1] - t[m]) / (b - a);
        if (h > 0) least = Math.min(least, h);
      }
    }
  }
  return least;
}

const WIDTHS = [[2, 3, 2], [2, 3, 1], [2, 9, 8]];

const TABLE = product<NetworkOptions>({
  widths: [[2, 3, 2]],
  intervals: [4],
  basis: ["bspline", "relu"],
  knots: ["uniform", "fixed", "free"],
  degree: [1, 2, 3, 4, 5, 7, 9],
  firstLayer: ["linear", "spline"],
  normalisation: ["minmax", "batchnorm", "none"],
  base: ["none", "silu"],
  knotSharing: ["input", "layer"],
  outerKnots: ["even", "free", "clamped"],
  extrapolation: ["linear", "clamp"],
}).filter((options) => !refused(options));

for (const basis of ["bspline", "relu"] as const) {
  for (const knots of ["uniform", "fixed", "free"] as const) {
    const cases = TABLE.filter((each) => each.basis === basis && each.knots === knots);
    Deno.test(
      `cpuEngine equals referenceEngine, ${basis} basis, ${knots} knots, all ${cases.length} options`,
      async () => {
        for (const [i, each] of cases.entries()) {
          const loss = LOSSES[i % LOSSES.length];
          // One output, few and many have kernels of their own.
          const widths = WIDTHS[i % 7 % WIDTHS.length], nOut = widths[2];
          const options = { ...each, widths };
          const network = randomNetwork(options, i);
          const dataset = randomDataset({
            rows: 15,
            nIn: 2,
            nOut,
            seed: i,
            reach: 1.3,
            targets: loss.kind !== "crossEntropy" ? "normal" : nOut === 1 ? "binary" : "oneHot",
            weighted: i % 2 === 0,
          });
          // ReLU powers: 16 u of the terms that are summed, relative to their sum.
          const tolerance = rounding(each) * Math.max(1e-12, 16 * U * amplification(network));
          const { value, gradient, finite } = await differences(network, loss, dataset);
          const words = `${JSON.stringify(options)} ${JSON.stringify(loss)}`;
          assert(finite, words);
          assertLessOrEqual(value, tolerance, `value, ${words}`);
          assertLessOrEqual(gradient, tolerance, `gradient, ${words}`);
        }
      },
    );
  }
}

Deno.test("cpuEngine equals referenceEngine on random widths, intervals, domains and rows", async () => {
  await fc.assert(
    fc.asyncProperty(
      arbitraryNetworks({ mostIntervals: 9 }),
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 0, max: 1e6 }),
      fc.constantFrom(...LOSSES),
      fc.boolean(),
      async (options, rows, seed, loss, weighted) => {
        const network = randomNetwork(options, seed);
        const nIn = options.widths[0], nOut = options.widths.at(-1)!;
        const targets = loss.kind !== "crossEntropy" ? "normal" : nOut === 1 ? "binary" : "oneHot";
        const dataset = randomDataset({ rows, nIn, nOut, seed, targets, weighted });
        const { value, gradient, finite } = await differences(network, loss, dataset);
        assert(finite);
        // Up to four layers: the errors of each pass through the slopes of the next.
        const tolerance = Math.max(4e-12, 64 * U * amplification(network));
        assertLessOrEqual(value, tolerance);
        // One row under min-max: everything behind the constant column is gone, g may be all 0.
        if (!Number.isNaN(gradient)) assertLessOrEqual(gradient, tolerance);
      },
    ),
    { seed: SEED, numRuns: 150 },
  );
});

/**
 * With an interval h times the domain a point's place in it is known to u / h only, and so are
 * slopes there: both engines are right to that.
 */
for (const logits of ["crowded", "extreme"] as LogitKind[]) {
  Deno.test(`cpuEngine equals referenceEngine and stays finite with ${logits} knots`, async () => {
    const table = TABLE.filter(({ knots, base }) => knots === "free" && base === "none");
    for (const [i, options] of table.entries()) {
      const network = randomNetwork(options, 7 * i, logits);
      const dataset = randomDataset({ rows: 15, nIn: 2, nOut: 2, seed: i, reach: 1.3 });
      const { value, gradient, finite } = await differences(network, { kind: "mse" }, dataset);
      const words = JSON.stringify(options);
      assert(finite, words);
      const h = smallestInterval(network);
      if (h < 1e-7) continue;
      const tolerance = rounding(options) * 1e-12 * amplification(network) + 64 * U / h;
      assertLessOrEqual(value, tolerance, `value, h = ${h}, ${words}`);
      assertLessOrEqual(gradient, tolerance, `gradient, h = ${h}, ${words}`);
    }
  });
}

Deno.test("engines agree at knots, at the ends and beyond them", async () => {
  // Knots of 4 intervals on [-1, 1] are hit exactly; -3, 3 lie outside.
  const points = [-3, -1, -0.5, 0, 0.5, 1, 3, -1.5, 1.25, 0.125];
  for (
    const options of product<NetworkOptions>({
      widths: [[1, 2]],
      firstLayer: ["spline"],
      intervals: [4],
      normalisation: ["none"],
      basis: ["bspline", "relu"],
      knots: ["uniform", "free"],
      degree: [1, 2, 3, 4, 5, 7, 9],
      base: ["none", "silu"],
      extrapolation: ["linear", "clamp"],
    })
  ) {
    const network = randomNetwork(options, 3, "zero");
    const dataset: Dataset = {
      ...randomDataset({ rows: points.length, nIn: 1, nOut: 2, seed: 1 }),
      inputs: Float64Array.from(points),
    };
    const { value, gradient } = await differences(network, { kind: "mse" }, dataset);
    const tolerance = rounding(options) * Math.max(1e-12, 16 * U * amplification(network));
    assertLessOrEqual(value, tolerance, JSON.stringify(options));
    assertLessOrEqual(gradient, tolerance, JSON.stringify(options));
  }
});

Deno.test("engines agree on one row, constant columns and duplicated rows", async () => {
  const inputs = [
    [[0.3, -0.2]],
    [[0.5, 0.1], [0.5, 0.7], [0.5, -0.4]],
    [[0.1, 0.2], [0.1, 0.2], [0.9, -0.8], [0.9, -0.8], [0.4, 0]],
    [[0, 0], [0, 0]],
  ];
  for (
    const options of product<NetworkOptions>({
      widths: [[2, 3, 1]],
      firstLayer: ["linear", "spline"],
      basis: ["bspline", "relu"],
      normalisation: ["minmax", "batchnorm", "none"],
      base: ["none", "silu"],
      degree: [1, 3],
    })
  ) {
    for (const rows of inputs) {
      const network = randomNetwork(options, 5);
      const dataset: Dataset = {
        ...randomDataset({ rows: rows.length, nIn: 2, nOut: 1, seed: 2 }),
        inputs: Float64Array.from(rows.flat()),
      };
      const { value, gradient, finite } = await differences(network, { kind: "mse" }, dataset);
      const words = `${JSON.stringify(options)} ${JSON.stringify(rows)}`;
      assert(finite, words);
      assertLessOrEqual(value, 1e-12, words);
      assertLessOrEqual(gradient, 1e-12, words);
    }
  }
});

for (const engine of [cpuEngine, referenceEngine]) {
  Deno.test(`${engine.name} engine gives NaN outside the domain under extrapolation error`, async () => {
    const options = { widths: [2, 2], firstLayer: "spline", normalisation: "none" } as const;
    const network = randomNetwork({ ...options, extrapolation: "error" }, 1);
    const dataset = randomDataset({ rows: 5, nIn: 2, nOut: 2, seed: 1, reach: 3 });
    const evaluator = await engine.compile({ network, loss: { kind: "mse" }, dataset });
    const gradient = new Float64Array(network.parameters.length);
    assert(Number.isNaN((await evaluator.evaluate(network.parameters)).objective));
    assert(Number.isNaN((await evaluator.evaluate(network.parameters, gradient)).objective));
  });

  Deno.test(`${engine.name} engine gives NaN for parameters that are not finite`, async () => {
    const network = randomNetwork({ widths: [2, 3, 1] }, 1);
    const dataset = randomDataset({ rows: 5, nIn: 2, nOut: 1, seed: 1 });
    const evaluator = await engine.compile({ network, loss: { kind: "mse" }, dataset });
    for (const bad of [NaN, Infinity, -Infinity]) {
      for (const { offset } of network.layout) {
        const parameters = network.parameters.slice();
        parameters[offset] = bad;
        const gradient = new Float64Array(parameters.length);
        assert(!Number.isFinite((await evaluator.evaluate(parameters)).objective));
        assert(!Number.isFinite((await evaluator.evaluate(parameters, gradient)).objective));
      }
    }
    const gradient = new Float64Array(network.parameters.length);
    assert(Number.isFinite((await evaluator.evaluate(network.parameters, gradient)).objective));
    assert(gradient.every(Number.isFinite), "the evaluator recovers");
  });

  Deno.test(`${engine.name} engine does not change what it is given`, async () => {
    const network = randomNetwork({ widths: [2, 3, 1], basis: "relu" }, 1);
    const dataset = randomDataset({ rows: 5, nIn: 2, nOut: 1, seed: 1, weighted: true });
    const before = structuredClone({ network, dataset });
    const evaluator = await engine.compile({
      network,
      loss: { kind: "mse", weightDecay: 0.1 },
      dataset,
    });
    const gradient = new Float64Array(network.parameters.length);
    (await evaluator.evaluate(network.parameters, gradient)).outputs().fill(0);
    const again = new Float64Array(gradient.length).fill(7);
    const value = (await evaluator.evaluate(network.parameters, again)).objective;
    assertEquals(again, gradient, "gradientOut is overwritten, the same every time");
    assert(Number.isFinite(value));
    assertEquals(structuredClone({ network, dataset }), before);
  });
}
