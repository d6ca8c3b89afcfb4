/**
 * Problems with a beginning in one of two coordinates, and what they are on a window of it.
 *
 * @module
 */

import type { PdeProblem } from "../equations/pde.ts";
import { isPart, positionsOf } from "../equations/faces.ts";
import { variable } from "../equations/expression.ts";
import { outputName, outputsOf } from "../equations/outputs.ts";
import { type ResolvedPde, type ResolvedTerm, resolvePde } from "../equations/resolve.ts";
import { slopeScales, timeSlopes, withSlopes } from "./first_order.ts";
import type { PdeScales } from "./scales.ts";
import type { WindowProblem } from "./window_points.ts";

/** Which coordinate is time, and how far in it conditions reach; undefined: there is none. */
export interface Evolution {
  readonly time: number;
  /** Whether the beginning is at the upper end, so that time goes backwards. */
  readonly isBackward: boolean;
  /** Highest derivative by time of each unknown. */
  readonly orders: readonly number[];
  /** Whether a condition gives the beginning. */
  readonly begins: readonly boolean[];
}

/** Finds the coordinate in which a problem in two coordinates only has a beginning. */
export function findEvolution(problem: PdeProblem, resolved: ResolvedPde): Evolution | undefined {
  const { coordinates, ranges, terms } = resolved;
  const isPlain = coordinates.length === 2 && resolved.coefficients.length === 0 &&
    !problem.shape && !problem.rawCoordinates && !problem.incomplete &&
    problem.conditions.every(({ at }) => at && coordinates.every((name) => !isPart(at, name))) &&
    terms.every(({ residual }) => outputsOf(residual).every(({ place }) => !place));
  if (!isPlain) return undefined;
  for (const [time, name] of coordinates.entries()) {
    if (problem.periodic?.includes(name)) continue;
    const begins = problem.conditions.map(({ at }) => at![name] !== undefined);
    const side = ranges[time].findIndex((end) =>
      problem.conditions.every(({ at }, k) =>
        !begins[k] ||
        (Object.keys(at!).length === 1 &&
          positionsOf(at![name]).every((position) => position === end))
      )
    );
    if (side < 0 || !begins.includes(true)) continue;
    const orders = resolved.unknowns.map((_, unknown) =>
      Math.max(
        0,
        ...terms.flatMap(({ residual, condition }) =>
          condition
            ? []
            : outputsOf(residual).map(({ output, derivative }) =>
              output === unknown ? derivative.filter((by) => by === time).length : 0
            )
        ),
      )
    );
    if (Math.max(...orders) > 0) return { time, isBackward: side === 1, orders, begins };
  }
  return undefined;
}

/**
 * The problem on a window, of the first order in time; behind the first window without the conditions of
 * the beginning.
 */
export function windowProblem(
  whole: ResolvedPde,
  { time, orders, begins }: Evolution,
  scales: PdeScales,
  [from, to]: readonly [number, number],
  isFirst: boolean,
): WindowProblem {
  const { problem, terms, coordinates } = whole, name = coordinates[time];
  const conditions = isFirst ? problem.conditions : problem.conditions.filter((_, k) => !begins[k]);
  const resolved = resolvePde({
    ...problem,
    domain: { ...problem.domain, [name]: to > from ? [from, to] : [to, from] },
    conditions,
    incomplete: true,
  });
  const all = slopeScales(whole, scales, orders, time);
  const isHere = (k: number) => isFirst || terms[k]?.condition?.at?.[name] === undefined;
  return {
    resolved: withSlopes(resolved, orders, time),
    scales: { unknowns: all.unknowns, terms: all.terms.filter((_, k) => isHere(k)) },
    time,
    kept: keptBy(orders, isFirst),
  };
}

/** The first window's problem where nothing changes in time: the conditions of the beginning alone. */
export function stillProblem({ resolved, scales, time, kept }: WindowProblem): WindowProblem {
  const name = resolved.coordinates[time];
  const isBeginning = ({ condition }: ResolvedTerm) => condition?.at?.[name] !== undefined;
  const still = resolved.unknowns.map((unknown, u): ResolvedTerm => ({
    ...{ name: `rest of ${unknown}`, text: `${unknown} does not change`, weight: 1 },
    residual: variable(outputName(u, [time])),
  }));
  return {
    ...{ time, kept },
    resolved: { ...resolved, terms: [...resolved.terms.filter(isBeginning), ...still] },
    scales: {
      unknowns: scales.unknowns,
      terms: [...scales.terms.filter((_, k) => isBeginning(resolved.terms[k])), ...scales.unknowns],
    },
  };
}

/** Derivatives by time that a window is begun with, per unknown and slope. */
export function keptBy(orders: readonly number[], isFirst: boolean): readonly number[] {
  return [...orders, ...timeSlopes(orders).map(() => 1)]
    .map((order) => isFirst ? 0 : Math.min(1, order));
}
