import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { planOf, readState } from "../../cli/page/view/state.ts";
import { brokenLinks } from "../../tools/site/check_links.ts";
import { apiSections, madeReady } from "../../tools/site/api.ts";
import { browserDoors } from "../../tools/site/library.ts";
import {
  addressOf,
  codeOfAddress,
  runs,
  shownValue,
  withAddresses,
} from "../../tools/site/run_code.ts";
import { withRunLinks } from "../../tools/site/run_page.ts";
import strictAssert from "../../tools/site/strict_assert.ts";
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

Deno.test("examples that use the library alone can be run, others not", () => {
  const code =
    'import { fit } from "@freeknot/freeknot";\nimport { a } from "@std/assert";\n// ä < b';
  assertEquals(codeOfAddress(addressOf(code)), code);
  assertEquals(codeOfAddress("#top"), undefined);
  assertEquals(
    withAddresses(`${code}\nimport "@freeknot/freeknot/data"`, "L/"),
    'import { fit } from "L/mod.js";\nimport { a } from "L/assert.js";\n// ä < b\nimport "L/data.js"',
  );
  assertEquals(runs(code), true);
  for (const more of ["Deno.exit()", 'import "node:fs"', 'import { b } from "npm:b"']) {
    assertEquals(runs(`${code}\n${more}`), more === 'import "node:fs"', more);
  }
  assertEquals(runs("const a = 1;"), false);
  assertEquals(runs('import { fit } from "@freeknot/freeknot";'), false);
  const doors = browserDoors({
    ".": "./mod.ts",
    "./data": "./lib/data/mod.ts",
    "./cli": "./cli.ts",
  });
  assertEquals([...doors], [["mod", "mod.ts"], ["data", "lib/data/mod.ts"]]);
});

Deno.test("pages of functions get a link below each example that can be run", () => {
  const example = '<pre class="highlight"><code><span>import</span> { a } from ' +
    "&quot;@freeknot/freeknot&quot;;\na &lt; 1;</code><button>copy</button></pre>";
  const html = withRunLinks(`<p>x</p>${example}<pre><code>plain</code></pre>`, "../");
  const [, address] = /href="\.\.\/run\/index\.html([^"]*)"/.exec(html)!;
  assertEquals(codeOfAddress(address), 'import { a } from "@freeknot/freeknot";\na < 1;');
  assertEquals(html.match(/Run it/g)!.length, 1);
});

Deno.test("pages of functions lead to the site's sources, and import by the package's names", () => {
  const html =
    '<a href="file:&#x2F;&#x2F;&#x2F;h&#x2F;lib&#x2F;a.ts">s</a><i id="x"></i><a href="#x">x</a>' +
    '<a href="#gone">g</a><code>from &quot;train&quot;; from &quot;.&quot;; from &quot;npm&quot;</code>';
  const ready = madeReady(html, {
    ...{ place: "api/train/~/a.html", root: "file:///h/", doors: new Set(["train"]) },
    placeOf: (path) => `source/${path.replaceAll("/", "_")}.html`,
  });
  assertEquals(
    ready,
    '<a href="../../../source/lib_a.ts.html">s</a><i id="x"></i><a href="#x">x</a><a>g</a><code>' +
      "from &quot;@freeknot/freeknot/train&quot;; from &quot;@freeknot/freeknot&quot;; " +
      "from &quot;npm&quot;</code>",
  );
  const nodes = [
    { name: "fit", doc: "Fits.", url: "././~/fit.html" },
    { name: "fit", doc: "Fits.", url: "./train/~/fit.html" },
    { name: "Run.seed", doc: "", url: "././~/Run.seed.html" },
  ];
  const index = `(function () {\n  window.DENO_DOC_SEARCH_INDEX = ${
    JSON.stringify({ nodes })
  };\n})()`;
  assertEquals(apiSections(index), [
    { id: "api/~/fit.html", page: "All functions", title: "fit", text: "Fits." },
  ]);
});

Deno.test("assertions of examples in a browser compare as those of the tests", () => {
  const pairs: [unknown, unknown, boolean][] = [
    [[1, { a: [NaN] }], [1, { a: [NaN] }], true],
    [new Map([["a", [1]]]), new Map([["a", [1]]]), true],
    [Float64Array.of(1, 2), Float64Array.of(1, 2), true],
    [Float64Array.of(1, 2), [1, 2], false],
    [{ a: 1 }, { a: 1, b: undefined }, false],
    [new RangeError("a"), new RangeError("b"), false],
    [0, -0, false],
  ];
  for (const [a, b, equal] of pairs) {
    const { deepStrictEqual, notDeepStrictEqual } = strictAssert;
    (equal ? deepStrictEqual : notDeepStrictEqual)(a, b);
    assertThrows(() => (equal ? notDeepStrictEqual : deepStrictEqual)(a, b), Error);
  }
});

Deno.test("values are shown as people read them", () => {
  class Point {
    x = 1;
  }
  const shown = [
    ["text", "text"],
    [[1, -0, "a", null, undefined], '[ 1, -0, "a", null, undefined ]'],
    [{ a: { b: [] } }, "{ a: { b: [] } }"],
    [Float64Array.of(1, 0.5), "Float64Array [ 1, 0.5 ]"],
    [new Map([["a", 2n]]), 'Map [ [ "a", 2n ] ]'],
    [new Point(), "Point { x: 1 }"],
    [new RangeError("no"), "RangeError: no"],
    [[[[[[1]]]]], "[ [ [ [ [Array] ] ] ] ]"],
  ] as const;
  for (const [value, text] of shown) assertEquals(shownValue(value), text);
  const long = shownValue(Array.from({ length: 100 }, (_, k) => k));
  assertStringIncludes(long, "… 60 more\n]");
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
