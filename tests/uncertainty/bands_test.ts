import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { fitAdditive } from "../../lib/additive/mod.ts";
import {
  conformalWidth,
  effectBand,
  laplaceCovariance,
  predictionBand,
} from "../../lib/uncertainty/mod.ts";
import {
  createNetwork,
  decodeModel,
  encodeModel,
  forward,
  type ParameterCovariance,
  withStatistics,
} from "../../lib/model/mod.ts";
import { referenceEngine } from "../../lib/engine/mod.ts";
import {
  chiSquaredTail,
  fisherTail,
  normalQuantile,
  solveSmall,
  studentQuantile,
} from "../../lib/numerics/inner.ts";
import { additiveTable, inputColumn } from "../support/additive_tables.ts";
import { MGCV, runMgcv } from "../support/mgcv.ts";

Deno.test("predictionBand(): exact derivatives and differences agree", () => {
  const data = additiveTable({ rows: 100, columns: 3, kind: "classes", seed: 1 });
  const { network, covariance } = fitAdditive(data, { loss: { kind: "crossEntropy" } });
  const some = data.inputs.subarray(0, 30);
  const exact = predictionBand(network, covariance, some);
  // free knots are parameters too: the same function, by differences
  const { rank } = covariance;
  const step = 1e-3, errors = new Float64Array(30);
  for (let k = 0; k < rank; k++) {
    const moved = (length: number) =>
      forward({
        ...network,
        parameters: network.parameters.map((p, i) => p + length * covariance.factor[i * rank + k]),
      }, some);
    const more = moved(step), less = moved(-step);
    errors.forEach((_, i) => errors[i] += ((more[i] - less[i]) / (2 * step)) ** 2);
  }
  errors.forEach((square, i) => assertAlmostEquals(Math.sqrt(square), exact.errors[i], 1e-8));
  const odds = predictionBand(network, covariance, some, { outputs: "logits", level: 0.95 });
  for (let r = 0; r < 10; r++) {
    const p = odds.center.subarray(3 * r, 3 * r + 3);
    assertAlmostEquals(p[0] + p[1] + p[2], 1, 1e-12);
    for (let q = 3 * r; q < 3 * r + 3; q++) {
      assert(0 <= odds.lower[q] && odds.lower[q] < odds.center[q]);
      assert(odds.center[q] < odds.upper[q] && odds.upper[q] <= 1);
    }
  }
});

Deno.test("predictionBand() of a deep network: twice the covariance, twice the variance", () => {
  const network = withStatistics(
    createNetwork({ widths: [2, 3, 1], intervals: 3 }, { seed: 1 }),
    additiveTable({ rows: 50, columns: 2, kind: "numbers", seed: 2 }).inputs,
  );
  const n = network.parameters.length, rank = 2;
  const factor = Float64Array.from({ length: n * rank }, (_, i) => 0.01 * Math.sin(i));
  const inputs = Float64Array.of(0.2, 0.4, 0.6, 0.8);
  const once = predictionBand(network, { rank, factor }, inputs);
  const twice = predictionBand(
    network,
    { rank, factor: factor.map((each) => each * Math.SQRT2) },
    inputs,
  );
  once.errors.forEach((error, i) => assertAlmostEquals(twice.errors[i] / error, Math.SQRT2, 1e-5));
});

Deno.test("laplaceCovariance() is the inverse of the penalised Gauss-Newton matrix", async () => {
  const data = additiveTable({ rows: 60, columns: 1, kind: "numbers", seed: 3 });
  const options = { widths: [1, 1], firstLayer: "spline", knots: "uniform", intervals: 3 } as const;
  const network = withStatistics(createNetwork(options, { seed: 2 }), data.inputs);
  const loss = { kind: "mse" } as const, n = network.parameters.length;
  const found = await laplaceCovariance(network, data, { loss });
  const evaluator = await referenceEngine.compile({ network, loss, dataset: data });
  const matrix = new Float64Array(n * n), gradient = new Float64Array(n);
  await evaluator.curvature!.matrix!(network.parameters, matrix, gradient);
  evaluator.dispose();
  const times = data.rows / (2 * found.scale); // the precision of the last round is near the final
  for (let i = 0; i < n; i++) {
    const column = new Float64Array(n);
    column[i] = 1;
    const sum = matrix.map((each) => times * each);
    for (let k = 0; k < n; k++) sum[k * n + k] += found.precision;
    solveSmall(sum, column, n);
    const { rank, factor } = found.covariance;
    for (let j = 0; j < n; j++) {
      let product = 0;
      for (let k = 0; k < rank; k++) product += factor[i * rank + k] * factor[j * rank + k];
      assertAlmostEquals(product, column[j], 5e-3 * Math.abs(column[i]) + 5e-3);
    }
  }
});

Deno.test("conformalWidth() covers as often as it says, for any distribution", () => {
  const errors = Float64Array.from({ length: 199 }, (_, i) => i + 1);
  assertEquals(conformalWidth(errors, 0.9), 180);
  assertEquals(conformalWidth(errors, 0.995), 199);
  assertEquals(conformalWidth(errors, 0.996), Infinity);
  assertThrows(() => conformalWidth(errors, 1), RangeError, "level must lie between 0 and 1");
});

Deno.test("a model file keeps the covariance, in float32", () => {
  const data = additiveTable({ rows: 100, columns: 2, kind: "numbers", seed: 4 });
  const { network, covariance } = fitAdditive(data);
  const copy = decodeModel(encodeModel(network, { a: 1 }, { covariance })).covariance!;
  assertEquals(copy.rank, covariance.rank);
  assertEquals(copy.factor, Float64Array.from(Float32Array.from(covariance.factor)));
  assertEquals(decodeModel(encodeModel(network)).covariance, undefined);
  const wrong: ParameterCovariance = { rank: 1, factor: new Float64Array(3) };
  assertThrows(
    () => predictionBand(network, wrong, data.inputs),
    TypeError,
    "covariance must be of",
  );
});

Deno.test("quantiles and tails agree with R", () => {
  assertAlmostEquals(normalQuantile(0.975), 1.959963984540054, 1e-12);
  assertAlmostEquals(studentQuantile(0.95, 7), 1.894578605090006, 1e-12);
  assertAlmostEquals(studentQuantile(0.05, 7), -1.894578605090006, 1e-12);
  assertAlmostEquals(chiSquaredTail(3.5, 2.7), 0.2744624940191655, 1e-13);
  assertAlmostEquals(chiSquaredTail(30, 2.7) / 9.05506279737242e-7, 1, 1e-10);
  assertAlmostEquals(fisherTail(2.2, 3.3, 40), 0.09757547603837959, 1e-13);
});

Deno.test({
  name: "effectBand() agrees with mgcv's effects and their errors",
  ignore: MGCV === undefined,
  async fn() {
    const table = additiveTable({ rows: 400, columns: 3, kind: "numbers", seed: 5 });
    const columns = Object.fromEntries(
      ["a", "b", "c"].map((name, p) => [name, inputColumn(table, p)]),
    );
    const there = await runMgcv(
      `
knots <- lapply(d[, 1:3], function(x) {
  r <- range(x); e <- 1e-9 * diff(r); h <- (diff(r) + 2 * e) / 10; r[1] - e + h * (-3:13) })
term <- function(x) s(x, bs = "bs", k = 13, m = c(3, 2))
fit <- gam(y ~ s(a, bs = "bs", k = 13, m = c(3, 2)) + s(b, bs = "bs", k = 13, m = c(3, 2)) +
  s(c, bs = "bs", k = 13, m = c(3, 2)), data = d, knots = knots, method = "REML")
p <- predict(fit, type = "terms", se.fit = TRUE, unconditional = TRUE)
say("effect", p$fit[, 1])
say("error", p$se.fit[, 1])`,
      { ...columns, y: table.targets },
    );
    const { network, covariance } = fitAdditive(table, { intervals: 10, select: false });
    const column = inputColumn(table, 0);
    const band = effectBand(network, covariance, 0, column, { positions: column });
    there.effect.forEach((f, r) => assertAlmostEquals(band.center[r], f, 2e-3));
    // mgcv adds a second term for strengths that are not known
    there.error.forEach((error, r) => assertAlmostEquals(band.errors[r] / error, 1, 0.1));
  },
});
