import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { type Dataset, datasetOf, findProblem, galleryDatasets } from "../../lib/data/mod.ts";
import { keepNodes, prune, type PruneTrial } from "../../lib/interpret/mod.ts";
import { edgeFlow } from "../../lib/interpret/scores/edge_flow.ts";
import { stagesOf, stageValues } from "../../lib/model/inner.ts";
import {
  createNetwork,
  createRandom,
  forward,
  type Network,
  type NetworkOptions,
  withStatistics,
} from "../../lib/model/mod.ts";
import { fit, trainToEnd } from "../../lib/train/mod.ts";
import { coarseSchedule } from "../../lib/multilevel/mod.ts";
import { product, randomDataset, randomNetwork } from "../support/networks.ts";

const ROWS = 40;

/** The outputs where dropped nodes send the means of what they send in the network itself. */
function withMeans(
  network: Network,
  kept: readonly (readonly number[])[],
  inputs: Float64Array,
): Float64Array {
  let x = inputs, level = 0;
  const values = stageValues(network, inputs, ROWS);
  stagesOf(network.config).forEach((stage, k) => {
    if (stage.kind === "relu" || stage.kind === "tanh") {
      x = x.map(stage.kind === "tanh" ? Math.tanh : (each) => Math.max(0, each));
      return;
    }
    const y = new Float64Array(ROWS * stage.nOut), stays = new Set(kept[level++]);
    if (stage.kind === "linear" && stage.bias) {
      const { offset } = network.layout.find(({ name }) => name === `${stage.name}.bias`)!;
      y.forEach((_, i) => y[i] += network.parameters[offset + i % stage.nOut]);
    }
    for (let p = 0; p < stage.nIn; p++) {
      const flow = edgeFlow(network, stage, stays.has(p) ? x : values[k], p);
      if (stays.has(p)) flow.forEach((value, i) => y[i] += value);
      else {
        for (let q = 0; q < stage.nOut; q++) {
          let mean = 0;
          for (let r = 0; r < ROWS; r++) mean += flow[r * stage.nOut + q] / ROWS;
          for (let r = 0; r < ROWS; r++) y[r * stage.nOut + q] += mean;
        }
      }
    }
    x = y;
  });
  return x;
}

const SPLINES: NetworkOptions[] = product<Omit<NetworkOptions, "widths">>({
  firstLayer: ["linear", "spline"],
  knots: ["free", "uniform", "fixed"],
  knotSharing: ["input", "layer"],
  basis: ["bspline", "relu"],
  normalisation: ["minmax", "batchnorm"],
  base: ["none", "silu"],
}).map((options) => ({ ...options, widths: [4, 3, 3, 2] }));
const OTHERS: NetworkOptions[] = [
  { widths: [4, 3, 3, 2], bias: false },
  { widths: [4, 3, 3, 2], bias: false, normalisation: "batchnorm" },
  { widths: [4, 6, 5, 2], activation: "relu", bias: true },
];

Deno.test(`keepNodes() leaves means in the place of nodes, ${SPLINES.length} kinds`, () => {
  for (const options of [...SPLINES, ...OTHERS]) {
    const { inputs } = randomDataset({ rows: ROWS, nIn: 4, nOut: 1, seed: 3 });
    const network = withStatistics(randomNetwork(options, 7), inputs);
    // the last map of an MLP has no constant: its inputs stay
    const mlp = options.activation === "relu";
    const last = Array.from({ length: options.widths[2] }, (_, i) => i);
    const kept = [[0, 1, 3], [0, 2], mlp ? last : [1, 2], [0, 1]];
    const smaller = keepNodes(network, kept, inputs);
    assertEquals(smaller.config.widths, kept.map((nodes) => nodes.length));
    const columns = Float64Array.from(
      { length: ROWS * 3 },
      (_, i) => inputs[Math.floor(i / 3) * 4 + kept[0][i % 3]],
    );
    const found = forward(smaller, columns), expected = withMeans(network, kept, inputs);
    const size = Math.max(...expected.map(Math.abs));
    found.forEach((value, i) => {
      const tolerance = (options.basis === "relu" ? 1e-8 : 1e-12) * (1 + size);
      assertAlmostEquals(value, expected[i], tolerance, JSON.stringify(options));
    });
    const all = network.config.widths.map((width) => Array.from({ length: width }, (_, i) => i));
    assertEquals(keepNodes(network, all, inputs).parameters, network.parameters);
  }
});

Deno.test("keepNodes() refuses what cannot be kept", () => {
  const network = createNetwork({ widths: [3, 2, 1] }), inputs = new Float64Array(6);
  for (const kept of [[[0], [0]], [[], [0], [0]], [[1, 0], [0], [0]], [[3], [0], [0]]]) {
    assertThrows(() => keepNodes(network, kept, inputs), RangeError, "kept must be");
  }
});

/** Rows whose target needs two of four inputs. */
async function trained(): Promise<{ network: Network; dataset: Dataset }> {
  const random = createRandom(4, "prune");
  const inputs = Array.from({ length: 300 }, () => [0, 1, 2, 3].map(() => random.uniform()));
  const targets = inputs.map(([, x, , y]) => Math.sin(3 * x) + x * y);
  const { network } = await fit({ inputs, targets });
  return { network, dataset: datasetOf({ inputs, targets }) };
}

Deno.test("prune() finds the inputs that matter, within the tolerance", async () => {
  const { network, dataset } = await trained(), trials: PruneTrial[] = [];
  const options = { onTrial: (trial: PruneTrial) => trials.push(trial) };
  const pruned = await prune(network, dataset, options);
  assertEquals(pruned.kept[0], [1, 3]);
  assertEquals(pruned.network.config.widths[0], 2);
  assert(pruned.after <= 1.01 * pruned.before + 1e-8, `${pruned.before} ${pruned.after}`);
  assertEquals([pruned.trials, pruned.judged], [trials.length, 60]);
  assertEquals(trials.filter(({ accepted }) => accepted), pruned.removed);
  const again = await prune(network, dataset); // the same bits
  assertEquals(again.network.parameters, pruned.network.parameters);
});

Deno.test("prune() goes as far as it is told", async () => {
  const { network, dataset } = await trained();
  const one = await prune(network, dataset, { keepInputs: 1 });
  assertEquals(one.network.config.widths, [1, 5, 1]);
  assert(one.after > 2 * one.before);
  const nodes = await prune(network, dataset, { keepNodes: [2] });
  assertEquals(nodes.network.config.widths, [4, 2, 1]);
  const held = await prune(network, dataset, { keepInputs: 1, tolerance: 0.01 });
  assertEquals(held.kept[0], [1, 3]);
  const weak = await prune(network, dataset, { threshold: 0.01 });
  assertEquals(weak.kept[0], [1, 3]);
  const stays = await prune(network, dataset, { inputs: false });
  assertEquals(stays.kept[0], [0, 1, 2, 3]);
});

Deno.test("prune() refuses what it cannot do", async () => {
  const { network, dataset } = await trained();
  for (
    const [options, text] of [
      [{ keepInputs: 5 }, "keepInputs must be an integer from 1 to 4"],
      [{ keepNodes: [1, 1] }, "keepNodes must be 1 integers"],
      [{ tolerance: -1 }, "tolerance"],
      [{ threshold: 0 }, "threshold"],
    ] as const
  ) await assertRejects(() => prune(network, dataset, options), RangeError, text);
  await assertRejects(() => prune(network, { ...dataset, nIn: 2 }), TypeError);
});

Deno.test("prune() takes inputs back that the network had never learned", async () => {
  const random = createRandom(8, "missed");
  const inputs = Array.from({ length: 600 }, () => [0, 1, 2, 3, 4].map(() => random.uniform()));
  const targets = inputs.map(([x, y]) => x + 4 * (y - 0.5) ** 2);
  const dataset = datasetOf({ inputs, targets });
  // one hidden node that is linear in x: the parabola is not there
  const start = createNetwork({ widths: [5, 2, 1], intervals: 5 }, { seed: 2 });
  const { network } = await trainToEnd(start, {
    ...dataset,
    targets: dataset.targets.map((_, r) => inputs[r][0]),
  }, { schedule: coarseSchedule(20) });
  const { kept, before, after } = await prune(network, dataset);
  assertEquals(kept[0], [0, 1]);
  assert(after < 0.05 * before, `${before} ${after}`);
});

/** Rows of two classes: the logit is a sum of functions of two of eight inputs. */
function classes(rows: number): Dataset {
  const random = createRandom(6, "logits");
  const inputs = Float64Array.from({ length: 8 * rows }, () => random.uniform());
  const targets = Float64Array.from({ length: rows }, (_, r) => {
    const logit = 8 * Math.sin(3 * inputs[8 * r + 1]) + 12 * inputs[8 * r + 6] - 11;
    return Number(random.uniform() < 1 / (1 + Math.exp(-logit)));
  });
  return { rows, nIn: 8, nOut: 1, inputs, targets };
}

Deno.test("prune() judges inputs of networks without hidden nodes by folds of all rows", async () => {
  const dataset = classes(300), loss = { kind: "crossEntropy" } as const;
  const options = { widths: [8, 1], firstLayer: "spline", knots: "uniform" } as const;
  const start = createNetwork({ ...options, intervals: 2 }, { seed: 1 });
  const { network } = await trainToEnd(start, dataset, {
    loss: { ...loss, weightDecay: 1e-3 },
    schedule: coarseSchedule(5),
  });
  const pruned = await prune(network, dataset, { loss: { ...loss, weightDecay: 1e-3 } });
  assertEquals([pruned.kept, pruned.judged], [[[1, 6], [0]], 300]);
  assert(pruned.after < 1.2 * pruned.before, `${pruned.before} ${pruned.after}`);
  const again = await prune(network, dataset, { loss: { ...loss, weightDecay: 1e-3 } });
  assertEquals(again.network.parameters, pruned.network.parameters);
  const three = await prune(network, dataset, { loss, keepInputs: 3 }); // decay chosen by folds
  assertEquals(three.kept[0].length, 3);
  assert([1, 6].every((input) => three.kept[0].includes(input)));
  const numbers = { ...dataset, targets: dataset.targets.map((_, r) => dataset.inputs[8 * r + 2]) };
  const { network: line } = await trainToEnd(start, numbers, { schedule: coarseSchedule(5) });
  assertEquals((await prune(line, numbers)).kept[0], [2]);
});

Deno.test("prune() keeps the penalties of the training", async () => {
  const { train: rows } = galleryDatasets(findProblem("exp-sine"), { rows: 400 });
  const start = createNetwork({ widths: [2, 4, 1], firstLayer: "spline" }, { seed: 1 });
  const sparsity = 0.01;
  const { network } = await trainToEnd(start, rows, { schedule: coarseSchedule(60), sparsity });
  const { network: small } = await prune(network, rows, { inputs: false, sparsity });
  assertEquals(small.config.widths, [2, 1, 1]);
});

Deno.test("prune() of classes and of an MLP", async () => {
  const random = createRandom(5, "classes");
  const inputs = Float64Array.from({ length: 1200 }, () => random.uniform());
  const targets = Float64Array.from({ length: 300 }, (_, r) => Number(inputs[4 * r + 2] > 0.4));
  const dataset = { rows: 300, nIn: 4, nOut: 1, inputs, targets };
  for (
    const options of [{ widths: [4, 3, 1] }, { widths: [4, 6, 1], activation: "relu" }] as const
  ) {
    const loss = { kind: "crossEntropy", weightDecay: 1e-3 } as const;
    const { network } = await trainToEnd(createNetwork(options, { seed: 1 }), dataset, {
      loss,
      schedule: coarseSchedule(10),
    });
    // classes that a column separates: losses near 0 say little, a half more is no harm
    const { kept } = await prune(network, dataset, { loss, tolerance: 0.5 });
    assertEquals(kept[0], [2], options.widths.join());
  }
});
