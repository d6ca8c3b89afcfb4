/**
 * Curvature in the parameters of single edges, and what it adds to a matrix of all parameters.
 *
 * @module
 */

/** The curvature in the parameters of one edge. */
export interface EdgeCurvature {
  /** The parameters: coefficients in their order, then the base weight, if there is one. */
  readonly places: Int32Array;
  /** The matrix, symmetric. */
  readonly matrix: Float64Array;
}

/** Adds the curvature of every edge to a matrix of all `n` parameters. */
export function addBlocks(
  curvatures: readonly EdgeCurvature[],
  matrixOut: Float64Array,
  n: number,
): void {
  for (const { places, matrix } of curvatures) {
    const size = places.length;
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) matrixOut[places[i] * n + places[j]] += matrix[i * size + j];
    }
  }
}

/** Adds their product with a vector. */
export function addCurvatureProduct(
  curvatures: readonly EdgeCurvature[],
  vector: Float64Array,
  out: Float64Array,
): void {
  for (const { places, matrix } of curvatures) {
    const size = places.length;
    for (let i = 0; i < size; i++) {
      let sum = 0;
      for (let j = 0; j < size; j++) sum += matrix[i * size + j] * vector[places[j]];
      out[places[i]] += sum;
    }
  }
}
