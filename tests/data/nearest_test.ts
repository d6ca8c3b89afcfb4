import { assertEquals } from "@std/assert";
import { didYouMean } from "../../lib/data/inner.ts";

Deno.test("didYouMean() finds cut off and misspelt names only", () => {
  const flags = ["--schedule", "--seed", "--weight-decay", "--weight"];
  assertEquals(didYouMean("--sched", flags), '; did you mean "--schedule"?');
  assertEquals(didYouMean("--sede", flags), '; did you mean "--seed"?');
  assertEquals(didYouMean("--weigh", flags), '; did you mean "--weight"?');
  assertEquals(didYouMean("--wieght-decay", flags), '; did you mean "--weight-decay"?');
  assertEquals(didYouMean("--quantum", flags), "");
  assertEquals(didYouMean("-x", flags), "");
  assertEquals(didYouMean("Y", ["x", "y"]), '; did you mean "y"?');
  assertEquals(didYouMean("z", ["x", "y"]), "");
  assertEquals(didYouMean("", ["x", ""]), "");
});
