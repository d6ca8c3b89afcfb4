/**
 * The evaluator with which a stage begins.
 *
 * @module
 */

import type { Network } from "../../model/mod.ts";
import { type StructurePenalty, withEdgePenalty } from "../../engine/inner.ts";
import type { CompileRequest, Engine, Evaluator } from "../../engine/mod.ts";
import { structured } from "./structured.ts";
import { rememberLatest } from "./latest.ts";

/**
 * Compiles a stage's network; an engine that prolongs where the parameters are does so, and its
 * parameters are then the network's.
 */
export async function stageEvaluator(
  engine: Engine,
  request: CompileRequest,
  structure?: StructurePenalty,
): Promise<{ readonly compiled: Evaluator; readonly start: Network }> {
  const made = await engine.compile(request);
  const evaluator = made.penalty ? made : await withEdgePenalty(made, request, engine.name);
  const whole = structure ? structured(evaluator, request.network, structure) : evaluator;
  const compiled = rememberLatest(whole), { network } = request, { resident } = evaluator;
  if (!resident?.start) return { compiled, start: network };
  try {
    return { compiled, start: { ...network, parameters: await resident.start() } };
  } catch (error) {
    evaluator.dispose();
    throw error;
  }
}
