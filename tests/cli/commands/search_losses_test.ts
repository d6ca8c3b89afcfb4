import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { run, withFolder } from "../support.ts";

const ROWS = Array.from({ length: 80 }, (_, r) => {
  const x = (r * 0.618) % 1,
    y = (r * 0.414) % 1,
    price = Math.exp(8 * x ** 2 + 0.2 * Math.sin(77 * r));
  return `${x},${y},${Math.floor(4 * x * ((r * 0.73) % 1) * 2)},${price},${r % 8},${r}`;
});
const TABLE = `x,y,count,price,group,time\n${ROWS.join("\n")}\n`;

Deno.test("train searches by other losses, logarithms, shapes, groups and times", () =>
  withFolder(async (folder) => {
    const data = `${folder}/t.csv`, model = `${folder}/m`;
    await Deno.writeTextFile(data, TABLE);
    const train = (...flags: string[]) =>
      run("train", "--data", data, "--inputs", "x,y", "--form", "additive", "--json", ...flags);
    const counts = await train("--target", "count", "--loss", "poisson", "--model-out", model);
    assertEquals(counts.code, 0, counts.err);
    const { tried, heldOut, scores } = JSON.parse(counts.out);
    assertEquals(tried[0].name, "constant");
    assert(heldOut.loss < tried[0].loss && scores.train.d2 > 0);
    const said = await run("predict", "--model", model, "--data", data);
    assertStringIncludes(said.out.split("\n")[0], "count_prediction");
    const bounds = await run("inspect", "--model", model);
    assert(Number(/count from (\S+) to/.exec(bounds.out)?.[1]) > 0, bounds.out);

    const logs = await train("--target", "price", "--target-scale", "auto");
    assertStringIncludes(logs.err, "target scale: ");
    const shaped = await train("--target", "price", "--monotone", "x:+", "--group", "group");
    assertEquals(shaped.code, 0, shaped.err);
    const { options, rows } = JSON.parse(shaped.out);
    assertEquals([options.monotone, options.group, rows.test], ["x:+", "group", undefined]);
    const later = await train("--target", "price", "--order", "time", "--loss", "quantile:0.9");
    assertEquals(later.code, 0, later.err);
    for (
      const [flags, text] of [
        [["--group", "group", "--test-fraction", "0.2"], "--test-fraction must be 0 with --group"],
        [["--interactions", "x"], "--interactions must be"],
        [["--interactions", "x:z"], "--interactions must name inputs"],
        [["--order", "none"], "none"],
        [["--range", "0:1"], "--range"],
      ] as const
    ) {
      const wrong = await train("--target", "price", ...flags);
      assertEquals(wrong.code, 2, `${flags}: ${wrong.err}`);
      assertStringIncludes(wrong.err, text);
    }
  }));
