/**
 * The loops of an MLP's jets, on one memory.
 *
 * @module
 */

import { PLAIN_DENSE_KERNELS, RELAXED_DENSE_KERNELS } from "../wasm/_dense_kernels.ts";
import { DENSE_KERNELS } from "../wasm/abi.ts";
import { bindExports, type ExportedKernels } from "../wasm/exported_kernels.ts";
import { compileText } from "../wasm/kernel_text.ts";

let compiled: WebAssembly.Module | undefined;

/** Binds the kernels to a memory. */
export function createDenseKernels(
  memory: WebAssembly.Memory,
): ExportedKernels<typeof DENSE_KERNELS> {
  compiled ??= compileText(RELAXED_DENSE_KERNELS, PLAIN_DENSE_KERNELS);
  return bindExports(DENSE_KERNELS, compiled, memory);
}
