/**
 * The numbers that a network is trained on.
 *
 * @module
 */

/** All rows of which a dataset has a share: other processes hold the rest. */
export interface WholeRows {
  /** How many there are, in all processes. */
  readonly rows: number;
  /** Number of the first row that is here. */
  readonly first: number;
  /** The sum of all rows' weights; without weights their number. */
  readonly weight: number;
  /** The fingerprint of all rows. */
  readonly checksum: string;
  /**
   * Copies some rows, wherever they are: every process must ask for the same ones at once.
   *
   * @param rows Numbers of rows, each in `0..rows-1`.
   */
  take(rows: ArrayLike<number>): Dataset;
  /** Where the share is kept outside the memory; absent: the dataset's arrays hold it. */
  readonly stored?: StoredRows;
}

/** Rows that are kept outside the memory, such as in a file. */
export interface StoredRows {
  /** How many may be in the memory at a time; a block of them is in any case. */
  readonly atOnce: number;
  /** Copies the rows from one of those that are here to below another. */
  read(from: number, to: number): Dataset;
  /** Opens a store of bytes for numbers that a computation keeps for every row. */
  open(): ByteStore;
}

/** Bytes outside the memory. */
export interface ByteStore {
  /** Fills an array with the bytes from a place on; they have been written before. */
  read(at: number, into: Uint8Array): void;
  /** Writes bytes from a place on. */
  write(at: number, from: Uint8Array): void;
  /** Gives the room back. */
  close(): void;
}

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
  /**
   * The rows of all processes, where these are the share of one of them (see `Peers`): losses, means
   * and numbers of rows are then those of all. Absent: these are all rows.
   */
  readonly whole?: WholeRows;
}
