/**
 * The kernels' WebAssembly modules. Fused multiply-adds (relaxed SIMD) are used where the machine
 * offers them: results are the same from run to run, and may differ in the last bits from a machine
 * to another.
 *
 * @module
 */

import { PLAIN_CHOLESKY_KERNELS, RELAXED_CHOLESKY_KERNELS } from "./_cholesky_kernels.ts";
import { PLAIN_JET_KERNELS, RELAXED_JET_KERNELS } from "./_jet_kernels.ts";
import { PLAIN_KERNELS, RELAXED_KERNELS } from "./_value_kernels.ts";
import { decodeBest, decodeText } from "./kernel_text.ts";
import type { Dtype } from "./memory.ts";

/** The export of the kernels of values that runs phases in a precision. */
export const RUNNERS: Readonly<Record<Dtype, string>> = {
  float64: "runFloat64",
  float32: "runFloat32",
};

/** The export of the jets' kernels that runs phases. */
export const JET_RUNNER = "runJets";

/** The export of Cholesky's kernels that runs a factorisation. */
export const FACTORISATION_RUNNER = "runFactorisation";

const modules = new Map<boolean, Promise<WebAssembly.Module>>();

/** Compiles the kernels of values once for each kind of memory. */
export function kernelModule(shared: boolean): Promise<WebAssembly.Module> {
  const module = modules.get(shared) ?? compile(shared);
  modules.set(shared, module);
  return module;
}

async function compile(shared: boolean): Promise<WebAssembly.Module> {
  const relaxed = await unpack(RELAXED_KERNELS);
  const bytes = WebAssembly.validate(relaxed) ? relaxed : await unpack(PLAIN_KERNELS);
  return await WebAssembly.compile(forMemory(bytes, shared));
}

async function unpack(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([decodeText(text)]).stream().pipeThrough(
    new DecompressionStream("deflate-raw"),
  );
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Gives the function that compiles a module once for each kind of memory. */
function compileOnce(relaxed: string, plain: string): (shared: boolean) => WebAssembly.Module {
  const compiled = new Map<boolean, WebAssembly.Module>();
  return (shared) => {
    const module = compiled.get(shared) ??
      new WebAssembly.Module(forMemory(decodeBest(relaxed, plain), shared));
    compiled.set(shared, module);
    return module;
  };
}

/** Compiles the jets' kernels once for each kind of memory. */
export const jetModule: (shared: boolean) => WebAssembly.Module = compileOnce(
  RELAXED_JET_KERNELS,
  PLAIN_JET_KERNELS,
);

/** Compiles Cholesky's kernels once for each kind of memory. */
export const choleskyModule: (shared: boolean) => WebAssembly.Module = compileOnce(
  RELAXED_CHOLESKY_KERNELS,
  PLAIN_CHOLESKY_KERNELS,
);

/** Import "env" "memory", kind memory, limits "shared, with a maximum". */
const SHARED_IMPORT = [3, 0x65, 0x6e, 0x76, 6, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 2, 3];

/** Turns the import of a shared memory into the import of a plain one: the code is the same. */
function forMemory(bytes: Uint8Array<ArrayBuffer>, shared: boolean): Uint8Array<ArrayBuffer> {
  if (shared) return bytes;
  const at = bytes.findIndex((_, i) => SHARED_IMPORT.every((byte, j) => bytes[i + j] === byte));
  if (at < 0) throw new Error("The kernels import no shared memory");
  bytes[at + SHARED_IMPORT.length - 1] = 1;
  return bytes;
}
