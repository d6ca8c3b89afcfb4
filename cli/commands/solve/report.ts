/**
 * The report of a solved differential equation.
 *
 * @module
 */

import type { Network } from "../../../lib/model/mod.ts";
import { formatSchedule } from "../../../lib/multilevel/mod.ts";
import {
  evaluateSolution,
  type PdeProblem,
  type PdeSolution,
  trueSolution,
} from "../../../lib/physics/mod.ts";
import {
  isInDomain,
  isPart,
  pdeInputs,
  positionsOf,
  shapeCoordinates,
  testPoints,
} from "../../../lib/physics/inner.ts";
import {
  type CollectSolutionOptions,
  collectSolutionReport,
  type ProblemLine,
  renderSolutionReport,
  type SolutionFields,
} from "../../../lib/report/mod.ts";
import { lossNote } from "./points.ts";
import { VERSION } from "../../terminal/version.ts";
import type { SolveLog } from "./log.ts";
import { errorLines, type SolveSetup } from "./result.ts";

/** The HTML text of a run's report. */
export function solveReport(setup: SolveSetup, solution: PdeSolution, log: SolveLog): string {
  return renderSolutionReport(collectSolutionReport(reportOptions(setup, solution, log)));
}

/** What a report, or a figure, is told of a run. */
export function reportOptions(
  setup: SolveSetup,
  solution: PdeSolution,
  log: SolveLog,
): CollectSolutionOptions {
  const { problem } = setup, { network, coefficients, error } = solution;
  const { equations, conditions } = problem;
  const names = equationNames(problem), fields = solutionFields(problem, network, coefficients);
  const { status, reason } = solution.finished;
  return {
    title: problem.name,
    events: log.events,
    ending: { status, reason },
    network,
    fields,
    problem: [
      ...equations.map(({ equation }, i) => ({
        name: names[i],
        formula: equation,
        where: "inside",
      })),
      ...conditions.map((condition, i): ProblemLine => ({
        name: condition.name ?? `condition ${i + 1}`,
        formula: condition.equation,
        where: placeOf(condition),
      })),
    ],
    facts: facts(problem),
    lossNote: lossNote(setup.points.renewal),
    terms: solution.terms.map(({ name, loss }, k) => ({
      name,
      loss,
      size: solution.verification.terms[k].size,
      trained: solution.verification.terms[k].trained.rms,
      fresh: solution.verification.terms[k].fresh.rms,
      history: log.terms.map((terms) => terms[k]?.loss ?? NaN),
    })),
    coefficients: Object.entries(problem.coefficients ?? {}).map(([name, start]) => ({
      name,
      start,
      value: coefficients[name],
      history: log.coefficients.map((each) => each[name] ?? NaN),
    })),
    errors: errorLines(error),
    knots: log.knots,
    ...measurements(problem),
    ...solutionInputs(problem),
    configuration: configuration(setup),
    reproduce: setup.command,
    version: VERSION,
  };
}

/** What the equations of a problem are called. */
function equationNames({ equations }: PdeProblem): string[] {
  return equations.map(({ name }, i) => name ?? `equation ${i + 1}`);
}

/** The solution, the true one where it is known, and the residuals as functions of points. */
export function solutionFields(
  problem: PdeProblem,
  network: Network,
  coefficients: Readonly<Record<string, number>> | undefined,
): SolutionFields {
  const { domain, unknowns = ["u"], equations } = problem, masked = maskOf(problem);
  const coordinates = Object.keys(domain), points = testPoints(problem);
  const formulas = equations.map(({ equation }) => equation);
  const known = trueSolution(problem, points.subarray(0, coordinates.length)) !== undefined;
  const truth = (at: Float64Array) => {
    const all = trueSolution(problem, at)!;
    return masked(at, unknowns.map((_, k) => all.filter((_, i) => i % unknowns.length === k)));
  };
  return {
    domain,
    unknowns,
    equations: equationNames(problem),
    solution: (at) => masked(at, evaluateSolution(problem, network, at, unknowns, coefficients)),
    ...(known ? { truth } : {}),
    ...(problem.shape && {
      shaped: shapeCoordinates(problem.shape, coordinates).map((k) => coordinates[k]),
    }),
    residuals: (at) => masked(at, evaluateSolution(problem, network, at, formulas, coefficients)),
  };
}

/** The inputs of the network at points of the domain, and what they are called. */
export function solutionInputs(problem: PdeProblem) {
  return {
    inputs: pdeInputs(problem, testPoints(problem), []).inputs,
    inputNames: Object.keys(problem.domain).flatMap((name) =>
      problem.periodic?.includes(name) ? [`cos ${name}`, `sin ${name}`] : [name]
    ),
  };
}

/** Values without those outside the shape. */
function maskOf(
  problem: PdeProblem,
): (points: Float64Array, values: Float64Array[]) => Float64Array[] {
  if (!problem.shape) return (_, values) => values;
  const d = Object.keys(problem.domain).length;
  return (points, values) =>
    values.map((column) =>
      column.map((value, r) => isInDomain(problem, points.subarray(r * d, r * d + d)) ? value : NaN)
    );
}

/** How the run was asked for, line by line. */
function configuration(
  { problem: { title, name }, schedule, intervals, optimizer, points, seed }: SolveSetup,
): [string, string][] {
  return [
    ...title === name ? [] : [["problem", title] as [string, string]],
    [
      "schedule",
      schedule ? formatSchedule(schedule, intervals).split("\n")[0] : "found on the way",
    ],
    ["optimizer", optimizer],
    ["collocation points", points.text],
    ...Object.entries(points.renewal.continuation ?? {}).map((
      [each, factors],
    ): [string, string] => [
      `${each} of the first stages`,
      `times ${factors.join(", ")}`,
    ]),
    ["seed", `${seed}`],
  ];
}

/** Where a condition holds, as a formula. */
function placeOf({ at, on, data }: PdeProblem["conditions"][number]): string {
  if (on !== undefined) return `on ${on}`;
  if (data) return `at ${Object.values(data)[0].length} points`;
  return Object.entries(at ?? {}).map(([name, place]) => {
    const values = positionsOf(place);
    return isPart(at!, name)
      ? `${values[0]} ≤ ${name} ≤ ${values[1]}`
      : `${name} = ${values.join(", ")}`;
  }).join("; ");
}

function facts({ domain, constants, ansatz, periodic }: PdeProblem): [string, string][] {
  const short = (value: number) => String(Number(value.toPrecision(6)));
  const all: [string, readonly string[]][] = [
    ["", Object.entries(domain).map(([name, [a, b]]) => `${short(a)} ≤ ${name} ≤ ${short(b)}`)],
    ["", Object.entries(constants ?? {}).map(([name, value]) => `${name} = ${short(value)}`)],
    ["by construction", Object.entries(ansatz ?? {}).map(([name, text]) => `${name} = ${text}`)],
    ["periodic in", periodic ?? []],
  ];
  return all.flatMap(([label, texts]) => texts.map((text): [string, string] => [label, text]));
}

/** Points of all measurements, `[rows, coordinates]`. */
function measurements({ domain, conditions }: PdeProblem): { measurements?: Float64Array } {
  const names = Object.keys(domain);
  const all = conditions.flatMap(({ data }) =>
    data ? Array.from(data[names[0]], (_, r) => names.map((name) => data[name][r])).flat() : []
  );
  return all.length === 0 ? {} : { measurements: Float64Array.from(all) };
}
