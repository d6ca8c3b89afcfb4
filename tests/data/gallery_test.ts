import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertLess,
  assertLessOrEqual,
  assertNotEquals,
  assertThrows,
} from "@std/assert";
import { besselJ0, sampleProblem } from "../../lib/data/inner.ts";
import { findProblem, galleryDatasets, problems, unscaleValue } from "../../lib/data/mod.ts";

Deno.test("besselJ0() agrees with SciPy on [0, 25]", () => {
  // SciPy 1.17.1: [(x, scipy.special.j0(x)) for x in (0, 0.5, 1, 5, 10, 20, 25)]
  const reference = [
    [0, 1],
    [0.5, 0.938469807240813],
    [1, 0.7651976865579665],
    [5, -0.1775967713143383],
    [10, -0.24593576445134832],
    [20, 0.16702466434058322],
    [25, 0.09626678327595801],
  ];
  for (const [x, value] of reference) {
    assertAlmostEquals(besselJ0(x), value, 1e-15, `x = ${x}`);
    assertEquals(besselJ0(-x), besselJ0(x));
  }
  assertEquals([besselJ0(NaN), besselJ0(Infinity)], [NaN, 0]);
});

Deno.test("besselJ0() agrees with its power series", () => {
  // sum_k (-1)^k (x/2)^(2k) / k!^2; its largest term bounds what rounding does to the sum
  for (let x = 0; x <= 8; x += 0.05) {
    let term = 1, sum = 1, largest = 1;
    for (let k = 1; k < 60; k++) {
      term *= -(x * x) / (4 * k * k);
      sum += term;
      largest = Math.max(largest, Math.abs(term));
    }
    assertLessOrEqual(Math.abs(besselJ0(x) - sum), 1e-15 * largest + 1e-15);
  }
});

Deno.test("besselJ0() solves Bessel's equation", () => {
  // x J'' + J' + x J = 0, derivatives by fourth-order differences of step h; x h^4 / 90 of
  // truncation is 3e-9 at most, x times 1e-15 / h^2 of rounding 3e-10
  const h = 0.01;
  for (let x = 9; x <= 25; x += 0.37) {
    const [a, b, c, d, e] = [-2, -1, 0, 1, 2].map((i) => besselJ0(x + i * h));
    const first = (a - 8 * b + 8 * d - e) / (12 * h);
    const second = (-a + 16 * b - 30 * c + 16 * d - e) / (12 * h * h);
    assertLess(Math.abs(x * second + first + x * c), 1e-8);
  }
});

Deno.test("problems have values as worked out by hand", () => {
  const cases: [string, number[], number][] = [
    // the origin stays: 1 + 0 + 0 + 0
    ["nonsmooth", [0, 0], 1],
    // the point turned to (u, v) = (1/4, 1/2): cos(pi) + 1 + 0 + |sin(3 pi/4)|
    [
      "nonsmooth",
      [
        Math.cos(0.175) / 4 + Math.sin(0.175) / 2,
        Math.cos(0.175) / 2 - Math.sin(0.175) / 4,
      ],
      Math.SQRT1_2,
    ],
    // counterclockwise: the point whose turned coordinates are (1/4, 1/2)
    [
      "nonsmooth-left",
      [
        Math.cos(0.175) / 4 - Math.sin(0.175) / 2,
        Math.cos(0.175) / 2 + Math.sin(0.175) / 4,
      ],
      Math.SQRT1_2,
    ],
    ["xor", [0.5, 0.3], 0],
    ["xor", [1, 0.75], 0],
    // tanh(10) tanh(30) and tanh(-10) tanh(10)
    ["xor", [1, 0], Math.tanh(10)],
    ["xor", [0, 0], -(Math.tanh(10) ** 2)],
    ["exp-sine", [0.5, -1], Math.exp(2)],
    ["exp-sine", [-0.5, 0], Math.exp(-1)],
    ["product", [-0.5, 0.25], -0.125],
    ["bessel", [0], 1],
    ["bessel", [-1], 0.16702466434058322],
    ["four-d", [0.5, 0.5, -0.5, 0.5], Math.E],
    ["four-d", [1, 0.5, 0, 0], Math.exp(-Math.SQRT1_2 / 2)],
    ["hundred-d", Array(100).fill(1), Math.E],
    ["hundred-d", Array(100).fill(-0.5), Math.exp(0.5)],
  ];
  for (const [name, point, value] of cases) {
    const problem = findProblem(name);
    assertAlmostEquals(problem.evaluate(point), value, 1e-14, `${name} at ${point}`);
    assertEquals(problem.evaluate([9, 9, ...point], 2), problem.evaluate(point));
  }
});

Deno.test("problems carry networks that fit and the paper's parameter counts", () => {
  assertEquals(
    problems.map((problem) => problem.name),
    ["nonsmooth", "nonsmooth-left", "xor", "exp-sine", "product", "bessel", "four-d", "hundred-d"],
  );
  for (const { nIn, domain, defaults, paper, rows, seeds } of problems) {
    assertEquals([defaults.widths[0], defaults.widths.at(-1)], [nIn, 1]);
    assertEquals(domain.length, nIn);
    assert(domain.every(([low, high]) => low < high));
    assertEquals(rows, seeds ? 20_000 : 1000);
    for (const row of paper?.rows ?? []) {
      if (row.network === "mlp") continue;
      // linear map, then cubic splines; free knots: intervals + 6 logits per spline layer's input
      const intervals = row.fidelity === "coarse" ? 5 : 40;
      const [first, ...rest] = row.widths;
      let count = first * rest[0] + (defaults.bias ? rest[0] : 0);
      for (let l = 0; l + 1 < rest.length; l++) {
        count += rest[l] * rest[l + 1] * (intervals + 3);
        if (row.knots === "free") count += rest[l] * (intervals + 6);
      }
      assertEquals(row.parameters, count, row.label);
    }
  }
  assertEquals(findProblem("nonsmooth").defaults.bias, true);
  assertEquals(findProblem("xor").defaults.bias, false);
});

Deno.test("findProblem() lists the problems and suggests the nearest", () => {
  assertThrows(
    () => findProblem("nonsmoth"),
    RangeError,
    "Cannot find problem: name must be one of nonsmooth, nonsmooth-left, xor, exp-sine, product, " +
      'bessel, four-d, hundred-d, current value is "nonsmoth"; did you mean "nonsmooth"?',
  );
});

Deno.test("sampleProblem() fills the domain uniformly, the same for the same seed", () => {
  for (const problem of problems) {
    const { inputs, targets, rows } = sampleProblem(problem, { rows: 400 });
    assertEquals([rows, inputs.length, targets.length], [400, 400 * problem.nIn, 400]);
    for (let p = 0; p < problem.nIn; p++) {
      const [low, high] = problem.domain[p];
      const column = inputs.filter((_, i) => i % problem.nIn === p);
      assert(column.every((value) => value >= low && value <= high));
      const mean = column.reduce((sum, value) => sum + value, 0) / 400;
      // five standard deviations of the mean of 400 uniform numbers
      assertLess(Math.abs(mean - (low + high) / 2), 5 * (high - low) / Math.sqrt(12 * 400));
    }
    assertEquals(targets[399], problem.evaluate(inputs, 399 * problem.nIn));
    assertEquals(sampleProblem(problem, { rows: 400 }), { inputs, targets, rows });
  }
});

Deno.test("sampleProblem() draws other points for another seed or stream", () => {
  const problem = findProblem("xor");
  const train = sampleProblem(problem, { rows: 100 });
  const others = [
    sampleProblem(problem, { rows: 100, stream: "test" }),
    sampleProblem(problem, { rows: 100, seed: 1 }),
  ];
  const known = new Set(train.inputs);
  for (const other of others) {
    assertEquals(other.inputs.filter((value) => known.has(value)).length, 0);
  }
  const more = sampleProblem(problem, { rows: 150 });
  assertEquals(more.inputs.slice(0, 200), train.inputs);
  assertThrows(() => sampleProblem(problem, { rows: 0 }), RangeError, "rows must be a positive");
  assertThrows(() => sampleProblem(problem, { rows: 1.5 }), RangeError);
  assertThrows(() => sampleProblem(problem, { seed: NaN }), RangeError, "seed must be an integer");
});

Deno.test("galleryDatasets() scales both parts by the training targets", () => {
  const problem = findProblem("nonsmooth");
  const { train, test, encoding } = galleryDatasets(problem);
  assertEquals([train.rows, test.rows, train.nIn, train.nOut], [20_000, 10_000, 2, 1]);
  assertEquals(encoding, {
    kind: "gallery",
    problem: "nonsmooth",
    target: encoding.target,
    rows: 20_000,
    testRows: 10_000,
    dataSeed: 0,
  });
  let low = Infinity, high = -Infinity;
  for (const value of train.targets) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  assertEquals([low, high], [0, 1]);
  assertEquals(train.inputs, sampleProblem(problem).inputs);
  for (const row of [0, 17, 9999]) {
    const raw = unscaleValue(encoding.target, test.targets[row]);
    assertAlmostEquals(raw, problem.evaluate(test.inputs, 2 * row), 1e-14);
  }
  assertEquals(JSON.parse(JSON.stringify(encoding)), encoding);
});

Deno.test("galleryDatasets() makes the same data from an encoding", () => {
  const problem = findProblem("four-d");
  const first = galleryDatasets(problem, { rows: 50, testRows: 30, dataSeed: 3 });
  const { rows, testRows, dataSeed } = first.encoding;
  assertEquals(galleryDatasets(problem, { rows, testRows, dataSeed }), first);
  assertNotEquals(galleryDatasets(problem, { rows, testRows, dataSeed: 4 }).train, first.train);
});
