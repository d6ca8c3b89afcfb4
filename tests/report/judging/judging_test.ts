import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { createNetwork, createRandom } from "../../../lib/model/mod.ts";
import { collectReport, renderEvaluation, renderReport } from "../../../lib/report/mod.ts";
import { judgingPlots, shownCurves } from "../../../lib/report/judging/pictures.ts";
import { histogram, normalPoints } from "../../../lib/report/judging/residuals.ts";
import { judgedReport, sampleClasses, sampleEvaluation } from "./sample.ts";
import { runScipy, scipyVersion } from "../../support/scipy.ts";

Deno.test({
  name: "normalPoints() has the quantiles of SciPy's normal distribution",
  ignore: scipyVersion === undefined,
  async fn() {
    for (const rows of [1, 2, 7, 100_000]) {
      const { normal } = normalPoints(Array.from({ length: rows }, (_, i) => i));
      const count = Math.min(rows, 300);
      const shares = Array.from(
        { length: count },
        (_, i) => ((count === 1 ? 0 : Math.round(i * (rows - 1) / (count - 1))) + 0.5) / rows,
      );
      const program = "from scipy.stats import norm\nanswer = norm.ppf(data).tolist()";
      const wanted = await runScipy<number[]>(program, shares);
      wanted.forEach((value, i) =>
        assertAlmostEquals(normal[i], value, 1e-12 * Math.max(1, -value))
      );
    }
  },
});

Deno.test("normalPoints() lays normal residuals on their line, the extremes among them", () => {
  const random = createRandom(5);
  const residuals = Array.from({ length: 2000 }, () => 3 + 2 * random.normal());
  const { normal, residual, mean, deviation } = normalPoints([...residuals, NaN]);
  assertEquals([residual[0], residual[299]], [Math.min(...residuals), Math.max(...residuals)]);
  assertAlmostEquals(mean, 3, 0.2);
  assertAlmostEquals(deviation, 2, 0.1);
  normal.forEach((z, i) => {
    if (Math.abs(z) < 1.5) assertAlmostEquals(residual[i], mean + z * deviation, 0.2);
  });
});

Deno.test("histogram() counts all of every series in the same bins", () => {
  const random = createRandom(7);
  const draw = (count: number) => Array.from({ length: count }, () => random.normal());
  const counted = histogram([draw(500), draw(50)])!;
  assert(counted.ends.length >= 9 && counted.ends.length <= 41);
  for (const shares of counted.shares) {
    assertEquals(shares.length, counted.ends.length - 1);
    assertAlmostEquals(shares.reduce((a, b) => a + b), 1, 1e-12);
  }
  assertEquals(histogram([[2, 2, 2]])!.shares[0].filter((share) => share > 0), [1]);
  assertEquals(histogram([[NaN], []]), undefined);
});

Deno.test("shownCurves() has a curve per part of one class, of several one per class", () => {
  const [curves] = judgedReport().classCurves!.map(({ curves }) => curves);
  const one = shownCurves([
    { part: "train", curves: curves.slice(0, 1) },
    { part: "test", curves: curves.slice(0, 1) },
  ]);
  assertEquals(one.map(({ label }) => label), ["training", "test"]);
  const several = shownCurves([{ part: "train", curves: [] }, { part: "held-out", curves }]);
  assertEquals(several.map(({ label }) => label), ["a", "b", "c"]);
  assertEquals(shownCurves([]), []);
});

Deno.test("collectReport() shows the rows that folds held out beside the others", () => {
  const network = createNetwork({ widths: [2, 3, 1] }, { seed: 1 });
  const inputs = Float64Array.from({ length: 40 }, (_, i) => Math.sin(i));
  const targets = Float64Array.from({ length: 20 }, (_, i) => i % 2);
  const train = { rows: 20, nIn: 2, nOut: 1, inputs, targets };
  const common = {
    ...{ title: "t", network, events: [], train, losses: { train: 1 }, scores: { train: {} } },
    ...{ reproduce: "", version: "0" },
  };
  const numbers = collectReport({
    ...common,
    targetNames: ["y"],
    heldOut: {
      ...{ kind: "numbers", names: ["y"] },
      ...{ said: new Float64Array([1, 2, 3]), right: new Float64Array([1, 2, 4]) },
    },
  });
  assertEquals(numbers.scatter.map(({ part }) => part), ["train", "held-out"]);
  assertEquals(numbers.scatter[1].target, [1, 2, 4]);
  assertEquals(
    judgingPlots(numbers).map(({ id }) => id),
    ["spread-0", "normal-0", "histogram-0"],
  );
  const classes = collectReport({
    ...common,
    classLabels: ["no", "yes"],
    heldOut: {
      ...{ kind: "classes", nOut: 1 },
      ...{ logits: new Float64Array([1, -1, 2]), targets: new Float64Array([1, 0, 0]) },
    },
  });
  assertEquals(classes.confusion!.map(({ part }) => part), ["train", "held-out"]);
  assertEquals(classes.confusion![1].counts, [[1, 1], [0, 1]]);
  assertEquals(classes.classCurves!.map(({ curves }) => curves.length), [1, 1]);
  const html = renderReport(classes);
  for (const id of ["roc", "precision-recall", "calibration"]) {
    assertStringIncludes(html, `<canvas id="${id}"`);
  }
  assertStringIncludes(html, "Held-out rows: true label");
});

Deno.test("renderEvaluation() shows scores and the pictures that the rows fill", () => {
  const ids = (html: string) => [...html.matchAll(/<section id="([^"]+)"/g)].map(([, id]) => id);
  const hostile = "</script><b>";
  const classes = renderEvaluation(
    sampleEvaluation({ title: hostile, labels: ["a", hostile, "c"] }),
  );
  assertEquals(ids(classes), ["result", "prediction", "probabilities", "again"]);
  assert(!classes.includes(hostile));
  const numbers = renderEvaluation(sampleEvaluation({
    judged: {
      ...{ kind: "numbers", names: ["t", "p"] },
      said: new Float64Array([1, 2, 3, 4]),
      right: new Float64Array([1, 2, 3, 5]),
    },
  }));
  assertEquals(ids(numbers), ["result", "prediction", "residuals", "again"]);
  const { judged: _, ...none } = sampleEvaluation();
  assertEquals(ids(renderEvaluation(none)), ["result", "again"]);
  const broken = sampleClasses();
  broken.logits[0] = NaN;
  assertEquals(ids(renderEvaluation(sampleEvaluation({ judged: broken }))).length, 3);
});
