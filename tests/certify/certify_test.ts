import { assert, assertAlmostEquals, assertEquals, assertLess, assertThrows } from "@std/assert";
import fc from "fast-check";
import { createEnclosure } from "../../lib/certify/_enclosure.ts";
import { certify, type Claim } from "../../lib/certify/mod.ts";
import {
  createNetwork,
  createRandom,
  forward,
  inputGradient,
  type Network,
  type NetworkOptions,
  type Random,
  withStatistics,
} from "../../lib/model/mod.ts";
import { grevilleAbscissae, uniformKnots } from "../../splines.ts";
import { arbitraryNetworks } from "../support/arbitrary_networks.ts";
import { type LogitKind, randomNetwork } from "../support/networks.ts";

/** A network with waves, its statistics measured on [-1, 1]. */
function wavyNetwork(options: NetworkOptions, seed: number, size = 0.3, logits?: LogitKind) {
  const random = createRandom(seed, "waves"), network = randomNetwork(options, seed, logits);
  for (const { name, offset, size: count } of network.layout) {
    if (!name.endsWith("coefficients")) continue;
    for (let i = offset; i < offset + count; i++) network.parameters[i] += size * random.normal();
  }
  const nIn = options.widths[0];
  const rows = Float64Array.from({ length: 200 * nIn }, () => 2 * random.uniform() - 1);
  return withStatistics(network, rows);
}

/** Points of a box, on its faces more often than chance would have it. */
function pointsOf(box: Float64Array, rows: number, random: Random): Float64Array {
  const nIn = box.length / 2;
  return Float64Array.from({ length: rows * nIn }, (_, k) => {
    const low = box[2 * (k % nIn)], high = box[2 * (k % nIn) + 1];
    const share = Math.max(0, Math.min(1, 1.25 * random.uniform() - 0.125));
    return Math.max(low, Math.min(high, low + share * (high - low)));
  });
}

const every = <T>(values: readonly T[], k: number): T => values[k % values.length];

/** 200 networks of all kinds. */
function someNetworks(seed: number): Network[] {
  const drawn = fc.sample(arbitraryNetworks({ mostIntervals: 8 }), { numRuns: 200, seed });
  return drawn.map(({ widths, ...options }, k) => {
    if (k % 10 === 9) {
      return randomNetwork({ widths, activation: every(["relu", "tanh"], k / 10 | 0) }, k);
    }
    const extrapolation = every(["linear", "clamp"] as const, k >> 1);
    const logits = every(["mild", "crowded", "zero", "extreme"] as const, k >> 2);
    const size = options.basis === "relu" ? 0.1 : 0.5;
    return wavyNetwork({ widths, ...options, extrapolation }, k, size, logits);
  });
}

Deno.test("bounds are never violated: 10^5 samples of 200 networks, values, slopes, bends", () => {
  const rows = 500, random = createRandom(5, "certify test");
  let tight = 0;
  someNetworks(11).forEach((network, k) => {
    const { widths } = network.config, nIn = widths[0], nOut = widths.at(-1)!;
    const pairs = Array.from({ length: nIn }, (_, i) => [i, i] as const);
    const enclosure = createEnclosure(network, pairs);
    const width = every([2, 0.5, 0.1, 1e-3], k), box = new Float64Array(2 * nIn);
    for (let i = 0; i < nIn; i++) {
      const middle = 2.4 * random.uniform() - 1.2;
      box[2 * i] = middle - width * random.uniform();
      box[2 * i + 1] = middle + width * random.uniform();
    }
    const noise = enclosure.noise(box);
    const { values, slopes, bends } = enclosure.enclose(box, 2, k % 2 === 0);
    const ends = Array.from(
      { length: nOut },
      (_, q) => [-1, 1].map((sign) => sign * (enclosure.upper(q, sign) + noise[q])),
    );
    const points = pointsOf(box, rows, random);
    const outputs = forward(network, points), gradients = inputGradient(network, points);
    for (let r = 0; r < rows; r++) {
      for (let q = 0; q < nOut; q++) {
        const y = outputs[r * nOut + q];
        assert(y >= values.low[q] && y <= values.high[q], `value of network ${k}`);
        const [low, high] = ends[q]; // NaN where lines are vertical
        assert(!(y < low) && !(y > high), `lines of network ${k}`);
        if (high - low < 1e6 && values.high[q] - values.low[q] < 1e6) tight++;
        for (let i = 0; i < nIn; i++) {
          const slope = gradients[(r * nOut + q) * nIn + i], slack = 1e-8 * (1 + Math.abs(slope));
          assert(slope >= slopes.low[q * nIn + i] - slack, `slope of network ${k}`);
          assert(slope <= slopes.high[q * nIn + i] + slack, `slope of network ${k}`);
        }
      }
    }
    for (let r = 0; r < 20; r++) { // second derivatives by differences of first ones
      const a = points.slice(r * nIn, (r + 1) * nIn), i = r % nIn, b = a.slice();
      b[i] = box[2 * i] + random.uniform() * (box[2 * i + 1] - box[2 * i]);
      const step = b[i] - a[i];
      if (Math.abs(step) < 1e-2) continue;
      const [from, to] = [inputGradient(network, a), inputGradient(network, b)];
      for (let q = 0; q < nOut; q++) {
        const bend = (to[q * nIn + i] - from[q * nIn + i]) / step;
        const slack = 1e-6 * (1 + Math.abs(bend));
        assert(bend >= bends.low[q * nIn + i] - slack, `bend of network ${k}`);
        assert(bend <= bends.high[q * nIn + i] + slack, `bend of network ${k}`);
      }
    }
  });
  assert(tight > 80_000, "the bounds say something");
});

Deno.test("bounds are tight: at most 1.05 times what is reached, 2 layers, up to 5 inputs", () => {
  for (const firstLayer of ["linear", "spline"] as const) {
    for (const nIn of [1, 2, 3, 5]) {
      const network = wavyNetwork({ widths: [nIn, 5, 1], firstLayer }, 1);
      const box = Array.from({ length: nIn }, () => [-1, 1] as const);
      const { outputs: [{ value }] } = certify(network, { box, derivatives: 0 });
      const { lower, upper, reached: [low, high], at } = value;
      assertLess(upper - lower, 1.05 * (high - low), `${firstLayer} ${nIn}`);
      assertAlmostEquals(forward(network, Float64Array.from(at[0]))[0], low, 1e-9);
      assertAlmostEquals(forward(network, Float64Array.from(at[1]))[0], high, 1e-9);
    }
  }
});

Deno.test("derivatives and the length of the gradient have tight bounds, too", () => {
  for (const options of [{}, { firstLayer: "spline" }, { activation: "tanh" }] as const) {
    const fields = { widths: [2, 4, 1], ...options };
    const network = "activation" in options ? randomNetwork(fields, 3) : wavyNetwork(fields, 3);
    const box = [[-1, 0.5], [-0.25, 1]] as const;
    const { outputs: [{ slopes, steepness, bends }] } = certify(network, { box, derivatives: 2 });
    for (const { lower, upper, reached: [low, high], status } of [...slopes!, ...bends!]) {
      assertEquals(status, "tight");
      assert(lower <= low && high <= upper);
      assertLess(upper - lower, 1.05 * (high - low) + 1e-9);
    }
    const random = createRandom(1, "points");
    const points = pointsOf(Float64Array.from(box.flat()), 2000, random);
    const gradients = inputGradient(network, points);
    for (let r = 0; r < 2000; r++) {
      assert(Math.hypot(gradients[2 * r], gradients[2 * r + 1]) <= steepness!.upper);
    }
  }
});

Deno.test("a constant column has no part in anything, also at degree 1", () => {
  const fresh = createNetwork({ widths: [2, 3, 1], firstLayer: "spline", degree: 1 }, { seed: 3 });
  const network = withStatistics(fresh, Float64Array.of(0, 5, 1, 5, 2, 5));
  const { outputs: [{ slopes, bends }] } = certify(network, {
    ...{ box: [[0, 2], [4, 6]], derivatives: 2, boxes: 200 },
  });
  for (const { lower, upper } of [slopes![1], bends![1]]) assertEquals([lower, upper], [0, 0]);
});

/** A network of one edge: `y = spline(x)` on [0, 1] with these B-spline coefficients. */
function oneEdge(coefficients: readonly number[], options: Partial<NetworkOptions> = {}): Network {
  const degree = options.degree ?? 3, intervals = coefficients.length - degree;
  const network = createNetwork({
    ...{ widths: [1, 1], firstLayer: "spline", knots: "uniform", normalisation: "none" },
    ...{ domain: [0, 1], degree, intervals, ...options },
  });
  network.parameters.set(coefficients);
  return network;
}

function statusOf(network: Network, claim: Claim, box: readonly [number, number] = [0, 1]) {
  return certify(network, { box: [box], derivatives: 0, claims: [claim] }).claims[0];
}

Deno.test("claims are proven, or refuted by a point", () => {
  const greville = [
    ...grevilleAbscissae(uniformKnots({ degree: 3, intervals: 4, domain: [0, 1] })),
  ];
  const line = oneEdge(greville);
  assertEquals(statusOf(line, { kind: "increasing", input: 0 }).status, "proven");
  assertEquals(statusOf(line, { kind: "decreasing", input: 0 }).status, "refuted");
  assertEquals(statusOf(line, { kind: "range", low: -1e-9, high: 1 + 1e-9 }).status, "proven");
  const hump = oneEdge([0, 0, 1, 3, 1, 0, 0]);
  const { status, counterexample } = statusOf(hump, { kind: "increasing", input: 0 });
  assertEquals(status, "refuted");
  assert(inputGradient(hump, Float64Array.from(counterexample!.at))[0] < 0);
  const high = statusOf(hump, { kind: "range", low: 0, high: 2 });
  assertEquals(high.status, "refuted");
  assert(forward(hump, Float64Array.from(high.counterexample!.at))[0] > 2);
  const bowl = oneEdge([9, 4, 1, 0, 1, 4, 9]);
  assertEquals(statusOf(bowl, { kind: "convex", input: 0 }).status, "proven");
  assertEquals(statusOf(bowl, { kind: "concave", input: 0 }).status, "refuted");
});

Deno.test("steps of 0 in the coefficients are monotone, also far outside the domain", () => {
  const flat = oneEdge([0, 0, 0, 0.1, 0.1, 0.1, 7]);
  const box = [-100, 100] as const;
  assertEquals(statusOf(flat, { kind: "increasing", input: 0 }, box).status, "proven");
});

Deno.test("kinks: convex by the signs of jumps, refuted by a chord", () => {
  const vee = oneEdge([3, 1, 0, 1, 3], { degree: 1 });
  assertEquals(statusOf(vee, { kind: "convex", input: 0 }).status, "proven");
  const roof = oneEdge([0, 1, 2, 1, 0], { degree: 1 });
  const { status, counterexample } = statusOf(roof, { kind: "convex", input: 0 });
  assertEquals(status, "refuted");
  assert(counterexample!.value < 0);
  const [slope] = certify(roof, { box: [[0, 1]] }).outputs[0].slopes!;
  assertAlmostEquals(slope.lower, -4, 1e-9);
  assertAlmostEquals(slope.upper, 4, 1e-9);
});

Deno.test("certify() tells what is wrong with its arguments", () => {
  const network = createNetwork({ widths: [2, 3, 1] });
  const box = [[0, 1], [0, 1]] as const;
  assertThrows(() => certify(network, { box: [[0, 1]] }), TypeError, "box must be 2 pairs");
  assertThrows(() => certify(network, { box: [[0, 1], [2, 1]] }), RangeError, "input 1 is [2, 1]");
  assertThrows(() => certify(network, { box, tolerance: 0 }), RangeError, "tolerance must be");
  assertThrows(() => certify(network, { box, boxes: 0.5 }), RangeError, "boxes must be");
  assertThrows(() => certify(network, { box, derivatives: 3 }), RangeError, "derivatives must be");
  assertThrows(() => certify(network, { box, outputs: [1] }), RangeError, "outputs must be");
  const claims = [{ kind: "convex", input: 2 }] as const;
  assertThrows(() => certify(network, { box, claims }), RangeError, "claims must be of inputs");
  const broken = { ...network, parameters: network.parameters.map(() => NaN) };
  assertThrows(() => certify(broken, { box }), RangeError, "must be finite");
  const unmeasured = { ...network, statistics: [] };
  assertThrows(() => certify(unmeasured, { box }), RangeError, "statistics of the network must");
  const strict = oneEdge([1, 2, 3, 4], { extrapolation: "error" });
  assertThrows(() => certify(strict, { box: [[0, 2]] }), RangeError, "extrapolation is error");
});
