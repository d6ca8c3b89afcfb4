/**
 * Networks of other systems.
 *
 * @module
 */

export { importOnnxMlp } from "./import/onnx_mlp.ts";
export { importEfficientKan, importPykan } from "./import/spline_layers.ts";
export { readStateDict, type StateDict, type WeightArray } from "./import/state_dict.ts";
