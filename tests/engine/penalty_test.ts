import { assert, assertAlmostEquals, assertEquals, assertLessOrEqual } from "@std/assert";
import { type Engine, referenceEngine } from "../../lib/engine/mod.ts";
import type { EdgePenalty } from "../../lib/engine/penalty.ts";
import { blockValues, splineStages } from "../../lib/model/inner.ts";
import type { Network, NetworkOptions } from "../../lib/model/mod.ts";
import type { Dataset } from "../../lib/data/mod.ts";
import { compareGradient } from "../support/gradient_check.ts";
import { product, randomDataset, randomNetwork } from "../support/networks.ts";

const PENALTY: EdgePenalty = { l1: 0.3, entropy: 0.2 };
const MSE = { kind: "mse" } as const;

async function gradientCase(engine: Engine, options: NetworkOptions, i: number): Promise<number> {
  const network = randomNetwork(options, i);
  const { widths } = options, nIn = widths[0], nOut = widths[widths.length - 1];
  const dataset = randomDataset({
    ...{ rows: 13, nIn, nOut, seed: i, weighted: i % 3 === 0 },
    reach: options.normalisation === "none" ? 0.9 : 1.3,
  });
  const penalty: EdgePenalty = { ...PENALTY, units: i % 2 ? "raw" : "node" };
  const evaluator = await engine.compile({ network, loss: MSE, dataset, penalty });
  evaluator.penalty!.round(0.05);
  const { compared } = await compareGradient(network, MSE, dataset, evaluator);
  for (const { block, index, gradient, difference, error } of compared) {
    assertLessOrEqual(
      error,
      1e-6,
      `${block} (${index}): ${gradient}, difference ${difference}, ${JSON.stringify(options)}`,
    );
  }
  evaluator.dispose();
  return compared.length;
}

Deno.test("gradients of rounded penalties equal central differences", async () => {
  let compared = 0;
  const table = product<NetworkOptions>({
    widths: [[2, 3, 2], [2, 2, 2, 1]],
    basis: ["bspline", "relu"],
    knots: ["uniform", "free"],
    firstLayer: ["linear", "spline"],
    normalisation: ["minmax", "batchnorm", "none"],
    degree: [1, 3, 4],
    base: ["none", "silu"],
  });
  for (const [i, options] of table.entries()) {
    compared += await gradientCase(referenceEngine, { ...options, intervals: 2 + i % 3 }, i);
  }
  assert(compared > 1000);
});
