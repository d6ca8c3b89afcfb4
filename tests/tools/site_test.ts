import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { planOf, readState } from "../../cli/page/view/state.ts";
import { brokenLinks } from "../../tools/site/check_links.ts";
import { commandAddresses, equationAddress } from "../../tools/site/open_in_page.ts";
import { withFolder } from "../cli/support.ts";

Deno.test("commands that the page can run have an address, others none", () => {
  const [train, solve] = commandAddresses(
    "freeknot train --problem xor --degree 2 --seeds 3\n" +
      "freeknot train --problem xor --degree 2 \\\n  --huber-delta 2 --report x.html  # to look at\n" +
      "freeknot train --data a.csv --target y\n" +
      "freeknot train --problem NAME [FLAGS]\n" +
      "freeknot solve --problem burgers --hidden 6 --sampler sobol --points 900 --out burgers.csv\n",
  );
  const plan = planOf(readState(train), undefined);
  assertEquals(plan.words.slice(0, 2), ["--problem", "xor"]);
  assertStringIncludes(plan.words.join(" "), "--degree 2");
  assertStringIncludes(plan.words.join(" "), "--huber-delta=2");
  assert(!plan.words.includes("--schedule"));
  const solved = planOf(readState(solve), undefined);
  assertEquals(solved.words.slice(0, 4), ["--problem", "burgers", "--hidden", "6"]);
  assertStringIncludes(solved.words.join(" "), "--sampler sobol --points 900");
  assertEquals(commandAddresses("freeknot predict --model m").length, 0);
});

Deno.test("a problem that is written as JSON has an address, other JSON has none", () => {
  const text = '{"domain": {"t": [0, 1]}, "equations": [{"equation": "u_t = -u"}], ' +
    '"conditions": [{"at": {"t": 0}, "equation": "u = 1"}]}';
  const { pde, learn } = readState(equationAddress(text)!);
  assertEquals([pde, learn], [text, "equation"]);
  assertEquals(equationAddress('{"a": 1}'), undefined);
  assertEquals(equationAddress("{"), undefined);
});

Deno.test("links that lead nowhere are found", () => {
  const files = new Map([
    ["index.html", '<a href="a/b.html#here">x</a><a href="#no">x</a><img src="c.svg">'],
    ["a/b.html", '<h2 id="here"></h2><a href="../index.html">x</a><a href="../gone.html">x</a>'],
  ]);
  assertEquals(brokenLinks(files, new Set(["c.svg"])), [
    "index.html: #no",
    "a/b.html: ../gone.html",
  ]);
});

Deno.test("deno task site makes pages whose links all lead somewhere", async () => {
  await withFolder(async (folder) => {
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-lock", "-A", "tools/build_site.ts", "--no-api", "--out", folder],
    }).output();
    const said = new TextDecoder().decode(stderr);
    if (!success && /npm|registry|dns|connect/i.test(said) && !/nowhere/.test(said)) {
      console.warn("SKIPPED: markdown-it and minisearch cannot be fetched from npm here");
      return;
    }
    assert(success, said);
    assertStringIncludes(await Deno.readTextFile(`${folder}/gallery.html`), "Open in the page");
    assertStringIncludes(
      await Deno.readTextFile(`${folder}/problems.html`),
      "page/index.html#learn=equation",
    );
    assertStringIncludes(await Deno.readTextFile(`${folder}/sections.js`), "gallery.html#heat");
  });
});
