/**
 * Processes that share the rows of one run, and sums over rows that are the same bits for any number
 * of them.
 *
 * Rows are cut into blocks whose number, a power of two, depends on the problem alone; the blocks'
 * sums are the leaves of a binary tree, and every sum is taken along that tree. A process has
 * neighbouring blocks, adds the whole subtrees among them, and gives these to the others, which add
 * the rest of the tree, every one in the same order.
 *
 * @module
 */

/** Processes that run one program, each on its share of the rows. All must ask for the same at once. */
export interface Peers {
  /** Which of them this is, from 0. */
  readonly rank: number;
  /** How many there are. */
  readonly size: number;
  /**
   * Gives every process the numbers of all.
   *
   * @param part This process' numbers.
   * @param lengths How many each process gives.
   * @returns All numbers, in the order of ranks; holds until the next call.
   */
  gather(part: Float64Array, lengths: readonly number[]): Float64Array;
  /**
   * Gives every process what each has for it.
   *
   * @param parts The numbers for rank 0, those for rank 1, and so on.
   * @param lengths How many go to each process.
   * @param received How many come from each process.
   * @returns What has come, in the order of ranks; holds until the next call.
   */
  trade(
    parts: Float64Array,
    lengths: readonly number[],
    received: readonly number[],
  ): Float64Array;
}

/** A part of a fixed tree of blocks: the blocks `begin` to `begin + size - 1`, `size` a power of two. */
export interface Subtree {
  readonly begin: number;
  readonly size: number;
}

/** The share of the processes in `count` blocks: process r has those from `[r]` to below `[r + 1]`. */
export function sharesOf(count: number, processes: number): readonly number[] {
  return Array.from({ length: processes + 1 }, (_, r) => Math.floor(r * count / processes));
}

/** The largest subtrees that blocks from `begin` to below `end` are made of, in order. */
export function subtreesOf(begin: number, end: number): Subtree[] {
  const found: Subtree[] = [];
  for (let at = begin; at < end;) {
    let size = 1;
    while (at % (2 * size) === 0 && at + 2 * size <= end) size *= 2;
    found.push({ begin: at, size });
    at += size;
  }
  return found;
}

/**
 * Adds neighbouring subtrees along the tree, as far as they are siblings.
 *
 * @param nodes Subtrees in order, with their numbers, which are overwritten.
 * @returns Those that are left: one if together they are the whole tree.
 */
export function addAlongTree(
  nodes: readonly (Subtree & { readonly values: Float64Array })[],
): (Subtree & { readonly values: Float64Array })[] {
  const stack: (Subtree & { readonly values: Float64Array })[] = [];
  for (const node of nodes) {
    stack.push(node);
    while (stack.length > 1) {
      const [left, right] = stack.slice(-2);
      if (left.size !== right.size || left.begin % (2 * left.size) !== 0) break;
      const { values } = left, other = right.values;
      for (let i = 0; i < values.length; i++) values[i] += other[i];
      stack.splice(-2, 2, { begin: left.begin, size: 2 * left.size, values });
    }
  }
  return stack;
}

/** Numbers from which on every process adds a share of them, rather than all. */
const MANY = 16_384;

/**
 * Completes the sum over all blocks.
 *
 * @param peers The processes.
 * @param count Blocks, a power of two.
 * @param nodes This process' subtrees as {@linkcode subtreesOf} lists them, with their sums.
 * @param length Numbers of each sum.
 * @returns The sum over all blocks; holds until the next call.
 */
export function sumOverPeers(
  peers: Peers,
  count: number,
  nodes: readonly { readonly values: Float64Array }[],
  length: number,
): Float64Array {
  const shares = sharesOf(count, peers.size);
  const trees = Array.from({ length: peers.size }, (_, r) => subtreesOf(shares[r], shares[r + 1]));
  if (length < MANY) {
    const part = new Float64Array(nodes.length * length);
    nodes.forEach(({ values }, k) => part.set(values, k * length));
    const all = peers.gather(part, trees.map((each) => each.length * length));
    return addSubtrees(trees.flat(), all, length);
  }
  // every process adds a share of the numbers, and then all give their shares
  const cuts = sharesOf(length, peers.size), { rank } = peers;
  const widths = Array.from({ length: peers.size }, (_, r) => cuts[r + 1] - cuts[r]);
  const parts = new Float64Array(nodes.length * length);
  let at = 0;
  for (let r = 0; r < peers.size; r++) {
    for (const { values } of nodes) {
      parts.set(values.subarray(cuts[r], cuts[r + 1]), at);
      at += widths[r];
    }
  }
  const width = widths[rank];
  const received = peers.trade(
    parts,
    widths.map((each) => each * nodes.length),
    trees.map((each) => each.length * width),
  );
  const sum = addSubtrees(trees.flat(), received, width);
  return peers.gather(sum.slice(), widths);
}

function addSubtrees(trees: readonly Subtree[], all: Float64Array, length: number): Float64Array {
  const nodes = trees.map((each, k) => ({
    ...each,
    values: all.subarray(k * length, (k + 1) * length),
  }));
  return addAlongTree(nodes)[0].values;
}

/**
 * Overwrites numbers with the sums over all processes, where at most one process has a number that is
 * not 0 in each place, so that no order matters. Runs of numbers that are not 0 are sent alone.
 */
export function joinOverPeers(peers: Peers, values: Float64Array): void {
  const { rank, size } = peers, part = packRuns(values);
  const lengths = [...peers.gather(Float64Array.of(part.length), new Array(size).fill(1))];
  const all = peers.gather(part, lengths);
  let at = 0;
  lengths.forEach((length, r) => {
    if (r !== rank) unpackRuns(all.subarray(at, at + length), values);
    at += length;
  });
}

/** The runs of numbers that are not 0: how many, where each begins and how long it is, then all numbers. */
function packRuns(values: Float64Array): Float64Array {
  const places: number[] = [];
  let numbers = 0;
  for (let i = 0; i < values.length; i++) {
    if (values[i] === 0) {
      values[i] = 0; // not -0, which the others would have as 0
      continue;
    }
    const begin = i;
    while (i + 1 < values.length && values[i + 1] !== 0) i++;
    places.push(begin, i + 1 - begin);
    numbers += i + 1 - begin;
  }
  const packed = new Float64Array(1 + places.length + numbers);
  packed[0] = places.length / 2;
  packed.set(places, 1);
  for (let k = 0, to = 1 + places.length; k < places.length; k += 2) {
    packed.set(values.subarray(places[k], places[k] + places[k + 1]), to);
    to += places[k + 1];
  }
  return packed;
}

/** Sets the numbers of the runs. */
function unpackRuns(packed: Float64Array, values: Float64Array): void {
  const runs = packed[0];
  for (let k = 0, from = 1 + 2 * runs; k < runs; k++) {
    const begin = packed[1 + 2 * k], length = packed[2 + 2 * k];
    values.set(packed.subarray(from, from + length), begin);
    from += length;
  }
}
