import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  CHART_JS_LICENCE,
  CHART_JS_SOURCE,
  CHART_JS_VERSION,
} from "../../../lib/report/html/chart_js.ts";
import { generateChartJsModule, pinnedChartJsVersion } from "../../../tools/generate_chart_js.ts";

Deno.test("chart_js.ts holds the version that deno.json pins, with its licence", async () => {
  assertEquals(CHART_JS_VERSION, await pinnedChartJsVersion());
  assertStringIncludes(CHART_JS_SOURCE, `Chart.js v${CHART_JS_VERSION}`);
  assertStringIncludes(CHART_JS_LICENCE, "Permission is hereby granted");
  assert(!/<\/script|<!--|sourceMappingURL/i.test(CHART_JS_SOURCE));
});

Deno.test("chart_js.ts is what tools/generate_chart_js.ts writes", async () => {
  let fresh: string;
  try {
    fresh = await generateChartJsModule();
  } catch (error) {
    console.warn(`SKIPPED: the chart.js package is not at hand: ${error}`);
    return;
  }
  const kept = await Deno.readTextFile(
    new URL("../../../lib/report/html/chart_js.ts", import.meta.url),
  );
  assert(kept === fresh, "run tools/generate_chart_js.ts again");
});
