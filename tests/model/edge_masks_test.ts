import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  addMissingEdges,
  balance,
  dropEdges,
  foldTargetScales,
  layerCoefficients,
  parameterPlaces,
  setLayerCoefficients,
  splineStages,
} from "../../lib/model/inner.ts";
import {
  basisSupport,
  countParameters,
  createNetwork,
  decodeEnsemble,
  decodeModel,
  edgeSpline,
  encodeEnsemble,
  encodeModel,
  evaluateEdge,
  forward,
  inputGradient,
  ModelFileError,
  type NetworkOptions,
  parameterLayout,
  resolveConfig,
  scaleOutputs,
  withStatistics,
} from "../../lib/model/mod.ts";
import { prolong, prolongLocally, restrict } from "../../lib/multilevel/mod.ts";
import { prolongationTransfer } from "../../lib/multilevel/inner.ts";
import { SEED } from "../support/arbitrary_knots.ts";
import { arbitraryNetworks } from "../support/arbitrary_networks.ts";
import { maskedPair, randomEdges } from "../support/edge_masks.ts";
import { randomDataset, randomNetwork } from "../support/networks.ts";

const EDGES = [["101", "010"], null] as const;
const OPTIONS: NetworkOptions = { widths: [2, 3, 2], firstLayer: "spline", edges: EDGES };

Deno.test("a mask leaves parameters out, a full one is none", () => {
  const config = resolveConfig({ ...OPTIONS, base: "silu", knots: "uniform" });
  assertEquals(config.edges, EDGES);
  assert(Object.isFrozen(config.edges) && Object.isFrozen(config.edges![0]));
  assertEquals(
    parameterLayout(config).map(({ name, shape }) => [name, ...shape]),
    [
      ["spline0.coefficients", 3, 8],
      ["spline0.baseWeights", 3],
      ["spline1.coefficients", 3, 8, 2],
      ["spline1.baseWeights", 3, 2],
    ],
  );
  assertEquals(countParameters(config), 3 * 9 + 6 * 9);
  for (const edges of [[["111", "111"], null], [null, null], [null, ["11", "11", "11"]]]) {
    assertEquals("edges" in resolveConfig({ ...OPTIONS, edges }), false);
  }
  assertEquals("edges" in resolveConfig({ ...OPTIONS, edges: undefined }), false);
  const [stage] = splineStages(config);
  assertEquals(stage.edges!.count, 3);
  assertEquals([...stage.edges!.inDegrees], [1, 1, 1]);
  assertEquals(stage.edges, splineStages(resolveConfig({ ...config, intervals: 9 }))[0].edges);
});

Deno.test("bad masks are refused", () => {
  for (
    const [edges, text] of [
      [[["101", "010"]], "for each of the 2 spline layers"],
      ["101", "for each of the 2 spline layers"],
      [[["101"], null], "2 words of 3 characters"],
      [[["10", "01"], null], "2 words of 3 characters"],
      [[["10a", "010"], null], "2 words of 3 characters"],
      [[[5, "010"], null], "2 words of 3 characters"],
      [["101", null], "2 words of 3 characters"],
      [[["111", "000"], null], "every input has an edge"],
      [[["100", "100"], null], "every output has an edge"],
    ] as const
  ) {
    const options = { ...OPTIONS, edges } as unknown as NetworkOptions;
    assertThrows(() => resolveConfig(options), RangeError, text);
  }
  const mlp = { widths: [2, 3, 1], activation: "relu", edges: [null] } as const;
  assertThrows(() => resolveConfig(mlp), RangeError, "left out with activation relu");
});

Deno.test("networks with masks are those with all edges, missing ones 0", () => {
  fc.assert(
    fc.property(
      arbitraryNetworks({ mostIntervals: 6 }),
      fc.constantFrom(0.2, 0.5, 0.8),
      fc.integer({ min: 0, max: 1000 }),
      (options, share, seed) => {
        const nIn = options.widths[0];
        const { inputs } = randomDataset({ rows: 9, nIn, nOut: 1, seed });
        const all = withStatistics(randomNetwork(options, seed), inputs);
        const { masked, full } = maskedPair(all, share, seed);
        assertEquals(forward(masked, inputs), forward(full, inputs));
        assertEquals(inputGradient(masked, inputs), inputGradient(full, inputs));
        assertEquals(basisSupport(masked, inputs), basisSupport(full, inputs));
        const places = parameterPlaces(masked.config);
        assertEquals(masked.parameters, Float64Array.from(places, (at) => full.parameters[at]));
        for (const stage of splineStages(masked.config)) {
          const c = layerCoefficients(masked, stage);
          assertEquals(c, layerCoefficients(full, splineStages(full.config)[stage.layer]));
          const before = masked.parameters.slice();
          setLayerCoefficients(masked, stage, c);
          assertEquals(masked.parameters, before);
          const p = stage.nIn - 1, q = stage.nOut - 1, u = 0.3 * options.domain[1];
          const at = [stage.layer, p, q] as const;
          assertEquals(evaluateEdge(masked, ...at, u), evaluateEdge(full, ...at, u));
          assertEquals(edgeSpline(masked, ...at), edgeSpline(full, ...at));
        }
        // the way of a file, alone and among others
        const copy = decodeModel(encodeModel(masked)).network;
        assertEquals(copy, masked);
        assertEquals(decodeEnsemble(encodeEnsemble([masked, full])).networks, [masked, full]);
        const nOut = options.widths.at(-1)!;
        const scales = Array.from({ length: nOut }, (_, q) => ({ origin: q + 1, unit: 2 + q }));
        const plain = forward(masked, inputs);
        const size = plain.reduce((most, y) => Math.max(most, Math.abs(y)), 1);
        forward(foldTargetScales(masked, scales), inputs).forEach((y, i) => {
          const { origin, unit } = scales[i % nOut];
          assertAlmostEquals(y, origin + unit * plain[i], 1e-7 * size * unit);
        });
        const balanced = balance(masked);
        forward(balanced, inputs).forEach((y, i) => assertAlmostEquals(y, plain[i], 1e-7 * size));
        const doubled = forward(scaleOutputs(masked, scales.map(() => 2)), inputs);
        assertEquals(doubled, plain.map((y) => 2 * y));
      },
    ),
    { seed: SEED, numRuns: 60 },
  );
});

Deno.test("prolongation and restriction keep masks, values to 1e-12", () => {
  fc.assert(
    fc.property(
      arbitraryNetworks({ mostIntervals: 6 }),
      fc.integer({ min: 2, max: 3 }),
      fc.integer({ min: 0, max: 1000 }),
      (options, factor, seed) => {
        const nIn = options.widths[0];
        const { inputs } = randomDataset({ rows: 9, nIn, nOut: 1, seed });
        const all = withStatistics(randomNetwork(options, seed), inputs);
        const { masked, full } = maskedPair(all, 0.4, seed);
        const fine = prolong(masked, factor), whole = prolong(full, factor);
        assertEquals(fine.config.edges, masked.config.edges);
        assertEquals(addMissingEdges(fine).parameters, whole.parameters);
        assertEquals(fine.parameters.length, countParameters(fine.config));
        const parts = splineStages(masked.config).map(({ numKnotVectors, space }) =>
          Array.from(
            { length: numKnotVectors * space.intervals },
            (_, i) => i % space.intervals === 0 ? 3 : 1,
          )
        );
        const locally = prolongLocally(masked, parts);
        assertEquals(locally.config.edges, masked.config.edges);
        if (options.basis === "bspline") {
          const y = forward(masked, inputs);
          const size = y.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
          for (const finer of [fine, locally]) {
            forward(finer, inputs).forEach((value, i) =>
              assert(Math.abs(value - y[i]) <= 1e-12 * Math.max(size, 1), `${value} ${y[i]}`)
            );
          }
        }
        const coarse = restrict(fine, factor);
        assertEquals(coarse.config, masked.config);
        assertEquals(addMissingEdges(coarse).parameters, restrict(whole, factor).parameters);
        if (options.basis === "relu") return;
        const transfer = prolongationTransfer(masked, factor);
        const step = masked.parameters.map((_, i) => Math.sin(i));
        const other = masked.parameters.map((_, i) => Math.cos(3 * i));
        const dot = (x: Float64Array, y: Float64Array) =>
          x.reduce((sum, value, i) => sum + value * y[i], 0);
        const product = dot(transfer.step(step), transfer.difference(other));
        assertEquals(transfer.step(step).length, fine.parameters.length);
        assertAlmostEquals(product, dot(step, other), 1e-6 * step.length);
      },
    ),
    { seed: SEED, numRuns: 40 },
  );
});

Deno.test("createNetwork() with a mask starts as the network with all edges, by in-degrees", () => {
  for (const basis of ["bspline", "relu"] as const) {
    const options = { widths: [2, 4, 5, 3], basis, base: "silu" } as const;
    const edges = randomEdges(options, 0.5, 2);
    const masked = createNetwork({ ...options, edges }, { seed: 3 });
    const all = createNetwork(options, { seed: 3 });
    const cut = dropEdges(all, edges);
    assertEquals(masked.config, cut.config);
    const [stage] = splineStages(masked.config), { edges: mask, nIn, numBasis } = stage;
    const values = masked.parameters.subarray(masked.layout[2].offset);
    const before = cut.parameters.subarray(cut.layout[2].offset);
    let edge = 0;
    mask!.outputs.forEach((outputs) =>
      outputs.forEach((q) => {
        const factor = Math.sqrt(nIn / mask!.inDegrees[q]);
        for (let i = 0; i < numBasis; i++, edge++) {
          assertAlmostEquals(values[edge], factor * before[edge], 1e-14);
        }
      })
    );
  }
});

Deno.test("a file with a bad mask is refused", () => {
  const network = createNetwork(OPTIONS, { seed: 1 }), bytes = encodeModel(network);
  for (
    const edges of [
      [["101", "000"], null],
      [["11", "01"], null],
      [["101", "110"], null], // more edges than the tensors have
      ["x"],
      7,
    ]
  ) {
    const config = { ...network.config, edges } as unknown as typeof network.config;
    const bad = encodeModel({ ...network, config });
    assertThrows(() => decodeModel(bad), ModelFileError);
  }
  assertEquals(decodeModel(bytes).network.config.edges, network.config.edges);
});
