import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { createCpuEngine, type Loss, referenceEngine } from "../../lib/engine/mod.ts";
import type { NetworkOptions } from "../../lib/model/mod.ts";
import { amplification } from "../support/gradient_check.ts";
import { product, randomDataset, randomNetwork } from "../support/networks.ts";

const U = 2 ** -24;

const LOSSES: readonly Loss[] = [{ kind: "mse" }, { kind: "huber" }, { kind: "crossEntropy" }];
const WIDTHS = [[2, 3, 2], [2, 3, 1], [2, 9, 8]];

const TABLE = product<NetworkOptions>({
  widths: [[2, 3, 2]],
  intervals: [4],
  basis: ["bspline", "relu"],
  knots: ["uniform", "free"],
  degree: [1, 2, 3, 4, 7, 9],
  firstLayer: ["linear", "spline"],
  normalisation: ["minmax", "batchnorm", "none"],
  base: ["none", "silu"],
  extrapolation: ["linear", "clamp"],
  // float32 has no digits left of powers above the fifth
}).filter(({ basis, degree = 3 }) => basis === "bspline" || degree <= 5);

Deno.test("createCpuEngine() agrees with the reference in float32, all options", async () => {
  const engine = createCpuEngine({ dtype: "float32", threads: 1 });
  assertEquals(engine.dtype, "float32");
  for (const [i, each] of TABLE.entries()) {
    const loss = LOSSES[i % LOSSES.length];
    const widths = WIDTHS[i % 7 % WIDTHS.length], nOut = widths[2];
    const exact = randomNetwork({ ...each, widths }, i);
    const network = { ...exact, parameters: exact.parameters.map(Math.fround) };
    const targets = loss.kind !== "crossEntropy" ? "normal" : nOut === 1 ? "binary" : "oneHot";
    const given = randomDataset({ rows: 40, nIn: 2, nOut, seed: i, reach: 1.3, targets });
    const dataset = {
      ...given,
      inputs: given.inputs.map(Math.fround),
      targets: given.targets.map(Math.fround),
    };
    const fast = await engine.compile({ network, loss, dataset });
    const plain = await referenceEngine.compile({ network, loss, dataset });
    const g = new Float64Array(network.parameters.length), h = g.slice();
    const f = (await fast.evaluate(network.parameters, g)).objective;
    const e = (await plain.evaluate(network.parameters, h)).objective;
    const scale = h.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    const error = g.reduce((most, x, k) => Math.max(most, Math.abs(x - h[k])), 0);
    // ReLU powers: 16 u of the terms that are summed, relative to their sum. A linear map before
    // min-max: most of its gradient cancels (min-max undoes scale and shift), its rounding stays.
    const cancels = each.firstLayer === "linear" && each.normalisation === "minmax";
    const tolerance = Math.max(cancels ? 4e-5 : 1e-5, 16 * U * amplification(network));
    const words = JSON.stringify([{ ...each, widths }, loss]);
    assert(Number.isFinite(f), words);
    assertLessOrEqual(Math.abs(f - e), tolerance * Math.abs(e), `value, ${words}`);
    assertLessOrEqual(error, tolerance * scale, `gradient, ${words}`);
    fast.dispose();
    plain.dispose();
  }
});

Deno.test("float32 sums over many rows stay exact to float32", async () => {
  const network = randomNetwork({ widths: [2, 5, 1], intervals: 2 }, 5);
  const dataset = randomDataset({ rows: 60_000, nIn: 2, nOut: 1, seed: 5 });
  const gradients: Float64Array[] = [];
  for (const dtype of ["float32", "float64"] as const) {
    const engine = createCpuEngine({ dtype, threads: 1 });
    const evaluator = await engine.compile({ network, loss: { kind: "mse" }, dataset });
    const g = new Float64Array(network.parameters.length);
    await evaluator.evaluate(network.parameters, g);
    gradients.push(g);
    evaluator.dispose();
  }
  const [g, h] = gradients;
  const scale = h.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  g.forEach((x, k) => assertLessOrEqual(Math.abs(x - h[k]), 1e-5 * scale));
});
