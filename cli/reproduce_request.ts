/**
 * From the flags of `reproduce` to a request: which table, which rows, which seeds.
 *
 * @module
 */

import { didYouMean, type Problem, problems } from "../lib/data/mod.ts";
import { cpuEngine, createCpuEngine, type Engine } from "../lib/engine/mod.ts";
import { type TableRow, tableRows } from "../lib/train/mod.ts";
import { UsageError } from "./errors.ts";
import type { FlagGroup, GivenFlags } from "./flags.ts";
import { shellWord } from "./shell_word.ts";
import { choiceFlag, integerFlag, seedsFlag, switchFlag, textFlag } from "./values.ts";

/** The flags of `reproduce`. */
export const REPRODUCE_FLAGS: readonly FlagGroup[] = [
  {
    title: "What to run",
    flags: [
      {
        name: "only",
        value: "WORDS",
        text: "Rows whose names hold these words, with dashes between them, such as " +
          "spline-free or mlp; several with commas.",
        fallback: "all rows",
      },
      {
        name: "seeds",
        value: "N,N,...",
        text: "Seeds of the first parameters; 1234..1238 is a range of them.",
        fallback: "the paper's five",
      },
      {
        name: "line-search",
        value: "KIND",
        text: "Of L-BFGS: wolfe is safeguarded; none is the paper's setting, unit steps; both " +
          "prints every published row twice.",
        fallback: "wolfe",
      },
      {
        name: "quick",
        text: "Try it: one seed, 2,000 points, a quarter of the epochs. Not comparable.",
      },
      {
        name: "threads",
        value: "N",
        text: "Threads; the result is the same for any number.",
        fallback: "the cores",
      },
    ],
  },
  {
    title: "Output (existing files are replaced)",
    flags: [
      {
        name: "report",
        value: "FILE.html",
        text: "Write the table as a page, with every row's convergence on one chart.",
      },
      { name: "json", text: "Print the result on stdout as one JSON object." },
      { name: "quiet", text: "No progress on stderr." },
    ],
  },
];

/** All that `reproduce` was asked for. */
export interface ReproduceRequest {
  readonly problem: Problem;
  /** `Table 1`. */
  readonly table: string;
  readonly rows: readonly TableRow[];
  readonly seeds: readonly number[];
  readonly points: number;
  readonly quick: boolean;
  readonly engine: Engine;
  readonly report?: string;
  readonly json: boolean;
  readonly quiet: boolean;
  /** The command line that asks for the same. */
  readonly command: string;
}

/** Points of a quick try. */
const QUICK_POINTS = 2000;

/** Names of the tables that the gallery's problems carry. */
export const TABLES: readonly string[] = problems.flatMap(({ paper }) =>
  paper === undefined ? [] : [tableName(paper.table)]
);

/**
 * Reads the flags of `reproduce`.
 *
 * @throws {UsageError} If the table, a row or a value is unknown or out of range.
 */
export function reproduceRequest(
  given: GivenFlags,
  name: string | undefined,
): ReproduceRequest {
  const problem = problems.find(({ paper }) => paper && tableName(paper.table) === name);
  if (problem?.paper === undefined) {
    throw new UsageError(
      `Cannot reproduce: the table must be one of ${TABLES.join(", ")}, current value is ` +
        (name === undefined ? "none" : JSON.stringify(name) + didYouMean(name, TABLES)),
    );
  }
  const quick = switchFlag(given, "quick") ?? false;
  const lineSearch = choiceFlag(given, "line-search", ["wolfe", "none", "both"]) ?? "wolfe";
  const threads = integerFlag(given, "threads", { least: 1, most: 256 });
  const report = textFlag(given, "report");
  const all = tableRows(problem, { lineSearch, quick });
  const published = problem.seeds ?? [0];
  return {
    problem,
    table: problem.paper.table,
    rows: chosenRows(all, textFlag(given, "only")),
    seeds: seedsFlag(given, "seeds") ?? (quick ? published.slice(0, 1) : published),
    points: quick ? QUICK_POINTS : problem.rows,
    quick,
    engine: threads === undefined ? cpuEngine : createCpuEngine({ threads }),
    ...(report === undefined ? {} : { report }),
    json: switchFlag(given, "json") ?? false,
    quiet: switchFlag(given, "quiet") ?? false,
    command: commandLine(name!, given),
  };
}

/** `Table 1` as the command line writes it. */
function tableName(table: string): string {
  return table.toLowerCase().replaceAll(" ", "");
}

/** The rows whose names hold all words of one of the given parts. */
function chosenRows(all: readonly TableRow[], text: string | undefined): readonly TableRow[] {
  if (text === undefined) return all;
  const parts = text.split(",").map((part) => part.trim().toLowerCase().split("-"));
  const names = all.map(({ id }) => id.split("-"));
  for (const part of parts) {
    if (names.some((words) => part.every((word) => words.includes(word)))) continue;
    throw new UsageError(
      `Cannot reproduce: --only must name rows among ${all.map(({ id }) => id).join(", ")}, ` +
        `current value is ${JSON.stringify(part.join("-"))}`,
    );
  }
  return all.filter((_, i) => parts.some((part) => part.every((word) => names[i].includes(word))));
}

/** The command line without the flags of the output. */
function commandLine(table: string, given: GivenFlags): string {
  const words = ["only", "seeds", "line-search", "quick"].flatMap((name) => {
    const value = given.get(name);
    if (value === undefined || value === false) return [];
    return value === true ? [`--${name}`] : [`--${name}`, shellWord(value)];
  });
  return ["freeknot", "reproduce", table, ...words].join(" ");
}
