import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { run, WISCONSIN, withFolder } from "../support.ts";

const CANCER = [
  ...["train", "--data", WISCONSIN, "--target", "benign", "--loss", "cross-entropy"],
  ...["--intervals", "2", "--schedule", "1", "--weight-decay", "0.001", "--quiet"],
];

Deno.test("evaluate --cost finds the threshold with the lowest cost, --report draws the curves", async () => {
  await withFolder(async (folder) => {
    const model = `${folder}/m.safetensors`, report = `${folder}/e.html`;
    await run(...CANCER, "--model-out", model);
    const args = ["evaluate", "--model", model, "--data", WISCONSIN, "--cost", "0=10"];
    const { out, code } = await run(...args, "--json", "--report", report);
    assertEquals(code, 0);
    const { cost: { costs, usual, expected, best }, curves, scores } = JSON.parse(out);
    assertEquals(costs, { "0": 10, "1": 1 });
    assertEquals(usual.confusion, scores.confusion);
    assert(best.cost <= usual.cost && best.cost <= expected.cost);
    const [[, alarms], [missed]] = best.confusion;
    assertAlmostEquals(best.cost, (10 * alarms + missed) / 569, 1e-12);
    assertAlmostEquals(expected.threshold, 10 / 11, 1e-15);
    assertEquals(curves.map(({ label }: { label: string }) => label), ["1"]);
    assertEquals(Object.keys(curves[0]), ["label", "roc", "precisionRecall", "calibration"]);
    assertStringIncludes(await Deno.readTextFile(report), '<canvas id="calibration"');
    const text = (await run(...args)).out;
    assertStringIncludes(text, "the best for these rows");
    assertStringIncludes(text, "a threshold that is chosen on some rows costs more on others");
  });
});

Deno.test("evaluate --cost of several classes weighs probabilities by costs", async () => {
  await withFolder(async (folder) => {
    const file = `${folder}/t.csv`, model = `${folder}/m`;
    const rows = Array.from({ length: 90 }, (_, i) => {
      const x = (37 * i % 101) / 101 + 0.3 * ((53 * i % 89) / 89);
      return `${x},${
        ["low", "middle", "high"][i % 10 === 0 ? i % 3 : Math.min(2, Math.floor(3 * x))]
      }`;
    });
    await Deno.writeTextFile(file, `x,kind\n${rows.join("\n")}\n`);
    const fit = ["--loss", "cross-entropy", "--schedule", "2", "--intervals", "2", "--quiet"];
    await run("train", "--data", file, "--target", "kind", ...fit, "--model-out", model);
    const evaluate = (cost: string) =>
      run("evaluate", "--model", model, "--data", file, "--cost", cost, "--json");
    const { cost } = JSON.parse((await evaluate("high=50")).out);
    assertEquals(cost.best, undefined);
    assertEquals(cost.labels, ["high", "low", "middle"]);
    assert(cost.expected.cost < cost.usual.cost);
    const said = (confusion: number[][]) => confusion.reduce((sum, counts) => sum + counts[0], 0);
    assert(said(cost.expected.confusion) > said(cost.usual.confusion));
    const cases: [string, string][] = [
      ["huge=1", '--cost must name labels ("high", "low", "middle"), current value is "huge"'],
      ["high", "--cost must be LABEL=COST"],
      ["high=-1", "--cost must be LABEL=COST"],
      ["high=0,low=0,middle=0", "--cost must be above 0 for a label"],
    ];
    for (const [text, message] of cases) {
      const { code, err, out } = await evaluate(text);
      assertEquals([code, out], [2, ""], text);
      assertStringIncludes(err, message);
    }
  });
});

Deno.test("evaluate --report shows residuals of every target; --cost is for classes", async () => {
  await withFolder(async (folder) => {
    const file = `${folder}/t.csv`, model = `${folder}/m`, report = `${folder}/e.html`;
    const rows = Array.from({ length: 40 }, (_, i) => `${i % 9},${i % 9 + i % 2},${100 * (i % 9)}`);
    await Deno.writeTextFile(file, `x,t,p\n${rows.join("\n")}\n`);
    const fit = ["--schedule", "1", "--intervals", "2", "--quiet"];
    await run("train", "--data", file, "--target", "t,p", ...fit, "--model-out", model);
    const args = ["evaluate", "--model", model, "--data", file];
    const { code, out } = await run(...args, "--report", report);
    assertEquals(code, 0);
    assertStringIncludes(out, `report: ${report}`);
    const html = await Deno.readTextFile(report);
    for (const id of ["spread-1", "normal-1", "histogram-1"]) assertStringIncludes(html, `"${id}"`);
    const wrong = await run(...args, "--cost", "a=1");
    assertEquals(wrong.code, 2);
    assertStringIncludes(wrong.err, "--cost must come with a model of classes only");
    const same = await run(...args, "--report", file);
    assertEquals(same.code, 2);
  });
});

Deno.test("train --folds --cost tells what decisions cost on all held-out rows", async () => {
  const args = [...CANCER, "--folds", "3", "--threads", "1"];
  const { out, code } = await run(...args, "--cost", "0=10", "--json");
  assertEquals(code, 0);
  const { folds, command } = JSON.parse(out);
  assertEquals(folds.cost.usual.confusion, folds.pooled.confusion);
  assert(folds.cost.best.cost <= folds.cost.expected.cost);
  assertEquals(folds.cost.best.confusion.flat().reduce((a: number, b: number) => a + b), 569);
  assertStringIncludes(command, "--cost 0=10");
  const text = (await run(...args, "--cost", "0=10")).out;
  assertStringIncludes(text, "the best for these rows");
  const cases: [string[], string][] = [
    [["--cost", "0=10"], "--cost must come with --folds only"],
    [["--folds", "3", "--cost", "ill=10"], '--cost must name labels ("0", "1")'],
  ];
  for (const [flags, message] of cases) {
    const wrong = await run(...CANCER, ...flags);
    assertEquals([wrong.code, wrong.out], [2, ""]);
    assertStringIncludes(wrong.err, message);
  }
});
