/**
 * The sum of a matrix over blocks of rows, which processes share.
 *
 * Every block's matrix begins with zeros, and the blocks' matrices are added along their tree: the same
 * bits for any number of processes.
 *
 * @module
 */

import { addAlongTree, type Peers, sharesOf, type Subtree, sumOverPeers } from "../../peers.ts";
import { cutBlocks } from "../wasm/row_blocks.ts";

/** Chunks of a block, at least: each is summed over pieces at a cost of its own, however short. */
const LEAST_CHUNKS = 2;
/** The most blocks. */
const MOST = 64;
/** Multiply-adds of a block's rows for each number of its matrix, at least: it is copied and added. */
const WORK_PER_NUMBER = 32;

/** What decides how rows are cut. */
export interface MatrixShape {
  /** Rows in all. */
  readonly rows: number;
  /** Rows that are worked on at a time. */
  readonly chunk: number;
  /** Numbers of a row that are not 0, about. */
  readonly numbers: number;
  /** Rows of the matrix. */
  readonly n: number;
}

/** Rows of a matrix from which on there is no room for those of blocks beside it. */
const LARGE = 4096;

/** Cuts rows so that the blocks' matrices cost little beside the rows. */
function cutRows({ rows, chunk, numbers, n }: MatrixShape) {
  // `cutBlocks` asks for 4 edges times rows of each number
  return cutBlocks(
    rows,
    numbers ** 2 / 2,
    WORK_PER_NUMBER / 4 * n ** 2,
    n < LARGE ? Math.min(MOST, rows / (LEAST_CHUNKS * chunk)) : 1,
  );
}

/**
 * Cuts the rows of a Gauss-Newton matrix.
 *
 * @param peers Processes that share the blocks.
 */
export function createMatrixBlocks(shape: MatrixShape, peers: Peers | undefined) {
  const blocks = cutRows(shape), count = blocks.length;
  const shared = peers && peers.size > 1 && count > 1 ? peers : undefined;
  const [begin, end] = shared
    ? sharesOf(count, shared.size).slice(shared.rank, shared.rank + 2)
    : [0, count];

  return {
    /**
     * Overwrites a matrix with the sum over all blocks.
     *
     * @param add Overwrites it with that of some rows, and gives it.
     */
    sum(add: (begin: number, end: number) => Float64Array): void {
      if (count === 1) return void add(0, shape.rows);
      let nodes: (Subtree & { readonly values: Float64Array })[] = [];
      let matrix: Float64Array | undefined;
      for (const { index, begin: first, rows } of blocks.slice(begin, end)) {
        matrix = add(first, first + rows);
        nodes = addAlongTree([...nodes, { begin: index, size: 1, values: matrix.slice() }]);
      }
      matrix ??= add(0, 0);
      matrix.set(shared ? sumOverPeers(shared, count, nodes, matrix.length) : nodes[0].values);
    },
  };
}
