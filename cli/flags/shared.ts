/**
 * Flags that several commands have, and what they say: one list, so that a flag that one command
 * learns is there for the others.
 *
 * @module
 */

import { defined } from "../../lib/numerics/inner.ts";
import type { Output } from "../terminal/files.ts";
import type { Flag, GivenFlags } from "./parse.ts";
import { integerFlag, numberFlag, requiredFlag, switchFlag, textFlag } from "./values.ts";

const SHARED = {
  model: { value: "FILE", text: "A network that train kept." },
  seed: { value: "N", text: "Seed of the network's first guess.", fallback: "1234" },
  seeds: {
    value: "N..N",
    text: "Train from each of these seeds, several at a time: 1234..1238, or 1,2,5.",
  },
  keep: {
    value: "KIND",
    text: "Of --seeds: best, the network with the lowest loss; mean, all as one model.",
    fallback: "best",
  },
  threads: {
    value: "N",
    text: "Threads; the result is the same for any number.",
    fallback: "the cores",
  },
  tolerance: {
    value: "R",
    text:
      "Ends when the root mean square of the relative residuals at fresh points is below, and " +
      "(solve) the estimate of the relative error.",
    fallback: "3e-7",
  },
  "time-limit": {
    value: "SECONDS",
    text: "Ends after so many seconds; results then depend on the machine.",
    fallback: "the work of a minute on two cores",
  },
  "model-out": { value: "FILE", text: "Keep the network, for predict, evaluate, inspect." },
  checkpoint: {
    value: "FILE",
    text: "Keep the state of training in this file; where it exists, go on from it.",
  },
  "checkpoint-every": {
    value: "N",
    text: "Epochs between two checkpoints.",
    fallback: "as often as costs 2% of the time",
  },
  resume: {
    value: "FILE",
    text: "Go on from this checkpoint, which must exist, with the flags that its run had.",
  },
  report: { value: "FILE.html", text: "Write the run as a page with pictures." },
  json: { text: "Print one JSON object." },
  quiet: { text: "No progress and no notes on stderr." },
} as const satisfies Readonly<Record<string, Omit<Flag, "name">>>;

/** Name of a flag that several commands have. */
export type SharedFlag = keyof typeof SHARED;

/** A shared flag, with other words where a command needs them. */
export function sharedFlag(name: SharedFlag, words: Partial<Flag> = {}): Flag {
  return { name, ...SHARED[name], ...words };
}

/** The file that `--model` names. */
export function modelFlag(given: GivenFlags): string {
  return requiredFlag(given, "model", "a file that freeknot train wrote");
}

/** Reads `--model-out`, `--report`, `--json` and `--quiet`. */
export function readOutputs(given: GivenFlags) {
  return {
    ...defined({ modelOut: textFlag(given, "model-out"), report: textFlag(given, "report") }),
    json: switchFlag(given, "json") ?? false,
    quiet: switchFlag(given, "quiet") ?? false,
  };
}

/** The files that some flags name. */
export function outputFiles(given: GivenFlags, flags: readonly string[]): Output[] {
  return flags.flatMap((flag) => {
    const path = textFlag(given, flag);
    return path === undefined ? [] : [{ flag, path }];
  });
}

/** Seed of the first parameters unless told otherwise. */
export const DEFAULT_SEED = 1234;

/** Reads `--seed`. */
export function readSeed(given: GivenFlags): number {
  return integerFlag(given, "seed", {}) ?? DEFAULT_SEED;
}

/** Reads `--threads`; undefined: all cores. */
export function readThreads(given: GivenFlags): number | undefined {
  return integerFlag(given, "threads", { least: 1, most: 256 });
}

/** Reads `--tolerance` and `--time-limit`. */
export function readLimits(given: GivenFlags) {
  return {
    tolerance: numberFlag(given, "tolerance", { above: 0 }),
    timeLimit: numberFlag(given, "time-limit", { above: 0 }),
  };
}
