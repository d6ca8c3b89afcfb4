/**
 * Buffers of TensorFlow.js's WebGPU backend, and tensors over buffers of others.
 *
 * `tensor.dataToGPU()` gives a copy; the buffer that a tensor lives in is in the backend's map
 * (version 4.22.0).
 *
 * @module
 */

import type { Operations } from "../_operations.ts";
import type { TfTensor } from "../tensorflow.ts";

/** The part of the WebGPU backend that is used. */
export interface WebgpuBackend {
  readonly device: GPUDevice;
  /** Commands that are recorded and not submitted, if any. */
  readonly commandEncoder: GPUCommandEncoder | null;
  /** Where values live. */
  readonly tensorMap: { get(dataId: object): { readonly resource?: GPUBuffer | null } };
  /** Puts values that are on the host into a buffer. */
  uploadToGPU(dataId: object): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
}

/**
 * The current backend.
 *
 * @throws {TypeError} If it is not webgpu.
 */
export function webgpuBackend(tf: Operations): WebgpuBackend {
  const name = tf.getBackend();
  const backend = tf.backend() as Partial<WebgpuBackend>;
  if (name !== "webgpu" || !backend.device) {
    throw new TypeError(
      `Cannot share a device: the backend of TensorFlow.js must be webgpu, current value is ${name}`,
    );
  }
  return backend as WebgpuBackend;
}

/** Submits what TensorFlow.js has recorded: commands of others come after it. */
export function flush(backend: WebgpuBackend): void {
  if (!backend.commandEncoder) return;
  backend.endComputePassEncoder();
  backend.submitQueue();
}

/**
 * The buffer that a tensor lives in; it stays there as long as a tensor with this value is alive.
 *
 * @throws {TypeError} If the value is no buffer.
 */
export function bufferOf(backend: WebgpuBackend, tensor: TfTensor): GPUBuffer {
  backend.uploadToGPU(tensor.dataId);
  const { resource } = backend.tensorMap.get(tensor.dataId);
  if (resource instanceof GPUBuffer) return resource;
  throw new TypeError(
    `Cannot share a tensor: its value must be in a buffer, current value is ${resource}`,
  );
}

/** A tensor over another owner's buffer, which its disposal leaves alone; outlives `tf.tidy`. */
export function tensorOf(tf: Operations, buffer: GPUBuffer, shape: number[]): TfTensor {
  return tf.keep(tf.tensor({ buffer, zeroCopy: true }, shape, "float32"));
}
