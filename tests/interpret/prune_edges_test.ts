import { assert, assertEquals, assertLessOrEqual, assertRejects, assertThrows } from "@std/assert";
import { datasetOf } from "../../lib/data/mod.ts";
import {
  edgeScores,
  inputGroups,
  keepEdges,
  keepNodes,
  networkFormula,
  prune,
  type PruneTrial,
  removeKnots,
} from "../../lib/interpret/mod.ts";
import { edgeFlow } from "../../lib/interpret/scores/edge_flow.ts";
import { edgesLeft } from "../../lib/interpret/prune/edges_left.ts";
import { numSplineEdges, stagesOf, stageValues } from "../../lib/model/inner.ts";
import {
  createRandom,
  forward,
  type Network,
  type NetworkOptions,
  resolveConfig,
  withStatistics,
} from "../../lib/model/mod.ts";
import { coarseSchedule } from "../../lib/multilevel/mod.ts";
import { networkDrawing } from "../../lib/report/mod.ts";
import { fit, gaussNewton, trainToEnd } from "../../lib/train/mod.ts";
import { randomEdges } from "../support/edge_masks.ts";
import { product, randomDataset, randomNetwork } from "../support/networks.ts";

const ROWS = 40;
const OPTIONS: NetworkOptions[] = product<Omit<NetworkOptions, "widths">>({
  firstLayer: ["linear", "spline"],
  basis: ["bspline", "relu"],
  base: ["none", "silu"],
  knots: ["free", "fixed"],
}).map((options) => ({ ...options, widths: [4, 3, 5, 2] }));

/** The outputs where missing edges send the means of what they send in the network itself. */
function withMeans(network: Network, smaller: Network, inputs: Float64Array): Float64Array {
  let x = inputs;
  const values = stageValues(network, inputs, ROWS);
  stagesOf(network.config).forEach((stage, k) => {
    const y = new Float64Array(ROWS * stage.nOut);
    if (stage.kind !== "linear" && stage.kind !== "spline") return;
    const rows = stage.kind === "spline" ? smaller.config.edges?.[stage.layer] : undefined;
    if (stage.kind === "linear" && stage.bias) {
      const { offset } = network.layout.find(({ name }) => name === "linear.bias")!;
      y.forEach((_, i) => y[i] += network.parameters[offset + i % stage.nOut]);
    }
    for (let p = 0; p < stage.nIn; p++) {
      const flow = edgeFlow(network, stage, x, p), before = edgeFlow(network, stage, values[k], p);
      for (let q = 0; q < stage.nOut; q++) {
        let mean = 0;
        for (let r = 0; r < ROWS; r++) mean += before[r * stage.nOut + q] / ROWS;
        for (let r = 0; r < ROWS; r++) {
          const i = r * stage.nOut + q;
          y[i] += rows?.[p][q] === "0" ? mean : flow[i];
        }
      }
    }
    x = y;
  });
  return x;
}

function assertClose(x: Float64Array, y: Float64Array, tolerance: number, words: string): void {
  const size = y.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  x.forEach((value, i) => assertLessOrEqual(Math.abs(value - y[i]), tolerance * size, words));
}

Deno.test(`keepEdges() leaves means in the place of edges, ${OPTIONS.length} kinds`, () => {
  for (const [seed, options] of OPTIONS.entries()) {
    const { inputs } = randomDataset({ rows: ROWS, nIn: 4, nOut: 1, seed });
    const network = withStatistics(randomNetwork(options, seed), inputs);
    const edges = randomEdges(options, 0.6, seed);
    const smaller = keepEdges(network, edges, inputs);
    const words = JSON.stringify(options);
    assert(smaller.parameters.length < network.parameters.length);
    assertClose(forward(smaller, inputs), withMeans(network, smaller, inputs), 1e-10, words);
    // again, from a network that has a mask
    const fewer = randomEdges(options, 0.4, seed + 1).map((rows, layer) =>
      rows!.map((row, p) =>
        [...row].map((each, q) => p === q || each === "1" ? edges[layer]![p][q] : "0").join("")
      )
    );
    try {
      resolveConfig({ ...network.config, edges: fewer });
    } catch {
      continue; // a node would have no edge
    }
    const least = keepEdges(smaller, fewer, inputs);
    assertEquals(numSplineEdges(least.config), fewer.flat().join("").replaceAll("0", "").length);
    assertClose(forward(least, inputs), withMeans(smaller, least, inputs), 1e-10, words);
  }
});

Deno.test("keepEdges() refuses what cannot be kept", () => {
  const network = randomNetwork({ widths: [2, 3, 2] }, 1), inputs = new Float64Array(20);
  for (
    const [edges, text] of [
      [[["11", "11"]], "3 words of 2 characters"],
      [[["11", "1x", "01"]], "3 words of 2 characters"],
      [[["11", "00", "01"]], "every input has an edge"],
      [[["10", "10", "10"]], "every output has an edge"],
      [[null, null], "each of the 1 spline layers"],
    ] as const
  ) assertThrows(() => keepEdges(network, edges, inputs), RangeError, text);
  assertEquals(keepEdges(network, [["11", "11", "11"]], inputs), network);
});

Deno.test("nodes go with their last edge, an output keeps a path", () => {
  const config = resolveConfig({
    widths: [2, 3, 2],
    firstLayer: "spline",
    edges: [["110", "011"], ["10", "01", "11"]],
  });
  // hidden node 1 has one edge to output 1
  const left = edgesLeft(config, [{ layer: 1, input: 1, output: 1 }], true)!;
  assertEquals(left.nodes, [[0, 1], [0, 2], [0, 1]]);
  assertEquals([left.edges, left.count], [[["10", "01"], ["10", "11"]], 5]);
  // without hidden nodes 1 and 2 the second input has no edge
  const gone = [{ layer: 1, input: 2, output: 0 }, { layer: 1, input: 2, output: 1 }];
  const more = edgesLeft(config, gone, true)!;
  assertEquals(more.nodes, [[0, 1], [0, 1], [0, 1]]);
  const last = [...gone, { layer: 0, input: 1, output: 1 }];
  assertEquals(edgesLeft(config, last, true)!.nodes, [[0], [0, 1], [0, 1]]);
  assertEquals(edgesLeft(config, last, false), undefined);
  assertEquals(edgesLeft(config, [...gone, { layer: 1, input: 1, output: 1 }], true), undefined);
});

/** Rows of two targets of which each needs two of four inputs. */
async function trained(): Promise<{ network: Network; dataset: ReturnType<typeof datasetOf> }> {
  const random = createRandom(6, "edges");
  const inputs = Array.from({ length: 400 }, () => [0, 1, 2, 3].map(() => random.uniform()));
  const targets = inputs.map((
    [a, b, c, d],
  ) => [Math.sin(4 * a) + b * b, Math.exp(c) + Math.cos(3 * d)]);
  const { network } = await fit({ inputs, targets }, {
    network: { widths: [4, 2], firstLayer: "spline", bias: false },
  });
  return { network, dataset: datasetOf({ inputs, targets }) };
}

Deno.test("prune() takes away the edges that do nothing, and no other", async () => {
  const { network, dataset } = await trained(), trials: PruneTrial[] = [];
  const options = { onTrial: (trial: PruneTrial) => trials.push(trial) };
  const pruned = await prune(network, dataset, options);
  assertEquals(pruned.network.config.widths, [4, 2]);
  assertEquals(pruned.network.config.edges, [["10", "10", "01", "01"]]);
  assert(pruned.after <= 1.01 * pruned.before + 1e-8, `${pruned.before} ${pruned.after}`);
  assertEquals(trials.filter(({ accepted }) => accepted), pruned.removed);
  assertEquals(pruned.removed.flatMap(({ edges }) => edges).length, 4);
  const again = await prune(network, dataset); // the same bits
  assertEquals(again.network.parameters, pruned.network.parameters);
  const none = await prune(network, dataset, { edges: false });
  assertEquals(none.network.config.edges, undefined);
  const counted = await prune(network, dataset, { keepEdges: 4 });
  assertEquals(counted.network.config.edges, [["10", "10", "01", "01"]]);
  const weak = await prune(network, dataset, { threshold: 0.005 });
  assertEquals(weak.network.config.edges, [["10", "10", "01", "01"]]);

  // a pruned network trains on
  const more = await trainToEnd(pruned.network, dataset, {
    ...{ optimizer: gaussNewton(), schedule: coarseSchedule(3) },
  });
  assertEquals(more.network.config.edges, pruned.network.config.edges);
  assert(more.loss <= 1.001 * pruned.after, `${more.loss} ${pruned.after}`);
});

Deno.test("prune() goes to as many edges as are wanted, and refuses fewer with the scores", async () => {
  const { network, dataset } = await trained();
  const two = await prune(network, dataset, { keepEdges: 2 });
  assertEquals([numSplineEdges(two.network.config), two.network.config.widths[1]], [2, 2]);
  assertEquals(two.kept[0].length, two.network.config.widths[0]);
  const stays = { keepEdges: 3, inputs: false };
  await assertRejects(() => prune(network, dataset, stays), RangeError, "scores of the edges");
  for (const keepEdges of [1, 9, 2.5]) {
    await assertRejects(
      () => prune(network, dataset, { keepEdges }),
      RangeError,
      "keepEdges must be an integer from 2 (an edge to every output) to 8",
    );
  }
});

Deno.test("scores, groups, formulas, knots and drawings respect masks", () => {
  const { inputs } = randomDataset({ rows: 300, nIn: 4, nOut: 1, seed: 9 });
  const start = randomNetwork({ widths: [4, 2], firstLayer: "spline", base: "silu" }, 9);
  const edges = [["10", "10", "01", "01"]];
  const network = keepEdges(withStatistics(start, inputs), edges, inputs);
  const { layers: [layer] } = edgeScores(network, inputs);
  assertEquals(layer.edges.map(({ magnitude }) => Number(magnitude > 0)).join(""), "10100101");
  assertEquals(inputGroups(network, 1), [[2], [3]]);
  const drawing = networkDrawing(network, inputs);
  assertEquals([drawing.layers[0].edges.length, drawing.layers[0].missing], [4, 4]);
  const names = ["a", "b", "c", "d"].map((name) => ({ kind: "variable" as const, name }));
  const formula = networkFormula(network, names, 1);
  assertEquals(JSON.stringify(formula).includes('"edge":[0,0,'), false);
  const fewer = removeKnots(network, inputs, { tolerance: 1e-3 });
  assertEquals([fewer.network.config.edges, fewer.edges.length], [network.config.edges, 4]);
  assertLessOrEqual(fewer.change.rms, 1e-2);
  const columns = [[0, 2, 3], [0, 1]];
  assertEquals(keepNodes(network, columns, inputs).config.edges, [["10", "01", "01"]]);
});
