import { assert, assertLessOrEqual } from "@std/assert";
import { bundlePage, findings, WEBGPU_FLAGS, withScript } from "../../support/browser_page.ts";
import { findChromium } from "../../support/chromium.ts";
import type { BrowserFindings } from "./browser_page.ts";

const PATIENCE = 60_000; // milliseconds

Deno.test("the same kernels agree with the reference in Chromium", async () => {
  if (findChromium() === undefined) {
    console.warn("SKIPPED: no Chromium on this machine (set CHROMIUM to its path)");
    return;
  }
  const script = await bundlePage("tests/engine/webgpu/browser_page.ts");
  await withScript(script, {}, WEBGPU_FLAGS, async (page) => {
    const { adapter, agreements, objectives, repeats, prolongation } = await findings<
      BrowserFindings
    >(page, PATIENCE);
    if (adapter === null || adapter === undefined) {
      console.warn("SKIPPED: this Chromium has no WebGPU adapter");
      return;
    }
    assert(agreements.length > 15);
    for (const { title, value, gradient, tolerance } of agreements) {
      assertLessOrEqual(value, tolerance, `value, ${title}`);
      assertLessOrEqual(gradient, tolerance, `gradient, ${title}`);
    }
    const [start, one, two] = objectives;
    assert(two < one && one < start, "L-BFGS goes down");
    assert(repeats, "and repeats bit for bit");
    assertLessOrEqual(prolongation, 2e-6);
  });
});
