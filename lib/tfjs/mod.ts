/**
 * Freeknot's splines in TensorFlow.js: an operation, a layer, whole networks, and its losses here.
 *
 * TensorFlow.js is not a dependency of this package: hand over the `tf` that your program loads.
 * With the WebGPU backend, load that too: `import "npm:@tensorflow/tfjs-backend-webgpu"`.
 *
 * @module
 */

export * from "./tensorflow.ts";
export * from "./spline_layer.ts";
export * from "./free_knot_tensor.ts";
export {
  kanLayerClass,
  type KanLayerConfig,
  type KanLayerLike,
  type ResolvedKanConfig,
} from "./kan_layer.ts";
export { fromModel, toModel } from "./convert.ts";
export * from "./refine.ts";
export * from "./tensor_loss_engine.ts";
export * from "./tensor_engine.ts";
export * from "./create.ts";
