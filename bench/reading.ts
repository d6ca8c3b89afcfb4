/**
 * Reading a table: seconds of one core and peak memory, beside pandas.
 *
 * Writes tables of normally distributed numbers, with four decimals and with all 17 digits, and one
 * with two columns of text. Every program reads each in a process of its own. "prepared" is all that
 * happens before training: columns, split, scales, datasets. pandas needs /usr/bin/python3 with it.
 *
 * `deno run --no-lock --allow-all bench/reading.ts [--rows 1000000] [--columns 10]`
 *
 * @module
 */

import process from "node:process";
import { parseTableBytes } from "@freeknot/freeknot/data";
import { prepareTable } from "@freeknot/freeknot";
import { parseArgs } from "@std/cli/parse-args";
import { createRandom } from "@freeknot/freeknot/model";
import { describeMachine } from "./_machine.ts";
import { peakBytes } from "./_memory.ts";
import { markdown } from "./_table.ts";

const given = parseArgs(Deno.args, { string: ["rows", "columns", "read"] });

/** What one process measured. */
interface Reading {
  readonly read: number;
  readonly prepared?: number;
  readonly peak: number;
}

const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

/** Reads a file in this process. */
async function readHere(file: string): Promise<Reading> {
  const start = cpuSeconds();
  const table = parseTableBytes(await Deno.readFile(file), { name: file });
  const read = cpuSeconds() - start;
  prepareTable(table, { targets: ["y"], task: "regression", seed: 1 });
  return { read, prepared: cpuSeconds() - start, peak: peakBytes() };
}

const PANDAS = `
import json, resource, sys, time
import pandas
start = time.process_time()
pandas.read_csv(sys.argv[1])
print(json.dumps({"read": time.process_time() - start,
                  "peak": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))
`;

async function readElsewhere(program: string, args: string[]): Promise<Reading | undefined> {
  try {
    const { success, stdout } = await new Deno.Command(program, { args, stderr: "null" }).output();
    return success ? JSON.parse(new TextDecoder().decode(stdout)) : undefined;
  } catch {
    return undefined;
  }
}

/** Writes a table; returns its size in bytes. */
async function writeTable(file: string, rows: number, cell: (c: number, u: number) => string) {
  const columns = Number(given.columns ?? 10), random = createRandom(1, "reading");
  using out = await Deno.open(file, { write: true, create: true, truncate: true });
  const encoder = new TextEncoder();
  let text = `${Array.from({ length: columns - 1 }, (_, c) => `x${c + 1}`).join(",")},y\n`;
  for (let row = 0; row < rows; row++) {
    const cells: string[] = [];
    for (let c = 0; c < columns; c++) cells.push(cell(c, random.normal()));
    text += `${cells.join(",")}\n`;
    if (text.length > 1 << 22 || row === rows - 1) {
      await out.write(encoder.encode(text));
      text = "";
    }
  }
  return (await out.stat()).size;
}

async function main(): Promise<void> {
  const rows = Number(given.rows ?? 1_000_000), folder = await Deno.makeTempDir();
  const kinds: [string, (c: number, u: number) => string][] = [
    ["four decimals", (_, u) => u.toFixed(4)],
    ["17 digits", (_, u) => String(u)],
    [
      "four decimals, two columns of text",
      (c, u) => c > 1 ? u.toFixed(4) : `level ${"abcde"[Math.abs(Math.round(u))] ?? "z"}`,
    ],
  ];
  const head = ["cells", "MB", "program", "read (s)", "prepared (s)", "peak MB"];
  const lines: string[][] = [];
  try {
    for (const [name, cell] of kinds) {
      const file = `${folder}/table.csv`, size = await writeTable(file, rows, cell);
      const own = [...["run", "--no-lock", "--allow-all", import.meta.filename!], "--read", file];
      const found: [string, Reading | undefined][] = [
        ["freeknot", await readElsewhere(Deno.execPath(), own)],
        ["pandas", await readElsewhere("/usr/bin/python3", ["-c", PANDAS, file])],
      ];
      for (const [program, reading] of found) {
        if (reading === undefined) continue;
        const { read, prepared, peak } = reading;
        lines.push([
          ...[name, (size / 1e6).toFixed(0), program, read.toFixed(2)],
          ...[prepared?.toFixed(2) ?? "", (peak / 1e6).toFixed(0)],
        ]);
      }
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  for (const [what, value] of Object.entries(describeMachine())) console.log(`${what}: ${value}`);
  console.log(`${rows} rows\n\n${markdown(head, lines)}`);
}

if (typeof given.read === "string") console.log(JSON.stringify(await readHere(given.read)));
else await main();
