/**
 * Engines: loss and gradient, fast; and the plain twin that says what they must give.
 *
 * @module
 */

export * from "./engine.ts";
export * from "./loss.ts";
export { difference, secondDifference } from "./residual_products.ts";
export {
  checkThreads,
  cpuEngine,
  type CpuEngineOptions,
  createCpuEngine,
  defaultThreads,
} from "./cpu/engine.ts";
export { type Cholesky, createCholesky } from "./cpu/linalg/cholesky.ts";
export { createPairMemory, type PairMemory } from "./cpu/linalg/pair_memory.ts";
export { referenceEngine } from "./reference/engine.ts";
export {
  createWebgpuEngine,
  findWebgpuAdapter,
  type PowerPreference,
  type WebgpuAdapter,
  type WebgpuEngine,
  type WebgpuEngineOptions,
  type WebgpuEvaluator,
  type WebgpuResults,
  type WebgpuRows,
  type WebgpuWork,
} from "./webgpu/engine.ts";
export * from "./jets.ts";
export { activationDerivatives } from "./activation_derivatives.ts";
export { siluDerivatives } from "./silu_derivatives.ts";
export { evaluateJets } from "./reference/jets.ts";
export { compileJets } from "./compile_jets.ts";
