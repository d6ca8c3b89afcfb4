import { assertEquals, assertStringIncludes } from "@std/assert";
import { run, withFolder } from "../support.ts";

Deno.test("formula takes a sum of functions of single columns that a search has found", async () => {
  await withFolder(async (folder) => {
    const data = `${folder}/t.csv`, model = `${folder}/m`, lines = ["a,b,y"];
    for (let r = 0; r < 90; r++) {
      const a = (r * 7) % 13, b = (r * 5) % 11 / 10;
      lines.push(`${a},${b},${100 + 30 * a - 5 * b * b}`);
    }
    await Deno.writeTextFile(data, `${lines.join("\n")}\n`);
    const train = ["train", "--data", data, "--target", "y", "--model-out", model, "--quiet"];
    const made = await run(...train, "--form", "additive");
    assertEquals([made.code, made.err], [0, ""]);
    const formula = ["formula", "--model", model, "--data", data, "--library", "x,x^2"];
    const { code, out, err } = await run(...formula, "--complexity", "14");
    assertEquals(code, 0, err);
    assertStringIncludes(err, "the model's numbers stay within the range of the training targets");
    assertStringIncludes(out, "30*a");
    assertStringIncludes(out, "the network is a sum of one function of a and one of b");

    const product = lines.map((line, r) => {
      const [a, b] = line.split(",");
      return r === 0 ? line : `${a},${b},${+a * +b}`;
    });
    await Deno.writeTextFile(data, `${product.join("\n")}\n`);
    const mixed = await run(...train, "--form", "additive", "--interactions", "1");
    assertEquals(mixed.code, 0, mixed.err);
    const refused = await run(...formula);
    assertEquals([refused.code, refused.out], [2, ""]);
    assertStringIncludes(refused.err, "train --form additive --interactions none finds such a sum");
    assertEquals(refused.err.trim().split("\n").length, 1);
  });
});
