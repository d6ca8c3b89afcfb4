/**
 * The loops of optimizers over vectors and dense matrices, on one memory.
 *
 * @module
 */

import { PLAIN_VECTOR_KERNELS, RELAXED_VECTOR_KERNELS } from "../wasm/_vector_kernels.ts";
import { VECTOR_KERNELS } from "../wasm/abi.ts";
import { bindExports, type ExportedKernels } from "../wasm/exported_kernels.ts";
import { compileText } from "../wasm/kernel_text.ts";

let compiled: WebAssembly.Module | undefined;

/** Binds the kernels to a memory. */
export function createVectorKernels(
  memory: WebAssembly.Memory,
): ExportedKernels<typeof VECTOR_KERNELS> {
  compiled ??= compileText(RELAXED_VECTOR_KERNELS, PLAIN_VECTOR_KERNELS);
  return bindExports(VECTOR_KERNELS, compiled, memory);
}
