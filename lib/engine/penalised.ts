/**
 * A penalty on edges for engines whose kernels do not know it.
 *
 * The CPU's kernels compute the penalty and its gradient, in float64, beside the engine's loss.
 * Epochs are not run on a device, which does not know the penalty.
 *
 * @module
 */

import { isFiniteVector } from "../numerics/inner.ts";
import { canShareMemory } from "./cpu/wasm/memory.ts";
import { createPass } from "./cpu/values/pass.ts";
import { defaultThreads } from "./cpu/cpu_engine.ts";
import type { CompileRequest, Evaluator } from "./contract.ts";
import { checkEdgePenalty, hasEdgePenalty } from "./penalty.ts";

/**
 * Adds the penalty that a request asks for to the evaluator that an engine made of its loss.
 *
 * @param engine Name of the engine, for errors.
 * @throws {RangeError} If there are no rows, or the penalty is wrong.
 */
export async function withEdgePenalty<E extends Evaluator>(
  evaluator: E,
  { network, loss, dataset, penalty }: CompileRequest,
  engine: string,
): Promise<E> {
  if (!hasEdgePenalty(penalty)) return evaluator;
  checkEdgePenalty(penalty);
  if (!dataset) {
    throw new RangeError(
      `Cannot compile network: sparsity must be 0 for engine ${engine}, whose rows are not known ` +
        "to the penalty on edges",
    );
  }
  const threads = canShareMemory() ? defaultThreads(network, dataset.rows) : 1;
  const pass = await createPass(
    network,
    loss,
    dataset,
    { threads, dtype: "float64" },
    false,
    penalty,
  );
  const { resident: _, curvature: __, batches, ...rest } = evaluator;
  const gradient = new Float64Array(network.parameters.length);
  let bar = new Float64Array(dataset.rows * dataset.nOut);

  function costAt(parameters: Float64Array, gradientOut?: Float64Array): number {
    if (!isFiniteVector(parameters)) return NaN;
    if (!gradientOut) pass.value(parameters);
    else {
      pass.pull(parameters, bar, gradient);
      for (let i = 0; i < gradient.length; i++) gradientOut[i] += gradient[i];
    }
    return pass.pricing!.cost();
  }

  return {
    ...rest,
    async evaluate(parameters, gradientOut) {
      const evaluation = await evaluator.evaluate(parameters, gradientOut);
      const penalty = costAt(parameters, gradientOut);
      return { ...evaluation, objective: evaluation.objective + penalty, penalty };
    },
    ...(batches && {
      batches: {
        select(rows) {
          batches.select(rows);
          pass.selectRows(rows);
          bar = new Float64Array((rows?.length ?? dataset.rows) * dataset.nOut);
        },
      },
    }),
    penalty: { round: (epsilon) => pass.pricing!.round(epsilon) },
    dispose() {
      evaluator.dispose();
      pass.dispose();
    },
  } as E;
}
