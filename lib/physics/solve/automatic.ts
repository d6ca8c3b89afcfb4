/**
 * Settings of a problem where the caller chooses none: network, points, work.
 *
 * @module
 */

import { pow } from "../../numerics/inner.ts";
import type { NetworkConfig, NetworkOptions } from "../../model/mod.ts";
import { differentiate, number } from "../equations/expression.ts";
import { positionsOf } from "../equations/faces.ts";
import { numPdeInputs } from "../equations/inputs.ts";
import { partInFaces, pointsOfBox } from "../points/domain.ts";
import { FACE_POINTS } from "../points/lay_out.ts";
import type { PdeProblem } from "../equations/pde.ts";
import { mostPoints } from "../points/output_points.ts";
import type { PdeEngineOptions } from "./pde_engine.ts";
import { outputsOf } from "../equations/outputs.ts";
import type { ResolvedPde } from "../equations/resolve.ts";
import { samplePoints, type Sampler } from "../points/sampling.ts";
import { boundarySampler, withBoundary } from "./verification.ts";

/**
 * The network of a problem: in one dimension one spline per unknown, whose least squares are almost
 * linear; else two hidden layers of splines with batch normalisation, which (unlike min-max) has
 * smooth derivatives. Even knots: free ones slip between collocation points.
 */
export function automaticNetwork(
  problem: PdeProblem,
  hidden: readonly number[] | undefined,
): Omit<NetworkOptions, "widths"> & { readonly hidden: readonly number[] } {
  const chosen = hidden ?? (numPdeInputs(problem) === 1 ? [] : [5, 5]);
  const plain = chosen.length === 0;
  return {
    hidden: chosen,
    firstLayer: "spline",
    degree: 5,
    knots: "uniform",
    intervals: plain ? 8 : 4,
    normalisation: plain && numPdeInputs(problem) === 1 ? "none" : "batchnorm",
  };
}

/** Tolerances from which on few splines of a high degree are worth their slower start. */
const FINE_TOLERANCE = 1e-7;

/**
 * The network where neither caller nor problem choose one and the tolerance is fine: one hidden layer
 * of splines of degree 9.
 */
export function fineNetwork(problem: PdeProblem, tolerance: number) {
  const isFine = tolerance < FINE_TOLERANCE && numPdeInputs(problem) > 1 && !problem.network;
  return isFine ? { hidden: [8], degree: 9, intervals: 8 } : {};
}

/** Points per parameter: with fewer, equations hold at the points and nowhere else. */
const POINTS_PER_PARAMETER = 3;
/** Points inside in one dimension and more, at least. */
const LEAST_POINTS = [64, 512];

/**
 * Points of a level: even ones that no two levels share, as many as its network's parameters want,
 * and `extra` ones inside, shape `[count, coordinates]`; or those that the user has chosen.
 */
export function levelPoints(
  { problem, ranges, terms }: ResolvedPde,
  parameters: number,
  level: number,
  chosen: Sampler | undefined,
  extra = new Float64Array(0),
): Pick<PdeEngineOptions, "sampler" | "faceSampler"> & { readonly facePoints: number } {
  const d = ranges.length, equations = terms.filter(({ condition }) => !condition).length;
  const wanted = POINTS_PER_PARAMETER * parameters / Math.sqrt(Math.max(1, equations));
  const most = mostPoints(terms);
  const count = Math.min(most.inside, Math.max(LEAST_POINTS[d === 1 ? 0 : 1], Math.ceil(wanted)));
  const sampler: Sampler = chosen ??
    {
      kind: "points",
      points: Float64Array.of(
        ...d === 1
          ? samplePoints(ranges, { kind: "grid", counts: [count] })
          : withBoundary(ranges, pointsOfBox(problem, count), level + 1),
        ...extra,
      ),
    };
  const faces = terms.reduce(
    (sum, { condition }) =>
      sum +
      (condition?.on === undefined ? 0 : partInFaces(problem, condition.on)) +
      Object.values(condition?.at ?? {}).reduce<number>((n, v) => n + positionsOf(v).length, 0),
    0,
  );
  const even = 2 * pow(count, (d - 1) / d);
  return {
    sampler,
    facePoints: d === 1 ? 1 : Math.ceil(
      Math.min(most.faces, Math.max(FACE_POINTS, Math.min(even, 2 * count / Math.max(1, faces)))),
    ),
    ...(d > 2 && {
      faceSampler: (free: ResolvedPde["ranges"], faceCount: number) =>
        boundarySampler(free, faceCount, level + 1),
    }),
  };
}

/** Sweeps over rows and parameters that an epoch takes beside the products: measured, not counted. */
const PASSES = 300;

/**
 * The work of an epoch with `rows` points: `rows` products of as many parameters as a row sees, and
 * one factorisation; a count, so that a budget ends every run at the same place.
 */
export function epochWork(config: NetworkConfig, parameters: number, rows: number): number {
  const { widths, degree } = config;
  const seen = widths.slice(1).reduce((sum, n, i) => sum + widths[i] * n * (degree + 1), 0);
  const columns = Math.min(seen, parameters);
  return rows * columns * (columns + PASSES) + pow(parameters, 3) / 3;
}

/** Work of a minute on two cores, by `epochWork`. */
export const MINUTE_OF_WORK = 3.5e11;

/** Whether equations and conditions are linear in unknowns and their derivatives. */
export function isLinear({ terms, coefficients }: ResolvedPde): boolean {
  return coefficients.length === 0 && terms.every(({ residual }) => {
    return outputsOf(residual).every(({ name }) => {
      const slope = differentiate(residual, (each) => each === name ? number(1) : undefined);
      return outputsOf(slope).length === 0;
    });
  });
}
