/** 10,000 random and mutated inputs; `deno task fuzz` tries a million. */

import { assertEquals } from "@std/assert";
import { fuzz } from "./fuzz.ts";

Deno.test("10,000 random and mutated inputs end well or with an error for people", async () => {
  assertEquals(await fuzz(1, 0, 10_000), []);
});
