/**
 * Networks of piecewise-linear splines and ReLU networks, rewritten as each other; their linear
 * regions; networks of other systems.
 *
 * @module
 */

export { type DecodedRelu, decodeRelu, encodeRelu } from "./relu_file.ts";
export {
  type ReluLayer,
  type ReluNetwork,
  reluOutputs,
  type ReluSize,
  reluSize,
  restrictInputs,
} from "./relu_network.ts";
export * from "./elevate_degree.ts";
export * from "./regions/bounds.ts";
export { type LinePiece, type LineRegions, lineRegions } from "./regions/line.ts";
export * from "./minimal_relu.ts";
export * from "./relu_network_of.ts";
export { reluToMlp } from "./relu_to_mlp.ts";
export * from "./relu_to_splines.ts";
export * from "./regions/largest_difference.ts";
export {
  extractPolyhedra,
  type HalfSpace,
  halfSpaces,
  type PolyhedralCell,
  type PolyhedralComplex,
  type PolyhedralFacet,
  type PolyhedraOptions,
} from "./regions/polyhedra.ts";
export { splinesToRelu } from "./splines_to_relu.ts";
export {
  importLayersModel,
  type LayersModelFile,
  readLayersChain,
  readLayersModel,
} from "./import/layers_model.ts";
export type { ChainFunction, ChainLayer } from "./import/mlp_chain.ts";
export { type SmoothImport, type SmoothOptions, splinesOfChain } from "./import/smooth_chain.ts";
export { importOnnxMlp, readOnnxChain } from "./import/onnx_mlp.ts";
export { importEfficientKan, importPykan } from "./import/spline_layers.ts";
export { readStateDict, type StateDict, type WeightArray } from "./import/state_dict.ts";
