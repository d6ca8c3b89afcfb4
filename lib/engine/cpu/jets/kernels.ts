/**
 * The loops of jets: WebAssembly from ../assembly/jets.ts on one memory.
 *
 * @module
 */

import { compileText } from "../kernel_text.ts";
import { PLAIN_JET_KERNELS, RELAXED_JET_KERNELS } from "./_jet_kernels.ts";

/** The functions of ../assembly/jets.ts, which explains the arguments. */
export interface JetKernels {
  forwardJets(...numbers: number[]): void;
  backwardJets(...numbers: number[]): void;
  addOuter(rowAt: number, rangesAt: number, ranges: number, matrixAt: number, size: number): void;
}

let compiled: WebAssembly.Module | undefined;

/** Binds the kernels to a memory. */
export function createJetKernels(memory: WebAssembly.Memory): JetKernels {
  compiled ??= compileText(RELAXED_JET_KERNELS, PLAIN_JET_KERNELS);
  const instance = new WebAssembly.Instance(compiled, {
    env: { memory, exp: Math.exp },
  });
  return instance.exports as unknown as JetKernels;
}
