import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertLessOrEqual,
  assertThrows,
} from "@std/assert";
import {
  balance,
  blockValues,
  layerInputs,
  normalisationMap,
  parameterBlock,
  silu,
  siluDerivative,
  splineStages,
} from "../../lib/model/inner.ts";
import {
  createNetwork,
  edgeSpline,
  evaluateEdge,
  forward,
  inputGradient,
  type Network,
  type NetworkOptions,
  toScipy,
  withStatistics,
} from "../../lib/model/mod.ts";
import { evaluateSpline } from "../../lib/basis/mod.ts";
import { referenceEngine } from "../../lib/engine/mod.ts";
import { amplification, fourthOrderDifference } from "../support/gradient_check.ts";
import { product, randomDataset, randomNetwork } from "../support/networks.ts";
import { runScipy, scipyVersion } from "../support/scipy.ts";

const U = 2 ** -53;

/** A network of every sort with measured statistics, and its training inputs. */
function measured(
  options: NetworkOptions,
  seed: number,
): { network: Network; inputs: Float64Array } {
  const { inputs } = randomDataset({ rows: 20, nIn: options.widths[0], nOut: 1, seed });
  return { network: withStatistics(randomNetwork(options, seed), inputs), inputs };
}

const SORTS = product<NetworkOptions>({
  widths: [[2, 3, 2]],
  intervals: [4],
  degree: [1, 2, 3, 4, 5, 7, 9],
  firstLayer: ["linear", "spline"],
  basis: ["bspline", "relu"],
  knots: ["uniform", "fixed", "free"],
  normalisation: ["minmax", "batchnorm", "none"],
  base: ["none", "silu"],
});

Deno.test("forward() gives the reference engine's outputs under its statistics, bit by bit", async () => {
  for (const [i, options] of SORTS.entries()) {
    const { inputs, ...rest } = randomDataset({ rows: 20, nIn: 2, nOut: 2, seed: i });
    const network = randomNetwork(options, i);
    const evaluator = await referenceEngine.compile({
      network,
      loss: { kind: "mse" },
      dataset: { inputs, ...rest },
    });
    const evaluation = await evaluator.evaluate(network.parameters);
    const statistics = evaluation.statistics();
    assertEquals(withStatistics(network, inputs).statistics, statistics);
    const y = forward({ ...network, statistics }, inputs), z = evaluation.outputs();
    const largest = z.reduce((most, each) => Math.max(most, Math.abs(each)), 0);
    y.forEach((each, k) => {
      assertLessOrEqual(
        Math.abs(each - z[k]),
        1e-14 * amplification(network) * largest,
        JSON.stringify(options),
      );
    });
  }
});

Deno.test("forward() treats rows one by one", () => {
  const { network, inputs } = measured({ widths: [2, 3, 2] }, 1);
  const all = forward(network, inputs);
  for (let r = 0; r < 20; r++) {
    assertEquals(forward(network, inputs.slice(2 * r, 2 * r + 2)), all.slice(2 * r, 2 * r + 2));
  }
  assertEquals(forward(network, new Float64Array(0)).length, 0);
});

Deno.test("forward() answers NaN with NaN in that row only", () => {
  for (const options of SORTS) {
    const { network, inputs } = measured({ ...options, extrapolation: "clamp" }, 3);
    const clean = forward(network, inputs);
    const dirty = inputs.slice();
    dirty[2 * 7 + 1] = NaN;
    const y = forward(network, dirty);
    y.forEach((each, k) => {
      if (k === 14 || k === 15) assert(Number.isNaN(each), JSON.stringify(options));
      else assertEquals(each, clean[k]);
    });
  }
});

Deno.test("forward() refuses inputs of the wrong shape", () => {
  const network = createNetwork({ widths: [2, 3, 1] }, { seed: 1 });
  assertThrows(() => forward(network, new Float64Array(3)), TypeError, "rows x 2");
  assertThrows(() => forward(network, new Float64Array(4), 3), TypeError, "for 3 rows");
  assertThrows(() => layerInputs(network, new Float64Array(3)), TypeError, "rows x 2");
  assertThrows(() => withStatistics(network, new Float64Array(3)), TypeError, "rows x 2");
  assertThrows(() => inputGradient(network, new Float64Array(3)), TypeError, "rows x 2");
});

for (const basis of ["bspline", "relu"] as const) {
  Deno.test(`forward() extrapolates linearly, clamps, or refuses, ${basis} basis`, () => {
    for (const degree of [1, 2, 3, 4, 5, 7, 9]) {
      const options = {
        widths: [1, 2],
        firstLayer: "spline",
        degree,
        basis,
        normalisation: "none",
      } as const;
      const at = (extrapolation: "linear" | "clamp" | "error", x: number) =>
        forward(randomNetwork({ ...options, extrapolation }, 6), Float64Array.of(x));
      const tolerance = 1e-13 * amplification(randomNetwork(options, 6));
      for (const [end, sign] of [[-1, -1], [1, 1]]) {
        const value = at("linear", end);
        for (const q of [0, 1]) {
          const slope = evaluateEdge(randomNetwork(options, 6), 0, 0, q, end, 1);
          for (const beyond of [1e-9, 0.5, 10]) {
            const line = value[q] + sign * beyond * slope;
            const scale = 1 + Math.abs(line);
            assertAlmostEquals(at("linear", end + sign * beyond)[q], line, tolerance * scale);
            assertAlmostEquals(at("clamp", end + sign * beyond)[q], value[q], tolerance);
          }
        }
        assertEquals(at("error", end), value);
        assertThrows(() => at("error", end * (1 + 1e-9)), RangeError, "extrapolation is error");
      }
    }
  });
}

Deno.test("inputGradient() equals differences of forward() where it is smooth", () => {
  for (const [i, options] of SORTS.entries()) {
    if (options.degree! < 2) continue;
    const { network } = measured(options, i);
    const x = Float64Array.of(0.1234, -0.2718);
    const gradient = inputGradient(network, x); // [1, nOut, nIn]
    const scale = gradient.reduce((most, g) => Math.max(most, Math.abs(g)), 0);
    for (let q = 0; q < 2; q++) {
      for (let p = 0; p < 2; p++) {
        const f = (value: number) => {
          const moved = x.slice();
          moved[p] = value;
          return forward(network, moved)[q];
        };
        // h = 1e-4: truncation 1e-16 f''''' and a jump of f'' at a knot, if one is near, 1e-5 of it
        // at degree 2; rounding 16 u / h of the terms.
        const difference = fourthOrderDifference(f, x[p], 1e-5);
        const tolerance = (options.degree === 2 ? 1e-5 : 1e-8) * scale +
          U * 16 * amplification(network) / 1e-5;
        assertLessOrEqual(
          Math.abs(gradient[q * 2 + p] - difference),
          tolerance,
          JSON.stringify(options),
        );
      }
    }
  }
});

Deno.test("inputGradient() is constant beyond the data under linear extrapolation, 0 clamped", () => {
  const options = { widths: [1, 1], firstLayer: "spline", normalisation: "none" } as const;
  const lines = randomNetwork({ ...options, extrapolation: "linear" }, 1);
  assertEquals(inputGradient(lines, Float64Array.of(2)), inputGradient(lines, Float64Array.of(5)));
  const flat = randomNetwork({ ...options, extrapolation: "clamp" }, 1);
  assertEquals([...inputGradient(flat, Float64Array.of(2, -2))], [0, 0]);
});

Deno.test("evaluateEdge() summed over the edges is forward()", () => {
  for (const [i, options] of SORTS.entries()) {
    const { network, inputs } = measured(options, i);
    const layers = layerInputs(network, inputs);
    const last = layers.length - 1;
    const { nIn } = splineStages(network.config)[last];
    const y = forward(network, inputs);
    const largest = y.reduce((most, each) => Math.max(most, Math.abs(each)), 0);
    for (const r of [0, 7]) {
      for (let q = 0; q < 2; q++) {
        let sum = 0;
        for (let p = 0; p < nIn; p++) {
          const u = normalisationMap(network, last, p).toDomain(layers[last][r * nIn + p]);
          sum += evaluateEdge(network, last, p, q, u);
        }
        assertAlmostEquals(
          sum,
          y[r * 2 + q],
          1e-13 * amplification(network) * Math.max(1, largest),
        );
      }
    }
  }
});

Deno.test("edgeSpline() gives the B-spline coefficients of either basis", () => {
  for (const degree of [1, 2, 3, 4, 5, 7, 9]) {
    for (const knots of ["uniform", "free"] as const) {
      const splines = randomNetwork({ widths: [2, 3, 2], degree, knots }, 4);
      const powers = randomNetwork({ widths: [2, 3, 2], degree, knots, basis: "relu" }, 4);
      for (const network of [splines, powers]) {
        const { knots, coefficients } = edgeSpline(network, 0, 2, 1);
        for (const u of [-1, -0.73, 0, 0.41, 1, 1.7]) {
          assertAlmostEquals(
            evaluateSpline(knots, coefficients, u),
            evaluateEdge(network, 0, 2, 1, u),
            1e-14 * 4 ** Math.max(0, degree - 5) * amplification(network),
          );
        }
      }
    }
  }
  const network = createNetwork({ widths: [2, 3, 2] }, { seed: 1 });
  for (const [layer, input, output] of [[1, 0, 0], [0, 3, 0], [0, 0, 2], [0, -1, 0], [0, 0.5, 0]]) {
    assertThrows(() => edgeSpline(network, layer, input, output), RangeError);
    assertThrows(() => evaluateEdge(network, layer, input, output, 0), RangeError);
    assertThrows(() => toScipy(network, layer, input, output), RangeError);
  }
});

Deno.test({
  name: "toScipy() gives SciPy's BSpline the same values and slopes",
  ignore: scipyVersion === undefined,
  fn: async () => {
    const points = Array.from({ length: 41 }, (_, i) => -1 + i / 20);
    const networks = product<NetworkOptions>({
      widths: [[2, 3, 2]],
      degree: [1, 2, 3, 4, 5, 7, 9],
      basis: ["bspline", "relu"],
      knots: ["uniform", "fixed", "free"],
    }).map((options) => randomNetwork(options, 5));
    const splines = networks.map((network) => toScipy(network, 0, 1, 1));
    const answers = await runScipy<{ f: number[]; g: number[] }[]>(
      [
        "x = np.array(data['x'])",
        "splines = [BSpline(s['t'], s['c'], s['k']) for s in data['splines']]",
        "answer = [dict(f=s(x).tolist(), g=s(x[:-1], 1).tolist()) for s in splines]",
      ].join("\n"),
      { splines, x: points },
    );
    networks.forEach((network, n) => {
      assertEquals(splines[n].t.length, splines[n].c.length + splines[n].k + 1);
      const tolerance = 1e-13 * 4 ** Math.max(0, network.config.degree - 5) *
        amplification(network);
      points.forEach((u, i) => {
        assertAlmostEquals(evaluateEdge(network, 0, 1, 1, u), answers[n].f[i], tolerance);
        // The derivative at the right end is one-sided; slopes are about 1e2 times the values.
        if (i === points.length - 1) return;
        const slope = evaluateEdge(network, 0, 1, 1, u, 1);
        assertAlmostEquals(slope, answers[n].g[i], 1e2 * tolerance);
      });
    });
  },
});

Deno.test("normalisationMap() goes forth and back", () => {
  for (const normalisation of ["minmax", "batchnorm", "none"] as const) {
    const { network, inputs } = measured({ widths: [2, 3, 1], normalisation }, 2);
    const values = layerInputs(network, inputs)[0];
    for (let p = 0; p < 3; p++) {
      const map = normalisationMap(network, 0, p);
      for (let r = 0; r < 20; r++) {
        const x = values[3 * r + p];
        assertAlmostEquals(map.fromDomain(map.toDomain(x)), x, 1e-14);
        if (normalisation === "minmax") assert(Math.abs(map.toDomain(x)) <= 1);
      }
      if (normalisation === "minmax") {
        const column = Array.from({ length: 20 }, (_, r) => values[3 * r + p]);
        assertAlmostEquals(map.toDomain(Math.min(...column)), -1, 1e-15);
        assertAlmostEquals(map.toDomain(Math.max(...column)), 1, 1e-15);
      }
    }
  }
  const flat = createNetwork({ widths: [2, 3, 1] }, { seed: 1 });
  blockValues(flat, "linear.weights").fill(0);
  blockValues(flat, "linear.bias").fill(0.7);
  const network = withStatistics(flat, Float64Array.of(1, 2, 3, 4));
  const map = normalisationMap(network, 0, 0);
  assertEquals([map.toDomain(0.7), map.toDomain(5), map.fromDomain(0.3)], [0, 0, 0.7]);
});

Deno.test("silu() and its derivative stay finite far out", () => {
  for (const x of [-1e4, -800, -30, 0, 30, 800, 1e4]) {
    assert(Number.isFinite(silu(x)) && Number.isFinite(siluDerivative(x)), `${x}`);
  }
  assertEquals([silu(0), siluDerivative(0)], [0, 0.5]);
  for (const x of [-3, -0.1, 0.4, 2]) {
    assertAlmostEquals(siluDerivative(x), fourthOrderDifference(silu, x, 1e-3), 1e-11);
  }
});

Deno.test("balance() rescales collapsed and huge ranges and keeps the function", () => {
  for (
    const options of product<NetworkOptions>({
      widths: [[2, 3, 2, 1]],
      firstLayer: ["linear", "spline"],
      basis: ["bspline", "relu"],
      base: ["none", "silu"],
      degree: [1, 3],
    })
  ) {
    const network = randomNetwork(options, 7);
    const first = network.layout[0].name; // linear.weights or spline0.coefficients, nOut 3
    const values = blockValues(network, first);
    const others = [
      blockValues(network, "linear.bias"),
      blockValues(network, "spline0.baseWeights"),
    ];
    for (
      const each of options.firstLayer === "linear" ? [values, others[0]] : [values, others[1]]
    ) {
      for (let i = 0; i < each.length; i += 3) {
        each[i] *= 1e-7;
        each[i + 1] *= 1e5;
      }
    }
    const { inputs } = randomDataset({ rows: 30, nIn: 2, nOut: 1, seed: 1 });
    const before = withStatistics(network, inputs);
    const copy = structuredClone(before);
    const after = balance(before);
    assertEquals(structuredClone(before), copy, "the network is not changed");
    assert(after !== before);
    assertEquals(balance(after), after);
    const own = withStatistics(after, inputs);
    own.statistics.forEach((each) => {
      if (each.kind !== "minmax") return;
      each.maximum.forEach((high, p) => {
        const range = high - each.minimum[p];
        assert(range >= 1 / 17 && range <= 17, `range ${range}`);
      });
    });
    const y = forward(before, inputs), z = forward(after, inputs), w = forward(own, inputs);
    const tolerance = 1e-12 * amplification(network);
    y.forEach((each, i) => {
      assertAlmostEquals(z[i], each, tolerance);
      assertAlmostEquals(w[i], each, tolerance);
    });
  }
  const fine = withStatistics(
    createNetwork({ widths: [2, 3, 1] }, { seed: 1 }),
    randomDataset({ rows: 30, nIn: 2, nOut: 1, seed: 1 }).inputs,
  );
  assertEquals(parameterBlock(balance(fine), "linear.weights").offset, 0);
});
