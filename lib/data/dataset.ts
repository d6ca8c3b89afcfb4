/**
 * The numbers that a network is trained on.
 *
 * @module
 */

/** Rows of inputs and targets, scaled as the network sees them. */
export interface Dataset {
  /** Number of rows. */
  readonly rows: number;
  /** Number of inputs. */
  readonly nIn: number;
  /** Number of targets (classes of a softmax problem; 1 for a binary one). */
  readonly nOut: number;
  /** Inputs, shape `[rows, nIn]`, row-major, float64. */
  readonly inputs: Float64Array;
  /**
   * Targets, shape `[rows, nOut]`. Cross-entropy: probabilities (0 or 1 for a label),
   * one column for two classes, one per class for more.
   */
  readonly targets: Float64Array;
  /** Weight of each row, shape `[rows]`, not negative; absent: all 1. */
  readonly weights?: Float64Array;
}
