import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  chainTerms,
  closeDerivatives,
  evaluateJets,
  jetPoints,
  siluDerivatives,
} from "../../lib/engine/inner.ts";
import { compileJets, type JetProgram, type SquareMatrix } from "../../lib/engine/mod.ts";
import {
  createRandom,
  edgeSpline,
  forward,
  type Network,
  type NetworkOptions,
} from "../../lib/model/mod.ts";
import { evaluateSpline } from "../../lib/basis/mod.ts";
import { fourthOrderDifference } from "../support/gradient_check.ts";
import { product, randomNetwork } from "../support/networks.ts";

const SECOND = [[0], [1], [1, 1], [0, 1]];

function points(count: number, nIn: number, seed: number): Float64Array {
  const random = createRandom(seed, "test jets");
  return Float64Array.from({ length: count * nIn }, () => 2 * random.uniform() - 1);
}

Deno.test("closeDerivatives() adds what the chain rule needs, in order", () => {
  assertEquals(closeDerivatives([[1, 0, 0]]), [[], [0], [1], [0, 0], [0, 1], [0, 0, 1]]);
  assertThrows(() => closeDerivatives([[0, 0, 0, 0, 0, 0, 0]]), RangeError, "at most 6");
  assertThrows(() => closeDerivatives([[-1]]), RangeError, "[-1]");
});

Deno.test("chainTerms() is Faa di Bruno's formula", () => {
  const counts = (order: number) =>
    chainTerms(closeDerivatives([new Array(order).fill(0)]))
      .filter(({ channel }) => channel === order)
      .map(({ order, factor }) => [order, factor]);
  assertEquals(counts(3), [[1, 1], [2, 3], [3, 1]]);
  assertEquals(counts(4), [[1, 1], [2, 4], [2, 3], [3, 6], [4, 1]]);
});

Deno.test("siluDerivatives() agrees with differences, order by order", () => {
  for (const x of [-30, -2.3, -0.1, 0, 0.7, 4, 40]) {
    const all = siluDerivatives(x, 7);
    for (let m = 1; m <= 7; m++) {
      const slope = fourthOrderDifference((y) => siluDerivatives(y, 7)[m - 1], x, 1e-3);
      assertAlmostEquals(all[m], slope, 1e-9);
    }
  }
});

Deno.test("evaluateJets() equals the derivatives of one spline to 1e-10", () => {
  for (const basis of ["bspline", "relu"] as const) {
    for (const degree of [2, 3, 4, 5, 7, 9]) {
      const options = { widths: [1, 1], firstLayer: "spline", normalisation: "none" } as const;
      const network = randomNetwork({ ...options, degree, basis, intervals: 4 }, 3);
      const { knots, coefficients } = edgeSpline(network, 0, 0, 0);
      const at = points(20, 1, 5);
      const order = Math.min(6, Math.max(3, degree - 1));
      const { values } = evaluateJets(network, at, [new Array(order).fill(0)]);
      // sums of ReLU powers cancel
      const tolerance = basis === "relu" && degree > 5 ? 1e-5 : 1e-10;
      at.forEach((x, r) => {
        for (let m = 0; m <= order; m++) {
          const exact = evaluateSpline(knots, coefficients, x, { derivative: m });
          const value = values[(order + 1) * r + m];
          assertAlmostEquals(value, exact, tolerance * Math.max(1, Math.abs(exact)));
        }
      });
    }
  }
});

Deno.test("evaluateJets() equals nested finite differences of the network", () => {
  const cases: NetworkOptions[] = [
    {
      widths: [2, 4, 3, 2],
      degree: 5,
      base: "silu",
      normalisation: "none",
      domain: [-5, 5],
      bias: false,
    },
    { widths: [2, 4, 1], degree: 5, basis: "relu", intervals: 2, bias: false },
    { widths: [2, 3, 1], degree: 5, firstLayer: "spline", intervals: 1 },
  ];
  for (const options of cases) {
    const network = randomNetwork(options, 7, "zero");
    const nOut = network.config.widths.at(-1)!;
    const at = points(6, 2, 2).map((x) => 0.4 * x);
    const wanted = [[0], [1, 1], [0, 1], [0, 0, 1]];
    const { derivatives, values } = evaluateJets(network, at, wanted);
    for (let r = 0; r < 6; r++) {
      derivatives.forEach((derivative, c) => {
        const nested = (rest: readonly number[], x: number[]): number =>
          rest.length === 0
            ? forward(network, Float64Array.from(x))[nOut - 1]
            : fourthOrderDifference(
              (y) => nested(rest.slice(1), x.map((own, i) => i === rest[0] ? y : own)),
              x[rest[0]],
              5e-3,
            );
        const difference = nested(derivative, [at[2 * r], at[2 * r + 1]]);
        const own = values[(r * derivatives.length + c) * nOut + nOut - 1];
        assertAlmostEquals(own, difference, 1e-5 * Math.max(1, Math.abs(own)));
      });
    }
  }
});

const OPTIONS = product<NetworkOptions>({
  widths: [[2, 3, 2]],
  degree: [3, 4, 6, 7, 8, 9],
  intervals: [3],
  basis: ["bspline", "relu"],
  base: ["none", "silu"],
  normalisation: ["none", "minmax", "batchnorm"],
  knots: ["uniform", "free"],
}).concat([
  {
    widths: [2, 3, 5, 1],
    degree: 5,
    intervals: 2,
    knotSharing: "layer",
    normalisation: "none",
    extrapolation: "clamp",
  },
  { widths: [2, 2, 1], degree: 3, firstLayer: "spline", normalisation: "batchnorm", bias: false },
  { widths: [2, 3, 3, 1], normalisation: "none", domain: [-0.5, 0.5], basis: "relu" },
  { widths: [2, 3, 3, 1], normalisation: "none", domain: [-0.5, 0.5], outerKnots: "clamped" },
]);

Deno.test("compileJets() forward equals evaluateJets(), several groups and all options", () => {
  for (const [seed, options] of OPTIONS.entries()) {
    const network = randomNetwork(options, seed);
    const groups = [jetPoints(points(9, 2, seed), 2, SECOND), jetPoints(points(4, 2, 9), 2, [[1]])];
    const program = compileJets(network, groups);
    const outputs = program.forward(network.parameters);
    const now = { ...network, statistics: program.statistics() };
    groups.forEach((group, g) => {
      const { values } = evaluateJets(now, group);
      const most = values.reduce((sum, v) => Math.max(sum, Math.abs(v)), 1);
      values.forEach((value, i) =>
        assertAlmostEquals(
          outputs[g][i],
          value,
          1e-9 * most,
          `${JSON.stringify(options)} ${g} ${i}`,
        )
      );
    });
  }
});

Deno.test("evaluateJets() keeps the batch's extreme rows inside the domain", () => {
  // Summed in another order a hidden value may lie beyond the measured maximum by its last digit:
  // there the second derivative is that of the spline, not the extrapolation's 0.
  for (let seed = 0; seed < 20; seed++) {
    const network = randomNetwork({ widths: [3, 4, 1], normalisation: "minmax" }, seed);
    const group = jetPoints(points(7, 3, seed), 3, [[0, 0], [1, 1]]);
    const program = compileJets(network, [group]);
    const [outputs] = program.forward(network.parameters);
    const [statistics] = program.statistics();
    assert(statistics.kind === "minmax");
    for (const sign of [-1, 1]) { // as if the other order had ended a digit lower or higher
      const moved = statistics.maximum.map((x) => x * (1 + sign * 2 ** -52));
      const now = { ...network, statistics: [{ ...statistics, maximum: moved }] };
      const { values } = evaluateJets(now, group);
      const most = values.reduce((sum, v) => Math.max(sum, Math.abs(v)), 1);
      values.forEach((value, i) => assertAlmostEquals(outputs[i], value, 1e-9 * most, `${seed}`));
    }
  }
});

/** A function of the jets that is not linear, its bars, and weights that differ. */
function objective(outputs: readonly Float64Array[]): { value: number; bars: Float64Array[] } {
  let value = 0;
  const bars = outputs.map((y, g) =>
    y.map((own, i) => {
      const weight = Math.sin(1 + 3 * i + g), bend = Math.cos(i) / 8;
      value += weight * own + bend * own * own;
      return weight + 2 * bend * own;
    })
  );
  return { value, bars };
}

/** Which interval and which extreme rows a network's rows meet: where they change, kinks lie. */
function compareBackward(network: Network, seed: number): number {
  const groups = [jetPoints(points(9, 2, seed), 2, SECOND), jetPoints(points(4, 2, 9), 2, [[1]])];
  const program = compileJets(network, groups);
  const gradient = new Float64Array(program.numParameters);
  program.backward(objective(program.forward(network.parameters)).bars, gradient);
  const scale = gradient.reduce((most, g) => Math.max(most, Math.abs(g)), 0);
  const moved = network.parameters.slice();
  let worst = 0;
  for (let i = 0; i < moved.length; i++) {
    const at = (x: number): number => {
      moved[i] = x;
      return objective(program.forward(moved)).value;
    };
    const slope = fourthOrderDifference(at, network.parameters[i], 1e-5);
    moved[i] = network.parameters[i];
    worst = Math.max(worst, Math.abs(gradient[i] - slope) / Math.max(scale, 1));
  }
  return worst;
}

Deno.test("compileJets() backward equals differences to 1e-6, knots and statistics included", () => {
  for (const [seed, options] of OPTIONS.entries()) {
    const error = compareBackward(randomNetwork(options, seed, "mild"), seed);
    assert(error <= 1e-6, `${JSON.stringify(options)}: ${error}`);
  }
});

/** Compares a matrix of parameters and one more unknown with the product of its rows. */
function assertProduct(
  { values, size, stride }: SquareMatrix,
  program: JetProgram,
  rows: readonly { readonly own: readonly Float64Array[]; readonly extra: number }[],
  label: string,
): void {
  const n = program.numParameters, expected = new Float64Array((n + 1) ** 2);
  for (const { own, extra } of rows) {
    const row = new Float64Array(n + 1);
    program.backward(own, row.subarray(0, n));
    row[n] = extra;
    row.forEach((x, i) => row.forEach((y, j) => expected[i * (n + 1) + j] += x * y));
  }
  const most = expected.reduce((sum, x) => Math.max(sum, Math.abs(x)), 0);
  assertEquals(size, n + 1);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      const error = Math.abs(values[i * stride + j] - expected[i * size + j]);
      assert(error <= 1e-9 * most, `${label} ${i} ${j}`);
    }
  }
}

/** Compares rows of a Jacobian with backward passes. */
function assertRows(
  written: Float64Array,
  rows: readonly { readonly own: readonly Float64Array[]; readonly extra: number }[],
  program: JetProgram,
  label: string,
): void {
  const n = program.numParameters, row = new Float64Array(n + 1);
  assertEquals(written.length, rows.length * (n + 1));
  rows.forEach(({ own, extra }, r) => {
    program.backward(own, row.subarray(0, n));
    row[n] = extra;
    const most = row.reduce((sum, x) => Math.max(sum, Math.abs(x)), 0);
    row.forEach((x, i) =>
      assertAlmostEquals(written[r * (n + 1) + i], x, 1e-10 * most, `${label} ${r} ${i}`)
    );
  });
}

Deno.test("compileJets() normalMatrix equals J^T J from backward passes", () => {
  for (const [seed, options] of OPTIONS.entries()) {
    const network = randomNetwork(options, seed);
    const groups = [jetPoints(points(5, 2, seed), 2, SECOND), jetPoints(points(5, 2, 9), 2, [[1]])];
    const program = compileJets(network, groups);
    const { bars } = objective(program.forward(network.parameters));
    const second = bars.map((bar) => bar.map((x, i) => Math.sin(x + i)));
    const extra = Float64Array.from({ length: 5 }, (_, r) => r - 2);
    const residuals = [
      { rows: 5, parts: [{ group: 0, bars: bars[0] }], extra: new Float64Array(5) },
      { rows: 5, parts: second.map((bars, group) => ({ group, bars })), extra },
    ];
    const matrix = program.normalMatrix!(residuals, 1);
    const written = program.jacobian!(residuals, 1);
    const all: { own: Float64Array[]; extra: number }[] = [];
    for (const { rows, parts, extra } of residuals) {
      for (let r = 0; r < rows; r++) {
        const own = groups.map(({ inputs }) =>
          new Float64Array(inputs.length / 2 * network.config.widths.at(-1)!)
        );
        for (const { group, bars } of parts) {
          const size = bars.length / rows;
          own[group].set(bars.subarray(r * size, (r + 1) * size), r * size);
        }
        all.push({ own, extra: extra[r] });
      }
    }
    assertProduct(matrix, program, all, JSON.stringify(options));
    assertRows(written, all, program, JSON.stringify(options));
  }
});

Deno.test("compileJets() normalMatrix adds up residuals that depend on many points", () => {
  for (const [seed, options] of OPTIONS.entries()) {
    const network = randomNetwork(options, seed), nOut = network.config.widths.at(-1)!;
    const rows = 3, places = 7;
    const groups = [
      jetPoints(points(rows, 2, seed), 2, SECOND),
      jetPoints(points(rows * places, 2, 9), 2, [[1]]),
    ];
    const program = compileJets(network, groups, { manyPoints: true });
    const { bars } = objective(program.forward(network.parameters));
    const extra = Float64Array.of(1, 2, 3);
    const parts = [
      { group: 0, bars: bars[0] },
      ...Array.from({ length: places }, (_, k) => ({ group: 1, from: k * rows, bars: bars[1] })),
    ];
    const matrix = program.normalMatrix!([{ rows, parts, extra }], 1);
    const written = program.jacobian!([{ rows, parts, extra }], 1);
    const all = Array.from(extra, (own, r) => ({
      own: groups.map((group, g) =>
        bars[g].map((x, i) =>
          Math.floor(i / (group.derivatives.length * nOut)) % rows === r ? x : 0
        )
      ),
      extra: own,
    }));
    assertProduct(matrix, program, all, JSON.stringify(options));
    assertRows(written, all, program, JSON.stringify(options));
    const few = compileJets(network, groups);
    few.forward(network.parameters);
    assertThrows(() => few.normalMatrix!([{ rows, parts, extra }], 1), RangeError, "manyPoints");
  }
});

Deno.test("compileJets() refuses groups of a wrong shape", () => {
  const network = randomNetwork({ widths: [2, 3, 1] }, 1);
  const group = jetPoints(new Float64Array(4), 2, []);
  assertThrows(() => compileJets(network, [{ ...group, rows: 3 }]), TypeError, "group 0");
  assertThrows(() => compileJets(network, []), RangeError, "a point");
  assertThrows(() => jetPoints(new Float64Array(3), 2, []), TypeError, "3 numbers");
});

Deno.test("compileJets() takes given statistics as constants, also beyond the points' range", () => {
  for (const normalisation of ["minmax", "batchnorm", "none"] as const) {
    const network = randomNetwork({ widths: [2, 4, 3, 1], normalisation, degree: 4 }, 7);
    const group = jetPoints(points(60, 2, 8).map((x) => 1.5 * x), 2, SECOND);
    const program = compileJets(network, [group], { statistics: network.statistics });
    const [own] = program.forward(network.parameters);
    const { values } = evaluateJets(network, group);
    values.forEach((value, i) => {
      assertAlmostEquals(own[i], value, 1e-9 * Math.max(1, Math.abs(value)));
    });
    assertEquals(program.statistics(), network.statistics);
    const bars = own.map((_, i) => Math.sin(i)), gradient = new Float64Array(program.numParameters);
    program.backward([bars], gradient);
    const objective = (parameters: Float64Array) =>
      program.forward(parameters)[0].reduce((sum, y, i) => sum + y * bars[i], 0);
    for (let k = 0; k < gradient.length; k += 7) {
      const slope = fourthOrderDifference(
        (x) => {
          const moved = network.parameters.slice();
          moved[k] = x;
          return objective(moved);
        },
        network.parameters[k],
        1e-4,
      );
      assertAlmostEquals(gradient[k], slope, 1e-5 * (1 + Math.abs(slope)));
    }
    program.dispose();
  }
});
