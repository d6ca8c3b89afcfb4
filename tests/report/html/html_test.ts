import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { embedJson, escapeHtml } from "../../../lib/report/html/html.ts";
import {
  compactNumber,
  formatInteger,
  formatNumber,
  formatRange,
  formatScore,
  formatSeconds,
  rounded,
} from "../../../lib/report/html/numbers.ts";

Deno.test("escapeHtml() leaves no character that opens a tag or ends an attribute", () => {
  assertEquals(escapeHtml(`<b a="1" c='2'>&`), "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;");
});

Deno.test("embedJson() round-trips any text and never closes a script element", () => {
  const hostile = "</script><script>alert(1)</script><!--\u2028\u2029";
  fc.assert(
    fc.property(fc.string(), fc.string(), (before, after) => {
      const text = before + hostile + after;
      const json = embedJson({ [text]: [text] });
      assert(!/[<>&\u2028\u2029]/.test(json));
      assertEquals(JSON.parse(json), { [text]: [text] });
    }),
    { seed: 1, numRuns: 100 },
  );
  assertEquals(embedJson([NaN, Infinity]), "[null,null]");
});

Deno.test("formatNumber() prints few digits at every size", () => {
  const cases: [number, string][] = [
    [0, "0"],
    [1760, "1\u202f760"],
    [0.0123456, "0.0123"],
    [-0.5, "−0.500"],
    [123456.7, "1.23×10⁵"],
    [99999.9, "100000"],
    [3.67e-5, "3.67×10⁻⁵"],
    [-2.5e-12, "−2.50×10⁻¹²"],
    [NaN, "not a number"],
    [-Infinity, "−∞"],
  ];
  for (const [value, text] of cases) assertEquals(formatNumber(value), text);
});

Deno.test("formatRange() prints both ends with the decimals of the range", () => {
  assertEquals(formatRange([7.87e-6, 0.9996]), ["0", "1"]);
  assertEquals(formatRange([-0.0311, 0.0742]), ["−0.031", "0.074"]);
  assertEquals(formatRange([12, 345]), ["12", "345"]);
  assertEquals(formatRange([2, 2]), ["2", "2"]);
  assertEquals(formatRange([1e-9, 3e-9]), ["1.00×10⁻⁹", "3.00×10⁻⁹"]);
});

Deno.test("formatScore() keeps the digits that tell a score from 1", () => {
  assertEquals(formatScore(0.9999863), "0.9999863");
  assertEquals(formatScore(0.87654), "0.8765");
  assertEquals(formatScore(1), "1");
});

Deno.test("formatSeconds() and formatInteger() are read at a glance", () => {
  assertEquals([0.123, 12.34, 61, 7260].map(formatSeconds), [
    "0.12 s",
    "12.3 s",
    "1 min 01 s",
    "2 h 01 min",
  ]);
  assertEquals([7, 1234567, -1000].map(formatInteger), [
    "7",
    "1\u202f234\u202f567",
    "−1\u202f000",
  ]);
});

Deno.test("compactNumber() is as short as its digits allow", () => {
  assertEquals([null, 0, 0.5, 1760, -2e-5, 1.25e6].map((value) => compactNumber(value)), [
    "not finite",
    "0",
    "0.5",
    "1760",
    "−2.00×10⁻⁵",
    "1.25×10⁶",
  ]);
});

Deno.test("rounded() keeps significant digits and turns what is not finite into null", () => {
  assertEquals(rounded([1.23456e-7, NaN], 3), [1.23e-7, null]);
});
