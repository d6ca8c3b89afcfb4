import { assertEquals, assertMatch } from "@std/assert";
import { withFolder } from "../support/folder.ts";
import { jobResult, MPIRUNS, startJob } from "../support/mpi.ts";

const CLI = new URL("../../cli.ts", import.meta.url).pathname;
const [mpirun] = MPIRUNS, lastMpirun = MPIRUNS.at(-1)!;
const ROWS = 850_000;

/** Three columns of numbers; too many for 500 MB. */
function column(factor: number, modulus: number): Float64Array {
  return Float64Array.from({ length: ROWS }, (_, r) => ((r + 1) * factor % modulus) / modulus);
}

/** The parameters of a model file, which are its end. */
async function parametersOf(file: string): Promise<Uint8Array> {
  const bytes = await Deno.readFile(file), view = new DataView(bytes.buffer);
  return bytes.slice(8 + Number(view.getBigUint64(0, true)));
}

Deno.test({
  name: "train --cluster mpi: shares of a Parquet file make the network of the CSV's " +
    "(FREEKNOT_PARQUET fetches packages)",
  ignore: !mpirun || Deno.env.get("FREEKNOT_PARQUET") === undefined,
  async fn() {
    const writer = "npm:hyparquet-writer@0.17.0"; // not in the module graph
    const { parquetWriteBuffer } = await import(writer);
    const a = column(7919, 100_003), b = column(104_729, 99_991);
    const y = a.map((x, r) => Math.sin(6 * x) + b[r]);
    await withFolder(async (folder) => {
      const csv = `${folder}/t.csv`, parquet = `${folder}/t.parquet`;
      const lines = Array.from(a, (x, r) => `${x},${b[r]},${y[r]}`);
      await Deno.writeTextFile(csv, `a,b,y\n${lines.join("\n")}\n`);
      const columnData = [["a", a], ["b", b], ["y", y]].map(([name, data]) => ({
        ...{ name, data, type: "DOUBLE" },
      }));
      const written = parquetWriteBuffer({ columnData, rowGroupSize: 100_000 });
      await Deno.writeFile(parquet, new Uint8Array(written));
      const found: Uint8Array[] = [];
      for (const [k, table] of [csv, parquet, parquet].entries()) {
        const model = `${folder}/m${k}`, job = k === 1 ? mpirun : lastMpirun;
        const args = [
          ...[CLI, "train", "--data", table, "--target", "y", "--form", "network"],
          ...["--widths", "2,2,1", "--schedule", "1", "--optimizer", "lbfgs", "--threads", "1"],
          ...["--test-fraction", "0", "--memory-limit", "500MB", "--cluster", "mpi"],
          ...["--model-out", model],
        ];
        const { code, err } = await jobResult(startJob(job, k + 1, args));
        assertEquals(code, 0, err);
        assertMatch(err, /of which every rank holds its share/);
        found.push(await parametersOf(model));
      }
      for (const parameters of found) assertEquals(parameters, found[0]);
    });
  },
});
