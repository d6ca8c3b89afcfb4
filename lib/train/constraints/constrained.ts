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
      const evaluation = await evaluator.evaluate(point.parameters, gradientOut);
      if (gradientOut) point.pullBack(gradientOut);
      return evaluation;
    },
    ...(curvature && { curvature: constrainedCurvature(curvature, shape) }),
  };
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

function constrainedCurvature(curvature: Curvature, shape: ConstraintMap): Curvature {
  const { matrix } = curvature;
  return {
    ...curvature,
    ...(matrix && {
      async matrix(free, matrixOut, gradientOut) {
        const point = shape.at(free);
        const value = await matrix(point.parameters, matrixOut, gradientOut);
        point.pullBack(gradientOut);
        bothSides(matrixOut, free.length, point);
        return value;
      },
    } satisfies Partial<Curvature>),
    async product(free, vector, out) {
      const point = shape.at(free);
      await curvature.product(point.parameters, point.push(vector), out);
      point.pullBack(out);
    },
    residuals: (free) => curvature.residuals(shape.at(free).parameters),
    jvp(free, vector) {
      const point = shape.at(free);
      return curvature.jvp(point.parameters, point.push(vector));
    },
    async vjp(free, residualsBar, out) {
      const point = shape.at(free);
      await curvature.vjp(point.parameters, residualsBar, out);
      point.pullBack(out);
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
