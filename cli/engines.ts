/**
 * Which engine a run uses, and why.
 *
 * @module
 */

import { createWebgpuEngine, type Engine, findWebgpuAdapter } from "../lib/engine/mod.ts";
import { UsageError } from "./errors.ts";
import type { TrainRequest } from "./train_request.ts";

/** An engine that a run may use. */
export interface OpenEngine {
  readonly engine: Engine;
  /** What the reader should know of the choice; undefined where there was none. */
  readonly note?: string;
  /** Gives a device back. */
  close(): void;
}

/**
 * Opens the engine that was asked for.
 *
 * @throws {UsageError} If webgpu was asked for and there is no adapter.
 */
export async function openEngine(
  { engine, engineKind }: Pick<TrainRequest, "engine" | "engineKind">,
): Promise<OpenEngine> {
  if (engineKind === "cpu" || engineKind === "reference") return { engine, close() {} };
  const adapter = await findWebgpuAdapter();
  if (engineKind === "auto" && (!adapter || adapter.software)) {
    const why = adapter ? `${adapter.name} is software` : "there is no WebGPU adapter";
    return { engine, note: `engine: ${engine.name} (${why})`, close() {} };
  }
  if (!adapter) {
    throw new UsageError(
      "Cannot train: --engine must be cpu where there is no WebGPU adapter, current value is " +
        '"webgpu"',
    );
  }
  const gpu = await createWebgpuEngine();
  const note = `engine: webgpu, float32, on ${gpu.adapter.name}` +
    (adapter.software ? " (software: right, but slower than the cpu engine)" : "");
  return { engine: gpu, note, close: () => gpu.dispose() };
}
