/**
 * Distances between the abscissae of coefficients as free knots move, and their derivatives.
 *
 * @module
 */

import { freeKnots, freeKnotsVjp } from "../../knots/mod.ts";
import { distances, type RisingChain, type Spans } from "./chains.ts";

/** Distances at a point, one array for all chains of a node. */
export interface SpanTable {
  of(spans: Spans): Float64Array;
  /** How distances change as parameters move along a vector; undefined where they do not. */
  push(spans: Spans, vector: Float64Array): Float64Array | undefined;
  /** Adds to the gradient by the logits what a gradient by the distances makes of it. */
  pullBack(spans: Spans, distancesBar: Float64Array, gradient: Float64Array): void;
}

/** Computes distances at parameters, each once. */
export function spanTable(parameters: Float64Array): SpanTable {
  const known = new Map<Spans, Float64Array>(), slopes = new Map<Spans, Float64Array>();
  /** Derivatives of the distances by the logits, shape `[count, logits]`. */
  function slopesOf(spans: Spans): Float64Array {
    const found = slopes.get(spans);
    if (found) return found;
    const { logits, degree, count, backward } = spans, { at, count: size, space } = logits!;
    const values = parameters.slice(at, at + size), matrix = new Float64Array(count * size);
    const knotsBar = new Float64Array(space.intervals + 1 + 2 * degree),
      row = new Float64Array(size);
    for (let i = 1; i < count && values.every(Number.isFinite); i++) {
      const k = backward ? count - i : i;
      knotsBar.fill(0);
      knotsBar[k + degree] = 1 / degree;
      knotsBar[k] = -1 / degree;
      row.fill(0);
      freeKnotsVjp(values, space, knotsBar, row);
      matrix.set(row, i * size);
    }
    slopes.set(spans, matrix);
    return matrix;
  }
  return {
    of(spans) {
      const found = spans.fixed ?? known.get(spans);
      if (found) return found;
      const { at, count, space } = spans.logits!, values = parameters.slice(at, at + count);
      const made = values.every(Number.isFinite)
        ? distances(freeKnots(values, space).values, spans)
        : new Float64Array(spans.count).fill(NaN);
      known.set(spans, made);
      return made;
    },
    push(spans, vector) {
      if (!spans.logits) return undefined;
      const { at, count } = spans.logits, matrix = slopesOf(spans);
      return Float64Array.from({ length: spans.count }, (_, i) => {
        let sum = 0;
        for (let j = 0; j < count; j++) sum += matrix[i * count + j] * vector[at + j];
        return sum;
      });
    },
    pullBack(spans, distancesBar, gradient) {
      if (!spans.logits) return;
      const { at, count } = spans.logits, matrix = slopesOf(spans);
      distancesBar.forEach((bar, i) => {
        if (bar === 0) return;
        for (let j = 0; j < count; j++) gradient[at + j] += bar * matrix[i * count + j];
      });
    },
  };
}

/** Turns steps into coefficients, in place. */
export function sumUp(
  { at, step, count, spans }: RisingChain,
  values: Float64Array,
  table: SpanTable,
): void {
  const lengths = spans && table.of(spans);
  let slope = 0;
  for (let k = 1, i = at + step; k < count; k++, i += step) {
    if (lengths) {
      slope += values[i];
      values[i] = values[i - step] + slope * lengths[k];
    } else values[i] += values[i - step];
  }
}

/**
 * Turns changes of steps into changes of coefficients, in place; `steps` are those at the point, and
 * `vector` is what all parameters move along.
 */
export function sumUpChange(
  { at, step, count, spans }: RisingChain,
  values: Float64Array,
  table: SpanTable,
  steps: Float64Array,
  vector: Float64Array,
): void {
  const lengths = spans && table.of(spans), moved = spans && table.push(spans, vector);
  let slope = 0, change = 0;
  for (let k = 1, i = at + step; k < count; k++, i += step) {
    if (lengths) {
      change += values[i];
      slope += steps[i];
      values[i] = values[i - step] + change * lengths[k] + (moved ? slope * moved[k] : 0);
    } else values[i] += values[i - step];
  }
}

/** Turns coefficients into steps, in place. */
export function takeApart(
  { at, step, count, spans }: RisingChain,
  values: Float64Array,
  table: SpanTable,
): void {
  const lengths = spans && table.of(spans);
  for (let k = count - 1, i = at + k * step; k >= 1; k--, i -= step) {
    values[i] -= values[i - step];
    if (lengths) values[i] = lengths[k] > 0 ? values[i] / lengths[k] : 0;
  }
  if (!lengths) return;
  for (let k = count - 1, i = at + k * step; k >= 2; k--, i -= step) values[i] -= values[i - step];
}

/** The transpose of {@linkcode sumUpChange}, in place. */
export function gather(
  { at, step, count, spans }: RisingChain,
  values: Float64Array,
  table: SpanTable,
  steps: Float64Array,
): void {
  for (let k = count - 2, i = at + k * step; k >= 0; k--, i -= step) values[i] += values[i + step];
  if (!spans) return;
  if (spans.logits) {
    const bars = new Float64Array(count);
    let slope = 0;
    for (let k = 1, i = at + step; k < count; k++, i += step) {
      slope += steps[i];
      bars[k] = values[i] * slope;
    }
    table.pullBack(spans, bars, values);
  }
  const lengths = table.of(spans);
  for (let k = 1, i = at + step; k < count; k++, i += step) values[i] *= lengths[k];
  for (let k = count - 2, i = at + k * step; k >= 1; k--, i -= step) values[i] += values[i + step];
}
