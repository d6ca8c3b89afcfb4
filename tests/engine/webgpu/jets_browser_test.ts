import { assertEquals, assertLessOrEqual } from "@std/assert";
import { bundlePage, findings, WEBGPU_FLAGS, withScript } from "../../support/browser_page.ts";
import { findChromium } from "../../support/chromium.ts";
import { TOLERANCE } from "../../support/webgpu_cases.ts";
import type { JetFindings } from "./jets_browser_page.ts";

const PATIENCE = 60_000; // milliseconds

Deno.test("the same kernels of jets agree with the CPU in Chromium", async () => {
  if (findChromium() === undefined) {
    console.warn("SKIPPED: no Chromium on this machine (set CHROMIUM to its path)");
    return;
  }
  const script = await bundlePage("tests/engine/webgpu/jets_browser_page.ts");
  await withScript(script, {}, WEBGPU_FLAGS, async (page) => {
    const { adapter, agreements } = await findings<JetFindings>(page, PATIENCE);
    if (adapter === null || adapter === undefined) {
      console.warn("SKIPPED: this Chromium has no WebGPU adapter");
      return;
    }
    assertEquals(agreements.length, 2);
    for (const { title, ...errors } of agreements) {
      for (const [what, error] of Object.entries(errors)) {
        assertLessOrEqual(error, TOLERANCE, `${what}, ${title}`);
      }
    }
  });
});
