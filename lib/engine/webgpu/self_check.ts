/**
 * Kernels against the plain reference on a few rows, before any number is trusted: drivers have
 * bugs, and a wrong gradient trains to a wrong network without any error.
 *
 * @module
 */

import type { Network } from "../../model/mod.ts";
import { type Dataset, subset } from "../../data/mod.ts";
import { EngineError } from "../contract.ts";
import type { Loss } from "../loss.ts";
import { referenceEngine } from "../reference/reference_engine.ts";
import { createEvaluator } from "./webgpu_evaluator.ts";
import { createProgram } from "./webgpu_program.ts";
import type { Session } from "./device_session.ts";
import { hypot } from "../../numerics/inner.ts";

/** Most and fewest rows of one block; between them as many as the slow reference takes quickly. */
const MOST_ROWS = 16, LEAST_ROWS = 2, MOST_EDGE_POINTS = 200_000;

function blockRows({ config: { widths } }: Network, { rows }: Dataset): number {
  const edges = widths.slice(1).reduce((sum, nOut, k) => sum + widths[k] * nOut, 0);
  const quick = Math.floor(MOST_EDGE_POINTS / edges);
  return Math.min(rows, Math.max(LEAST_ROWS, Math.min(MOST_ROWS, quick)));
}

/**
 * Largest error that passes, relative to the gradient's norm: far above rounding on any sensible
 * network, far below what a wrong kernel gives.
 */
const TOLERANCE = 1e-2;

/**
 * Checks value and gradient on up to three blocks of rows; one that agrees is enough, since rows
 * that tie for an extreme of a min-max node may be told apart differently in float32.
 *
 * @throws {EngineError} If none agrees.
 */
export async function checkAgainstReference(
  session: Session,
  network: Network,
  loss: Loss,
  dataset: Dataset,
): Promise<void> {
  const rows = blockRows(network, dataset);
  const last = dataset.rows - rows;
  let least = Infinity;
  for (const first of new Set([0, Math.floor(last / 2), last])) {
    const error = await blockError(session, network, loss, blockOf(loss, dataset, first, rows));
    if (error <= TOLERANCE) return;
    if (!(error >= least)) least = error;
  }
  const advice = network.config.basis === "relu"
    ? " (ReLU powers lose digits in float32; the bspline basis does not)"
    : "";
  throw new EngineError(
    `Cannot trust WebGPU on ${session.gpu.adapter.name}: its gradient differs from the ` +
      `reference's by ${least.toPrecision(2)} of its norm, at most ${TOLERANCE} is allowed` +
      `${advice}; use the cpu engine`,
  );
}

/** Rows in float32's numbers; numeric targets are moved away, so that nothing cancels. */
function blockOf(loss: Loss, dataset: Dataset, first: number, count: number): Dataset {
  const block = subset(dataset, Int32Array.from({ length: count }, (_, i) => first + i));
  const shift = loss.kind === "crossEntropy" || loss.kind === "binomial" ? 0 : 1;
  return {
    ...block,
    inputs: block.inputs.map(Math.fround),
    targets: block.targets.map((target) => Math.fround(target + shift)),
    ...block.weights ? { weights: block.weights.map((weight) => weight + 1) } : {},
  };
}

async function blockError(
  session: Session,
  original: Network,
  loss: Loss,
  block: Dataset,
): Promise<number> {
  const network = { ...original, parameters: original.parameters.map(Math.fround) };
  const { parameters } = network;
  const computed = new Float64Array(parameters.length), plain = computed.slice();
  const program = createProgram(session.gpu, network, loss, block, 1);
  const evaluator = createEvaluator(session, program, network, loss, block);
  try {
    const { objective: f } = await evaluator.evaluate(parameters, computed);
    const reference = await referenceEngine.compile({ network, loss, dataset: block });
    const { objective: e } = await reference.evaluate(parameters, plain);
    if (!Number.isFinite(e)) return Number.isFinite(f) ? Infinity : 0;
    const difference = hypot(f - e, ...computed.map((g, i) => g - plain[i]));
    return difference / hypot(e, ...plain);
  } finally {
    evaluator.dispose();
  }
}
