import { assertEquals, assertStringIncludes } from "@std/assert";
import { COMMANDS } from "../../../cli/commands/mod.ts";
import { parseFlags } from "../../../cli/flags/parse.ts";
import { run, smallTable, spawn, withFolder } from "../support.ts";

/** A short request for every command; `m` and `t.csv` are there. */
const REQUESTS: Readonly<Record<string, string>> = {
  start: "--rows 60 --schedule 1",
  train: "--data t.csv --target y --degree 1 --schedule 1",
  predict: "--model m --data t.csv",
  evaluate: "--model m --data t.csv",
  calibrate: "--model m --data t.csv --model-out sure",
  inspect: "--model m",
  explain: "--model m --data t.csv",
  prune: "--model m --data t.csv",
  formula: "--model m --data t.csv",
  export: "--model m --to js --out m.js",
  certify: "--model m --boxes 50",
  convert: "--model m --to relu --model-out r",
  regions: "--model m",
  import: "--from efficient-kan --weights w.json --model-out w",
  problems: "",
  reproduce: "table1 --quick --only mlp-2-5-1 --seeds 1",
  devices: "",
  solve: "--problem lotka-volterra",
  sweep: "plan.json --out swept",
  page: "--out page",
  draw: "--model m --data t.csv --svg m.svg",
  doctor: "",
  completions: "bash",
  man: "",
};

/** A plan of one run. */
const PLAN = JSON.stringify({
  base: { data: "t.csv", target: "y", degree: 1 },
  vary: { schedule: ["1"] },
});

/** A state dict of efficient-kan. */
const WEIGHTS = JSON.stringify({
  "layers.0.base_weight": [[1]],
  "layers.0.spline_weight": [[[1, 2, 3]]],
  "layers.0.grid": [[-2, -1, 0, 1, 2]],
});

Deno.test("every command takes --json, --quiet and --help", async () => {
  for (const { name, flags } of COMMANDS) {
    const { given } = parseFlags(["--json", "--quiet", "--help"], flags, 1);
    assertEquals([...given.keys()].sort(), ["help", "json", "quiet"], name);
    const { code, out, err } = await run(name, "--json", "--quiet", "--help");
    assertEquals([code, err], [0, ""], name);
    assertStringIncludes(out, `Usage: freeknot ${name}`);
  }
});

Deno.test("with --json and --quiet stdout is one object, stderr nothing, for every command", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/t.csv`, smallTable());
    await Deno.writeTextFile(`${folder}/w.json`, WEIGHTS);
    await Deno.writeTextFile(`${folder}/plan.json`, PLAN);
    const model = ["--model-out", "m", "--quiet"];
    const made = await spawn(["train", ...REQUESTS.train.split(" "), ...model], folder);
    assertEquals(made.code, 0, made.err);
    await Promise.all(COMMANDS.map(async ({ name }) => {
      const request = REQUESTS[name];
      if (request === undefined) throw new Error(`${name} has no request in this test`);
      const words = request === "" ? [] : request.split(" ");
      const { code, out, err } = await spawn([name, ...words, "--json", "--quiet"], folder);
      assertEquals([code, err], [0, ""], `${name}: ${err}`);
      const result = JSON.parse(out);
      assertEquals(typeof result === "object" && result !== null && !Array.isArray(result), true);
    }));
  });
});

Deno.test("solve --list --json lists the gallery as data", async () => {
  const { problems } = JSON.parse((await run("solve", "--list", "--json")).out);
  assertEquals(problems.some(({ name }: { name: string }) => name === "burgers"), true);
});

Deno.test("solve --grid takes one number for all coordinates, or one for each", async () => {
  const solve = (grid: string) =>
    run("solve", "--problem", "poisson", "--schedule", "1", "--grid", grid, "--quiet", "--json");
  for (const [grid, words] of [["9", "--grid 9,9"], ["9,7", "--grid 9,7"]]) {
    const { code, out, err } = await solve(grid);
    assertEquals(code, 1, err); // one epoch is no solution
    assertStringIncludes(JSON.parse(out).command, words);
  }
  const refused = await solve("9,7,5");
  assertEquals(refused.code, 2);
  assertStringIncludes(refused.err, "--grid must be integers >= 1");
});
