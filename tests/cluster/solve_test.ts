import { assertEquals, assertMatch } from "@std/assert";
import { withFolder } from "../support/folder.ts";
import { type JobResult, jobResult, MPIRUNS, startJob } from "../support/mpi.ts";

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
  name: "solve --cluster mpi refuses clocks, and ranks that differ, in one sentence",
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
          args: () => solve(one, "--time-limit", "9"),
          says: /--time-limit must come without --cluster/,
        },
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
