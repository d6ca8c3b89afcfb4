import {
  assert,
  assertAlmostEquals,
  assertGreater,
  assertLessOrEqual,
  assertThrows,
} from "@std/assert";
import { createStructureTerms } from "../../lib/engine/inner.ts";
import { splineStages } from "../../lib/model/inner.ts";
import { edgeSpline, layerKnots, type NetworkOptions } from "../../lib/model/mod.ts";
import { evaluateSpline, gaussLegendre } from "../../splines.ts";
import { fourthOrderDifference } from "../support/gradient_check.ts";
import { product, randomNetwork } from "../support/networks.ts";

const PENALTY = { inputs: 0.3, nodes: 0.2, smoothness: 0.01 };

const TABLE = product<NetworkOptions>({
  widths: [[3, 2, 2], [2, 2, 2, 1]],
  basis: ["bspline", "relu"],
  knots: ["uniform", "free"],
  firstLayer: ["linear", "spline"],
  normalisation: ["minmax", "none"],
  degree: [1, 2, 3, 4, 7, 9],
  base: ["none", "silu"],
}).filter(({ basis, degree = 3 }) => basis === "bspline" || degree <= 5).map((options, i) => ({
  ...options,
  intervals: 2 + i % 3,
}));

Deno.test("gradients of groups and bending equal central differences", () => {
  let count = 0;
  for (const [i, options] of TABLE.entries()) {
    const network = randomNetwork(options, i), { parameters } = network;
    const terms = createStructureTerms(network, { ...PENALTY, units: i % 2 ? "raw" : "node" });
    const gradient = new Float64Array(parameters.length), moved = parameters.slice();
    terms.value(parameters, gradient);
    const scale = gradient.reduce((most, g) => Math.max(most, Math.abs(g)), 0);
    for (let k = i % 3; k < parameters.length; k += 3) {
      const at = (x: number): number => {
        moved[k] = x;
        return terms.value(moved);
      };
      const difference = fourthOrderDifference(
        at,
        parameters[k],
        options.basis === "relu" ? 1e-5 : 1e-4,
      );
      moved[k] = parameters[k];
      const error = Math.abs(gradient[k] - difference) /
        Math.max(Math.abs(gradient[k]), 1e-3 * scale);
      assertLessOrEqual(
        error,
        options.basis === "relu" || (options.degree ?? 3) > 5 ? 1e-5 : 1e-6,
        `${k}: ${gradient[k]}, ${difference}, ${JSON.stringify(options)}`,
      );
      count++;
    }
  }
  assertGreater(count, 1000);
});

Deno.test("bending is the integral of the squared second derivative, by quadrature", () => {
  const options: NetworkOptions = { widths: [2, 3, 1], knots: "free", intervals: 4 };
  const network = randomNetwork(options, 3), rule = gaussLegendre(5);
  const terms = createStructureTerms(network, { smoothness: 1 });
  let expected = 0;
  for (let p = 0; p < 3; p++) {
    const { knots, coefficients } = edgeSpline(network, 0, p, 0);
    const t = layerKnots(network, 0, p).values;
    for (let m = 3; m < 7; m++) {
      const h = t[m + 1] - t[m];
      rule.nodes.forEach((x, i) => {
        const u = t[m] + h * (1 + x) / 2;
        const bend = evaluateSpline(knots, coefficients, u, { derivative: 2 });
        expected += rule.weights[i] * h / 2 * bend ** 2;
      });
    }
  }
  assertAlmostEquals(terms.value(network.parameters) / expected, 1, 1e-12);
  assert(splineStages(network.config).length === 1);
});

Deno.test("curvatures of structure: a quadratic in the coefficients has its own, none is indefinite", () => {
  for (const base of ["none", "silu"] as const) {
    const options: NetworkOptions = { widths: [2, 3, 2], knots: "free", intervals: 3, base };
    const network = randomNetwork(options, 3), { parameters } = network;
    const bent = createStructureTerms(network, { smoothness: 1 });
    let value = 0;
    for (const { places, matrix } of bent.curvatures(parameters)) {
      places.forEach((i, row) =>
        places.forEach((j, column) =>
          value += parameters[i] * parameters[j] * matrix[row * places.length + column] / 2
        )
      );
    }
    assertAlmostEquals(value / bent.value(parameters), 1, 1e-12);
    const all = createStructureTerms(network, PENALTY);
    for (const { places, matrix } of all.curvatures(parameters)) {
      const n = places.length;
      for (let seed = 0; seed < 5; seed++) {
        const v = Float64Array.from({ length: n }, (_, i) => Math.sin(i * (seed + 1) + seed));
        let square = 0;
        for (let i = 0; i < n; i++) {
          for (let j = 0; j < n; j++) square += v[i] * v[j] * matrix[i * n + j];
        }
        assertGreater(square, -1e-10);
      }
    }
  }
});

Deno.test("a node's scale does not count before a normaliser", () => {
  const network = randomNetwork({ widths: [3, 2, 1], firstLayer: "spline" }, 1);
  const terms = createStructureTerms(network, { inputs: 1, smoothness: 1 });
  const scaled = network.parameters.slice(),
    { offset, size } = network.layout.find(({ name }) => name === "spline0.coefficients")!;
  for (let i = 0; i < size; i++) scaled[offset + i] *= i % 2 === 0 ? 3 : 1;
  assertAlmostEquals(terms.value(scaled) / terms.value(network.parameters), 1, 1e-9);
  assertThrows(
    () => createStructureTerms(network, { nodes: -1 }),
    RangeError,
    "nodes must be a number >= 0, current value is -1",
  );
});
