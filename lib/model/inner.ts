/**
 * What other rooms may use of lib/model besides its users' door.
 *
 * @module
 */

export * from "./activation_name.ts";
export * from "./all_edges.ts";
export * from "./balance.ts";
export { supportBatchSize } from "./basis_support.ts";
export { edgeBaseWeight, edgeParameters, silu, siluDerivative } from "./edge.ts";
export { checkEdgeGrids, edgeGrid } from "./edge_grids.ts";
export * from "./edge_mask.ts";
export * from "./fold_scales.ts";
export { layerInputs, stageValues } from "./forward.ts";
export { blockValues, findBlock, parameterBlock } from "./layout.ts";
export * from "./local_functions.ts";
export * from "./normalise.ts";
export * from "./stage.ts";
export * from "./tensor_file.ts";
export { checkNetwork } from "./network.ts";
