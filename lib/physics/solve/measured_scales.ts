/**
 * The sizes of a problem, estimated before training and measured on a network.
 *
 * @module
 */

import type { Network } from "../../model/mod.ts";
import { evaluateFormulas } from "../equations/evaluate.ts";
import { variable } from "../equations/expression.ts";
import { termColumns, termPoints } from "../points/lay_out.ts";
import type { PdeProblem } from "../equations/pde.ts";
import { outputName } from "../equations/outputs.ts";
import { type ResolvedPde, type ResolvedTerm, resolvePde } from "../equations/resolve.ts";
import { evenSampler } from "../points/sampling.ts";
import {
  correctScales,
  estimateScales,
  MOST_SCALE_POINTS,
  type PdeScales,
  rootMeanSquare,
  summands,
  type TermPoints,
} from "./scales.ts";

/** Points inside that sizes are measured at. */
const INSIDE = 256;

/** Sizes before training; see `estimateScales`. */
export function firstScales(problem: PdeProblem): PdeScales {
  const resolved = resolvePde(problem);
  const some = resolved.terms.map((term) => {
    const points = pointsOf(problem, resolved, term);
    const columns = termColumns(problem, term.condition, points);
    return someValues(resolved, columns, points, problem.coefficients ?? {});
  });
  return estimateScales(resolved, some);
}

/**
 * Sizes measured on a network, its outputs in units of `before`, and the coefficients that go with
 * it.
 */
export function measuredScales(
  problem: PdeProblem,
  network: Network,
  coefficients: Readonly<Record<string, number>>,
  before: PdeScales,
): PdeScales {
  const resolved = resolvePde(problem), { unknowns } = before;
  const outputs = resolved.unknowns.map((_, k) => variable(outputName(k, [])));
  const sizes = evaluateFormulas(problem, network, pointsOf(problem, resolved), outputs, {
    unknowns,
  }).map(rootMeanSquare);
  const some: TermPoints[] = [];
  const terms = resolved.terms.map((term) => {
    const points = pointsOf(problem, resolved, term),
      columns = termColumns(problem, term.condition, points);
    some.push(someValues(resolved, columns, points, coefficients));
    return Math.max(
      ...evaluateFormulas(problem, network, points, summands(term.residual), {
        ...{ unknowns, coefficients, columns },
      }).map(rootMeanSquare),
    );
  });
  return correctScales(resolved, some, { unknowns: sizes, terms }, before);
}

/** Where sizes of a term are judged; without one inside. */
function pointsOf(problem: PdeProblem, resolved: ResolvedPde, term?: ResolvedTerm): Float64Array {
  const inside = evenSampler(resolved.ranges.length, INSIDE, 0);
  return termPoints(problem, resolved, term?.condition, inside);
}

/** Coordinates, data and coefficients at some of a term's points. */
function someValues(
  { coordinates }: ResolvedPde,
  columns: Readonly<Record<string, ArrayLike<number>>>,
  points: Float64Array,
  coefficients: Readonly<Record<string, number>>,
): TermPoints {
  const d = coordinates.length, rows = points.length / d;
  const count = Math.min(rows, MOST_SCALE_POINTS);
  return Array.from({ length: count }, (_, i) => {
    const r = Math.floor(i * rows / count);
    const values: Record<string, number> = { ...coefficients };
    for (const [name, column] of Object.entries(columns)) values[name] = column[r];
    coordinates.forEach((name, k) => values[name] = points[r * d + k]);
    return values;
  });
}
