import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { listing, run, withFolder } from "../support.ts";

/** u = exp(-k t), whose slope is -k u. */
const DECAY = {
  domain: { t: [0, 1] },
  constants: { k: 2 },
  equations: [{ equation: "u_t = -k*u" }],
  conditions: [{ at: { t: 0 }, equation: "u = 1" }],
  exact: { u: "exp(-k*t)" },
};

Deno.test("predict evaluates a solution and its derivatives at points of a table", async () => {
  await withFolder(async (folder) => {
    const [file, model, points] = ["decay.json", "u.safetensors", "points.csv"]
      .map((name) => `${folder}/${name}`);
    await Deno.writeTextFile(file, JSON.stringify(DECAY));
    await Deno.writeTextFile(points, "name,t\na,0\nb,0.5\nc,2\n");
    const solved = await run("solve", "--file", file, "--model-out", model, "--quiet");
    assertEquals(solved.code, 0, solved.err);
    const predict = ["predict", "--model", model, "--data", points];
    const { code, out, err } = await run(...predict, "--derivatives", "u_t,u_tt + k*u_t,max(u, 0)");
    assertEquals(code, 0, err);
    const [head, ...rows] = out.trim().split("\n");
    assertEquals(head, 'name,t,u_prediction,u_t_prediction,u_tt + k*u_t,"max(u, 0)"');
    const [, , u, slope, zero] = rows[1].split(",").map(Number);
    assert(Math.abs(u - Math.exp(-1)) < 1e-5 && Math.abs(slope + 2 * Math.exp(-1)) < 1e-4, out);
    assert(Math.abs(zero) < 1e-3, out);
    assertStringIncludes(err, "1 of 3 rows lie outside the domain (t from 0 to 1)");
    for (
      const [flags, part] of [
        [["--derivatives", "v_t"], 'did you mean "u_t"?'],
        [["--interval", "0.9"], "current value is the solution of an equation"],
      ] as const
    ) {
      const refused = await run(...predict, ...flags);
      assertEquals(refused.code, 2);
      assertStringIncludes(refused.err, part);
    }
  });
});

Deno.test("solve takes measurements from a table, by the names of their columns", async () => {
  await withFolder(async (folder) => {
    const file = `${folder}/rate.json`, model = `${folder}/rate.safetensors`;
    const times = Array.from({ length: 21 }, (_, i) => i / 20);
    await Deno.writeTextFile(
      `${folder}/measured.csv`,
      ["time [s],value,remark", ...times.map((t) => `${t},${Math.exp(-1.5 * t)},ok`)].join("\n"),
    );
    const { constants: _, exact: __, ...rest } = DECAY;
    const problem = (data: unknown) => ({
      ...rest,
      coefficients: { k: 1 },
      conditions: [...DECAY.conditions, { data, equation: "u = value" }],
    });
    const write = (data: unknown) => Deno.writeTextFile(file, JSON.stringify(problem(data)));
    await write({ file: "measured.csv", t: "time [s]" });
    const solved = await run("solve", "--file", file, "--model-out", model, "--json", "--quiet");
    assertEquals(solved.code, 0, solved.err);
    assert(Math.abs(JSON.parse(solved.out).coefficients.k - 1.5) < 1e-4, solved.out);
    for (
      const [data, part] of [
        [{ file: "measured.csv" }, 'must have a column "t"'],
        [{ file: "measured.csv", t: "time" }, 'did you mean "time [s]"?'],
        [{ file: "none.csv", t: "time [s]" }, "none.csv"],
        [{ file: "measured.csv", t: 3 }, "must be the name of its column"],
      ] as const
    ) {
      await write(data);
      const before = await listing(folder);
      const refused = await run("solve", "--file", file, "--report", `${folder}/r.html`);
      assertEquals(refused.code, 2);
      assertStringIncludes(refused.err, part);
      assertEquals(await listing(folder), before);
    }
  });
});

Deno.test("solve begins with the solution of a neighbour, and refuses what is none", async () => {
  await withFolder(async (folder) => {
    const file = `${folder}/decay.json`,
      near = `${folder}/near.json`,
      model = `${folder}/u.safetensors`;
    await Deno.writeTextFile(file, JSON.stringify(DECAY));
    await Deno.writeTextFile(near, JSON.stringify({ ...DECAY, constants: { k: 2.1 } }));
    const flags = ["--json", "--quiet", "--hidden", "3", "--schedule", "20"];
    const first = await run("solve", "--file", file, ...flags, "--model-out", model);
    const short = ["--json", "--quiet", "--schedule", "2"];
    const cold = await run("solve", "--file", near, ...short, "--hidden", "3");
    const warm = await run("solve", "--file", near, ...short, "--from", model);
    assertEquals([first.code, warm.code], [0, 0], warm.err);
    const [far, close] = [cold, warm].map(({ out }) => JSON.parse(out).error.relativeL2);
    assert(close < far / 10, `${close} ${far}`);
    assertStringIncludes(JSON.parse(warm.out).command, "--from");
    const clash = await run("solve", "--file", near, "--from", model, "--degree", "4");
    assertEquals(clash.code, 2);
    assertStringIncludes(clash.err, "--degree must not come with --from");
    const { domain: _, ...other } = DECAY;
    await Deno.writeTextFile(
      near,
      JSON.stringify({ ...other, domain: { t: [0, 1], x: [0, 1] } }),
    );
    const refused = await run("solve", "--file", near, "--from", model);
    assertEquals(refused.code, 2);
    assertStringIncludes(refused.err, "must be of the coordinates and unknowns t, x and u");
  });
});
