/**
 * The loops of an MLP's jets: WebAssembly from ../wasm/assembly/dense.ts on one memory.
 *
 * @module
 */

import { compileText } from "../wasm/kernel_text.ts";
import { PLAIN_DENSE_KERNELS, RELAXED_DENSE_KERNELS } from "../wasm/_dense_kernels.ts";

/** The functions of ../wasm/assembly/dense.ts; addresses and steps in bytes. */
export interface DenseKernels {
  /** `y = x W`. */
  multiply(
    rows: number,
    nIn: number,
    weightsAt: number,
    xAt: number,
    xStep: number,
    yAt: number,
    yStep: number,
  ): void;
  /** `weightsBar += x^T yBar`. */
  addProducts(
    rows: number,
    nIn: number,
    xAt: number,
    xStep: number,
    yBarAt: number,
    yStep: number,
    weightsBarAt: number,
  ): void;
  /** Jets of `f(x)` from those of `x`. */
  bend(...numbers: number[]): void;
  /** The gradient by the jets of `x` from that by the jets of `f(x)`. */
  unbend(...numbers: number[]): void;
}

let compiled: WebAssembly.Module | undefined;

/** Binds the kernels to a memory. */
export function createDenseKernels(memory: WebAssembly.Memory): DenseKernels {
  compiled ??= compileText(RELAXED_DENSE_KERNELS, PLAIN_DENSE_KERNELS);
  const instance = new WebAssembly.Instance(compiled, { env: { memory } });
  return instance.exports as unknown as DenseKernels;
}
