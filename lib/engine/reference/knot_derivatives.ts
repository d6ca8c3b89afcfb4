/**
 * How the basis functions at a point move with the knots, extrapolation included.
 *
 * @module
 */

import { pow } from "../../numerics/inner.ts";
import { bsplineKnotDerivatives } from "../../basis/mod.ts";
import { domainOf, findInterval, type KnotVector } from "../../knots/mod.ts";
import { domainPoint, type SplineStage } from "../../model/inner.ts";

/**
 * Adds `sum_i valuesBar[i] d f_i(u) / d t_j` to `knotsBar[j]`, where `f_i` are the functions that
 * `localFunctions` gives and `valuesBar[i]` belongs to function `first + i`.
 *
 * B-splines: derivatives of the recursion. ReLU powers: `d/dt_i (u - t_i)^d = -d (u - t_i)^(d-1)`.
 * The line beyond an end `e` adds `(u - e)` times the derivative of the slope at `e`.
 */
export function addKnotDerivatives(
  knots: KnotVector,
  u: number,
  stage: Pick<SplineStage, "basis" | "extrapolation">,
  valuesBar: Float64Array,
  knotsBar: Float64Array,
): void {
  const { degree, values: t } = knots;
  const { at, beyond } = domainPoint(knots, u, stage.extrapolation);
  if (stage.basis === "relu") {
    const d = degree, [, b] = domainOf(knots);
    for (let i = 0; i < valuesBar.length; i++) {
      const y = at - t[i];
      // A point on a corner belongs to the piece at its right, at the end of the domain at its left.
      if (y < 0 || (y === 0 && d === 1 && !(at < b))) continue;
      const value = -d * pow(y, d - 1);
      const slope = d === 1 ? 0 : -d * (d - 1) * pow(y, d - 2);
      knotsBar[i] += valuesBar[i] * (value + beyond * slope);
    }
    return;
  }
  const interval = findInterval(knots, at);
  const columns = 2 * degree;
  const value = bsplineKnotDerivatives(knots, at, interval, 0).values;
  const slope = beyond === 0 ? undefined : bsplineKnotDerivatives(knots, at, interval, 1).values;
  for (let i = 0; i <= degree; i++) {
    for (let j = 0; j < columns; j++) {
      const share = value[i * columns + j] + (slope ? beyond * slope[i * columns + j] : 0);
      knotsBar[interval - degree + 1 + j] += valuesBar[i] * share;
    }
  }
}
