import { assertEquals, assertLess, assertStringIncludes } from "@std/assert";
import { listing, spawn, withFolder } from "../support.ts";

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
      const part of [
        "1.84e-4 (coarse only)",
        "2.52e-5 (fine only)",
        "> this run",
        "Table 1",
        "(> marks this run: ",
      ]
    ) assertStringIncludes(out, part);
    assertStringIncludes(out, "Look at freeknot-nonsmooth.html");
    assertStringIncludes(err, "\n  epoch 4 of 4 in all, loss ");
    const hints = out.split("\n").filter((line) => line.startsWith("  deno run "));
    assertEquals(hints.length, 4);
    for (const line of [...out.split("\n"), ...err.split("\n")]) {
      if (!hints.includes(line)) assertLess(line.length, 101, line); // their path may be long
    }
    const [command, ...args] = hints[0].trim().split(" ");
    const { success } = await new Deno.Command(command === "deno" ? Deno.execPath() : command, {
      args,
      cwd: folder,
      stdout: "null",
      stderr: "inherit",
    }).output();
    assertEquals(success, true, hints[0]);
    const inspected = await spawn(["inspect", "--model", "freeknot-nonsmooth.safetensors"], folder);
    assertEquals(inspected.code, 0, inspected.err);
  });
});
