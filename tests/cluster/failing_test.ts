import { assert, assertEquals, assertMatch } from "@std/assert";
import { jobResult, MPIRUNS, startJob } from "../support/mpi.ts";

const CLI = new URL("../../cli.ts", import.meta.url).pathname;
const [mpirun] = MPIRUNS;
const program = (name: string) => new URL(`${name}_program.ts`, import.meta.url).pathname;

/** Seconds that a job may take to end once it cannot go on. */
const SOON = 30;

async function timed(job: Deno.ChildProcess) {
  const begun = performance.now(), result = await jobResult(job);
  return { ...result, seconds: (performance.now() - begun) / 1000 };
}

Deno.test({
  name: "a cluster refuses ranks of mixed versions, and names the rank",
  ignore: !mpirun,
  async fn() {
    const args = [CLI, "train", "--problem", "nonsmooth", "--rows", "500", "--cluster", "mpi"];
    const job = startJob(mpirun, 2, (rank) => rank === 1 ? [program("other_version")] : args);
    const { code, out, err, seconds } = await timed(job);
    assertEquals([code, out], [2, ""], err);
    assertMatch(err, /every rank must run the same program, .* freeknot 0\.0\.9 on rank 1 and/);
    assert(seconds < SOON, `${seconds} s`);
  },
});

for (const each of MPIRUNS) {
  Deno.test(`${each.name}: ranks with other flags are refused on all, before these are read`, async () => {
    const args = [CLI, "train", "--problem", "nonsmooth", "--cluster", "mpi", "--schedule"];
    const flags = (rank: number) => [...args, rank === 1 ? "nonsense" : "1"];
    const { code, out, err, seconds } = await timed(startJob(each, 2, flags));
    assertEquals([code, out], [2, ""], err);
    assertMatch(
      err,
      /every rank must be given the same flags, .*nonsense on rank 1 and .* on rank 0/,
    );
    assertEquals(err.match(/^freeknot: /gm)?.length, 1, err);
    assert(seconds < SOON, `${seconds} s`);
  });

  Deno.test(`${each.name}: a rank whose memory cannot be had tells so, and all end`, async () => {
    const { code, err, seconds } = await timed(startJob(each, 3, [program("failing_rank")]));
    assert(code !== 0, err);
    assertMatch(err, /freeknot: rank 1 of 3: .*WebAssembly\.Memory.*; all ranks end/);
    assertEquals(err.match(/freeknot: rank/g)?.length, 1, err);
    assert(seconds < SOON, `${seconds} s`);
  });
}

for (const each of MPIRUNS) {
  for (const exit of ["0", "3"]) {
    Deno.test(`${each.name}: a rank that ends with code ${exit} before it joins ends the job`, async () => {
      const train = [CLI, "train", "--problem", "nonsmooth", "--rows", "500", "--quiet"];
      const flags = [...train, "--cluster", "mpi", "--cluster-timeout", "3"];
      const of = (rank: number) => rank === 1 ? [program("leaving_rank"), exit] : flags;
      const { code, err, seconds } = await timed(startJob(each, 3, of));
      assert(code !== 0, err);
      const late = /all ranks must join within 3 s \(--cluster-timeout\), rank \d of 3 has waited/;
      // Open MPI's launcher sees the end by itself, and ends the others sooner
      if (each.name === "MPICH") assertMatch(err, late);
      assert(seconds < SOON, `${seconds} s`);
    });
  }
}

const prlimit = await new Deno.Command("prlimit", { args: ["--version"], stdout: "null" }).output()
  .then(({ success }) => success, () => false);

Deno.test({
  name: "a rank that its machine ends for want of memory ends the job",
  ignore: mpirun?.name !== "MPICH" || !prlimit,
  async fn() {
    const deno = [Deno.execPath(), "run", "--quiet", "--allow-all"];
    const train = [
      ...[...deno, CLI, "train", "--problem", "nonsmooth", "--rows", "3000000"],
      ...["--schedule", "1", "--quiet", "--cluster", "mpi"],
    ];
    const job = new Deno.Command(mpirun.command, {
      args: ["-n", "1", ...train, ":", "-n", "1", "prlimit", "--data=700000000", ...train],
      ...{ stdin: "null", stdout: "piped", stderr: "piped" },
    }).spawn();
    const { code, err, seconds } = await timed(job);
    assert(code !== 0, err);
    assertMatch(err, /out of memory|could not allocate|memory/i);
    assert(seconds < SOON, `${seconds} s`);
  },
});
