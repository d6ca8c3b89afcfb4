/**
 * The report of a solved differential equation.
 *
 * @module
 */

import type { Network } from "../../../lib/model/mod.ts";
import { formatSchedule, type Schedule } from "../../../lib/multilevel/mod.ts";
import {
  evaluateSolution,
  type PdeProblem,
  type PdeSolution,
  type PdeTermLoss,
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
  collectSolutionReport,
  type KnotSnapshot,
  knotSnapshot,
  type ProblemLine,
  renderSolutionReport,
} from "../../../lib/report/mod.ts";
import type { TrainEvent } from "../../../lib/train/mod.ts";
import { lossNote, type PointRequest } from "./points.ts";
import { VERSION } from "../../terminal/version.ts";

/** What happened in a run, kept for its report. */
export type SolveLog = ReturnType<typeof solveLog>;

/** Moments of the knots in a picture, the ends of levels apart. */
const MOMENTS = 60;

/** What a log holds: plain data. */
export interface LogContent {
  readonly events: readonly TrainEvent[];
  readonly knots: readonly KnotSnapshot[];
  readonly terms: readonly (readonly PdeTermLoss[])[];
  readonly coefficients: readonly Record<string, number>[];
}

/**
 * Begins a log: the events, and after every epoch terms of the loss, coefficients, free knots;
 * `before` is what an earlier part of the run has told.
 */
export function solveLog(before?: LogContent) {
  const events: TrainEvent[] = [...before?.events ?? []];
  const knots: KnotSnapshot[] = [...before?.knots ?? []];
  const terms: (readonly PdeTermLoss[])[] = [...before?.terms ?? []];
  const coefficients: Record<string, number>[] = [...before?.coefficients ?? []];
  let every = 1, stageBegins = true, latest: KnotSnapshot | undefined;

  function takeKnots(start: Network, parameters: Float64Array, epoch: number): void {
    if (start.config.knots !== "free") return;
    if (stageBegins) knots.push(knotSnapshot(start, epoch - 1));
    stageBegins = false;
    latest = knotSnapshot({ ...start, parameters }, epoch);
    if (epoch % every === 0) flush();
  }

  function flush(): void {
    if (latest) knots.push(latest);
    latest = undefined;
  }

  return {
    events,
    terms,
    coefficients,
    knots,
    /** A copy of all that it holds. */
    content: (): LogContent => ({
      ...{ events: events.slice(), knots: latest ? [...knots, latest] : knots.slice() },
      ...{ terms: terms.slice(), coefficients: coefficients.slice() },
    }),
    take(
      event: TrainEvent,
      termsNow: readonly PdeTermLoss[],
      coefficientsNow: Readonly<Record<string, number>>,
    ): void {
      if (event.type !== "epoch") {
        flush();
        stageBegins = true;
        if (event.type === "stage") every = Math.ceil(event.totalEpochs / MOMENTS);
        events.push(event);
        return;
      }
      const { record, checkpoint } = event;
      events.push({ type: "epoch", record });
      terms.push(termsNow);
      coefficients.push({ ...coefficientsNow });
      const state = checkpoint?.();
      if (state) takeKnots(state.start, state.best.parameters, record.epoch);
    },
  };
}

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

/** The HTML text of a run's report. */
export function solveReport(setup: SolveSetup, solution: PdeSolution, log: SolveLog): string {
  const { problem } = setup, { network, coefficients, error } = solution;
  const { domain, unknowns = ["u"], equations, conditions } = problem;
  const masked = maskOf(problem);
  const coordinates = Object.keys(domain);
  const points = testPoints(problem);
  const formulas = equations.map(({ equation }) => equation);
  const known = trueSolution(problem, points.subarray(0, coordinates.length)) !== undefined;
  const truth = (at: Float64Array) => {
    const all = trueSolution(problem, at)!;
    return masked(at, unknowns.map((_, k) => all.filter((_, i) => i % unknowns.length === k)));
  };
  const names = equations.map(({ name }, i) => name ?? `equation ${i + 1}`);
  const { status, reason } = solution.finished;
  return renderSolutionReport(collectSolutionReport({
    title: problem.name,
    events: log.events,
    ending: { status, reason },
    network,
    fields: {
      domain,
      unknowns,
      equations: names,
      solution: (at) => masked(at, evaluateSolution(problem, network, at, unknowns, coefficients)),
      ...(known ? { truth } : {}),
      ...(problem.shape && {
        shaped: shapeCoordinates(problem.shape, coordinates).map((k) => coordinates[k]),
      }),
      residuals: (at) => masked(at, evaluateSolution(problem, network, at, formulas, coefficients)),
    },
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
    inputs: pdeInputs(problem, points, []).inputs,
    inputNames: coordinates.flatMap((name) =>
      problem.periodic?.includes(name) ? [`cos ${name}`, `sin ${name}`] : [name]
    ),
    configuration: configuration(setup),
    reproduce: setup.command,
    version: VERSION,
  }));
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
