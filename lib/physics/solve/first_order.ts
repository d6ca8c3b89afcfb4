/**
 * Evolution equations of higher order in time as systems of the first order: `u_tt = u_xx` becomes
 * `u_t = v`, `v_t = u_xx`.
 *
 * A window that hands values and slopes on to the next one also hands on what least squares have left of
 * either, and residuals of second derivatives make that larger with every window, where nothing damps
 * it. Least squares of a system of the first order take it away.
 *
 * @module
 */

import { apply, substitute, variable } from "../equations/expression.ts";
import { outputName, readOutputName } from "../equations/outputs.ts";
import type { ResolvedPde, ResolvedTerm } from "../equations/resolve.ts";
import { pow } from "../../numerics/inner.ts";
import type { PdeScales } from "./scales.ts";

/** The derivatives by time that become unknowns: number `unknowns + i` is derivative `order` of one. */
export interface TimeSlope {
  readonly unknown: number;
  readonly order: number;
}

/** All slopes of a problem whose unknowns have highest derivatives by time. */
export function timeSlopes(orders: readonly number[]): readonly TimeSlope[] {
  return orders.flatMap((most, unknown) =>
    Array.from({ length: Math.max(0, most - 1) }, (_, i) => ({ unknown, order: i + 1 }))
  );
}

/** Number of the unknown that is a slope. */
function numberOf(slopes: readonly TimeSlope[], unknowns: number, unknown: number, order: number) {
  return order === 0 ? unknown : unknowns +
    slopes.findIndex((slope) => slope.unknown === unknown && slope.order === order);
}

/** The problem with slopes as unknowns; what makes them slopes are its last terms. */
export function withSlopes(
  resolved: ResolvedPde,
  orders: readonly number[],
  time: number,
): ResolvedPde {
  const slopes = timeSlopes(orders), unknowns = resolved.unknowns.length;
  if (slopes.length === 0) return resolved;
  const rename = (name: string) => {
    const found = readOutputName(name);
    if (!found) return undefined;
    const { output, derivative } = found, others = derivative.filter((by) => by !== time);
    const count = derivative.length - others.length, order = Math.min(count, orders[output] - 1);
    const left = [...others, ...new Array<number>(count - Math.max(0, order)).fill(time)];
    const by = left.sort((a, b) => a - b);
    return variable(outputName(numberOf(slopes, unknowns, output, Math.max(0, order)), by));
  };
  const terms = resolved.terms.map((term): ResolvedTerm => ({
    ...term,
    residual: substitute(term.residual, rename),
  }));
  const definitions = slopes.map(({ unknown, order }, i): ResolvedTerm => {
    const below = numberOf(slopes, unknowns, unknown, order - 1);
    const text = `derivative ${order} of ${resolved.unknowns[unknown]}`;
    const slope = variable(outputName(below, [time]));
    return {
      ...{ name: text, text, weight: 1 },
      residual: apply("-", slope, variable(outputName(unknowns + i, []))),
    };
  });
  return {
    ...resolved,
    unknowns: [...resolved.unknowns, ...definitions.map(({ name }) => name)],
    terms: [...terms, ...definitions],
  };
}

/**
 * Sizes of the slopes beside those of the problem: between that of the unknown and that of the equation
 * that has its highest derivative, in even ratios.
 */
export function slopeScales(
  { terms }: ResolvedPde,
  { unknowns, terms: sizes }: PdeScales,
  orders: readonly number[],
  time: number,
): PdeScales {
  const slopes = timeSlopes(orders).map(({ unknown, order }) => {
    const most = orders[unknown];
    const highest = outputName(unknown, new Array<number>(most).fill(time));
    const equation = terms.findIndex(({ residual, condition }) =>
      !condition && JSON.stringify(residual).includes(JSON.stringify(highest))
    );
    const size = sizes[Math.max(0, equation)];
    return unknowns[unknown] * pow(size / unknowns[unknown], order / most);
  });
  return { unknowns: [...unknowns, ...slopes], terms: [...sizes, ...slopes] };
}
