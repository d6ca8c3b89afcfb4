import { assert, assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import {
  extractPolyhedra,
  largestDifference,
  minimalRelu,
  reluNetworkOf,
  reluOutputs,
  reluSize,
  reluToSplines,
  splinesToRelu,
} from "../../lib/convert/mod.ts";
import { createNetwork, createRandom, type NetworkOptions } from "../../lib/model/mod.ts";
import { prolong } from "../../lib/multilevel/mod.ts";
import { randomNetwork } from "../support/networks.ts";
import { reluUnits } from "../support/rounding_units.ts";

const BOX = [[-2, 2], [-2, 2]] as const;

const CASES: NetworkOptions[] = [
  { widths: [2, 4, 1], degree: 1, intervals: 3 },
  { widths: [2, 3, 3, 2], degree: 1, intervals: 2, knots: "uniform", firstLayer: "spline" },
  { widths: [2, 3, 1], degree: 1, intervals: 3, knots: "fixed", extrapolation: "clamp" },
];

for (const options of CASES) {
  Deno.test(`a refined network shrinks to the coarse one: ${JSON.stringify(options)}`, () => {
    for (let seed = 0; seed < 5; seed++) {
      const coarse = randomNetwork(options, seed), fine = prolong(coarse, 3);
      const full = splinesToRelu(fine), small = minimalRelu(full);
      const least = minimalRelu(splinesToRelu(coarse));
      assertEquals(reluSize(small).widths, reluSize(least).widths);
      assert(reluSize(small).numbers < reluSize(full).numbers);
      const { value } = largestDifference(fine, small, BOX);
      const { outputs } = extractPolyhedra(fine, BOX);
      const scale = outputs.reduce((most, each) => Math.max(most, Math.abs(each)), 1);
      assertLessOrEqual(value, 1e-11 * scale);
      const back = reluToSplines(small);
      assert(back.config.intervals <= coarse.config.intervals + 2);
      assertLessOrEqual(largestDifference(back, coarse, BOX).value, 1e-11 * scale);
      assertEquals(
        extractPolyhedra(small, BOX).regions,
        extractPolyhedra(coarse, BOX).regions,
      );
    }
  });
}

Deno.test("units at one place are joined, nodes that nothing asks for and constant nodes go", () => {
  const relu = reluNetworkOf([
    { weights: [[1, 0], [1, 0], [0, 1], [0, 0]], bias: [0.5, 0.5, 0, 2], activation: "relu" },
    { weights: [[1, 2, 0, 3], [0, 0, 0, 5]], bias: [0, 0.25], activation: "relu" },
    { weights: [[1, 1]], bias: [1] },
  ]);
  const small = minimalRelu(relu);
  assertEquals(reluSize(small).widths, [2, 2, 1, 1]); // two rows of one matrix stay two nodes
  for (const x of [[0.3, 1], [-4, 2], [7, -3]]) {
    const [a, b] = [relu, small].map((each) => reluOutputs(each, Float64Array.from(x))[0]);
    assertEquals(a, b);
  }
  const constant = minimalRelu(reluNetworkOf([
    { weights: [[1, 1]], activation: "relu" },
    { weights: [[0]], bias: [3], activation: "relu" },
    { weights: [[2]], bias: [1] },
  ]));
  assertEquals([...reluOutputs(constant, Float64Array.of(4, 5))], [7]);
  assertThrows(() => minimalRelu(constant, { tolerance: 1 }), RangeError, "below 1");
});

Deno.test("minimalRelu() keeps random MLPs as they are", () => {
  for (let seed = 0; seed < 30; seed++) {
    const mlp = createNetwork({ widths: [3, 7, 5, 2], activation: "relu" }, { seed });
    const relu = splinesToRelu(mlp), small = minimalRelu(relu);
    assertEquals(reluSize(small).numbers, reluSize(relu).numbers);
    const random = createRandom(seed, "minimal");
    const x = Float64Array.from({ length: 3 }, () => random.normal()), units = reluUnits(relu, x);
    reluOutputs(small, x).forEach((value, q) => {
      assert(Math.abs(value - reluOutputs(relu, x)[q]) <= 16 * 2 ** -53 * units[q]);
    });
  }
});

Deno.test("largestDifference() finds the largest difference, which no sample exceeds", () => {
  const [a, b] = [1, 2].map((seed) =>
    createNetwork({ widths: [2, 6, 6, 2], activation: "relu" }, { seed })
  );
  const { value, at, cells } = largestDifference(a, b, BOX);
  const relus = [a, b].map(splinesToRelu);
  const difference = (x: Float64Array) => {
    const others = reluOutputs(relus[1], x);
    return Math.max(...reluOutputs(relus[0], x).map((y, q) => Math.abs(y - others[q])));
  };
  assert(Math.abs(difference(at) - value) < 1e-12 && cells > 20);
  const random = createRandom(1, "difference");
  let most = 0;
  for (let k = 0; k < 20_000; k++) {
    most = Math.max(
      most,
      difference(Float64Array.from({ length: 2 }, () => 4 * random.uniform() - 2)),
    );
  }
  assert(most <= value + 1e-12 && most > 0.9 * value);
  const other = createNetwork({ widths: [2, 6, 1], activation: "relu" }, { seed: 1 });
  assertThrows(() => largestDifference(a, other, BOX), TypeError, "2 to 1");
});
