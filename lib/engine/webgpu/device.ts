/**
 * Adapters and devices: which one is taken, what it allows, and what went wrong on it.
 *
 * @module
 */

import { EngineError } from "../contract.ts";

/** What is known of an adapter. */
export interface WebgpuAdapter {
  /** Its name, as far as the platform tells. */
  readonly name: string;
  /** Whether it is a program that imitates a GPU: right, but slow. */
  readonly software: boolean;
  /** Largest storage binding, bytes. */
  readonly maxBindingBytes: number;
  /** Largest buffer, bytes. */
  readonly maxBufferBytes: number;
}

/** A device in use. */
export type Gpu = ReturnType<typeof watch>;

const SOFTWARE = /llvmpipe|lavapipe|swiftshader|basic render|softpipe|software/i;

function describe(
  { info, limits }: { readonly info: GPUAdapterInfo; readonly limits: GPUSupportedLimits },
): WebgpuAdapter {
  const words = [info.vendor, info.architecture, info.device].filter((word) => /[a-z]/i.test(word));
  const name = info.description || words.join(" ") || "unnamed adapter";
  const fallback = "isFallbackAdapter" in info ? info.isFallbackAdapter : false;
  return {
    name,
    software: SOFTWARE.test(`${name} ${words.join(" ")}`) || fallback === true,
    maxBindingBytes: limits.maxStorageBufferBindingSize,
    maxBufferBytes: limits.maxBufferSize,
  };
}

/** Which GPU is taken where there are several. */
export type PowerPreference = "high-performance" | "low-power";

async function requestAdapter(powerPreference: PowerPreference): Promise<GPUAdapter | null> {
  if (typeof navigator === "undefined" || !navigator.gpu) return null;
  return await navigator.gpu.requestAdapter({ powerPreference }) ?? null;
}

/**
 * Looks for a WebGPU adapter.
 *
 * @param powerPreference Which one, where there are several. Default `"high-performance"`.
 * @returns What is known of it; undefined where there is none.
 *
 * @example
 * ```ts
 * import { findWebgpuAdapter } from "@freeknot/freeknot/engine";
 *
 * const adapter = await findWebgpuAdapter();
 * console.log(adapter ? `${adapter.name}, software: ${adapter.software}` : "no adapter");
 * ```
 */
export async function findWebgpuAdapter(
  powerPreference: PowerPreference = "high-performance",
): Promise<WebgpuAdapter | undefined> {
  const adapter = await requestAdapter(powerPreference);
  return adapter ? describe(adapter) : undefined;
}

/**
 * Opens a device with the adapter's limits for buffers.
 *
 * @param powerPreference Which GPU.
 * @param mostBindingBytes Data beyond this are split even where the adapter would allow more.
 * @throws {EngineError} If there is no adapter.
 */
export async function openGpu(
  powerPreference: PowerPreference,
  mostBindingBytes: number,
): Promise<Gpu> {
  const found = await requestAdapter(powerPreference);
  if (!found) {
    throw new EngineError("Cannot use WebGPU: there is no adapter; use the CPU engine instead");
  }
  const adapter = describe(found);
  const device = await found.requestDevice({
    requiredLimits: {
      maxStorageBufferBindingSize: adapter.maxBindingBytes,
      maxBufferSize: adapter.maxBufferBytes,
    },
  });
  const gpu = watch(device, adapter, mostBindingBytes);
  device.addEventListener("uncapturederror", (event) => event.preventDefault?.()); // `check` tells
  return { ...gpu, close: () => device.destroy() };
}

/**
 * Uses a device that the caller has opened, with the limits that it has.
 *
 * @param device The device; stays open. What goes wrong on it, whoever did it, counts as a failure.
 * @param mostBindingBytes As for {@linkcode openGpu}.
 */
export function shareGpu(device: GPUDevice, mostBindingBytes: number): Gpu {
  // Older browsers do not say on which adapter a device is.
  const info = device.adapterInfo ?? { vendor: "", architecture: "", device: "", description: "" };
  return watch(device, describe({ info, limits: device.limits }), mostBindingBytes);
}

/** Notes what goes wrong on a device. */
function watch(device: GPUDevice, adapter: WebgpuAdapter, mostBindingBytes: number) {
  let failure: string | undefined;
  function fail(reason: string): void {
    failure ??= reason;
  }
  function note(event: unknown): void {
    const { error } = event as GPUUncapturedErrorEvent;
    const kind = error.constructor.name === "GPUOutOfMemoryError" ? "it is out of memory: " : "";
    fail(`${kind}${error.message}`);
  }
  device.addEventListener("uncapturederror", note);
  device.lost.then(({ reason, message }) => {
    fail(reason === "destroyed" ? "it was given back" : `it was lost: ${message}`);
  });
  /**
   * Throws what went wrong on the device since the last call.
   *
   * @throws {EngineError} If it is lost, out of memory, or refused a command.
   */
  function check(): void {
    if (failure !== undefined) {
      throw new EngineError(`Cannot go on with WebGPU on ${adapter.name}: ${failure}`);
    }
  }
  /**
   * Runs something that allocates; errors that the device reports about it are thrown.
   *
   * @throws {EngineError} If memory is short or a command is refused.
   */
  async function allocate<T>(work: () => T): Promise<T> {
    device.pushErrorScope("out-of-memory");
    device.pushErrorScope("validation");
    let result: T, refused: GPUError | null, short: GPUError | null;
    try {
      result = work();
    } finally {
      const validation = device.popErrorScope(), memory = device.popErrorScope();
      [refused, short] = await Promise.all([validation, memory]);
    }
    const error = short ?? refused;
    if (error) {
      const what = short ? "it is out of memory" : "it refused a command";
      throw new EngineError(`Cannot use WebGPU on ${adapter.name}: ${what}: ${error.message}`);
    }
    check();
    return result;
  }
  return {
    device,
    adapter,
    /** Bytes of the largest binding that is used for data. */
    bindingBytes: Math.min(adapter.maxBindingBytes, mostBindingBytes),
    check,
    allocate,
    /** Ends the use of the device. */
    close(): void {
      device.removeEventListener("uncapturederror", note);
      fail("it was given back");
    },
  };
}
