/**
 * Functions on the knots: B-splines, ReLU powers, the change of basis between them, Gram matrices.
 *
 * "Actor et al. 2025" stands for J. A. Actor, G. Harper, B. Southworth and E. C. Cyr, Leveraging
 * KANs for Expedient Training of Multichannel MLPs via Preconditioning and Geometric Refinement,
 * 2025.
 *
 * @module
 */

export * from "./bending_matrix.ts";
export { bsplineBasis, bsplineDerivatives, type LocalBasis } from "./bspline.ts";
export * from "./bspline_knots.ts";
export * from "./change_of_basis.ts";
export * from "./design_matrix.ts";
export * from "./gram_matrix.ts";
export * from "./relu.ts";
export * from "./spline.ts";
export * from "./spline_options.ts";
export {
  gaussLegendre,
  multiply,
  multiplyTransposed,
  type QuadratureRule,
  solveUpper,
  solveUpperTransposed,
  type SparseRows,
  toDense,
} from "../numerics/inner.ts";
