import { assert, assertEquals, assertMatch } from "@std/assert";
import { withFolder } from "../support/folder.ts";
import { type JobResult, jobResult, MPIRUNS, startJob } from "../support/mpi.ts";

const CLI = new URL("../../cli.ts", import.meta.url).pathname;
const [mpirun] = MPIRUNS;

function alone(args: readonly string[]): Promise<JobResult> {
  const running = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", ...args],
    ...{ stdout: "piped", stderr: "piped" },
  });
  return jobResult(running.spawn());
}

/** Ways of training: each has a decision that ranks must make alike. */
const WAYS: Readonly<Record<string, readonly string[]>> = {
  "local refinement": ["--refinement", "residual", "--optimizer", "gauss-newton"],
  "validation and early stop": ["--validation-fraction", "0.2", "--patience", "1"],
  "several first guesses": ["--starts", "3"],
  "mini-batches of SGD": ["--optimizer", "sgd", "--batch-size", "2048"],
  "batch norm": ["--normalisation", "batchnorm"],
};

Deno.test({
  name: "train --cluster mpi: every way of training has the bytes of one process",
  ignore: !mpirun,
  async fn() {
    await withFolder(async (folder) => {
      for (const [name, flags] of Object.entries(WAYS)) {
        const models: Uint8Array[] = [];
        for (const ranks of [0, 3]) {
          const model = `${folder}/m${ranks}.safetensors`;
          const args = [
            ...[CLI, "train", "--problem", "nonsmooth", "--rows", "6000", "--schedule", "3,2"],
            ...["--quiet", "--model-out", model, ...flags],
          ];
          const { code, err } = ranks === 0
            ? await alone(args)
            : await jobResult(startJob(mpirun, ranks, [...args, "--cluster", "mpi"]));
          assertEquals(code, 0, `${name}: ${err}`);
          models.push(await Deno.readFile(model));
        }
        assertEquals(models[1], models[0], name);
      }
    });
  },
});

Deno.test({
  name: "train --cluster mpi: one process resumes the checkpoint of ranks, to the byte",
  ignore: !mpirun,
  async fn() {
    await withFolder(async (folder) => {
      const kept = `${folder}/c.checkpoint`, model = `${folder}/m`, whole = `${folder}/whole`;
      const train = (file: string) => [
        ...[CLI, "train", "--problem", "nonsmooth", "--rows", "20000", "--schedule", "40,20"],
        ...["--optimizer", "lbfgs", "--quiet", "--model-out", file],
      ];
      const checkpoint = ["--checkpoint", kept, "--checkpoint-every", "1", "--cluster", "mpi"];
      const job = startJob(mpirun, 2, [...train(model), ...checkpoint]), ended = jobResult(job);
      while (!await Deno.stat(kept).then(() => true, () => false)) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      job.kill("SIGTERM");
      assert((await ended).code !== 0);
      const resumed = [CLI, "train", "--resume", kept, "--model-out", model];
      const { code, err } = await alone(resumed);
      assertEquals(code, 0, err);
      assertMatch(err, /going on from .*c\.checkpoint/);
      assertEquals((await alone(train(whole))).code, 0);
      assertEquals(await Deno.readFile(model), await Deno.readFile(whole));
    });
  },
});
