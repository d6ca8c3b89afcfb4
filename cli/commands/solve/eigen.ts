/**
 * `solve` of an eigenvalue problem.
 *
 * @module
 */

import { gridPoints } from "../../../lib/physics/inner.ts";
import {
  type EigenvalueResult,
  type PdeProblem,
  solveEigenvalues,
} from "../../../lib/physics/mod.ts";
import { defined, log10 } from "../../../lib/numerics/inner.ts";
import type { GivenFlags } from "../../flags/parse.ts";
import { integerFlag, numberFlag, switchFlag, textFlag } from "../../flags/values.ts";
import { UsageError } from "../../terminal/errors.ts";
import { checkOutputs, writeFile } from "../../terminal/files.ts";
import { shellCommand } from "../../terminal/shell_word.ts";
import { duration, shortNumber, textTable } from "../../terminal/text_table.ts";
import { VERSION } from "../../terminal/version.ts";

/** Flags that eigenvalue problems have. */
const FLAGS = ["file", "modes", "near", "tolerance", "out", "json", "quiet"];

/** What is asked of an eigenvalue problem. */
export interface EigenRequest {
  readonly problem: PdeProblem;
  readonly modes?: number;
  readonly near?: number;
  readonly tolerance?: number;
  readonly file: string | undefined;
  readonly out: string | undefined;
  readonly json: boolean;
}

/** Reads the flags; undefined where the problem is none of eigenvalues. */
export async function eigenRequest(
  given: GivenFlags,
  problem: PdeProblem,
): Promise<EigenRequest | undefined> {
  if (problem.eigenvalue === undefined) {
    const flag = ["modes", "near"].find((name) => given.has(name));
    if (flag === undefined) return undefined;
    throw new UsageError(
      `Cannot solve: --${flag} must come with a problem that has the field "eigenvalue", current ` +
        `value is ${problem.name}`,
    );
  }
  const other = [...given.keys()].find((name) => !FLAGS.includes(name));
  if (other !== undefined) {
    throw new UsageError(
      `Cannot solve: --${other} must not come with an eigenvalue problem, which has the flags ` +
        FLAGS.map((name) => `--${name}`).join(", "),
    );
  }
  const out = textFlag(given, "out"), file = textFlag(given, "file");
  if (out !== undefined) await checkOutputs([{ flag: "out", path: out }], [file]);
  return {
    ...{ problem, out, file, json: switchFlag(given, "json") ?? false },
    ...defined({
      modes: integerFlag(given, "modes", { least: 1, most: 40 }),
      near: numberFlag(given, "near", {}),
      tolerance: numberFlag(given, "tolerance", { above: 0 }),
    }),
  };
}

/** What was found, and how long that took. */
export interface EigenSolved {
  readonly result: EigenvalueResult;
  readonly seconds: number;
}

/** Solves it and writes the table of the functions. */
export async function performEigen(request: EigenRequest): Promise<EigenSolved> {
  const begun = performance.now(), { problem, modes, near, tolerance, out } = request;
  const result = solveEigenvalues(problem, defined({ modes, near, tolerance }));
  if (out !== undefined) await writeFile(out, modesTable(problem, result));
  return { result, seconds: (performance.now() - begun) / 1000 };
}

function modesTable(problem: PdeProblem, { modes }: EigenvalueResult): string {
  const { eigenvalue: _, ...rest } = problem, names = Object.keys(problem.domain);
  const points = gridPoints(rest), unknowns = problem.unknowns ?? ["u"], d = names.length;
  const columns = modes.flatMap(({ evaluate }) => evaluate(points));
  const head = modes.flatMap((_, i) => unknowns.map((name) => `${name}_${i + 1}`));
  const rows = Array.from(
    { length: points.length / d },
    (_, r) => [...points.subarray(r * d, r * d + d), ...columns.map((column) => column[r])].join(),
  );
  return `${[[...names, ...head].join(), ...rows].join("\n")}\n`;
}

/** What it prints for people. */
export function eigenText(
  { problem, out, near }: EigenRequest,
  { result: { modes, status, functions, isLowest }, seconds }: EigenSolved,
): string {
  const name = problem.eigenvalue!;
  const table = textTable([
    ["", name, "error, estimate"],
    ...modes.map((
      { value, error },
      i,
    ) => [`${i + 1}`, valueText(value, error), shortNumber(error)]),
  ], "rrr");
  const which = isLowest
    ? "the lowest"
    : `those nearest to ${near ?? 0}` + (near === undefined ? " (there may be lower ones)" : "");
  return `${problem.name}: ${modes.length} values of ${name}, ${which}; ${status}, ` +
    `${functions} functions, ${duration(seconds)}\n\n${table}\n` +
    (out === undefined ? "" : `\ntable: ${out}\n`);
}

/** As many digits as the error leaves. */
function valueText(value: number, error: number): string {
  const places = Math.max(0, Math.min(12, Math.ceil(-log10(error))));
  return value.toFixed(places).replace(/^-(0\.?0*)$/, "$1");
}

/** The object that `--json` prints. */
export function eigenJson(
  { problem, out, file, modes, near, tolerance }: EigenRequest,
  { result, seconds }: EigenSolved,
): string {
  const json = {
    problem: problem.name,
    eigenvalue: problem.eigenvalue,
    values: result.modes.map(({ value, error }) => ({ value, error })),
    isLowest: result.isLowest,
    functions: result.functions,
    seconds,
    status: result.status,
    table: out,
    version: VERSION,
    command: shellCommand("solve", { file, modes, near, tolerance }),
  };
  return `${JSON.stringify(json, null, 2)}\n`;
}
