import { assert, assertEquals } from "@std/assert";
import { PLAYGROUND_CODE } from "../../../cli/page/script_text.ts";
import { playgroundHtml } from "../../../cli/page/shell.ts";
import { findChromium, type Page, withPage } from "../../support/chromium.ts";
import { withFolder } from "../support.ts";
import { DESK, until, withPlayground } from "./open_page.ts";

const DRAWN = `document.documentElement.dataset.drawn === "0"`;

/** The words of all pictures, and what the network's picture is. */
function picturesOf(page: Page): Promise<[words: string[], network: string, sum: string]> {
  return page.evaluate(
    `[[...document.querySelectorAll(".pictures svg[role=img]")].map(({ ariaLabel }) => ariaLabel),
    document.getElementById("network").innerHTML, sum.textContent]`,
  );
}

Deno.test("the first picture waits for nothing that trains, and is the one that training begins with", async () => {
  if (findChromium() === undefined) {
    console.warn("SKIPPED: no Chromium on this machine (set CHROMIUM to its path)");
    return;
  }
  let first: Awaited<ReturnType<typeof picturesOf>>;
  await withFolder(async (folder) => {
    const html = playgroundHtml({ ...PLAYGROUND_CODE, worker: "onmessage = () => {};" });
    await Deno.writeTextFile(`${folder}/page.html`, html);
    first = await withPage(`file://${folder}/page.html`, DESK, async (page) => {
      await until(page, DRAWN);
      assertEquals(
        await page.evaluate("document.querySelectorAll('#function svg[role=img]').length"),
        3,
      );
      await until(page, `performance.getEntriesByName("first picture").length === 1`);
      assertEquals(page.faults, []);
      return await picturesOf(page);
    });
  });
  await withPlayground("", async (page) => {
    await until(page, `document.documentElement.dataset.state === "paused"`);
    await page.evaluate("new Promise((resolve) => setTimeout(resolve, 200))"); // its drawing
    const [words, network, sum] = await picturesOf(page);
    assertEquals(first![0].length, 6);
    assertEquals(first![0].slice(3), words.slice(3), "knots, loss and network");
    assertEquals(first![2], sum);
    // numbers of the stored network have four digits
    const [a, b] = [first![1], network].map((svg) => svg.match(/-?\d+(\.\d+)?/g)!.map(Number));
    assertEquals(a.length, b.length);
    assert(a.every((value, k) => Math.abs(value - b[k]) < 0.1));
  }, { ...DESK, calm: true });
});
