import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertLessOrEqual,
  assertNotEquals,
  assertThrows,
} from "@std/assert";
import { blockValues, layerInputs } from "../../lib/model/inner.ts";
import {
  createNetwork,
  createRandom,
  forward,
  layerKnots,
  type NetworkOptions,
  withStatistics,
} from "../../lib/model/mod.ts";
import { domainOf } from "../../lib/knots/mod.ts";
import { amplification } from "../support/gradient_check.ts";
import { product, randomBreakpoints, randomDataset } from "../support/networks.ts";

function deviation(values: Float64Array): number {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  return Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length);
}

Deno.test("createNetwork() gives the same numbers for the same seed, others for another", () => {
  for (
    const options of product<NetworkOptions>({
      widths: [[2, 3, 1]],
      firstLayer: ["linear", "spline"],
      base: ["none", "silu"],
      basis: ["bspline", "relu"],
    })
  ) {
    const one = createNetwork(options, { seed: 42 }), same = createNetwork(options, { seed: 42 });
    assertEquals(same, one);
    assertNotEquals(createNetwork(options, { seed: 43 }).parameters, one.parameters);
  }
});

Deno.test("createNetwork() starts knot logits at 0: uniform knots", () => {
  const network = createNetwork({ widths: [2, 3, 1], intervals: 4 }, { seed: 1 });
  assert(blockValues(network, "spline0.knotLogits").every((s) => s === 0));
  assertEquals([...layerKnots(network, 0, 1).values.subarray(3, 8)], [-1, -0.5, 0, 0.5, 1]);
  assert(blockValues(network, "linear.bias").every((b) => b === 0));
});

Deno.test("createNetwork() refuses a seed that is not an integer", () => {
  for (const seed of [0.5, NaN, Infinity, 2 ** 60]) {
    assertThrows(() => createNetwork({ widths: [2, 3, 1] }, { seed }), RangeError, "seed");
  }
});

Deno.test("createNetwork() starts both bases from the same function", () => {
  for (
    const options of product<NetworkOptions>({
      widths: [[2, 3, 2]],
      degree: [1, 2, 3, 4, 5, 7, 9],
      intervals: [1, 5],
      firstLayer: ["linear", "spline"],
      knots: ["uniform", "free", "fixed"],
      base: ["none", "silu"],
    })
  ) {
    const breakpoints = options.knots === "fixed"
      ? randomBreakpoints(options, createRandom(5))
      : undefined;
    const start = { seed: 11, ...(breakpoints ? { breakpoints } : {}) };
    const splines = createNetwork({ ...options, basis: "bspline" }, start);
    const powers = createNetwork({ ...options, basis: "relu" }, start);
    const { inputs } = randomDataset({ rows: 40, nIn: 2, nOut: 2, seed: 1 });
    const y = forward(splines, inputs), z = forward(powers, inputs);
    const largest = y.reduce((most, each) => Math.max(most, Math.abs(each)), 0);
    // Rounding errors of the ReLU form: 16 u psi^T |A|^T |c|, in each of at most two layers.
    const tolerance = 64 * 2 ** -53 * amplification(powers) * Math.max(1, largest);
    y.forEach((each, i) => {
      assertLessOrEqual(Math.abs(each - z[i]), tolerance, JSON.stringify(options));
    });
  }
});

Deno.test("createNetwork() starts with outputs and hidden ranges of order one over 50 seeds", () => {
  for (
    const options of product<NetworkOptions>({
      widths: [[2, 5, 1], [4, 10, 10, 1], [20, 3, 1]],
      firstLayer: ["linear", "spline"],
      normalisation: ["minmax", "batchnorm"],
    })
  ) {
    const outputs: number[] = [], ranges: number[] = [];
    for (let seed = 0; seed < 50; seed++) {
      const nIn = options.widths[0];
      const { inputs } = randomDataset({ rows: 30, nIn, nOut: 1, seed });
      const network = withStatistics(createNetwork(options, { seed }), inputs);
      outputs.push(deviation(forward(network, inputs)));
      for (const values of layerInputs(network, inputs).slice(1)) {
        ranges.push(deviation(values));
      }
    }
    const mean = (values: number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;
    const words = JSON.stringify(options);
    assertGreater(Math.min(...outputs), 0.005, words);
    assertLess(Math.max(...outputs), 2, words);
    assertGreater(mean(outputs), 0.1, words);
    assertLess(mean(outputs), 1, words);
    if (ranges.length > 0) {
      assertGreater(Math.min(...ranges), 0.02, words);
      assertLess(Math.max(...ranges), 2, words);
    }
  }
});

Deno.test("createNetwork() keeps fixed knots, given for all nodes or for each", () => {
  const options: NetworkOptions = {
    widths: [2, 3, 1],
    firstLayer: "spline",
    knots: "fixed",
    intervals: 3,
  };
  const shared = [-1, -0.9, 0.2, 1];
  const network = createNetwork(options, { seed: 1, breakpoints: [shared, shared] });
  for (const [layer, inputs] of [[0, 2], [1, 3]]) {
    for (let p = 0; p < inputs; p++) {
      const knots = layerKnots(network, layer, p);
      assertEquals([...knots.values.subarray(3, 7)], shared);
      assertEquals(domainOf(knots), [-1, 1]);
    }
  }
  const own = [-1, -0.5, 0.5, 1, -1, 0.1, 0.3, 1];
  const other = createNetwork(options, { seed: 1, breakpoints: [own, shared] });
  assertEquals([...layerKnots(other, 0, 1).values.subarray(3, 7)], own.slice(4));
  own[1] = 99;
  assertEquals(layerKnots(other, 0, 0).values[4], -0.5, "breakpoints are copied");
});

Deno.test("createNetwork() refuses bad fixed knots", () => {
  const options: NetworkOptions = { widths: [2, 3, 1], knots: "fixed", intervals: 3 };
  const cases: [number[][] | undefined, typeof TypeError | typeof RangeError, string][] = [
    [undefined, TypeError, "breakpoints"],
    [[], TypeError, "1 arrays"],
    [[[-1, 0, 0.5, 1], [-1, 0, 0.5, 1]], TypeError, "2 arrays"],
    [[[-1, 0, 1]], TypeError, "3 numbers"],
    [[[-1, 0, 0.5, 1, 2]], TypeError, "5 numbers"],
    [[[-1, 0.5, 0, 1]], RangeError, "increase"],
    [[[-1, 0, 0, 1]], RangeError, "increase"],
    [[[-1, NaN, 0, 1]], RangeError, "NaN"],
    [[[-1, 0, 0.5, 2]], RangeError, "-1 to 2"],
    [[[-0.9, 0, 0.5, 1]], RangeError, "-0.9 to 1"],
  ];
  for (const [breakpoints, type, shown] of cases) {
    const start = { seed: 1, ...(breakpoints ? { breakpoints } : {}) };
    assertThrows(() => createNetwork(options, start), type, shown);
  }
});

Deno.test("layerKnots() refuses layers and inputs that do not exist", () => {
  const network = createNetwork({ widths: [2, 3, 1] }, { seed: 1 });
  assertThrows(() => layerKnots(network, 1, 0), RangeError, "spline layer");
  for (const input of [-1, 3, 0.5, NaN]) {
    assertThrows(() => layerKnots(network, 0, input), RangeError, "input");
  }
});
