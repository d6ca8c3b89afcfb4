/**
 * How sure the parameters of a network are.
 *
 * @module
 */

/**
 * The covariance `R R^T` of a network's parameters, by a factor that has only as many columns as
 * there are directions in which the data leave something open.
 */
export interface ParameterCovariance {
  /** Columns of the factor. */
  readonly rank: number;
  /** `R`, shape `[number of parameters, rank]`, row-major. */
  readonly factor: Float64Array;
}
