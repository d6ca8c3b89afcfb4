/**
 * What goes wrong between processes.
 *
 * @module
 */

/** The processes of a cluster cannot work together: no library, no answer, or no agreement. */
export class ClusterError extends Error {
  /** Always `ClusterError`. */
  override name = "ClusterError";
}
