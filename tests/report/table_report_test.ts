import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { renderTableReport, type TableReport } from "../../lib/report/mod.ts";
import { CHART_JS_SOURCE } from "../../lib/report/_chart_js.ts";
import { findProblem } from "../../lib/data/mod.ts";
import type { EpochRecord } from "../../lib/train/mod.ts";
import { type RowRun, summariseRow, tableRows } from "../../lib/reproduce/mod.ts";
import { findChromium, withPage } from "../support/chromium.ts";

/** A table of all rows of a problem with made-up runs. */
function sample(changes: Partial<TableReport> = {}): TableReport {
  const rows = tableRows(findProblem("nonsmooth"), { lineSearch: "both" });
  const report = rows.map((row, k) => {
    const runs = [3, 1, 2].map((factor, seed): RowRun => {
      const history = Array.from({ length: 20 }, (_, e): EpochRecord => ({
        stage: 0,
        intervals: 5,
        epoch: e + 1,
        work: 6.4 * (e + 1),
        loss: factor * 10 ** (-1 - k * e / 100),
        objective: 0,
        gradientNorm: 1,
        evaluations: 25 * (e + 1),
        seconds: e / 10,
      }));
      const loss = history[19].loss;
      return {
        row,
        seed,
        loss,
        lastLoss: loss,
        testLoss: 1.1 * loss,
        parameters: 55,
        evaluations: 500,
        seconds: 2,
        status: "completed",
        reason: "done",
        history,
      };
    });
    return { summary: summariseRow(runs), marks: k === 0 ? ["worse"] : [] };
  });
  return {
    title: "Table <1>",
    subtitle: "20000 points",
    status: "completed",
    warnings: [],
    notes: ["How to read & judge it."],
    rows: report,
    reproduce: "freeknot reproduce table1 --seeds 0..2",
    version: "0.1.0",
    ...changes,
  };
}

Deno.test("renderTableReport() shows every row beside the paper's numbers", () => {
  const html = renderTableReport(sample());
  for (
    const text of [
      "<title>Table &lt;1&gt;",
      "spline, multilevel, free knots",
      "MLP [2, 20, 20, 1]",
      "3.67×10⁻⁵",
      "7.19×10⁻⁵",
      ">worse<",
      "How to read &amp; judge it.",
      "freeknot reproduce table1 --seeds 0..2",
    ]
  ) assertStringIncludes(html, text);
  assert(!/\b(?:https?:)?\/\/[a-z]/i.test(html.replace(CHART_JS_SOURCE, "")), "an address");
  const data = JSON.parse(
    /<script type="application\/json" id="report-data">(.*?)<\/script>/s.exec(html)![1],
  );
  assertEquals(data.curves.length, sample().rows.length);
  assertEquals(data.curves[0].loss[0], 0.2, "the curve of the seed with the median loss");
  assertEquals(data.reference.value, 2.52e-5);
});

Deno.test("renderTableReport() says what is missing", () => {
  const html = renderTableReport(sample({ rows: [], warnings: ["STOPPED: nothing yet."] }));
  assertStringIncludes(html, "No run was finished.");
  assertStringIncludes(html, "STOPPED: nothing yet.");
  assertStringIncludes(html, 'class="status warn"');
});

Deno.test("a table's page draws its chart without faults, over work, evaluations, seconds", async () => {
  if (findChromium() === undefined) {
    console.warn("SKIPPED: no Chromium on this machine (set CHROMIUM to its path)");
    return;
  }
  const path = await Deno.makeTempFile({ suffix: ".html" });
  try {
    await Deno.writeTextFile(path, renderTableReport(sample()));
    await withPage(`file://${path}`, { width: 1280, height: 900 }, async (page) => {
      assertEquals(await page.evaluate("document.documentElement.dataset.drawn"), "true");
      for (const axis of ["evaluations", "seconds", "work"]) {
        await page.evaluate(`document.querySelector("input[value=${axis}]").click()`);
        const chart = "Chart.getChart(document.getElementById('curves'))";
        const title = `${chart}.options.scales.x.title.text`;
        assertStringIncludes(await page.evaluate<string>(title), axis);
        const count = await page.evaluate<number>(`${chart}.data.datasets.length`);
        assertEquals(count, sample().rows.length + 1);
      }
      assertEquals([page.faults, page.requests.filter((each) => !each.startsWith("file:"))], [
        [],
        [],
      ]);
    });
  } finally {
    await Deno.remove(path);
  }
});
