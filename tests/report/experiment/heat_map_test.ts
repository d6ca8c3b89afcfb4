import { assertEquals, assertStringIncludes } from "@std/assert";
import { renderExperiment } from "../../../lib/report/mod.ts";

const report = {
  ...{ title: "Waves", subtitle: "a paper", status: "all claims hold", good: true },
  ...{ claims: [], tables: [], charts: [], notes: [], reproduce: "again", version: "0.1.0" },
};

Deno.test("renderExperiment() draws a heat map: a square per value, row by row from below", () => {
  const html = renderExperiment({
    ...report,
    maps: [{
      ...{ title: "Shares <of> modes", text: "pale to full", xTitle: "step", yTitle: "mode" },
      ...{ x: [1, 2, 4], y: [5, 10], values: [[0, 0.5, 1.2], [NaN, -1, 0.25]] },
    }],
  });
  assertStringIncludes(html, "Shares &lt;of&gt; modes");
  const squares = [...html.matchAll(/<rect x="([\d.]+)" y="(\d+)"[^>]*fill-opacity="([\d.]+)"/g)];
  assertEquals(squares.map(([, , , share]) => Number(share)), [0, 0.5, 1, 0, 0, 0.25]);
  assertEquals(squares.map(([, , y]) => Number(y)), [16, 16, 16, 0, 0, 0]);
  assertEquals(new Set(squares.map(([, x]) => x)).size, 3);
});

Deno.test("renderExperiment() has no place for maps where there are none", () => {
  assertEquals(renderExperiment(report).includes('id="maps"'), false);
});
