/**
 * What training may be held to: monotone, convex or concave, within a range.
 *
 * @module
 */

import type { Loss } from "../../engine/mod.ts";
import type { NetworkConfig } from "../../model/mod.ts";
import type { Schedule } from "../../multilevel/mod.ts";

/**
 * What a network is held to while it trains; `certify` proves it afterwards.
 *
 * Coefficients of B-splines in rising order make a rising spline, rising slopes of coefficients over
 * their abscissae (means of knots, which free knots move) a convex one, and exact refinement keeps
 * both. A sum of such splines, and a rising spline of one,
 * is such a function again: the first map has the signs that are asked for, all layers behind it
 * rise. That is enough, not necessary: a network may be monotone without it.
 */
export interface Constraints {
  /** For every input 1 (outputs never fall with it), -1 (never rise) or 0 (free). Default: all free. */
  readonly monotone?: readonly (1 | -1 | 0)[];
  /**
   * Inputs of which outputs are convex functions. Behind a linear first map outputs are then convex
   * in all inputs together.
   */
  readonly convex?: readonly number[];
  /**
   * Inputs of which outputs are concave functions; the same holds of these. Beside `convex` only in a
   * network of one layer of splines and no linear map.
   */
  readonly concave?: readonly number[];
  /** What every output stays within, in the units of the targets that are trained on. */
  readonly range?: readonly [number, number];
}

/** Throws a `RangeError` unless a network can be held to constraints by a loss and a schedule. */
export function checkConstraints(
  config: NetworkConfig,
  constraints: Constraints,
  loss: Loss,
  { stages }: Schedule,
): void {
  const { monotone, convex = [], concave = [], range } = constraints, { widths } = config;
  const nIn = widths[0], nOut = widths[widths.length - 1];
  function check(ok: boolean, name: string, rule: string, current: unknown): void {
    if (ok) return;
    throw new RangeError(
      `Cannot train: ${name} must be ${rule}, current value is ${JSON.stringify(current)}`,
    );
  }
  const signs = monotone === undefined ||
    (monotone.length === nIn && monotone.every((sign) => [1, 0, -1].includes(sign)));
  check(signs, "monotone", `1, -1 or 0 for each of ${nIn} inputs`, monotone);
  const inputs = (list: readonly number[]) =>
    list.every((input) => Number.isInteger(input) && input >= 0 && input < nIn);
  check(inputs(convex), "convex", `inputs from 0 to ${nIn - 1}`, convex);
  check(inputs(concave), "concave", `inputs from 0 to ${nIn - 1}`, concave);
  const shaped = convex.length + concave.length > 0 || monotone?.some((sign) => sign !== 0);
  const several = loss.kind === "crossEntropy" && nOut > 1 && shaped === true;
  check(!several, "outputs", "the one logit of two classes where shapes are held", nOut);
  const ends = range === undefined ||
    (range.length === 2 && range.every(Number.isFinite) && range[0] < range[1]);
  check(ends, "range", "two finite numbers, the first below the second", range);
  const { activation, basis, base, knots, extrapolation } = config;
  check(activation === "spline", "activation", "spline where outputs are constrained", activation);
  check(basis === "bspline", "basis", "bspline where outputs are constrained", basis);
  check(base === "none", "base", "none where outputs are constrained", base);
  if (convex.length + concave.length > 0) {
    const goesOn = extrapolation !== "clamp", bent = convex.length > 0 ? "convex" : "concave";
    check(goesOn, "extrapolation", `linear or error for ${bent} outputs`, extrapolation);
    const still = knots !== "free" || !stages.some(({ freeze }) => freeze?.includes("knots"));
    check(still, "freeze", `without knots that are free for ${bent} outputs`, "knots");
  }
  if (convex.length > 0 && concave.length > 0) {
    const additive = config.firstLayer === "spline" && widths.length === 2;
    const rule = "left out beside convex in a network of more than one layer of splines";
    check(additive, "concave", rule, concave);
    const both = concave.find((input) => convex.includes(input));
    check(both === undefined, "concave", "of other inputs than convex", both);
  }
  if (range) {
    const full = !config.edges?.[config.edges.length - 1];
    check(full, "edges", "all there in the last layer where outputs have a range", "a mask");
    const stops = extrapolation !== "linear";
    check(stops, "extrapolation", "clamp or error for outputs within a range", extrapolation);
  }
}
