/**
 * A device that fails: training ends with the best network of what was read before.
 *
 * @module
 */

import { commonRows } from "../../data/inner.ts";
import { forward, withStatistics } from "../../model/mod.ts";
import { type EngineError, evaluateLoss } from "../../engine/mod.ts";
import type { Run, RunState, Verdict } from "../run.ts";
import { type MeasuredNetwork, orInfinity } from "./best.ts";

/** How the run ends. */
export function deviceFailure({ message }: EngineError): NonNullable<Verdict["ending"]> {
  return { status: "failed", reason: `${message}; the best network so far is kept` };
}

/** The best network of a stage, measured without the engine. */
export function plainNetwork(
  { dataset: rows, loss }: Run,
  { start, best: { parameters } }: RunState,
): Promise<MeasuredNetwork> {
  const network = { ...start!, parameters }, dataset = rows && commonRows(rows);
  if (!dataset) return Promise.resolve({ network, loss: Infinity });
  const measured = withStatistics(network, dataset.inputs);
  const outputs = forward(measured, dataset.inputs, dataset.rows);
  return Promise.resolve({
    network: measured,
    loss: orInfinity(evaluateLoss(loss, outputs, dataset)),
  });
}
