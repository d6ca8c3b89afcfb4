import { assert, assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import { fitAdditive } from "../../lib/additive/mod.ts";
import { createRandom, forward } from "../../lib/model/mod.ts";

/** Two columns and a weak line of both; the second has two values. */
function table(rows: number) {
  const random = createRandom(8, "free"), inputs = new Float64Array(2 * rows);
  const targets = new Float64Array(rows);
  for (let r = 0; r < rows; r++) {
    const x = random.uniform(), level = +(random.uniform() < 0.3);
    inputs.set([x, level], 2 * r);
    targets[r] = 0.4 * x - 0.2 * level + random.normal();
  }
  return { rows, nIn: 2, nOut: 1, inputs, targets };
}

/** Least squares of a line by the normal equations: intercept and two slopes. */
function leastSquares({ rows, inputs, targets }: ReturnType<typeof table>): number[] {
  const a = Array.from({ length: 3 }, () => new Array<number>(4).fill(0));
  for (let r = 0; r < rows; r++) {
    const row = [1, inputs[2 * r], inputs[2 * r + 1], targets[r]];
    for (let i = 0; i < 3; i++) for (let k = 0; k < 4; k++) a[i][k] += row[i] * row[k];
  }
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j < 3; j++) {
      if (j === i) continue;
      const factor = a[j][i] / a[i][i];
      for (let k = 0; k < 4; k++) a[j][k] -= factor * a[i][k];
    }
  }
  return a.map((row, i) => row[3] / row[i]);
}

Deno.test("terms of kind free are least squares: one degree of freedom, no strength", () => {
  const data = table(80), free = { kind: "free" } as const;
  const model = fitAdditive(data, { terms: [free, free] });
  const [b, slope, step] = leastSquares(data);
  const said = forward(model.network, data.inputs);
  said.forEach((y, r) => {
    const line = b + slope * data.inputs[2 * r] + step * data.inputs[2 * r + 1];
    assertAlmostEquals(y, line, 1e-6);
  });
  model.edf.forEach((edf) => assertAlmostEquals(edf, 1, 1e-6));
  assertAlmostEquals(model.totalEdf, 3, 1e-6);
  assertEquals([...model.lines[0]], [0, 0]);
  assert(model.bending[0].every((strength) => strength === Infinity));
});

Deno.test("linear terms are shrunk where free ones are not", () => {
  const data = table(80), other = { kind: "linear" } as const;
  const shrunk = fitAdditive(data, { terms: [other, other] });
  const mixed = fitAdditive(data, { terms: [other, { kind: "free" }] });
  assertLess(shrunk.edf[1], 0.95);
  assertAlmostEquals(mixed.edf[1], 1, 1e-6);
  assertLess(mixed.edf[0], 0.95);
  const smooth = fitAdditive(data, { terms: [{}, { kind: "free" }] });
  assertAlmostEquals(smooth.edf[1], 1, 1e-6);
});

Deno.test("free terms work with classes", () => {
  const data = table(300);
  const labels = { ...data, targets: data.targets.map((y) => +(y > 0)) };
  const model = fitAdditive(labels, {
    ...{ loss: { kind: "crossEntropy" }, terms: [{}, { kind: "free" }] },
  });
  assertAlmostEquals(model.edf[1], 1, 1e-3);
  // the score equations of a term without a penalty: errors of its rows add up to nothing
  let sum = 0;
  forward(model.network, labels.inputs).forEach((z, r) => {
    sum += labels.inputs[2 * r + 1] * (1 / (1 + Math.exp(-z)) - labels.targets[r]);
  });
  assertAlmostEquals(sum, 0, 1e-3);
});
