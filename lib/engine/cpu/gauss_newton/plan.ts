/**
 * Which values a Gauss-Newton row has, which products are summed where, and by which calls.
 *
 * @module
 */

import { type Call, call } from "../wasm/kernel_calls.ts";
import type { Arena, Slot } from "../wasm/memory.ts";
import type { RowRange } from "./layers.ts";
import type { ListPhase } from "./lists.ts";
import { type AssembledLayer, type LayerOffsets, layerStrips, type ValueStrip } from "./strips.ts";

/** Two strips and the table of their products. */
export interface Pair {
  readonly a: ValueStrip;
  readonly b: ValueStrip;
  /** Shape `[pieces a, pieces b, length a, length b]`, or `[pieces, length, length]` for a = b. */
  readonly table: Float64Array;
  /** Address of the table. */
  readonly at: number;
}

/** Rows whose values are held at once, and shared by blocks. */
const CHUNK_ROWS = 4096;
const BLOCK_ROWS = 256;
/** Parts that products of pairs are shared out to; the pairs of one part come one after the other. */
const PRODUCT_PARTS = 64;

/** Numbers of a block for which sorting rows costs less than it saves. */
const FEWEST_SORTED = 64;

/** Numbers of the values of a chunk at most, unless a block has more. */
const CHUNK_NUMBERS = 2 ** 20;

/**
 * Lays out values, tables and calls.
 *
 * @param layers The stages.
 * @param rows Rows of the data.
 * @param roots Curvature, shape `[rows, nOut]`, or `[rows, nOut, nOut]` where outputs are coupled.
 * @param coupled Whether a row may touch several outputs.
 */
export function planAssembly(
  layers: readonly AssembledLayer[],
  rows: number,
  roots: Slot<Float64Array>,
  coupled: boolean,
  arena: Arena,
) {
  const last = layers.length - 1;
  const nOut = layers[last].stage.nOut;
  const outputs = coupled ? nOut : 1; // of the last layer, in one row
  const { offsets, width } = layOutRow(layers, outputs);
  const kinds = Array.from({ length: nOut }, (_, q) => q);
  const shared = layers.slice(0, -1).flatMap((layer, k) =>
    layerStrips(layer, k, offsets[k], 0, layer.stage.nOut)
  );
  let lastStrips: ValueStrip[] = [];
  const stripsOf = kinds.map((q) => {
    if (q === 0 || !coupled) {
      lastStrips = layerStrips(layers[last], last, offsets[last], coupled ? 0 : q, outputs);
    }
    return [...lastStrips, ...shared];
  });
  const strips = [...new Set(stripsOf.flat())];
  const { pairs, tables } = allocate(stripsOf, arena);

  const block = Math.min(BLOCK_ROWS, rows);
  const fitting = Math.floor(CHUNK_NUMBERS / width / block) * block;
  const chunk = Math.min(CHUNK_ROWS, Math.max(block, fitting), Math.ceil(rows / block) * block);
  const values = arena.float64(chunk * width);
  const xBars = layers.map(({ stage }, k) =>
    k === 0 ? undefined : arena.float64(chunk * stage.nIn)
  );
  const rowArrays = { layers, offsets, roots, coupled, chunk, values, xBars };
  const productCalls = planProducts(pairs, values.at, chunk, arena);
  const phases: ListPhase[] = []; // fill values and add products, chunk by chunk
  for (let begin = 0; begin < rows; begin += chunk) {
    const count = Math.min(chunk, rows - begin);
    for (const q of kinds) {
      const fills: Call[][] = [];
      for (let at = begin; at < begin + count; at += block) {
        const range = { begin: at, rows: Math.min(block, begin + count - at) };
        fills.push(fillCalls(rowArrays, range, begin, q));
      }
      phases.push(fills);
      phases.push(productCalls(begin, count, stripsOf[q]));
    }
  }

  // Ranges of rows for work that is shared by rows.
  const share = Math.ceil(rows / 8);
  const blocks: RowRange[] = [];
  for (let begin = 0; begin < rows; begin += share) {
    blocks.push({ begin, rows: Math.min(share, rows - begin) });
  }
  return { strips, pairs, tables, blocks, phases };
}

/**
 * Lays out what products need.
 *
 * @param values Address of the values of a chunk of rows.
 * @returns The calls for a chunk that begins at a row, among some of the strips.
 */
function planProducts(pairs: readonly Pair[], values: number, chunk: number, arena: Arena) {
  const sorted = (pair: Pair) => paysSorting(pair, chunk);
  const mostBlocks = pairs.filter(sorted).reduce((most, pair) => Math.max(most, blocksOf(pair)), 0);
  const scratch = Array.from({ length: Math.min(pairs.length, PRODUCT_PARTS) }, () => {
    return mostBlocks > 0 ? arena.int32(mostBlocks + 1 + chunk).at : 0;
  });

  /** Each pair of strips is in one part; any thread may take it. */
  return function productCalls(
    begin: number,
    count: number,
    rowStrips: readonly ValueStrip[],
  ): ListPhase {
    const among = new Set(rowStrips);
    const parts: Call[][] = scratch.map(() => []);
    pairs.filter(({ a, b }) => among.has(a) && among.has(b)).forEach((pair, p) => {
      const part = p % parts.length;
      const { a, b, at } = pair, block = 8 * a.length * b.length;
      parts[part].push(call.gnAddProducts({
        rows: count,
        table: at,
        strideA: a === b ? block : b.pieces * block,
        strideB: a === b ? 0 : block,
        a: values + 8 * chunk * a.offset,
        lengthA: a.length,
        pieceA: a.piece + begin * a.pieceStep,
        stepA: a.pieceStep,
        b: values + 8 * chunk * b.offset,
        lengthB: b.length,
        pieceB: b.piece + begin * b.pieceStep,
        stepB: b.pieceStep,
        blocks: blocksOf(pair),
        scratch: sorted(pair) ? scratch[part] : 0,
      }));
    });
    return parts.filter((calls) => calls.length > 0);
  };
}

/** Blocks of a table: one per piece of a strip with itself, one per pair of pieces otherwise. */
function blocksOf({ a, b }: Pair): number {
  return a === b ? a.pieces : a.pieces * b.pieces;
}

/** Whether rows of one block are worth being taken together, by lists of the rows of each block. */
function paysSorting(pair: Pair, rows: number): boolean {
  return pair.a.length * pair.b.length >= FEWEST_SORTED && 8 * blocksOf(pair) <= rows;
}

/** The arrays that rows are computed in. */
interface RowArrays {
  readonly layers: readonly AssembledLayer[];
  readonly offsets: readonly LayerOffsets[];
  readonly roots: Slot<Float64Array>;
  readonly coupled: boolean;
  /** Most rows at a time. */
  readonly chunk: number;
  readonly values: Slot<Float64Array>;
  /** Gradients by the inputs of every layer but the first. */
  readonly xBars: readonly (Slot<Float64Array> | undefined)[];
}

/** The calls that write the values of a block of rows, last layer first, for output q of the network. */
function fillCalls(
  { layers, offsets, roots, coupled, chunk, values, xBars }: RowArrays,
  { begin, rows: count }: RowRange,
  chunkBegin: number,
  q: number,
): Call[] {
  const last = layers.length - 1, nOut = layers[last].stage.nOut;
  const calls: Call[] = [];
  const local = begin - chunkBegin;
  /** Where the values of a group of strips begin: `length` numbers a row in each of them. */
  function at(offset: number, length: number): number {
    return values.at + 8 * (chunk * offset + local * length);
  }
  const rootStep = coupled ? nOut * nOut : nOut;
  let bar = roots.at + 8 * rootStep * begin + 8 * (coupled ? q * nOut : q);
  let barStep = 8 * rootStep;
  for (let k = last; k >= 0; k--) {
    const layer = layers[k];
    const { nIn } = layer.stage;
    const xBar = xBars[k] ? xBars[k]!.at + 8 * nIn * local : 0;
    if (!("pieces" in layer)) {
      calls.push(call.gnLinearRows({
        rows: count,
        nIn,
        nOut: layer.stage.nOut,
        bias: layer.stage.bias,
        x: layer.x.at + 8 * nIn * begin,
        bar,
        values: at(offsets[k].values, layer.length),
      }));
      continue;
    }
    const { stage } = layer;
    const size = stage.space.degree + 1;
    const rowOutputs = k === last && !coupled ? 1 : stage.nOut;
    const first = k === last && !coupled ? q : 0;
    const scale = layer.scale.at;
    const rowsOf = { rows: count, nIn, nOut: rowOutputs, scale, bar, barStep, xBar };
    calls.push(call.gnSplineRows({
      ...rowsOf,
      degree: stage.space.degree,
      pieces: layer.pieces,
      pieceStep: 8 * stage.nOut * size,
      piece: layer.piece.at + 4 * nIn * begin,
      w: layer.w.at + 8 * nIn * begin,
      coefficients: layer.polynomials.at + 8 * first * size,
      rates: layer.rates.at,
      values: at(offsets[k].values, rowOutputs * size),
      nodeStep: 8 * chunk * rowOutputs * size,
    }));
    if (layer.silu) {
      calls.push(call.gnBaseRows({
        ...rowsOf,
        stride: stage.nOut,
        silu: layer.silu.at + 24 * nIn * begin,
        base: layer.base.at + 8 * first,
        factors: layer.factors.at,
        values: at(offsets[k].base, rowOutputs * nIn),
        statistics: layer.columns.statistics >= 0 ? at(offsets[k].statistics, 2 * nIn) : 0,
      }));
    }
    bar = xBar;
    barStep = 8 * nIn;
  }
  return calls;
}

/** Where the values of each layer begin in a row, and how many there are in all. */
function layOutRow(layers: readonly AssembledLayer[], lastOutputs: number) {
  let width = 0;
  const offsets = layers.map((layer, k) => {
    const at = { values: width, base: 0, statistics: 0 };
    if (!("pieces" in layer)) {
      width += layer.length;
      return at;
    }
    const { stage, silu, columns } = layer;
    const outputs = k === layers.length - 1 ? lastOutputs : stage.nOut;
    width += stage.nIn * outputs * (stage.space.degree + 1);
    at.base = width;
    if (silu) width += stage.nIn * outputs;
    at.statistics = width;
    if (silu && columns.statistics >= 0) width += 2 * stage.nIn;
    return at;
  });
  return { offsets, width };
}

/** Tables of all pairs that occur in some row, in one array. */
function allocate(rows: readonly (readonly ValueStrip[])[], arena: Arena) {
  const found = new Map<ValueStrip, Set<ValueStrip>>();
  const sizes: { a: ValueStrip; b: ValueStrip; size: number }[] = [];
  let total = 0;
  for (const strips of rows) {
    strips.forEach((a, i) => {
      const others = found.get(a) ?? new Set();
      found.set(a, others);
      for (const b of strips.slice(i)) {
        if (others.has(b)) continue;
        others.add(b);
        const size = a.length * b.length * (a === b ? a.pieces : a.pieces * b.pieces);
        sizes.push({ a, b, size });
        total += size;
      }
    });
  }
  const tables = arena.float64(total);
  let end = 0;
  const pairs = sizes.map(({ a, b, size }): Pair => {
    const begin = end;
    end += size;
    return {
      a,
      b,
      at: tables.at + 8 * begin,
      get table() {
        return tables.values.subarray(begin, begin + size);
      },
    };
  });
  return { pairs, tables };
}
