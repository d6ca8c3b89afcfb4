import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ROOT, run, withFolder } from "../support.ts";

Deno.test("page --out writes one file that asks nobody for anything", async () => {
  await withFolder(async (folder) => {
    const { code, out, err } = await run("page", "--out", `${folder}/site/deep`, "--json");
    assertEquals([code, err], [0, ""]);
    const { page, bytes } = JSON.parse(out), html = await Deno.readTextFile(page);
    assertEquals(page, `${folder}/site/deep/index.html`);
    assertEquals(new TextEncoder().encode(html).length, bytes);
    assertEquals([...Deno.readDirSync(`${folder}/site/deep`)].length, 1);
    const page_ = html.slice(0, html.indexOf("<script>"));
    assert(!/(src|href)="(?!data:|#)/.test(page_), "nothing is fetched");
    assertStringIncludes(page_, "default-src 'none'");
    assertEquals(html.split("</script").length, 5); // the code, its worker and its start, what is unpacked later
  });
});

Deno.test("page refuses what it cannot do in one sentence", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    for (
      const [args, text] of [
        [["--out", `${folder}/file`], "--out must be a folder, or one that can be made"],
        [["--out", folder, "--port", "80"], "--port must come without --out"],
        [["--port", "70000"], "--port must be an integer"],
      ] as const
    ) {
      const { code, out, err } = await run("page", ...args);
      assertEquals([code, out], [2, ""]);
      assertStringIncludes(err, text);
      assertEquals(err.split("\n").length, 2);
    }
  });
});

Deno.test("page serves this machine alone, isolated, and says where", async () => {
  const script = decodeURIComponent(new URL("cli.ts", ROOT).pathname);
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--allow-read",
      "--allow-net=127.0.0.1",
      "--no-prompt",
      script,
      "page",
      "--port",
      "0",
    ],
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const reader = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  try {
    let said = "";
    while (!said.includes("\n")) said += (await reader.read()).value ?? "\n";
    const address = /^http:\/\/127\.0\.0\.1:\d+\//.exec(said.replace(/^Warning.*\n/gm, ""))?.[0];
    assert(address !== undefined, said);
    const response = await fetch(address), html = await response.text();
    assertEquals(response.headers.get("cross-origin-embedder-policy"), "require-corp");
    assertEquals(response.headers.get("cross-origin-opener-policy"), "same-origin");
    assert(html.startsWith("<!DOCTYPE html>"));
    const other = await fetch(`${address}other`);
    assertEquals([other.status, await other.text()], [404, "there is one page here: /\n"]);
    const taken = await run("page", "--port", new URL(address).port);
    assertEquals(taken.code, 2);
    assertStringIncludes(taken.err, "--port must be one that is free");
  } finally {
    child.kill("SIGKILL");
    await child.status;
    await reader.cancel();
  }
});
