import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertLess,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { createNetwork, forward, type NetworkOptions } from "../../lib/model/mod.ts";
import { multilevelSchedule } from "../../lib/multilevel/mod.ts";
import { fit, type FitOptions, lbfgs, predict } from "../../lib/train/mod.ts";

/** Columns in units far apart, a kink, two targets. */
function rows(count: number) {
  const inputs = Array.from(
    { length: count },
    (_, i) => [1e6 + 1e3 * Math.sin(i), 1e-6 * Math.cos(3 * i)],
  );
  const targets = inputs.map(([x, y]) => {
    const u = (x - 1e6) / 1e3, v = y / 1e-6;
    return [5000 + 300 * Math.abs(u + v), 1e-3 * u * v];
  });
  return { inputs, targets };
}

Deno.test("fit() finds a kink in units far apart, and predict() answers in those units", async () => {
  const data = rows(300), { network, rmse, status, levels } = await fit(data);
  assert(["converged", "completed", "stalled"].includes(status));
  assert(levels.length >= 1);
  const outputs = predict(network, data.inputs);
  const errors = outputs.map((row, r) => row.map((y, q) => y - data.targets[r][q]));
  assertLess(Math.max(...errors.map(([e]) => Math.abs(e))), 3);
  assertLess(Math.max(...errors.map(([, e]) => Math.abs(e))), 1e-4);
  const square = errors.flat().reduce((sum, e) => sum + e * e, 0) / errors.flat().length;
  assertAlmostEquals(rmse, Math.sqrt(square), 1e-9);
});

Deno.test("fit() takes networks of every kind, and its scales are in their parameters", async () => {
  const data = rows(120);
  const flat = { values: data.inputs.flat(), shape: [120, 2] } as const;
  const kinds: Partial<NetworkOptions>[] = [
    { basis: "relu" },
    { bias: false },
    { firstLayer: "spline" },
    { normalisation: "batchnorm" },
    { knots: "uniform", base: "silu" },
    { activation: "relu", widths: [2, 6, 2] },
  ];
  for (const network of kinds) {
    const options: FitOptions = { network, schedule: multilevelSchedule([4]), starts: 1 };
    const plain = network.activation ? { network, starts: 1 } : options;
    const { network: found, rmse } = await fit({ ...data, inputs: flat }, plain);
    const outputs = forward(found, Float64Array.from(flat.values));
    const square = outputs.reduce((sum, y, i) => sum + (y - data.targets.flat()[i]) ** 2, 0);
    assertAlmostEquals(
      Math.sqrt(square / outputs.length),
      rmse,
      1e-9 * rmse,
      JSON.stringify(network),
    );
    assertLess(rmse, 200, JSON.stringify(network));
  }
});

Deno.test("fit() repeats for a seed, differs for another, hears events, takes weights", async () => {
  const data = rows(80), schedule = multilevelSchedule([3, 2]), optimizer = lbfgs();
  const epochs: number[] = [];
  const one = await fit(data, {
    ...{ schedule, optimizer, seed: 3 },
    onEvent: (event) => event.type === "epoch" && epochs.push(event.record.epoch),
  });
  assertEquals(epochs, [1, 2, 3, 4, 5]);
  assertEquals((await fit(data, { schedule, optimizer, seed: 3 })).network, one.network);
  const other = await fit(data, { schedule, optimizer, seed: 4 });
  assert(other.network.parameters.some((x, i) => x !== one.network.parameters[i]));
  const weights = data.inputs.map((_, r) => r < 40 ? 1 : 0);
  const half = await fit({ ...data, weights }, { schedule, optimizer, seed: 3 });
  assert(half.loss !== one.loss);
});

Deno.test("fit() of one number a row, and of a constant", async () => {
  const inputs = Array.from({ length: 50 }, (_, i) => i / 50);
  const line = await fit({ inputs, targets: inputs.map((x) => 2 * x + 1) });
  assertAlmostEquals(predict(line.network, [0.5])[0][0], 2, 1e-6);
  const flat = await fit({ inputs, targets: inputs.map(() => 7) });
  assertAlmostEquals(predict(flat.network, [0.25])[0][0], 7, 1e-6);
});

Deno.test("fit() and predict() say what is wrong with rows", async () => {
  const wrong: readonly (readonly [unknown, string])[] = [
    [{ inputs: [[1, 2], [3]], targets: [1, 2] }, "row 2 is [3] where the first has 2"],
    [{ inputs: [[1, 2], [3, NaN]], targets: [1, 2] }, "in row 2, column 2 is NaN"],
    [{ inputs: [[1, 2]], targets: [1, 2] }, "targets must be as many as inputs, 1"],
    [{ inputs: [], targets: [] }, "current value is empty"],
    [
      { inputs: { values: [1, 2, 3], shape: [2, 2] }, targets: [1, 2] },
      "shape must be [rows, columns]",
    ],
    [{ inputs: [1, 2], targets: [1, 2], weights: [1, -1] }, "weights must be finite numbers >= 0"],
  ];
  for (const [data, text] of wrong) {
    const error = await fit(data as never).then(() => undefined, (error) => error);
    assert(error?.message.includes(text), `${text}: ${error?.message}`);
  }
  await assertRejects(
    () => fit({ inputs: [1, 2], targets: [0, 1] }, { loss: { kind: "crossEntropy" } }),
    TypeError,
    "loss must be mse, huber or quantile",
  );
  const network = createNetwork({ widths: [2, 3, 1] });
  assertThrows(() => predict(network, [[1, 2, 3]]), TypeError, "rows of 2 numbers");
  assertThrows(() => predict({} as never, [[1, 2]]), TypeError, "network must be a network");
});
