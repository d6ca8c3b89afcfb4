/**
 * Models of large tables by default flags, beside scikit-learn's histogram boosting.
 *
 * Writes tables of Friedman's function of ten columns (Friedman 1991, five of them matter) with noise
 * of standard deviation 1. Every program reads one and trains on it in a process of its own, and is
 * judged on 20,000 other rows: an rmse of 1 is the noise. scikit-learn needs /usr/bin/python3 with it.
 * The largest table takes 780 MB of disk, and minutes of every program.
 *
 * `deno run --no-lock --allow-all bench/large_tables.ts [--rows 100000,1000000,10000000]`
 *
 * @module
 */

import { createRandom } from "@freeknot/freeknot/model";
import { parseArgs } from "@std/cli/parse-args";
import { writeFriedmanTable } from "./_friedman.ts";
import { describeMachine } from "./_machine.ts";
import { markdown } from "./_table.ts";

const given = parseArgs(Deno.args, { string: ["rows"] });
const COLUMNS = 10, TEST_ROWS = 20_000;
const CLI = new URL("../cli.ts", import.meta.url).pathname;
const PEER = new URL("peers/hist_boosting.py", import.meta.url).pathname;

/** Searches, and their flags. */
const OURS = [
  ["train", []],
  ["train --form additive --interactions 5", ["--form", "additive", "--interactions", "5"]],
] as const;

/** Writes a table of so many rows. */
function writeTable(file: string, rows: number, seed: number): Promise<void> {
  const random = createRandom(seed, "large tables");
  return writeFriedmanTable(file, { rows, columns: COLUMNS, digits: 4 }, random);
}

/** Runs a program under GNU time; scikit-learn on one thread, as its waiting threads count as work. */
async function timed(program: string, args: readonly string[]) {
  const { success, stdout, stderr } = await new Deno.Command("/usr/bin/time", {
    args: ["-f", "%e %U %S %M", program, ...args],
    env: { OMP_NUM_THREADS: "1" },
  }).output();
  const text = new TextDecoder(), last = text.decode(stderr).trim().split("\n").at(-1) ?? "";
  if (!success) return undefined;
  const [seconds, user, system, kilobytes] = last.split(" ").map(Number);
  return { seconds, cpu: user + system, megabytes: kilobytes / 1e3, out: text.decode(stdout) };
}

async function main(): Promise<void> {
  const folder = await Deno.makeTempDir(), test = `${folder}/test.csv`;
  const lines: string[][] = [], model = `${folder}/model`;
  try {
    await writeTable(test, TEST_ROWS, 2);
    for (const rows of String(given.rows ?? "100000,1000000,10000000").split(",").map(Number)) {
      const data = `${folder}/train.csv`;
      await writeTable(data, rows, 1);
      const run = ["run", "--no-lock", "--allow-all", CLI];
      const found: [string, Awaited<ReturnType<typeof timed>>, number][] = [];
      for (const [name, flags] of OURS) {
        const trained = await timed(Deno.execPath(), [
          ...[...run, "train", "--data", data, "--target", "y", "--test-fraction", "0"],
          ...[...flags, "--model-out", model, "--quiet"],
        ]);
        const judged = await timed(Deno.execPath(), [
          ...[...run, "evaluate", "--model", model, "--data", test, "--json"],
        ]);
        found.push([name, trained, Number(JSON.parse(judged?.out ?? "{}").scores?.rmse)]);
      }
      const peer = await timed("/usr/bin/python3", [PEER, data, test]);
      found.push(["histogram boosting", peer, Number(peer?.out)]);
      for (const [name, each, rmse] of found) {
        if (each === undefined) continue;
        const { seconds, cpu, megabytes } = each;
        lines.push([
          ...[String(rows), name, rmse.toFixed(3), seconds.toFixed(1), cpu.toFixed(1)],
          ...[(rows / cpu).toFixed(0), megabytes.toFixed(0)],
        ]);
        console.error(lines[lines.length - 1].join("  "));
      }
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  for (const [what, value] of Object.entries(describeMachine())) console.log(`${what}: ${value}`);
  const head = ["rows", "program", "test rmse", "seconds", "CPU s", "rows per CPU s", "peak MB"];
  console.log(`\n${markdown(head, lines)}`);
}

await main();
