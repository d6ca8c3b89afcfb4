/**
 * How rows are shared out among buffers, workgroups and threads.
 *
 * All of it depends on shapes and limits alone: sums are taken in the same order in every run.
 *
 * @module
 */

/** Consecutive rows that lie in one set of buffers. */
export interface Chunk {
  readonly firstRow: number;
  readonly rows: number;
  /** Groups of rows, one per workgroup. */
  readonly groups: number;
  /** Groups of the chunks before. */
  readonly firstGroup: number;
}

/** How a dataset is cut. */
export type ChunkPlan = ReturnType<typeof planChunks>;

const MOST_GROUPS = 2048;
const LEAST_ROWS_PER_GROUP = 64;

/**
 * Cuts rows into chunks whose buffers fit one binding, and chunks into groups.
 *
 * @param rows Number of rows.
 * @param numbersPerRow Numbers per row of the longest buffer over rows.
 * @param bindingBytes The device's limit of one storage binding.
 * @param mostGroups Groups whose partial results fit one binding.
 */
export function planChunks(
  rows: number,
  numbersPerRow: number,
  bindingBytes: number,
  mostGroups: number,
) {
  const most = Math.max(1, Math.min(MOST_GROUPS, mostGroups));
  const wanted = Math.ceil(rows / most / LEAST_ROWS_PER_GROUP) * LEAST_ROWS_PER_GROUP;
  const fitting = Math.floor(bindingBytes / (4 * numbersPerRow));
  if (fitting < 1) {
    throw new RangeError(
      `Cannot compile network: numbers per row must be at most ${bindingBytes / 4} on this ` +
        `adapter, current value is ${numbersPerRow}`,
    );
  }
  const rowsPerGroup = Math.min(Math.max(LEAST_ROWS_PER_GROUP, wanted), fitting);
  const perChunk = Math.floor(fitting / rowsPerGroup) * rowsPerGroup;
  const chunks: Chunk[] = [];
  let groups = 0;
  for (let firstRow = 0; firstRow < rows; firstRow += perChunk) {
    const chunkRows = Math.min(perChunk, rows - firstRow);
    const chunkGroups = Math.ceil(chunkRows / rowsPerGroup);
    chunks.push({ firstRow, rows: chunkRows, groups: chunkGroups, firstGroup: groups });
    groups += chunkGroups;
  }
  return { chunks, rows, rowsPerGroup, groups };
}

/** Ranges of rows whose sums are taken by one thread each. */
export type CopyPlan = ReturnType<typeof planCopies>;

const MOST_COPIES = 2048;
const MOST_COPY_NUMBERS = 16_777_216;

/**
 * Shares the rows of a sum out among threads.
 *
 * @param size Numbers of one copy.
 * @param wanted Copies that keep a large device busy.
 * @param leastRows Fewer rows would cost more in tables than they bring.
 */
export function planCopies(
  { chunks, rows }: ChunkPlan,
  size: number,
  wanted: number,
  leastRows: number,
) {
  const copies = Math.max(
    1,
    Math.min(
      Math.ceil(wanted),
      Math.ceil(rows / leastRows),
      MOST_COPIES,
      Math.floor(MOST_COPY_NUMBERS / size),
    ),
  );
  const rowsPerCopy = Math.ceil(rows / copies);
  let first = 0;
  // per chunk its copies, and those before
  const ranges = chunks.map((chunk) => {
    const count = Math.ceil(chunk.rows / rowsPerCopy);
    first += count;
    return { count, first: first - count };
  });
  return { rowsPerCopy, copies: first, ranges };
}
