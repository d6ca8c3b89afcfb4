/**
 * Numerics for the rooms above: double-double, factorisations, sparse rows, quadrature, statistics, vectors.
 *
 * @module
 */

export * from "./band_matrix.ts";
export * from "./covariance_factor.ts";
export * from "./dense_matrix.ts";
export * from "./distributions.ts";
export * from "./double_double.ts";
export * from "./nearby_order.ts";
export * from "./options.ts";
export * from "./positive_matrix.ts";
export * from "./quadrature.ts";
export * from "./singular_triples.ts";
export * from "./sparse_rows.ts";
export * from "./special.ts";
export * from "./statistics.ts";
export { symmetricEigenvalues } from "./symmetric_eigenvalues.ts";
export * from "./symmetric_eigenvectors.ts";
export * from "./tridiagonal_eigenvectors.ts";
export * from "./vector.ts";
export * from "./least_squares_factor.ts";
export * from "./elementary/mod.ts";
