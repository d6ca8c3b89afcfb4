import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { certify } from "../../lib/certify/mod.ts";
import { elevateDegree, reluOutputs, splinesToRelu } from "../../lib/convert/mod.ts";
import { cpuEngine, referenceEngine } from "../../lib/engine/mod.ts";
import { evaluateProgram, networkProgram } from "../../lib/export/mod.ts";
import { addMissingEdges, parameterPlaces } from "../../lib/model/inner.ts";
import {
  createRandom,
  edgeNorms,
  forward,
  type NetworkOptions,
  withStatistics,
} from "../../lib/model/mod.ts";
import { maskedPair } from "../support/edge_masks.ts";
import { randomNetwork } from "../support/networks.ts";

const ROWS = 60;
const inputs = Float64Array.from({ length: 3 * ROWS }, () => 0);
const random = createRandom(1, "masks everywhere");
for (let i = 0; i < inputs.length; i++) inputs[i] = 2 * random.uniform() - 1;

function masked(options: Partial<NetworkOptions>, seed: number) {
  const all = randomNetwork({ widths: [3, 6, 5, 2], intervals: 3, ...options }, seed);
  return withStatistics(maskedPair(all, 0.4, seed).masked, inputs);
}

Deno.test("every room takes a network with a mask for the one with all edges", () => {
  for (const basis of ["bspline", "relu"] as const) {
    for (const base of ["none", "silu"] as const) {
      const network = masked({ basis, base }, 3);
      assert(network.config.edges !== undefined);
      const outputs = forward(network, inputs);
      const all = addMissingEdges(network);
      assertEquals(forward(all, inputs), outputs);
      assertEquals(edgeNorms(network, inputs), edgeNorms(all, inputs));
      const program = networkProgram(network);
      for (let r = 0; r < ROWS; r++) {
        const found = evaluateProgram(program, inputs.subarray(3 * r, 3 * r + 3));
        for (let q = 0; q < 2; q++) assertAlmostEquals(found[q], outputs[2 * r + q], 1e-12);
      }
      const { outputs: proven } = certify(network, {
        box: [[-1, 1], [-1, 1], [-1, 1]],
        boxes: 100,
      });
      for (let q = 0; q < 2; q++) {
        const { lower: low, upper: high } = proven[q].value;
        for (let r = 0; r < ROWS; r++) {
          assert(low <= outputs[2 * r + q] && outputs[2 * r + q] <= high);
        }
      }
    }
  }
});

Deno.test("networks with masks become ReLU networks and splines of a higher degree", () => {
  const network = masked({ degree: 1, knots: "free" }, 5);
  const outputs = forward(network, inputs);
  const relu = reluOutputs(splinesToRelu(network), inputs);
  const cubic = elevateDegree(network, 3), elevated = forward(cubic, inputs);
  assertEquals(cubic.config.edges, network.config.edges);
  outputs.forEach((y, i) => {
    assertAlmostEquals(relu[i], y, 1e-11);
    assertAlmostEquals(elevated[i], y, 1e-11);
  });
});

Deno.test("penalties on edges do not see missing ones, and add no curvature for them", async () => {
  const targets = Float64Array.from({ length: 2 * ROWS }, () => random.normal());
  const dataset = { inputs, targets, rows: ROWS, nIn: 3, nOut: 2 };
  const penalty = { l1: 0.3, entropy: 0.2 }, loss = { kind: "mse" } as const;
  for (const base of ["none", "silu"] as const) {
    for (const knots of ["free", "uniform"] as const) {
      const network = masked({ base, knots }, 7), n = network.parameters.length;
      const [cpu, reference] = await Promise.all(
        [cpuEngine, referenceEngine].map(async (engine) => {
          const evaluator = await engine.compile({ network, loss, dataset, penalty });
          const gradient = new Float64Array(n), matrix = new Float64Array(n * n);
          const { objective } = await evaluator.evaluate(network.parameters, gradient);
          evaluator.penalty!.round(0.01);
          await evaluator.curvature!.matrix!(network.parameters, matrix, new Float64Array(n));
          evaluator.dispose();
          return { objective, gradient, matrix };
        }),
      );
      assertAlmostEquals(cpu.objective, reference.objective, 1e-12);
      cpu.gradient.forEach((x, i) => assertAlmostEquals(x, reference.gradient[i], 1e-10));
      for (let i = 0; i < n; i++) {
        for (let j = 0; j <= i; j++) {
          assertAlmostEquals(cpu.matrix[i * n + j], reference.matrix[i * n + j], 1e-8);
        }
      }
      assertEquals(parameterPlaces(network.config).length, n);
    }
  }
});
