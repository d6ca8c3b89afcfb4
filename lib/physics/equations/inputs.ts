/**
 * From coordinates to a network's inputs, derivatives included.
 *
 * A coordinate in which the solution is periodic enters as `cos(2 pi (x - a) / L)` and
 * `sin(2 pi (x - a) / L)`; the others are mapped onto [-1, 1], so that their units do not matter.
 * Derivatives are by the coordinates themselves.
 *
 * @module
 */

import { closeDerivatives } from "../../engine/inner.ts";
import type { Derivative, JetPoints } from "../../engine/mod.ts";
import type { PdeProblem } from "./pde.ts";
import { cos, pow, sin } from "../../numerics/inner.ts";

/** Counts the inputs of a network for a problem: one per coordinate, two per periodic one. */
export function numPdeInputs(problem: PdeProblem): number {
  return Object.keys(problem.domain).length + (problem.periodic?.length ?? 0);
}

/**
 * The inputs of a network, for `evaluateJets` and `compileJets`, at points of a problem's domain,
 * shape `[rows, coordinates]`, with their derivatives by coordinates.
 */
export function pdeInputs(
  problem: PdeProblem,
  points: Float64Array,
  wanted: readonly Derivative[],
): JetPoints {
  const names = Object.keys(problem.domain), d = names.length, nIn = numPdeInputs(problem);
  const rows = points.length / d;
  const derivatives = closeDerivatives(wanted);
  const inputs = new Float64Array(rows * derivatives.length * nIn);
  for (let r = 0; r < rows; r++) {
    derivatives.forEach((derivative, c) => {
      let to = (r * derivatives.length + c) * nIn;
      names.forEach((name, i) => {
        const x = points[r * d + i], order = derivative.length;
        const alone = derivative.every((by) => by === i), [a, b] = problem.domain[name];
        if (!problem.periodic?.includes(name)) {
          const slope = problem.rawCoordinates ? 1 : 2 / (b - a);
          inputs[to++] = order > 0
            ? order === 1 && alone ? slope : 0
            : problem.rawCoordinates
            ? x
            : 2 * ((x - a) / (b - a)) - 1;
          return;
        }
        const rate = 2 * Math.PI / (b - a);
        const phase = rate * (x - a) + order * Math.PI / 2, size = alone ? pow(rate, order) : 0;
        inputs[to++] = size * cos(phase);
        inputs[to++] = size * sin(phase);
      });
    });
  }
  return { rows, derivatives, inputs };
}
