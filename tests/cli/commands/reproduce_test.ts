import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { parseFlags } from "../../../cli/flags/parse.ts";
import { REPRODUCE_FLAGS } from "../../../cli/commands/reproduce/flags.ts";
import { reproduceRequest, TABLES } from "../../../cli/commands/reproduce/request.ts";
import { createNetwork, encodeModel } from "../../../lib/model/mod.ts";
import { experiments, findExperiment } from "../../../lib/reproduce/mod.ts";
import { program, run, withFolder } from "../support.ts";

function request(table: string, ...args: string[]) {
  return reproduceRequest(parseFlags(args, REPRODUCE_FLAGS).given, table);
}

Deno.test("reproduce prints a quick table with the paper's numbers, clearly not comparable", async () => {
  await withFolder(async (folder) => {
    const report = `${folder}/t.html`;
    const flags = ["--quick", "--only", "spline-fine,mlp-50", "--report", report];
    const wrong = await run("reproduce", "table2", ...flags);
    assertEquals(wrong.code, 2); // mlp-50 is no row
    assertStringIncludes(wrong.err, "spline-uniform-fine");
    const only = ["--only", "spline-fine,mlp-2-5-5-1"];
    const { code, out, err } = await run(
      ...["reproduce", "table2", "--quick", ...only, "--report", report],
    );
    assertEquals(code, 0, err);
    assertMatch(out, /^Table 2, xor: .* 2000 points, seeds 1232\nQUICK TRY, NOT COMPARABLE/);
    assertMatch(out, /\nspline, fine +1300 +32 +\d+ .* 2\.78e-2 \(3\.84e-2\)/);
    assertMatch(out, /\nspline, fine, free knots +1760 +32 /);
    assertMatch(out, /\nMLP \[2, 5, 5, 1\] +50 +32 .* 3\.54e-2 \(2\.86e-2\)/);
    assertStringIncludes(out, `freeknot reproduce table2 ${only.join(" ")} --quick`);
    assertEquals(err.trim().split("\n").filter((line) => /^\d\/3 /.test(line)).length, 3);
    const page = await Deno.readTextFile(report);
    assertStringIncludes(page, "quick try, not comparable");
    assertStringIncludes(page, "MLP [2, 5, 5, 1]");
  });
});

Deno.test("reproduce --json is one object with every run", async () => {
  const { code, out, err } = await run(
    ...["reproduce", "table1", "--quick", "--only", "spline-uniform-fine", "--seeds", "1..2"],
    ...["--line-search", "both", "--json", "--quiet"],
  );
  assertEquals([code, err], [0, ""]);
  const result = JSON.parse(out);
  assertEquals(
    [result.table, result.problem, result.comparable, result.complete, result.points],
    ["Table 1", "nonsmooth-left", false, true, 2000],
  );
  assertEquals(result.rows.map(({ id }: { id: string }) => id), [
    ...["spline-uniform-fine", "spline-uniform-fine-unit"],
  ]);
  for (const row of result.rows) {
    assertEquals(row.runs.map(({ seed }: { seed: number }) => seed), [1, 2]);
    assertEquals(row.paper, { mse: 2.54e-3, deviation: 5.64e-3 });
    assertEquals(row.worse, row.mse.mean > 2.54e-3);
    assert(row.mse.worst >= row.mse.median && row.mse.deviation >= 0);
    assertEquals([row.parameters, row.workUnits, row.network.knots], [230, 32, "uniform"]);
  }
});

Deno.test("--keep tells runs of other first guesses and of other problems apart", async () => {
  await withFolder(async (folder) => {
    const keep = `${folder}/runs.json`;
    const words = [
      "reproduce",
      "table1",
      "--quick",
      "--only",
      "spline-uniform-fine",
      "--keep",
      keep,
    ];
    await run(...words);
    const kept = JSON.parse(await Deno.readTextFile(keep)), [first] = kept.runs;
    const row = JSON.parse(first.row);
    assertEquals([row.firstMap, first.measure], [
      "torch",
      "mean squared error on 2000 points, nonsmooth-left",
    ]);
    assertStringIncludes((await run(...words)).err, "1 of 1 runs were done before");
    for (
      const change of [
        { row: JSON.stringify({ ...row, firstMap: undefined }) },
        { measure: first.measure.replace("-left", "") },
      ]
    ) {
      await Deno.writeTextFile(keep, JSON.stringify({ ...kept, runs: [{ ...first, ...change }] }));
      assert(!(await run(...words)).err.includes("done before"));
    }
  });
});

Deno.test("reproduce --help names every table and experiment", async () => {
  const { out } = await run("reproduce", "--help");
  const text = out.replaceAll(/\s+/g, " ");
  assertStringIncludes(text, `reproduce ${TABLES.join("|")} [FLAGS]`);
  assertStringIncludes(text, `Experiments: ${experiments.map(({ name }) => name).join(", ")}.`);
});

Deno.test("reproduce lists what there is with sources and minutes, and the rows or parts of one", async () => {
  const { code, out } = await run("reproduce");
  assertEquals([code, (await run("reproduce", "--list")).out], [0, out]);
  const lines = out.split("\n");
  for (const { name, minutes, title, source } of experiments) {
    const at = lines.findIndex((line) => line.startsWith(`${name} `));
    assertEquals(lines[at].trim().split(/ {2,}/), [name, `${minutes}`, title]);
    assertEquals(lines[at + 1].trim(), source);
  }
  const { names } = JSON.parse((await run("reproduce", "--list", "--json")).out);
  assertEquals(
    names.map(({ name }: { name: string }) => name),
    [...TABLES, ...experiments.map(({ name }) => name)],
  );
  assertStringIncludes((await run("reproduce", "table2", "--list")).out, "\nmlp-2-40-40-1 ");
  const parts = JSON.parse((await run("reproduce", "ntk", "--list", "--json")).out).parts;
  assertEquals(
    parts.map(({ name }: { name: string }) => name),
    findExperiment("ntk")!.parts({}).map(({ id }) => id),
  );
});

Deno.test("reproduce all runs parts of several experiments under their names, and keeps them", async () => {
  await withFolder(async (folder) => {
    const words = ["reproduce", "all", "--quick", "--only", "cost,sizes"];
    const flags = [...words, "--keep", `${folder}/k.json`, "--report", `${folder}/p.html`];
    const { code, out } = await run(...flags);
    assertEquals(code, 0);
    assertMatch(out, /^All experiments: all claims hold\n/);
    const alone = JSON.parse((await run("reproduce", "sizes", "--quick", "--json")).out);
    const { claims } = JSON.parse((await run(...flags, "--json")).out);
    const of = (name: string) =>
      claims.filter(({ statement }: { statement: string }) => statement.startsWith(`${name}: `));
    assertEquals(of("cost").length + of("sizes").length, claims.length);
    assertEquals(
      of("sizes").map((claim: { statement: string }) => ({
        ...claim,
        statement: claim.statement.slice("sizes: ".length),
      })),
      alone.claims,
    );
    assertMatch((await run(...flags)).err, /^(\d+) of \1 parts were done before/);
    assertStringIncludes(await Deno.readTextFile(`${folder}/p.html`), "sizes: ");
  });
});

Deno.test("reproduce prints an experiment's claims, keeps its parts and draws a page", async () => {
  await withFolder(async (folder) => {
    const keep = `${folder}/parts.json`, page = `${folder}/page.html`;
    const words = ["reproduce", "conditioning", "--quick", "--only", "uniform", "--keep", keep];
    const first = await run(...words, "--report", page);
    assertEquals(first.code, 0);
    assertStringIncludes(first.out, "holds: Splines stay bounded");
    assertStringIncludes(first.out, "not run: Intervals of random lengths");
    assertStringIncludes(await Deno.readTextFile(page), "Splines stay bounded");
    const again = await run(...words, "--json");
    assertStringIncludes(again.err, "5 of 5 parts were done before");
    const { status, claims } = JSON.parse(again.out);
    assertEquals([status, claims[0].holds, claims[2].holds], ["parts were run", true, null]);
    const { code, err } = await run("reproduce", "preconditioner", "--quick", "--keep", keep);
    assertEquals(code, 2);
    assertStringIncludes(err, "must hold parts of preconditioner");
  });
});

Deno.test("reproduce measures a network of the user's", async () => {
  await withFolder(async (folder) => {
    const model = `${folder}/m.safetensors`;
    await run(
      "train",
      "--problem",
      "nonsmooth",
      "--rows",
      "100",
      "--schedule",
      "1",
      "--model-out",
      model,
    );
    const words = ["reproduce", "conditioning", "--model", model, "--keep", `${folder}/k.json`];
    const { code, out } = await run(...words);
    assertEquals(code, 0);
    // five nodes of the linear first map enter the layer, not the two inputs
    assertMatch(out, /Layer 0\n.*\n0 .*\n1 .*\n2 .*\n3 .*\n4 .*\n\n/);
    assertStringIncludes((await run(...words)).err, "1 of 1 parts were done before");
    // another network under the same name: nothing of it was done before
    const other = createNetwork({ widths: [2, 3, 1], knots: "uniform" }, { seed: 7 });
    await Deno.writeFile(model, encodeModel(other));
    const again = await run(...words);
    assert(!again.err.includes("done before") && again.out !== out);
    await Deno.writeFile(
      model,
      encodeModel(createNetwork({ widths: [2, 3, 1], activation: "relu" })),
    );
    for (const name of ["conditioning", "ntk"]) {
      const refused = await run("reproduce", name, "--model", model);
      assertEquals([refused.code, refused.out], [2, ""]);
      assertStringIncludes(refused.err, "current value is an MLP");
    }
  });
});

Deno.test("reproduce refuses flags that do not belong to an experiment", async () => {
  for (
    const [words, rule] of [
      [["conditioning", "--line-search", "none"], "--line-search must be left out"],
      [["preconditioner", "--model", "m.safetensors"], "--model must be left out"],
      [["conditioning", "--data", "t.csv"], "--data must be left out"],
      [["conditioning", "--only", "degree-9"], "--only must name parts among"],
      [["table1", "--model", "m.safetensors"], "--model must be left out with tables"],
      [["conditionin"], "did you mean"],
    ] as const
  ) {
    const { code, err } = await run("reproduce", ...words);
    assertEquals(code, 2);
    assertStringIncludes(err.replaceAll(/\s+/g, " "), rule);
  }
});

Deno.test("reproduce chooses rows, seeds and points", () => {
  const all = request("table1");
  assertEquals([all.problem.name, all.points, all.seeds], [
    "nonsmooth-left",
    20_000,
    [1234, 1235, 1236, 1237, 1238],
  ]);
  assertEquals(request("table2").seeds, [1232, 1233, 1234, 1235, 1236]);
  const ids = (...args: string[]) => request("table1", ...args).rows.map(({ id }) => id);
  assertEquals(ids("--only", "relu-free"), ["relu-free-coarse", "relu-free-fine"]);
  assertEquals(ids("--only", "MLP").length, 3);
  assertEquals(ids("--only", "mlp-20,mlp-30"), ["mlp-2-30-1", "mlp-2-20-20-1"]);
  assert(ids("--only", "ours").every((id) => id.startsWith("ours-")));
  assertEquals(ids("--line-search", "none", "--only", "fine-unit").length, 4);
  assertEquals(request("table1", "--seeds", "3..5,-1").seeds, [3, 4, 5, -1]);
  const quick = request("table1", "--quick");
  assertEquals([quick.points, quick.seeds], [2000, [1234]]);
  assertEquals(
    request("table1", "--seeds", "1..2", "--quick", "--threads", "1").command,
    "freeknot reproduce table1 --seeds 1..2 --quick",
  );
});

Deno.test("reproduce table3 prints published rows and ours; --keep does not repeat runs", async () => {
  await withFolder(async (folder) => {
    const keep = `${folder}/runs.json`;
    const flags = ["--quick", "--only", "spline-fine,mlp-tanh-20", "--keep", keep];
    const { code, out, err } = await run("reproduce", "table3", ...flags);
    assertEquals(code, 0, err);
    assertMatch(out, /^Table 3, burgers-perturbed: .* 16 x 16 points, .* seeds 1234\nQUICK TRY/);
    assertMatch(out, /\nspline, fine +9700 +160 +4\d .* 4\.07e-3 \(2\.51e-3\)/);
    assertMatch(out, /\nMLP \[2, 20, 20, 1\], tanh +500 +500 .* 2\.33e-2 \(1\.74e-3\)/);
    assertStringIncludes(out, "again: freeknot reproduce table3 --only spline-fine,mlp-tanh-20");
    const again = await run("reproduce", "table3", ...flags);
    assertEquals([again.code, again.out], [0, out]);
    assertEquals(again.err, "2 of 2 runs were done before\n");
    const other = await run("reproduce", "table1", "--quick", "--keep", keep);
    assertEquals(other.code, 2);
    assertStringIncludes(other.err, "must hold runs of Table 1 or not exist");
  });
});

Deno.test("reproduce table3 chooses rows, seeds and points", () => {
  const all = request("table3");
  assertEquals([all.problem.name, all.points, all.seeds], [
    "burgers-perturbed",
    4096,
    [1234, 1244, 1254, 1264, 1274],
  ]);
  assertEquals(all.rows.filter(({ paper }) => paper).length, 7);
  const ids = (...args: string[]) => request("table3", ...args).rows.map(({ id }) => id);
  assertEquals(ids("--only", "mlp-56"), ["mlp-relu-2-56-56-1", "mlp-tanh-2-56-56-1"]);
  assertEquals(ids("--only", "long"), ["relu-uniform-long", "spline-uniform-long"]);
});

Deno.test("reproduce refuses what it cannot run", async () => {
  for (
    const [args, words] of [
      [["nonsense"], "one of table1, table2"],
      [["nonsense", "--list"], "one of table1, table2"],
      [["--list", "--only", "cost"], "--only must be left out"],
      [["tabel1"], 'did you mean "table1"'],
      [["table1", "--only", "splines"], "--only must name rows"],
      [["table1", "--seeds", "5..3"], "--seeds must be different integers"],
      [["table1", "--seeds", "1,1"], "different integers"],
      [["table1", "--seeds", "1..99999999"], "at most 1000"],
      [["table1", "--line-search", "armijo"], "one of wolfe, none, both"],
      [["table1", "--report", "/no/such/folder/t.html"], "folder that exists"],
      [["table1", "--keep", "/no/such/folder/t.json"], "folder that exists"],
      [["table3", "--line-search", "none"], "--line-search must be left out with table3"],
      [["table3", "--perturbation", "0"], "--perturbation must be"],
      [["table1", "--perturbation", "1"], "must be left out with tables 1 and 2"],
    ] as const
  ) {
    const { code, out, err } = await run("reproduce", ...args);
    assertEquals([code, out], [2, ""], err);
    assertStringIncludes(err, words);
  }
});

Deno.test({
  name: "Ctrl-C leaves what reproduce has done: code 130, printed and written",
  ignore: Deno.build.os === "windows",
  async fn() {
    await withFolder(async (folder) => {
      const process = program([
        ...["reproduce", "table1", "--quick", "--only", "spline-uniform-fine"],
        ...["--seeds", "1..500", "--json", "--report", "t.html"],
      ], folder).spawn();
      const reader = process.stderr.pipeThrough(new TextDecoderStream()).getReader();
      let seen = "";
      while (!seen.includes("2/500 ")) {
        const { value, done } = await reader.read();
        if (done) break;
        seen += value;
      }
      process.kill("SIGINT");
      const [out, , { code }] = await Promise.all([
        new Response(process.stdout).text(),
        (async () => {
          while (!(await reader.read()).done);
        })(),
        process.status,
      ]);
      assertEquals(code, 130, seen);
      const result = JSON.parse(out);
      assertEquals(result.complete, false);
      assert(result.rows[0].runs.length >= 2 && result.rows[0].runs.length < 500);
      assertStringIncludes(await Deno.readTextFile(`${folder}/t.html`), "STOPPED");
    });
  },
});
