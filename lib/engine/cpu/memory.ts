/**
 * The linear memory of one evaluator and the kernels that work on it.
 *
 * All arrays over points lie in one WebAssembly memory, so that JavaScript sees them as typed
 * arrays and the kernels by their addresses (`byteOffset`), without copies.
 *
 * @module
 */

import { KERNELS, SHARED_KERNELS } from "./_kernels.ts";

/** The compiled loops of assembly/. */
export type KernelName =
  | "place"
  | "forward"
  | "backward"
  | "extremes"
  | "pullExtremes"
  | "linearForward"
  | "linearBackward"
  | "squares"
  | "zero"
  | "addTables"
  | "normalPlace"
  | "normalForward"
  | "normalLinear"
  | "normalSplineRow"
  | "normalBaseRow"
  | "normalLinearRow"
  | "normalPair";

/** Kernels by name; arguments as in assembly/. */
export type Kernels = Readonly<Record<KernelName, (...args: number[]) => void>>;

/** An arena of typed arrays and the kernels bound to it. */
export interface KernelMemory {
  readonly memory: WebAssembly.Memory;
  readonly module: WebAssembly.Module;
  readonly kernels: Kernels;
  /** A zeroed array in the memory. */
  float64(length: number): Float64Array;
  /** A zeroed array in the memory. */
  int32(length: number): Int32Array;
}

const PAGE = 65536;
const MOST_PAGES = 65536;
const ALIGNMENT = 64;

const modules = new Map<boolean, Promise<WebAssembly.Module>>();

function kernelModule(shared: boolean): Promise<WebAssembly.Module> {
  let module = modules.get(shared);
  if (!module) {
    const text = atob(shared ? SHARED_KERNELS : KERNELS);
    module = WebAssembly.compile(Uint8Array.from(text, (c) => c.charCodeAt(0)));
    modules.set(shared, module);
  }
  return module;
}

/** Whether memory can be shared with other threads here (browsers ask for isolation headers). */
export function canShareMemory(): boolean {
  return typeof SharedArrayBuffer !== "undefined" && typeof Worker !== "undefined";
}

/**
 * Allocates a memory and binds the kernels to it.
 *
 * @param bytes An upper bound of all arrays, each rounded up to 64 bytes. Untouched pages cost
 * nothing.
 * @param shared Whether other threads will work on it.
 * @throws {RangeError} If the memory cannot be had (WebAssembly addresses 4 GiB).
 */
export async function createKernelMemory(bytes: number, shared: boolean): Promise<KernelMemory> {
  const module = await kernelModule(shared);
  const pages = Math.ceil((bytes + PAGE) / PAGE);
  if (pages > MOST_PAGES) {
    throw new RangeError(
      `Cannot compile network: rows must be few enough for 4 GiB of working memory, ` +
        `current value needs ${(bytes / 2 ** 30).toFixed(1)} GiB`,
    );
  }
  const memory = new WebAssembly.Memory(
    shared ? { initial: pages, maximum: MOST_PAGES, shared } : { initial: pages },
  );
  const instance = await WebAssembly.instantiate(module, { env: { memory } });
  let top = ALIGNMENT; // address 0 means "none" to the kernels

  function take(size: number): number {
    const at = top;
    top += Math.ceil(size / ALIGNMENT) * ALIGNMENT;
    if (top > memory.buffer.byteLength) throw new Error("The kernel memory is too small");
    return at;
  }

  return {
    memory,
    module,
    kernels: instance.exports as unknown as Kernels,
    float64: (length) => new Float64Array(memory.buffer, take(8 * length), length),
    int32: (length) => new Int32Array(memory.buffer, take(4 * length), length),
  };
}
