/**
 * Buffers on the device, all allocated at compile and freed together.
 *
 * @module
 */

/** GPUBufferUsage, constants of the standard. */
export const USAGE = { mapRead: 1, copySource: 4, copyTarget: 8, uniform: 64, storage: 128 };

/** Makes buffers, counts their bytes, frees them. */
export type Buffers = ReturnType<typeof createBuffers>;

/** Bytes of the buffers that are not freed yet, by device. */
const held = new WeakMap<GPUDevice, number>();

/** Bytes of all buffers of a device that are not freed yet. */
export function heldBytes(device: GPUDevice): number {
  return held.get(device) ?? 0;
}

/** Starts with no buffers. */
export function createBuffers(device: GPUDevice) {
  const all: GPUBuffer[] = [];

  function make(label: string, size: number, usage: number): GPUBuffer {
    const buffer = device.createBuffer({ label: `freeknot ${label}`, size, usage });
    all.push(buffer);
    held.set(device, heldBytes(device) + size);
    return buffer;
  }
  /** A storage buffer of so many 4-byte numbers, zero. */
  function storage(label: string, numbers: number): GPUBuffer {
    const usage = USAGE.storage | USAGE.copySource | USAGE.copyTarget;
    return make(label, 4 * Math.max(4, numbers), usage);
  }

  return {
    storage,
    /** A storage buffer with the given content, rounded to float32. */
    filled(label: string, values: ArrayLike<number>): GPUBuffer {
      const buffer = storage(label, values.length);
      upload(device, buffer, 0, values);
      return buffer;
    },
    uniform(label: string, content: ArrayBuffer): GPUBuffer {
      const buffer = make(label, content.byteLength, USAGE.uniform | USAGE.copyTarget);
      device.queue.writeBuffer(buffer, 0, content);
      return buffer;
    },
    /** A buffer to read results from. */
    staging: (label: string, numbers: number) =>
      make(label, 4 * Math.max(4, numbers), USAGE.mapRead | USAGE.copyTarget),
    destroy() {
      for (const buffer of all) {
        buffer.destroy();
        held.set(device, heldBytes(device) - buffer.size);
      }
      all.length = 0;
    },
  };
}

const UPLOAD_NUMBERS = 4_194_304;

/** Writes numbers as float32, piece by piece: no second copy of large data. */
export function upload(
  device: GPUDevice,
  buffer: GPUBuffer,
  first: number,
  values: ArrayLike<number>,
): void {
  for (let i = 0; i < values.length; i += UPLOAD_NUMBERS) {
    const count = Math.min(UPLOAD_NUMBERS, values.length - i);
    const part = new Float32Array(count);
    for (let j = 0; j < count; j++) part[j] = values[i + j];
    device.queue.writeBuffer(buffer, 4 * (first + i), part);
  }
}
