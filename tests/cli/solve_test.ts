import { assert, assertEquals, assertMatch } from "@std/assert";
import { decodeModel } from "../../lib/model/mod.ts";
import { run, withFolder } from "./support.ts";

const DECAY = {
  name: "decay",
  domain: { t: [0, 1] },
  equations: [{ equation: "u_t = -k*u" }],
  conditions: [{ at: { t: 0 }, equation: "u = 1" }],
  constants: { k: 2 },
  exact: { u: "exp(-k*t)" },
};

Deno.test("solve solves a problem from a file and writes what it found", async () => {
  await withFolder(async (folder) => {
    const file = `${folder}/decay.json`, out = `${folder}/u.csv`, model = `${folder}/u.safetensors`;
    await Deno.writeTextFile(file, JSON.stringify(DECAY));
    const args = ["--hidden", "2", "--schedule", "20,10", "--seed", "1", "--quiet"];
    const { code, out: printed } = await run(
      ...["solve", "--file", file, ...args, "--out", out, "--model-out", model, "--json"],
    );
    assertEquals(code, 0);
    const result = JSON.parse(printed);
    assertEquals([result.problem, result.widths, result.levels.length], ["decay", [1, 2, 1], 2]);
    assertEquals(result.terms.map(({ name }: { name: string }) => name), [
      "equation 1",
      "condition 1",
    ]);
    assert(result.error.relativeL2 < 1e-2, printed);
    const [head, ...rows] = (await Deno.readTextFile(out)).trim().split("\n");
    assertEquals([head, rows.length], ["t,u,u_true", 1001]);
    const [t, u, truth] = rows[500].split(",").map(Number);
    assertEquals([t, truth], [0.5, Math.exp(-1)]);
    assert(Math.abs(u - truth) < 1e-2);
    const { network, metadata } = decodeModel(await Deno.readFile(model));
    assertEquals(network.parameters.length, result.parameters);
    assertEquals((metadata.problem as typeof DECAY).equations, DECAY.equations);
  });
});

Deno.test("solve prints levels, terms and errors for people", async () => {
  const { code, out } = await run(
    ...["solve", "--problem", "lotka-volterra", "--schedule", "1,1", "--quiet"],
    ...["--grid", "20", "--knots", "uniform", "--intervals", "3"],
  );
  assertEquals(code, 0);
  assertMatch(out, /^lotka-volterra: \[1, \d+, 2\], completed/);
  assertMatch(out, /loss of prey +\d/);
  assertMatch(out, /relative L2 error +\d/);
});

Deno.test("solve --list prints the gallery", async () => {
  const { code, out } = await run("solve", "--list");
  assertEquals(code, 0);
  assertMatch(out, /burgers +t, x +u_t \+ u\*u_x = nu\*u_xx/);
});

Deno.test("solve refuses what cannot be solved before it trains", async () => {
  await withFolder(async (folder) => {
    const file = `${folder}/p.json`;
    async function refused(text: string, part: string, ...flags: string[]): Promise<void> {
      await Deno.writeTextFile(file, text);
      const { code, err } = await run("solve", "--file", file, ...flags);
      assertEquals(code, 2, err);
      assert(err.includes(part), err);
      assertEquals(err.trim().split("\n").length, 1, err);
    }
    await refused("{", "it must be JSON");
    await refused("[1]", "it must have domain");
    await refused(JSON.stringify({ ...DECAY, conditions: [] }), "add one such as");
    await refused(
      JSON.stringify({ ...DECAY, equations: [{ equation: "u_t = -k*(u" }] }),
      "a closing bracket at column 12",
    );
    await refused(JSON.stringify(DECAY), "degree must be at least 2", "--degree", "1");
    await refused(JSON.stringify(DECAY), "one for each of 1 coordinates", "--grid", "5,5");
  });
  for (const args of [[], ["--problem", "burgers", "--file", "x"]]) {
    const { code, err } = await run("solve", ...args);
    assertEquals(code, 2);
    assert(err.includes("--problem NAME or --file FILE must be given"), err);
  }
  const { err } = await run("solve", "--problem", "burger");
  assert(err.includes("burgers"), err);
});
