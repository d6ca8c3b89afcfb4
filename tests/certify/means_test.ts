import { assert, assertEquals, assertThrows } from "@std/assert";
import { certify } from "../../lib/certify/mod.ts";
import {
  createNetwork,
  createRandom,
  ensembleOutputs,
  inputGradient,
  type Network,
  withStatistics,
} from "../../lib/model/mod.ts";

/** Networks of several kinds, with waves. */
function members(nIn: number, seed: number): Network[] {
  const random = createRandom(seed, "members");
  const kinds = [
    { widths: [nIn, 4, 1], knots: "free" },
    { widths: [nIn, 3, 1], firstLayer: "spline", knots: "free", intervals: 3 },
    { widths: [nIn, 5, 1], activation: "tanh" },
  ] as const;
  return kinds.map((options, k) => {
    const network = createNetwork({ ...options, widths: [...options.widths] }, { seed: seed + k });
    for (let i = 0; i < network.parameters.length; i++) {
      network.parameters[i] += 0.4 * random.normal();
    }
    const rows = Float64Array.from({ length: 100 * nIn }, () => 2 * random.uniform() - 1);
    return withStatistics(network, rows);
  });
}

const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));

Deno.test("bounds of means are never violated, and tight", () => {
  for (const average of ["values", "probabilities"] as const) {
    for (const nIn of [1, 2]) {
      const networks = members(nIn, 3), box = Array.from({ length: nIn }, () => [-1, 1] as const);
      const { outputs: [{ value, slopes, bends }] } = certify(networks, {
        ...{ box, average, derivatives: 2, boxes: 500, tolerance: 0.05 },
      });
      assertEquals(value.status, "tight");
      const random = createRandom(2, "points"), rows = 5000;
      const points = Float64Array.from({ length: rows * nIn }, () => 2 * random.uniform() - 1);
      const means = ensembleOutputs(networks, points, rows, average);
      const gradients = networks.map((network) => inputGradient(network, points, rows));
      const each = networks.map((network) => ensembleOutputs([network], points, rows));
      for (let r = 0; r < rows; r++) {
        const y = average === "values" ? means[r] : sigmoid(means[r]), slack = 1e-12;
        assert(y >= value.lower - slack && y <= value.upper + slack, `${average} ${y}`);
        for (let i = 0; i < nIn; i++) {
          const slope = gradients.reduce((sum, gradient, m) => {
            const p = sigmoid(each[m][r]);
            return sum + gradient[r * nIn + i] * (average === "values" ? 1 : p * (1 - p)) / 3;
          }, 0);
          assert(slope >= slopes![i].lower - 1e-9 && slope <= slopes![i].upper + 1e-9);
        }
      }
      assertEquals(bends!.length, nIn);
    }
  }
});

Deno.test("a mean of a network and itself is that network; its claims are decided", () => {
  const [network] = members(1, 5), box = [[-1, 1]] as const;
  const claims = [{ kind: "range", low: -100, high: 100 }] as const;
  const alone = certify(network, { box, claims, boxes: 500 });
  const twice = certify([network, network], { box, claims, boxes: 500 });
  assert(Math.abs(alone.outputs[0].value.upper - twice.outputs[0].value.upper) < 0.01);
  assertEquals([alone.status, twice.status], ["proven", "proven"]);
});

Deno.test("certify() refuses means that are none", () => {
  const [network] = members(1, 5), box = [[-1, 1]] as const;
  const wide = createNetwork({ widths: [1, 2, 2] }, { seed: 1 });
  assertThrows(() => certify([], { box }), RangeError, "networks must be one at least");
  assertThrows(() => certify([network, wide], { box }), RangeError, "must all have 1 inputs and 1");
  assertThrows(
    () => certify(wide, { box, average: "probabilities" }),
    RangeError,
    "networks with one output",
  );
});
