import { assert, assertEquals, assertMatch } from "@std/assert";
import { renderReport } from "../../../lib/report/mod.ts";
import { checkPage, withReport } from "../page/open_report.ts";
import { sampleReport } from "./sample.ts";

Deno.test("a report answers its controls: the axis of the loss, the values of a map", async () => {
  await withReport(renderReport(sampleReport()), async (page) => {
    const titles: string[] = await page.evaluate(`["seconds", "evaluations", "work"].map((name) => {
      document.querySelector("input[name=loss-axis][value=" + name + "]").click();
      return Chart.getChart("loss-chart").options.scales.x.title.text;
    })`);
    assertEquals(titles, ["seconds", "evaluations", "work units"]);
    const last = await page.evaluate(`Chart.getChart("loss-chart").scales.x.max`);
    assertEquals(last, 128);
    const text = await page.evaluate<string>(`(() => {
      const canvas = document.querySelector("canvas[data-map=error]");
      const box = canvas.getBoundingClientRect();
      canvas.dispatchEvent(new PointerEvent("pointermove", {
        clientX: box.left + 52 + 1, clientY: box.bottom - 36 - 1,
      }));
      return document.getElementById("map-readout").textContent;
    })()`);
    assertMatch(text, /^x1 = 0, x2 = 0: prediction 0\.502, target 0\.5, error 0\.002$/);
    assertEquals(page.faults, []);
  });
});

Deno.test("a report of a diverged run with hostile names draws without faults", async () => {
  const sample = sampleReport();
  const hostile = "</script><b onload='document.title=1'>";
  const html = renderReport(sampleReport({
    title: hostile,
    status: "diverged",
    history: sample.history.map((record, i) => i < 40 ? record : { ...record, loss: NaN }),
    scatter: sample.scatter.map((series) => ({
      ...series,
      name: hostile,
      prediction: series.prediction.map((value, i) => i % 2 === 0 ? value : NaN),
    })),
    errorMap: {
      ...sample.errorMap!,
      names: [hostile, hostile],
      prediction: sample.errorMap!.prediction.map((value, i) => i % 3 === 0 ? NaN : value),
    },
  }));
  await withReport(html, async (page) => {
    await checkPage(page, 9);
    assertEquals(await page.evaluate("document.querySelectorAll('b').length"), 0);
    const heading = await page.evaluate<string>("document.querySelector('h1').textContent");
    assert(heading.includes(hostile));
  });
});
