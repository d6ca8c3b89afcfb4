/**
 * The best parameters of a stage, by the objective or by held-out rows.
 *
 * @module
 */

import { forward, type Network, type NormalisationStatistics } from "../../model/mod.ts";
import { evaluateLoss } from "../../engine/mod.ts";
import type { OptimizerState } from "../optimizers/optimizer.ts";
import type { OpenStage, Run, RunState } from "../run.ts";

/** A network and its training loss. */
export interface MeasuredNetwork {
  readonly network: Network;
  /** Without weight decay; infinite where the network overflows, never NaN. */
  readonly loss: number;
}

/** What stands for a loss or norm that is not a number: beyond everything. */
export function orInfinity(value: number): number {
  return Number.isNaN(value) ? Infinity : value;
}

/** Judges a point; the state keeps a copy of its parameters if none were better. */
export async function consider(
  { loss, validation }: Run,
  state: RunState,
  { compiled }: Pick<OpenStage, "compiled">,
  { parameters, objective }: Pick<OptimizerState, "parameters" | "objective">,
): Promise<void> {
  let latest = objective;
  if (validation) {
    const statistics = (await compiled.evaluate(parameters)).statistics();
    const network = { ...state.start!, parameters, statistics };
    const outputs = forward(network, validation.inputs, validation.rows);
    latest = evaluateLoss(loss, outputs, validation);
  }
  state.best = latest < state.best.criterion
    ? { parameters: parameters.slice(), criterion: latest, latest }
    : { ...state.best, latest };
}

/** The best network of a stage, with the whole training set's statistics. */
export async function bestNetwork(
  { start, best: { parameters } }: RunState,
  { compiled }: Pick<OpenStage, "compiled">,
): Promise<MeasuredNetwork> {
  const evaluation = await compiled.evaluate(parameters);
  const measured = evaluation.statistics(), loss = orInfinity(evaluation.loss);
  const sound = loss < Infinity || measured.every(areFinite);
  return {
    network: { ...start!, parameters, statistics: sound ? measured : start!.statistics },
    loss,
  };
}

function areFinite(statistics: NormalisationStatistics): boolean {
  return Object.values(statistics).every((values) =>
    typeof values === "string" || values.every(Number.isFinite)
  );
}
