/**
 * Functions of one coordinate to the last digits: residuals out of derivatives with 32 digits.
 *
 * The second derivative of a spline on pieces of length h is a difference of coefficients times
 * 1 / h^2, and rounding with it. Where equations hardly decide a solution, as the place of an inner
 * layer, that rounding alone moves it far. So derivatives are taken in double-double arithmetic, as a
 * high part j and a low part l, and residuals as `R(j) + R'(j) l`; Newton's steps are taken from them in
 * float64 (iterative refinement: Wilkinson 1963, Rounding Errors in Algebraic Processes, chapter 3).
 *
 * @module
 */

import { add, type DoubleDouble, exactDifference, over, times } from "../../numerics/inner.ts";
import { curveStep, type CurveSystem, lossOfCurve, relativeSize } from "./curve_collocation.ts";
import { TENSOR_DEGREE } from "./tensor_space.ts";

/** Pairs of steps at most, and the share of the step before that the next one has to fall to. */
const MOST_STEPS = 12, FALLS = 0.5;
/** A last step that is this share of the first, or a first one near the last on coarser pieces, or short. */
const CONTRACTED = 0.01, NEAR = 10, SHORT = 1e-10;
/** Damping under which directions that equations hardly decide stand still, and such steps in a row. */
const STILL = 1e-16, MOST_STILL = 6;

/** Functions after steps. */
export interface Polished {
  readonly coefficients: Float64Array;
  /** Length of the last step tried, relative. */
  readonly step: number;
  /**
   * Whether steps got much shorter, or did so on coarser pieces and began as short as they ended there:
   * else the matrix itself is not known well enough.
   */
  readonly contracts: boolean;
}

/**
 * The functions after some steps.
 *
 * An undamped step multiplies what is left of other residuals on its way to the directions that are
 * hardly decided, so damped steps clear these first.
 */
export function polishCurve(
  on: CurveSystem,
  begin: Float64Array,
  coarser?: Omit<Polished, "coefficients">,
): Polished {
  let at = begin, last = Infinity, first = Infinity;
  const end = (step: number): Polished => ({
    coefficients: at,
    step,
    contracts: step <= Math.max(CONTRACTED * first, SHORT) ||
      coarser !== undefined && coarser.contracts && first <= NEAR * coarser.step,
  });
  const stepWith = (damping: number) => {
    const { change, undecided } = curveStep(on, damping, undefined, preciseResiduals(on, at));
    const step = undecided > 0 ? Infinity : relativeSize(change, at);
    return { step, moved: () => at.map((c, i) => c + change[i]) };
  };
  for (let k = 0; k < MOST_STEPS; k++) {
    for (let still = 0, before = Infinity; still < MOST_STILL; still++) {
      const { step, moved } = stepWith(STILL);
      if (!(step < FALLS * before)) break;
      at = moved();
      before = step;
    }
    const { step, moved } = stepWith(0);
    if (k === 0) first = step;
    if (!(step < FALLS * last)) return end(step);
    at = moved();
    last = step;
  }
  return end(last);
}

/** The residuals times the roots of their shares; leaves the jets' high parts in the system. */
function preciseResiduals(on: CurveSystem, coefficients: Float64Array): Float64Array {
  lossOfCurve(on, coefficients);
  const { system, bases } = on, all = new Float64Array(system.numResiduals);
  let from = 0;
  system.terms.forEach(({ tape, sources, rows, shares }, k) => {
    const { at, by, pieces } = bases[k];
    const residuals = tape.run().slice(), partials = tape.pull();
    sources.forEach((source, v) => {
      if (source.kind !== "jet") return;
      const { output, channel } = source.at;
      for (let r = 0; r < rows; r++) {
        if (partials[v][r] === 0) continue;
        const [high, low] = derivativeAt(on, coefficients, output, pieces[r], at[r], by[channel]);
        residuals[r] += partials[v][r] * (high - tape.columns[v][r] + low);
      }
    });
    for (let r = 0; r < rows; r++) all[from++] = Math.sqrt(2 * shares[r]) * residuals[r];
  });
  return all;
}

/** A derivative on a piece by de Boor's recursion, in double-double arithmetic. */
function derivativeAt(
  { line: { knots: { values: knots } }, system: { nOut } }: CurveSystem,
  coefficients: Float64Array,
  output: number,
  piece: number,
  x: number,
  order: number,
): DoubleDouble {
  const first = piece + 1; // the knot of the second function that is not 0
  let c = Array.from(
    { length: TENSOR_DEGREE + 1 },
    (_, i): DoubleDouble => [coefficients[(piece + i) * nOut + output], 0],
  );
  let degree: number = TENSOR_DEGREE;
  for (let d = 0; d < order; d++, degree--) {
    // degree (c_i - c_(i-1)) / (t_(i+degree) - t_i)
    c = c.slice(1).map((next, i) => {
      const [high, low] = c[i], left = first + d + i;
      const width = exactDifference(knots[left + degree], knots[left]);
      return over(times([degree, 0], add(next, [-high, -low])), width);
    });
  }
  const begin = first + order;
  for (let k = degree; k > 0; k--) {
    c = c.slice(1).map((next, i) => {
      const left = begin + (degree - k) + i;
      const width = exactDifference(knots[left + k], knots[left]);
      const share = over(exactDifference(x, knots[left]), width);
      const [high, low] = c[i];
      return add(c[i], times(share, add(next, [-high, -low])));
    });
  }
  return c[0];
}
