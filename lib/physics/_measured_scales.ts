/**
 * The sizes of a problem, from what is given and from what a network says.
 *
 * @module
 */

import type { Network } from "../model/mod.ts";
import { evaluateFormulas } from "./_evaluate.ts";
import { variable } from "./expression.ts";
import { termPoints } from "./_lay_out.ts";
import type { PdeProblem } from "./pde.ts";
import { outputName, type ResolvedPde, type ResolvedTerm, resolvePde } from "./_resolve.ts";
import type { Sampler } from "./sampling.ts";
import {
  correctScales,
  estimateScales,
  MOST_SCALE_POINTS,
  type PdeScales,
  rootMeanSquare,
  summands,
  type TermPoints,
} from "./_scales.ts";

/** Points inside that sizes are measured at. */
const INSIDE: Sampler = { kind: "sobol", count: 256, seed: 0 };

/** Sizes before training; see `estimateScales`. */
export function firstScales(problem: PdeProblem): PdeScales {
  const resolved = resolvePde(problem);
  return estimateScales(
    resolved,
    resolved.terms.map((term) => someValues(problem, resolved, term, problem.coefficients ?? {})),
  );
}

/**
 * Sizes as a network has them.
 *
 * @param network Its outputs in units of `before`.
 * @param coefficients The coefficients that go with it.
 * @param before Sizes so far.
 */
export function measuredScales(
  problem: PdeProblem,
  network: Network,
  coefficients: Readonly<Record<string, number>>,
  before: PdeScales,
): PdeScales {
  const resolved = resolvePde(problem), { unknowns } = before;
  const inside = termPoints(problem, resolved, undefined, inTheDomain(resolved));
  const outputs = resolved.unknowns.map((_, k) => variable(outputName(k, [])));
  const sizes = evaluateFormulas(problem, network, inside, outputs, { unknowns })
    .map(rootMeanSquare);
  const terms = resolved.terms.map((term) => {
    const points = termPoints(problem, resolved, term.condition, inTheDomain(resolved));
    const parts = summands(term.residual);
    const columns = term.condition?.data ?? {};
    return Math.max(
      ...evaluateFormulas(problem, network, points, parts, { unknowns, coefficients, columns })
        .map(rootMeanSquare),
    );
  });
  const some = resolved.terms.map((term) => someValues(problem, resolved, term, coefficients));
  return correctScales(resolved, some, { unknowns: sizes, terms }, before);
}

/** Sobol's points, in a grid beyond the coordinates that they can have. */
function inTheDomain({ ranges }: ResolvedPde): Sampler {
  return ranges.length <= 8 ? INSIDE : { kind: "uniform", count: 256, seed: 0 };
}

/** Coordinates, data and coefficients at some points of a term. */
function someValues(
  problem: PdeProblem,
  resolved: ResolvedPde,
  { condition }: ResolvedTerm,
  coefficients: Readonly<Record<string, number>>,
): TermPoints {
  const points = termPoints(problem, resolved, condition, inTheDomain(resolved));
  const { coordinates } = resolved, d = coordinates.length, rows = points.length / d;
  const count = Math.min(rows, MOST_SCALE_POINTS);
  return Array.from({ length: count }, (_, i) => {
    const r = Math.floor(i * rows / count);
    const values: Record<string, number> = { ...coefficients };
    for (const [name, column] of Object.entries(condition?.data ?? {})) values[name] = column[r];
    coordinates.forEach((name, k) => values[name] = points[r * d + k]);
    return values;
  });
}
