/**
 * How networks, optimizers' states and vectors pass from one stage, or one scale, to the next.
 *
 * @module
 */

import { commonRows } from "../../data/inner.ts";
import type { Network } from "../../model/mod.ts";
import { prolong, type Schedule, type ScheduleStage, type Transfer } from "../../multilevel/mod.ts";
import { prolongationTransfer } from "../../multilevel/inner.ts";
import { refineByResidual } from "../local_refinement.ts";
import type { Run } from "../run.ts";
import type { Optimizer, OptimizerState } from "../optimizers/optimizer.ts";

/** Networks with more parameters begin anew on a finer grid: maps of vectors grow with them. */
const MOST_TRANSFERRED = 5000;

/**
 * How vectors move to a stage; undefined where other parameters are free to move, the basis gives
 * no good map, or the network is large.
 */
export function transferTo(
  { stages }: Schedule,
  index: number,
  coarse: Network,
): (() => Transfer) | undefined {
  const freezes = [stages[index - 1], stages[index]].some((stage) => stage?.freeze?.length);
  if (freezes) return undefined;
  const { refine = 1, placement } = stages[index];
  if (refine === 1) return () => rescaling();
  if (placement === "residual") return undefined;
  const { basis } = coarse.config;
  if (basis !== "bspline" || coarse.parameters.length > MOST_TRANSFERRED) return undefined;
  return () => prolongationTransfer(coarse, refine);
}

/** The network with which a stage begins. */
export function refined(
  { loss, dataset, engine }: Run,
  network: Network,
  { refine = 1, placement }: ScheduleStage,
): Network {
  if (refine === 1) return network;
  if (placement === "residual") {
    if (dataset) return refineByResidual(network, loss, commonRows(dataset), refine);
    throw new RangeError(
      `Cannot train: placement must be even for engine ${engine.name}, which has no targets, ` +
        "current value is residual",
    );
  }
  return prolong(network, refine);
}

/** The state of an optimizer that begins. */
export function beginning(
  optimizer: Optimizer,
  parameters: Float64Array,
  rows: number,
  evaluations: number,
): OptimizerState {
  return { ...optimizer.init(parameters, rows), evaluations };
}

/** How vectors move where parameters are multiplied by factors, or stay. */
export function rescaling(factors?: Float64Array): Transfer {
  if (!factors) return { step: (vector) => vector, difference: (vector) => vector };
  return {
    step: (vector) => vector.map((x, i) => x * factors[i]),
    difference: (vector) => vector.map((x, i) => x / factors[i]),
  };
}
