/**
 * The loops of optimizers over vectors and dense matrices, on one memory.
 *
 * @module
 */

import { PLAIN_VECTOR_KERNELS, RELAXED_VECTOR_KERNELS } from "../wasm/_vector_kernels.ts";
import { VECTOR_KERNELS } from "../wasm/abi.ts";
import { kernelBinder } from "../wasm/exported_kernels.ts";

/** Binds the kernels to a memory. */
export const createVectorKernels = kernelBinder(
  VECTOR_KERNELS,
  RELAXED_VECTOR_KERNELS,
  PLAIN_VECTOR_KERNELS,
);
