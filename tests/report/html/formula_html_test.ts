import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { formulaHtml } from "../../../lib/report/html/formula_html.ts";

/** The inner HTML without the marks for leaning. */
function plain(text: string): string {
  return formulaHtml(text).replace(/^<span class="formula">|<\/span>$|<\/?i>/g, "");
}

Deno.test("formulaHtml() sets derivatives, powers, products and signs", () => {
  assertEquals(
    plain("u_t + u*u_x = nu*u_xx"),
    "u<sub>t</sub> + u\u2009u<sub>x</sub> = ν\u2009u<sub>xx</sub>",
  );
  assertEquals(plain("u=-sin(pi*x^2)"), "u = −sin(π\u2009x<sup>2</sup>)");
  assertEquals(plain("1e-3*u - 0.5"), "1e-3\u2009u − 0.5");
  assertEquals(plain("x**n / (y-1)"), "x<sup>n</sup> / (y − 1)");
  assertEquals(plain("x^(a+b)"), "x^(a + b)");
  assertEquals(formulaHtml("pi*L"), `<span class="formula">π\u2009<i>L</i></span>`);
});

Deno.test("formulaHtml() lets no tag through, whatever the text", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const html = formulaHtml(`${text}<b>&"`);
      assert(!/<(?!\/?(?:i|sub|sup|span)\b)/.test(html), html);
      assert(html.includes("&lt;"), html);
    }),
    { seed: 1, numRuns: 200 },
  );
});
