import { assert, assertLessOrEqual } from "@std/assert";
import { bundlePage, withScript } from "../../support/browser_page.ts";
import { findChromium, type Page } from "../../support/chromium.ts";
import type { BrowserFindings } from "./browser_page.ts";

const FLAGS = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];
const PATIENCE = 60_000; // milliseconds; SwiftShader compiles slowly

async function findings(page: Page): Promise<BrowserFindings> {
  const end = Date.now() + PATIENCE;
  while (Date.now() < end) {
    const failure = await page.evaluate<string | null>("globalThis.failure ?? null");
    if (failure !== null) throw new Error(failure);
    if (page.faults.length > 0) throw new Error(page.faults.join("\n"));
    const found = await page.evaluate<BrowserFindings | null>("globalThis.findings ?? null");
    if (found !== null) return found;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`Cannot test kernels in Chromium: no result within ${PATIENCE / 1000} s`);
}

Deno.test("the same kernels agree with the reference in Chromium", async () => {
  if (findChromium() === undefined) {
    console.warn("SKIPPED: no Chromium on this machine (set CHROMIUM to its path)");
    return;
  }
  const script = await bundlePage("tests/engine/webgpu/browser_page.ts");
  await withScript(script, {}, FLAGS, async (page) => {
    const { adapter, agreements, objectives, repeats, prolongation } = await findings(page);
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
