/**
 * The plan of a sweep: a JSON file that says which runs there are, and in which rounds.
 *
 * @module
 */

import { pow } from "../../../lib/numerics/inner.ts";
import { createRandom } from "../../../lib/model/mod.ts";
import { type GivenFlags, parseFlags } from "../../flags/parse.ts";
import { UsageError } from "../../terminal/errors.ts";
import { TRAIN_FLAGS } from "../train/flags.ts";
import { trainRequest } from "../train/request.ts";

/** Values of flags by their names, as a plan writes them. */
export type FlagValues = Readonly<Record<string, string | number | boolean>>;

/** One run of a sweep. */
export interface PlannedRun {
  readonly index: number;
  /** The flags that vary. */
  readonly varied: FlagValues;
}

/** What a plan says. */
export interface SweepPlan {
  readonly method: "grid" | "random" | "halving";
  readonly base: FlagValues;
  readonly runs: readonly PlannedRun[];
  /** The flags that every round adds; one round without flags unless the method is halving. */
  readonly rounds: readonly FlagValues[];
  /** Of so many runs of a round one goes on to the next. */
  readonly reduction: number;
}

/** Flags that a sweep sets itself, or that make more than one network of a run. */
const TAKEN = [
  ...["seeds", "keep", "folds", "group", "order", "learning-curve", "cluster", "cluster-timeout"],
  ...[
    "threads",
    "model-out",
    "checkpoint",
    "checkpoint-every",
    "resume",
    "report",
    "svg",
    "png",
    "pictures",
    "json",
  ],
  ...["quiet", "time-limit", "interactions", "help"],
];
const FIELDS = ["base", "vary", "method", "runs", "seed", "rounds", "reduction"];
const MOST_RUNS = 100_000;

function fault(file: string, what: string, rule: string, value: unknown): UsageError {
  return new UsageError(
    `Cannot read plan ${file}: ${what} must be ${rule}, current value is ` +
      (value === undefined ? "none" : JSON.stringify(value)),
  );
}

/**
 * Reads a plan, and checks the flags of every run.
 *
 * @param text The file's text.
 * @param file Its name, for errors.
 * @throws {UsageError} If a field or a flag is wrong.
 */
export function readPlan(text: string, file: string): SweepPlan {
  const plan = objectOf(parse(text, file), file, "the file");
  const unknown = Object.keys(plan).find((key) => !FIELDS.includes(key));
  if (unknown !== undefined) throw fault(file, "a field", `one of ${FIELDS.join(", ")}`, unknown);
  const method = plan.method ?? "grid";
  if (method !== "grid" && method !== "random" && method !== "halving") {
    throw fault(file, "method", "grid, random or halving", method);
  }
  const base = flagValues(plan.base ?? {}, file, "base");
  const rounds = method === "halving"
    ? listOf(plan.rounds, file, "rounds").map((each) => flagValues(each, file, "rounds"))
    : [{}];
  if (method !== "halving" && plan.rounds !== undefined) {
    throw fault(file, "rounds", 'there with "method": "halving" only', plan.rounds);
  }
  const reduction = integerOf(plan.reduction ?? 3, file, "reduction", 2);
  const varied = choose(plan, method, file);
  const found: SweepPlan = {
    ...{ method, base, rounds, reduction },
    runs: varied.map((each, index) => ({ index, varied: each })),
  };
  for (const run of found.runs) {
    for (let round = 0; round < rounds.length; round++) trainRequest(flagsOf(found, run, round));
  }
  return found;
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = (error as Error).message;
    throw new UsageError(`Cannot read plan ${file}: it must be JSON, and is not: ${why}`);
  }
}

function objectOf(value: unknown, file: string, what: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw fault(file, what, "an object", value);
}

function listOf(value: unknown, file: string, what: string): readonly unknown[] {
  if (Array.isArray(value) && value.length > 0) return value;
  throw fault(file, what, "a list that is not empty", value);
}

function integerOf(value: unknown, file: string, what: string, least: number): number {
  if (Number.isInteger(value) && Number(value) >= least) return Number(value);
  throw fault(file, what, `an integer of at least ${least}`, value);
}

function isValue(value: unknown): value is string | number | boolean {
  return ["string", "number", "boolean"].includes(typeof value);
}

function flagValues(value: unknown, file: string, what: string): FlagValues {
  const values = objectOf(value, file, what);
  for (const [name, each] of Object.entries(values)) {
    checkName(name, file, what);
    if (!isValue(each)) throw fault(file, `${what}.${name}`, "text, a number, true or false", each);
  }
  return values as FlagValues;
}

function checkName(name: string, file: string, what: string): void {
  if (TAKEN.includes(name)) {
    throw fault(file, what, "flags that a sweep does not set itself or forbid", name);
  }
}

/** The combinations that are run. */
function choose(
  plan: Readonly<Record<string, unknown>>,
  method: SweepPlan["method"],
  file: string,
): FlagValues[] {
  const vary = objectOf(plan.vary ?? {}, file, "vary");
  for (const name of Object.keys(vary)) checkName(name, file, "vary");
  if (method === "grid" || (method === "halving" && plan.runs === undefined)) {
    if (plan.runs !== undefined) throw fault(file, "runs", "absent of a grid", plan.runs);
    return gridOf(vary, file);
  }
  const runs = integerOf(plan.runs, file, "runs", 1);
  if (runs > MOST_RUNS) throw fault(file, "runs", `at most ${MOST_RUNS}`, runs);
  return drawOf(vary, runs, integerOf(plan.seed ?? 1, file, "seed", 0), file);
}

function gridOf(vary: Readonly<Record<string, unknown>>, file: string): FlagValues[] {
  let all: FlagValues[] = [{}];
  for (const [name, values] of Object.entries(vary)) {
    const list = listOf(values, file, `vary.${name}`);
    for (const each of list) {
      if (!isValue(each)) throw fault(file, `vary.${name}`, "text, numbers, true or false", each);
    }
    all = all.flatMap((before) => list.map((each) => ({ ...before, [name]: each as string })));
    if (all.length > MOST_RUNS) {
      throw fault(file, "vary", `lists of at most ${MOST_RUNS} runs in all`, all.length);
    }
  }
  return all;
}

/** Draws combinations, each once as long as there are others. */
function drawOf(
  vary: Readonly<Record<string, unknown>>,
  runs: number,
  seed: number,
  file: string,
): FlagValues[] {
  const random = createRandom(seed, "sweep"), seen = new Set<string>(), drawn: FlagValues[] = [];
  const draw = () =>
    Object.fromEntries(
      Object.entries(vary).map(([name, values]) => {
        if (!Array.isArray(values)) return [name, numberIn(values, random.uniform(), file, name)];
        const list = listOf(values, file, `vary.${name}`), each = list[random.integer(list.length)];
        if (!isValue(each)) throw fault(file, `vary.${name}`, "text, numbers, true or false", each);
        return [name, each];
      }),
    );
  for (let tries = 0; drawn.length < runs && tries < 100 * runs; tries++) {
    const each = draw(), key = JSON.stringify(each);
    if (seen.has(key)) continue;
    seen.add(key);
    drawn.push(each);
  }
  return drawn;
}

/** A number of a range, `{ "from": 1e-6, "to": 1e-2, "scale": "log" }`, of three digits. */
function numberIn(value: unknown, u: number, file: string, name: string): number {
  const { from, to, scale = "linear" } = objectOf(value, file, `vary.${name}`);
  const [a, b] = [Number(from), Number(to)];
  const fits = scale === "log" ? a > 0 && a < b : scale === "linear" && a < b;
  if (!fits || !Number.isFinite(b)) {
    const rule = 'a list, or { "from": A, "to": B, "scale": "linear" or "log" } with A < B';
    throw fault(file, `vary.${name}`, rule, value);
  }
  return Number((scale === "log" ? a * pow(b / a, u) : a + (b - a) * u).toPrecision(3));
}

/** The flags of a run in a round, as `train` reads them. */
export function flagsOf(plan: SweepPlan, run: PlannedRun, round: number): GivenFlags {
  const values: Record<string, string | number | boolean> = {
    ...plan.base,
    ...run.varied,
    ...plan.rounds[round],
  };
  if (values.data !== undefined && values.form === undefined) values.form = "network";
  const words = Object.entries(values).flatMap(([name, value]) =>
    value === true
      ? [`--${name}`]
      : value === false
      ? [`--no-${name}`]
      : [`--${name}`, String(value)]
  );
  return parseFlags(words, TRAIN_FLAGS).given;
}

/** Runs that take part in a round, at most. */
export function runsOfRound({ runs, reduction }: SweepPlan, round: number): number {
  return Math.max(1, Math.ceil(runs.length / pow(reduction, round)));
}
