/**
 * Cox's partial likelihood of survival times: the one loss whose rows are coupled.
 *
 * A target is the time at which a row's event came, or minus the time at which it was last seen
 * without one. The output is the logarithm of a hazard ratio; a constant added to all outputs changes
 * nothing.
 *
 * @module
 */

import type { Dataset } from "../data/mod.ts";
import { exp, log } from "../numerics/inner.ts";

/** The rows whose events came at one time, and what all rows still under observation weigh. */
interface EventTime {
  /** Sum of the weights of the events. */
  readonly events: number;
  /** `log sum_j w_j exp(y_j)` over the rows at risk. */
  readonly logRisk: number;
  /** Number of rows at risk: the first so many in {@linkcode descending}. */
  readonly atRisk: number;
}

const orders = new WeakMap<Float64Array, Uint32Array>();

/** Row numbers by falling times; of equal times, by number. */
function descending({ rows, targets }: Dataset): Uint32Array {
  let order = orders.get(targets);
  const time = (k: number) => Math.abs(targets[order![k]]);
  if (order?.length !== rows || order.some((_, k) => k > 0 && time(k) > time(k - 1))) {
    order = Uint32Array.from({ length: rows }, (_, r) => r)
      .sort((a, b) => Math.abs(targets[b]) - Math.abs(targets[a]) || a - b);
    orders.set(targets, order);
  }
  return order;
}

/** The times of events, from the last to the first. */
function eventTimes(
  outputs: Float64Array,
  { rows, targets, weights }: Dataset,
  order: Uint32Array,
): EventTime[] {
  const times: EventTime[] = [];
  let top = -Infinity, sum = 0; // the sum of w exp(y - top)
  for (let k = 0; k < rows;) {
    const time = Math.abs(targets[order[k]]);
    let events = 0;
    for (; k < rows && Math.abs(targets[order[k]]) === time; k++) {
      const r = order[k], weight = weights ? weights[r] : 1;
      if (weight === 0) continue;
      if (outputs[r] > top) {
        sum *= exp(top - outputs[r]);
        top = outputs[r];
      }
      sum += weight * exp(outputs[r] - top);
      if (targets[r] > 0) events += weight;
    }
    if (events > 0) times.push({ events, logRisk: top + log(sum), atRisk: k });
  }
  return times;
}

/** The sum of the weights of events. */
export function eventWeight({ rows, targets, weights }: Dataset): number {
  let sum = 0;
  for (let r = 0; r < rows; r++) if (targets[r] > 0) sum += weights ? weights[r] : 1;
  return sum;
}

/**
 * The negative logarithm of the partial likelihood (Cox 1972), events at one time as Breslow has them
 * (1974), each event by its weight: the mean over events of `log sum_j w_j exp(y_j) - y_i`, the sum
 * over the rows still under observation. 0 where no row has an event.
 *
 * @param gradientOut Overwritten with the derivative by the outputs, if given.
 */
export function coxLoss(
  outputs: Float64Array,
  dataset: Dataset,
  gradientOut?: Float64Array,
): number {
  const total = eventWeight(dataset);
  if (gradientOut) gradientOut.fill(0);
  if (total === 0) return 0;
  const { rows, targets, weights } = dataset, order = descending(dataset);
  const times = eventTimes(outputs, dataset, order);
  const losses = coxRowLosses(outputs, dataset, order, times);
  let sum = 0;
  for (let r = 0; r < rows; r++) sum += (weights ? weights[r] : 1) * losses[r];
  if (gradientOut) {
    const hazards = diagonal(outputs, dataset, order, times);
    for (let r = 0; r < rows; r++) {
      const seen = targets[r] > 0 ? weights ? weights[r] : 1 : 0;
      gradientOut[r] = (hazards[r] - seen) / total;
    }
  }
  return sum / total;
}

/** What every row's event adds to the loss, whatever its weight; 0 of rows without. */
export function coxRowLosses(
  outputs: Float64Array,
  dataset: Dataset,
  order = descending(dataset),
  times = eventTimes(outputs, dataset, order),
): Float64Array {
  const { rows, targets } = dataset, losses = new Float64Array(rows);
  let g = 0;
  for (let k = 0; k < rows; k++) {
    while (g < times.length && k >= times[g].atRisk) g++;
    const r = order[k];
    if (targets[r] > 0 && g < times.length) losses[r] = times[g].logRisk - outputs[r];
  }
  return losses;
}

/** `sum_g d_g p_g`, the events that each row was to expect: `p_g` its share of the risk at time g. */
function diagonal(
  outputs: Float64Array,
  { rows, weights }: Dataset,
  order: Uint32Array,
  times: readonly EventTime[],
): Float64Array {
  const expected = new Float64Array(rows);
  // log sum_g d_g / S_g over the events that a row has lived to see
  let top = -Infinity, sum = 0, g = times.length - 1;
  for (let k = rows - 1; k >= 0; k--) {
    for (; g >= 0 && times[g].atRisk > k; g--) {
      const { events, logRisk } = times[g];
      if (-logRisk > top) {
        sum *= exp(top + logRisk);
        top = -logRisk;
      }
      sum += events * exp(-logRisk - top);
    }
    const r = order[k], weight = weights ? weights[r] : 1;
    if (sum > 0 && weight > 0) expected[r] = weight * exp(outputs[r] + top) * sum;
  }
  return expected;
}

/** Most groups of event times whose mean shares the curvature is made of. */
const MOST_GROUPS = 32;

/** A curvature by all outputs together: `diag(a) - sum_b v_b v_b^T`. */
export interface SharedCurvature {
  /** `a`, shape `[rows]`. */
  readonly diagonal: Float64Array;
  /** `v_b`, each of shape `[rows]`. */
  readonly shared: readonly Float64Array[];
}

/**
 * The curvature of the partial likelihood by the outputs, `sum_g d_g (diag(p_g) - p_g p_g^T)` over the
 * times of events, exact for up to 32 of them. Of more times neighbours are joined, and their mean
 * shares stand for each: since `p p^T` is convex, the matrix is then above the exact one.
 */
export function coxCurvature(outputs: Float64Array, dataset: Dataset): SharedCurvature {
  const total = eventWeight(dataset);
  if (total === 0) return { diagonal: new Float64Array(dataset.rows), shared: [] };
  const order = descending(dataset), times = eventTimes(outputs, dataset, order);
  const expected = diagonal(outputs, dataset, order, times);
  const count = Math.min(MOST_GROUPS, times.length), shared: Float64Array[] = [];
  for (let b = 0; b < count; b++) {
    const from = Math.floor(b * times.length / count);
    const group = times.slice(from, Math.floor((b + 1) * times.length / count));
    const events = group.reduce((sum, each) => sum + each.events, 0);
    const scale = 1 / Math.sqrt(events * total);
    shared.push(diagonal(outputs, dataset, order, group).map((each) => scale * each));
  }
  return { diagonal: expected.map((each) => each / total), shared };
}
