/**
 * Opens the page of `freeknot page` in a browser.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { PLAYGROUND_CODE } from "../../../cli/page/script_text.ts";
import { playgroundHtml } from "../../../cli/page/shell.ts";
import { findChromium, type Page, type Screen, withPage } from "../../support/chromium.ts";
import { withFolder } from "../support.ts";

/** A screen on a desk. */
export const DESK: Screen = { width: 1280, height: 900 };

/** Remembers what the page gives as files, and lets tests drop files on it. */
const HELP = `(() => {
  const make = URL.createObjectURL;
  window.blobs = [];
  URL.createObjectURL = (blob) => {
    if (blob.type !== "text/javascript") blobs.push(blob);
    return make.call(URL, blob);
  };
  window.drop = (name, base64) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([bytes], name));
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true }));
  };
  window.bytes = async (blob) => {
    const all = new Uint8Array(await blob.arrayBuffer());
    let text = "";
    for (const byte of all) text += String.fromCharCode(byte);
    return btoa(text);
  };
  window.set = (id, value) => {
    const field = document.getElementById(id);
    field.value = value;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  };
  set("pace", "0");
})()`;

/** Opens the page from a file with the controls of an address; skips loudly without a browser. */
export async function withPlayground(
  hash: string,
  visit: (page: Page, folder: string) => Promise<void>,
  { flags = [], ...screen }: Screen & { readonly flags?: readonly string[] } = DESK,
): Promise<void> {
  if (findChromium() === undefined) {
    console.warn("SKIPPED: no Chromium on this machine (set CHROMIUM to its path)");
    return;
  }
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/page.html`, playgroundHtml(PLAYGROUND_CODE));
    await withPage(`file://${folder}/page.html${hash}`, screen, async (page) => {
      await page.evaluate(HELP);
      await visit(page, folder);
      assertEquals(page.faults, []);
      const strange = page.requests.filter((address) => !/^(file|data|blob):/.test(address));
      assertEquals(strange, []);
    }, flags);
  });
}

/** Waits until an expression holds in the page. */
export async function until(page: Page, expression: string, patience = 60_000): Promise<void> {
  const end = Date.now() + patience;
  while (!await page.evaluate<boolean>(expression)) {
    if (Date.now() > end) {
      const said = await page.evaluate<string>(
        `[document.documentElement.dataset.state, sum.textContent, fault.textContent].join("; ")`,
      );
      throw new Error(`Cannot wait longer for ${expression}: ${said}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Whether the run of the page has ended. */
export const ENDED = `(document.documentElement.dataset.state === "ended")`;

/** Clicks what a selector finds. */
export async function click(page: Page, selector: string): Promise<void> {
  await page.evaluate(`document.querySelector(${JSON.stringify(selector)}).click()`);
}

/** Asks for a file by its button, and waits for its bytes. */
export async function fileOf(page: Page, kind: string): Promise<Uint8Array<ArrayBuffer>> {
  const before = await page.evaluate<number>("blobs.length");
  await click(page, `[data-file=${kind}]`);
  await until(page, `blobs.length > ${before}`);
  const text = await page.evaluate<string>("bytes(blobs.at(-1))");
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/** Drops a file on the page. */
export async function dropFile(page: Page, name: string, bytes: Uint8Array): Promise<void> {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  await page.evaluate(`drop(${JSON.stringify(name)}, ${JSON.stringify(btoa(text))})`);
}
