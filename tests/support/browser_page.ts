/**
 * Programs of this library in a browser's page.
 *
 * @module
 */

import { assert } from "@std/assert";
import { type Page, withPage } from "./chromium.ts";

const SCREEN = { width: 400, height: 300 };

/** Bundles a file for browsers. */
export async function bundlePage(path: string): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--platform", "browser", path],
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
