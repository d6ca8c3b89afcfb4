import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { classificationScores, costThreshold, regressionScores } from "../../lib/data/mod.ts";
import { decodeClasses, targetScores } from "../../lib/data/inner.ts";
import fc from "fast-check";

Deno.test("regressionScores() agrees with sums by hand", () => {
  const scores = regressionScores([2, 2, 5], [1, 2, 3]);
  assertAlmostEquals(scores.rmse, Math.sqrt(5 / 3), 1e-15);
  assertAlmostEquals(scores.r2!, 1 - 5 / 2, 1e-15);
  assertEquals([scores.mae, scores.maxError], [1, 2]);
});

Deno.test("regressionScores() weights rows: weight 2 is the row twice, 0 leaves it out", () => {
  const targets = [1, 4, 2, 8], predictions = [1.5, 3, 2, 100];
  const weighted = regressionScores(predictions, targets, 1, [2, 1, 1, 0]);
  const repeated = regressionScores([1.5, 1.5, 3, 2], [1, 1, 4, 2]);
  assertAlmostEquals(weighted.rmse, repeated.rmse, 1e-15);
  assertAlmostEquals(weighted.r2!, repeated.r2!, 1e-15);
  assertAlmostEquals(weighted.mae, repeated.mae, 1e-15);
  assertEquals(weighted.maxError, repeated.maxError);
});

Deno.test("regressionScores() takes the mean of the outputs' own r2", () => {
  const first = [[1, 2, 3.5], [1, 2, 3]], second = [[100, 300, 250], [100, 200, 300]];
  const mix = (i: number): number[] => first[i].flatMap((value, r) => [value, second[i][r]]);
  const both = regressionScores(mix(0), mix(1), 2);
  const one = regressionScores(first[0], first[1]), two = regressionScores(second[0], second[1]);
  assertAlmostEquals(both.r2!, (one.r2! + two.r2!) / 2, 1e-15);
  assertAlmostEquals(both.rmse ** 2, (one.rmse ** 2 + two.rmse ** 2) / 2, 1e-9);
  assertEquals(both.maxError, 100);
});

Deno.test("regressionScores() has no r2 where the target does not vary", () => {
  assertEquals(regressionScores([3, 3], [3, 3]).r2, null);
  assertEquals(
    regressionScores([3, 4, 5], [0.1, 0.1, 0.1]).r2,
    null,
    "whatever the mean's rounding",
  );
  assertEquals(regressionScores([3], [2]), {
    ...{ rmse: 1, r2: null, mae: 1, maxError: 1 },
    ...{ medianError: 1, mape: 0.5 },
  });
  assertEquals(regressionScores([1, 2], [3, 4], 1, [1, 0]).r2, null, "one row counts");
  // Of several outputs those that vary count: the second alone has 1 - 1 / 2.
  assertEquals(regressionScores([5, 1, 5, 3], [5, 1, 5, 2], 2).r2, 1 - 1 / 0.5);
});

Deno.test("targetScores() scores every output as if it were alone", () => {
  const said = [1, 100, 2, 300, 3.5, 250], right = [1, 100, 2, 200, 3, 300], weights = [1, 2, 3];
  const scores = targetScores(said, right, ["K", "Pa"], weights);
  assertEquals(scores.K, regressionScores([1, 2, 3.5], [1, 2, 3], 1, weights));
  assertEquals(scores.Pa, regressionScores([100, 300, 250], [100, 200, 300], 1, weights));
  assertThrows(() => targetScores([1, 2, 3], [1, 2, 3], ["a", "b"]), TypeError);
});

Deno.test("classificationScores() counts what is taken for what", () => {
  // 10 rows of class 0, 2 of class 1 (one found), none of class 2 (said once).
  const logits: number[] = [], targets: number[] = [];
  const add = (right: number, said: number, times: number): void => {
    for (let i = 0; i < times; i++) {
      for (let k = 0; k < 3; k++) {
        logits.push(k === said ? 3 : 0);
        targets.push(k === right ? 1 : 0);
      }
    }
  };
  add(0, 0, 9);
  add(0, 2, 1);
  add(1, 1, 1);
  add(1, 0, 1);
  const scores = classificationScores(logits, targets, 3);
  assertEquals(scores.confusion, [[9, 0, 1], [1, 1, 0], [0, 0, 0]]);
  const counted = scores.classes.map(({ auc: _, averagePrecision: __, ...others }) => others);
  assertEquals(counted, [
    { rows: 10, recall: 0.9, precision: 0.9, f1: 18 / 20 },
    { rows: 2, recall: 0.5, precision: 1, f1: 2 / 3 },
    { rows: 0, recall: null, precision: 0, f1: 0 },
  ]);
  assertEquals(scores.classes.map(({ auc }) => auc === null), [false, false, true]);
  assertAlmostEquals(scores.accuracy, 10 / 12, 1e-15);
  assertAlmostEquals(scores.balancedAccuracy, 0.7, 1e-15);
  const never = classificationScores([-1, -1], [0, 0], 1);
  assertEquals(never.classes[1], {
    ...{ rows: 0, recall: null, precision: null, f1: null },
    ...{ auc: null, averagePrecision: null },
  });
  assertEquals([never.auc, never.averagePrecision], [null, null]);
  assertEquals(never.balancedAccuracy, 1);
});

Deno.test("classificationScores() agrees with the probabilities of decodeClasses()", () => {
  const logit = fc.double({ min: -20, max: 20, noNaN: true });
  const problem = fc.integer({ min: 2, max: 5 }).chain((classes) =>
    fc.record({
      classes: fc.constant(classes),
      rows: fc.array(
        fc.record({
          logits: fc.array(logit, { minLength: classes, maxLength: classes }),
          right: fc.integer({ min: 0, max: classes - 1 }),
          weight: fc.integer({ min: 1, max: 3 }),
        }),
        { minLength: 1, maxLength: 6 },
      ),
    })
  );
  fc.assert(
    fc.property(problem, ({ classes, rows }) => {
      const nOut = classes === 2 ? 1 : classes;
      const logits = rows.flatMap((row) => row.logits.slice(0, nOut));
      const targets = rows.flatMap(({ right }) =>
        nOut === 1 ? [right] : Array.from({ length: nOut }, (_, k) => k === right ? 1 : 0)
      );
      const weights = rows.map((row) => row.weight);
      const scores = classificationScores(logits, targets, nOut, weights);
      const names = Array.from({ length: classes }, (_, k) => String(k));
      const { probabilities, indices } = decodeClasses(logits, names);
      let total = 0, loss = 0, right = 0;
      rows.forEach((row, r) => {
        total += row.weight;
        loss -= row.weight * Math.log(probabilities[r * classes + row.right]);
        if (indices[r] === row.right) right += row.weight;
      });
      assertAlmostEquals(scores.logLoss, loss / total, 1e-12 * Math.max(1, loss));
      assertAlmostEquals(scores.accuracy, right / total, 1e-15);
    }),
    { seed: 8, numRuns: 200 },
  );
});

Deno.test("classificationScores() does not overflow", () => {
  const [two, three] = [
    classificationScores([1e4, -1e4], [0, 1], 1),
    classificationScores([1e4, 0, -1e4], [0, 0, 1], 3),
  ];
  assertEquals([two.accuracy, two.logLoss], [0, 1e4]);
  assertEquals([three.accuracy, three.logLoss], [0, 2e4]);
});

Deno.test("scores refuse shapes that do not fit and weights of zero", () => {
  assertThrows(() => regressionScores([1], [1, 2]), TypeError, "current value is 1 and 2");
  assertThrows(() => regressionScores([], []), TypeError);
  assertThrows(() => regressionScores([1, 2, 3], [1, 2, 3], 2), TypeError);
  assertThrows(() => regressionScores([1], [1], 1, [1, 1]), TypeError, "weights must have 1");
  assertThrows(() => regressionScores([1], [1], 1, [0]), RangeError, "greater than 0");
  assertThrows(() => classificationScores([1], [1], 1, [0]), RangeError);
  assertThrows(() => classificationScores([1, 2], [1], 1), TypeError);
});

Deno.test("regressionScores() has a median per output, and no relative error beside a target of 0", () => {
  assertEquals(regressionScores([1, 2, 3, 10], [1, 1, 1, 1]).medianError, 1.5);
  assertEquals(regressionScores([2, 30, 4, 50], [1, 10, 1, 10], 2).medianError, (2 + 30) / 2);
  assertEquals(regressionScores([1, 2, 3, 10], [1, 1, 1, 1], 1, [1, 3, 1, 1]).medianError, 1);
  assertEquals(regressionScores([1, 2], [0, 1]).mape, null);
  assertEquals(regressionScores([1, 2], [0, 1], 1, [0, 1]).mape, 1);
  assertEquals(regressionScores([NaN, 2], [3, 1]).medianError, NaN);
});

Deno.test("classificationScores() ranks by logits, where probabilities have long rounded to 1", () => {
  const scores = classificationScores([700, 800, 900], [0, 1, 1], 1);
  assertEquals([scores.auc, scores.averagePrecision], [1, 1]);
  const several = classificationScores([900, 0, 0, 800, 0, 0], [1, 0, 0, 0, 1, 0], 3);
  assertEquals(several.classes[0].auc, 1);
  const broken = classificationScores([NaN, 1], [0, 1], 1);
  assertEquals([broken.auc, broken.calibrationError], [null, NaN]);
});

Deno.test("costThreshold() finds the lowest cost of all thresholds", () => {
  const cost = fc.integer({ min: 0, max: 9 });
  const row = fc.record({ p: fc.integer({ min: 0, max: 10 }), y: fc.integer({ min: 0, max: 1 }) });
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 30 }), cost, cost, (rows, miss, alarm) => {
      fc.pre(miss + alarm > 0);
      const p = rows.map((each) => each.p / 10), y = rows.map((each) => each.y);
      const mean = (threshold: number): number =>
        p.reduce(
          (sum, value, i) => sum + (value >= threshold ? (1 - y[i]) * alarm : y[i] * miss),
          0,
        ) / rows.length;
      const found = costThreshold(p, y, { miss, alarm });
      const least = Math.min(...[0, ...p, Infinity].map(mean));
      assertAlmostEquals(found.cost, least, 1e-12);
      assertAlmostEquals(mean(found.threshold), least, 1e-12);
      assertAlmostEquals(mean(found.expected), found.expectedCost, 1e-12);
      const [[, wrong], [missed]] = found.confusion;
      assertAlmostEquals((wrong * alarm + missed * miss) / rows.length, least, 1e-12);
    }),
    { seed: 3, numRuns: 300 },
  );
  assertThrows(() => costThreshold([0.5], [1], { miss: 0, alarm: 0 }), RangeError, "above 0");
  assertThrows(() => costThreshold([0.5], [1], { miss: -1, alarm: 0 }), RangeError, "miss");
  assertThrows(() => costThreshold([0.5, 1], [1], { miss: 1, alarm: 1 }), TypeError, "2 and 1");
});
