/**
 * Nodes that collapse are rescaled, where statistics take scales away again.
 *
 * @module
 */

import { balance } from "../../model/inner.ts";
import { inNetwork } from "../constraints/constrained.ts";
import type { EpochView, Policy } from "../run.ts";
import { beginning, rescaling } from "./transfer.ts";

/** Rescales collapsed nodes (see `balance`); the optimizer's vectors follow. */
export const rebalance: Policy = {
  name: "rebalance",
  async afterEpoch({ run, state, stage }) {
    const { normalisation } = run.network.config;
    if (normalisation !== "minmax" || run.loss.weightDecay || stage.spec.freeze?.length) {
      return undefined;
    }
    const balanced = await balancedPoint({ state, stage });
    if (!balanced) return undefined;
    const { parameters, factors } = balanced, { optimizer, shape } = stage;
    if (shape) { // no vector holds any more
      state.optimizer = beginning(optimizer, shape.encode(parameters), run.rows, stage.counted);
      return undefined;
    }
    state.optimizer = optimizer.restart
      ? optimizer.restart(state.optimizer!, parameters, () => rescaling(factors))
      : beginning(optimizer, parameters, run.rows, stage.counted);
    return undefined;
  },
};

/** Parameters with collapsed nodes rescaled, and by how much; undefined if none are. */
async function balancedPoint(
  { state, stage }: Pick<EpochView, "state" | "stage">,
): Promise<{ parameters: Float64Array; factors: Float64Array } | undefined> {
  const { parameters } = inNetwork(stage.shape, state.optimizer!);
  const statistics = (await stage.compiled.evaluate(parameters)).statistics();
  const point = { ...state.start!, parameters, statistics };
  const balanced = balance(point);
  if (balanced === point) return undefined;
  const ones = new Float64Array(parameters.length).fill(1);
  return {
    parameters: balanced.parameters,
    factors: balance({ ...point, parameters: ones }).parameters,
  };
}
