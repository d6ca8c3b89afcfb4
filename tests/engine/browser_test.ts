import { assert, assertLessOrEqual } from "@std/assert";
import { findChromium, withPage } from "../support/chromium.ts";
import type { BrowserFindings } from "./browser_page.ts";

async function bundle(): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--platform", "browser", "tests/engine/browser_page.ts"],
  }).output();
  assert(code === 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

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
  const script = await bundle();
  for (const headers of [{}, ISOLATION]) {
    const own = { ...headers, "cache-control": "no-store" };
    const html = `<!doctype html><title>cpu</title>
      <script>globalThis.Buffer = Uint8Array</script><script type="module" src="/page.js"></script>`;
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      (request) =>
        request.url.endsWith("/page.js")
          ? new Response(script, { headers: { ...own, "content-type": "text/javascript" } })
          : new Response(html, { headers: { ...own, "content-type": "text/html" } }),
    );
    try {
      const address = `http://127.0.0.1:${server.addr.port}/`;
      await withPage(address, { width: 300, height: 200 }, async (page) => {
        const found = await page.evaluate<BrowserFindings | string>(`new Promise((resolve) => {
          const look = () => globalThis.findings ?? globalThis.failure;
          const timer = setInterval(() => {
            if (look() !== undefined) (clearInterval(timer), resolve(look()));
          }, 50);
        })`);
        assert(typeof found !== "string", String(found));
        const shared = await page.evaluate<boolean>("globalThis.crossOriginIsolated");
        assert(shared === (headers === ISOLATION));
        assertLessOrEqual(found.float64, 1e-12);
        assertLessOrEqual(found.float32, 4e-5);
      });
    } finally {
      await server.shutdown();
    }
  }
});
