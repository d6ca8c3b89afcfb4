/**
 * The evaluator with which a stage begins.
 *
 * @module
 */

import type { Network } from "../../model/mod.ts";
import type { Dataset } from "../../data/mod.ts";
import type { Engine, Evaluator, Loss } from "../../engine/mod.ts";
import { rememberLatest } from "./latest.ts";

/**
 * Compiles a stage's network; an engine that prolongs where the parameters are does so, and its
 * parameters are then the network's.
 *
 * @param coarse The network before an even refinement; undefined where there is none.
 * @throws As the engine's `compile`.
 */
export async function stageEvaluator(
  engine: Engine,
  network: Network,
  loss: Loss,
  dataset: Dataset,
  coarse: Network | undefined,
): Promise<{ readonly compiled: Evaluator; readonly start: Network }> {
  const own = await engine.compile(network, loss, dataset, coarse);
  const compiled = rememberLatest(own);
  if (!own.start) return { compiled, start: network };
  try {
    return { compiled, start: { ...network, parameters: await own.start() } };
  } catch (error) {
    own.dispose();
    throw error;
  }
}
