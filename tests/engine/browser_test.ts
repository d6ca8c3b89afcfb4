import { assert, assertLessOrEqual } from "@std/assert";
import { bundlePage, withScript } from "../support/browser_page.ts";
import { findChromium } from "../support/chromium.ts";
import type { BrowserFindings } from "./browser_page.ts";

/** With the headers that let pages share memory the engine works in several threads. */
const ISOLATION = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

Deno.test("the cpu engine agrees with the reference in Chromium, alone and in threads", async () => {
  if (findChromium() === undefined) {
    console.warn("SKIPPED: no Chromium on this machine (set CHROMIUM to its path)");
    return;
  }
  const script = await bundlePage("tests/engine/browser_page.ts");
  for (const headers of [{}, ISOLATION]) {
    await withScript(script, headers, [], async (page) => {
      const found = await page.evaluate<BrowserFindings | string>(`new Promise((resolve) => {
          const look = () => globalThis.findings ?? globalThis.failure;
          const timer = setInterval(() => {
            if (look() !== undefined) (clearInterval(timer), resolve(look()));
          }, 50);
        })`);
      assert(typeof found !== "string", String(found));
      const shared = await page.evaluate<boolean>("globalThis.crossOriginIsolated");
      assert(shared === (headers === ISOLATION));
      assert(found.kernel, "the predictor has its kernel");
      assertLessOrEqual(found.predictor, 1e-13);
      assertLessOrEqual(found.float64, 1e-12);
      assertLessOrEqual(found.float32, 4e-5);
    });
  }
});
