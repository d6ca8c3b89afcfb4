import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  countPatterns,
  extractPolyhedra,
  halfSpaces,
  lineRegions,
  type PolyhedralComplex,
  regionBounds,
  type ReluNetwork,
  reluNetworkOf,
  reluOutputs,
  restrictInputs,
  splinesToRelu,
} from "../../lib/convert/mod.ts";
import {
  createNetwork,
  createRandom,
  type Network,
  type NetworkOptions,
  withStatistics,
} from "../../lib/model/mod.ts";
import { prolong } from "../../lib/multilevel/mod.ts";
import { regionsSvg } from "../../lib/report/mod.ts";

function network(options: NetworkOptions, seed: number): Network {
  const made = createNetwork(options, { seed }), random = createRandom(seed, "regions test");
  const inputs = Float64Array.from({ length: 60 * options.widths[0] }, () => random.normal());
  return made.config.activation === "spline" ? withStatistics(made, inputs) : made;
}

Deno.test("lineRegions(): the bound of [1, n, 1], attained by one node of two pieces", () => {
  let most = 0;
  for (const [n, k] of [[1, 2], [1, 5], [2, 3], [3, 4], [5, 5]]) {
    for (let seed = 0; seed < 10; seed++) {
      const made = network(
        { widths: [1, n, 1], firstLayer: "spline", degree: 1, intervals: k },
        seed,
      );
      const { pieces, cells } = lineRegions(made, [-9], [9]);
      const bound = n * (k - 1) + n * k * (k - 1) + 1;
      assert(pieces.length <= bound && pieces.length <= cells && cells <= bound);
      const { perEdge, perNode } = regionBounds(made);
      assertAlmostEquals(10 ** perEdge! / k ** (2 * n), 1, 1e-12);
      assertAlmostEquals(10 ** perNode, k * (1 + n * (k - 1)), 1e-9);
      if (n === 1 && k === 2) most = Math.max(most, pieces.length);
    }
  }
  assertEquals(most, 4);
});

Deno.test("lineRegions(): every pattern is found, pieces hang together, values are the network's", () => {
  for (let seed = 0; seed < 40; seed++) {
    const nIn = 1 + seed % 4;
    const made = network(
      seed % 2 === 0
        ? { widths: [nIn, 8, 8, 2], activation: "relu" }
        : { widths: [nIn, 4, 3, 2], degree: 1, intervals: 4, extrapolation: "clamp" },
      seed,
    );
    const relu = splinesToRelu(made), random = createRandom(seed, "ends");
    const [from, to] = [0, 1].map(() =>
      Float64Array.from({ length: nIn }, () => 2 * random.normal())
    );
    const { pieces, cells } = lineRegions(relu, from, to);
    const at = (t: number) => from.map((each, p) => each + t * (to[p] - each));
    pieces.forEach(({ from, to, alpha, beta }, k) => {
      assertEquals(from, k === 0 ? 0 : pieces[k - 1].to);
      for (const t of [from, (from + to) / 2, to]) {
        reluOutputs(relu, at(t)).forEach((value, q) =>
          assertAlmostEquals(value, alpha[q] + beta[q] * t, 1e-12)
        );
      }
    });
    assertEquals(pieces.at(-1)!.to, 1);
    const middles = Float64Array.from(pieces.flatMap(({ from, to }) => [...at((from + to) / 2)]));
    assertEquals(countPatterns(relu, middles), pieces.length);
    const many = Array.from({ length: 5000 }, () => [...at(random.uniform())]).flat();
    assert(countPatterns(relu, Float64Array.from(many)) <= cells);
  }
});

Deno.test("lineRegions(): kinks that meet count once, kinks 1e-17 apart count twice", () => {
  const units = (weights: number[], bias: number[]) =>
    reluNetworkOf([
      { weights: weights.map((w) => [w]), bias, activation: "relu" },
      { weights: [weights.map((_, i) => 1 + i)] },
    ]);
  assertEquals(lineRegions(units([0.1, 0.2], [-0.03, -0.06]), [0], [1]).cells, 2);
  const near = lineRegions(units([1, 3], [-0.1, -0.3]), [0], [1]); // 3 * 0.1 is not 0.3
  assertEquals([near.cells, near.exact > 0], [3, true]);
  const mlp = network({ widths: [2, 16, 16, 1], activation: "relu", bias: false }, 1);
  const through = lineRegions(mlp, [-1, -1], [1, 1]);
  assertEquals([through.cells, through.pieces.length], [2, 2]);
  // ReLU(x) - ReLU(-x) is x: two cells, one piece
  const same = reluNetworkOf([{ weights: [[1], [-1]], activation: "relu" }, {
    weights: [[1, -1]],
  }]);
  const line = lineRegions(same, [-1], [2]);
  assertEquals([line.cells, line.pieces.length], [2, 1]);
  assertEquals(line.pieces[0].beta, Float64Array.of(3));
});

function centres({ dimension, vertices, cells }: PolyhedralComplex): Float64Array {
  return Float64Array.from(
    cells.flatMap(({ vertices: list }) =>
      Array.from(
        { length: dimension },
        (_, k) => list.reduce((sum, v) => sum + vertices[v * dimension + k], 0) / list.length,
      )
    ),
  );
}

/** Every check of a complex: volumes, values, patterns, neighbours. */
function checkComplex(relu: ReluNetwork, complex: PolyhedralComplex, seed: number): void {
  const { dimension: d, box, vertices, cells, facets, outputs } = complex;
  const volume = cells.reduce((sum, cell) => sum + cell.volume, 0);
  const whole = box.reduce((product, [a, b]) => product * (b - a), 1);
  assertAlmostEquals(volume / whole, 1, 1e-12);
  if (d === 2) assertEquals(vertices.length / 2 - facets.length + cells.length, 1, "Euler");
  const random = createRandom(seed, "inside"), nOut = cells[0].beta.length;
  const scale = outputs.reduce((most, each) => Math.max(most, Math.abs(each)), 0);
  const affine = (cell: number, x: ArrayLike<number>, q: number) => {
    let sum = cells[cell].beta[q];
    for (let k = 0; k < d; k++) sum += cells[cell].alpha[q * d + k] * x[k];
    return sum;
  };
  cells.forEach(({ vertices: list }, cell) => {
    const weights = list.map(() => random.uniform());
    const total = weights.reduce((sum, each) => sum + each, 0), x = new Float64Array(d);
    list.forEach((v, i) => {
      for (let k = 0; k < d; k++) x[k] += weights[i] / total * vertices[v * d + k];
    });
    reluOutputs(relu, x).forEach((value, q) =>
      assert(Math.abs(value - affine(cell, x, q)) <= 1e-12 * scale)
    );
    for (const { normal, offset } of halfSpaces(complex, cell)) {
      const side = normal.reduce((sum, each, k) => sum + each * x[k], 0) - offset;
      assert(side <= 1e-9, "inside all half-spaces");
    }
  });
  for (const { vertices: list, cells: [a, b] } of facets) {
    assert(a >= 0 && a !== b);
    if (b < 0) continue;
    for (const v of list) {
      const x = vertices.subarray(v * d, (v + 1) * d);
      for (let q = 0; q < nOut; q++) {
        assert(Math.abs(affine(a, x, q) - affine(b, x, q)) <= 1e-9 * scale, "continuous");
        assert(Math.abs(affine(a, x, q) - outputs[v * nOut + q]) <= 1e-9 * scale);
      }
    }
  }
  // one cell for each pattern, and no pattern without a cell
  const middle = centres(complex),
    more = Float64Array.from(
      { length: 20_000 * d },
      (_, i) => box[i % d][0] + (box[i % d][1] - box[i % d][0]) * random.uniform(),
    );
  assertEquals(countPatterns(relu, middle), cells.length);
  assertEquals(countPatterns(relu, Float64Array.from([...middle, ...more])), cells.length);
}

const PLANE: NetworkOptions[] = [
  { widths: [2, 16, 16, 1], activation: "relu" },
  { widths: [2, 8, 8, 8, 2], activation: "relu" },
  { widths: [2, 5, 1], degree: 1, intervals: 5 },
  { widths: [2, 4, 3, 2], degree: 1, intervals: 3, firstLayer: "spline", knots: "uniform" },
  { widths: [2, 4, 1], degree: 1, intervals: 4, extrapolation: "clamp", basis: "relu" },
];
const SPACE: NetworkOptions[] = [
  { widths: [3, 8, 8, 1], activation: "relu" },
  { widths: [3, 3, 2], degree: 1, intervals: 3, firstLayer: "spline" },
  { widths: [3, 4, 1], degree: 1, intervals: 3 },
];

for (const options of [...PLANE, ...SPACE]) {
  Deno.test(`extractPolyhedra() of ${JSON.stringify(options)}`, () => {
    for (let seed = 0; seed < 4; seed++) {
      const made = network(options, seed), relu = splinesToRelu(made);
      const box = ([[-1, 2], [-1.5, 1], [0, 1]] as const).slice(0, options.widths[0]);
      const complex = extractPolyhedra(made, box);
      assert(complex.cells.length > 5);
      assert(complex.regions <= complex.cells.length);
      assert(Math.log10(complex.cells.length) <= regionBounds(made).perNode);
      checkComplex(relu, complex, seed);
    }
  });
}

Deno.test("a refined network has more cells, and the same regions", () => {
  const coarse = network({ widths: [2, 4, 1], degree: 1, intervals: 3, knots: "uniform" }, 2);
  const box = [[-1, 1], [-1, 1]] as const;
  const [a, b] = [coarse, prolong(coarse)].map((each) => extractPolyhedra(each, box));
  assert(b.cells.length >= a.cells.length);
  assertEquals(b.regions, a.regions);
});

Deno.test("kinks through one point, along an edge of the box, on each other", () => {
  const star = network({ widths: [2, 12, 1], activation: "relu", bias: false }, 5);
  const { cells, vertices } = extractPolyhedra(star, [[-1, 1], [-1, 1]]);
  assertEquals([cells.length, vertices.length / 2 - 4], [24, 25]);
  const edge = reluNetworkOf([
    { weights: [[1, 0], [1, 0], [2, 0]], bias: [1, 0, 0], activation: "relu" },
    { weights: [[1, 1, 1]] },
  ]);
  assertEquals(extractPolyhedra(edge, [[-1, 1], [-1, 1]]).cells.length, 2);
  const cube = reluNetworkOf([
    { weights: [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]], activation: "abs" },
    { weights: [[1, 1, 1, 1]] },
  ]);
  const complex = extractPolyhedra(cube, [[-1, 1], [-1, 1], [-1, 1]]);
  assertEquals(complex.cells.length, 14); // 6 of 8 octants are cut by x + y + z = 0
  assertAlmostEquals(complex.cells.reduce((sum, { volume }) => sum + volume, 0), 8, 1e-14);
});

Deno.test("a plane through a network of many inputs, and its picture", () => {
  const made = network({ widths: [6, 10, 10, 2], activation: "relu" }, 3);
  const plane = restrictInputs(splinesToRelu(made), new Float64Array(6).fill(0.1), [
    [1, 0, 0, 0, 0, 0],
    [0, 0, 0.5, 0, 1, 0],
  ]);
  const complex = extractPolyhedra(plane, [[-2, 2], [-2, 2]]);
  checkComplex(plane, complex, 1);
  const svg = regionsSvg(complex, { output: 1, names: ["a<b", "c"], outputName: "z" });
  assertEquals(svg.split("<polygon").length - 1, complex.cells.length);
  assert(svg.includes("a&lt;b") && svg.includes(`${complex.cells.length} cells`));
  assertThrows(() => regionsSvg(complex, { output: 2 }), RangeError, "0 to 1");
});

Deno.test("regions: what cannot be counted says why", () => {
  const made = network({ widths: [4, 5, 1], degree: 1 }, 1);
  assertThrows(() => extractPolyhedra(made, []), RangeError, "1 to 3 inputs");
  const plane = network({ widths: [2, 5, 1], degree: 1 }, 1);
  assertThrows(() => extractPolyhedra(plane, [[0, 1], [2, 1]]), RangeError, "[[0,1],[2,1]]");
  const box = [[-1, 1], [-1, 1]] as const;
  assertThrows(() => extractPolyhedra(plane, box, { mostCells: 9 }), RangeError, "at most 9");
  assertThrows(() => lineRegions(plane, [0], [1]), TypeError, "2 finite numbers");
  const cubic = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
  assertThrows(() => lineRegions(cubic, [0, 0], [1, 1]), RangeError, "powers must be 1");
  assertThrows(() => regionBounds(cubic), RangeError, "of degree 3");
  assertThrows(() => countPatterns(plane, Float64Array.of(1)), TypeError, "rows x 2");
});
