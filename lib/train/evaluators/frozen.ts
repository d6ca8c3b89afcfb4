/**
 * Evaluators in which some parameters do not move.
 *
 * @module
 */

import type { Network } from "../../model/mod.ts";
import type { ScheduleStage } from "../../multilevel/mod.ts";
import type { Curvature, Evaluator } from "../../engine/mod.ts";

/** What the names of each group's blocks hold. */
const GROUPS = { knots: ".knotLogits", coefficients: ".coefficients", linear: "linear" };

/** Wraps an evaluator: parameters that the stage freezes do not move. */
export function frozen(evaluator: Evaluator, network: Network, stage: ScheduleStage): Evaluator {
  if (!stage.freeze?.length) return evaluator;
  const marks = new Uint8Array(network.parameters.length);
  for (const { name, offset, size } of network.layout) {
    if (stage.freeze.some((group) => name.includes(GROUPS[group]))) {
      marks.fill(1, offset, offset + size);
    }
  }
  return freezeParameters(evaluator, marks);
}

/**
 * An evaluator in which some parameters do not move: their derivatives are 0. Epochs are not run on a
 * device, where all parameters move.
 */
export function freezeParameters(evaluator: Evaluator, frozen: Uint8Array): Evaluator {
  const { resident: _, ...rest } = evaluator;
  const n = frozen.length;
  return {
    ...rest,
    async evaluate(parameters, gradientOut) {
      const evaluation = await evaluator.evaluate(parameters, gradientOut);
      if (gradientOut) { for (let i = 0; i < n; i++) if (frozen[i]) gradientOut[i] = 0; }
      return evaluation;
    },
    ...(evaluator.curvature && { curvature: freezeCurvature(evaluator.curvature, frozen) }),
  };
}

/** The curvature in the parameters that move. */
function freezeCurvature(curvature: Curvature, frozen: Uint8Array): Curvature {
  const n = frozen.length;
  const { matrix, sample, jacobian } = curvature;
  function clear(vector: Float64Array): void {
    for (let i = 0; i < n; i++) if (frozen[i]) vector[i] = 0;
  }
  function clearMatrix(matrix: Float64Array): void {
    for (let i = 0; i < n; i++) {
      if (!frozen[i]) continue;
      for (let j = 0; j < n; j++) matrix[i * n + j] = matrix[j * n + i] = 0;
    }
  }
  function moving(vector: Float64Array): Float64Array {
    return vector.map((v, i) => frozen[i] ? 0 : v);
  }
  return {
    ...curvature,
    ...(matrix && {
      async matrix(parameters, matrixOut, gradientOut) {
        const value = await matrix(parameters, matrixOut, gradientOut);
        clear(gradientOut);
        clearMatrix(matrixOut);
        return value;
      },
    } satisfies Partial<Curvature>),
    ...(sample && {
      async sample(parameters, matrixOut) {
        await sample(parameters, matrixOut);
        clearMatrix(matrixOut);
      },
    } satisfies Partial<Curvature>),
    ...(jacobian && {
      async jacobian(parameters) {
        const rows = await jacobian(parameters);
        for (let from = 0; from < rows.length; from += n) clear(rows.subarray(from, from + n));
        return rows;
      },
    } satisfies Partial<Curvature>),
    async product(parameters, vector, out) {
      await curvature.product(parameters, moving(vector), out);
      clear(out);
    },
    jvp: (parameters, vector) => curvature.jvp(parameters, moving(vector)),
    async vjp(parameters, residualsBar, out) {
      await curvature.vjp(parameters, residualsBar, out);
      clear(out);
    },
    secondJvp: (parameters, vector, reach) =>
      curvature.secondJvp(parameters, moving(vector), reach),
  };
}
