/**
 * The Gauss-Newton matrix of residuals of jets, from sparse rows.
 *
 * A residual touches `degree + 1` rows of coefficients per node for any number of intervals.
 * Knots and each node's normalisation (`u = scale x + shift`) are unknowns of their own at first;
 * the matrix in all of them is then turned into that of the parameters: knots through their softmax
 * (knot_softmax.ts), scales and shifts through the gradients of the statistics (finish.ts). Rows are
 * computed chunk by chunk, then multiplied, pair of nodes by pair of nodes.
 *
 * The sums form a matrix `M` with `A = M + M^T`.
 *
 * @module
 */

import { addMissingEdges } from "../../../model/inner.ts";
import type { Network, NetworkConfig } from "../../../model/mod.ts";
import type { Jacobian, NormalMatrix, ResidualRows, SquareMatrix } from "../../jets.ts";
import type { JetChain } from "../jets/jet_chain.ts";
import { createPartsRunner, createTilesRunner, MOST_PARTS } from "../jets/jet_phases.ts";
import { call } from "../wasm/kernel_calls.ts";
import { createDenseRows } from "./dense_rows.ts";
import { createFinish } from "./finish.ts";
import type { Peers } from "../../peers.ts";
import { createMatrixBlocks, cutMatrixRows } from "./matrix_blocks.ts";
import { createKnotSoftmax } from "./knot_softmax.ts";
import { createResidualRows, type RowsOfPoints } from "./residual_rows.ts";
import { layOutMoved } from "./moved_columns.ts";
import {
  createPlainStrip,
  isMasked,
  type PlainStrip,
  type RowStrip,
  stripPairsOf,
} from "./row_strips.ts";
import { createStatisticGradients, type ExtremeRows } from "./statistic_gradients.ts";
import { createStripPairs, type StripPair } from "./strip_pairs.ts";

/** Most unknowns besides the parameters, and most of all together: the matrix stays below 1 GiB. */
const MOST_EXTRA = 16, MOST_SIZE = 11_000;
/** Most pairs of pieces: every part of the work counts rows in each. */
const MOST_BUCKETS = 2 ** 23;
/** Most points that a residual depends on, each with columns of its own; more are added up. */
const MOST_POINTS = 4;
/** Rows that are added up at a time, and columns of a block of them. */
const DENSE_ROWS = 256, DENSE_COLUMNS = 128;
/** Rows of a chunk: enough to meet each pair of pieces this many times, if there is room. */
const MEETINGS = 64, LEAST_CHUNK = 512, MOST_CHUNK = 2 ** 15;
/** Numbers of a chunk's rows at most, unless the fewest rows have more. */
const CHUNK_NUMBERS = 2 ** 22;

/** Which residuals a matrix is for. */
export interface RowKinds {
  /**
   * Whether residuals may depend on more than 4 points: their rows are then added up with all
   * columns, and multiplied as blocks of columns.
   */
  readonly manyPoints: boolean;
  /** Most points of one that is not added up, at most 4. */
  readonly points: number;
  /** Whether a residual may depend on one output alone. */
  readonly separate: boolean;
  /** Of residuals that all have a program's rows: how these are shared; absent: they are not cut. */
  readonly shared?: { readonly peers: Peers | undefined };
  /** Processes that share pairs of nodes, where rows are not cut. */
  readonly peers?: Peers | undefined;
}

/** Residuals of one point under all outputs, or under one. */
export const REGRESSION_ROWS: RowKinds = { manyPoints: false, points: 1, separate: true };

/** Residuals of an equation. */
export function equationRows(manyPoints: boolean, peers?: Peers): RowKinds {
  return { manyPoints, points: MOST_POINTS, separate: false, peers };
}

/** Whether a network has a matrix: its activations are splines, and it is not too large. */
export function canAssemble(network: Network): boolean {
  const { config, parameters } = addMissingEdges(network);
  if (config.activation !== "spline" || numBuckets(config) > MOST_BUCKETS) return false;
  return parameters.length + MOST_EXTRA + 2 * numNodes(config) <= MOST_SIZE;
}

/** Nodes that are inputs of a layer. */
function numNodes({ widths }: NetworkConfig): number {
  return widths.slice(0, -1).reduce((sum, width) => sum + width, 0);
}

/** Pairs of pieces of two nodes: a node meets itself in one piece only. */
function numBuckets(config: NetworkConfig): number {
  const pieces = config.intervals + 2;
  return numNodes(config) > 1 ? pieces ** 2 : pieces;
}

/** Numbers of a row, about. */
function rowNumbers({ config: { widths, degree } }: Network): number {
  return widths.slice(1).reduce((sum, nOut, s) => sum + widths[s] * (degree + 1) * nOut, 0);
}

/** What assembles the matrix and writes its rows; see `JetProgram`. */
export interface RowMatrix {
  readonly normalMatrix: NormalMatrix;
  readonly jacobian: Jacobian;
  /** The matrix in two steps, for rows that come block by block. */
  readonly steps: MatrixSteps;
}

/** The matrix of rows that come block by block, without further unknowns. */
export interface MatrixSteps {
  /**
   * Sums the products of residuals at the latest forward pass, by all unknowns: scales and shifts,
   * too.
   *
   * @returns Shape `[size, size]`, overwritten by the next call.
   */
  sum(residuals: readonly ResidualRows[]): Float64Array;
  /**
   * The matrix of the parameters from the sum over all blocks.
   *
   * @param extremes The rows of the latest forward pass that the statistics are of.
   */
  finish(sum: Float64Array, extremes: ExtremeRows): SquareMatrix;
}

/** Creates the functions. */
export function createRowMatrix(
  chain: JetChain,
  kinds: RowKinds,
): RowMatrix | undefined {
  const { network, stages, arena, threads } = chain;
  if (!canAssemble(network)) return undefined;
  const { manyPoints, points: mostPoints, shared } = kinds, { parameters: { length: n } } = network;
  const { moved, numMaps } = layOutMoved(network, stages);
  const mostKnown = n + (shared ? 0 : MOST_EXTRA);
  const { nOut } = stages.at(-1)!.stage, { cut, ...room } = cutRows(chain, shared !== undefined);
  const { chunk } = room, residualRows = createResidualRows(chain, moved, { ...kinds, ...room });
  const plain = layOutPlain(chain, manyPoints, chunk, mostKnown + numMaps);
  const most = mostOf(network, kinds, residualRows.strips(0), plain.denseStrips.length);
  const pairs = createStripPairs(
    { ...most, rows: Math.max(chunk, manyPoints ? DENSE_ROWS : 0), threads },
    createTilesRunner(chain),
    arena,
    kinds.peers,
  );
  const matrixSlot = arena.float64(cut.count * (mostKnown + numMaps) ** 2 + MOST_PARTS);
  const softmax = createKnotSoftmax(chain, moved, matrixSlot.at);
  const gradientsOf = createStatisticGradients(chain, moved, residualRows, softmax);
  const finish = createFinish(chain, matrixSlot, mostKnown, numMaps);
  const sumBlocks = cut.count > 1
    ? createMatrixBlocks(chain, cut, {
      ...{ points: residualRows, pairs, matrix: matrixSlot, size: n + numMaps },
      outputs: kinds.separate ? Array.from({ length: nOut }, (_, q) => q) : [-1],
      peers: shared!.peers,
    })
    : undefined;
  const addResidual = createSums(
    kinds,
    residualRows,
    plain,
    (list, row, rows, size) => pairs.add(list, row, rows, matrixSlot.at, size),
  );
  const clear = createClearing(chain, matrixSlot.at);

  /** Overwrites the matrix, all threads at the same rows. */
  function addAll(residuals: readonly ResidualRows[], extra: number, size: number): void {
    // columns that are added up belong to no pair of nodes
    pairs.begin(residuals.every(({ parts }) => parts.length <= mostPoints));
    plain.extraStrip.set(n, extra);
    clear(size);
    for (const residual of residuals) addResidual(residual, extra, size);
    pairs.join(matrixSlot.values.subarray(0, size * size));
  }

  /** From all rows' products by all unknowns to the matrix of the known ones. */
  function conclude(known: number, extremes?: ExtremeRows): SquareMatrix {
    const size = known + numMaps;
    softmax.load();
    softmax.pullMatrix(size);
    finish(gradientsOf(known, extremes), known);
    return { values: matrixSlot.values, size: known, stride: size };
  }

  const normalMatrix: NormalMatrix = (residuals, extra) => {
    const known = n + extra;
    if (extra > MOST_EXTRA) throw tooMany("extra", String(MOST_EXTRA), extra);
    residualRows.begin(known);
    if (sumBlocks) sumBlocks(residuals);
    else addAll(residuals, extra, known + numMaps);
    return conclude(known);
  };
  const steps: MatrixSteps = {
    sum(residuals) {
      residualRows.begin(n);
      addAll(residuals, 0, n + numMaps);
      return matrixSlot.values.subarray(0, (n + numMaps) ** 2);
    },
    finish(sum, extremes) {
      residualRows.begin(n);
      matrixSlot.values.set(sum);
      return conclude(n, extremes);
    },
  };
  const rowParts = { points: residualRows, softmax, gradientsOf, n, numMaps, chunk };
  return { normalMatrix, jacobian: createDenseRows(rowParts), steps };
}

/** Strips of columns that belong to no node, and the rows that are worked on at a time. */
interface PlainStrips {
  readonly extraStrip: PlainStrip;
  /** None where all residuals depend on few points. */
  readonly denseStrips: readonly PlainStrip[];
  readonly chunk: number;
}

/** Makes room for strips of further unknowns and, where rows are added up, of all columns. */
function layOutPlain(
  { arena }: JetChain,
  manyPoints: boolean,
  chunk: number,
  columns: number,
): PlainStrips {
  const count = manyPoints ? Math.ceil(columns / DENSE_COLUMNS) : 0;
  return {
    extraStrip: createPlainStrip(MOST_EXTRA, chunk, arena),
    denseStrips: Array.from(
      { length: count },
      () => createPlainStrip(DENSE_COLUMNS, DENSE_ROWS, arena),
    ),
    chunk,
  };
}

/** The blocks of rows, if threads and processes may have a share each, and rows that are worked on at a time. */
function cutRows({ network, shapes, stages, threads }: JetChain, isShared: boolean) {
  const { config: { intervals, widths }, parameters: { length: n } } = network;
  const numbers = rowNumbers(network);
  const wanted = Math.min(MEETINGS * (intervals + 2) ** 2, CHUNK_NUMBERS / numbers);
  const rows = Math.max(...shapes.map(({ rows }) => rows));
  const chunk = Math.min(MOST_CHUNK, rows, Math.max(LEAST_CHUNK, Math.floor(wanted)));
  // numbers of edges that exist are taken out by the caller
  const whole = !isShared || stages.some((layer) => isMasked({ layer }));
  const cut = whole
    ? { count: 1, blockRows: rows, chunk }
    : cutMatrixRows({ rows, chunk, numbers, n });
  const isCut = cut.count > 1, least = 2 * Math.max(...widths);
  return { cut, chunk: Math.max(isCut ? cut.chunk : chunk, least), rooms: isCut ? threads : 1 };
}

/** Sets a matrix of `size` columns to 0. */
function createClearing(chain: JetChain, matrix: number) {
  return createPartsRunner(chain, (size) => {
    const share = 8 * Math.ceil(size * size / MOST_PARTS); // the last may reach beyond
    return [call.zero({ to: { at: matrix, perBlock: share }, size: share })];
  });
}

/** What pairs of strips need room for. */
function mostOf(
  { config }: Network,
  { manyPoints, points }: RowKinds,
  perPoint: readonly RowStrip[],
  numDense: number,
) {
  const least = manyPoints ? DENSE_COLUMNS : MOST_EXTRA;
  const count = Math.max(points * perPoint.length + 1, numDense);
  return {
    pairs: count * (count + 1) / 2,
    length: Math.max(least, ...perPoint.map(({ length }) => length)),
    columnNumbers: Math.max(least, ...perPoint.map(({ columnNumbers }) => columnNumbers)),
    buckets: points > 1 ? (config.intervals + 2) ** 2 : numBuckets(config),
  };
}

function tooMany(what: string, most: string, count: number): RangeError {
  return new RangeError(
    `Cannot assemble matrix: ${what} must be at most ${most}, current value is ${count}`,
  );
}

/** Sums the products of residuals' rows. */
function createSums(
  { points: mostPoints, manyPoints }: RowKinds,
  points: RowsOfPoints,
  { extraStrip, denseStrips, chunk }: PlainStrips,
  add: (pairs: readonly StripPair[], row: number, rows: number, size: number) => void,
) {
  function addRows(
    { rows, parts, extra: more }: ResidualRows,
    extra: number,
    size: number,
  ): void {
    const strips = parts.flatMap(({ output }, k) => points.strips(k, output));
    if (extra > 0) strips.push(extraStrip);
    const list = stripPairsOf(strips);
    for (let begin = 0; begin < rows; begin += chunk) {
      const end = Math.min(rows, begin + chunk);
      parts.forEach((part, k) => points.fill(k, part, begin, end));
      if (extra > 0) fillExtra(more, extra, begin, end);
      add(list, begin, end - begin, size);
    }
  }

  /** Adds the products of residuals that depend on many points. */
  function addSums({ rows, parts, extra: more }: ResidualRows, extra: number, size: number): void {
    const step = Math.min(chunk, DENSE_ROWS), dense = new Float64Array(step * size);
    const lines = Array.from({ length: step }, (_, r) => dense.subarray(r * size, (r + 1) * size));
    const addAll = (
      strip: RowStrip,
      part: ResidualRows["parts"][number],
      from: number,
      to: number,
    ) => {
      for (let r = from; r < to; r++) {
        strip.addRow(r - from, part.group, (part.from ?? 0) + r, lines[r - from]);
      }
    };
    const blocks = denseStrips.slice(0, Math.ceil(size / DENSE_COLUMNS));
    blocks.forEach((strip, b) => {
      strip.set(b * DENSE_COLUMNS, Math.min(DENSE_COLUMNS, size - b * DENSE_COLUMNS));
    });
    const list = stripPairsOf(blocks);
    for (let begin = 0; begin < rows; begin += step) {
      const end = Math.min(rows, begin + step), count = end - begin;
      dense.fill(0);
      for (const part of parts) {
        points.fill(0, part, begin, end);
        for (const strip of points.strips(0, part.output)) addAll(strip, part, begin, end);
      }
      if (extra > 0) {
        fillExtra(more, extra, begin, end);
        for (let r = 0; r < count; r++) extraStrip.addRow(r, 0, 0, lines[r]);
      }
      blocks.forEach(({ values }, b) => {
        for (let r = 0; r < count; r++) {
          const from = r * size + b * DENSE_COLUMNS;
          const line = dense.subarray(from, Math.min(from + DENSE_COLUMNS, (r + 1) * size));
          values.values.set(line, r * DENSE_COLUMNS);
        }
      });
      add(list, begin, count, size);
    }
  }

  function fillExtra(more: Float64Array, extra: number, begin: number, end: number): void {
    for (let r = begin; r < end; r++) {
      const line = more.subarray(r * extra, (r + 1) * extra);
      extraStrip.values.values.set(line, (r - begin) * MOST_EXTRA);
    }
  }

  return (residual: ResidualRows, extra: number, size: number): void => {
    if (residual.parts.length <= mostPoints) addRows(residual, extra, size);
    else if (manyPoints) addSums(residual, extra, size);
    else throw tooMany("parts", `${mostPoints} without manyPoints`, residual.parts.length);
  };
}
