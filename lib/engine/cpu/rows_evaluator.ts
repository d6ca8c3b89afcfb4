/**
 * Evaluations of a network on rows: a pass, its curvature, mini-batches.
 *
 * @module
 */

import { defined, isFiniteVector } from "../../numerics/inner.ts";
import type { Dataset } from "../../data/mod.ts";
import type { CompileRequest, Evaluation, Evaluator } from "../contract.ts";
import { addWeightDecay, checkSelection, type Loss } from "../loss.ts";
import { choleskyOnThreads } from "./linalg/cholesky.ts";
import { createCurvature } from "./gauss_newton/curvature.ts";
import { hasLossCalls } from "./values/loss_calls.ts";
import { createPass, type Pass, type PassSettings } from "./values/pass.ts";

/** A network, its loss and its rows. */
export type RowsRequest =
  & Pick<CompileRequest, "network" | "loss" | "penalty">
  & { readonly dataset: Dataset };

/** Where and how rows are evaluated. */
export interface RowsSettings extends PassSettings {
  /** Threads that factorise; undefined: as many as pay. */
  readonly factorThreads: number | undefined;
}

/** An evaluator, and the way to give it other rows. */
export interface RowsEvaluator {
  readonly evaluator: Evaluator;
  /** Makes the following evaluations those of other rows, at most as many as the dataset has. */
  takeRows(rows: Dataset): void;
}

/** Allocates all that evaluations need. */
export async function compileRows(
  { network, loss, dataset, penalty }: RowsRequest,
  settings: RowsSettings,
): Promise<RowsEvaluator> {
  const pass = await createPass(network, loss, dataset, settings, hasLossCalls(loss), penalty);
  const evaluations = createEvaluations(pass, loss, network.parameters.length);
  const rounded = penalty && { penalty, epsilon: 0 };
  const second = createCurvature(network, loss, dataset, settings, evaluations, rounded);
  const { cholesky, dispose } = choleskyOnThreads(settings.factorThreads);
  const evaluator: Evaluator = {
    numParameters: network.parameters.length,
    bytes: pass.bytes,
    evaluate: evaluations.evaluate,
    curvature: { ...second.curvature, cholesky },
    batches: {
      select(rows) {
        checkSelection(loss, rows);
        evaluations.forget();
        pass.selectRows(rows);
        second.selectRows(rows);
      },
    },
    ...(rounded && {
      penalty: {
        round(epsilon: number) {
          evaluations.forget();
          rounded.epsilon = epsilon;
          pass.pricing!.round(epsilon);
        },
      },
    }),
    dispose() {
      pass.dispose();
      second.dispose();
      dispose();
    },
  };
  return {
    evaluator,
    takeRows(rows) {
      evaluations.forget();
      pass.takeRows(rows);
    },
  };
}

/**
 * Evaluations by a pass. A matrix needs the gradient where the objective has just been found: from
 * the first matrix on, evaluations without a gradient find it all the same, for the next matrix.
 */
function createEvaluations(pass: Pass, loss: Loss, n: number) {
  const { statistics, outputs, pricing, extremeRows } = pass;
  const at = new Float64Array(n), gradient = new Float64Array(n);
  let latest: Evaluation | undefined, expectsMatrix = false;

  function evaluate(parameters: Float64Array, gradientOut?: Float64Array): Evaluation {
    latest = undefined;
    if (!isFiniteVector(parameters)) {
      gradientOut?.fill(NaN);
      return { objective: NaN, loss: NaN, statistics, outputs };
    }
    const to = gradientOut ?? (expectsMatrix ? gradient : undefined);
    const value = to ? pass.valueAndGradient(parameters, to) : pass.value(parameters);
    const cost = pricing?.cost(), decay = addWeightDecay(loss, parameters, to);
    const objective = value + decay + (cost ?? 0);
    const found = { objective, loss: value, ...defined({ penalty: cost }), statistics, outputs };
    if (to && expectsMatrix) {
      at.set(parameters);
      gradient.set(to);
      latest = found;
    }
    return found;
  }

  function forget(): void {
    latest = undefined;
  }

  return {
    evaluate,
    pricing,
    measured: { statistics, extremeRows },
    /** What follows is evaluated anew. */
    forget,
    /** Runs forward. */
    value(parameters: Float64Array): void {
      forget();
      pass.value(parameters);
    },
    /** The objective and gradient for a matrix. */
    valueAndGradient(parameters: Float64Array, gradientOut: Float64Array): number {
      expectsMatrix = true;
      if (!latest || at.some((x, i) => x !== parameters[i])) {
        return evaluate(parameters, gradientOut).objective;
      }
      gradientOut.set(gradient);
      return latest.objective;
    },
  };
}
