import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import { bundleProgram, PROGRAMS, sizeOf } from "../../tools/bundle_sizes.ts";
import { findChromium, withPage } from "../support/chromium.ts";
import { withFolder } from "../support/folder.ts";

/** Trains on one thread and on two, and keeps what came out. */
const PROGRAM = `import { createCpuEngine, createNetwork, fit, multilevelSchedule, trainToEnd }
  from "@freeknot/freeknot";
const rows = 2000, inputs = Float64Array.from({ length: 2 * rows }, (_, i) => Math.abs(Math.sin(i * i)));
const targets = new Float64Array(rows).map((_, r) => Math.abs(inputs[2 * r] - inputs[2 * r + 1]));
const run = (threads) => trainToEnd(
  createNetwork({ widths: [2, 4, 1] }, { seed: 1 }), { rows, nIn: 2, nOut: 1, inputs, targets },
  { schedule: multilevelSchedule([3, 1]), engine: createCpuEngine({ threads }) });
const [one, two] = [await run(1), await run(2)];
const x = Array.from({ length: 50 }, (_, i) => [i / 49]);
const { rmse } = await fit({ inputs: x, targets: x.map(([u]) => Math.abs(u - 0.3)) },
  { network: { widths: [1, 2, 1] } });
globalThis.result = JSON.stringify({
  loss: one.loss, same: one.network.parameters.every((p, i) => p === two.network.parameters[i]), rmse });
console.log(globalThis.result);
`;

/** Most bytes of a bundle, compressed. */
const MOST: Readonly<Record<string, number>> = {
  ...{ fit: 257_000, predict: 122_500, splines: 3_000, solvePde: 332_000 },
};

/** Words that only rooms which a program does not use have. */
const STRANGERS = ["Chart.js", "freeknot-figure", "Cannot draw", "tensorflow", "Deno.dlopen"];

function check(text: string): void {
  const { loss, same, rmse } = JSON.parse(text);
  assert(loss < 0.01 && loss > 0, text);
  assertEquals(same, true, "one thread and two give the same bits");
  assertLess(rmse, 0.02);
}

Deno.test("bundlers leave out what a program does not use: sizes are held", async () => {
  for (const [name, program] of Object.entries(PROGRAMS)) {
    const text = await bundleProgram(program), { compressed } = await sizeOf(text);
    assertLess(compressed, MOST[name], name);
    for (const word of STRANGERS) assert(!text.includes(word), `${name} has ${word}`);
  }
});

Deno.test("one bundled file trains in Node, on threads that start from it", async () => {
  const text = await bundleProgram(PROGRAM);
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/bundle.mjs`, text);
    try {
      const { code, stdout, stderr } = await new Deno.Command("node", {
        args: [`${folder}/bundle.mjs`],
      }).output();
      const words = new TextDecoder();
      assertEquals(code, 0, words.decode(stderr).slice(-500));
      check(words.decode(stdout));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      console.warn("SKIPPED: no Node on this machine");
    }
  });
});

Deno.test("the same file trains in Chromium, on threads where the page is isolated", async () => {
  if (findChromium() === undefined) {
    console.warn("SKIPPED: no Chromium on this machine");
    return;
  }
  const text = await bundleProgram(PROGRAM);
  for (const isolated of [true, false]) {
    const headers: Record<string, string> = isolated
      ? {
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-embedder-policy": "require-corp",
      }
      : {};
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
      const script = new URL(request.url).pathname === "/bundle.mjs";
      const type = script ? "text/javascript" : "text/html";
      const body = script ? text : `<!doctype html><link rel="icon" href="data:,">
<script type="module" src="/bundle.mjs"></script>`;
      return new Response(body, { headers: { ...headers, "content-type": type } });
    });
    try {
      const url = `http://127.0.0.1:${server.addr.port}/`;
      await withPage(url, { width: 400, height: 300 }, async (page) => {
        assertEquals(await page.evaluate("globalThis.crossOriginIsolated"), isolated);
        let found: string | undefined;
        for (let wait = 0; wait < 200 && found === undefined; wait++) {
          found = await page.evaluate("globalThis.result");
          if (found === undefined) await new Promise((resolve) => setTimeout(resolve, 100));
        }
        assertMatch(found ?? "nothing", /loss/);
        check(found!);
        assertEquals(page.faults, []);
      });
    } finally {
      await server.shutdown();
    }
  }
});
