/**
 * `certify` of the solution of a differential equation: its request, its run, what it prints.
 *
 * @module
 */

import type { Network } from "../../../lib/model/mod.ts";
import { defined } from "../../../lib/numerics/inner.ts";
import type { PdeProblem } from "../../../lib/physics/mod.ts";
import { placeText } from "../../../lib/physics/inner.ts";
import {
  certifySolution,
  type CertifySolutionOptions,
  type ResidualBound,
  type SolutionCertificate,
} from "../../../lib/theory/mod.ts";
import type { GivenFlags } from "../../flags/parse.ts";
import { readOutputs } from "../../flags/shared.ts";
import { betweenFlag } from "../../flags/claims.ts";
import { integerFlag, nameIndex, numberFlag, switchFlag, textFlag } from "../../flags/values.ts";
import { solvedProblem } from "../../models/solution_file.ts";
import { UsageError } from "../../terminal/errors.ts";
import { duration, textTable } from "../../terminal/text_table.ts";
import { VERSION } from "../../terminal/version.ts";
import { namedRanges } from "./box.ts";
import { BOUND_HEAD, boundCells, down, rangeText, up } from "./cells.ts";

/** What is to be proven of a solution. */
export interface SolutionRequest {
  readonly kind: "solution";
  readonly modelFile: string;
  readonly network: Network;
  readonly problem: PdeProblem;
  readonly options: CertifySolutionOptions;
  /** Whether bounds of residuals are wanted. */
  readonly residual: boolean;
  /** The range that an unknown is claimed to stay in. */
  readonly claim?: RangeClaim;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** That an unknown stays between two numbers. */
interface RangeClaim {
  readonly unknown: string;
  readonly low: number;
  readonly high: number;
}

/** What became of it. */
interface RangeVerdict {
  readonly unknown: string;
  readonly claim: string;
  readonly status: "proven" | "refuted" | "undecided";
  readonly bounds: readonly [number, number];
  /** Where it fails. */
  readonly counterexample?: {
    readonly at: Readonly<Record<string, number>>;
    readonly value: number;
  };
}

/** A certificate with the seconds it took. */
export interface SolutionResult extends SolutionCertificate {
  readonly kind: "solution";
  readonly seconds: number;
  readonly claims: readonly RangeVerdict[];
  /** `bounded`: nothing was claimed. */
  readonly status: "bounded" | RangeVerdict["status"];
}

/** Reads the flags that go with a solution. */
export function readSolutionRequest(
  given: GivenFlags,
  modelFile: string,
  network: Network,
  metadata: Readonly<Record<string, unknown>>,
): SolutionRequest {
  for (const flag of ["monotone", "convex", "concave", "curvature"]) {
    if (!given.has(flag)) continue;
    throw new UsageError(
      `Cannot certify: --${flag} must come with the model of a table, current value is the ` +
        "solution of an equation",
    );
  }
  const problem = solvedProblem(metadata.problem, modelFile),
    residual = switchFlag(given, "residual") ?? false;
  if (problem.shape) {
    throw new UsageError(
      "Cannot certify: --model must be a solution in a box, current value is one in a shape " +
        "(bounds over the box around it would say nothing of the shape)",
    );
  }
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
  const { json, quiet } = readOutputs(given), claim = rangeClaim(given, problem);
  return {
    ...{ kind: "solution", modelFile, network, problem, residual, json, quiet },
    ...defined({ claim }),
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

/** Reads `--range A:B`, with `--output` where there are several unknowns. */
function rangeClaim(given: GivenFlags, { unknowns = ["u"] }: PdeProblem): RangeClaim | undefined {
  const range = betweenFlag(given), name = textFlag(given, "output");
  if (range === undefined) {
    if (name !== undefined) {
      throw new UsageError("Cannot certify: --output of a solution must come with --range");
    }
    return undefined;
  }
  if (name === undefined && unknowns.length > 1) {
    throw new UsageError(
      "Cannot certify: --range must come with --output where there are several unknowns, current " +
        `value is ${unknowns.join(", ")}`,
    );
  }
  const rule = `Cannot certify: --output must be one of ${unknowns.join(", ")}`;
  const unknown = name === undefined ? unknowns[0] : unknowns[nameIndex(name, unknowns, rule)];
  return { unknown, low: range[0], high: range[1] };
}

function judge(
  { unknown, low, high }: RangeClaim,
  { unknowns }: SolutionCertificate,
): RangeVerdict {
  const { lower, upper, reached, at } = unknowns.find(({ name }) => name === unknown)!;
  const side = reached[0] < low ? 0 : reached[1] > high ? 1 : undefined;
  const proven = lower >= low && upper <= high;
  return {
    unknown,
    claim: `between ${low} and ${high}`,
    status: side !== undefined ? "refuted" : proven ? "proven" : "undecided",
    bounds: [lower, upper],
    ...(side === undefined ? {} : { counterexample: { at: at[side], value: reached[side] } }),
  };
}

/** Proves. */
export function runSolution(request: SolutionRequest): SolutionResult {
  const { problem, network, options, residual, claim } = request, begun = performance.now();
  const certificate = certifySolution(problem, network, { ...options, residuals: residual });
  const claims = claim ? [judge(claim, certificate)] : [];
  const seconds = (performance.now() - begun) / 1000, status = claims[0]?.status ?? "bounded";
  return { kind: "solution", ...certificate, claims, seconds, status };
}

/** The object that `--json` prints; what is infinite is null. */
export function solutionJson(
  { kind: _, box, unknowns, terms, exact, claims, ...rest }: SolutionResult,
  { modelFile, problem, residual, options }: SolutionRequest,
) {
  return {
    model: modelFile,
    problem: problem.name,
    ...{ box, unknowns },
    ...(residual ? { residuals: terms, exact } : {}),
    claims,
    ...(options.coefficients ? { coefficients: options.coefficients } : {}),
    ...rest,
    version: VERSION,
  };
}

/** What is printed without `--json`. */
export function solutionText(result: SolutionResult, request: SolutionRequest): string {
  const { box, unknowns, terms, exact, claims, boxes, seconds, status } = result,
    { problem, residual } = request;
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
    ...claims.map(claimText),
    ...(claims.length > 0 ? [""] : []),
    `${status}; ${boxes} boxes, ${duration(seconds)}`,
  ].join("\n") + "\n";
}

function claimText({ unknown, claim, status, bounds, counterexample }: RangeVerdict): string {
  if (counterexample) {
    const { at, value } = counterexample;
    return `${unknown} ${claim}: refuted, it is ${+value.toPrecision(7)} at ${placeText(at, 7)}`;
  }
  const known = `it is at least ${down(bounds[0])} and at most ${up(bounds[1])}`;
  return `${unknown} ${claim}: ${status}, ${known}`;
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
