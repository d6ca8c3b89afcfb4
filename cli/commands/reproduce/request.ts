/**
 * From the flags of `reproduce` to a request: which table, which rows, which seeds.
 *
 * @module
 */

import { didYouMean } from "../../../lib/data/inner.ts";
import { type PaperRow, type Problem, problems } from "../../../lib/data/mod.ts";
import { cpuEngine, createCpuEngine } from "../../../lib/engine/mod.ts";
import {
  experiments,
  reproduce,
  type ReproduceOptions,
  reproduceTable3,
  type RowRun,
  table3,
  table3Rows,
  type TableRow,
  tableRows,
} from "../../../lib/reproduce/mod.ts";
import { defined } from "../../../lib/numerics/inner.ts";
import { UsageError } from "../../terminal/errors.ts";
import type { GivenFlags } from "../../flags/parse.ts";
import { shellCommand } from "../../terminal/shell_word.ts";
import { readOutputs, readThreads } from "../../flags/shared.ts";
import { chosenByWords } from "./only.ts";
import { choiceFlag, numberFlag, seedsFlag, switchFlag, textFlag } from "../../flags/values.ts";

/** All that `reproduce` was asked for. */
export interface ReproduceRequest extends ReturnType<typeof readOutputs> {
  /** `Table 1`. */
  readonly table: string;
  /** What the gallery calls the problem. */
  readonly problem: { readonly name: string };
  /** What the numbers are: `mean squared error on 2000 points`. */
  readonly measure: string;
  /** The published rows. */
  readonly published: readonly PaperRow[];
  /** What else the reader of the table should know. */
  readonly notes: readonly string[];
  readonly rows: readonly TableRow[];
  readonly seeds: readonly number[];
  readonly points: number;
  readonly quick: boolean;
  /** Where the arithmetic runs. */
  readonly engine: { readonly name: string; readonly dtype: string };
  /** Runs the rows. */
  readonly run: (
    options: Pick<ReproduceOptions, "signal" | "onEpoch" | "skip">,
  ) => AsyncGenerator<RowRun>;
  /** Where runs are kept. */
  readonly keep?: string;
  /** The command line that asks for the same. */
  readonly command: string;
}

/** Points of a quick try. */
const QUICK_POINTS = 2000;

/** Points of a quick try of Table 3, `[t, x]`. */
const QUICK_GRID = [16, 16];

/** Names of the tables that the gallery's problems carry, and Table 3. */
export const TABLES: readonly string[] = [
  ...problems.flatMap(({ paper }) => paper === undefined ? [] : [tableName(paper.table)]),
  tableName(table3.paper.table),
];

/**
 * Reads the flags of `reproduce`.
 *
 * @throws {UsageError} If the table, a row or a value is unknown or out of range.
 */
export function reproduceRequest(given: GivenFlags, name: string | undefined): ReproduceRequest {
  const problem = problems.find(({ paper }) => paper && tableName(paper.table) === name);
  const third = name === tableName(table3.paper.table);
  if (!third && problem?.paper === undefined) {
    const names = [...TABLES, ...experiments.map(({ name }) => name), "all"];
    throw new UsageError(
      `Cannot reproduce: the name must be one of ${names.join(", ")}, current value is ` +
        (name === undefined ? "none" : JSON.stringify(name) + didYouMean(name, names)),
    );
  }
  const quick = switchFlag(given, "quick") ?? false;
  const chosen: Chosen = {
    given,
    quick,
    rows: (all) => chosenRows(all, textFlag(given, "only")),
    seeds: (published) =>
      seedsFlag(given, "seeds") ?? (quick ? published.slice(0, 1) : [...published]),
  };
  return {
    ...(third ? thirdTable(chosen) : galleryTable(problem!, chosen)),
    quick,
    ...defined({ keep: textFlag(given, "keep") }),
    ...readOutputs(given),
    command: commandLine(name!, given),
  };
}

/** What the flags choose in any table. */
interface Chosen {
  readonly given: GivenFlags;
  readonly quick: boolean;
  rows(all: readonly TableRow[]): readonly TableRow[];
  seeds(published: readonly number[]): readonly number[];
}

/** What depends on the table. */
type TableRequest = Omit<
  ReproduceRequest,
  keyof ReturnType<typeof readOutputs> | "quick" | "keep" | "command"
>;

/** Tables 1 and 2: regression on the gallery's problems. */
function galleryTable(problem: Problem, { given, quick, ...chosen }: Chosen): TableRequest {
  refuse(given, "perturbation", "with tables 1 and 2");
  const lineSearch = choiceFlag(given, "line-search", ["wolfe", "none", "both"]) ?? "wolfe";
  const threads = readThreads(given);
  const rows = chosen.rows(tableRows(problem, { lineSearch, quick }));
  const seeds = chosen.seeds(problem.seeds ?? [0]);
  const points = quick ? QUICK_POINTS : problem.rows;
  const engine = threads === undefined ? cpuEngine : createCpuEngine({ threads });
  return {
    ...{ problem, rows, seeds, points, engine },
    table: problem.paper!.table,
    measure: `mean squared error on ${points} points`,
    published: problem.paper!.rows,
    notes: [
      "Work: epochs x intervals / coarsest intervals, 128 in every row of the paper; the paper " +
      "prints no epochs for MLPs, they get 128, nor first parameters: linear maps in front of splines " +
      "begin as PyTorch's do, in front of ReLU powers as this library's. A run's result is its best state. Deviations of " +
      "ours have N - 1 in the denominator.",
    ],
    run: (options) => reproduce(problem, { rows, seeds, points, engine, ...options }),
  };
}

/** Refuses a flag of another table. */
function refuse(given: GivenFlags, flag: string, where: string): void {
  if (!given.has(flag)) return;
  throw new UsageError(
    `Cannot reproduce: --${flag} must be left out ${where}, current value is ${given.get(flag)}`,
  );
}

const PERTURBATION = table3.problem.constants!.e;

/** Table 3: a differential equation. */
function thirdTable({ given, quick, ...chosen }: Chosen): TableRequest {
  refuse(given, "line-search", "with table3");
  const threads = readThreads(given);
  const perturbation = numberFlag(given, "perturbation", { above: 0 }) ?? PERTURBATION;
  const rows = chosen.rows(table3Rows({ quick })), seeds = chosen.seeds(table3.seeds);
  const grid = quick ? QUICK_GRID : table3.problem.grid!;
  return {
    ...{ problem: table3.problem, rows, seeds },
    table: table3.paper.table,
    points: grid.reduce((product, count) => product * count, 1),
    engine: { name: "pde", dtype: "float64" },
    measure: `mean squared residual on ${grid.join(" x ")} points, and of the conditions; ` +
      `perturbation ${perturbation}`,
    published: table3.paper.rows,
    notes: [
      `The paper prints neither its loss nor the size of the elliptic perturbation: ${perturbation} ` +
      "here; with 0.05 its coarse and multilevel schedules come near its numbers, with 0.001 the " +
      "shock is finer than its grid. Nor does it print the steps of its MLPs (10,000 here) or " +
      "their activation: ReLU, whose curvature is 0, sees no u_xx and no u_tt, so that its loss is " +
      "that of another equation. On the finest grid coefficients begin a hundred times smaller, or " +
      "second derivatives of random splines would rule the start.",
      "test/train compares with the loss at 1,000 other points: a large number there is a network " +
      "that fulfils the equation at the grid's points and not between them.",
      "Work: steps x intervals / coarsest intervals. A run's result is its best state. " +
      "Deviations of ours have N - 1 in the denominator.",
    ],
    run: (options) =>
      reproduceTable3({
        ...{ rows, seeds, grid, perturbation },
        ...defined({ threads }),
        ...options,
      }),
  };
}

/** `Table 1` as the command line writes it. */
function tableName(table: string): string {
  return table.toLowerCase().replaceAll(" ", "");
}

/** The rows that `--only` names. */
function chosenRows(all: readonly TableRow[], text: string | undefined): readonly TableRow[] {
  const nameOf = ({ id }: TableRow) => id;
  return chosenByWords(all, nameOf, text, `rows among ${all.map(nameOf).join(", ")}`);
}

/** The command line without the flags of the output. */
function commandLine(table: string, given: GivenFlags): string {
  const flags = ["only", "seeds", "line-search", "perturbation", "quick"];
  return shellCommand(
    `reproduce ${table}`,
    Object.fromEntries(flags.map((name) => [name, given.get(name)])),
  );
}
