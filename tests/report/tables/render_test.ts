import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { renderTableReport } from "../../../lib/report/mod.ts";
import { PAGE_SCRIPT } from "../../../lib/report/html/page_text.ts";
import { withReport } from "../page/open_report.ts";
import { sampleTable } from "./sample.ts";

Deno.test("renderTableReport() shows every row beside the paper's numbers", () => {
  const html = renderTableReport(sampleTable());
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
  assert(!/\b(?:https?:)?\/\/[a-z]/i.test(html.replace(PAGE_SCRIPT, "")), "an address");
  const data = JSON.parse(
    /<script type="application\/json" id="report-data">(.*?)<\/script>/s.exec(html)![1],
  );
  assertEquals(data.curves.length, sampleTable().rows.length);
  assertEquals(data.curves[0].values[0], 0.2, "the curve of the seed with the median loss");
  assertEquals(data.reference.value, 2.52e-5);
});

Deno.test("renderTableReport() says what is missing", () => {
  const html = renderTableReport(sampleTable({ rows: [], warnings: ["STOPPED: nothing yet."] }));
  assertStringIncludes(html, "No run was finished.");
  assertStringIncludes(html, "STOPPED: nothing yet.");
  assertStringIncludes(html, 'class="status warn"');
});

Deno.test("a table's page draws its chart over work, evaluations, seconds", async () => {
  await withReport(renderTableReport(sampleTable()), async (page) => {
    for (const axis of ["evaluations", "seconds", "work"]) {
      await page.evaluate(`document.querySelector("input[value=${axis}]").click()`);
      const chart = "Chart.getChart(document.getElementById('curves'))";
      const title = `${chart}.options.scales.x.title.text`;
      assertStringIncludes(await page.evaluate<string>(title), axis);
      const count = await page.evaluate<number>(`${chart}.data.datasets.length`);
      assertEquals(count, sampleTable().rows.length + 1);
    }
    assertEquals(page.faults, []);
  });
});
