import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { datasetOf, findProblem, galleryDatasets } from "../../lib/data/mod.ts";
import { createRandom } from "../../lib/model/mod.ts";
import { customSchedule, fineSchedule, multilevelSchedule } from "../../lib/multilevel/mod.ts";
import { conditionNumber, toDense } from "../../lib/basis/mod.ts";
import { adam, lbfgs } from "../../lib/train/mod.ts";
import {
  chebyshev,
  compileFamily,
  createFamilyNetwork,
  familyGram,
  type FamilyNetwork,
  familyOutputs,
  fourier,
  hats,
  legendre,
  type NestedFamily,
  prolongFamily,
  restrictFamilyGradient,
  splines,
  trainFamily,
  wavelets,
  withFamilyRanges,
} from "../../lib/families/mod.ts";

const FAMILIES: readonly NestedFamily[] = [
  splines(),
  splines({ degree: 1 }),
  hats(),
  chebyshev(),
  legendre(),
  wavelets(),
  wavelets({ degree: 1, intervals: 3 }),
  fourier(),
];

function rowsOf(count: number) {
  return galleryDatasets(findProblem("nonsmooth"), { rows: count }).train;
}

for (const family of FAMILIES) {
  const name = `${family.name} (${family.title})`;

  Deno.test(`${name}: slopes are the derivatives of values`, () => {
    const random = createRandom(1), n = family.size(2), step = 1e-6;
    const [values, slopes, left, right] = [0, 1, 2, 3].map(() => new Float64Array(n));
    for (let i = 0; i < 30; i++) {
      const u = 1.9 * random.uniform() - 0.95;
      family.evaluate(2, u, values, slopes);
      family.evaluate(2, u - step, left, new Float64Array(n));
      family.evaluate(2, u + step, right, new Float64Array(n));
      for (let k = 0; k < n; k++) {
        assertAlmostEquals(slopes[k], (right[k] - left[k]) / 2 / step, 1e-5 * (1 + n * n));
      }
    }
  });

  Deno.test(`${name}: functions of a level are combinations of the next level's`, () => {
    for (const level of [0, 1, 2]) {
      const coarse = new Float64Array(family.size(level) + 3);
      const fine = new Float64Array(family.size(level + 1));
      const matrix = family.embedding(level), dense = toDense(matrix);
      assertEquals([matrix.rows, matrix.columns], [family.size(level + 1), family.size(level)]);
      for (let i = 0; i <= 40; i++) {
        const u = i / 20 - 1;
        family.evaluate(level, u, coarse, coarse.slice(), 3); // at a place of its own
        family.evaluate(level + 1, u, fine, fine.slice());
        for (let k = 0; k < matrix.columns; k++) {
          let sum = 0;
          for (let j = 0; j < matrix.rows; j++) sum += dense[j * matrix.columns + k] * fine[j];
          assertAlmostEquals(sum, coarse[3 + k], 1e-12);
        }
      }
    }
  });

  Deno.test(`${name}: prolongation keeps the function and P^T the gradient`, async () => {
    const dataset = rowsOf(300);
    const coarse = withFamilyRanges(
      createFamilyNetwork(family, { widths: [2, 4, 3, 1], seed: 7 }),
      dataset,
    );
    const fine = prolongFamily(coarse), before = familyOutputs(coarse, dataset.inputs, 300);
    const size = Math.max(...before.map(Math.abs));
    familyOutputs(fine, dataset.inputs, 300).forEach((value, i) =>
      assertAlmostEquals(value, before[i], 1e-12 * size)
    );
    const gradient = await gradientOf(coarse, coarse.parameters);
    const restricted = restrictFamilyGradient(coarse, await gradientOf(fine, fine.parameters));
    const most = Math.max(...gradient.map(Math.abs));
    restricted.forEach((value, i) => assertAlmostEquals(value, gradient[i], 1e-11 * most));
  });

  Deno.test(`${name}: gradients are those of differences, ranges included`, async () => {
    const network = createFamilyNetwork(family, { widths: [2, 3, 2, 1], seed: 3 });
    const gradient = await gradientOf(network, network.parameters), random = createRandom(5);
    const evaluator = compileFamily(network, rowsOf(300));
    for (let i = 0; i < 20; i++) {
      const k = i < 9 ? i : random.integer(gradient.length), step = 1e-6;
      const at = async (sign: number) => {
        const moved = network.parameters.slice();
        moved[k] += sign * step;
        return (await evaluator.evaluate(moved)).loss;
      };
      assertAlmostEquals(gradient[k], (await at(1) - await at(-1)) / 2 / step, 1e-4);
    }
  });
}

async function gradientOf(network: FamilyNetwork, parameters: Float64Array) {
  const gradient = new Float64Array(parameters.length);
  await compileFamily(network, rowsOf(300)).evaluate(parameters, gradient);
  return gradient;
}

Deno.test("condition numbers of Gram matrices: 1 of orthonormal families, bounded of splines, not of hats", () => {
  for (const family of [legendre(), wavelets()]) {
    assertAlmostEquals(conditionNumber(familyGram(family, 2), family.size(2)), 1, 1e-10);
  }
  const spline = splines({ degree: 1 });
  assert(conditionNumber(familyGram(spline, 2), spline.size(2)) < 8);
  assert(conditionNumber(familyGram(hats(), 2), hats().size(2)) > 20);
});

Deno.test("hats are what splines of degree 1 with their values at the knots are", () => {
  const hat = hats(), spline = splines({ degree: 1 }), n = hat.size(2);
  assertEquals(spline.size(2), n);
  const values = new Float64Array(n), slopes = new Float64Array(n), at = new Float64Array(n);
  const knots = Array.from({ length: n }, (_, i) => 2 * i / (n - 1) - 1).map((u) => {
    hat.evaluate(2, u, values, slopes);
    return values.slice();
  });
  for (const u of [-1, -0.77, -0.2, 0.013, 0.5, 0.99, 1]) {
    hat.evaluate(2, u, values, slopes);
    spline.evaluate(2, u, at, slopes);
    for (let k = 0; k < n; k++) {
      assertAlmostEquals(at.reduce((sum, b, i) => sum + b * knots[i][k], 0), values[k], 1e-12);
    }
  }
});

Deno.test("trainFamily() walks a schedule: exact at every refinement, fine from the start", async () => {
  const dataset = rowsOf(200), optimizer = lbfgs();
  const start = createFamilyNetwork(chebyshev(), { widths: [2, 5, 1], seed: 1 });
  const { levels, network, loss } = await trainFamily(start, dataset, {
    schedule: multilevelSchedule([6, 4, 2]),
    optimizer,
  });
  assertEquals(levels.map(({ size }) => size), [8, 13, 23]);
  assertAlmostEquals(levels[1].before / levels[0].after, 1, 1e-10);
  assert(levels[2].after <= levels[1].after && loss === levels[2].after);
  const outputs = familyOutputs(network, dataset.inputs, 200);
  const square = outputs.reduce((sum, y, i) => sum + (y - dataset.targets[i]) ** 2, 0) / 200;
  assertAlmostEquals(square, loss, 1e-12);
  const fine = createFamilyNetwork(chebyshev(), { widths: [2, 5, 1], seed: 1, level: 2 });
  const run = await trainFamily(fine, dataset, { schedule: fineSchedule(2, 2), optimizer: adam() });
  assertEquals(run.levels.map(({ size }) => size), [23]);
  await assertRejects(
    () =>
      trainFamily(start, dataset, {
        schedule: customSchedule([{ epochs: 1 }, { epochs: 1, refine: 3 }]),
        optimizer,
      }),
    RangeError,
    "power of 2",
  );
});

Deno.test("families refuse what they cannot be", () => {
  assertThrows(() => chebyshev({ intervals: 0 }), RangeError, "intervals must be");
  assertThrows(() => wavelets({ degree: 40 }), RangeError, "1 to 20");
  assertThrows(() => hats({ intervals: 1.5 }), RangeError, "intervals must be");
  assertThrows(() => createFamilyNetwork(hats(), { widths: [2, 1] }), RangeError, "three integers");
  assertThrows(() => createFamilyNetwork(hats(), { widths: [2, 1, 1], level: -1 }), RangeError);
  const network = createFamilyNetwork(hats(), { widths: [1, 2, 1] });
  assertThrows(() => compileFamily(network, rowsOf(5)), TypeError, "1 inputs");
  assertThrows(() => familyOutputs(network, [1, 2], 3), TypeError, "shape [3, 1]");
  const weights = new Float64Array([1]);
  const rows = { ...datasetOf({ inputs: [0], targets: [0] }), weights };
  assertThrows(() => compileFamily(network, rows), TypeError, "no weights");
});
