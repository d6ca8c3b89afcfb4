import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { classificationScores } from "../../lib/data/mod.ts";
import { classCurves } from "../../lib/data/inner.ts";
import { createRandom } from "../../lib/model/mod.ts";

Deno.test("classCurves() keeps the area of a curve with few of its points", () => {
  const random = createRandom(2), rows = 20_000;
  const targets = Array.from({ length: rows }, () => random.integer(2));
  const logits = targets.map((t) => 2 * t - 1 + random.normal());
  const [curve, ...others] = classCurves(["no", "yes"], logits, targets, 1);
  assertEquals([others, curve.label], [[], "yes"]);
  const { falsePositiveRate: x, truePositiveRate: y, probability } = curve.roc;
  assert(x.length < 500);
  let area = 0;
  for (let i = 1; i < x.length; i++) area += (x[i] - x[i - 1]) * (y[i] + y[i - 1]) / 2;
  assertAlmostEquals(area, classificationScores(logits, targets, 1).auc!, 1e-3);
  assertEquals([x[0], y[0], x.at(-1), y.at(-1), probability[0]], [0, 0, 1, 1, 1]);
  assert(probability.every((p, i) => i === 0 || p <= probability[i - 1]));
  assertEquals(curve.calibration.length, 10);
});

Deno.test("classCurves() leaves out classes without rows or without others", () => {
  const labels = ["a", "b", "c"], logits = [1, 0, 0, 0, 1, 0], targets = [1, 0, 0, 0, 1, 0];
  assertEquals(classCurves(labels, logits, targets, 3).map(({ label }) => label), ["a", "b"]);
  assertEquals(classCurves(["no", "yes"], [1, 2], [1, 1], 1), []);
  assertEquals(classCurves(["no", "yes"], [NaN, 2], [0, 1], 1), []);
});
