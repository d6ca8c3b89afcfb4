/**
 * Engines compute loss and gradient: fast ones, and a plain reference that they agree with.
 *
 * @module
 */

export * from "./compile_jets.ts";
export * from "./contract.ts";
export { cpuEngine, type CpuEngineOptions, createCpuEngine } from "./cpu/cpu_engine.ts";
export { compilePredictor, type Predictor } from "./cpu/predictor/predictor.ts";
export {
  type Derivative,
  type DeviceJets,
  type Jacobian,
  type JetDevice,
  type JetOptions,
  type JetPoints,
  type JetProgram,
  MAX_DERIVATIVE_ORDER,
  type NormalMatrix,
  type ResidualRows,
  type SquareMatrix,
} from "./jets.ts";
export type { EdgePenalty } from "./penalty.ts";
export type { Peers } from "./peers.ts";
export type { StructurePenalty } from "./structure/structure_terms.ts";
export {
  type DevianceScores,
  devianceScores,
  type QuantileScores,
  quantileScores,
} from "./deviance_scores.ts";
export { evaluateLoss, type Loss } from "./loss.ts";
export { DEFAULT_HUBER_DELTA } from "./point_losses.ts";
export * from "./reference/reference_engine.ts";
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
} from "./webgpu/webgpu_engine.ts";
export { webgpuJets } from "./webgpu/jets/webgpu_jets.ts";
