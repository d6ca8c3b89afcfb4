/**
 * `deno task bench`: one loss-and-gradient of all-spline networks, in ns per edge and point.
 *
 * Ours beside the floor (arithmetic and memory traffic, computed), a plain C program, PyTorch and
 * tfjs with the full basis, and efficient-kan, pykan, FastKAN from clones. Every program runs in a
 * process of its own, in turn, in interleaved rounds; numbers are medians. `--help` lists the
 * flags.
 *
 * @module
 */

import { rowsOf } from "./_case.ts";
import { floorOf, STATED_RATE } from "./_floor.ts";
import { describeMachine } from "./_machine.ts";
import { createPlainC, type PlainC, type Rate } from "./_plain_c.ts";
import {
  commitOf,
  findTorch,
  ownPrograms,
  plainProgram,
  type Program,
  tfjsPrograms,
  torchPrograms,
} from "./_programs.ts";
import { type Measurement, Unavailable } from "./_run_json.ts";
import { HELP, readSelection, type Selection } from "./_selection.ts";
import { formatTable, nanoseconds, peakMegabytes, type Row } from "./_table.ts";

const REPEATS = 100;

/** Programs that there are, versions for the header, and what is left out and why. */
interface Found {
  readonly programs: readonly Program[];
  readonly versions: Record<string, string>;
  readonly notes: string[];
  readonly rate: Rate;
  readonly plainC: PlainC | undefined;
}

function say(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
}

async function find({ only, clones, pythons, peerBytes }: Selection): Promise<Found> {
  const wanted = (name: string) => only.length === 0 || only.includes(name);
  const known = [
    ...ownPrograms().map(({ name }) => name),
    ...["C", "torch", ...Object.keys(clones)],
    ...tfjsPrograms().map(({ name }) => name),
  ];
  const unknown = only.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new RangeError(
      `Cannot read flags: only must be of ${known.join(", ")}, current value is ${unknown}`,
    );
  }
  const versions: Record<string, string> = {};
  const notes: string[] = [];
  const programs = ownPrograms().filter(({ name }) => wanted(name));
  let plainC: PlainC | undefined, rate = STATED_RATE;
  try {
    plainC = await createPlainC();
    rate = await plainC.rate();
    versions.C = plainC.version;
    if (wanted("C")) programs.unshift(plainProgram(plainC));
  } catch (error) {
    notes.push(`no C column and no measured rates: ${reasonOf(error)}`);
  }
  if (["torch", ...Object.keys(clones)].some(wanted)) {
    try {
      const { python, version } = await findTorch(pythons);
      versions.torch = version;
      programs.push(...torchPrograms(python, clones, peerBytes).filter(({ name }) => wanted(name)));
    } catch (error) {
      notes.push(`no columns of PyTorch programs: ${reasonOf(error)}`);
    }
    for (const [name, path] of Object.entries(clones)) {
      if (path) versions[name] = await commitOf(path);
      else if (wanted(name)) {
        notes.push(`no column ${name}: its clone is not given (--${name} DIR)`);
      }
    }
  }
  programs.push(...tfjsPrograms().filter(({ name }) => wanted(name)));
  for (const note of notes) say(`LEFT OUT: ${note}`);
  return { programs, versions, notes, rate, plainC };
}

/** What went wrong with a program; anything else is a mistake of ours and goes on. */
function reasonOf(error: unknown): string {
  if (error instanceof Unavailable) return error.message;
  throw error;
}

async function measure(selection: Selection, found: Found): Promise<Row[]> {
  const { cases, rounds, peerRounds, seconds } = selection;
  const rows = cases.map((which): Row => ({
    which,
    rows: rowsOf(which),
    floor: floorOf(which, found.rate),
    measured: new Map<string, Measurement[]>(),
  }));
  const broken = new Set<string>();
  for (let round = 0; round < rounds; round++) {
    for (const [index, { which, measured }] of rows.entries()) {
      const { widths, degree, intervals, knots, threads } = which;
      const label = `[${widths}] degree ${degree}, ${intervals} ${knots}, ${threads} thread(s)`;
      say(`round ${round + 1} of ${rounds}, case ${index + 1} of ${rows.length}: ${label}`);
      const due = found.programs.filter((program) =>
        program.accepts(which) && (program.kind !== "peer" || round < peerRounds)
      );
      for (const program of round % 2 ? due.toReversed() : due) {
        if (broken.has(`${program.name} ${label}`)) continue;
        try {
          const one = await program.run(which, { seconds, repeats: REPEATS });
          if (one.version) found.versions[program.name] ??= one.version;
          measured.set(program.name, [...measured.get(program.name) ?? [], one]);
        } catch (error) {
          broken.add(`${program.name} ${label}`);
          found.notes.push(`${program.name} failed on ${label}: ${reasonOf(error)}`);
          say(`FAILED: ${found.notes.at(-1)}`);
        }
      }
    }
  }
  return rows;
}

function header({ rate, versions, notes }: Found, { rounds, peerRounds }: Selection): string {
  return [
    Object.values(describeMachine()).join("; "),
    ...Object.entries(versions).map(([name, version]) => `${name}: ${version}`),
    "",
    "ns per edge and point of one loss-and-gradient: all-spline networks, mean squared error, no",
    "normalisation; the columns minmax are ours with its default normalisation. float64, tfjs float32.",
    `Medians over ${rounds} interleaved round(s), of peers over ${peerRounds}. 20,000 points; wide`,
    "networks, and programs that evaluate the whole basis on fine grids, fewer.",
    `Floor: ops = 3 (degree + 1) multiply-adds at ${rate.multiplyAdds} per ns and thread (256 bit);`,
    `bytes = points and parameters read, gradient written, once, at ${rate.bytes} per ns; /floor is the`,
    "ratio to the larger. (..x) is a peer's time over ours. MB is the peak of the whole process.",
    ...notes.map((note) => `NOTE: ${note}`),
    "",
  ].join("\n");
}

function asJson(found: Found, selection: Selection, rows: readonly Row[]): string {
  const { rate, versions, notes } = found;
  const { rounds, peerRounds } = selection;
  return JSON.stringify({
    machine: describeMachine(),
    versions,
    notes,
    rate,
    rounds,
    peerRounds,
    cases: rows.map((row) => ({
      ...row.which,
      rows: row.rows,
      floor: row.floor,
      programs: Object.fromEntries(
        [...row.measured].map(([name, rounds]) => [name, {
          nanoseconds: nanoseconds(row, name),
          peakMegabytes: peakMegabytes(row, name),
          rows: rounds[0].rows,
        }]),
      ),
    })),
  });
}

async function main(): Promise<number> {
  const selection = readSelection(Deno.args);
  if (!selection) {
    console.log(HELP);
    return 0;
  }
  const found = await find(selection);
  try {
    const rows = await measure(selection, found);
    if (selection.json) console.log(asJson(found, selection, rows));
    else console.log(`${header(found, selection)}\n${formatTable(rows, found.programs)}`);
  } finally {
    await found.plainC?.dispose();
  }
  return 0;
}

if (import.meta.main) {
  try {
    Deno.exit(await main());
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    say(error.message);
    Deno.exit(2);
  }
}
