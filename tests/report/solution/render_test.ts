import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { PAGE_SCRIPT } from "../../../lib/report/html/page_text.ts";
import { renderSolutionReport } from "../../../lib/report/mod.ts";
import type { Page } from "../../support/chromium.ts";
import { DESKTOP, withReport } from "../page/open_report.ts";
import { sampleSolution } from "./sample.ts";

function sectionIds(html: string): string[] {
  return [...html.matchAll(/<section id="([^"]+)"/g)].map(([, id]) => id);
}

Deno.test("renderSolutionReport() shows every section that has data", () => {
  const html = renderSolutionReport(sampleSolution());
  assertEquals(sectionIds(html), [
    "result",
    "solution",
    "slices",
    "coefficients",
    "training",
    "knots",
    "activations",
    "setup",
  ]);
  for (
    const text of [
      "1.25×10⁻⁴",
      "<i>u</i><sub><i>xx</i></sub>",
      "holds by construction",
      "Absolute residual of neighbour",
      "Dots are the measurements.",
      "freeknot solve",
    ]
  ) assertStringIncludes(html, text);
  const rest = html.replace(PAGE_SCRIPT, "");
  assert(!/\b(?:https?:)?\/\/[a-z]/i.test(rest), "an address in the page");
});

Deno.test("renderSolutionReport() leaves out what there is not", () => {
  const html = renderSolutionReport(sampleSolution({
    maps: [],
    slices: [],
    coefficients: [],
    knotPaths: [],
    activations: [],
    history: [],
    refinements: [],
    levels: [],
    errors: [],
  }));
  assertEquals(sectionIds(html), ["result", "training", "setup"]);
  assertStringIncludes(html, "No epoch was recorded.");
});

Deno.test("renderSolutionReport() escapes hostile names wherever they appear", () => {
  const hostile = `</script><b onload="x">&'</title></style>\u2028`;
  const sample = sampleSolution();
  const named = <T>(values: readonly T[]) => values.map((value) => ({ ...value, name: hostile }));
  const html = renderSolutionReport(sampleSolution({
    title: hostile,
    problem: [{ name: hostile, formula: hostile, where: hostile }],
    facts: [[hostile, hostile]],
    errors: [[hostile, 1]],
    terms: named(sample.terms),
    coefficients: named(sample.coefficients),
    maps: sample.maps.map((map) => ({
      ...map,
      held: hostile,
      names: [hostile, hostile],
      unknowns: named(map.unknowns),
      residuals: named(map.residuals),
    })),
    slices: sample.slices.map((slice) => ({ ...slice, unknown: hostile, along: hostile })),
    knotPaths: sample.knotPaths.map((path) => ({ ...path, node: hostile })),
  }));
  assert(!/<b |onload="/.test(html));
  assertEquals(
    html.split("</script>").length,
    renderSolutionReport(sample).split("</script>").length,
  );
});

/** Red, green and blue in the middle of a map. */
function middle(page: Page, map: string): Promise<number[]> {
  return page.evaluate(`(() => {
    const canvas = document.querySelector("canvas[data-map='${map}']");
    const x = 52 + (canvas.width - 112) / 2, y = 6 + (canvas.height - 42) / 2;
    const copy = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    copy.drawImage(canvas, -x, -y);
    const at = copy.getImageData(0, 0, 1, 1);
    return [...at.data.slice(0, 3)];
  })()`);
}

Deno.test("0 on a solution's map looks like the page, light or dark", async () => {
  await withReport(renderSolutionReport(sampleSolution()), async (page) => {
    const light = await middle(page, "u0-0");
    assert(light.every((part) => part > 200), `0 is ${light} on a light page`);
    await page.show({ ...DESKTOP, scheme: "dark" });
    const dark = await middle(page, "u0-0");
    assert(dark.every((part) => part < 80), `0 is ${dark} on a dark page`);
  });
});

Deno.test("a solution's report answers: the unknown to show, the values of a map", async () => {
  await withReport(renderSolutionReport(sampleSolution()), async (page) => {
    const names = await page.evaluate<string[]>(
      `[...document.querySelectorAll("[data-tab]")].map((choice) => choice.parentElement.innerText)`,
    );
    assertEquals(names, ["u", "v", "residuals"]);
    const seen = await page.evaluate<string[][]>(`(async () => {
      const seen = [];
      for (const choice of document.querySelectorAll("[data-tab]")) {
        choice.click();
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        seen.push([...document.querySelectorAll("canvas[data-map]")]
          .filter((canvas) => canvas.checkVisibility() && canvas.width > 100)
          .map((canvas) => canvas.dataset.map));
      }
      return seen;
    })()`);
    assertEquals(seen, [["u0-0", "true0-0", "e0-0"], ["u0-1", "true0-1", "e0-1"], [
      "r0-0",
      "r0-1",
    ]]);
    const text = await page.evaluate<string>(`(() => {
      document.querySelector("[data-tab][value='1']").click();
      const canvas = document.querySelector("canvas[data-map='u0-1']");
      const box = canvas.getBoundingClientRect();
      canvas.dispatchEvent(new PointerEvent("pointermove", {
        clientX: box.left + 52.2, clientY: box.bottom - 36.2,
      }));
      return document.getElementById("map-readout").textContent;
    })()`);
    assertMatch(text, /^t = 0, x = −1: v 2, true v 2, error 0$/);
    assertEquals(
      await page.evaluate("Chart.getChart('loss-chart').data.datasets.map((set) => set.label)"),
      ["loss", "front", "neighbour", "initial"],
    );
    assertEquals(page.faults, []);
  });
});

Deno.test("a report of a diverged run of one coordinate draws without faults", async () => {
  const x = Array.from({ length: 101 }, (_, i) => i / 100);
  const wild = x.map((t) => t > 0.5 ? NaN : 1 / (0.5 - t));
  const html = renderSolutionReport(sampleSolution({
    status: "diverged",
    loss: NaN,
    curves: {
      coordinate: "t",
      x,
      unknowns: [{ name: "u", values: wild, truth: x }, { name: "v", values: x }],
      residuals: [{ name: "equation", values: x.map(() => 0) }, { name: "other", values: wild }],
    },
    maps: [],
    slices: [],
  }));
  await withReport(html, async (page) => {
    assertEquals(await page.evaluate("document.documentElement.dataset.drawn"), "true");
    const labels = await page.evaluate(
      `["curves", "curve-errors", "curve-residuals"].map((id) =>
        Chart.getChart(id).data.datasets.map((set) => set.label))`,
    );
    assertEquals(labels, [["u", "v", "true solution"], ["u"], ["equation", "other"]]);
    assertEquals(page.faults, []);
  });
});
