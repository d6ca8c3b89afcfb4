import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { bundlePage, findings, WEBGPU_FLAGS, withScript } from "../support/browser_page.ts";
import { findChromium } from "../support/chromium.ts";
import { VERSION } from "../support/tfjs.ts";
import { TOLERANCE } from "../support/tfjs_cases.ts";
import type { BrowserFindings } from "./browser_page.ts";

const PATIENCE = 120_000; // milliseconds
/** Kernels on webgl compute on the host: the driver notes that values are read back. */
const HARMLESS = /GPU stall due to ReadPixels/;
const chromium = findChromium();
if (!chromium) console.warn("SKIPPED: no Chromium on this machine (set CHROMIUM to its path)");

/** TensorFlow.js, its backends and the page in one bundle, by an entry outside the module graph. */
async function bundle(): Promise<string> {
  const folder = await Deno.makeTempDir();
  try {
    const page = new URL("./browser_page.ts", import.meta.url).href;
    const config = new URL("../../deno.json", import.meta.url).pathname;
    await Deno.writeTextFile(
      `${folder}/entry.ts`,
      `import * as tf from "npm:@tensorflow/tfjs@${VERSION}";
       import "npm:@tensorflow/tfjs-backend-webgpu@${VERSION}";
       tf.env().set("PROD", true);
       globalThis.tf = tf;
       await import("${page}");`,
    );
    return await bundlePage(`${folder}/entry.ts`, ["--no-lock", "--config", config]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test({
  name: "the layers agree on all backends in Chromium",
  ignore: Deno.env.get("FREEKNOT_TFJS") === undefined || !chromium,
  fn: async () => {
    await withScript(
      await bundle(),
      {},
      [...WEBGPU_FLAGS, "--enable-unsafe-swiftshader"],
      async (page) => {
        const { backends, resident } = await findings<BrowserFindings>(
          page,
          PATIENCE,
          HARMLESS,
        );
        assertEquals(backends.map(({ backend }) => backend), ["cpu", "webgl", "webgpu"]);
        for (const { backend, present, splines, gradients, losses, left } of backends) {
          if (!present) {
            console.warn(`SKIPPED: this Chromium has no ${backend}`);
            continue;
          }
          for (const { title, error } of splines) {
            assertLessOrEqual(error, TOLERANCE, `${backend}, ${title}`);
          }
          for (const { title, error } of gradients) {
            assertLessOrEqual(error, TOLERANCE, `${backend}, ${title}`);
          }
          assert(losses[1] < 0.5 * losses[0], `${backend}: ${losses}`);
          assertEquals(left, 0, backend);
        }
        if (resident.length === 0) return;
        const [start, objective, error] = resident;
        assert(objective < 0.1 * start, `${resident}`);
        assertLessOrEqual(Math.abs(error - objective), 1e-4 * objective);
      },
    );
  },
});
