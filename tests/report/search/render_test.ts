import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { renderSearch } from "../../../lib/report/mod.ts";
import { plainWords } from "../../../lib/report/search/words.ts";
import { sampleSearch } from "./sample.ts";

Deno.test("a search's report says in words what matters and how sure that is", () => {
  const [output] = sampleSearch().effects!;
  assertEquals(
    plainWords(output),
    [
      "The mean prediction of price is 123\u202f000.",
      "area matters most: it moves the prediction by 20\u202f000 on average (90 %: 15\u202f000 to " +
      "25\u202f000), from −27\u202f500 at 0 to +27\u202f500 at 55.",
      "kind comes next: it moves the prediction by 5000 on average (90 %: 4000 to 6000), from −4000 " +
      "for flat to +8000 for <b>house</b>.",
      "By the data alone nobody can tell the effect of garden from none: the band holds 0 everywhere.",
    ].map((line) =>
      line.replace(/(\d)000/g, (all) => all).replaceAll("5000 on", "5\u202f000 on")
        .replace("4000 to 6000", "4\u202f000 to 6\u202f000").replace("−4000", "−4\u202f000")
        .replace("+8000", "+8\u202f000")
    ),
  );
});

Deno.test("a search's report escapes levels, names scores in words, and shows what was dropped", () => {
  const html = renderSearch(sampleSearch());
  assert(!html.includes("<b>house</b>"));
  assertStringIncludes(html, "&lt;b&gt;house&lt;/b&gt;");
  assertStringIncludes(html, "R²");
  assertStringIncludes(html, "an identifier");
  for (const id of ["column-0-0", "left-0", "spread-0", "learning-curve"]) {
    assertStringIncludes(html, `id="${id}"`);
  }
});

Deno.test("a search's report without effects, rows or folds still tells what was tried", () => {
  const { title, subtitle, status, candidates, notes, scores, configuration, reproduce, version } =
    sampleSearch();
  const html = renderSearch({
    ...{ title, subtitle, status, candidates, notes, scores, configuration, reproduce, version },
  });
  assertStringIncludes(html, "What was tried");
  assert(!html.includes('id="effects"'));
});
