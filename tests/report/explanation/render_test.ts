import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { explain } from "../../../lib/interpret/mod.ts";
import { createNetwork } from "../../../lib/model/mod.ts";
import { networkDrawing, networkSvg, renderExplanation } from "../../../lib/report/mod.ts";
import { randomDataset } from "../../support/networks.ts";
import { sampleExplanation } from "./sample.ts";

Deno.test("an explanation's page holds every section, and no name as HTML", () => {
  const html = renderExplanation(sampleExplanation());
  for (const id of ["importance", "network", "effects", "interactions", "row", "again"]) {
    assertStringIncludes(html, `<section id="${id}"`);
  }
  assertEquals(html.includes("<b>bold"), false);
  assertStringIncludes(html, "&lt;b&gt;bold");
});

Deno.test("an additive network has no interactions and no bands", () => {
  const { inputs } = randomDataset({ rows: 80, nIn: 3, nOut: 1, seed: 3 });
  const network = createNetwork({ widths: [3, 1], firstLayer: "spline" }, { seed: 5 });
  const html = renderExplanation({
    ...sampleExplanation(),
    explanation: explain(network, inputs),
  });
  assertEquals(html.includes('<section id="interactions"'), false);
  assertEquals(html.includes('<section id="row"'), false);
  assertEquals(html.includes('standard errors"'), false);
});

Deno.test("a drawing shows what matters, and stands alone", () => {
  const { inputs } = randomDataset({ rows: 50, nIn: 100, nOut: 1, seed: 3 });
  const network = createNetwork({ widths: [100, 5, 14] }, { seed: 5 });
  const drawing = networkDrawing(network, inputs);
  assertEquals(drawing.layers.map(({ edges }) => edges.length), [500, 60]);
  const svg = networkSvg(drawing);
  assert(svg.startsWith('<svg xmlns="http://www.w3.org/2000/svg"') && svg.includes("<style>"));
  assertEquals(svg.match(/<circle/g)!.length, 119);
  assertEquals(svg.match(/class="net-box"/g)!.length, 60);
  assertEquals(/NaN|undefined/.test(svg), false);
  const opacities = [...svg.matchAll(/opacity="([\d.]+)"/g)].map(([, value]) => Number(value));
  assert(opacities.every((value) => value >= 0.08 && value <= 1));
  const mlp = createNetwork({ widths: [2, 4, 1], activation: "tanh" });
  const lines = networkSvg(networkDrawing(mlp, Float64Array.of(0, 1, 1, 0, 0.5, 0.2)));
  assertEquals(lines.match(/<path/g)!.length, 12);
  const formula = networkSvg({
    layers: [{
      kind: "spline",
      nIn: 1,
      nOut: 1,
      edges: [
        { input: 0, output: 0, score: 1, formula: "x < 2" },
      ],
    }],
    ...{ inputs: ["x"], outputs: ["y"], nodes: [[1], [1]] },
  });
  assertStringIncludes(formula, "x &lt; 2</text>");
  const symbols = { "0.99.4": "sin", "0.4.2": "x^2" }; // of the first, linear map there is none
  const named = networkSvg(networkDrawing(network, inputs, { symbols, most: 100 }));
  assertEquals(named.match(/class="net-locked"/g)!.length, 1);
  assertStringIncludes(named, ">x^2</text>");
});
