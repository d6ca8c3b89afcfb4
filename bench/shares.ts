/**
 * A table by ranks that hold, or stream, their shares of its rows: time and memory of a rank.
 *
 * Writes a table of six columns and a target, and trains on it by 1, 2 and 4 ranks; words behind `--` are
 * flags of `train`. All runs must write the same bytes. Needs GNU time.
 *
 * `deno run --allow-all bench/shares.ts [--rows 1000000] [--ranks 1,2,4] [--mpirun mpiexec.mpich] \
 *   [--table FILE] -- --form network --schedule 1 --optimizer lbfgs --memory-limit 500MB`
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { createRandom } from "@freeknot/freeknot/model";
import { writeFriedmanTable } from "./_friedman.ts";
import { describeMachine } from "./_machine.ts";
import { markdown } from "./_table.ts";

const cut = [...Deno.args, "--"].indexOf("--"), flags = Deno.args.slice(cut + 1);
const args = parseArgs(Deno.args.slice(0, cut), {
  string: ["rows", "ranks", "mpirun", "table"],
}) as Partial<Record<"rows" | "ranks" | "mpirun" | "table", string>>;
const COLUMNS = 6, CLI = new URL("../cli.ts", import.meta.url).pathname;
const mpirun = args.mpirun ?? "mpiexec.mpich";

/** Trains by so many ranks. */
async function train(table: string, ranks: number, model: string) {
  const root = mpirun.includes("openmpi") ? ["--allow-run-as-root", "--oversubscribe"] : [];
  const begun = performance.now();
  const { success, stderr } = await new Deno.Command(mpirun, {
    args: [
      ...[...root, "-n", String(ranks), "/usr/bin/time", "-f", "rank %U %S %M"],
      ...[Deno.execPath(), "run", "--quiet", "--allow-all", CLI, "train", "--data", table],
      ...["--target", "y", "--cluster", "mpi", "--model-out", model, ...flags],
    ],
    ...{ stdin: "null", stdout: "null" },
  }).output();
  const text = new TextDecoder().decode(stderr);
  if (!success) throw new Error(`Cannot train by ${ranks} ranks: ${text}`);
  const told = [...text.matchAll(/^rank ([\d.]+) ([\d.]+) (\d+)$/gm)].map(([, ...numbers]) =>
    numbers.map(Number)
  );
  const bytes = await crypto.subtle.digest("SHA-256", await Deno.readFile(model));
  return {
    ranks,
    where: /are kept in a file/.test(text) ? "in a file" : "in memory",
    seconds: (performance.now() - begun) / 1000,
    processor: Math.max(...told.map(([user, system]) => user + system)),
    peak: Math.max(...told.map(([, , kilobytes]) => kilobytes * 1024)),
    digest: [...new Uint8Array(bytes).subarray(0, 6)].map((b) => b.toString(16)).join(""),
  };
}

const folder = await Deno.makeTempDir();
try {
  const rows = Number(args.rows ?? 1e6), table = args.table ?? `${folder}/t.csv`;
  if (args.table === undefined) {
    await writeFriedmanTable(
      table,
      { rows, columns: COLUMNS, digits: 6 },
      createRandom(1, "shares"),
    );
  }
  console.log(Object.values(describeMachine()).join(", "), `\n${flags.join(" ")}\n`);
  const found = [];
  for (const ranks of (args.ranks ?? "1,2,4").split(",").map(Number)) {
    found.push(await train(table, ranks, `${folder}/m${ranks}`));
  }
  console.log(markdown(
    ["ranks", "share", "whole run", "processor seconds of a rank", "peak memory of a rank"],
    found.map(({ ranks, where, seconds, processor, peak }) => [
      ...[String(ranks), where, `${seconds.toFixed(0)} s`],
      ...[`${processor.toFixed(1)} s`, `${(peak / 1e6).toFixed(0)} MB`],
    ]),
  ));
  const same = new Set(found.map(({ digest }) => digest)).size === 1;
  console.log(same ? "the same bytes" : "OTHER BYTES");
} finally {
  await Deno.remove(folder, { recursive: true });
}
