import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { renderReport } from "../../../lib/report/mod.ts";
import { PAGE_SCRIPT } from "../../../lib/report/html/page_text.ts";
import { sampleReport } from "./sample.ts";

/** The file without Chart.js's own text. */
function ownText(html: string): string {
  return html.replace(PAGE_SCRIPT, "");
}

function embeddedData(html: string): Record<string, unknown> {
  const text = /<script type="application\/json" id="report-data">(.*?)<\/script>/s.exec(html)![1];
  return JSON.parse(text);
}

function sectionIds(html: string): string[] {
  return [...html.matchAll(/<section id="([^"]+)"/g)].map(([, id]) => id);
}

Deno.test("renderReport() shows every section that has data", () => {
  const html = renderReport(sampleReport());
  const ids = sectionIds(html);
  assertEquals(ids, [
    "result",
    "training",
    "prediction",
    "residuals",
    "map",
    "activations",
    "knot-lines",
    "setup",
  ]);
  for (const id of ids) assertStringIncludes(html, `href="#${id}"`);
  for (const text of ["spline0.coefficients", "1.72×10⁻⁶", "3.67×10⁻⁵", "0.9999863", "this run"]) {
    assertStringIncludes(html, text);
  }
  assertStringIncludes(html, "<span>--schedule 32,16,8,4</span>");
  assertEquals(html.match(/<div class="card">/g)?.length, 15);
  assertEquals(html.match(/class="plane"/g)?.length, 6);
  assertEquals(html.match(/role="img" aria-label="[^"]+"/g)?.length, 15 + 6 + 3 + 3 + 3);
});

Deno.test("renderReport() leaves out the sections without data", () => {
  const { errorMap: _, knotLines: __, paper: ___, ...rest } = sampleReport({
    history: [],
    refinements: [],
    levels: [],
    layout: [],
    scatter: [],
    activations: [],
    layerShapes: [],
  });
  const html = renderReport(rest);
  assertEquals(sectionIds(html), ["result", "training", "setup"]);
  assertStringIncludes(html, "No epoch was recorded.");
});

Deno.test("renderReport() asks for nothing outside the file", () => {
  const html = ownText(renderReport(sampleReport()));
  assert(!/\b(?:https?:)?\/\/[a-z]/i.test(html), "an address in the page");
  assert(!/@import|url\(|<link(?![^>]*href="data:,")|<iframe|<img|\bsrc=/i.test(html));
  for (const [, address] of html.matchAll(/\bhref="([^"]*)"/g)) {
    assert(address.startsWith("#") || address === "data:,", address);
  }
  assertStringIncludes(html, "default-src 'none'");
});

Deno.test("renderReport() escapes hostile names wherever they appear", () => {
  const hostile = `</script><b onload="x">&'</title></style>\u2028`;
  const sample = sampleReport();
  const html = renderReport(sampleReport({
    title: hostile,
    subtitle: hostile,
    status: hostile,
    reason: hostile,
    lossName: hostile,
    reproduce: hostile,
    version: hostile,
    configuration: [[hostile, hostile]],
    layout: [{ name: hostile, offset: 0, shape: [1] }],
    paper: [{ label: hostile, parameters: 1, mse: 1 }],
    losses: { train: 1, test: 1 },
    scores: { train: { [hostile]: 1 }, test: {} },
    activations: sample.activations.map((curve) => ({
      ...curve,
      rawInputName: hostile,
      outputName: hostile,
    })),
    scatter: sample.scatter.map((series) => ({ ...series, name: hostile })),
    confusion: [{ part: "test", labels: [hostile, "b"], counts: [[1, 0], [0, 1]] }],
    errorMap: { ...sample.errorMap!, names: [hostile, hostile], targetName: hostile },
    knotLines: {
      ...sample.knotLines!,
      names: [hostile, hostile],
      nodes: sample.knotLines!.nodes.map((node) => ({ ...node, name: hostile })),
    },
  }));
  assert(!/<b |onload="/.test(html));
  const plain = renderReport(sample);
  for (const tag of ["</script>", "<script", "</style>", "</title>"]) {
    assertEquals(html.split(tag).length, plain.split(tag).length, tag);
  }
  assertEquals((embeddedData(html).maps as { names: string[] }[])[0].names[0], hostile);
});

Deno.test("renderReport() shows a diverged run without breaking", () => {
  const sample = sampleReport();
  const html = renderReport(sampleReport({
    status: "diverged",
    losses: { train: NaN },
    scores: { train: { rmse: Infinity } },
    history: sample.history.map((record, i) => i < 40 ? record : { ...record, loss: NaN }),
    activations: sample.activations.map((curve) => ({ ...curve, y: curve.y.map(() => NaN) })),
  }));
  assertStringIncludes(html, `class="status warn">diverged`);
  assertStringIncludes(html, "not a number");
  assert(!/="[^"]*NaN[^"]*"/.test(ownText(html)), "NaN in an attribute");
  const { history } = embeddedData(html) as {
    history: { series: { values: (number | null)[] }[] };
  };
  assertEquals(history.series[0].values.filter((value) => value === null).length, 20);
});

Deno.test("renderReport() says how many activations it leaves out", () => {
  const html = renderReport(sampleReport({ layerShapes: [[5, 2000], [5, 1]] }));
  assertStringIncludes(html, "Shown: the 10 with the largest range; 9\u202f990 more are left out.");
});

Deno.test("renderReport() draws a constant activation through the middle of its card", () => {
  const [first] = sampleReport().activations;
  const html = renderReport(sampleReport({
    activations: [{ ...first, y: first.y.map(() => 0.25) }],
  }));
  assert(/class="curve" d="M0 47\.5L/.test(html));
});

Deno.test("renderReport() shows confusion tables with recall", () => {
  const html = renderReport(sampleReport({
    scatter: [],
    confusion: [{ part: "test", labels: ["benign", "malignant"], counts: [[90, 2], [3, 47]] }],
  }));
  assertStringIncludes(html, "94.0 %");
  assertStringIncludes(html, "Test rows: true label");
});
