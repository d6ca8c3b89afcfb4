import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { edgeScores, inputGroups } from "../../lib/interpret/mod.ts";
import { blockValues, normalisationMap } from "../../lib/model/inner.ts";
import {
  createNetwork,
  evaluateEdge,
  forward,
  type Network,
  type NetworkOptions,
  withStatistics,
} from "../../lib/model/mod.ts";
import { randomDataset, randomNetwork } from "../support/networks.ts";

const CASES: NetworkOptions[] = [
  { widths: [3, 4, 2] },
  { widths: [3, 4, 3, 2], bias: false, knots: "uniform" },
  { widths: [3, 2, 1], firstLayer: "spline", base: "silu" },
  { widths: [3, 4, 1], basis: "relu", degree: 2 },
  { widths: [2, 3, 1], normalisation: "batchnorm", extrapolation: "clamp" },
  { widths: [3, 6, 5, 2], activation: "tanh" },
  { widths: [3, 6, 1], activation: "relu" },
];

function prepared(options: NetworkOptions): { network: Network; inputs: Float64Array } {
  const { inputs } = randomDataset({ rows: 60, nIn: options.widths[0], nOut: 1, seed: 2 });
  return { network: withStatistics(randomNetwork(options, 5), inputs), inputs };
}

function moments(values: readonly number[]) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, deviation: Math.sqrt(square) };
}

for (const options of CASES) {
  Deno.test(`shares of every layer sum to 1: ${JSON.stringify(options)}`, () => {
    const { network, inputs } = prepared(options), { widths } = network.config;
    const nOut = widths[widths.length - 1];
    for (const output of [undefined, ...Array.from({ length: nOut }, (_, q) => q)]) {
      const { layers, nodes, rows } = edgeScores(network, inputs, { output });
      assertEquals([rows, layers.length, nodes.length], [60, widths.length - 1, widths.length]);
      layers.forEach(({ edges, nIn }, k) => {
        assertAlmostEquals(edges.reduce((sum, { share }) => sum + share, 0), 1, 1e-9);
        assertAlmostEquals(nodes[k].reduce((sum, { share }) => sum + share, 0), 1, 1e-9);
        assertEquals(nodes[k].length, nIn);
        assert(edges.every(({ attribution }) => attribution >= 0));
      });
    }
  });
}

Deno.test("scores of an additive network are those of its edges, one by one", () => {
  const options = { widths: [3, 2], firstLayer: "spline", base: "silu" } as const;
  const { network, inputs } = prepared(options);
  const outputs = forward(network, inputs);
  const { layers: [{ edges }], nodes } = edgeScores(network, inputs, { output: 1 });
  const y = moments(Array.from({ length: 60 }, (_, r) => outputs[2 * r + 1]));
  for (let p = 0; p < 3; p++) {
    const map = normalisationMap(network, 0, p);
    const flow = Array.from(
      { length: 60 },
      (_, r) => evaluateEdge(network, 0, p, 1, map.toDomain(inputs[3 * r + p])),
    );
    const { mean, deviation } = moments(flow), edge = edges[2 * p + 1];
    const covariance = flow.reduce(
      (sum, value, r) => sum + (value - mean) * (outputs[2 * r + 1] - y.mean) / 60,
      0,
    );
    assertAlmostEquals(edge.deviation, deviation, 1e-13);
    assertAlmostEquals(edge.magnitude, moments(flow.map(Math.abs)).mean, 1e-13);
    assertAlmostEquals(edge.attribution, deviation / y.deviation, 1e-12);
    assertAlmostEquals(edge.share, covariance / y.deviation ** 2, 1e-12);
    assertAlmostEquals(nodes[0][p].share, edge.share, 1e-15);
  }
});

Deno.test("attribution goes back through layers as pykan's does", () => {
  const { network, inputs } = prepared({ widths: [2, 3, 2, 1], firstLayer: "spline" });
  const { layers, nodes } = edgeScores(network, inputs);
  let above = [1];
  for (let k = layers.length - 1; k >= 0; k--) {
    const { edges, nIn, nOut } = layers[k];
    const below = new Array<number>(nIn).fill(0);
    for (const { input, output, deviation } of edges) {
      const score = above[output] * deviation / nodes[k + 1][output].deviation;
      assertAlmostEquals(edges[input * nOut + output].attribution, score, 1e-12 * (1 + score));
      below[input] += score;
    }
    above = below;
  }
  nodes[0].forEach(({ attribution }, p) => assertAlmostEquals(attribution, above[p], 1e-10));
});

Deno.test("edgeScores() refuses what is not there", () => {
  const network = createNetwork({ widths: [2, 3, 1] });
  assertThrows(() => edgeScores(network, new Float64Array(3)), TypeError, "rows of 2 numbers");
  assertThrows(
    () => edgeScores(network, new Float64Array(4), { output: 1 }),
    RangeError,
    "output must be an integer from 0 to 0",
  );
  // a constant output has no variance to share
  const flat = { ...network, parameters: new Float64Array(network.parameters.length) };
  const { nodes } = edgeScores(flat, new Float64Array([0, 1, 1, 0]));
  assertEquals(nodes[0].map(({ attribution, share }) => [attribution, share]), [[0, 0], [0, 0]]);
});

Deno.test("inputGroups() reads from the parameters which inputs meet", () => {
  const network = createNetwork({ widths: [4, 2, 1] }, { seed: 3 });
  const weights = blockValues(network, "linear.weights"); // [4, 2]
  weights.fill(0);
  weights[0 * 2 + 0] = 1;
  weights[2 * 2 + 0] = -1;
  weights[3 * 2 + 1] = 2;
  assertEquals(inputGroups(network), [[0, 2], [3]]);
  blockValues(network, "spline0.coefficients").fill(0.5, 0, 8); // the first node sends a constant
  assertEquals(inputGroups(network), [[3]]);
  assertThrows(() => inputGroups(network, 1), RangeError, "output");
  assertEquals(inputGroups(createNetwork({ widths: [2, 3, 1], firstLayer: "spline" })), [[0, 1]]);
  const other = createNetwork({ widths: [4, 1], firstLayer: "spline" });
  assertEquals(inputGroups([network, other]), [[0], [1], [2], [3]]);
});
