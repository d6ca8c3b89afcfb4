/**
 * Evaluators of free numbers, behind which stand constrained parameters.
 *
 * @module
 */

import type { Curvature, Evaluator } from "../../engine/mod.ts";
import type { Network } from "../../model/mod.ts";
import type { Constraints } from "./constraints.ts";
import { type ConstraintMap, type ConstraintPoint, createShape } from "./shape.ts";

/**
 * Wraps an evaluator: optimizers move free numbers. Epochs are not run on a device, which does not
 * know them.
 */
export function constrained(evaluator: Evaluator, shape: ConstraintMap): Evaluator {
  const { resident: _, curvature, ...rest } = evaluator;
  return {
    ...rest,
    async evaluate(free, gradientOut) {
      const point = shape.at(free);
      const bars = gradientOut && roomFor(point, gradientOut);
      const evaluation = await evaluator.evaluate(point.parameters, bars);
      if (gradientOut) pullInto(point, bars!, gradientOut);
      return evaluation;
    },
    ...(curvature && { curvature: constrainedCurvature(curvature, shape) }),
  };
}

/** Room for a gradient by the parameters: the one by the free numbers where these are as many. */
function roomFor({ parameters }: ConstraintPoint, out: Float64Array): Float64Array {
  return out.length === parameters.length ? out : new Float64Array(parameters.length);
}

function pullInto(point: ConstraintPoint, bars: Float64Array, out: Float64Array): void {
  const pulled = point.pullBack(bars);
  if (pulled !== out) out.set(pulled);
}

/** A point of an optimizer with the parameters that a network has there. */
export function inNetwork<Point extends { readonly parameters: Float64Array }>(
  shape: ConstraintMap | undefined,
  point: Point,
): Point {
  return shape ? { ...point, parameters: shape.at(point.parameters).parameters } : point;
}

/** The parameters of a network, changed as little as constraints ask for, and the map that keeps them. */
export function heldTo(
  network: Network,
  constraints: Constraints,
): { readonly network: Network; readonly shape: ConstraintMap } {
  const rough = createShape(network, constraints);
  const { parameters } = rough.at(rough.encode(network.parameters));
  const held = { ...network, parameters };
  return { network: held, shape: createShape(held, constraints) };
}

function constrainedCurvature(
  { jacobian: _, ...curvature }: Curvature,
  shape: ConstraintMap,
): Curvature {
  const { matrix } = curvature;
  return {
    ...curvature,
    ...(matrix && {
      async matrix(free, matrixOut, gradientOut) {
        const point = shape.at(free), n = point.parameters.length;
        const fewer = free.length < n, all = fewer ? new Float64Array(n * n) : matrixOut;
        const bars = roomFor(point, gradientOut);
        const value = await matrix(point.parameters, all, bars);
        pullInto(point, bars, gradientOut);
        if (fewer) sandwiched(all, matrixOut, free.length, point);
        else bothSides(matrixOut, n, point);
        return value;
      },
    } satisfies Partial<Curvature>),
    async product(free, vector, out) {
      const point = shape.at(free);
      const bars = roomFor(point, out);
      await curvature.product(point.parameters, point.push(vector), bars);
      pullInto(point, bars, out);
    },
    residuals: (free) => curvature.residuals(shape.at(free).parameters),
    jvp(free, vector) {
      const point = shape.at(free);
      return curvature.jvp(point.parameters, point.push(vector));
    },
    async vjp(free, residualsBar, out) {
      const point = shape.at(free);
      const bars = roomFor(point, out);
      await curvature.vjp(point.parameters, residualsBar, bars);
      pullInto(point, bars, out);
    },
    async secondJvp(free, vector, reach) {
      const { parameters, push, bend } = shape.at(free);
      const along = await curvature.secondJvp(parameters, push(vector), reach);
      const aside = await curvature.jvp(parameters, bend(vector));
      return along.map((x, i) => x + aside[i]);
    },
  };
}

/** `J^T M J` in place of a symmetric `M`: the gradient's way back for all rows, then all columns. */
function bothSides(matrix: Float64Array, n: number, point: ConstraintPoint): void {
  for (let turn = 0; turn < 2; turn++) {
    for (let i = 0; i < n; i++) point.pullBack(matrix.subarray(i * n, (i + 1) * n));
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++) {
        const other = matrix[j * n + i];
        matrix[j * n + i] = matrix[i * n + j];
        matrix[i * n + j] = other;
      }
    }
  }
}

/** `J^T M J` of fewer free numbers, `m`, than parameters. */
function sandwiched(
  matrix: Float64Array,
  out: Float64Array,
  m: number,
  point: ConstraintPoint,
): void {
  const n = point.parameters.length, half = new Float64Array(m * n);
  for (let i = 0; i < n; i++) {
    const row = point.pullBack(matrix.subarray(i * n, (i + 1) * n));
    for (let j = 0; j < m; j++) half[j * n + i] = row[j];
  }
  for (let j = 0; j < m; j++) {
    out.set(point.pullBack(half.subarray(j * n, (j + 1) * n)), j * m);
  }
}
