import { assert, assertEquals, assertMatch } from "@std/assert";
import { PLAYGROUND_CODE } from "../../../cli/page/script_text.ts";
import { playgroundHtml } from "../../../cli/page/shell.ts";
import { findFirefox, type FirefoxPage, withFirefox } from "../../support/firefox.ts";
import { run, withFolder } from "../support.ts";

const TAKE = `window.taken = []; (() => {
  const make = URL.createObjectURL;
  URL.createObjectURL = (blob) => {
    if (blob.type !== "text/javascript") taken.push(blob);
    return make.call(URL, blob);
  };
})()`;

async function until(page: FirefoxPage, expression: string): Promise<void> {
  for (let turn = 0; turn < 300; turn++) {
    if (await page.evaluate<boolean>(expression)) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(
    `Cannot wait longer for ${expression}: ${await page.evaluate("document.body.innerText")}`,
  );
}

Deno.test("a model that is trained in Firefox is the file that freeknot train writes", async () => {
  if (findFirefox() === undefined) {
    console.warn("SKIPPED: no Firefox on this machine (set FIREFOX to its path)");
    return;
  }
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/page.html`, playgroundHtml(PLAYGROUND_CODE));
    const hash = "#rows=200&schedule=4%2C3&problem=exp-sine";
    await withFirefox(`file://${folder}/page.html${hash}`, async (page) => {
      await page.evaluate(TAKE);
      await until(page, `document.documentElement.dataset.state === "ended"`);
      await page.evaluate(`document.querySelector("[data-file=model]").click()`);
      await until(page, "taken.length === 1");
      const text = await page.evaluate<string>(
        `taken[0].arrayBuffer().then((all) => new Uint8Array(all).join(" "))`,
      );
      const command = await page.evaluate<string>(`document.getElementById("command").textContent`);
      const words = command.split(" ").slice(2);
      const direct = await run("train", ...words, "--model-out", `${folder}/m`, "--quiet");
      assertEquals(direct.code, 0, direct.err);
      assertEquals(text.split(" ").map(Number), [...await Deno.readFile(`${folder}/m`)]);
      assertEquals(page.faults, []);
    });
  });
});

Deno.test("the page trains, solves and writes its files in Firefox", async () => {
  if (findFirefox() === undefined) {
    console.warn("SKIPPED: no Firefox on this machine (set FIREFOX to its path)");
    return;
  }
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/page.html`, playgroundHtml(PLAYGROUND_CODE));
    for (const hash of ["#rows=200&schedule=4%2C3", "#learn=equation&equation=own&levels=4%2C3"]) {
      await withFirefox(`file://${folder}/page.html${hash}`, async (page) => {
        await page.evaluate(TAKE);
        await until(page, `document.documentElement.dataset.state === "ended"`);
        assertEquals(await page.evaluate("fault.textContent"), "");
        assertMatch(
          await page.evaluate("sum.textContent"),
          /^epoch 7 of 7 · 10|^epoch \d of \d · 16/,
        );
        for (const [k, kind] of ["model", "report"].entries()) {
          await page.evaluate(`document.querySelector("[data-file=${kind}]").click()`);
          await until(page, `taken.length === ${k + 1}`);
        }
        assert(await page.evaluate<number>("taken[1].size") > 100_000);
        assertEquals(page.faults, []);
      });
    }
  });
});
