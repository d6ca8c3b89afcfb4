/**
 * Which cases and programs: the flags of `deno task bench`.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import type { Case } from "./_case.ts";
import type { Clones } from "./_programs.ts";

/** The resolved flags. */
export interface Selection {
  readonly cases: readonly Case[];
  /** Programs by name; empty: all. */
  readonly only: readonly string[];
  readonly rounds: number;
  readonly peerRounds: number;
  readonly seconds: number;
  /** Memory in bytes that a peer's evaluation may take, about. */
  readonly peerBytes: number;
  readonly clones: Clones;
  /** Candidates for a Python with torch. */
  readonly pythons: readonly string[];
  readonly json: boolean;
}

/** What `--help` prints. */
export const HELP = `Usage: deno task bench [flags]

Times one loss-and-gradient of all-spline networks: our engines, a plain C program, peers.

  --quick               two networks, cubic, 5 and 40 intervals, one thread, one round, no tfjs
  --only NAMES          programs: cpu, "cpu minmax", C, torch, efficient-kan, pykan, fastkan,
                        tfjs-cpu, tfjs-wasm; separated by commas
  --networks LIST       widths, separated by semicolons: "2,5,1;2,20,20,1"
  --degrees LIST        default 1,3
  --intervals LIST      default 5,40,320
  --knots LIST          default uniform,free
  --threads LIST        default 1,2
  --rounds N            rounds of our engines and C, interleaved (default 3)
  --peer-rounds N       rounds of the peers (default 1)
  --seconds S           time measured per case, program and round (default 0.5)
  --peer-memory GB      memory of a peer's evaluation, sets its points (default 8)
  --efficient-kan DIR   a clone of github.com/Blealtan/efficient-kan
  --pykan DIR           a clone of github.com/KindXiaoming/pykan
  --fastkan DIR         a clone of github.com/ZiyaoLi/fast-kan
  --python PROGRAM      a Python that has torch (default: python3, then /usr/bin/python3)
  --json                one object with every number instead of the table
`;

const TEXT_FLAGS = [
  "only",
  "networks",
  "degrees",
  "intervals",
  "knots",
  "threads",
  "rounds",
  "peer-rounds",
  "seconds",
  "peer-memory",
  "efficient-kan",
  "pykan",
  "fastkan",
  "python",
] as const;

const FULL = {
  networks: "2,5,1;2,5,5,1;2,20,20,1;64,64,10",
  degrees: "1,3",
  intervals: "5,40,320",
  knots: "uniform,free",
  threads: "1,2",
  rounds: "3",
  seconds: "0.5",
  "peer-memory": "8",
  only: "",
};

const QUICK: typeof FULL = {
  networks: "2,5,1;2,20,20,1",
  degrees: "3",
  intervals: "5,40",
  knots: "uniform,free",
  threads: "1",
  rounds: "1",
  seconds: "0.15",
  "peer-memory": "0.5",
  only: "C,cpu,cpu minmax,torch,efficient-kan,pykan,fastkan",
};

/**
 * Reads the flags.
 *
 * @returns The selection, or `undefined` if `--help` was asked for.
 * @throws {RangeError} If a flag is unknown or its value out of range.
 */
export function readSelection(args: readonly string[]): Selection | undefined {
  const flags = parseArgs([...args], {
    string: [...TEXT_FLAGS],
    boolean: ["quick", "json", "help"],
    unknown: (arg: string) => {
      throw new RangeError(
        `Cannot read flags: see --help for those known, current value is ${arg}`,
      );
    },
  }) as Record<string, unknown>;
  if (flags.help) return undefined;
  const preset = flags.quick ? QUICK : FULL;
  const text = (name: typeof TEXT_FLAGS[number], absent: string): string =>
    flags[name] === undefined ? absent : String(flags[name]);
  const list = (name: keyof typeof FULL): string[] =>
    text(name, preset[name]).split(",").map((each) => each.trim()).filter((each) => each);
  const knots = list("knots").map((each) => {
    if (each === "uniform" || each === "free") return each;
    throw new RangeError(
      `Cannot read flags: knots must be uniform or free, current value is ${each}`,
    );
  });
  const cases: Case[] = [];
  for (const network of text("networks", preset.networks).split(";")) {
    const widths = network.split(",").map((each) => count("networks", each));
    for (const degree of list("degrees").map((each) => count("degrees", each))) {
      for (const intervals of list("intervals").map((each) => count("intervals", each))) {
        for (const kind of knots) {
          for (const threads of list("threads").map((each) => count("threads", each))) {
            cases.push({ widths, degree, intervals, knots: kind, threads });
          }
        }
      }
    }
  }
  const rounds = count("rounds", text("rounds", preset.rounds));
  const python = text("python", "");
  return {
    cases,
    only: list("only"),
    rounds,
    peerRounds: Math.min(rounds, count("peer-rounds", text("peer-rounds", "1"))),
    seconds: positive("seconds", text("seconds", preset.seconds)),
    peerBytes: 1e9 * positive("peer-memory", text("peer-memory", preset["peer-memory"])),
    clones: {
      "efficient-kan": text("efficient-kan", ""),
      pykan: text("pykan", ""),
      fastkan: text("fastkan", ""),
    },
    pythons: python ? [python] : ["python3", "/usr/bin/python3"],
    json: Boolean(flags.json),
  };
}

function count(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) {
    throw new RangeError(
      `Cannot read flags: ${name} must be integers >= 1, current value is ${text}`,
    );
  }
  return value;
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) {
    throw new RangeError(`Cannot read flags: ${name} must be > 0, current value is ${text}`);
  }
  return value;
}
