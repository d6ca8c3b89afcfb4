import { main } from "../../cli.ts";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { jobResult, MPIRUNS, startJob } from "../support/mpi.ts";
import { withFolder } from "../support/folder.ts";

const CLI = new URL("../../cli.ts", import.meta.url).pathname;
const [mpirun] = MPIRUNS;

interface Printed {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(...args: string[]): Promise<Printed> {
  let out = "", err = "";
  const terminal = {
    out: (text: string) => void (out += text),
    err: (text: string) => void (err += text),
    interactive: false,
  };
  return { code: await main(args, terminal), out, err };
}

async function withTable(work: (folder: string, plan: (text: object) => string) => Promise<void>) {
  await withFolder(async (folder) => {
    const rows = Array.from({ length: 300 }, (_, r) => {
      const a = (r * 79 % 307) / 307, b = (r * 47 % 211) / 211;
      return `${a},${b},${Math.sin(4 * a) * b}`;
    });
    await Deno.writeTextFile(`${folder}/t.csv`, `a,b,y\n${rows.join("\n")}\n`);
    let plans = 0;
    await work(folder, (plan) => {
      const file = `${folder}/plan${plans++}.json`;
      Deno.writeTextFileSync(file, JSON.stringify(plan));
      return file;
    });
  });
}

const FLAGS = { target: "y", optimizer: "lbfgs", "validation-fraction": 0.2 };

/** The table without the command line that repeats the best run. */
function tableOf(out: string): string {
  return out.replace(/^best: (run \d+):.*/m, "best: $1");
}

Deno.test("sweep: a grid on threads, on ranks and task by task has one table; what is there stays", async () => {
  await withTable(async (folder, write) => {
    const base = { ...FLAGS, data: `${folder}/t.csv`, schedule: "3,2" };
    const plan = write({ base, vary: { widths: ["2,3,1", "2,5,1"], seed: [1, 2] } });
    const threads = await run("sweep", plan, "--out", `${folder}/threads`, "--quiet");
    assertEquals([threads.code, threads.err], [0, ""]);
    assertMatch(threads.out, /^run {2}widths {2}seed +loss {2}parameters {2}status$/m);
    assertMatch(threads.out, /^best: run \d: freeknot train /m);

    const tasks = ["sweep", plan, "--out", `${folder}/tasks`];
    for (const task of [3, 1]) assertEquals((await run(...tasks, "--task", `${task}`)).out, "");
    const rest = await run(...tasks);
    assertEquals(rest.err.match(/^run /gm)?.length, 2, "two runs are there already");
    assertEquals(tableOf(rest.out), tableOf(threads.out));
    const again = await run(...tasks, "--json");
    assertEquals([again.code, again.err], [0, ""]);
    const { runs, open } = JSON.parse(again.out);
    assertEquals([runs.length, open], [4, 0]);

    if (mpirun) {
      const args = [CLI, "sweep", plan, "--out", `${folder}/ranks`, "--cluster", "mpi"];
      const { code, out, err } = await jobResult(startJob(mpirun, 3, args));
      assertEquals(code, 0, err);
      assertEquals(tableOf(out), tableOf(threads.out));
      assertEquals(err.match(/^run \d/gm)?.length, 4, err);
    }
  });
});

Deno.test("sweep: halving lets the best third go on, and --model-out keeps the best", async () => {
  await withTable(async (folder, write) => {
    const plan = write({
      base: { ...FLAGS, data: `${folder}/t.csv` },
      ...{ method: "halving", runs: 6, seed: 3 },
      vary: {
        widths: ["2,3,1", "2,5,1"],
        "weight-decay": { from: 1e-7, to: 1e-2, scale: "log" },
      },
      rounds: [{ schedule: "2,1" }, { schedule: "4,2" }],
    });
    const model = `${folder}/best.safetensors`;
    const args = ["sweep", plan, "--out", `${folder}/o`, "--quiet"];
    const { code, out, err } = await run(...args, "--model-out", model);
    assertEquals([code, err], [0, ""]);
    const rounds = out.split("\n").map((line) => line.trim()[0]).filter((c) => "12".includes(c));
    assertEquals(rounds.join(""), "22111111");
    assert((await Deno.stat(model)).size > 0);
    const script = await run("sweep", plan, "--out", `${folder}/s`, "--print-slurm");
    assertEquals(script.out.match(/--array=0-(5|1) /g), ["--array=0-5 ", "--array=0-1 "]);
    assertEquals(await Deno.stat(`${folder}/s`).catch(() => "none"), "none");
    const shell = new Deno.Command("sh", { args: ["-n"], stdin: "piped" }).spawn();
    const writer = shell.stdin.getWriter();
    await writer.write(new TextEncoder().encode(script.out));
    await writer.close();
    assertEquals((await shell.status).code, 0);
  });
});

Deno.test("sweep: a run that fails is tried again and named, the others go on", async () => {
  await withTable(async (folder, write) => {
    const base = { ...FLAGS, data: `${folder}/t.csv`, schedule: "1" };
    const plan = write({ base, vary: { widths: ["2,3,1", "3,3,1"] } });
    const { code, out, err } = await run("sweep", plan, "--out", `${folder}/o`);
    assertEquals(code, 1);
    assertMatch(err, /^run 2 \(widths 3,3,1\): failed: .*; it is tried again$/m);
    assertMatch(out, /^run 2 \(widths 3,3,1\) failed 2 times: /m);
    assertMatch(out, /^best: run 1: /m);
  });
});

Deno.test("sweep refuses plans that are wrong in one sentence, and writes nothing", async () => {
  await withTable(async (folder, write) => {
    const base = { ...FLAGS, data: `${folder}/t.csv` };
    const cases: readonly (readonly [object, RegExp])[] = [
      [[], /the file must be an object/],
      [{ bse: {} }, /a field must be one of base, vary/],
      [{ base, method: "all" }, /method must be grid, random or halving/],
      [{ base, vary: { seed: [] } }, /vary\.seed must be a list that is not empty/],
      [{ base, vary: { seed: 3 } }, /vary\.seed must be a list/],
      [{ base, vary: { threads: [1] } }, /vary must be flags that a sweep does not set itself/],
      [{ base: { ...base, sede: 1 } }, /--sede is not a flag.*--seed/],
      [{ base: { ...base, widths: "2" } }, /--widths must/],
      [{ base, method: "halving", vary: { seed: [1, 2] } }, /rounds must be a list/],
      [{ base, method: "random", vary: { seed: [1] } }, /runs must be an integer of at least 1/],
      [
        { base, method: "random", runs: 2, vary: { "weight-decay": { from: 1, to: 0 } } },
        /vary\.weight-decay must be a list, or \{ "from"/,
      ],
    ];
    for (const [plan, says] of cases) {
      const { code, out, err } = await run("sweep", write(plan), "--out", `${folder}/o`);
      assertEquals([code, out], [2, ""], err);
      assertMatch(err, says);
      assertEquals(err.trim().split("\n").length, 1);
    }
    await Deno.writeTextFile(`${folder}/broken.json`, "{");
    const broken = await run("sweep", `${folder}/broken.json`, "--out", `${folder}/o`);
    assertEquals(broken.code, 2);
    assertMatch(broken.err, /it must be JSON, and is not/);
    assertEquals(await Deno.stat(`${folder}/o`).catch(() => "none"), "none");

    const first = write({ base: { ...base, schedule: "1" }, vary: { seed: [1] } });
    assertEquals((await run("sweep", first, "--out", `${folder}/o`, "--quiet")).code, 0);
    const other = write({ base: { ...base, schedule: "2" }, vary: { seed: [1] } });
    const { code, err } = await run("sweep", other, "--out", `${folder}/o`);
    assertEquals(code, 2);
    assertMatch(err, /--out must be a new folder or one of this plan/);
  });
});
