import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  decodeRelu,
  elevateDegree,
  encodeRelu,
  reluNetworkOf,
  reluOutputs,
  reluSize,
  reluToMlp,
  reluToSplines,
  restrictInputs,
  splinesToRelu,
} from "../../lib/convert/mod.ts";
import { nodeMap, splineStages, stageValues } from "../../lib/model/inner.ts";
import {
  createNetwork,
  createRandom,
  forward,
  layerKnots,
  ModelFileError,
  type Network,
  type NetworkOptions,
  type Random,
  withStatistics,
} from "../../lib/model/mod.ts";
import { prolong } from "../../lib/multilevel/mod.ts";
import { randomNetwork } from "../support/networks.ts";
import { networkUnits, reluUnits } from "../support/rounding_units.ts";

const U = 2 ** -53;

/** A random network of splines of degree 1, every option among them. */
function splineNetwork(seed: number, fields: Partial<NetworkOptions> = {}): Network {
  const random = createRandom(seed, "conversion");
  const pick = <const T>(...list: T[]): T => list[random.integer(list.length)];
  const depth = 2 + random.integer(3), knots = pick("uniform", "fixed", "free");
  const widths = Array.from({ length: depth + 1 }, () => 1 + random.integer(8));
  const basis = pick("bspline", "bspline", "relu");
  const options: NetworkOptions = {
    ...{ widths, degree: 1, intervals: 1 + random.integer(9), knots, basis },
    firstLayer: pick("linear", "spline"),
    normalisation: pick("minmax", "batchnorm", "none"),
    knotSharing: pick("input", "layer"),
    domain: pick([-1, 1] as const, [0, 1] as const, [-4, 4]),
    extrapolation: pick("linear", "linear", "clamp"),
    outerKnots: knots === "free"
      ? pick("free", "even")
      : basis === "relu"
      ? "even"
      : pick("even", "clamped"),
    ...fields,
  };
  const network = randomNetwork(options, seed);
  return withStatistics(network, points(widths[0], 40, 1, random));
}

function points(nIn: number, rows: number, size: number, random: Random): Float64Array {
  return Float64Array.from({ length: nIn * rows }, () => size * random.normal());
}

/** Points near and far, and points that put an input of the first splines onto one of its knots. */
function testPoints(network: Network, random: Random): Float64Array[] {
  const nIn = network.config.widths[0];
  const all = [1, 1, 1, 100, 1e6].map((size) => points(nIn, 1, size, random));
  if (network.config.activation !== "spline" || network.config.firstLayer !== "spline") return all;
  const map = nodeMap(network.statistics[0], network.config.domain, 0);
  for (const knot of layerKnots(network, 0, 0).values) {
    const point = points(nIn, 1, 1, random);
    point[0] = map.from + (knot - map.origin) / map.scale;
    if (Number.isFinite(point[0])) all.push(point);
  }
  return all;
}

function checkNear(a: Float64Array, b: Float64Array, units: Float64Array, what: string): void {
  a.forEach((value, q) => {
    const allowed = 16 * U * units[q];
    assert(Math.abs(value - b[q]) <= allowed, `${what}: ${value} ${b[q]} ${allowed}`);
  });
}

Deno.test("splinesToRelu() is exact on the whole space: 200 random networks", () => {
  for (let seed = 0; seed < 200; seed++) {
    const network = splineNetwork(seed), relu = splinesToRelu(network);
    const random = createRandom(seed, "points");
    for (const x of testPoints(network, random)) {
      const units = networkUnits(network, x), others = reluUnits(relu, x);
      const both = units.map((each, q) => each + others[q]);
      checkNear(reluOutputs(relu, x), forward(network, x), both, `seed ${seed}`);
    }
  }
});

Deno.test("there and back is the same network of splines: widths, and values on the whole space", () => {
  for (let seed = 0; seed < 200; seed++) {
    const network = splineNetwork(seed, { normalisation: "none" }), relu = splinesToRelu(network);
    if (!relu.layers.every(({ values }) => values.length > 0)) continue;
    const back = reluToSplines(relu);
    assertEquals(back.config.widths, network.config.widths, `seed ${seed}`);
    const random = createRandom(seed, "points");
    for (const x of testPoints(network, random)) {
      const units = networkUnits(network, x), ends = networkUnits(back, x);
      const all = reluUnits(relu, x).map((each, q) => each + units[q] + ends[q]);
      checkNear(forward(back, x), forward(network, x), all, `seed ${seed}`);
    }
  }
});

Deno.test("reluToSplines() is exact on the whole space: 200 random MLPs to depth 6, width 64", () => {
  for (let seed = 0; seed < 200; seed++) {
    const random = createRandom(seed, "mlp"), depth = 2 + random.integer(5);
    const most = seed % 10 === 0 ? 64 : 12;
    const widths = Array.from({ length: depth + 1 }, () => 1 + random.integer(most));
    const mlp = createNetwork({ widths, activation: "relu", bias: seed % 5 > 0 }, { seed });
    const splines = reluToSplines(mlp);
    assertEquals(splines.config.widths, mlp.config.widths);
    const relu = splinesToRelu(mlp);
    for (const x of testPoints(mlp, random)) {
      const units = reluUnits(relu, x);
      checkNear(forward(splines, x), forward(mlp, x), units, `seed ${seed}`);
    }
    const x = points(widths[0], 20, 1, random);
    const wide = reluToSplines(mlp, { inputs: x }), [, end] = wide.config.domain;
    for (const { layer } of splineStages(wide.config)) {
      const raw = stageValues(wide, x)[layer + 1];
      assert(raw.every((value) => Math.abs(value) <= end), "the domain holds the rows");
    }
    checkNear(
      forward(wide, x.subarray(0, widths[0])),
      forward(mlp, x.subarray(0, widths[0])),
      reluUnits(relu, x.subarray(0, widths[0])),
      `seed ${seed}, domain of rows`,
    );
  }
});

Deno.test("kinks that meet, and points on them: all biases 0, the same values", () => {
  const mlp = createNetwork({ widths: [2, 6, 6, 1], activation: "relu", bias: false }, { seed: 3 });
  const splines = reluToSplines(mlp), zero = Float64Array.of(0, 0);
  assertEquals(forward(splines, zero), forward(mlp, zero));
  assertEquals(splines.config.bias, false);
});

Deno.test("a ReLU network of splines has no more numbers than the splines, and stays sparse", () => {
  for (let seed = 0; seed < 200; seed++) {
    const network = splineNetwork(seed, { extrapolation: "linear" });
    if (network.config.intervals < 2) continue;
    const { numbers, widths, depth } = reluSize(splinesToRelu(network));
    const stages = splineStages(network.config), n = network.config.intervals;
    const splines = stages.reduce(
      (sum, { nIn, nOut, numBasis, numKnotVectors }) =>
        sum + nIn * nOut * numBasis + (numKnotVectors === nIn ? nIn : nIn) * (n + 1),
      0,
    );
    const [first] = network.layout,
      bias = network.layout.find(({ name }) => name === "linear.bias");
    const linear = first.name === "linear.weights" ? first.size + (bias?.size ?? 0) : 0;
    assert(numbers <= splines + linear, `seed ${seed}: ${numbers} of ${splines + linear}`);
    assertEquals(depth, stages.length + 1);
    stages.forEach(({ nIn, nOut }, l) => {
      assert(widths[l + 1] <= nIn * n, "shared knots");
      assert(widths[l + 1] <= Math.max(nIn, nOut) ** 2 * (n + 1), "theorem 3");
    });
  }
});

Deno.test("units that nothing asks for are left out: a refined network needs no more", () => {
  const network = createNetwork(
    { widths: [2, 3, 1], degree: 1, intervals: 4, knots: "uniform", domain: [-4, 4] },
    { seed: 2 },
  );
  const dyadic = { ...network, parameters: network.parameters.map((c) => Math.round(c * 64) / 64) };
  const [a, b] = [dyadic, prolong(dyadic)].map((each) => reluSize(splinesToRelu(each)).widths);
  assertEquals(a, b);
});

Deno.test("other piecewise-linear activations", () => {
  const random = createRandom(5, "activations");
  const weights = (rows: number, columns: number) =>
    Array.from({ length: rows }, () => Array.from({ length: columns }, () => random.normal()));
  const bias = (rows: number) => weights(1, rows)[0];
  const layers = [
    { weights: weights(6, 2), bias: bias(6), activation: { leaky: 0.1 } },
    { weights: weights(6, 6), bias: bias(6), activation: { leaky: [0, 1, -1, 0.5, 2, 0.25] } },
    { weights: weights(6, 6), bias: bias(6), activation: "abs" },
    { weights: weights(6, 6), bias: bias(6), activation: "hardTanh" },
    { weights: weights(8, 6), bias: bias(8), activation: "maxPairs" },
    { weights: weights(3, 4), bias: bias(3), activation: "relu" },
    { weights: weights(2, 3), bias: bias(2) },
  ] as const;
  const relu = reluNetworkOf(layers), splines = reluToSplines(relu);
  for (let k = 0; k < 50; k++) {
    const x = points(2, 1, k % 5 === 0 ? 1e4 : 1, random);
    let y = [...x];
    for (
      const { weights, bias, activation } of layers.map((layer) =>
        ({ ...layer }) as {
          weights: number[][];
          bias: number[];
          activation?: unknown;
        }
      )
    ) {
      const z = weights.map((row, q) => row.reduce((sum, w, p) => sum + w * y[p], bias[q]));
      const leaky = (activation as { leaky?: number | number[] })?.leaky;
      y = leaky !== undefined
        ? z.map((v, p) => v > 0 ? v : v * (typeof leaky === "number" ? leaky : leaky[p]))
        : activation === "abs"
        ? z.map(Math.abs)
        : activation === "hardTanh"
        ? z.map((v) => Math.max(-1, Math.min(1, v)))
        : activation === "maxPairs"
        ? [0, 2, 4, 6].map((i) => Math.max(z[i], z[i + 1]))
        : activation === "relu"
        ? z.map((v) => Math.max(0, v))
        : z;
    }
    const units = reluUnits(relu, x);
    checkNear(reluOutputs(relu, x), Float64Array.from(y), units, "by hand");
    checkNear(forward(splines, x), Float64Array.from(y), units, "as splines");
  }
  assertThrows(
    () => reluNetworkOf([{ weights: [[1]], activation: "gelu" as never }]),
    RangeError,
    'others are not piecewise linear), current value is "gelu"',
  );
  assertThrows(
    () => reluNetworkOf([{ weights: [[1]], activation: "maxPairs" }]),
    RangeError,
    "1 nodes",
  );
});

Deno.test("an MLP in full matrices is the same function", () => {
  for (let seed = 0; seed < 40; seed++) {
    const network = splineNetwork(seed), relu = splinesToRelu(network);
    const mlp = reluToMlp(relu), random = createRandom(seed, "points");
    for (const x of testPoints(network, random)) {
      const units = reluUnits(relu, x), others = reluUnits(splinesToRelu(mlp), x);
      const all = units.map((each, q) => each + others[q]);
      checkNear(forward(mlp, x), reluOutputs(relu, x), all, `seed ${seed}`);
    }
  }
  const wide = createNetwork({ widths: [2, 300, 300, 1], degree: 1, intervals: 80 }, { seed: 1 });
  assertThrows(() => reluToMlp(splinesToRelu(wide)), RangeError, "current value is 5760");
});

Deno.test("powers of ReLU: networks of degree 2 and 3 on their domains, there and back", () => {
  for (const degree of [2, 3]) {
    for (let seed = 0; seed < 20; seed++) {
      const network = createNetwork(
        { widths: [2, 2, 1], degree, intervals: 3, knots: "uniform", normalisation: "none" },
        { seed },
      );
      const relu = splinesToRelu(network), random = createRandom(seed, "points");
      const x = Float64Array.of(random.uniform() - 0.5, random.uniform() - 0.5);
      const values = stageValues(network, x);
      if (values.some((list) => list.some((value) => Math.abs(value) > 1))) continue;
      const back = reluToSplines(relu);
      assertEquals([back.config.degree, ...back.config.widths], [degree, 2, 2, 1]);
      const units = reluUnits(relu, x);
      checkNear(reluOutputs(relu, x), forward(network, x), units, `degree ${degree}`);
      checkNear(forward(back, x), forward(network, x), units, `degree ${degree} back`);
    }
  }
});

Deno.test("MLPs with powers of ReLU become splines of that degree, the same on the domain", () => {
  for (const power of [1, 2, 3]) {
    const random = createRandom(power, "powers");
    const weights = (rows: number, columns: number) =>
      Array.from({ length: rows }, () => Array.from({ length: columns }, () => random.normal()));
    const relu = reluNetworkOf([
      { weights: weights(5, 2), bias: weights(1, 5)[0], activation: { power } },
      { weights: weights(4, 5), bias: weights(1, 4)[0], activation: { power } },
      { weights: weights(2, 4), bias: weights(1, 2)[0] },
    ]);
    const inputs = points(2, 50, 1, random), splines = reluToSplines(relu, { inputs });
    assertEquals([splines.config.degree, ...splines.config.widths], [power, 2, 5, 4, 2]);
    for (let r = 0; r < 50; r++) {
      const x = inputs.subarray(2 * r, 2 * r + 2), units = networkUnits(splines, x);
      const all = reluUnits(relu, x).map((each, q) => each + units[q]);
      checkNear(forward(splines, x), reluOutputs(relu, x), all, `power ${power}`);
    }
  }
});

Deno.test("a higher degree is the same function: 100 random networks, bounds as everywhere", () => {
  for (let seed = 0; seed < 100; seed++) {
    const network = splineNetwork(seed), degree = 1 + seed % 4;
    const fine = elevateDegree(network, degree), random = createRandom(seed, "points");
    assertEquals([fine.config.degree, fine.config.knots], [degree, "free"]);
    for (const x of testPoints(network, random)) {
      const units = networkUnits(network, x), others = networkUnits(fine, x);
      const all = units.map((each, q) => each + others[q]);
      checkNear(forward(fine, x), forward(network, x), all, `seed ${seed}, degree ${degree}`);
    }
  }
  const cubic = createNetwork({ widths: [1, 1, 1] }, { seed: 1 });
  assertThrows(() => elevateDegree(cubic, 3), RangeError, "spline of degree 3");
});

Deno.test("lines and planes through a network", () => {
  const relu = splinesToRelu(splineNetwork(4)), { nIn } = relu.layers[0];
  const random = createRandom(1, "line"), origin = points(nIn, 1, 1, random);
  const direction = points(nIn, 1, 1, random), line = restrictInputs(relu, origin, [direction]);
  const x = origin.map((each, p) => each + 0.5 * direction[p]);
  checkNear(
    reluOutputs(line, Float64Array.of(0.5)),
    reluOutputs(relu, x),
    reluUnits(relu, x),
    "line",
  );
  assertThrows(() => restrictInputs(relu, [], []), RangeError, "directions");
});

Deno.test("files: the same bits back, faults by name", () => {
  const relu = splinesToRelu(splineNetwork(7)), metadata = { note: "hello" };
  for (const format of ["safetensors", "json"] as const) {
    const bytes = encodeRelu(relu, metadata, format);
    assertEquals(decodeRelu(bytes), { network: relu, metadata });
    const cut = bytes.slice(0, bytes.length - 9);
    assertThrows(() => decodeRelu(cut), ModelFileError, "Cannot read model file");
  }
  const damaged = encodeRelu(relu);
  damaged[damaged.length - 3] ^= 1;
  assertThrows(() => decodeRelu(damaged), ModelFileError, "checksum");
  const text = new TextDecoder().decode(encodeRelu(relu, {}, "json"));
  const faults = [[text.slice(0, 300), "it must be JSON, current value is broken"], [
    text.replace('"starts"', '"begins"'),
    "starts of layer 1 must be a list of numbers",
  ], [text.replace("freeknot-relu", "other"), "its format must be freeknot-relu 1"]];
  for (const [broken, fault] of faults) {
    assertThrows(() => decodeRelu(new TextEncoder().encode(broken)), ModelFileError, fault);
  }
  const wrong = new TextEncoder().encode(text.replace('"nOut":', '"nOut":9'));
  assertThrows(() => decodeRelu(wrong), ModelFileError, "layers must fit together");
});

Deno.test("what cannot be converted says why", () => {
  const network = (options: NetworkOptions) => createNetwork(options, { seed: 1 });
  const widths = [2, 3, 1];
  assertThrows(
    () => splinesToRelu(network({ widths, activation: "tanh" })),
    RangeError,
    "tanh is not piecewise linear",
  );
  assertThrows(
    () => splinesToRelu(network({ widths, degree: 1, base: "silu" })),
    RangeError,
    "silu is not piecewise linear",
  );
  assertThrows(() => reluToSplines(network({ widths })), RangeError, "current value is spline");
  const jumps = network({ widths: [1, 1], degree: 1, intervals: 3, firstLayer: "spline" });
  jumps.parameters.set([0, 1, 2, 3, 0, 0, -1000, 0, 0]);
  assertThrows(() => splinesToRelu(jumps), RangeError, "must differ where its splines jump");
  assertThrows(() => reluOutputs({ layers: [] }, Float64Array.of(1)), TypeError, "at least one");
  assertThrows(
    () => reluOutputs(splinesToRelu(network({ widths, degree: 1 })), Float64Array.of(1)),
    TypeError,
    "rows x 2 numbers",
  );
});
