/**
 * A network on 10^8 rows that no machine holds: what one rank of many needs, in time and memory.
 *
 * `deno run --allow-all bench/many_rows.ts [--rows 1e8] [--latency 8] [--bandwidth 1.4] [--svg FILE]`
 *
 * Rows are drawn by a formula where they are asked for, so that nothing is stored but what training
 * itself keeps of a row. A process stands for one rank of 64: it has that rank's blocks, and other ranks
 * whose numbers are its own, and evaluates loss and gradient with its share in the memory, and with a
 * block of it in the memory and the rest in a file. From the processor's time and the peak memory of
 * these follows a table for 1 to 1,024 ranks; `--whole NAME` does one evaluation of all rows by one
 * process, which the table can be compared with. `--latency` (us) and `--bandwidth` (GB/s) are those of
 * messages, see bench/cluster.ts.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import process from "node:process";
import { openStore } from "../cli/runs/row_file.ts";
import type { Dataset, StoredRows } from "../lib/data/mod.ts";
import { heldShare, holdShare, mostHolders } from "../lib/engine/inner.ts";
import { createCpuEngine, type Peers } from "../lib/engine/mod.ts";
import { createNetwork } from "../lib/model/mod.ts";
import { CASES } from "./_cluster_cases.ts";
import { describeMachine } from "./_machine.ts";

const args = parseArgs(Deno.args, {
  string: ["rows", "latency", "bandwidth", "svg", "whole", "child"],
}) as Partial<Record<"rows" | "latency" | "bandwidth" | "svg" | "whole" | "child", string>>;
const ROWS = Number(args.rows ?? 1e8);

/** Ranks whose share is measured. */
const MEASURED = 64;

/** Ranks of the table. */
const RANKS = [1, 4, 16, 64, 256, 1024];

/** Rows from one to below another, of so many inputs. */
function drawRows(from: number, to: number, nIn: number): Dataset {
  const rows = to - from, inputs = new Float64Array(rows * nIn), targets = new Float64Array(rows);
  for (let r = 0; r < rows; r++) {
    const row = from + r;
    for (let p = 0; p < nIn; p++) {
      inputs[r * nIn + p] = ((row + 1) * (7919 + 2 * p) % 10_007) / 10_007;
    }
    targets[r] = (row * 104_729 % 9973) / 9973;
  }
  return { rows, nIn, nOut: 1, inputs, targets };
}

/** Peers whose numbers are those of this process, as often as there are ranks. */
function standIns(size: number): Peers {
  const repeat = (part: Float64Array, lengths: readonly number[]) => {
    const all = new Float64Array(lengths.reduce((sum, length) => sum + length, 0));
    let at = 0;
    for (const length of lengths) {
      all.set(part.subarray(0, Math.min(length, part.length)), at);
      at += length;
    }
    return all;
  };
  return {
    ...{ rank: 0, size },
    gather: repeat,
    trade: (parts, _, received) => repeat(parts, received),
  };
}

/** What a rank needs. */
interface Need {
  readonly parameters: number;
  readonly rows: number;
  /** Of an evaluation with its gradient, of the processor, and by the clock. */
  readonly seconds: number;
  readonly wall: number;
  readonly peak: number;
}

async function measure(name: string, ranks: number, atOnce: number | undefined): Promise<Need> {
  const { widths, intervals } = CASES.find((each) => each.name === name)!, [nIn] = widths;
  const peers = ranks > 1 ? standIns(ranks) : undefined;
  const [first, end] = heldShare(ROWS, peers ?? { rank: 0, size: 1 }), rows = end - first;
  const none = new Float64Array(0), empty = { rows, nIn, nOut: 1, inputs: none, targets: none };
  const stored: StoredRows | undefined = atOnce === undefined ? undefined : {
    atOnce,
    read: (from, to) => drawRows(first + from, first + to, nIn),
    open: openStore,
  };
  const dataset = holdShare(stored ? empty : drawRows(first, end, nIn), ROWS, peers, stored);
  const network = createNetwork({ widths: [...widths], intervals }, { seed: 1 });
  const engine = createCpuEngine({ threads: 1, ...(peers && { peers }) });
  const evaluator = await engine.compile({ network, loss: { kind: "mse" }, dataset });
  const { parameters } = network, gradient = new Float64Array(parameters.length);
  const used = () => {
    const { user, system } = process.cpuUsage();
    return [(user + system) / 1e6, performance.now() / 1000];
  };
  let seconds = Infinity, wall = Infinity;
  for (let k = 0; k < (ranks === 1 ? 1 : 3); k++) {
    const [cpu, clock] = used();
    await evaluator.evaluate(parameters, gradient);
    const [after, later] = used();
    [seconds, wall] = [Math.min(seconds, after - cpu), Math.min(wall, later - clock)];
  }
  evaluator.dispose();
  const status = await Deno.readTextFile("/proc/self/status").catch(() => "");
  const peak = Number(/VmHWM:\s*(\d+)/.exec(status)?.[1] ?? NaN) * 1024;
  return { parameters: parameters.length, rows, seconds, wall, peak };
}

async function inChild(...work: Parameters<typeof measure>): Promise<Need> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--allow-all", new URL(import.meta.url).pathname],
      ...["--rows", String(ROWS), "--child", JSON.stringify(work)],
    ],
    stderr: "inherit",
  });
  const { success, stdout } = await child.output();
  if (!success) throw new Error(`Cannot measure ${work.join(", ")}: the process failed`);
  return JSON.parse(new TextDecoder().decode(stdout)) as Need;
}

/** What follows for a rank of so many, from shares in the memory and in a file. */
interface Told {
  readonly name: string;
  readonly inMemory: Need;
  readonly inFile: Need;
}

function modelOf({ inMemory, inFile }: Told, ranks: number, base: number) {
  const holders = Math.min(ranks, mostHolders(ROWS)), rows = ROWS / holders;
  const hops = Math.log2(holders), numbers = inMemory.parameters;
  const latency = Number(args.latency ?? 8) * 1e-6, bandwidth = Number(args.bandwidth ?? 1.4) * 1e9;
  const exchange = 4 * latency * hops + 2 * 8 * numbers / bandwidth;
  const perRow = (inMemory.peak - base) / inMemory.rows;
  return {
    holders,
    memory: base + perRow * rows,
    seconds: inMemory.seconds / inMemory.rows * rows + exchange,
    fileSeconds: inFile.seconds / inFile.rows * rows + exchange,
    fileMemory: inFile.peak,
  };
}

const megabytes = (bytes: number) => `${Math.round(bytes / 1e6).toLocaleString("en")} MB`;
const row = (cells: readonly string[]) => cells.map((cell) => cell.padStart(16)).join("");

/** Bytes above which a share cannot be in the memory: what WebAssembly addresses. */
const MOST_MEMORY = 2 ** 32;

async function parent(): Promise<void> {
  console.log(Object.values(describeMachine()).join(", "), `\n${ROWS.toExponential()} rows\n`);
  if (args.whole !== undefined) {
    const block = Math.ceil(ROWS / mostHolders(ROWS)), found = await inChild(args.whole, 1, block);
    const { rows, seconds, wall, peak } = found;
    console.log(
      `${args.whole}: one evaluation with gradient of ${rows} rows: ${
        seconds.toFixed(1)
      } s of the ` +
        `processor, ${wall.toFixed(1)} s by the clock, peak memory ${megabytes(peak)}`,
    );
    return;
  }
  const all: Told[] = [];
  const block = Math.ceil(ROWS / mostHolders(ROWS));
  for (const { name } of CASES) {
    const inMemory = await inChild(name, MEASURED, undefined);
    all.push({ name, inMemory, inFile: await inChild(name, MEASURED, block) });
  }
  const base = 1.2e8;
  console.log(`measured: a rank of ${MEASURED}, an evaluation with its gradient`);
  console.log(row(["network", "parameters", "rows", "in memory", "peak", "from a file", "peak"]));
  for (const { name, inMemory, inFile } of all) {
    console.log(row([
      ...[name, `${inMemory.parameters}`, `${inMemory.rows}`],
      ...[inMemory, inFile].flatMap(({ seconds, peak }) => [
        `${seconds.toFixed(3)} s`,
        megabytes(peak),
      ]),
    ]));
  }
  console.log("\nmodel: of each rank; memory and time of an evaluation");
  console.log(
    row(["network", "ranks", "rows of a rank", "memory", "time", "file: memory", "time"]),
  );
  for (const each of all) {
    for (const ranks of RANKS) {
      const { holders, memory, seconds, fileSeconds, fileMemory } = modelOf(each, ranks, base);
      const fits = memory <= MOST_MEMORY;
      console.log(row([
        ...[each.name, `${ranks}`, Math.round(ROWS / holders).toLocaleString("en")],
        ...(fits ? [megabytes(memory), `${seconds.toPrecision(3)} s`] : ["too much", "-"]),
        ...[megabytes(fileMemory), `${fileSeconds.toPrecision(3)} s`],
      ]));
    }
  }
  if (args.svg !== undefined) await Deno.writeTextFile(args.svg, pictureOf(all, base));
}

const WIDTH = 300, HEIGHT = 200, LEFT = 64, TOP = 40, GAP = 70;
const COLOURS = ["#1f5fa8", "#b8432f", "#4d7d2c"];

/** Time and memory of a rank by the number of ranks, both axes logarithmic. */
function pictureOf(all: readonly Told[], base: number): string {
  const parts: string[] = [],
    x = (k: number, left: number) => left + WIDTH * k / (RANKS.length - 1);
  const panels = [
    { title: "Seconds of an evaluation", low: -2, high: 3, of: "seconds", file: "fileSeconds" },
    { title: "Memory of a rank, GB", low: -1, high: 2, of: "memory", file: "fileMemory" },
  ] as const;
  panels.forEach(({ title, low, high, of, file }, panel) => {
    const left = LEFT + panel * (WIDTH + GAP), unit = of === "memory" ? 1e9 : 1;
    const y = (value: number) =>
      TOP +
      HEIGHT * (high - Math.min(high, Math.max(low, Math.log10(value / unit)))) / (high - low);
    parts.push(
      `<text x="${left}" y="18" class="title">${title}</text>`,
      `<text x="${left}" y="32">from a file (thin), in the memory where it fits (thick)</text>`,
      `<rect x="${left}" y="${TOP}" width="${WIDTH}" height="${HEIGHT}" fill="none" stroke="#aaa"/>`,
    );
    for (let k = low; k <= high; k++) {
      const at = y(unit * 10 ** k);
      parts.push(
        `<line x1="${left}" x2="${left + WIDTH}" y1="${at}" y2="${at}" stroke="#eee"/>`,
        `<text x="${left - 6}" y="${at + 4}" text-anchor="end">${10 ** k}</text>`,
      );
    }
    RANKS.forEach((ranks, k) =>
      parts.push(
        `<text x="${x(k, left)}" y="${TOP + HEIGHT + 16}" text-anchor="middle">${ranks}</text>`,
      )
    );
    all.forEach((told, c) => {
      const models = RANKS.map((ranks) => modelOf(told, ranks, base));
      const line = (points: readonly string[], thickness: number) =>
        parts.push(
          `<polyline points="${points.join(" ")}" fill="none" stroke="${COLOURS[c]}" ` +
            `stroke-width="${thickness}"/>`,
        );
      const at = (value: number, k: number) => `${x(k, left).toFixed(1)},${y(value).toFixed(1)}`;
      line(models.map((each, k) => at(each[file], k)), 1);
      line(models.flatMap((each, k) => each.memory <= MOST_MEMORY ? [at(each[of], k)] : []), 2.5);
    });
  });
  const width = LEFT + 2 * WIDTH + GAP + 20, foot = TOP + HEIGHT + 40;
  all.forEach(({ name, inMemory: { parameters } }, c) =>
    parts.push(
      `<line x1="${LEFT + 190 * c}" x2="${LEFT + 190 * c + 24}" y1="${foot}" y2="${foot}" ` +
        `stroke="${COLOURS[c]}" stroke-width="2"/>`,
      `<text x="${LEFT + 190 * c + 30}" y="${foot + 4}">${name}: ${parameters} parameters</text>`,
    )
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${foot + 16}" role="img">
  <title>Time and memory of one rank on ${ROWS.toExponential()} rows, by the number of ranks</title>
  <style>text { font: 11px sans-serif; fill: #444; } .title { font-weight: bold; }</style>
  <rect width="${width}" height="${foot + 16}" fill="#fff"/>
  ${parts.join("\n  ")}
</svg>
`;
}

/** What a child is asked for. */
function childWork(text: string): Parameters<typeof measure> {
  const [name, ranks, atOnce] = JSON.parse(text) as [string, number, number | null];
  return [name, ranks, atOnce ?? undefined];
}

if (args.child === undefined) await parent();
else console.log(JSON.stringify(await measure(...childWork(args.child))));
