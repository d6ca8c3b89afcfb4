import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { renderSearch } from "../../../lib/report/mod.ts";
import { bandEnds, plainWords } from "../../../lib/report/search/words.ts";
import { sampleSearch } from "./sample.ts";

Deno.test("a search's report says in words what matters and how sure that is", () => {
  const [output] = sampleSearch().effects!;
  const [mean, area, kind, garden] = plainWords(output)
    .map((text) => text.replaceAll("\u202f", " "));
  assertEquals(mean, "The mean prediction of price is 123 000.");
  assertEquals(
    area,
    "area matters most: it moves the prediction by 20 000 on average (90 %: 15 000 to 25 000), from " +
      "−27 500 at 0 to +27 500 at 55.",
  );
  assertStringIncludes(kind, "kind comes next");
  assertStringIncludes(kind, "for flat to");
  assertStringIncludes(garden, "garden matters little");
  assertStringIncludes(garden, "Its band holds 0 everywhere");
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

Deno.test("bands of a probability's effects stay where the moved probability is one", () => {
  const effect = { effect: [-0.1, 0.2], error: [1, 0.1] };
  const [low, high] = bandEnds({ probability: true, mean: 0.3 }, effect);
  assertEquals([low[0], high[0]], [-0.3, 0.7]);
  assert(Math.abs(low[1] - 0.03551) < 1e-12 && Math.abs(high[1] - 0.36449) < 1e-12);
  const [free] = bandEnds({ probability: false, mean: 0.3 }, effect);
  assert(free[0] < -1.7);
});
