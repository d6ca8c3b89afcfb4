/**
 * Evaluators that know whether another epoch follows.
 *
 * @module
 */

import type { Evaluator } from "../../engine/mod.ts";

/**
 * Wraps an evaluator: an engine that runs epochs on a device is told whether to expect another one
 * after the one that begins (`more`), so that it may begin it before the host has seen the results
 * of this one.
 */
export function expecting(evaluator: Evaluator, more: () => boolean): Evaluator {
  const { resident } = evaluator;
  if (!resident) return evaluator;
  return {
    ...evaluator,
    resident: {
      ...resident,
      runEpoch: (method, parameters, context) =>
        resident.runEpoch(method, parameters, { ...context, more: more() }),
    },
  };
}
