/**
 * Which engine a run uses, and why.
 *
 * @module
 */

import { createWebgpuEngine, findWebgpuAdapter } from "../../../lib/engine/mod.ts";
import { UsageError } from "../../terminal/errors.ts";
import type { TrainRequest } from "./request.ts";

/**
 * Opens the engine that was asked for.
 *
 * @returns The engine, what the reader should know of the choice, and what gives a device back.
 * @throws {UsageError} If webgpu was asked for and there is no adapter.
 */
export async function openEngine(
  { engine, engineKind }: Pick<TrainRequest, "engine" | "engineKind">,
) {
  if (engineKind === "cpu" || engineKind === "reference") return { engine, close() {} };
  if (engineKind === "auto" && await hasNoGpu()) {
    return { engine, note: `engine: ${engine.name} (there is no GPU)`, close() {} };
  }
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

/** Where Linux shows GPUs: drivers of the kernel, NVIDIA's, and Windows' below a WSL. */
const GPU_PLACES = ["/dev/dri", "/dev/nvidiactl", "/dev/dxg", "/dev/kfd"];

/**
 * Whether there is certainly no GPU, found out without asking for an adapter: the loader of drivers
 * writes lines of its own to stderr, which nobody asked for who asked for `auto`.
 */
async function hasNoGpu(): Promise<boolean> {
  if (Deno.build.os !== "linux") return false;
  const found = await Promise.all(GPU_PLACES.map(async (path) => {
    const { state } = await Deno.permissions.query({ name: "read", path });
    if (state !== "granted") return true; // it cannot be told
    return await Deno.stat(path).then(() => true, () => false);
  }));
  return !found.includes(true);
}
