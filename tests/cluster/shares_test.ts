import { assertEquals, assertMatch } from "@std/assert";
import { withFolder } from "../support/folder.ts";
import { type JobResult, jobResult, MPIRUNS, startJob } from "../support/mpi.ts";

const CLI = new URL("../../cli.ts", import.meta.url).pathname;
const [mpirun] = MPIRUNS, lastMpirun = MPIRUNS.at(-1)!;

/** Rows of a table that is too long for 500 MB, with quotes over two lines here and there. */
function longTable(): string {
  const lines: string[] = ["a,b,kind,y"];
  for (let r = 0; r < 10_000; r++) {
    const a = (r * 7919 % 10_007) / 10_007, b = (r * 104_729 % 9_973) / 9_973;
    const kind = r % 3 === 0 ? '"x,\n""w"""' : "z";
    lines.push(`${a},${b},${kind},${Math.sin(6 * a) + b * b + 0.1 * Math.sin(1e4 * (a + b))}`);
  }
  const [header, ...rows] = lines, text = rows.join("\n") + "\n";
  return `${header}\n` + text.repeat(Math.ceil(3.1e7 / text.length));
}

function trainAlone(args: readonly string[]): Promise<JobResult> {
  const running = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", ...args],
    ...{ stdout: "piped", stderr: "piped" },
  });
  return jobResult(running.spawn());
}

const flags = (table: string, model: string) => [
  ...[CLI, "train", "--data", table, "--target", "y", "--form", "additive"],
  ...["--memory-limit", "500MB", "--model-out", model],
];

Deno.test({
  name: "train --cluster mpi: ranks read their shares of a table too long for memory, to the byte",
  ignore: !mpirun,
  async fn() {
    await withFolder(async (folder) => {
      const table = `${folder}/long.csv`, text = longTable(), models: Uint8Array[] = [];
      await Deno.writeTextFile(table, text);
      for (const ranks of [0, 1, 2, 3]) {
        const model = `${folder}/m${ranks}.safetensors`, args = flags(table, model);
        const { code, out, err } = ranks === 0 ? await trainAlone(args) : await jobResult(
          startJob(ranks === 2 ? lastMpirun : mpirun, ranks, [...args, "--cluster", "mpi"]),
        );
        assertEquals(code, 0, err);
        assertMatch(err, /too many for the memory/);
        assertEquals(out.match(/^completed/gm)?.length, 1, "rank 0 alone prints");
        models.push(await Deno.readFile(model));
      }
      for (const model of models) assertEquals(model, models[0]);

      const bad = `${folder}/bad.csv`, none = `${folder}/none.safetensors`;
      await Deno.writeTextFile(bad, text + "1,2,z\n");
      const alone = await trainAlone(flags(bad, none));
      const args = [...flags(bad, none), "--quiet", "--cluster", "mpi"];
      const shared = await jobResult(startJob(mpirun, 3, args));
      assertEquals([alone.code, shared.code, shared.out], [2, 2, ""], shared.err);
      const [line] = /line \d+ must[^\n]*/.exec(alone.err)!;
      assertEquals(shared.err.match(/^freeknot: /gm)?.length, 1, shared.err);
      assertMatch(shared.err, /^freeknot: rank 2 of 3: Cannot read/);
      assertEquals(/line \d+ must[^\n]*/.exec(shared.err)?.[0], line);

      const other = `${folder}/other.csv`;
      await Deno.writeTextFile(other, text.replace("0.5", "0.6"));
      const differ = await jobResult(
        startJob(mpirun, 2, (rank) => [...flags(rank ? other : table, none), "--cluster", "mpi"]),
      );
      assertEquals([differ.code, differ.out], [2, ""], differ.err);
      assertMatch(differ.err, /every rank must see the same data/);
      assertEquals(await Deno.stat(none).catch(() => "none"), "none");
    });
  },
});
