/**
 * Networks as data: configuration, parameter layout, initialisation, plain forward pass, model
 * file.
 *
 * "Actor et al. 2025" stands for J. A. Actor, G. Harper, B. Southworth and E. C. Cyr, Leveraging
 * KANs for Expedient Training of Multichannel MLPs via Preconditioning and Geometric Refinement,
 * 2025.
 *
 * @module
 */

export { basisSupport, type LayerSupport } from "./basis_support.ts";
export * from "./config.ts";
export type { EdgeGrids, EdgeRows } from "./edge_mask.ts";
export { type EdgeSpline, edgeSpline, evaluateEdge, type ScipySpline, toScipy } from "./edge.ts";
export { countMoving } from "./edge_grids.ts";
export { edgeNorms } from "./edge_norms.ts";
export * from "./ensemble.ts";
export { forward, withStatistics } from "./forward.ts";
export * from "./initialise.ts";
export * from "./input_gradient.ts";
export * from "./layer_knots.ts";
export { countParameters, formatLayout, parameterLayout } from "./layout.ts";
export * from "./model_file.ts";
export type { Network, NetworkConfig, NormalisationStatistics, ParameterBlock } from "./network.ts";
export * from "./parameter_covariance.ts";
export * from "./random.ts";
export * from "./scale_outputs.ts";
