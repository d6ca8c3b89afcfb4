import { assert, assertEquals, assertMatch } from "@std/assert";
import { withFolder } from "../support/folder.ts";
import { type JobResult, jobResult, killRank, MPIRUNS, startJob } from "../support/mpi.ts";

const CLI = new URL("../../cli.ts", import.meta.url).pathname;
const [mpirun] = MPIRUNS, lastMpirun = MPIRUNS.at(-1)!;

function solveAlone(args: readonly string[]): Promise<JobResult> {
  const running = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", ...args],
    ...{ stdout: "piped", stderr: "piped" },
  });
  return jobResult(running.spawn());
}

/** A coefficient from measurements, and an integral: a matrix of residuals of many points. */
const INVERSE = {
  name: "decay",
  domain: { t: [0, 1], x: [0, 1] },
  equations: [{ equation: "u_t = -k*u + 0.1*integral(u, x, 0, 1)" }],
  conditions: [
    { at: { t: 0 }, equation: "u = 1 + x" },
    { data: { t: [0.5, 1], x: [0.5, 0.5], value: [0.95, 0.6] }, equation: "u = value" },
  ],
  coefficients: { k: 0.5 },
  network: { hidden: [3], degree: 3, intervals: 3 },
};

Deno.test({
  name: "solve --cluster mpi: any number of ranks finds the solution of one, to the byte",
  ignore: !mpirun,
  async fn() {
    await withFolder(async (folder) => {
      const inverse = `${folder}/inverse.json`;
      await Deno.writeTextFile(inverse, JSON.stringify(INVERSE));
      const cases = [
        ["--problem", "heat", "--schedule", "3,2"],
        ["--problem", "burgers", "--schedule", "2,1", "--optimizer", "lbfgs", "--hidden", "4"],
        ["--file", inverse, "--schedule", "3"],
      ];
      for (const flags of cases) {
        const models: Uint8Array[] = [];
        for (const ranks of flags.includes("heat") ? [0, 2, 3] : [0, 2]) {
          const model = `${folder}/m${ranks}.safetensors`;
          const args = [CLI, "solve", ...flags, "--quiet", "--model-out", model];
          const { code, out, err } = ranks === 0 ? await solveAlone(args) : await jobResult(
            startJob(ranks === 3 ? lastMpirun : mpirun, ranks, [...args, "--cluster", "mpi"]),
          );
          assertEquals(code < 2, true, err); // few epochs leave it unresolved
          assertEquals(out.match(/^model /gm)?.length ?? 1, 1, "rank 0 alone prints");
          models.push(await Deno.readFile(model));
        }
        for (const model of models) assertEquals(model, models[0], flags.join(" "));
      }
    });
  },
});

Deno.test({
  name: "solve --cluster mpi refuses ranks that differ, in one sentence",
  ignore: !mpirun,
  async fn() {
    await withFolder(async (folder) => {
      const one = `${folder}/one.json`, two = `${folder}/two.json`, model = `${folder}/m`;
      await Deno.writeTextFile(one, JSON.stringify(INVERSE));
      await Deno.writeTextFile(two, JSON.stringify({ ...INVERSE, coefficients: { k: 0.6 } }));
      const solve = (file: string, ...more: string[]) => [
        ...[CLI, "solve", "--file", file, "--model-out", model, "--cluster", "mpi", ...more],
      ];
      const cases = [
        {
          args: (rank: number) => solve(rank === 1 ? two : one),
          says: /every rank must solve the same problem, .* on rank 1 and .* on rank 0/,
        },
        {
          args: (rank: number) => solve(rank === 1 ? `${folder}/none.json` : one),
          says: /freeknot: rank 1 of 2: Cannot read .*none\.json/,
        },
        {
          args: () => solve(one, "--degree", "77"),
          says: /--degree must be an integer/,
        },
      ];
      for (const { args, says } of cases) {
        const { code, out, err } = await jobResult(startJob(mpirun, 2, args));
        assertEquals([code, out], [2, ""], err);
        assertMatch(err, says);
        assertEquals(err.match(/^freeknot: /gm)?.length, 1, err);
        assertEquals(await Deno.stat(model).catch(() => "none"), "none");
      }
    });
  },
});

Deno.test({
  name: "solve --cluster mpi: kill -9 of a rank, and its checkpoint goes on to the bits",
  ignore: !mpirun,
  async fn() {
    await withFolder(async (folder) => {
      const kept = `${folder}/s.checkpoint`, whole = `${folder}/whole`, model = `${folder}/m`;
      const flags = [
        ...[CLI, "solve", "--problem", "heat", "--schedule", "6"],
        ...["--optimizer", "lbfgs", "--quiet"],
      ];
      const keeping = ["--checkpoint", kept, "--checkpoint-every", "1", "--cluster", "mpi"];
      const job = startJob(mpirun, 3, [...flags, ...keeping, "--model-out", model]);
      const ended = jobResult(job);
      assert(await killRank(kept));
      assert((await ended).code > 1);
      const resumed = [CLI, "solve", "--resume", kept, "--cluster", "mpi", "--model-out", model];
      const { code, err } = await jobResult(startJob(lastMpirun, 2, resumed));
      assert(code < 2, err);
      assert((await solveAlone([...flags, "--model-out", whole])).code < 2);
      assertEquals(await Deno.readFile(model), await Deno.readFile(whole));
    });
  },
});

Deno.test({
  name: "solve --cluster mpi: seeds and a clock that ends all ranks at one epoch",
  ignore: !mpirun,
  async fn() {
    await withFolder(async (folder) => {
      const flags = [CLI, "solve", "--problem", "heat", "--schedule", "2", "--seeds", "1,2"];
      const [one, two] = ["one", "two"].map((name) => `${folder}/${name}`);
      assert((await solveAlone([...flags, "--quiet", "--model-out", one])).code < 2);
      const shared = [...flags, "--quiet", "--cluster", "mpi", "--model-out", two];
      const seeds = await jobResult(startJob(mpirun, 2, shared));
      assert(seeds.code < 2, seeds.err);
      assertEquals(await Deno.readFile(two), await Deno.readFile(one));
      const clock = [
        ...[CLI, "solve", "--problem", "heat", "--schedule", "2000", "--time-limit", "1"],
        ...["--quiet", "--json", "--cluster", "mpi"],
      ];
      const { code, out, err } = await jobResult(startJob(mpirun, 3, clock));
      assert(code < 2, err);
      assert(["budget", "unresolved"].includes(JSON.parse(out).status), out.slice(0, 500));
    });
  },
});
