/**
 * What lives on the knots: B-splines, ReLU powers, change of basis, Gram matrices.
 *
 * @module
 */

export * from "./bspline.ts";
export * from "./bspline_knots.ts";
export * from "./spline_options.ts";
export * from "./spline.ts";
export * from "./relu.ts";
export * from "./change_of_basis.ts";
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
export * from "./design_matrix.ts";
export * from "./gram_matrix.ts";
