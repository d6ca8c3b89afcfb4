/**
 * What other rooms may use of lib/engine besides its users' door.
 *
 * @module
 */

export * from "./activation_derivatives.ts";
export * from "./cpu/linalg/band_triangle.ts";
export * from "./cpu/linalg/cholesky.ts";
export * from "./cpu/linalg/least_squares.ts";
export { checkThreads, defaultThreads } from "./cpu/cpu_engine.ts";
export * from "./cpu/linalg/pair_memory.ts";
export { keepHelpers } from "./cpu/wasm/helpers.ts";
export { roundsOnce } from "./cpu/wasm/rounding.ts";
export { hardwareThreads } from "./cpu/wasm/threads.ts";
export { coxRowLosses } from "./cox.ts";
export { meanOutputs, oneTarget } from "./deviance_scores.ts";
export { type ChainTerm, chainTerms, closeDerivatives, jetPoints } from "./jets.ts";
export { type PointLoss, pointLoss } from "./point_losses.ts";
export { addWeightDecay, checkLoss, checkProblem, rowLosses, totalWeight } from "./loss.ts";
export * from "./reference/reference_jets.ts";
export { difference, secondDifference } from "./residual_products.ts";
export * from "./silu_derivatives.ts";
export { heldShare, holdShare, mostHolders } from "./held_rows.ts";
export { addAlongTree, sharesOf, sumOverPeers } from "./peers.ts";
export { withEdgePenalty } from "./penalised.ts";
export { checkEdgePenalty, hasEdgePenalty } from "./penalty.ts";
export { addBlocks, addCurvatureProduct } from "./edge_curvature.ts";
export * from "./structure/structure_terms.ts";
