import { assert, assertLessOrEqual } from "@std/assert";
import { findChromium, type Page, withPage } from "../../support/chromium.ts";
import type { BrowserFindings } from "./browser_page.ts";

const FLAGS = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];
const SCREEN = { width: 400, height: 300 };
const PATIENCE = 60_000; // milliseconds; SwiftShader compiles slowly

async function bundle(): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--platform", "browser", "tests/engine/webgpu/browser_page.ts"],
  }).output();
  assert(code === 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

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
  const script = await bundle();
  // csv-parse asks for Node's Buffer as it loads; no table is read here.
  const html = `<!doctype html><title>kernels</title>
    <script>globalThis.Buffer = Uint8Array</script><script type="module" src="/page.js"></script>`;
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) =>
      request.url.endsWith("/page.js")
        ? new Response(script, { headers: { "content-type": "text/javascript" } })
        : new Response(html, { headers: { "content-type": "text/html" } }),
  );
  try {
    const address = `http://127.0.0.1:${server.addr.port}/`;
    await withPage(address, SCREEN, async (page) => {
      const { adapter, agreements, objectives, repeats } = await findings(page);
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
    }, FLAGS);
  } finally {
    await server.shutdown();
  }
});
