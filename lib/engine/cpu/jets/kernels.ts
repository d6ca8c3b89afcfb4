/**
 * The loops of jets: WebAssembly from ../wasm/assembly/jets.ts on one memory.
 *
 * @module
 */

import { decodeBest } from "../wasm/kernel_text.ts";
import { clearSharedFlag, type RunPhase } from "../wasm/module.ts";
import { PLAIN_JET_KERNELS, RELAXED_JET_KERNELS } from "../wasm/_jet_kernels.ts";

/** The module's export that runs phases. */
export const JET_RUNNER = "runJets";

const modules = new Map<boolean, WebAssembly.Module>();

/** Compiles the module once for each kind of memory, with fused multiply-adds where there are. */
export function jetModule(shared: boolean): WebAssembly.Module {
  let module = modules.get(shared);
  if (!module) {
    const bytes = decodeBest(RELAXED_JET_KERNELS, PLAIN_JET_KERNELS);
    if (!shared) clearSharedFlag(bytes);
    module = new WebAssembly.Module(bytes);
    modules.set(shared, module);
  }
  return module;
}

/** Binds the kernels to a memory. */
export function bindJets(module: WebAssembly.Module, memory: WebAssembly.Memory): RunPhase {
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  return instance.exports[JET_RUNNER] as RunPhase;
}
