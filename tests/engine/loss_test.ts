import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertLessOrEqual,
  assertRejects,
} from "@std/assert";
import { addWeightDecay } from "../../lib/engine/inner.ts";
import { cpuEngine, evaluateLoss, type Loss, referenceEngine } from "../../lib/engine/mod.ts";
import { createNetwork } from "../../lib/model/mod.ts";
import type { Dataset } from "../../lib/data/mod.ts";
import { fourthOrderDifference } from "../support/gradient_check.ts";
import { randomDataset } from "../support/networks.ts";

function dataset(nOut: number, targets: number[], weights?: number[]): Dataset {
  const rows = targets.length / nOut;
  return {
    rows,
    nIn: 1,
    nOut,
    inputs: new Float64Array(rows),
    targets: Float64Array.from(targets),
    ...(weights ? { weights: Float64Array.from(weights) } : {}),
  };
}

Deno.test("evaluateLoss() gives the mean squared error without a factor 1/2", () => {
  const y = Float64Array.of(1, 2, 3, 4);
  assertEquals(evaluateLoss({ kind: "mse" }, y, dataset(2, [0, 0, 0, 0])), 30 / 4);
  assertEquals(evaluateLoss({ kind: "mse" }, y, dataset(2, [0, 0, 0, 0], [1, 3])), (5 + 75) / 8);
});

Deno.test("evaluateLoss() gives the Huber loss on both sides of delta", () => {
  const loss: Loss = { kind: "huber", delta: 2 };
  const at = (y: number) => evaluateLoss(loss, Float64Array.of(y), dataset(1, [0]));
  assertEquals([0, 1, 2, 3, -3].map(at), [0, 0.5, 2, 4, 4]);
  const own = evaluateLoss({ kind: "huber" }, Float64Array.of(1), dataset(1, [0]));
  assertAlmostEquals(own, 0.1 * (1 - 0.05), 1e-16);
});

Deno.test("evaluateLoss() gives cross-entropies in nats, stable for large logits", () => {
  const loss: Loss = { kind: "crossEntropy" };
  const binary = (y: number, t: number) => evaluateLoss(loss, Float64Array.of(y), dataset(1, [t]));
  assertAlmostEquals(binary(0, 1), Math.LN2, 1e-16);
  assertAlmostEquals(binary(0.3, 1), -Math.log(1 / (1 + Math.exp(-0.3))), 1e-15);
  assertAlmostEquals(binary(0.3, 0), -Math.log(1 - 1 / (1 + Math.exp(-0.3))), 1e-15);
  assertEquals([binary(1e4, 0), binary(-1e4, 1), binary(1e4, 1)], [1e4, 1e4, 0]);
  assert(binary(40, 1) > 0, "log1p keeps small losses");
  const softmax = (y: number[], t: number[]) =>
    evaluateLoss(loss, Float64Array.from(y), dataset(3, t));
  assertAlmostEquals(softmax([1, 1, 1], [0, 1, 0]), Math.log(3), 1e-15);
  assertAlmostEquals(softmax([1, 2, 3], [1, 0, 0]), Math.log(1 + Math.E + Math.E ** 2), 1e-14);
  assertAlmostEquals(softmax([0.5, 0.5, -1e9], [0.5, 0.5, 0]), Math.LN2, 1e-15);
  assertAlmostEquals(softmax([1e4, 0, 0], [0, 1, 0]), 1e4, 1e-9);
});

Deno.test("evaluateLoss() differentiates by the outputs, with weights", () => {
  for (const nOut of [1, 3]) {
    for (const kind of ["mse", "huber", "crossEntropy"] as const) {
      for (const weighted of [false, true]) {
        const loss: Loss = kind === "huber" ? { kind, delta: 0.7 } : { kind };
        const targets = kind !== "crossEntropy" ? "normal" : nOut === 1 ? "binary" : "oneHot";
        const data = randomDataset({ rows: 6, nIn: 1, nOut, seed: 5, targets, weighted });
        const y = randomDataset({ rows: 6, nIn: nOut, nOut: 1, seed: 6, reach: 3 }).inputs;
        const gradient = new Float64Array(y.length).fill(NaN);
        const value = evaluateLoss(loss, y, data, gradient);
        assertEquals(value, evaluateLoss(loss, y, data));
        y.forEach((own, i) => {
          const difference = fourthOrderDifference(
            (x) => evaluateLoss(loss, y.with(i, x), data),
            own,
            1e-3,
          );
          // h = 1e-3: truncation h^4 f''''' / 30 and rounding u / h, both near 1e-13.
          assertLessOrEqual(
            Math.abs(gradient[i] - difference),
            1e-11,
            `${kind} ${nOut} ${weighted}`,
          );
        });
      }
    }
  }
});

Deno.test("evaluateLoss() takes a weight of 2 as a row that is there twice", () => {
  for (const kind of ["mse", "huber", "crossEntropy"] as const) {
    const twice = evaluateLoss({ kind }, Float64Array.of(0.2, -1, -1), dataset(1, [0, 1, 1]));
    const weighted = evaluateLoss({ kind }, Float64Array.of(0.2, -1), dataset(1, [0, 1], [1, 2]));
    assertAlmostEquals(twice, weighted, 1e-15);
    const without = evaluateLoss({ kind }, Float64Array.of(0.2, 9), dataset(1, [0, 1], [3, 0]));
    assertAlmostEquals(
      without,
      evaluateLoss({ kind }, Float64Array.of(0.2), dataset(1, [0])),
      1e-15,
    );
  }
});

Deno.test("addWeightDecay() gives half the square and adds to the gradient", () => {
  const gradient = Float64Array.of(1, 1);
  const loss: Loss = { kind: "mse", weightDecay: 0.5 };
  assertEquals(addWeightDecay(loss, Float64Array.of(2, -4), gradient), 5);
  assertEquals([...gradient], [2, -1]);
  assertEquals(addWeightDecay({ kind: "mse" }, Float64Array.of(2, -4), gradient), 0);
  assertEquals([...gradient], [2, -1]);
});

Deno.test("compile() refuses problems that do not fit, on every engine", async () => {
  const network = createNetwork({ widths: [2, 3, 1] }, { seed: 1 });
  const good = randomDataset({ rows: 4, nIn: 2, nOut: 1, seed: 1 });
  const mse: Loss = { kind: "mse" };
  const cases: [Partial<Dataset>, Loss, typeof TypeError | typeof RangeError, string][] = [
    [
      { rows: 0, inputs: new Float64Array(0), targets: new Float64Array(0) },
      mse,
      RangeError,
      "rows",
    ],
    [{ rows: 1.5 }, mse, RangeError, "1.5"],
    [{ nIn: 3, inputs: new Float64Array(12) }, mse, TypeError, "2 columns"],
    [{ nOut: 2, targets: new Float64Array(8) }, mse, TypeError, "1 columns"],
    [{ inputs: new Float64Array(7) }, mse, TypeError, "[4, 2]"],
    [{ targets: new Float64Array(3) }, mse, TypeError, "[4, 1]"],
    [{ inputs: good.inputs.with(5, NaN) }, mse, RangeError, "row 2, column 1"],
    [{ targets: good.targets.with(3, Infinity) }, mse, RangeError, "row 3"],
    [{ weights: new Float64Array(3) }, mse, TypeError, "weights"],
    [{ weights: Float64Array.of(1, -1, 1, 1) }, mse, RangeError, "-1 in row 1"],
    [{ weights: Float64Array.of(1, NaN, 1, 1) }, mse, RangeError, "NaN"],
    [{ weights: new Float64Array(4) }, mse, RangeError, "all zero"],
    [{}, { kind: "mse", weightDecay: -1 }, RangeError, "weightDecay"],
    [{}, { kind: "mse", weightDecay: NaN }, RangeError, "weightDecay"],
    [{}, { kind: "huber", delta: 0 }, RangeError, "delta"],
    [{}, { kind: "huber", delta: Infinity }, RangeError, "delta"],
    [
      { targets: Float64Array.of(0, 1, 2, 0) },
      { kind: "crossEntropy" },
      RangeError,
      "probabilities",
    ],
    [{}, { kind: "mae" } as unknown as Loss, RangeError, "kind"],
  ];
  for (const engine of [cpuEngine, referenceEngine]) {
    for (const [change, loss, type, shown] of cases) {
      const error = await assertRejects(
        async () => await engine.compile({ network, loss, dataset: { ...good, ...change } }),
        type,
        shown,
      );
      assert(error.message.startsWith("Cannot compile network: "), error.message);
    }
  }
});
