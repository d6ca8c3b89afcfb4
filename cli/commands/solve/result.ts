/**
 * What a solved differential equation prints and writes.
 *
 * @module
 */

import { DEFAULT_TOLERANCE, placeText, testPoints } from "../../../lib/physics/inner.ts";
import {
  type CoefficientInterval,
  evaluateSolution,
  type PdeLevel,
  type PdeProblem,
  type PdeSolution,
  type PdeVerification,
  trueSolution,
} from "../../../lib/physics/mod.ts";
import type { Schedule } from "../../../lib/multilevel/mod.ts";
import type { Output } from "../../terminal/files.ts";
import { wrap } from "../../terminal/help.ts";
import { shellCommand } from "../../terminal/shell_word.ts";
import { lossNote, type PointRequest } from "./points.ts";
import type { SolveRequest } from "./request.ts";
import { duration, lossNumbers, shortNumber, textTable } from "../../terminal/text_table.ts";
import { textFlag } from "../../flags/values.ts";
import { VERSION } from "../../terminal/version.ts";
import { log10 } from "../../../lib/numerics/inner.ts";

/** How a run was asked for. */
export interface SolveSetup {
  readonly problem: PdeProblem;
  /** Undefined: found on the way. */
  readonly schedule: Schedule | undefined;
  /** Pieces of each spline on the coarsest level. */
  readonly intervals: number;
  /** Name of the optimizer. */
  readonly optimizer: string;
  /** Where the equations are asked to hold. */
  readonly points: PointRequest;
  readonly seed: number;
  /** The command line that repeats the run. */
  readonly command: string;
}

/** The command line that repeats a run. */
export function repeatingCommand(
  { given, start, epochs, tolerance, timeLimit, engine, optimizer, points, seed }: SolveRequest,
  { network: { config }, finished: { levels } }: PdeSolution,
  intervals: number,
): string {
  const source = textFlag(given, "problem"), file = textFlag(given, "file");
  const hidden = config.widths.slice(1, -1).join();
  const { activation, degree, knots, basis } = config;
  // a solution without epochs has a network of its own making
  const isFound = levels.every((level) => level.epochs === 0);
  return shellCommand("solve", {
    ...(source === undefined ? { file } : { problem: source }),
    ...(start ? { from: textFlag(given, "from") } : isFound ? {} : {
      hidden: hidden !== "" && hidden,
      ...(activation === "spline"
        ? { degree, intervals, knots, basis: basis !== "bspline" && basis }
        : {}),
    }),
    ...{ schedule: !isFound && epochs, tolerance, "time-limit": timeLimit, optimizer },
    engine: engine !== "cpu" && engine,
    ...Object.fromEntries(points.words),
    seed,
  });
}

/** What a run without a schedule will do. */
export function planText(tolerance = DEFAULT_TOLERANCE, timeLimit?: number): string {
  const end = timeLimit === undefined
    ? "the work of about a minute on two cores is done"
    : `${timeLimit} s have passed`;
  return `until relative residuals at fresh points and the estimate of the relative error are below ` +
    `${shortNumber(tolerance)}, or ${end}`;
}

/** How far a level has come. */
export function levelText(level: PdeLevel): string {
  const { intervals, fresh, trained, used, guess, device } = level;
  const start = guess > 1 ? `first guess ${guess}, ` : "";
  const work = used > 0 ? `; ${Math.round(100 * used)} % of the work done` : "";
  return `${start}${intervals} intervals${device ? ` on ${device}` : ""}: relative residual ${
    shortNumber(trained)
  }, ` +
    `at fresh points ${shortNumber(fresh)}${work}`;
}

/** The distances from the true solution, by name. */
export function errorLines(error: PdeSolution["error"]): [string, number][] {
  if (!error) return [];
  const { relativeL2, relativeH1, largest } = error;
  return [
    ["relative L2 error", relativeL2],
    ...relativeH1 === undefined ? [] : [["relative H1 error", relativeH1] as [string, number]],
    ["largest error", largest],
  ];
}

/** The object that `--json` prints. */
export function solveJson(
  { problem, optimizer, points, seed, command }: SolveSetup,
  solution: PdeSolution,
  epochs: readonly number[] | undefined,
  written: readonly Output[],
  more: Readonly<Record<string, unknown>> = {},
): string {
  const { network, finished, terms, verification, coefficients, error, errorEstimate } = solution;
  const { intervals: _, ...options } = network.config;
  const result = {
    problem: problem.name,
    ...options,
    parameters: network.parameters.length,
    schedule: epochs ?? "automatic",
    optimizer,
    points: points.text,
    sampler: points.sampler,
    renewal: Object.keys(points.renewal).length > 0 ? points.renewal : undefined,
    seed,
    levels: finished.levels,
    engines: solution.engines,
    loss: finished.loss,
    terms,
    verification,
    notes: solution.notes.length > 0 ? solution.notes : undefined,
    coefficients: problem.coefficients && coefficients,
    coefficientIntervals: solution.coefficientIntervals?.intervals,
    noise: solution.coefficientIntervals?.noise,
    errorEstimate,
    error,
    evaluations: finished.evaluations,
    seconds: finished.seconds,
    status: finished.status,
    reason: finished.reason,
    ...Object.fromEntries(written.map(({ flag, path }) => [OUTPUT_NAMES[flag], path])),
    ...more,
    version: VERSION,
    command,
  };
  return `${JSON.stringify(result, null, 2)}\n`;
}

/** What the files are called in results. */
const OUTPUT_NAMES: Readonly<Record<string, string>> = {
  "out": "table",
  "model-out": "model",
  "report": "report",
  "svg": "svg",
  "png": "png",
};

/** What it prints for people. */
export function solveText(
  { problem, points }: Pick<SolveSetup, "problem" | "points">,
  solution: PdeSolution,
  written: readonly Output[],
): string {
  const note = lossNote(points.renewal);
  const { network, finished, verification, coefficients, error, errorEstimate } = solution;
  const losses = lossNumbers(finished.levels.map(({ loss }) => loss));
  const levels = textTable([
    ["intervals", "parameters", "epochs", "loss", "time"],
    ...finished.levels.map((level, i) => [
      `${level.intervals}`,
      `${level.parameters}`,
      `${level.epochs}`,
      losses[i],
      duration(level.seconds),
    ]),
  ], "rrrrr");
  const facts = [
    ...Object.entries(coefficients).map((
      [name, value],
    ) => [name, intervalText(value, solution.coefficientIntervals?.intervals[name])]),
    ...(solution.coefficientIntervals?.noise ?? []).map((
      { name, deviation },
    ) => [`noise of ${name}`, shortNumber(deviation)]),
    ...errorEstimate === undefined
      ? []
      : [["relative L2 error, estimate", shortNumber(errorEstimate)]],
    ...errorLines(error).map(([name, size]) => [name, shortNumber(size)]),
  ];
  return `${problem.name}: [${network.config.widths.join(", ")}], ` +
    `${finished.status} (${finished.reason})\n\n${levels}\n\n${enginesText(solution.engines)}` +
    `${verificationText(verification)}\n` +
    (facts.length > 0 ? `\n${textTable(facts, "lr")}\n` : "") +
    (note === "" ? "" : `\n${wrap(note, 98).join("\n")}\n`) +
    (written.length > 0 ? "\n" : "") +
    written.map(({ flag, path }) => `${OUTPUT_NAMES[flag]}: ${path}\n`).join("");
}

/** Where epochs were computed, if not all here. */
function enginesText(engines: PdeSolution["engines"]): string {
  if (engines.every(({ dtype }) => dtype === "float64")) return "";
  const rows = engines.map(({ intervals, epochs, engine, dtype }) => [
    `${intervals}`,
    `${epochs}`,
    dtype,
    engine,
  ]);
  return `${textTable([["intervals", "epochs", "computed in", "on"], ...rows], "rrll")}\n\n`;
}

/** A coefficient with its error, as many digits as that one says something of. */
function intervalText(value: number, interval: CoefficientInterval | undefined): string {
  if (!interval || !(interval.error > 0)) return `${+value.toPrecision(7)}`;
  const { error, level } = interval;
  const digits = Math.floor(log10(Math.abs(value) / error)) + 2;
  return `${value.toPrecision(Math.min(15, Math.max(2, digits)))} +- ${error.toPrecision(2)} ` +
    `(${100 * level} %)`;
}

/** Residuals at the points of training and at fresh ones, in the equations' own units. */
function verificationText({ terms }: PdeVerification): string {
  return textTable([
    ["residual of", "size of terms", "trained, rms", "fresh, rms", "fresh, largest", "at"],
    ...terms.map(({ name, size, trained, fresh }) => [
      name,
      shortNumber(size),
      shortNumber(trained.rms),
      shortNumber(fresh.rms),
      shortNumber(fresh.max),
      placeText(fresh.at, 4),
    ]),
  ], "lrrrrl");
}

/** The solution on a grid as CSV. */
export function solutionTable(problem: PdeProblem, { network, coefficients }: PdeSolution): string {
  const points = testPoints(problem), names = Object.keys(problem.domain);
  const unknowns = problem.unknowns ?? ["u"];
  const values = evaluateSolution(problem, network, points, unknowns, coefficients);
  const truth = trueSolution(problem, points);
  const lines = [[...names, ...unknowns, ...truth ? unknowns.map((u) => `${u}_true`) : []].join()];
  for (let r = 0; r < points.length / names.length; r++) {
    lines.push([
      ...points.subarray(r * names.length, (r + 1) * names.length),
      ...values.map((column) => column[r]),
      ...truth ? truth.subarray(r * unknowns.length, (r + 1) * unknowns.length) : [],
    ].join());
  }
  return `${lines.join("\n")}\n`;
}
