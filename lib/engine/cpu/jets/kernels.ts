/**
 * The loops of jets: WebAssembly from ../assembly/jets.ts on one memory.
 *
 * @module
 */

import { PLAIN_JET_KERNELS, RELAXED_JET_KERNELS } from "./_jet_kernels.ts";

/** The functions of ../assembly/jets.ts, which explains the arguments. */
export interface JetKernels {
  forwardJets(...numbers: number[]): void;
  backwardJets(...numbers: number[]): void;
  addOuter(rowAt: number, rangesAt: number, ranges: number, matrixAt: number, size: number): void;
}

let compiled: WebAssembly.Module | undefined;

/** The module with fused multiply-adds where the machine offers them. */
function compile(): WebAssembly.Module {
  const [relaxed, plain] = [RELAXED_JET_KERNELS, PLAIN_JET_KERNELS].map((text) =>
    Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  );
  return new WebAssembly.Module(WebAssembly.validate(relaxed) ? relaxed : plain);
}

/** Binds the kernels to a memory. */
export function createJetKernels(memory: WebAssembly.Memory): JetKernels {
  const instance = new WebAssembly.Instance(compiled ??= compile(), {
    env: { memory, exp: Math.exp },
  });
  return instance.exports as unknown as JetKernels;
}
