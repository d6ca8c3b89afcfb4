/**
 * The backends of TensorFlow.js that there are kernels for.
 *
 * @module
 */

import type { Operations } from "./_operations.ts";
import type { TensorInfo } from "./webgpu/_program.ts";

/** Backends whose values the host reads and writes at once. */
const HOST_BACKENDS = ["cpu", "wasm", "webgl"];

/** Backends that there are kernels for. */
const BACKENDS: readonly string[] = [...HOST_BACKENDS, "webgpu"];

/** The part of a backend that all of {@linkcode HOST_BACKENDS} have. */
export interface HostBackend {
  readSync(dataId: object): Float32Array;
  write(values: Float32Array, shape: number[], dtype: "float32"): object;
}

/** What a kernel is called with. */
export interface KernelParams<Attributes> {
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly attrs: Attributes;
}

/** Registers a kernel on all backends. */
export function registerOnBackends<Attributes>(
  tf: Operations,
  kernelName: string,
  run: {
    readonly host: (backend: HostBackend, params: KernelParams<Attributes>) => TensorInfo;
    readonly webgpu: (backend: object, params: KernelParams<Attributes>) => TensorInfo;
  },
): void {
  for (const backendName of BACKENDS) {
    const onGpu = backendName === "webgpu";
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: (params: KernelParams<Attributes> & { readonly backend: object }) =>
        onGpu
          ? run.webgpu(params.backend, params)
          : run.host(params.backend as HostBackend, params),
    });
  }
}

/**
 * Checks that the current backend has the kernels.
 *
 * @throws {RangeError} If it is another one.
 */
export function checkBackend(verb: string, tf: Operations): void {
  const backend = tf.getBackend();
  if (BACKENDS.includes(backend)) return;
  throw new RangeError(
    `Cannot ${verb}: the backend of TensorFlow.js must be ${BACKENDS.join(", ")}, ` +
      `current value is ${backend}`,
  );
}
