/**
 * `certify` of the solution of a differential equation: its request, its run, what it prints.
 *
 * @module
 */

import type { Network } from "../../../lib/model/mod.ts";
import { defined } from "../../../lib/numerics/inner.ts";
import { parsePde, type PdeProblem } from "../../../lib/physics/mod.ts";
import { placeText } from "../../../lib/physics/inner.ts";
import {
  certifySolution,
  type CertifySolutionOptions,
  type ResidualBound,
  type SolutionCertificate,
} from "../../../lib/theory/mod.ts";
import type { GivenFlags } from "../../flags/parse.ts";
import { readOutputs } from "../../flags/shared.ts";
import { integerFlag, numberFlag, switchFlag, textFlag } from "../../flags/values.ts";
import { isRequestError, UsageError } from "../../terminal/errors.ts";
import { duration, textTable } from "../../terminal/text_table.ts";
import { VERSION } from "../../terminal/version.ts";
import { namedRanges } from "./box.ts";
import { BOUND_HEAD, boundCells, rangeText, up } from "./cells.ts";

/** What is to be proven of a solution. */
export interface SolutionRequest {
  readonly kind: "solution";
  readonly modelFile: string;
  readonly network: Network;
  readonly problem: PdeProblem;
  readonly options: CertifySolutionOptions;
  /** Whether bounds of residuals are wanted. */
  readonly residual: boolean;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** A certificate with the seconds it took. */
export interface SolutionResult extends SolutionCertificate {
  readonly kind: "solution";
  readonly seconds: number;
}

/** Reads the flags that go with a solution. */
export function readSolutionRequest(
  given: GivenFlags,
  modelFile: string,
  network: Network,
  metadata: Readonly<Record<string, unknown>>,
): SolutionRequest {
  for (const flag of ["monotone", "convex", "concave", "range", "curvature", "output"]) {
    if (!given.has(flag)) continue;
    throw new UsageError(
      `Cannot certify: --${flag} must come with the model of a table, current value is the ` +
        "solution of an equation",
    );
  }
  const problem = problemOf(metadata.problem, modelFile),
    residual = switchFlag(given, "residual") ?? false;
  const names = Object.keys(problem.domain);
  const box = namedRanges(textFlag(given, "box"), names);
  const known = metadata.coefficients as Readonly<Record<string, number>> | undefined;
  const sought = Object.keys(problem.coefficients ?? {});
  if (residual && sought.some((name) => !Number.isFinite(known?.[name]))) {
    throw new UsageError(
      `Cannot certify: --model must hold the coefficients that were found (${
        sought.join(", ")
      }), ` +
        "current value is a file of an earlier version; solve the problem again",
    );
  }
  const { json, quiet } = readOutputs(given);
  return {
    ...{ kind: "solution", modelFile, network, problem, residual, json, quiet },
    options: {
      box: Object.fromEntries(box),
      ...defined({
        tolerance: numberFlag(given, "tolerance", { above: 0 }),
        boxes: integerFlag(given, "boxes", { least: 1, most: 100_000_000 }),
        coefficients: known,
      }),
    },
  };
}

function problemOf(data: unknown, modelFile: string): PdeProblem {
  try {
    return parsePde(data);
  } catch (error) {
    if (!isRequestError(error)) throw error;
    throw new UsageError(
      `Cannot read model file ${modelFile}: it must hold a problem that freeknot solve wrote, ` +
        `current value is none (${(error as Error).message})`,
    );
  }
}

/** Proves. */
export function runSolution({ problem, network, options, residual }: SolutionRequest) {
  const begun = performance.now();
  const certificate = certifySolution(problem, network, { ...options, residuals: residual });
  return {
    ...{ kind: "solution", ...certificate, seconds: (performance.now() - begun) / 1000 },
  } satisfies SolutionResult;
}

/** The object that `--json` prints; what is infinite is null. */
export function solutionJson(
  { kind: _, box, unknowns, terms, exact, ...rest }: SolutionResult,
  { modelFile, problem, residual, options }: SolutionRequest,
) {
  return {
    model: modelFile,
    problem: problem.name,
    ...{ box, unknowns },
    ...(residual ? { residuals: terms, exact } : {}),
    ...(options.coefficients ? { coefficients: options.coefficients } : {}),
    ...rest,
    status: "bounded",
    version: VERSION,
  };
}

/** What is printed without `--json`. */
export function solutionText(result: SolutionResult, request: SolutionRequest): string {
  const { box, unknowns, terms, exact, boxes, seconds } = result, { problem, residual } = request;
  const ranges = Object.entries(box).map(([name, range]) => rangeText(name, range));
  const values = textTable([
    ["unknown", ...BOUND_HEAD],
    ...unknowns.map((each) => [each.name, ...boundCells(each)]),
  ], "lrrrrl");
  const held = [
    ...(exact.length > 0 ? [`exact by the ansatz: ${exact.join(", ")}`] : []),
    ...(terms.some(({ spikes }) => spikes)
      ? [
        "* a derivative has no value where a spline's domain ends or knots meet; the bound is one of",
        "  both sides of such places",
      ]
      : []),
  ];
  return [
    `${problem.name}: for ${ranges.join(", ")}`,
    "",
    values,
    ...(residual ? ["", residualTable(terms), ...held] : []),
    "",
    `bounded; ${boxes} boxes, ${duration(seconds)}`,
  ].join("\n") + "\n";
}

function residualTable(terms: readonly ResidualBound[]): string {
  return textTable([
    ["residual of", "at most", "reached", "at", "boxes", "status"],
    ...terms.map(({ name, bound, reached, at, boxes, status, spikes }) => [
      name + (spikes ? " *" : ""),
      bound < Infinity ? up(bound) : "not known",
      String(+reached.toPrecision(7)),
      placeText(at, 6),
      String(boxes),
      status,
    ]),
  ], "lrrlrl");
}
