import { assert, assertEquals, assertThrows } from "@std/assert";
import { removeKnots } from "../../lib/interpret/mod.ts";
import { layerInputs, normalisationMap, splineStages } from "../../lib/model/inner.ts";
import {
  createNetwork,
  evaluateEdge,
  forward,
  type NetworkOptions,
  withStatistics,
} from "../../lib/model/mod.ts";
import { prolong } from "../../lib/multilevel/mod.ts";
import { randomDataset, randomNetwork } from "../support/networks.ts";

const ROWS = 300;

const CASES: NetworkOptions[] = [
  { widths: [3, 4, 2], intervals: 12 },
  { widths: [2, 3, 1], firstLayer: "spline", intervals: 10, knots: "uniform", base: "silu" },
  { widths: [2, 3, 2], intervals: 8, knotSharing: "layer", degree: 2 },
  { widths: [2, 3, 1], intervals: 8, knots: "fixed", degree: 1 },
  { widths: [2, 3, 1], intervals: 6, basis: "relu" },
];

for (const options of CASES) {
  Deno.test(`removeKnots() keeps every edge within its tolerance: ${JSON.stringify(options)}`, () => {
    const { inputs } = randomDataset({ rows: ROWS, nIn: options.widths[0], nOut: 1, seed: 2 });
    const network = withStatistics(randomNetwork(options, 5), inputs);
    const { network: coarse, intervals, edges, vectors, change } = removeKnots(network, inputs, {
      tolerance: 0.05,
      maximum: 0.5,
    });
    assertEquals(coarse.config.intervals, intervals.after);
    assert(intervals.after <= intervals.before);
    assertEquals(Math.max(...vectors.map(({ needed }) => needed)), intervals.after);
    const layers = layerInputs(network, inputs, ROWS), stages = splineStages(network.config);
    for (const { layer, input, output, error, bound, allowed, needed } of edges) {
      assert(error <= allowed && needed! <= intervals.after);
      const map = normalisationMap(network, layer, input), { nIn } = stages[layer];
      const off = (u: number) =>
        evaluateEdge(coarse, layer, input, output, u) -
        evaluateEdge(network, layer, input, output, u);
      let square = 0;
      for (let r = 0; r < ROWS; r++) {
        const u = map.toDomain(layers[layer][r * nIn + input]);
        square += off(Math.min(1, Math.max(-1, u))) ** 2 / ROWS;
      }
      // the even measure has a millionth of the weight
      assert(Math.abs(Math.sqrt(square) - error) <= 2e-3 * error + 2e-3 * bound + 1e-12);
      for (let k = 0; k <= 400; k++) assert(Math.abs(off(k / 200 - 1)) <= bound * 1.0001 + 1e-12);
    }
    const moved = forward(coarse, inputs).map((value, i) => value - forward(network, inputs)[i]);
    assertEquals(change.largest, moved.reduce((most, value) => Math.max(most, Math.abs(value)), 0));
  });
}

Deno.test("removeKnots() finds the knots that refinement has put in", () => {
  const { inputs } = randomDataset({ rows: ROWS, nIn: 2, nOut: 1, seed: 2 });
  const start = withStatistics(randomNetwork({ widths: [2, 3, 1], intervals: 5 }, 5), inputs);
  const { intervals, change } = removeKnots(prolong(prolong(start)), inputs, { tolerance: 1e-8 });
  assertEquals(intervals, { before: 20, after: 5 });
  assert(change.largest < 1e-7);
});

Deno.test("removeKnots() stands coincident knots", () => {
  const { inputs } = randomDataset({ rows: ROWS, nIn: 2, nOut: 1, seed: 2 });
  for (const kind of ["crowded", "extreme"] as const) {
    const network = withStatistics(randomNetwork({ widths: [2, 3, 1] }, 5, kind), inputs);
    const found = removeKnots(network, inputs, { tolerance: 0.1 });
    assert(found.network.parameters.every(Number.isFinite));
  }
});

Deno.test("removeKnots() refuses what it cannot do", () => {
  const inputs = new Float64Array(4);
  const network = createNetwork({ widths: [2, 3, 1] });
  assertThrows(() => removeKnots(network, inputs, { tolerance: 0 }), RangeError, "tolerance");
  const mlp = createNetwork({ widths: [2, 3, 1], activation: "tanh" });
  assertThrows(() => removeKnots(mlp, inputs), TypeError, "must have splines");
});
