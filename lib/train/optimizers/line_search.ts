/**
 * A line search that ends at a point with the Wolfe conditions.
 *
 * Sufficient decrease `f(x + t d) <= f(x) + c1 t f'(x) d`, and curvature: weak,
 * `f'(x + t d) d >= c2 f'(x) d`, or strong, `|f'(x + t d) d| <= c2 |f'(x) d|`. Bracketing and zoom
 * with safeguarded cubic interpolation, Nocedal and Wright (2006), Algorithms 3.5 and 3.6.
 *
 * Weak is the default. Min-max normalisation makes the objective piecewise smooth: it has a kink
 * wherever two rows tie for an extreme. A search for small slopes is drawn onto the kink itself,
 * where the next gradient step goes up at once; the weak condition stops beside it, and the jump of
 * the gradient teaches BFGS the kink (Lewis and Overton 2013).
 *
 * A trial whose value is not finite counts as too long.
 *
 * @module
 */

/** Value and slope along the line at one step length. */
export interface LinePoint {
  readonly step: number;
  readonly value: number;
  readonly slope: number;
}

/** The conditions' constants and the effort allowed. */
export interface LineSearchOptions {
  /** Sufficient decrease, 0 < c1 < c2. */
  readonly c1: number;
  /** Curvature, c1 < c2 < 1. */
  readonly c2: number;
  readonly curvature: "weak" | "strong";
  readonly maxEvaluations: number;
}

/** Where a search ended. */
export interface LineSearchResult extends LinePoint {
  /** Whether the value decreased enough (the curvature condition may be missed at the limit). */
  readonly decreased: boolean;
  readonly evaluations: number;
}

/**
 * Searches a step length along a descent direction, from value and negative slope at step 0 and a
 * first positive trial. Returns the best point found; step 0 if nothing decreased.
 */
export async function wolfeSearch(
  evaluate: (step: number) => Promise<LinePoint>,
  start: LinePoint,
  firstStep: number,
  { c1, c2, curvature, maxEvaluations }: LineSearchOptions,
): Promise<LineSearchResult> {
  let evaluations = 0;
  let best: LinePoint = start;

  function enough(point: LinePoint): boolean {
    return Number.isFinite(point.value) && Number.isFinite(point.slope) &&
      point.value <= start.value + c1 * point.step * start.slope;
  }
  function flat(point: LinePoint): boolean {
    return point.slope >= c2 * start.slope &&
      (curvature === "weak" || point.slope <= -c2 * start.slope);
  }
  async function at(step: number): Promise<LinePoint> {
    evaluations++;
    const point = await evaluate(step);
    if (enough(point) && point.value < best.value) best = point;
    return point;
  }
  function finish(point: LinePoint): LineSearchResult {
    return { ...point, decreased: point !== start && enough(point), evaluations };
  }

  let previous = start, step = firstStep;
  let low: LinePoint, high: LinePoint;
  for (;;) {
    const point = await at(step);
    if (!enough(point) || (evaluations > 1 && point.value >= previous.value)) {
      [low, high] = [previous, point];
      break;
    }
    if (flat(point)) return finish(point);
    if (point.slope >= 0) {
      [low, high] = [point, previous];
      break;
    }
    if (evaluations >= maxEvaluations) return finish(best);
    const [least, most] = [point.step + 0.01 * (point.step - previous.step), 10 * point.step];
    step = clamp(cubicMinimum(previous, point), least, most, 2 * point.step);
    previous = point;
  }
  while (evaluations < maxEvaluations) {
    const width = high.step - low.step;
    if (Math.abs(width) * Math.abs(start.slope) < 1e-16 * Math.abs(start.value)) break;
    const margin = 0.1 * Math.abs(width);
    const [left, right] = width > 0 ? [low.step, high.step] : [high.step, low.step];
    const middle = low.step + width / (Number.isFinite(high.value) ? 2 : 10);
    const trial = clamp(cubicMinimum(low, high), left + margin, right - margin, middle);
    const point = await at(trial);
    if (!enough(point) || point.value >= low.value) {
      high = point;
      continue;
    }
    if (flat(point)) return finish(point);
    if (point.slope * width >= 0) high = low;
    low = point;
  }
  return finish(best);
}

/** Minimiser of the cubic through two values and slopes, Nocedal and Wright eq. (3.59). */
function cubicMinimum(p: LinePoint, q: LinePoint): number {
  const d1 = p.slope + q.slope - 3 * (p.value - q.value) / (p.step - q.step);
  const square = d1 * d1 - p.slope * q.slope;
  if (!(square >= 0)) return NaN;
  const d2 = Math.sign(q.step - p.step) * Math.sqrt(square);
  return q.step - (q.step - p.step) * (q.slope + d2 - d1) / (q.slope - p.slope + 2 * d2);
}

function clamp(x: number, low: number, high: number, otherwise: number): number {
  if (!Number.isFinite(x)) return otherwise;
  return x < low ? low : x > high ? high : x;
}
