/**
 * The kernels' WebAssembly module.
 *
 * @module
 */

import { decodeText } from "./kernel_text.ts";
import type { Dtype } from "./memory.ts";
import { PLAIN_KERNELS, RELAXED_KERNELS } from "./_value_kernels.ts";

/** Runs the phase at an address on one of the blocks at an address. */
export type RunPhase = (phaseAt: number, blocksAt: number, block: number) => void;

/** The export that runs phases in a precision. */
export const RUNNERS: Readonly<Record<Dtype, string>> = {
  float64: "runFloat64",
  float32: "runFloat32",
};

const modules = new Map<boolean, Promise<WebAssembly.Module>>();

/**
 * Compiles the module once for each kind of memory. Fused multiply-adds (relaxed SIMD) are used
 * where the machine offers them: results are the same from run to run, and may differ in the last
 * bits from a machine to another.
 */
export function kernelModule(shared: boolean): Promise<WebAssembly.Module> {
  let module = modules.get(shared);
  if (!module) {
    module = compile(shared);
    modules.set(shared, module);
  }
  return module;
}

async function compile(shared: boolean): Promise<WebAssembly.Module> {
  const relaxed = await unpack(RELAXED_KERNELS);
  const bytes = WebAssembly.validate(relaxed) ? relaxed : await unpack(PLAIN_KERNELS);
  if (!shared) clearSharedFlag(bytes);
  return await WebAssembly.compile(bytes);
}

/** Binds the kernels to a memory. */
export function bindKernels(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  dtype: Dtype,
): RunPhase {
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  return instance.exports[RUNNERS[dtype]] as RunPhase;
}

async function unpack(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([decodeText(text)]).stream().pipeThrough(
    new DecompressionStream("deflate-raw"),
  );
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Import "env" "memory", kind memory, limits "shared, with a maximum". */
const SHARED_IMPORT = [3, 0x65, 0x6e, 0x76, 6, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 2, 3];

/** Turns the import of a shared memory into the import of a plain one: the code is the same. */
export function clearSharedFlag(bytes: Uint8Array): void {
  const at = bytes.findIndex((_, i) => SHARED_IMPORT.every((byte, j) => bytes[i + j] === byte));
  if (at < 0) throw new Error("The kernels import no shared memory");
  bytes[at + SHARED_IMPORT.length - 1] = 1;
}
