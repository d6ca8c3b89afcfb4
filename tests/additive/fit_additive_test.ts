import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertLess,
  assertLessOrEqual,
  assertThrows,
} from "@std/assert";
import { type AdditiveOptions, fitAdditive } from "../../lib/additive/mod.ts";
import { bendingMatrix, designMatrix, toDense, uniformKnots } from "../../splines.ts";
import { createRandom, decodeModel, encodeModel, forward } from "../../lib/model/mod.ts";
import { type Dataset, datasetOf } from "../../lib/data/mod.ts";
import { solveSmall } from "../../lib/numerics/inner.ts";
import { additiveTable } from "../support/additive_tables.ts";

const CLASSES: AdditiveOptions = { loss: { kind: "crossEntropy" } };

/** Columns and targets from functions of a row number and random numbers. */
function table(
  rows: number,
  columns: number,
  x: (r: number, c: number, uniform: () => number, row: readonly number[]) => number,
  y: (row: readonly number[], normal: () => number) => number | readonly number[],
): Dataset {
  const random = createRandom(7, "table");
  const inputs = Array.from({ length: rows }, (_, r) => {
    const row: number[] = [];
    for (let c = 0; c < columns; c++) row.push(x(r, c, () => random.uniform(), row));
    return row;
  });
  const targets = inputs.map((row) => [y(row, () => random.normal())].flat());
  return datasetOf({ inputs, targets });
}
const uniform = (_r: number, _c: number, next: () => number) => next();

Deno.test("fitAdditive() solves the penalised normal equations, written out", () => {
  const data = additiveTable({ rows: 120, columns: 2, kind: "numbers", seed: 1 });
  const weights = Float64Array.from({ length: 120 }, (_, r) => 1 + 0.5 * Math.cos(r));
  const fit = fitAdditive({ ...data, weights }, { intervals: 5, select: false });
  const knots = uniformKnots({ degree: 3, intervals: 5, domain: [-1, 1] }), m = 8, n = 2 * m;
  // B-splines of both columns, a penalty on each, and sums of each term over the rows held at 0 but
  // for the constant, by a stiff spring
  const x = new Float64Array(120 * n);
  for (let p = 0; p < 2; p++) {
    const column = Float64Array.from({ length: 120 }, (_, r) => data.inputs[2 * r + p]);
    const low = Math.min(...column), high = Math.max(...column);
    const points = column.map((each) => Math.min(1, -1 + 2 * (each - low) / (high - low)));
    const dense = toDense(designMatrix(knots, points));
    for (let r = 0; r < 120; r++) x.set(dense.subarray(r * m, (r + 1) * m), r * n + p * m);
  }
  const matrix = new Float64Array(n * n), right = new Float64Array(n);
  for (let r = 0; r < 120; r++) {
    for (let i = 0; i < n; i++) {
      right[i] += weights[r] * x[r * n + i] * data.targets[r];
      for (let j = 0; j < n; j++) matrix[i * n + j] += weights[r] * x[r * n + i] * x[r * n + j];
    }
  }
  const bending = bendingMatrix(knots), free = matrix.slice();
  for (let p = 0; p < 2; p++) {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < m; j++) {
        matrix[(p * m + i) * n + p * m + j] += fit.bending[0][p] * bending[i * m + j];
      }
    }
  }
  // the constant of the first against that of the second column is free: held
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) matrix[i * n + j] += (i < m ? 1 : -1) * (j < m ? 1 : -1);
  }
  const solution = right.slice();
  assert(solveSmall(matrix.slice(), solution, n));
  const outputs = forward(fit.network, data.inputs);
  for (let r = 0; r < 120; r++) {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += x[r * n + i] * solution[i];
    assertAlmostEquals(outputs[r], sum, 1e-10);
  }
  let edf = 0;
  for (let i = 0; i < n; i++) {
    const column = Float64Array.from({ length: n }, (_, j) => free[j * n + i]);
    solveSmall(matrix.slice(), column, n);
    edf += column[i];
  }
  assertAlmostEquals(fit.totalEdf, edf, 1e-8);
});

Deno.test("fitAdditive(): covariance is scale times the inverse, in the network's parameters", () => {
  const data = additiveTable({ rows: 200, columns: 3, kind: "numbers", seed: 2 });
  const fit = fitAdditive(data, { intervals: 8 }), { factor, rank } = fit.covariance;
  const n = fit.network.parameters.length;
  assertEquals(factor.length, n * rank);
  // an intercept alone has the variance scale / rows at the mean of all terms
  const random = createRandom(3, "draws"), reach = 400;
  let mean = 0;
  const draws = Array.from({ length: reach }, () => {
    const parameters = fit.network.parameters.slice();
    for (let k = 0; k < rank; k++) {
      const z = random.normal();
      for (let i = 0; i < n; i++) parameters[i] += factor[i * rank + k] * z;
    }
    const outputs = forward({ ...fit.network, parameters }, data.inputs);
    const level = outputs.reduce((sum, y) => sum + y, 0) / data.rows;
    mean += level / reach;
    return level;
  });
  const variance = draws.reduce((sum, level) => sum + (level - mean) ** 2, 0) / reach;
  assertAlmostEquals(variance / (fit.scale[0] / data.rows), 1, 0.25);
});

Deno.test("fitAdditive() is a network like others: files keep it, nothing depends on a seed", () => {
  const data = additiveTable({ rows: 150, columns: 4, kind: "classes", seed: 4 });
  const first = fitAdditive(data, CLASSES), second = fitAdditive(data, CLASSES);
  assertEquals(first.network.parameters, second.network.parameters);
  assertEquals(first.covariance, second.covariance);
  const { network } = decodeModel(encodeModel(first.network));
  assertEquals(forward(network, data.inputs), forward(first.network, data.inputs));
  for (let r = 0; r < data.rows; r++) { // logits sum to 0: no class stands out
    const logits = forward(first.network, data.inputs).subarray(3 * r, 3 * r + 3);
    assertAlmostEquals(logits[0] + logits[1] + logits[2], 0, 1e-9);
  }
});

Deno.test("fitAdditive(): the error hardly depends on the number of intervals", () => {
  for (const kind of ["numbers", "labels"] as const) {
    const options = kind === "numbers" ? {} : CLASSES;
    const data = additiveTable({ rows: 500, columns: 3, kind, seed: 8 });
    const errors = [10, 20, 40, 80].map((intervals) => {
      const outputs = forward(
        fitAdditive(data, { ...options, intervals }).network,
        data.inputs,
      );
      return Math.sqrt(
        outputs.reduce((sum, y, r) => sum + (y - data.truth[r]) ** 2, 0) / data.rows,
      );
    });
    const [least, most] = [Math.min(...errors), Math.max(...errors)];
    assertLess(most / least, 1.05, `${kind}: ${errors}`);
  }
});

Deno.test("fitAdditive() finds what matters: noise vanishes, lines are lines", () => {
  const data = table(
    1000,
    6,
    (_r, c, next) => c === 5 ? 3 : c === 4 ? +(next() < 0.3) : next(),
    ([a, b, , , e], normal) => Math.sin(6 * a) + b + 0.5 * e + 0.3 * normal(),
  );
  const { edf, bending } = fitAdditive(data);
  assert(edf[0] > 4 && edf[1] > 0.8 && edf[1] < 2 && edf[2] < 1.5 && edf[3] < 1.5, `${edf}`);
  assert(edf[4] > 0.9 && edf[4] <= 1);
  assertEquals([edf[5], bending[0][4], bending[0][5]], [0, Infinity, Infinity]);
});

Deno.test("fitAdditive() gives finite answers whatever the table", () => {
  const twice = (_r: number, c: number, next: () => number, row: readonly number[]) =>
    c === 2 ? 2 * row[0] + 1 : next();
  const sine = ([a]: readonly number[], normal: () => number) => Math.sin(5 * a) + 0.1 * normal();
  const cases: Record<string, [Dataset, AdditiveOptions?]> = {
    "one row": [table(1, 2, uniform, sine)],
    "two rows": [table(2, 2, uniform, sine)],
    "fewer rows than columns": [table(20, 25, uniform, sine)],
    "collinear columns": [table(100, 3, twice, sine)],
    "collinear columns, lines free": [table(100, 3, twice, sine), { select: false }],
    "constant columns": [table(50, 2, () => 7, sine)],
    "separated classes": [table(100, 2, uniform, ([a]) => +(a > 0.5)), CLASSES],
    "separated, lines free": [
      table(100, 2, uniform, ([a]) => +(a > 0.5)),
      { ...CLASSES, select: false },
    ],
    "one class": [table(100, 2, uniform, () => 1), CLASSES],
    "three separated classes": [
      table(150, 2, uniform, ([a]) => [0, 1, 2].map((k) => +(Math.floor(3 * a) === k))),
      CLASSES,
    ],
    "a class without rows": [
      table(60, 2, uniform, ([a]) => [+(a < 0.5), +(a >= 0.5), 0]),
      CLASSES,
    ],
    "no noise": [table(200, 2, uniform, ([a, b]) => Math.sin(3 * a) + b)],
    "constant target": [table(200, 2, uniform, () => 3)],
    "three values": [table(200, 1, (r) => r % 3, sine)],
    "heavy tails": [table(200, 2, (_r, _c, next) => 1 / next() ** 4, sine)],
    "heavy tails, quantiles": [
      table(200, 2, (_r, _c, next) => 1 / next() ** 4, sine),
      { knots: "quantile" },
    ],
    "large numbers": [
      table(200, 2, (_r, _c, next) => 1e9 + next(), ([a], n) => 1e12 + 1e8 * (a % 1) * n()),
    ],
  };
  for (const [name, [data, options]] of Object.entries(cases)) {
    for (const penalty of ["reml", "gcv"] as const) {
      const fit = fitAdditive(data, { ...options, penalty });
      const outputs = forward(fit.network, data.inputs);
      assert(outputs.every(Number.isFinite), `${name}, ${penalty}: outputs`);
      assert(fit.covariance.factor.every(Number.isFinite), `${name}, ${penalty}: covariance`);
      assert(fit.edf.every((each) => each >= -1e-9), `${name}, ${penalty}: ${fit.edf}`);
      assertLessOrEqual(fit.totalEdf, data.rows * data.nOut + 1e-6, name);
      const classes = options?.loss?.kind === "crossEntropy";
      if (classes) assert(outputs.every((z) => Math.abs(z) < 80), `${name}: ${outputs}`);
    }
  }
});

Deno.test("fitAdditive(): weights count rows of classes, and scale drops out of numbers", () => {
  const data = additiveTable({ rows: 200, columns: 2, kind: "numbers", seed: 9 });
  const once = fitAdditive(data),
    thrice = fitAdditive({
      ...data,
      weights: new Float64Array(200).fill(3),
    });
  assertAlmostEquals(once.edf[0], thrice.edf[0], 1e-3);
  assertAlmostEquals(3 * once.scale[0], thrice.scale[0], 1e-3);
  const labels = additiveTable({ rows: 150, columns: 2, kind: "labels", seed: 9 });
  const double = {
    ...labels,
    rows: 300,
    inputs: Float64Array.from([...labels.inputs, ...labels.inputs]),
    targets: Float64Array.from([...labels.targets, ...labels.targets]),
  };
  const counted = fitAdditive({ ...labels, weights: new Float64Array(150).fill(2) }, CLASSES);
  const written = fitAdditive(double, CLASSES);
  assertAlmostEquals(counted.totalEdf, written.totalEdf, 1e-2);
  assertAlmostEquals(counted.score, written.score, 1e-3);
});

Deno.test("fitAdditive(): columns of a group share a strength", () => {
  const data = table(
    300,
    3,
    (_r, _c, next) => +(next() < 0.4),
    ([a, b], normal) => a + b + 0.2 * normal(),
  );
  const terms = [{ group: 1 }, { group: 1 }, { group: 1 }];
  const { lines } = fitAdditive(data, { terms });
  assertEquals(lines[0][0], lines[0][2]);
});

Deno.test("fitAdditive() refuses what it cannot fit, in one sentence", () => {
  const data = additiveTable({ rows: 20, columns: 2, kind: "numbers", seed: 1 });
  const refused: [Partial<Dataset>, AdditiveOptions, string][] = [
    [{}, { loss: { kind: "cox" } }, "loss must be a sum over rows, current value is cox"],
    [
      { targets: new Float64Array(data.rows).fill(-1) },
      { loss: { kind: "poisson" } },
      "at least 0",
    ],
    [{ inputs: new Float64Array(3) }, {}, "dataset must be"],
    [{ targets: new Float64Array(20).fill(NaN) }, {}, "targets must be finite"],
    [{ weights: new Float64Array(20) }, {}, "weights must be positive somewhere"],
    [{}, { terms: [{}] }, "terms must be one for each of 2 columns"],
    [{}, { intervals: 0 }, "intervals must be an integer of at least 1"],
    [{}, { degree: 6 }, "degree must be an integer"],
    [{}, { penalty: "aic" as "gcv" }, "penalty must be reml or gcv"],
  ];
  for (const [change, options, message] of refused) {
    assertThrows(() => fitAdditive({ ...data, ...change }, options), Error, message);
  }
});
