import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { launchOf, openCluster } from "../../lib/cluster/mod.ts";
import { addAlongTree, sharesOf, subtreesOf } from "../../lib/engine/peers.ts";
import { jobResult, killRank, MPIRUNS, startJob } from "../support/mpi.ts";
import { withFolder } from "../support/folder.ts";

const CLI = new URL("../../cli.ts", import.meta.url).pathname;
const AGREEMENT = new URL("agreement_program.ts", import.meta.url).pathname;
const [mpirun] = MPIRUNS;

/** A table with noise, the same for every call with the same numbers. */
function tableText(rows: number, shift = 0): string {
  const lines = Array.from({ length: rows }, (_, r) => {
    const a = (r * 7919 % 10_007) / 10_007, b = (r * 104_729 % 9_973) / 9_973;
    return `${a},${b},${
      Math.sin(6 * a * b) + 0.1 * Math.sin(1e4 * (a + b)) + (r === 3 ? shift : 0)
    }`;
  });
  return ["a,b,y", ...lines].join("\n") + "\n";
}

function trainArguments(table: string, model: string, ...more: string[]): string[] {
  return [
    ...[CLI, "train", "--data", table, "--target", "y", "--form", "network"],
    ...["--model-out", model, ...more],
  ];
}

async function bytesOf(path: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(path));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16)).join(" ");
}

Deno.test("subtreesOf(), addAlongTree(): any shares of the blocks give the same bits", () => {
  const count = 16,
    leaves = Array.from({ length: count }, (_, k) => Math.sin(k + 1) * 10 ** (k % 5));
  const nodes = (begin: number, end: number) =>
    leaves.slice(begin, end).map((x, k) => ({
      begin: begin + k,
      size: 1,
      values: new Float64Array([x]),
    }));
  const [{ values: [whole] }] = addAlongTree(nodes(0, count));
  for (let processes = 1; processes <= 20; processes++) {
    const shares = sharesOf(count, processes);
    assertEquals([shares[0], shares[processes]], [0, count]);
    const parts = Array.from({ length: processes }, (_, r) => {
      const sums = addAlongTree(nodes(shares[r], shares[r + 1]));
      const trees = subtreesOf(shares[r], shares[r + 1]);
      assertEquals(sums.map(({ begin, size }) => ({ begin, size })), trees);
      return sums;
    });
    const sum = addAlongTree(parts.flat());
    assertEquals(sum.length, 1);
    assert(Object.is(sum[0].values[0], whole), `${processes} processes`);
  }
});

Deno.test("launchOf() knows the launchers by what they tell", () => {
  const read = (variables: Record<string, string>) => launchOf((name) => variables[name]);
  assertEquals(read({}), undefined);
  assertEquals(read({ SLURM_NTASKS: "4", SLURM_PROCID: "0" }), undefined);
  assertEquals(read({ PMI_SIZE: "3", PMI_RANK: "2" }), { family: "mpich", size: 3, rank: 2 });
  assertEquals(read({ OMPI_COMM_WORLD_SIZE: "3", OMPI_COMM_WORLD_RANK: "0", PMIX_RANK: "0" }), {
    family: "openmpi",
    size: 3,
    rank: 0,
  });
  assertEquals(read({ PMIX_RANK: "1", SLURM_STEP_NUM_TASKS: "8" }), {
    family: "openmpi",
    size: 8,
    rank: 1,
  });
});

Deno.test("openCluster() without a launcher is one process", () => {
  const cluster = openCluster({ environment: () => undefined });
  assertEquals([cluster.rank, cluster.size, cluster.library], [0, 1, "none"]);
  assertEquals([...cluster.gather(new Float64Array([4]), [1])], [4]);
  cluster.close();
  assertThrows(() => openCluster({ timeout: 0 }), RangeError, "timeout must be above 0");
});

for (const each of MPIRUNS) {
  for (const ranks of each.name === "MPICH" ? [2, 3] : [4]) {
    Deno.test(`${each.name}: ${ranks} ranks evaluate to the bits of one`, async () => {
      const { code, out, err } = await jobResult(startJob(each, ranks, [AGREEMENT]));
      assertEquals(code, 0, err);
      const told = out.trim().split("\n").map((line) => JSON.parse(line));
      assertEquals(told.map(({ rank }) => rank).sort(), Array.from({ length: ranks }, (_, r) => r));
      const all = ranks * (ranks + 1) / 2;
      for (const { size, sum, differing, pairs } of told) {
        assertEquals([size, sum, differing], [ranks, all, []]);
        assertEquals(pairs, [all, 0, 0, true, true, all - ranks, ranks]);
      }
    });
  }
}

Deno.test({
  name: "train --cluster mpi: any number of ranks trains the network of one, to the byte",
  ignore: !mpirun,
  async fn() {
    await withFolder(async (folder) => {
      const table = `${folder}/t.csv`;
      await Deno.writeTextFile(table, tableText(6000));
      for (
        const flags of [
          ["--schedule", "4,2", "--optimizer", "lbfgs"],
          ["--schedule", "4,2", "--optimizer", "gauss-newton", "--validation-fraction", "0.1"],
          ["--schedule", "4,2", "--optimizer", "adam", "--batch-size", "1024"],
        ]
      ) {
        const models: string[] = [];
        for (const ranks of [0, 1, 2, 3]) {
          const model = `${folder}/m${ranks}.safetensors`;
          const args = trainArguments(table, model, "--quiet", ...flags);
          const { code, out, err } = ranks === 0
            ? await jobResult(
              new Deno.Command(Deno.execPath(), {
                args: ["run", "--quiet", "-A", ...args],
                stdout: "piped",
                stderr: "piped",
              }).spawn(),
            )
            : await jobResult(startJob(mpirun, ranks, [...args, "--cluster", "mpi"]));
          assertEquals(code, 0, err);
          assertEquals(out.match(/^completed/gm)?.length, 1, "rank 0 alone prints");
          models.push(await bytesOf(model));
        }
        assertEquals(new Set(models).size, 1, flags.join(" "));
      }
    });
  },
});

Deno.test({
  name:
    "train --cluster mpi: kill -9 of a rank ends the job, and its checkpoint goes on to the bits",
  ignore: !mpirun,
  async fn() {
    await withFolder(async (folder) => {
      const table = `${folder}/t.csv`, kept = `${folder}/c.checkpoint`;
      await Deno.writeTextFile(table, tableText(20_000));
      const whole = `${folder}/whole.safetensors`, model = `${folder}/m.safetensors`;
      const flags = ["--optimizer", "lbfgs", "--schedule", "40,20"];
      const cluster = ["--cluster", "mpi", "--checkpoint", kept, "--checkpoint-every", "1"];
      const single = startJob(mpirun, 1, trainArguments(table, whole, "--quiet", ...flags));
      assertEquals((await jobResult(single)).code, 0);
      const job = startJob(mpirun, 3, trainArguments(table, model, ...flags, ...cluster));
      const ended = jobResult(job);
      const killed = await killRank(kept);
      const begun = performance.now(), { code } = await ended;
      assert(killed && code !== 0, `exit code ${code}`);
      assert(performance.now() - begun < 10_000, "the job ends within seconds");
      const again = startJob(mpirun, 2, trainArguments(table, model, ...flags, ...cluster));
      const { code: second, err } = await jobResult(again);
      assertEquals(second, 0, err);
      assertMatch(err, /going on from .*c\.checkpoint/);
      assertEquals(await bytesOf(model), await bytesOf(whole));
    });
  },
});

Deno.test({
  name: "train --cluster mpi refuses ranks that differ, in one sentence and with exit code 2",
  ignore: !mpirun,
  async fn() {
    await withFolder(async (folder) => {
      const table = `${folder}/t.csv`, other = `${folder}/u.csv`, model = `${folder}/m.safetensors`;
      await Deno.writeTextFile(table, tableText(500));
      await Deno.writeTextFile(other, tableText(500, 1));
      const train = (file: string) => trainArguments(file, model, "--cluster", "mpi");
      const none = `${folder}/none.csv`;
      const cases = [
        {
          args: (rank: number) => train(rank === 1 ? other : table),
          says: /every rank must see the same data, .* on rank 1 and .* on rank 0/,
        },
        {
          args: (rank: number) => train(rank === 1 ? none : table),
          says: /freeknot: rank 1 of 2: Cannot read .*none\.csv: there is no such file/,
        },
        {
          args: () => train(table),
          environment: { FREEKNOT_MPI: "libnone.so" },
          says: /an MPI library must be installed \(Debian: apt-get install/,
        },
      ];
      for (const { args, environment, says } of cases) {
        const { code, out, err } = await jobResult(startJob(mpirun, 2, args, environment));
        assertEquals([code, out], [2, ""], err);
        assertMatch(err, says);
        assertEquals(err.match(/^freeknot: /gm)?.length, 1, err);
        assertEquals(await Deno.stat(model).catch(() => "none"), "none");
      }
    });
  },
});

Deno.test({
  name: "train --cluster mpi: an mpirun of another family than the library is told",
  ignore: MPIRUNS.length < 2,
  async fn() {
    const args = [CLI, "train", "--problem", "nonsmooth", "--schedule", "1", "--cluster", "mpi"];
    const job = startJob(MPIRUNS[0], 2, args, { FREEKNOT_MPI: "libmpi.so.40" });
    const { code, err } = await jobResult(job);
    assertEquals(code, 2, err);
    assertMatch(err, /mpirun and the MPI library must be of one kind/);
  },
});

Deno.test({
  name: "train --cluster mpi: a rank that does not answer ends all after --cluster-timeout",
  ignore: !mpirun,
  async fn() {
    const args = [CLI, "train", "--problem", "nonsmooth", "--rows", "3000", "--quiet"];
    const cluster = ["--cluster", "mpi", "--cluster-timeout", "2"];
    const silent = new URL("silent_rank_program.ts", import.meta.url).pathname;
    const begun = performance.now();
    const job = startJob(mpirun, 2, (rank) => rank === 1 ? [silent] : [...args, ...cluster]);
    const { code, err } = await jobResult(job);
    assertEquals(code, 1, err);
    assertMatch(err, /the other ranks must come to MPI_\w+, current value is none after 2 s/);
    assert(performance.now() - begun < 30_000);
  },
});

Deno.test("train --cluster mpi without mpirun works as one rank and says so", async () => {
  const args = ["train", "--problem", "nonsmooth", "--rows", "200", "--schedule", "1"];
  const { code, err } = await jobResult(
    new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "-A", CLI, ...args, "--cluster", "mpi"],
      stdout: "piped",
      stderr: "piped",
    }).spawn(),
  );
  assertEquals(code, 0);
  assertMatch(err, /^cluster: launched without mpirun or srun: one rank$/m);
});
