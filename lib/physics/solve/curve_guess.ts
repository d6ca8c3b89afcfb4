/**
 * Problems of one coordinate: splines of degree 9 on pieces that follow the solution.
 *
 * Initial value problems are marched through, boundary value problems reached along a path. Then all
 * pieces together hold the equations, those with most of the residuals halved until a goal is reached.
 * The distance to the solution on halves of all pieces is the error.
 *
 * @module
 */

import { createNetwork, type Network, scaleOutputs } from "../../model/mod.ts";
import { blockValues } from "../../model/inner.ts";
import { convergedRun, type DirectOptions, type DirectRun, tellLevel } from "./direct_run.ts";
import { isLinear as isLinearPde, levelPoints } from "./automatic.ts";
import {
  collocateCurve,
  type Curves,
  noiseOfCurve,
  stepOfCurve,
  valuesOfCurve,
} from "./curve_collocation.ts";
import { isInitialValueProblem, marchCurve } from "./curve_march.ts";
import { adaptCurve, type AdaptedCurve, followPath, refineCurve } from "./curve_path.ts";
import { polishCurve, type Polished } from "./curve_polish.ts";
import { outputsOf } from "../equations/outputs.ts";
import type { PdeProblem } from "../equations/pde.ts";
import { type ResolvedPde, resolvePde } from "../equations/resolve.ts";
import type { PdeEngineOptions } from "./pde_engine.ts";
import { beginRun, correctRun, type PdeRun } from "./piece_runs.ts";
import { openDirections } from "./singular_directions.ts";
import { testPoints } from "./solution.ts";
import { TENSOR_DEGREE } from "./tensor_space.ts";
import { type PdeVerification, verifySolution } from "./verification.ts";
import { pointsOnLine } from "./window_points.ts";

/** Share of the residuals that the solution for comparison seeks, and of the tolerance that errors keep. */
const FINER = 0.1, SAFE = 0.5;
/** Residuals of a march and of the first pieces, in units of the tolerance. */
const MARCHED = 1e-3, FIRST_GOAL = 0.1;
/** What the goal is lowered by where the error does not keep the tolerance, and how often. */
const LOWERED = 0.03, MOST_PASSES = 6;
/** How often all pieces are halved where rounding does not let residuals fall. */
const MOST_HALVINGS = 3;
/** Places of a piece at which solutions are compared. */
const PLACES = { time: 0, piece: 3, end: 3 };
/** Parameters of a network that residuals of networks are checked as for. */
const CHECKED = 1000;
/** Splines on which functions are sought that a problem does not see. */
const FEW_PIECES = { firstLayer: "spline", degree: 5, intervals: 8 } as const;

/** Whether a problem may be solved so. */
function takesCurves(problem: PdeProblem, resolved: ResolvedPde): boolean {
  const { coordinates, coefficients, terms } = resolved;
  return coordinates.length === 1 && coefficients.length === 0 && !problem.ansatz &&
    !problem.periodic?.length && !problem.rawCoordinates && !problem.incomplete &&
    !problem.smooth && !problem.shape && !problem.network &&
    problem.conditions.every(({ data, on }) => !data && on === undefined) &&
    terms.every(({ residual }) => outputsOf(residual).every(({ place }) => !place));
}

/**
 * A run that keeps the tolerance, or one whose error residuals do not decide: epochs would only hide
 * that. Undefined where there is no such problem, or curves do not lead there.
 */
export async function curveGuess(
  problem: PdeProblem,
  { tolerance, signal, onLevel, journal }: DirectOptions,
): Promise<DirectRun | undefined> {
  const resolved = resolvePde(problem), isLinear = isLinearPde(resolved);
  if (!takesCurves(problem, resolved)) return undefined;
  const run = beginRun(problem, createNetwork({ widths: [1, 1], firstLayer: "spline" }));
  const units = run.scales.unknowns;
  const marched = isInitialValueProblem(resolved)
    ? await journal.stage("march", () => marchCurve(resolved, MARCHED * tolerance, signal))
    : undefined;
  let curve = marched?.curve ??
    await journal.stage(
      "path",
      () => followPath(resolved, run.scales.terms, isLinear, signal)?.curve,
    );
  if (!curve) return undefined;
  const isLocal = marched !== undefined;
  measure(problem, run, curve, units);
  let goal = FIRST_GOAL * tolerance, open: DirectRun | undefined, decided: boolean | undefined;
  const judge = async (error: CurveError | undefined): Promise<DirectRun | undefined> => {
    const { verification, engineOptions } = await verify(problem, resolved, run);
    tellLevel(run, verification, 0, onLevel);
    open = undefined;
    if (!error || verification.fresh > tolerance) return undefined;
    const { relative, most } = error;
    if (most <= SAFE * tolerance) {
      // noise would have shown what conditions at several places leave open
      const converged = convergedRun(run, { verification, engineOptions }, relative);
      return { ...converged, end: { ...converged.end, isDecided: marched?.isDecided ?? true } };
    }
    decided ??= await isDecided(problem, resolved, isLinear);
    if (decided) {
      open = { run: { ...run }, end: openEnd(verification, engineOptions, most) };
    }
    return undefined;
  };
  for (let pass = 0; pass < MOST_PASSES; pass++) {
    await new Promise((resolve) => setTimeout(resolve)); // a signal may come
    const options = { goal, isLinear, isLocal, signal };
    const before: Curves = curve, sizes = run.scales.terms;
    const found: AdaptedCurve | undefined = await journal.stage(
      "pieces",
      () => adaptCurve(resolved, before, sizes, options),
    );
    if (!found) return open;
    curve = found.curve;
    if (measure(problem, run, curve, units)) continue; // residuals count otherwise
    const error = await journal.stage(
      "error",
      () => errorOf(problem, resolved, found, run.scales.terms, { isLinear, isLocal }),
    );
    const judged = await judge(error);
    if (judged || !error || signal?.aborted) return judged;
    if (found.check.fresh > goal) break;
    goal = LOWERED * Math.min(goal, found.check.fresh);
  }
  // what is left may be rounding, which moves what is hardly decided
  let last = open &&
    await journal.stage("digits", () => polished(resolved, curve!, run.scales.terms));
  for (let pass = 0; open && last && pass < MOST_HALVINGS && !signal?.aborted; pass++) {
    await new Promise((resolve) => setTimeout(resolve));
    const halves = refineCurve(last.curve, () => true);
    measure(problem, run, last.curve, units);
    const coarser: PolishedCurve = last;
    const finer = await journal.stage(
      "digits",
      () => polished(resolved, halves, run.scales.terms, coarser),
    );
    const judged = await judge(polishedError(problem, last.curve, finer));
    if (judged) return judged;
    last = finer;
  }
  return open;
}

/** Steps of a curve without rounding, and the length of the last one. */
function polished(
  resolved: ResolvedPde,
  curve: Curves,
  sizes: readonly number[],
  coarser?: PolishedCurve,
): PolishedCurve {
  const on = collocateCurve(resolved, curve.line, sizes);
  const { coefficients, ...steps } = polishCurve(on, curve.coefficients, coarser);
  return { ...steps, curve: { ...curve, coefficients } };
}

/**
 * Whether no function can be added that changes neither equations nor conditions, such as a constant.
 * Linear equations say so at any functions, most clearly on few pieces.
 */
async function isDecided(problem: PdeProblem, resolved: ResolvedPde, isLinear: boolean) {
  if (!isLinear) return true;
  const { network, scales } = beginRun(
    problem,
    createNetwork({ ...FEW_PIECES, widths: [1, resolved.unknowns.length] }),
  );
  const options = { ...levelPoints(resolved, CHECKED, 0, undefined), scales };
  return (await openDirections(problem, network, options)).length === 0;
}

/** The end of a run whose residuals are small and may hide a large error all the same. */
function openEnd(
  verification: PdeVerification,
  engineOptions: PdeEngineOptions,
  most: number,
): DirectRun["end"] {
  const error = most < 1 ? `of ${(100 * most).toPrecision(2)} %` : "of any size";
  return {
    ...{ status: "unresolved", verification, engineOptions },
    reason: `equations and conditions hold to ${verification.fresh.toExponential(1)}, but hardly ` +
      `decide the solution: so small residuals may hide an error ${error}; conditions that say ` +
      "where layers lie help",
    errorEstimate: { relative: Math.min(1, most), changes: {} },
  };
}

/** Takes a curve into the run, and whether sizes had to be corrected. */
function measure(
  problem: PdeProblem,
  run: PdeRun,
  curve: Curves,
  units: readonly number[],
): boolean {
  const { unknowns } = run.scales;
  run.network = scaleOutputs(
    curveNetwork(curve, resolvePde(problem), units),
    units.map((size, u) => size / unknowns[u]),
  );
  return correctRun(problem, run);
}

/** The network of a curve, its outputs in units. */
function curveNetwork(
  { line, coefficients }: Curves,
  { ranges: [[a, b]], unknowns }: ResolvedPde,
  units: readonly number[],
): Network {
  const breakpoints = line.breakpoints.map((x) => 2 * ((x - a) / (b - a)) - 1);
  breakpoints[0] = -1;
  breakpoints[breakpoints.length - 1] = 1;
  const network = createNetwork({
    ...{ widths: [1, unknowns.length], firstLayer: "spline", degree: TENSOR_DEGREE },
    ...{ intervals: breakpoints.length - 1, knots: "fixed", outerKnots: "clamped" },
    ...{ normalisation: "none", domain: [-1, 1] },
  }, { breakpoints: [breakpoints] });
  blockValues(network, "spline0.coefficients").set(
    coefficients.map((c, i) => c / units[i % unknowns.length]),
  );
  return network;
}

/** A relative error, and the most that it may be. */
interface CurveError {
  readonly relative: number;
  readonly most: number;
}

/** A curve without rounding in its residuals. */
interface PolishedCurve extends Omit<Polished, "coefficients"> {
  readonly curve: Curves;
}

/**
 * The distance to the solution on halves of all pieces, relative to it, at the test points; and the most
 * that it may be: as an integral, which peaks between these points count in, and by noise of the size of
 * the residuals. Undefined where no such solution is found.
 */
function errorOf(
  problem: PdeProblem,
  resolved: ResolvedPde,
  { curve, check }: AdaptedCurve,
  sizes: readonly number[],
  kind: { readonly isLinear: boolean; readonly isLocal: boolean },
): CurveError | undefined {
  const halves = refineCurve(curve, () => true);
  const finer = adaptCurve(resolved, halves, sizes, { ...kind, goal: FINER * check.fresh })?.curve;
  if (!finer) return undefined;
  const { apart, most } = compare(problem, curve, finer);
  if (kind.isLocal) return { relative: apart, most }; // no other solution is near what is marched
  const on = collocateCurve(resolved, finer.line, sizes);
  const relative = Math.max(apart, stepOfCurve(on, finer.coefficients));
  const open = noiseOfCurve(on, finer.coefficients, check.fresh);
  return { relative, most: Math.max(relative, most, open) };
}

/**
 * The same for polished curves, of which both have the digits that steps which contract leave: what is
 * between them is the error of the pieces.
 */
function polishedError(
  problem: PdeProblem,
  curve: Curves,
  { curve: finer, step, contracts }: PolishedCurve,
): CurveError {
  const { apart, most } = compare(problem, curve, finer), relative = Math.max(apart, step);
  return { relative, most: contracts ? Math.max(relative, most) : Infinity };
}

/** The relative distance of curves at the test points, and the most with that as an integral. */
function compare(problem: PdeProblem, curve: Curves, finer: Curves) {
  const places = pointsOnLine(finer.line, PLACES);
  const apart = distance(curve, finer, testPoints(problem));
  return { apart, most: Math.max(apart, distance(curve, finer, places.at, places.weights)) };
}

/** The relative L2 distance of two curves at points. */
function distance(a: Curves, b: Curves, points: Float64Array, weights?: Float64Array): number {
  const before = valuesOfCurve(a, points), after = valuesOfCurve(b, points);
  const nOut = after.length / points.length;
  let change = 0, size = 0;
  after.forEach((value, i) => {
    const weight = weights?.[Math.floor(i / nOut)] ?? 1;
    change += weight * (before[i] - value) ** 2;
    size += weight * value ** 2;
  });
  return change === 0 ? 0 : Math.sqrt(change / size);
}

async function verify(problem: PdeProblem, resolved: ResolvedPde, run: PdeRun) {
  const engineOptions: PdeEngineOptions = {
    ...levelPoints(resolved, CHECKED, 0, undefined),
    scales: run.scales,
  };
  return {
    engineOptions,
    verification: await verifySolution(problem, run.network, engineOptions),
  };
}
