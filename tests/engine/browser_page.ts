/**
 * What Chromium runs in browser_test.ts: the CPU engine beside the reference, and a predictor.
 *
 * @module
 */

import { compilePredictor, createCpuEngine, referenceEngine } from "../../lib/engine/mod.ts";
import { rowModule } from "../../lib/engine/cpu/predictor/row_kernel.ts";
import { forward } from "../../lib/model/mod.ts";
import { randomDataset, randomNetwork } from "../support/networks.ts";

/** Largest difference of value and gradient, relative to the largest. */
async function difference(dtype: "float64" | "float32"): Promise<number> {
  const network = randomNetwork({ widths: [2, 9, 8, 1], base: "silu" }, 4);
  const dataset = randomDataset({ rows: 3000, nIn: 2, nOut: 1, seed: 4 });
  const results: [number, Float64Array][] = [];
  for (const engine of [createCpuEngine({ dtype }), referenceEngine]) {
    const evaluator = await engine.compile({ network, loss: { kind: "mse" }, dataset });
    const gradient = new Float64Array(network.parameters.length);
    results.push([(await evaluator.evaluate(network.parameters, gradient)).objective, gradient]);
    evaluator.dispose();
  }
  const [[f, g], [e, h]] = results;
  const scale = h.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const error = g.reduce((most, x, i) => Math.max(most, Math.abs(x - h[i])), 0);
  return Math.max(Math.abs(f - e) / e, error / scale);
}

/** Largest difference of a predictor, which is made on the page's main thread, to `forward`. */
function predictorDifference(): number {
  const network = randomNetwork({ widths: [2, 9, 8, 1], base: "silu" }, 4);
  const { inputs } = randomDataset({ rows: 100, nIn: 2, nOut: 1, seed: 5 });
  const outputs = forward(network, inputs);
  const found = compilePredictor(network).predictRows(inputs);
  return found.reduce((most, y, i) => Math.max(most, Math.abs(y - outputs[i])), 0);
}

/** What the page found. */
export interface BrowserFindings {
  readonly kernel: boolean;
  readonly predictor: number;
  readonly float64: number;
  readonly float32: number;
}

const page = globalThis as unknown as { findings?: BrowserFindings; failure?: string };
try {
  page.findings = {
    kernel: rowModule() !== undefined,
    predictor: predictorDifference(),
    float64: await difference("float64"),
    float32: await difference("float32"),
  };
} catch (error) {
  page.failure = String(error);
}
