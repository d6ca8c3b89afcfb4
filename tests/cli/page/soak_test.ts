import { assert } from "@std/assert";
import { findChromium } from "../../support/chromium.ts";
import { grew, soakPage } from "./soak.ts";

Deno.test("a minute of training leaves the page's memory as it is", async () => {
  if (findChromium() === undefined) {
    console.warn("SKIPPED: no Chromium on this machine (set CHROMIUM to its path)");
    return;
  }
  const soaked = await soakPage(1), { bytes, drawing, epochs } = soaked;
  assert(bytes.length >= 2 && !grew(bytes), `memory grows: ${bytes}`);
  assert(drawing[0] < 50, `drawings take ${drawing} ms`);
  assert(epochs > 10);
});
