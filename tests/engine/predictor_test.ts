import { assert, assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import fc from "fast-check";
import { compilePredictor, type Predictor, referenceEngine } from "../../lib/engine/mod.ts";
import { createPredictor } from "../../lib/engine/cpu/predictor/predictor.ts";
import { rowModule } from "../../lib/engine/cpu/predictor/row_kernel.ts";
import {
  createNetwork,
  forward,
  type Network,
  type NetworkOptions,
  withStatistics,
} from "../../lib/model/mod.ts";
import { SEED } from "../support/arbitrary_knots.ts";
import { amplification } from "../support/gradient_check.ts";
import { type LogitKind, product, randomDataset, randomNetwork } from "../support/networks.ts";
import { arbitraryNetworks } from "../support/arbitrary_networks.ts";

const U = 2 ** -53;

/** The kernel and plain code. */
function predictors(network: Network): Predictor[] {
  return [createPredictor(network, rowModule()), createPredictor(network, undefined)];
}

function measured(options: NetworkOptions, seed: number, logits?: LogitKind): Network {
  const { inputs } = randomDataset({ rows: 20, nIn: options.widths[0], nOut: 1, seed });
  return withStatistics(randomNetwork(options, seed, logits), inputs);
}

/** Largest difference to `forward`, relative to the largest output of these rows. */
function difference(network: Network, inputs: Float64Array): number {
  const outputs = forward(network, inputs), { widths } = network.config;
  const nIn = widths[0], nOut = widths.at(-1)!, rows = inputs.length / nIn;
  const scale = outputs.reduce((most, y) => Math.max(most, Math.abs(y)), 1e-300);
  let worst = 0;
  for (const predictor of predictors(network)) {
    const out = new Float64Array(nOut), all = predictor.predictRows(inputs);
    assertEquals([predictor.numInputs, predictor.numOutputs], [nIn, nOut]);
    for (let r = 0; r < rows; r++) {
      const row = inputs.subarray(r * nIn, (r + 1) * nIn);
      assert(predictor.predict(row, out) === out);
      assertEquals(out, all.slice(r * nOut, (r + 1) * nOut));
      out.forEach((y, q) => {
        assert(Number.isFinite(y));
        worst = Math.max(worst, Math.abs(y - outputs[r * nOut + q]) / scale);
      });
    }
  }
  return worst;
}

Deno.test("the machine of this test has the kernel", () => {
  assert(rowModule() !== undefined);
});

const ANY = fc.tuple(
  arbitraryNetworks({ mostIntervals: 20 }),
  fc.constantFrom("linear" as const, "clamp" as const),
).map(([options, extrapolation]) => ({ ...options, extrapolation }));

Deno.test("predictors give what forward() gives, on random networks, inside and outside", () => {
  fc.assert(
    fc.property(ANY, fc.integer({ min: 0, max: 1e6 }), (options, seed) => {
      const network = measured(options, seed);
      const nIn = options.widths[0];
      const { inputs } = randomDataset({ rows: 30, nIn, nOut: 1, seed: seed + 1, reach: 1.2 });
      // Up to four layers: the errors of each pass through the slopes of the next.
      const tolerance = Math.max(4e-12, 256 * U * amplification(network));
      assertLessOrEqual(difference(network, inputs), tolerance);
    }),
    { seed: SEED, numRuns: 300 },
  );
});

Deno.test("predictors give what forward() gives for MLPs", () => {
  for (const activation of ["relu", "tanh"] as const) {
    for (const widths of [[1, 2, 1], [3, 7, 8, 2], [2, 16, 5]]) {
      for (const bias of [true, false]) {
        const network = randomNetwork({ widths, activation, bias }, 3);
        const { inputs } = randomDataset({ rows: 40, nIn: widths[0], nOut: 1, seed: 4, reach: 3 });
        assertLessOrEqual(difference(network, inputs), 1e-14);
      }
    }
  }
});

Deno.test("predictors find crowded and empty intervals", () => {
  for (const logits of ["crowded", "extreme", "zero"] as const) {
    for (const degree of [1, 2, 3, 4, 5, 7, 9]) {
      for (const widths of [[1, 1], [1, 3]]) {
        for (const knotSharing of ["input", "layer"] as const) {
          const network = randomNetwork(
            {
              ...{ widths, degree, knotSharing, firstLayer: "spline", intervals: 30 },
              normalisation: "none",
            },
            degree,
            logits,
          );
          const inputs = Float64Array.from({ length: 401 }, (_, i) => (i - 200) / 190);
          // The place in an interval of h is known to u / h.
          const tolerance = logits === "zero" ? 1e-12 : logits === "crowded" ? 1e-8 : 1;
          assertLessOrEqual(difference(network, inputs), tolerance);
        }
      }
    }
  }
});

Deno.test("predictors are exact at knots and ends, to the last bits of forward()", () => {
  const inputs = Float64Array.of(-3, -1, -0.5, 0, 0.5, 1, 3, -1.5, 1.25, 0.125);
  for (
    const options of product<NetworkOptions>({
      widths: [[1, 1], [1, 2]],
      firstLayer: ["spline"],
      intervals: [4],
      normalisation: ["none", "minmax"],
      basis: ["bspline", "relu"],
      knots: ["uniform", "free"],
      degree: [1, 2, 3, 4, 5, 7, 9],
      base: ["none", "silu"],
      extrapolation: ["linear", "clamp"],
    })
  ) {
    const network = randomNetwork(options, 3, "zero");
    const tolerance = Math.max(1e-14, 16 * U * amplification(network));
    assertLessOrEqual(difference(network, inputs), tolerance, JSON.stringify(options));
  }
});

Deno.test("a predictor gives the reference engine's outputs on its training rows", async () => {
  for (const normalisation of ["minmax", "batchnorm", "none"] as const) {
    const dataset = randomDataset({ rows: 50, nIn: 3, nOut: 2, seed: 1 });
    const network = randomNetwork({ widths: [3, 5, 4, 2], normalisation, base: "silu" }, 5);
    const evaluator = await referenceEngine.compile({ network, loss: { kind: "mse" }, dataset });
    const evaluation = await evaluator.evaluate(network.parameters);
    const predictor = compilePredictor({ ...network, statistics: evaluation.statistics() });
    const outputs = evaluation.outputs();
    predictor.predictRows(dataset.inputs).forEach((y, i) => {
      assertLessOrEqual(Math.abs(y - outputs[i]), 1e-13);
    });
    evaluator.dispose();
  }
});

Deno.test("a predictor takes arrays of numbers, and keeps the network it was made of", () => {
  const network = randomNetwork({ widths: [2, 3, 2] }, 1);
  const before = forward(network, Float64Array.of(0.1, 0.2));
  for (const predictor of predictors(network)) {
    const same = (out: Float64Array) =>
      out.forEach((y, q) => assertLessOrEqual(Math.abs(y - before[q]), 1e-14));
    same(predictor.predict([0.1, 0.2]));
    same(
      predictor.predict(Float32Array.of(0.1, 0.2).map(() => 0)) && predictor.predict([0.1, 0.2]),
    );
    const wide = new Float64Array(5).fill(7);
    predictor.predictRows([0.1, 0.2], wide);
    same(wide.slice(0, 2));
    assertEquals([...wide.slice(2)], [7, 7, 7]);
    assertEquals(predictor.predictRows([]).length, 0);
    assert(predictor.bytes > 0);
  }
  const [kernel, plain] = predictors(network);
  network.parameters.fill(0);
  for (const predictor of [kernel, plain]) {
    assertLessOrEqual(Math.abs(predictor.predict([0.1, 0.2])[0] - before[0]), 1e-14);
  }
});

Deno.test("a predictor refuses rows that are none", () => {
  const network = createNetwork({ widths: [2, 3, 2] });
  for (const predictor of predictors(network)) {
    assertThrows(() => predictor.predict([1]), TypeError, "row must be 2 numbers, current");
    assertThrows(() => predictor.predict([1, 2, 3]), TypeError, "current value is 3 numbers");
    assertThrows(
      () => predictor.predict(null as unknown as []),
      TypeError,
      "current value is null",
    );
    assertThrows(() => predictor.predict([1, NaN]), RangeError, "input 2 must be a finite number");
    assertThrows(() => predictor.predict([Infinity, 0]), RangeError, "current value is Infinity");
    const text = ["1", "2"] as unknown as number[];
    assertThrows(() => predictor.predict(text), RangeError, "input 1 must be a finite number");
    const short = new Float64Array(1);
    assertThrows(
      () => predictor.predict([1, 2], short),
      TypeError,
      "out must be 2 numbers or more",
    );
    assertThrows(
      () => predictor.predictRows([1, 2, 3]),
      TypeError,
      "rows must be rows x 2 numbers",
    );
    assertThrows(() => predictor.predictRows([1, 2, 3, 4], short), TypeError, "out must be 4");
    assertThrows(
      () => predictor.predictRows([1, 2, 3, NaN]),
      RangeError,
      "input 2 of row 2 must be a finite number, current value is NaN",
    );
  }
  assertThrows(() => compilePredictor({} as Network), TypeError, "network");
});

Deno.test("a predictor names the input that leaves its domain where extrapolation is error", () => {
  for (const widths of [[2, 1], [2, 3]]) {
    for (const basis of ["bspline", "relu"] as const) {
      const options = { widths, basis, firstLayer: "spline", normalisation: "none" } as const;
      const network = randomNetwork({ ...options, extrapolation: "error" }, 1);
      for (const predictor of predictors(network)) {
        const inside = forward(network, Float64Array.of(-1, 1));
        predictor.predict([-1, 1]).forEach((y, q) => {
          assertLessOrEqual(Math.abs(y - inside[q]), 1e-12 * amplification(network));
        });
        assertThrows(
          () => predictor.predict([0, 1.5]),
          RangeError,
          "input 2 of spline layer 0 must be in [-1, 1]",
        );
        assertThrows(() => predictor.predict([-2, 0]), RangeError, "current value is -2");
      }
    }
  }
  const options = { widths: [1, 4, 1], extrapolation: "error" } as const;
  const network = measured(options, 1);
  for (const predictor of predictors(network)) {
    assertThrows(() => predictor.predict([5]), RangeError, "of spline layer 0 must be in [-1, 1]");
  }
});

Deno.test("a predictor allocates nothing for a row", () => {
  for (const widths of [[2, 5, 1], [2, 5, 3]]) {
    const predictor = compilePredictor(createNetwork({ widths, base: "silu" }));
    const row = Float64Array.of(0.1, 0.2), out = new Float64Array(3);
    const rows = (count: number) => {
      for (let i = 0; i < count; i++) {
        row[0] = i / count;
        predictor.predict(row, out);
      }
      return Deno.memoryUsage().heapUsed;
    };
    rows(100_000); // until the code is compiled
    // Least of several: other parts of the process may allocate. 16 bytes a row would be 3.2 MB.
    let least = Infinity;
    for (let k = 0; k < 5; k++) {
      const before = Deno.memoryUsage().heapUsed;
      least = Math.min(least, Math.abs(rows(200_000) - before));
    }
    assertLessOrEqual(least, 200_000);
  }
});
