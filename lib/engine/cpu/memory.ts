/**
 * The linear memory of one evaluator and the kernels that work on it.
 *
 * All arrays over points lie in one WebAssembly memory, so that JavaScript sees them as typed
 * arrays and the kernels by their addresses (`byteOffset`), without copies.
 *
 * @module
 */

import { KERNELS } from "./_kernels.ts";

/** The compiled loops; arguments as in assembly/kernels.ts. */
export interface Kernels {
  place(...addresses: (number | boolean)[]): void;
  forward(...addresses: number[]): void;
  backward(...addresses: number[]): void;
  extremes(...addresses: number[]): void;
  pullExtremes(...addresses: number[]): void;
  linearForward(...addresses: number[]): void;
  linearBackward(...addresses: number[]): void;
}

/** An arena of typed arrays and the kernels bound to it. */
export interface KernelMemory {
  readonly kernels: Kernels;
  /** A zeroed array in the memory. */
  float64(length: number): Float64Array;
  /** A zeroed array in the memory. */
  int32(length: number): Int32Array;
}

const PAGE = 65536;
const ALIGNMENT = 64;

let module: WebAssembly.Module | undefined;

/**
 * Allocates a memory and binds the kernels to it.
 *
 * @param bytes An upper bound of all arrays, each rounded up to 64 bytes. Untouched pages cost
 * nothing.
 * @throws {RangeError} If the memory cannot be had (WebAssembly addresses 4 GiB).
 */
export async function createKernelMemory(bytes: number): Promise<KernelMemory> {
  module ??= await WebAssembly.compile(Uint8Array.from(atob(KERNELS), (c) => c.charCodeAt(0)));
  const pages = Math.ceil((bytes + PAGE) / PAGE);
  if (pages > 65536) {
    throw new RangeError(
      `Cannot compile network: rows must be few enough for 4 GiB of working memory, ` +
        `current value needs ${(bytes / 2 ** 30).toFixed(1)} GiB`,
    );
  }
  const memory = new WebAssembly.Memory({ initial: pages });
  const instance = await WebAssembly.instantiate(module, { env: { memory } });
  let top = ALIGNMENT; // address 0 means "none" to the kernels

  function take(size: number): number {
    const at = top;
    top += Math.ceil(size / ALIGNMENT) * ALIGNMENT;
    if (top > memory.buffer.byteLength) throw new Error("The kernel memory is too small");
    return at;
  }

  return {
    kernels: instance.exports as unknown as Kernels,
    float64: (length) => new Float64Array(memory.buffer, take(8 * length), length),
    int32: (length) => new Int32Array(memory.buffer, take(4 * length), length),
  };
}
