import { assertEquals, assertLess, assertStringIncludes } from "@std/assert";
import { listing, spawn, withFolder } from "./support.ts";

Deno.test("start trains, names its report and lays the result beside the paper's", async () => {
  await withFolder(async (folder) => {
    const { code, out, err } = await spawn(
      ["start", "--rows", "400", "--schedule", "3,0,0,1"],
      folder,
    );
    assertEquals(code, 0, err);
    assertEquals(
      listing(folder).map((line) => line.split(": ")[0].split("/").pop()),
      ["freeknot-nonsmooth.html", "freeknot-nonsmooth.safetensors"],
    );
    for (
      const part of ["1.84e-4 (coarse only)", "2.52e-5 (fine only)", "> this run", "Table 1"]
    ) assertStringIncludes(out, part);
    assertStringIncludes(out, "Look at freeknot-nonsmooth.html");
    for (const line of [...out.split("\n"), ...err.split("\n")]) assertLess(line.length, 101, line);
    const inspected = await spawn(["inspect", "--model", "freeknot-nonsmooth.safetensors"], folder);
    assertEquals(inspected.code, 0, inspected.err);
  });
});
