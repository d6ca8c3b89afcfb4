/**
 * Sheets as networks: how far two are apart, and the smallest network that holds as well as a sheet.
 *
 * @module
 */

import { type Network, scaleOutputs } from "../../model/mod.ts";
import { levelPoints } from "./automatic.ts";
import type { PdeProblem } from "../equations/pde.ts";
import { resolvePde } from "../equations/resolve.ts";
import type { PdeEngineOptions } from "./pde_engine.ts";
import { correctRun, type PdeRun } from "./piece_runs.ts";
import type { Sheet } from "./sheet_collocation.ts";
import { relativeDistance, testPoints } from "./solution.ts";
import { type PdeVerification, verifySolution } from "./verification.ts";
import { windowNetwork } from "./window_network.ts";
import { sumOfSheet, type WindowSum } from "./window_products.ts";
import { ORDER, valuesOnLine } from "./window_space.ts";

/** Sizes of products that are left out, in units of the tolerance and of the largest. */
const CUTS = [0.1, 0.01, 1e-3, 1e-4, 1e-5, 1e-6], DEEP_CUTS = [1e-7, 1e-8, 1e-9];
/** Residuals of fewer products, in units of all products' and of the tolerance, that are good enough. */
const CUT_SHARE = 1.2, CUT_TOLERANCE = 0.2;
/** Points that residuals of networks are checked at: as for so many parameters. */
const CHECKED = 1000;

/** The relative L2 distance of two sheets. */
export function sheetDistance(problem: PdeProblem, before: Sheet, after: Sheet): number {
  const points = testPoints(problem),
    [a, b] = [before, after].map((each) => sheetValues(each, points));
  return relativeDistance([a], [b]);
}

/** Values at points, shape `[rows, unknowns]`. */
export function sheetValues({ lines, coefficients }: Sheet, points: Float64Array): Float64Array {
  const [n, m] = lines.map(({ count }) => count), nOut = coefficients.length / n / m;
  const values = new Float64Array(points.length / 2 * nOut);
  for (let r = 0; r < points.length / 2; r++) {
    const [x, y] = lines.map((line, d) => valuesOnLine(line, points[2 * r + d], 0));
    for (let i = 0; i < ORDER; i++) {
      for (let j = 0; j < ORDER; j++) {
        const from = ((x.piece + i) * m + y.piece + j) * nOut;
        for (let u = 0; u < nOut; u++) {
          values[r * nOut + u] += x.values[i] * y.values[j] * coefficients[from + u];
        }
      }
    }
  }
  return values;
}

/** The network of products beyond a share of the largest, in units of the run. */
function networkOf({ scales }: PdeRun, sum: WindowSum, cut: number, isExact = false): Network {
  const network = windowNetwork(sum, {
    ...{ cut, isExact, time: 0, isPeriodic: false, unknowns: scales.unknowns.length },
    pieces: Math.max(sum.time.pieces, sum.line.pieces),
  });
  return scaleOutputs(network, scales.unknowns.map((size) => 1 / size));
}

/** Share of the largest product up to which sizes are measured. */
const MEASURED = 1e-5;

/** Measures the sizes of unknowns and terms on a sheet. */
export function measureSheet(problem: PdeProblem, run: PdeRun, sheet: Sheet): void {
  run.network = networkOf(run, sumOfSheet(sheet.lines, sheet.coefficients, MEASURED), MEASURED);
  correctRun(problem, run);
}

/** Takes a sheet into the run as the smallest network that holds as well as all its products. */
export async function joinSheet(
  problem: PdeProblem,
  run: PdeRun,
  sheet: Sheet,
  tolerance: number,
): Promise<{ readonly verification: PdeVerification; readonly engineOptions: PdeEngineOptions }> {
  const resolved = resolvePde(problem), isGraded = sheet.corners !== undefined;
  const cuts = isGraded ? [...CUTS, ...DEEP_CUTS] : CUTS, least = cuts.at(-1)! * tolerance;
  const sum = sumOfSheet(sheet.lines, sheet.coefficients, least, isGraded);
  run.network = networkOf(run, sum, least, isGraded);
  correctRun(problem, run);
  const engineOptions: PdeEngineOptions = {
    ...levelPoints(resolved, CHECKED, 0, undefined),
    scales: run.scales,
  };
  let verification = await verifySolution(problem, run.network, engineOptions);
  const enough = Math.max(CUT_SHARE * verification.fresh, CUT_TOLERANCE * tolerance);
  for (const cut of cuts.slice(0, -1)) {
    const fewer = networkOf(run, sum, cut * tolerance, isGraded);
    if (fewer.parameters.length === run.network.parameters.length) break;
    const cutOff = await verifySolution(problem, fewer, engineOptions);
    if (!(cutOff.fresh <= enough)) continue;
    run.network = fewer;
    verification = cutOff;
    break;
  }
  return { verification, engineOptions };
}
