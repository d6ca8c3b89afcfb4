/**
 * Programs of this library in a browser's page.
 *
 * @module
 */

import { assert } from "@std/assert";
import { type Page, withPage } from "./chromium.ts";

const SCREEN = { width: 400, height: 300 };

/**
 * Bundles a file for browsers.
 *
 * @param flags More flags of `deno bundle`.
 */
export async function bundlePage(path: string, flags: readonly string[] = []): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--platform", "browser", ...flags, path],
  }).output();
  assert(code === 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/**
 * Opens a page that runs a script.
 *
 * @param script From {@linkcode bundlePage}.
 * @param headers More headers of page and script.
 * @param flags More flags for the browser.
 */
export async function withScript(
  script: string,
  headers: Readonly<Record<string, string>>,
  flags: readonly string[],
  visit: (page: Page) => Promise<void>,
): Promise<void> {
  // csv-parse asks for Node's Buffer as it loads; no table is read here.
  const html = `<!doctype html><title>page</title>
    <script>globalThis.Buffer = Uint8Array</script><script type="module" src="/page.js"></script>`;
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) =>
      request.url.endsWith("/page.js")
        ? new Response(script, { headers: { ...headers, "content-type": "text/javascript" } })
        : new Response(html, { headers: { ...headers, "content-type": "text/html" } }),
  );
  try {
    await withPage(`http://127.0.0.1:${server.addr.port}/`, SCREEN, visit, [...flags]);
  } finally {
    await server.shutdown();
  }
}

/** Flags for a WebGPU adapter in software. */
export const WEBGPU_FLAGS: readonly string[] = [
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
];

/**
 * Waits for what the program of a page leaves (`leaveFindings`).
 *
 * @param patience Milliseconds; SwiftShader compiles slowly.
 * @param harmless What the browser may say.
 */
export async function findings<T>(
  page: Page,
  patience: number,
  harmless: RegExp = /^$/,
): Promise<T> {
  const end = Date.now() + patience;
  while (Date.now() < end) {
    const failure = await page.evaluate<string | null>("globalThis.failure ?? null");
    if (failure !== null) throw new Error(failure);
    const faults = page.faults.filter((fault) => !harmless.test(fault));
    if (faults.length > 0) throw new Error(faults.join("\n"));
    const found = await page.evaluate<T | null>("globalThis.findings ?? null");
    if (found !== null) return found;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`Cannot test in Chromium: no result within ${patience / 1000} s`);
}
