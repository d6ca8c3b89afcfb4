/**
 * The device of `solve --engine webgpu`.
 *
 * @module
 */

import { createWebgpuEngine, findWebgpuAdapter, webgpuJets } from "../../../lib/engine/mod.ts";
import type { JetDevice } from "../../../lib/engine/mod.ts";
import { UsageError } from "../../terminal/errors.ts";

/** A device in use, and what the reader should know of it. */
export interface OpenedDevice {
  readonly device: JetDevice;
  readonly note: string;
  close(): void;
}

/**
 * Opens a device for the grids before the last one.
 *
 * @throws {UsageError} If there is no adapter.
 */
export async function openDevice(): Promise<OpenedDevice> {
  const adapter = await findWebgpuAdapter();
  if (!adapter) {
    throw new UsageError(
      "Cannot solve: --engine must be cpu where there is no WebGPU adapter, current value is " +
        '"webgpu"',
    );
  }
  const engine = await createWebgpuEngine();
  const slow = adapter.software ? " (software: right, but slower than the cpu engine)" : "";
  return {
    device: webgpuJets(engine),
    note: `engine: webgpu, float32, on ${adapter.name}${slow}; the last grid on the cpu, float64`,
    close: () => engine.dispose(),
  };
}
