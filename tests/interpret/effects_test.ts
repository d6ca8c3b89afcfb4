import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  attribution,
  explain,
  mixedDerivatives,
  partialEffects,
  sensitivities,
  varianceIndices,
} from "../../lib/interpret/mod.ts";
import {
  createNetwork,
  evaluateEdge,
  forward,
  inputGradient,
  type Network,
  type NetworkOptions,
  withStatistics,
} from "../../lib/model/mod.ts";
import { normalisationMap } from "../../lib/model/inner.ts";
import { randomDataset, randomNetwork } from "../support/networks.ts";

const ROWS = 30;

function prepared(options: NetworkOptions, rows = ROWS) {
  const { inputs } = randomDataset({ rows, nIn: options.widths[0], nOut: 1, seed: 2 });
  return { network: withStatistics(randomNetwork(options, 5), inputs), inputs };
}

const ADDITIVE = { widths: [3, 2], firstLayer: "spline", base: "silu" } as const;
const JOINT = { widths: [4, 3, 2] } as const;

/** The prediction of a row with some inputs of another one. */
function mixed(
  network: Network,
  inputs: Float64Array,
  row: number,
  other: number,
  taken: readonly number[],
): Float64Array {
  const nIn = network.config.widths[0];
  const x = inputs.slice(row * nIn, (row + 1) * nIn);
  for (const p of taken) x[p] = inputs[other * nIn + p];
  return forward(network, x);
}

Deno.test("mean plus effects are the prediction of an additive network, to 1e-12", () => {
  const { network, inputs } = prepared(ADDITIVE, 600);
  const outputs = forward(network, inputs);
  partialEffects(network, inputs, { background: 20, points: 33 }).forEach((found, q) => {
    assertAlmostEquals(found.additiveShare, 1, 1e-12);
    const reasons = Array.from(
      { length: 40 },
      (_, r) => attribution(network, inputs.subarray(3 * r, 3 * r + 3), inputs)[q],
    );
    reasons.forEach(({ exact, errors, values, mean, prediction }, r) => {
      assert(exact && errors.every((error) => error === 0));
      assertAlmostEquals(prediction, outputs[2 * r + q], 1e-14);
      assertAlmostEquals(mean + values.reduce((sum, value) => sum + value, 0), prediction, 1e-12);
    });
    for (const { input, x, value, exact, error, low, deviation } of found.effects) {
      assert(exact && error.every((each) => each === 0));
      assertEquals([...low], [...value]);
      // the edge itself, less its mean over all rows
      const map = normalisationMap(network, 0, input);
      const edge = (at: number) => evaluateEdge(network, 0, input, q, map.toDomain(at));
      const flow = Array.from({ length: 600 }, (_, r) => edge(inputs[3 * r + input]));
      const mean = flow.reduce((sum, each) => sum + each, 0) / 600;
      x.forEach((at, k) => assertAlmostEquals(value[k], edge(at) - mean, 1e-12));
      const square = flow.reduce((sum, each) => sum + (each - mean) ** 2, 0) / 600;
      assertAlmostEquals(deviation, Math.sqrt(square), 1e-12);
    }
    // all rows: mean + effects = prediction
    const mean = Array.from({ length: 600 }, (_, r) => outputs[2 * r + q])
      .reduce((sum, each) => sum + each, 0) / 600;
    assertAlmostEquals(found.mean, mean, 1e-12);
  });
});

Deno.test("effects are means over the rows, with their standard errors and tenths", () => {
  const { network, inputs } = prepared(JOINT), nIn = 4, nOut = 2;
  const found = partialEffects(network, inputs, { points: 5 });
  assertEquals(found[0].background, ROWS);
  const { input, x, value, error, low, high } = found[1].effects[2];
  assertEquals(input, 2);
  const at = (b: number, to: number) => {
    const row = inputs.slice(b * nIn, (b + 1) * nIn);
    row[input] = to;
    return forward(network, row)[1];
  };
  const all = Array.from({ length: ROWS }, (_, b) => b);
  const mean = (values: readonly number[]) =>
    values.reduce((sum, each) => sum + each, 0) / values.length;
  const centre = all.map((b) => mean(all.map((k) => at(b, inputs[k * nIn + input]))));
  x.forEach((to, k) => {
    const curves = all.map((b) => at(b, to) - centre[b]), average = mean(curves);
    const variance = mean(curves.map((each) => (each - average) ** 2)) * ROWS / (ROWS - 1);
    assertAlmostEquals(value[k], average, 1e-12);
    assertAlmostEquals(error[k], Math.sqrt(variance / ROWS), 1e-12);
    assert(low[k] <= value[k] && value[k] <= high[k]);
    assertEquals(curves.filter((each) => each < low[k]).length, 3);
    assertEquals(curves.filter((each) => each > high[k]).length, 3);
  });
  assertEquals(found[0].effects.length, nIn);
  assertEquals(found.length, nOut);
});

Deno.test("effects of columns of few values are at these values, of constant ones 0", () => {
  const network = createNetwork({ widths: [3, 2, 1] }, { seed: 1 });
  const inputs = Float64Array.from({ length: 60 }, (_, i) => [i % 2, 7, Math.sin(i)][i % 3]);
  const [{ effects }] = partialEffects(network, inputs, { points: 9 });
  assertEquals(effects.map(({ x }) => x.length), [2, 1, 9]);
  assertAlmostEquals(effects[1].value[0], 0, 1e-15);
  assertThrows(() => partialEffects(network, inputs, { points: 1 }), RangeError, "points");
});

for (
  const options of [
    { widths: [7, 3, 2] },
    { widths: [2, 3, 1], firstLayer: "spline", degree: 2 },
    { widths: [3, 5, 4, 1], activation: "tanh" },
  ] satisfies NetworkOptions[]
) {
  Deno.test(`mixed derivatives are differences of gradients: ${JSON.stringify(options)}`, () => {
    const { network: narrow, inputs } = prepared(options), { widths } = narrow.config;
    // at the ends of the domain differences would be one-sided
    const network = withStatistics(narrow, inputs.map((x) => 1.5 * x));
    const nIn = widths[0], nOut = widths[widths.length - 1], h = 1e-6;
    const found = mixedDerivatives(network, inputs)!;
    const spread = Array.from({ length: nIn }, (_, p) => {
      const values = Array.from({ length: ROWS }, (_, r) => inputs[r * nIn + p]);
      const mean = values.reduce((sum, each) => sum + each, 0) / ROWS;
      return Math.sqrt(values.reduce((sum, each) => sum + (each - mean) ** 2, 0) / ROWS);
    });
    found.forEach((pairs, q) => {
      assertEquals(pairs.length, nIn * (nIn - 1) / 2);
      for (const { inputs: [i, j], mean, strength } of pairs) {
        const moved = (sign: number) =>
          inputGradient(network, inputs.map((x, k) => k % nIn === i ? x + sign * h : x));
        const [up, down] = [moved(1), moved(-1)];
        let sum = 0, size = 0;
        for (let r = 0; r < ROWS; r++) {
          const at = (r * nOut + q) * nIn + j;
          const value = (up[at] - down[at]) / (2 * h) * spread[i] * spread[j] / ROWS;
          sum += value;
          size += Math.abs(value);
        }
        // differences cross a knot at some row
        assertAlmostEquals(mean, sum, 1e-3 * (1e-2 + size));
        assertAlmostEquals(strength, size, 1e-3 * (1e-2 + size));
      }
      const strengths = pairs.map(({ strength }) => strength);
      assertEquals(strengths, strengths.toSorted((a, b) => b - a));
    });
  });
}

Deno.test("mixed derivatives say nothing where second derivatives are 0 almost everywhere", () => {
  const inputs = Float64Array.of(0, 0.5, 1, 0.2);
  for (const more of [{ degree: 1 }, { activation: "relu" }] as const) {
    const network = createNetwork({ widths: [2, 3, 1], ...more });
    assertEquals(mixedDerivatives(network, inputs), undefined);
  }
});

Deno.test("sensitivities are means of gradients, by columns where scales are known", () => {
  const { network, inputs } = prepared({ widths: [2, 3, 1] });
  const gradient = inputGradient(network, inputs);
  const inputScales = [
    { name: "a", minimum: 10, maximum: 14 },
    { name: "b", minimum: 1, maximum: 100, map: { kind: "log" } as const },
  ];
  const plain = sensitivities(network, inputs)[0];
  const scaled = sensitivities(network, inputs.map(Math.abs), { inputScales })[0];
  const mean = gradient.filter((_, i) => i % 2 === 0).reduce((sum, g) => sum + g, 0) / ROWS;
  assertAlmostEquals(plain[0].mean, mean, 1e-13);
  assert(plain[0].size >= Math.abs(mean));
  const again = inputGradient(network, inputs.map(Math.abs));
  const slope = again.filter((_, i) => i % 2 === 0).reduce((sum, g) => sum + g, 0) / ROWS / 4;
  assertAlmostEquals(scaled[0].mean, slope, 1e-13);
  let log = 0;
  for (let r = 0; r < ROWS; r++) { // x = 100^u, du/dx = 1 / (x ln 100)
    log += again[2 * r + 1] / (100 ** Math.abs(inputs[2 * r + 1]) * Math.log(100)) / ROWS;
  }
  assertAlmostEquals(scaled[1].mean, log, 1e-12);
});

Deno.test("variance indices agree with all pairs of rows within their errors", () => {
  const { network, inputs } = prepared({ widths: [3, 3, 1] });
  const [{ inputs: totals, pairs }] = varianceIndices(network, inputs, { samples: 4000 });
  const expected = (compare: (r: number, s: number) => number) => {
    let sum = 0;
    for (let r = 0; r < ROWS; r++) for (let s = 0; s < ROWS; s++) sum += compare(r, s);
    return sum / ROWS ** 2;
  };
  const f = (r: number, s: number, taken: number[]) => mixed(network, inputs, r, s, taken)[0];
  totals.forEach(({ variance, error }, i) => {
    const all = expected((r, s) => (f(r, s, []) - f(r, s, [i])) ** 2 / 2);
    assert(Math.abs(variance - all) < 4 * error, `${variance} ± ${error}, ${all}`);
  });
  assertEquals(pairs.length, 3);
  for (const { inputs: [i, j], variance, error } of pairs) {
    const all = expected((r, s) =>
      (f(r, s, []) - f(r, s, [i]) - f(r, s, [j]) + f(r, s, [i, j])) ** 2 / 4
    );
    assert(Math.abs(variance - all) < 4 * error, `${i} ${j}: ${variance} ± ${error}, ${all}`);
  }
});

Deno.test("exact Shapley values are means over all orders, sampled ones near them", () => {
  const { network, inputs } = prepared(JOINT), row = 7, nIn = 4;
  const x = inputs.subarray(row * nIn, (row + 1) * nIn);
  const exact = attribution(network, x, inputs), orders = permutations([0, 1, 2, 3]);
  const sampled = attribution(network, x, inputs, { mostExact: 1, orders: 30 });
  exact.forEach((found, q) => {
    const naive = new Float64Array(nIn);
    for (const order of orders) {
      for (let b = 0; b < ROWS; b++) {
        order.forEach((input, k) => {
          const [without, within] = [order.slice(0, k), order.slice(0, k + 1)]
            .map((taken) => mixed(network, inputs, b, row, taken)[q]);
          naive[input] += (within - without) / (orders.length * ROWS);
        });
      }
    }
    const { values, errors } = sampled[q];
    assert(found.exact && !sampled[q].exact);
    for (let p = 0; p < nIn; p++) {
      assertAlmostEquals(found.values[p], naive[p], 1e-12);
      assert(errors[p] > 0 && Math.abs(values[p] - naive[p]) < 5 * errors[p]);
    }
    for (const { mean, prediction, values } of [found, sampled[q]]) {
      assertAlmostEquals(mean + values.reduce((sum, each) => sum + each, 0), prediction, 1e-12);
    }
  });
  assertEquals(attribution(network, x, inputs, { mostExact: 1, orders: 30 }), sampled);
  assertThrows(() => attribution(network, [1], inputs), TypeError, "row must be 4 numbers");
  assertThrows(() => attribution(network, x, inputs, { mostExact: 20 }), RangeError, "mostExact");
});

function permutations(items: readonly number[]): number[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((first) =>
    permutations(items.filter((each) => each !== first)).map((rest) => [first, ...rest])
  );
}

Deno.test("an explanation has the units of the table", () => {
  const { network, inputs } = prepared({ widths: [2, 3, 2] });
  const units = {
    inputs: [{ name: "age", minimum: 20, maximum: 60 }, { name: "mass", minimum: 0, maximum: 2 }],
    outputs: [
      { name: "height", factor: 50, offset: 150, kind: "value" },
      { name: "cost", factor: 2, offset: 1, kind: "logarithm" },
    ],
  } as const;
  const found = explain(network, inputs, { units, row: 3 }), plain = explain(network, inputs);
  const [height, cost] = found.outputs, [first] = plain.outputs;
  assertEquals([height.name, cost.kind], ["height", "logarithm"]);
  assertAlmostEquals(height.mean, 150 + 50 * first.mean, 1e-10);
  assertAlmostEquals(height.inputs[0].slope, 50 / 40 * first.inputs[0].slope, 1e-10);
  assertAlmostEquals(height.inputs[0].total, first.inputs[0].total, 1e-12);
  assertEquals(height.effects[0].x[0], 20 + 40 * first.effects[0].x[0]);
  assertAlmostEquals(height.effects[1].value[5], 50 * first.effects[1].value[5], 1e-10);
  const { mean, prediction, inputs: values } = height.row!;
  assertAlmostEquals(prediction, 150 + 50 * forward(network, inputs)[6], 1e-10);
  assertAlmostEquals(mean + values[0].value + values[1].value, prediction, 1e-10);
  assertEquals(plain.outputs.map(({ name }) => name), ["y1", "y2"]);
  assertEquals(explain(network, inputs, { outputs: [1] }).outputs[0].name, "y2");
  assertThrows(() => explain(network, inputs, { outputs: [2] }), RangeError, "outputs");
  assertThrows(() => explain(network, inputs, { row: ROWS }), RangeError, "row");
});

Deno.test("several networks are explained by their mean", () => {
  const { inputs } = prepared({ widths: [2, 3, 1] });
  const networks = [1, 2].map((seed) =>
    withStatistics(randomNetwork({ widths: [2, 3, 1] }, seed), inputs)
  );
  const both = explain(networks, inputs, { row: 0 }), [y] = both.outputs;
  assertEquals(both.scores, undefined);
  const mean = (forward(networks[0], inputs)[0] + forward(networks[1], inputs)[0]) / 2;
  assertAlmostEquals(y.row!.prediction, mean, 1e-12);
  const slopes = networks.map((network) => explain(network, inputs).outputs[0].inputs[0].slope);
  assertAlmostEquals(y.inputs[0].slope, (slopes[0] + slopes[1]) / 2, 1e-12);
  assertEquals(y.inputs[0].attribution, undefined);
});
