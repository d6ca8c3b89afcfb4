/**
 * Who reads a long table: one process, or several that share its blocks.
 *
 * @module
 */

/** The processes that read a table. */
export interface Readers {
  /** Which of them this is, from 0. */
  readonly rank: number;
  /** How many there are. */
  readonly size: number;
  /** The bytes of every process, by rank. */
  gatherBytes(bytes: Uint8Array): readonly Uint8Array[];
  /** Does a step of every process' own: where it fails in one, it fails in all. */
  together<Value>(step: () => Promise<Value>): Promise<Value>;
}

/** One process alone. */
export const ONE_READER: Readers = {
  ...{ rank: 0, size: 1 },
  gatherBytes: (bytes) => [bytes],
  together: (step) => step(),
};

/** The blocks that a process reads: from the first to below the second. */
export function readShare(
  { rank, size }: Pick<Readers, "rank" | "size">,
  blocks: number,
): readonly [number, number] {
  return [Math.floor(rank * blocks / size), Math.floor((rank + 1) * blocks / size)];
}

/** The numbers of every process, by rank. */
export function gatherNumbers(readers: Readers, numbers: readonly number[]): Float64Array[] {
  const told = new Uint8Array(Float64Array.from(numbers).buffer);
  return readers.gatherBytes(told).map((bytes) => new Float64Array(bytes.slice().buffer));
}
