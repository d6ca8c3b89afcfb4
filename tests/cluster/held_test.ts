import { assert, assertEquals, assertMatch } from "@std/assert";
import { withFolder } from "../support/folder.ts";
import { jobResult, MPIRUNS, startJob } from "../support/mpi.ts";

const CLI = new URL("../../cli.ts", import.meta.url).pathname;
const [mpirun] = MPIRUNS;

/** A table that is too long for 500 MB by its text, not by its numbers. */
function wideTable(): string {
  const lines: string[] = ["a,b,kind,y"], long = ["u", "v"].map((letter) => letter.repeat(150));
  for (let r = 0; r < 170_000; r++) {
    const a = (r * 7919 % 10_007) / 10_007, b = (r * 104_729 % 9_973) / 9_973;
    lines.push(
      `${a.toFixed(6)},${b.toFixed(6)},${long[r % 2]},${(Math.sin(6 * a) + b).toFixed(6)}`,
    );
  }
  return lines.join("\n") + "\n";
}

Deno.test({
  name: "train --cluster mpi: ranks hold their shares of a table too long for memory, to the byte",
  ignore: !mpirun,
  async fn() {
    await withFolder(async (folder) => {
      const table = `${folder}/wide.csv`, models: Uint8Array[] = [];
      await Deno.writeTextFile(table, wideTable());
      const flags = (model: string, widths = "3,2,1") => [
        ...[CLI, "train", "--data", table, "--target", "y", "--form", "network"],
        ...["--widths", widths, "--schedule", "1,1", "--validation-fraction", "0.1"],
        ...["--memory-limit", "500MB", "--threads", "1", "--cluster", "mpi", "--model-out", model],
      ];
      for (const ranks of [1, 3]) {
        const model = `${folder}/m${ranks}.safetensors`;
        const { code, out, err } = await jobResult(startJob(mpirun, ranks, flags(model)));
        assertEquals(code, 0, err);
        assertMatch(err, /the network is trained on them, of which every rank holds its share/);
        assertEquals(out.match(/^completed/gm)?.length, 1, "rank 0 alone prints");
        models.push(await Deno.readFile(model));
      }
      assertEquals(models[1], models[0]);
      const long = await Promise.all([1, 3].map(async (ranks) => {
        const model = `${folder}/long${ranks}.safetensors`;
        const args = [...flags(model, "3,60,1"), "--optimizer", "lbfgs"];
        const { code, err } = await jobResult(startJob(mpirun, ranks, args));
        assertEquals(code, 0, err);
        // a share of one rank is kept in a file, those of three are in the memory
        assertEquals(/are kept in a file in the folder for temporary files/.test(err), ranks === 1);
        return await Deno.readFile(model);
      }));
      assertEquals(long[1], long[0]);
      const wide = [...flags(`${folder}/none`, "3,400,1"), "--optimizer", "lbfgs"];
      const { code, err } = await jobResult(startJob(mpirun, 2, wide));
      assertEquals(code, 2, err);
      assertMatch(
        err,
        /has in the memory at a time of \d+ rows must fit in --memory-limit 0\.5 GB, .* \d+ ranks/,
      );
      assert(!await Deno.stat(`${folder}/none`).then(() => true, () => false));
    });
  },
});
