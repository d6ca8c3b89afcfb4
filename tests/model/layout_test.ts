import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  blockValues,
  findBlock,
  numSplineLayers,
  parameterBlock,
  splineStage,
  splineStages,
  splineWidths,
  stagesOf,
} from "../../lib/model/inner.ts";
import {
  countParameters,
  createNetwork,
  formatLayout,
  type NetworkOptions,
  parameterLayout,
  resolveConfig,
} from "../../lib/model/mod.ts";
import { product } from "../support/networks.ts";

/** Actor et al. 2025, Tables 1 and 2: widths, bias, knots, intervals, parameters. */
const PAPER: readonly [number[], boolean, "uniform" | "free", number, number][] = [
  [[2, 5, 1], true, "uniform", 5, 55],
  [[2, 5, 1], true, "uniform", 40, 230],
  [[2, 5, 1], true, "free", 5, 110],
  [[2, 5, 1], true, "free", 40, 460],
  [[2, 5, 5, 1], false, "uniform", 5, 250],
  [[2, 5, 5, 1], false, "uniform", 40, 1300],
  [[2, 5, 5, 1], false, "free", 5, 360],
  [[2, 5, 5, 1], false, "free", 40, 1760],
];

for (const [widths, bias, knots, intervals, expected] of PAPER) {
  Deno.test(`countParameters() gives the paper's ${expected} for ${widths}, ${knots}, ${intervals}`, () => {
    for (const basis of ["bspline", "relu"] as const) {
      const options = { widths, bias, knots, intervals, basis };
      assertEquals(countParameters(resolveConfig(options)), expected);
      assertEquals(createNetwork(options, { seed: 1 }).parameters.length, expected);
    }
  });
}

Deno.test("parameterLayout() is contiguous, without gaps, in the order of the stages", () => {
  for (
    const options of product<NetworkOptions>({
      widths: [[2, 3, 1], [1, 2, 3, 4]],
      firstLayer: ["linear", "spline"],
      base: ["none", "silu"],
      knots: ["uniform", "free"],
      knotSharing: ["input", "layer"],
      outerKnots: [undefined, "even", "clamped"],
    })
  ) {
    const config = resolveConfig(options);
    const layout = parameterLayout(config);
    let offset = 0;
    for (const block of layout) {
      assertEquals(block.offset, offset, block.name);
      assertEquals(block.size, block.shape.reduce((size, n) => size * n, 1), block.name);
      offset += block.size;
    }
    assertEquals(countParameters(config), offset);
    assertEquals(new Set(layout.map(({ name }) => name)).size, layout.length);
    for (const { layer, nIn, nOut, numBasis } of splineStages(config)) {
      assertEquals(findBlock(layout, `spline${layer}.coefficients`)?.shape, [nIn, numBasis, nOut]);
      const vectors = config.knotSharing === "layer" ? 1 : nIn;
      const logits = config.outerKnots === "free" ? 5 + 6 : 5;
      assertEquals(
        findBlock(layout, `spline${layer}.knotLogits`)?.shape,
        config.knots === "free" ? [vectors, logits] : undefined,
      );
      assertEquals(
        findBlock(layout, `spline${layer}.baseWeights`)?.shape,
        config.base === "silu" ? [nIn, nOut] : undefined,
      );
    }
  }
});

Deno.test("blockValues() is a view, empty where there is no block", () => {
  const network = createNetwork({ widths: [2, 3, 1], knots: "uniform" }, { seed: 1 });
  blockValues(network, "linear.bias")[2] = 42;
  assertEquals(network.parameters[parameterBlock(network, "linear.bias").offset + 2], 42);
  assertEquals(blockValues(network, "spline0.knotLogits").length, 0);
});

Deno.test("parameterBlock() names the blocks there are", () => {
  const network = createNetwork({ widths: [2, 3, 1] }, { seed: 1 });
  const error = assertThrows(() => parameterBlock(network, "spline7.coefficients"), RangeError);
  assertStringIncludes(error.message, "spline0.knotLogits");
  assertStringIncludes(error.message, "spline7.coefficients");
});

Deno.test("formatLayout() prints a table", () => {
  const layout = parameterLayout(resolveConfig({ widths: [2, 5, 1] }));
  assertEquals(formatLayout(layout).split("\n").map((line) => line.trimEnd()), [
    "parameters            shape      offset  size",
    "linear.weights        [2, 5]          0    10",
    "linear.bias           [5]            10     5",
    "spline0.coefficients  [5, 8, 1]      15    40",
    "spline0.knotLogits    [5, 11]        55    55",
    "total                                     110",
  ]);
});

Deno.test("stagesOf() and splineStage() describe the chain", () => {
  const linear = resolveConfig({ widths: [2, 5, 4, 1], knotSharing: "layer" });
  assertEquals(stagesOf(linear).map(({ kind }) => kind), ["linear", "spline", "spline"]);
  assertEquals(numSplineLayers(linear), 2);
  assertEquals(splineWidths(linear, 0), [5, 4]);
  assertEquals(splineStage(linear, 1).numKnotVectors, 1);
  const spline = resolveConfig({ widths: [2, 5, 1], firstLayer: "spline" });
  assertEquals(stagesOf(spline).map(({ kind }) => kind), ["spline", "spline"]);
  assertEquals(numSplineLayers(spline), 2);
  assertEquals(splineWidths(spline, 0), [2, 5]);
  for (const layer of [-1, 2, 0.5, NaN]) {
    assertThrows(() => splineStage(spline, layer), RangeError, "Cannot find spline layer");
  }
});
