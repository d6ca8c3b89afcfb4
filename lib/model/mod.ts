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

export * from "./network.ts";
export * from "./random.ts";
export * from "./fold_scales.ts";
export * from "./scale_outputs.ts";
export * from "./config.ts";
export * from "./activation_name.ts";
export * from "./stage.ts";
export * from "./layout.ts";
export * from "./layer_knots.ts";
export * from "./normalise.ts";
export * from "./local_functions.ts";
export * from "./edge.ts";
export * from "./forward.ts";
export * from "./basis_support.ts";
export * from "./ensemble.ts";
export * from "./input_gradient.ts";
export * from "./initialise.ts";
export * from "./balance.ts";
export * from "./tensor_file.ts";
export * from "./model_file.ts";
