import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { removeKnots } from "../../lib/interpret/mod.ts";
import { keepNodes } from "../../lib/interpret/prune/keep_nodes.ts";
import { edgeGrid, splineStages } from "../../lib/model/inner.ts";
import {
  countMoving,
  createNetwork,
  decodeModel,
  encodeModel,
  evaluateEdge,
  forward,
  type Network,
  type NetworkOptions,
  withStatistics,
} from "../../lib/model/mod.ts";
import { coarseSchedule, prolong } from "../../lib/multilevel/mod.ts";
import { createGridMap } from "../../lib/train/constraints/edge_grids.ts";
import { constrained } from "../../lib/train/constraints/constrained.ts";
import { createCpuEngine, referenceEngine } from "../../lib/engine/mod.ts";
import { adam, gaussNewton, lbfgs, trainToEnd } from "../../lib/train/mod.ts";
import { randomDataset, randomNetwork } from "../support/networks.ts";

const ROWS = 300;

const CASES: NetworkOptions[] = [
  { widths: [3, 4, 2], intervals: 8 },
  { widths: [2, 3, 1], firstLayer: "spline", intervals: 8, knots: "uniform", base: "silu" },
  { widths: [2, 3, 2], intervals: 8, knotSharing: "layer", degree: 2 },
  { widths: [3, 3, 2], intervals: 8, edges: [["11", "01", "10"]] },
];

function sample(options: NetworkOptions) {
  const { widths } = options;
  const data = randomDataset({ rows: ROWS, nIn: widths[0], nOut: widths.at(-1)!, seed: 2 });
  return { data, network: withStatistics(randomNetwork(options, 5), data.inputs) };
}

/** A network whose edges have grids of their own. */
function gridded(options: NetworkOptions) {
  const { data, network } = sample(options);
  const removed = removeKnots(network, data.inputs, {
    ...{ tolerance: 0.1, maximum: 0.6, grids: "edge" },
  });
  return { data, fine: network, ...removed };
}

for (const options of CASES) {
  const name = JSON.stringify(options);
  Deno.test(`removeKnots() gives edges grids of their own within the tolerances: ${name}`, () => {
    const { fine, network, edges } = gridded(options), stages = splineStages(network.config);
    let coefficients = 0;
    for (const { layer, input, output, error, bound, allowed, needed } of edges) {
      const grid = edgeGrid(network, stages[layer], input, output);
      assertEquals(grid.values.length - 2 * grid.degree - 1, needed);
      coefficients += needed! + grid.degree;
      assert(error <= allowed && bound <= 6.0001 * allowed);
      for (let k = 0; k <= 400; k++) {
        const [a, b] = [fine, network].map((net) =>
          evaluateEdge(net, layer, input, output, k / 200 - 1)
        );
        assert(Math.abs(a - b) <= bound * 1.0001 + 1e-12);
      }
    }
    const others = network.layout.filter((block) => !block.name.endsWith("coefficients"));
    const moving = others.reduce((sum, { size }) => sum + size, coefficients);
    assertEquals(countMoving(network), moving);
    assert(moving < network.parameters.length);
  });

  Deno.test(`coefficients on grids of edges come back from those on the knots: ${name}`, () => {
    const { network } = gridded(options), map = createGridMap(network)!;
    const free = map.encode(network.parameters);
    assertEquals(free.length, countMoving(network));
    const { parameters } = map.at(free);
    parameters.forEach((value, i) => assertAlmostEquals(value, network.parameters[i], 1e-10));
  });

  for (const engine of [createCpuEngine(), referenceEngine]) {
    Deno.test(`gradients by coefficients on grids of edges, ${engine.name}: ${name}`, async () => {
      const { network, data: dataset } = gridded(options), map = createGridMap(network)!;
      const compiled = await engine.compile({ network, loss: { kind: "mse" }, dataset });
      const evaluator = constrained(compiled, map), free = map.encode(network.parameters);
      const gradient = new Float64Array(free.length), unread = new Float64Array(free.length);
      await evaluator.evaluate(free, gradient);
      for (let i = 0; i < free.length; i += 5) {
        const [up, down] = await Promise.all([1e-5, -1e-5].map(async (h) => {
          const moved = free.slice();
          moved[i] += h;
          return (await evaluator.evaluate(moved, unread)).objective;
        }));
        assertAlmostEquals((up - down) / 2e-5, gradient[i], 1e-6 * (1 + Math.abs(gradient[i])));
      }
      const { curvature } = evaluator;
      if (curvature?.matrix) {
        const n = free.length, matrix = new Float64Array(n * n), bars = new Float64Array(n);
        await curvature.matrix(free, matrix, bars);
        bars.forEach((bar, i) => assertAlmostEquals(bar, gradient[i], 1e-9));
        const vector = Float64Array.from({ length: n }, (_, i) => Math.sin(i));
        const product = new Float64Array(n);
        await curvature.product(free, vector, product);
        for (let i = 0; i < n; i++) {
          const along = vector.reduce((sum, v, j) => sum + matrix[i * n + j] * v, 0);
          assertAlmostEquals(along, product[i], 1e-8 * (1 + Math.abs(along)));
        }
      }
      evaluator.dispose();
    });
  }
}

/** Fewest intervals of every edge. */
function needs(network: Network, inputs: Float64Array) {
  const { edges } = removeKnots(network, inputs, { tolerance: 1e-9, grids: "edge" });
  return edges.map(({ needed }) => needed!);
}

for (const optimizer of [gaussNewton(), lbfgs(), adam()]) {
  Deno.test(`training stays on the grids of edges: ${optimizer.name}`, async () => {
    const { network, data, edges } = gridded(CASES[0]);
    const schedule = coarseSchedule(5);
    const { network: trained, status } = await trainToEnd(network, data, { schedule, optimizer });
    assert(status !== "diverged");
    assertEquals(trained.edgeGrids, network.edgeGrids);
    needs(trained, data.inputs).forEach((needed, i) => assert(needed <= edges[i].needed!));
    assert(trained.parameters.some((value, i) => value !== network.parameters[i]));
  });
}

Deno.test("grids of edges go into the file and come back", () => {
  const { network, data } = gridded(CASES[3]);
  const copy = decodeModel(encodeModel(network)).network;
  assertEquals(copy, network);
  const wrong = { ...network, edgeGrids: [network.edgeGrids![0].slice(1)] };
  assertThrows(() => decodeModel(encodeModel(wrong)), Error, "grids of edges must be words of");
  assertEquals(prolong(network).edgeGrids, undefined);
  const smaller = keepNodes(gridded(CASES[0]).network, [[0, 2], [1, 3], [0, 1]], data.inputs);
  assertEquals(smaller.edgeGrids![0].length, 4);
  assertEquals(decodeModel(encodeModel(smaller)).network, smaller);
  assert(forward(smaller, Float64Array.of(0.1, 0.2)).every(Number.isFinite));
});

Deno.test("grids of edges refuse constraints, and options say what they are", async () => {
  const { network, data } = gridded({ widths: [2, 2, 1], intervals: 8 });
  await assertRejects(
    () =>
      trainToEnd(network, data, { schedule: coarseSchedule(1), constraints: { monotone: [1, 0] } }),
    RangeError,
    "constraints must be left out for a network whose edges have their own grids",
  );
  const plain = createNetwork({ widths: [2, 2, 1] }, { seed: 1 });
  assertThrows(
    () => removeKnots(plain, data.inputs, { grids: "all" as "edge" }),
    RangeError,
    'grids must be node or edge, current value is "all"',
  );
});
