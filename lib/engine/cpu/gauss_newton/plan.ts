/**
 * Which values a Gauss-Newton row has, which products are summed where, and by which calls.
 *
 * @module
 */

import { type Call, call } from "../wasm/kernel_calls.ts";
import type { LinearLayer, RowRange, SplineLayer } from "./layers.ts";
import { type ColumnMap, identityMap, splineMap } from "./maps.ts";
import { type KernelMemory, type ListPhase, rowAddress } from "./memory.ts";

/** Values of a row that lie side by side: of one input node, or of a dense group. */
export interface ValueStrip {
  /** Index of the stage. */
  readonly layer: number;
  /** Pieces among which a row chooses; 1: it always has these values. */
  readonly pieces: number;
  /** Number of values. */
  readonly length: number;
  /** Place among the values of a row; those of a chunk's rows lie side by side, strip by strip. */
  readonly offset: number;
  /** Piece of row 0 and its distance to the next row in bytes; 0, 0 with one piece. */
  readonly piece: number;
  readonly pieceStep: number;
  /** The map from columns to values, at the parameters of the latest pass. */
  map(): ColumnMap;
  /**
   * Adds the values of one row, for the gradient `bar` by the layer's outputs, and adds to the
   * gradient by its raw inputs.
   */
  addRow(r: number, bar: Float64Array, sum: Float64Array, xBar: Float64Array): void;
}

/** Two strips and the table of their products. */
export interface Pair {
  readonly a: ValueStrip;
  readonly b: ValueStrip;
  /** Shape `[pieces a, pieces b, length a, length b]`, or `[pieces, length, length]` for a = b. */
  readonly table: Float64Array;
}

/** The whole plan. */
export interface AssemblyPlan {
  readonly strips: readonly ValueStrip[];
  readonly pairs: readonly Pair[];
  /** All tables, one after the other. */
  readonly tables: Float64Array;
  /** Ranges of rows for work that is shared by rows. */
  readonly blocks: readonly RowRange[];
  /** Phases that fill values and add products, chunk by chunk. */
  readonly phases: readonly ListPhase[];
}

type Layer = LinearLayer | SplineLayer;

/** RowRange whose values are held at once, and shared by blocks. */
const CHUNK_ROWS = 4096;
const BLOCK_ROWS = 256;
/** Numbers of the values of a chunk at most, unless a block has more. */
const CHUNK_NUMBERS = 2 ** 20;

/**
 * Lays out values, tables and calls.
 *
 * @param layers The stages.
 * @param rows RowRange of the data.
 * @param roots Curvature, shape `[rows, nOut]`, or `[rows, nOut, nOut]` where outputs are coupled.
 * @param coupled Whether a row may touch several outputs.
 */
export function planAssembly(
  layers: readonly Layer[],
  rows: number,
  roots: Float64Array,
  coupled: boolean,
  memory: KernelMemory,
): AssemblyPlan {
  const last = layers.length - 1;
  const nOut = layers[last].stage.nOut;
  const outputs = coupled ? nOut : 1; // of the last layer, in one row
  let width = 0;
  const offsets = layers.map((layer) => {
    const at = { values: width, base: 0, statistics: 0 };
    if (!("pieces" in layer)) {
      width += layer.length;
      return at;
    }
    const { stage, silu, columns } = layer;
    const rowOutputs = layer === layers[last] ? outputs : stage.nOut;
    width += stage.nIn * rowOutputs * (stage.space.degree + 1);
    at.base = width;
    if (silu) width += stage.nIn * rowOutputs;
    at.statistics = width;
    if (silu && columns.statistics >= 0) width += 2 * stage.nIn;
    return at;
  });
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
  const { pairs, tables } = allocate(stripsOf, memory);

  const block = Math.min(BLOCK_ROWS, rows);
  const fitting = Math.floor(CHUNK_NUMBERS / width / block) * block;
  const chunk = Math.min(CHUNK_ROWS, Math.max(block, fitting), Math.ceil(rows / block) * block);
  const values = memory.float64(chunk * width);
  const xBars = layers.map(({ stage }, k) =>
    k === 0 ? undefined : memory.float64(chunk * stage.nIn)
  );
  const phases: ListPhase[] = [];
  for (let begin = 0; begin < rows; begin += chunk) {
    const count = Math.min(chunk, rows - begin);
    for (const q of kinds) {
      const fills: Call[][] = [];
      for (let at = begin; at < begin + count; at += block) {
        const range = { begin: at, rows: Math.min(block, begin + count - at) };
        fills.push(fillCalls(range, begin, q));
      }
      phases.push(fills);
      phases.push(productCalls(begin, count, stripsOf[q]));
    }
  }

  /** Writes the values of a block of rows, last layer first. */
  function fillCalls({ begin, rows: count }: RowRange, chunkBegin: number, q: number): Call[] {
    const calls: Call[] = [];
    const local = begin - chunkBegin;
    /** Where the values of a group of strips begin: `length` numbers a row in each of them. */
    function at(offset: number, length: number): number {
      return values.byteOffset + 8 * (chunk * offset + local * length);
    }
    const rootStep = coupled ? nOut * nOut : nOut;
    let bar = rowAddress(roots, rootStep, begin) + 8 * (coupled ? q * nOut : q);
    let barStep = 8 * rootStep;
    for (let k = last; k >= 0; k--) {
      const layer = layers[k];
      const { nIn } = layer.stage;
      const xBar = xBars[k] ? rowAddress(xBars[k]!, nIn, local) : 0;
      if (!("pieces" in layer)) {
        calls.push(call.gnLinearRows({
          rows: count,
          nIn,
          nOut: layer.stage.nOut,
          bias: layer.stage.bias,
          x: rowAddress(layer.x, nIn, begin),
          bar,
          values: at(offsets[k].values, layer.length),
        }));
        continue;
      }
      const { stage } = layer;
      const size = stage.space.degree + 1;
      const rowOutputs = k === last ? outputs : stage.nOut;
      const first = k === last && !coupled ? q : 0;
      const scale = layer.scale.byteOffset;
      const rowsOf = { rows: count, nIn, nOut: rowOutputs, scale, bar, barStep, xBar };
      calls.push(call.gnSplineRows({
        ...rowsOf,
        degree: stage.space.degree,
        pieces: layer.pieces,
        pieceStep: 8 * stage.nOut * size,
        piece: rowAddress(layer.piece, nIn, begin),
        w: rowAddress(layer.w, nIn, begin),
        coefficients: layer.polynomials.byteOffset + 8 * first * size,
        rates: layer.rates.byteOffset,
        values: at(offsets[k].values, rowOutputs * size),
        nodeStep: 8 * chunk * rowOutputs * size,
      }));
      if (layer.silu) {
        calls.push(call.gnBaseRows({
          ...rowsOf,
          stride: stage.nOut,
          silu: rowAddress(layer.silu, 3 * nIn, begin),
          base: layer.base.byteOffset + 8 * first,
          factors: layer.factors.byteOffset,
          values: at(offsets[k].base, rowOutputs * nIn),
          statistics: layer.columns.statistics >= 0 ? at(offsets[k].statistics, 2 * nIn) : 0,
        }));
      }
      bar = xBar;
      barStep = 8 * nIn;
    }
    return calls;
  }

  /** One part per pair of strips; any thread may take it. */
  function productCalls(begin: number, count: number, met: readonly ValueStrip[]): ListPhase {
    const among = new Set(met);
    return pairs.filter(({ a, b }) => among.has(a) && among.has(b)).map(({ a, b, table }) => {
      const block = 8 * a.length * b.length;
      return [call.gnAddProducts({
        rows: count,
        table: table.byteOffset,
        strideA: a === b ? block : b.pieces * block,
        strideB: a === b ? 0 : block,
        a: values.byteOffset + 8 * chunk * a.offset,
        lengthA: a.length,
        pieceA: a.piece + begin * a.pieceStep,
        stepA: a.pieceStep,
        b: values.byteOffset + 8 * chunk * b.offset,
        lengthB: b.length,
        pieceB: b.piece + begin * b.pieceStep,
        stepB: b.pieceStep,
      })];
    });
  }

  const share = Math.ceil(rows / 8);
  const blocks: RowRange[] = [];
  for (let begin = 0; begin < rows; begin += share) {
    blocks.push({ begin, rows: Math.min(share, rows - begin) });
  }
  return { strips, pairs, tables, blocks, phases };
}

/** Tables of all pairs that occur in some row, in one array. */
function allocate(
  rows: readonly (readonly ValueStrip[])[],
  memory: KernelMemory,
): { pairs: Pair[]; tables: Float64Array } {
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
  const tables = memory.float64(total);
  let at = 0;
  const pairs = sizes.map(({ a, b, size }) => {
    const table = tables.subarray(at, at + size);
    at += size;
    return { a, b, table };
  });
  return { pairs, tables };
}

interface LayerOffsets {
  readonly values: number;
  readonly base: number;
  readonly statistics: number;
}

/** The strips of a layer for `outputs` outputs from `first`. */
function layerStrips(
  layer: Layer,
  k: number,
  offsets: LayerOffsets,
  first: number,
  outputs: number,
): ValueStrip[] {
  if (!("pieces" in layer)) return [linearStrip(layer, k, offsets.values)];
  const { stage } = layer;
  const length = outputs * (stage.space.degree + 1);
  const strips: ValueStrip[] = Array.from(
    { length: stage.nIn },
    (_, p) => splineStrip(layer, k, p, offsets.values + p * length, first, outputs),
  );
  if (layer.silu) strips.push(...baseStrips(layer, k, offsets, first, outputs));
  return strips;
}

function linearStrip(layer: LinearLayer, k: number, offset: number): ValueStrip {
  const { stage: { nIn, nOut, bias }, x, length, column } = layer;
  const map = identityMap(Int32Array.from({ length }, (_, i) => column + i));
  return {
    layer: k,
    pieces: 1,
    length,
    offset,
    piece: 0,
    pieceStep: 0,
    map: () => map,
    addRow(r, bar, sum) {
      for (let q = 0; q < nOut; q++) {
        for (let i = 0; i < nIn; i++) sum[i * nOut + q] += x[r * nIn + i] * bar[q];
        if (bias) sum[nIn * nOut + q] += bar[q];
      }
    },
  };
}

function splineStrip(
  layer: SplineLayer,
  k: number,
  node: number,
  offset: number,
  first: number,
  outputs: number,
): ValueStrip {
  const { stage, pieces, polynomials, rates, scale } = layer;
  const { nIn, nOut } = stage;
  const size = stage.space.degree + 1, length = outputs * size;
  return {
    layer: k,
    pieces,
    length,
    offset,
    piece: layer.piece.byteOffset + 4 * node,
    pieceStep: 4 * nIn,
    map: () =>
      splineMap(
        stage,
        layer.columns,
        {
          node,
          pieces: layer.nodePieces(node),
          parameters: layer.parameters(),
          polynomials: polynomials.subarray(
            node * pieces * nOut * size,
            (node + 1) * pieces * nOut * size,
          ),
          factors: layer.factors.subarray(4 * node, 4 * node + 4),
        },
        first,
        first + outputs,
      ),
    addRow(r, bar, sum, xBar) {
      const m = layer.piece[r * nIn + node], w = layer.w[r * nIn + node];
      let slope = 0;
      for (let q = 0; q < outputs; q++) {
        const from = ((node * pieces + m) * nOut + first + q) * size;
        let power = bar[q];
        for (let i = 0; i < size; i++) {
          sum[m * length + q * size + i] += power;
          if (i + 1 < size) slope += (i + 1) * polynomials[from + i + 1] * power;
          power *= w;
        }
      }
      xBar[node] += slope * rates[node * pieces + m] * scale[node];
    },
  };
}

/** Base weights, and the part of the statistics in the base branch. */
function baseStrips(
  layer: SplineLayer,
  k: number,
  offsets: LayerOffsets,
  first: number,
  outputs: number,
): ValueStrip[] {
  const { stage: { nIn, nOut }, base, scale, factors, columns, baseColumn } = layer;
  const silu = layer.silu!;
  const weights = identityMap(
    Int32Array.from(
      { length: nIn * outputs },
      (_, i) => baseColumn + Math.floor(i / outputs) * nOut + first + i % outputs,
    ),
  );
  const shape = { layer: k, pieces: 1, piece: 0, pieceStep: 0 };
  const strips: ValueStrip[] = [{
    ...shape,
    length: nIn * outputs,
    offset: offsets.base,
    map: () => weights,
    addRow(r, bar, sum, xBar) {
      for (let p = 0; p < nIn; p++) {
        const at = 3 * (r * nIn + p);
        let slope = 0;
        for (let q = 0; q < outputs; q++) {
          sum[p * outputs + q] += bar[q] * silu[at];
          slope += bar[q] * base[p * nOut + first + q];
        }
        xBar[p] += slope * silu[at + 1] * scale[p];
      }
    },
  }];
  if (columns.statistics < 0) return strips;
  const moved = identityMap(Int32Array.from({ length: 2 * nIn }, (_, i) => columns.statistics + i));
  strips.push({
    ...shape,
    length: 2 * nIn,
    offset: offsets.statistics,
    map: () => moved,
    addRow(r, bar, sum) {
      for (let p = 0; p < nIn; p++) {
        const at = 3 * (r * nIn + p), f = 4 * p;
        let slope = 0;
        for (let q = 0; q < outputs; q++) slope += bar[q] * base[p * nOut + first + q];
        slope *= silu[at + 1];
        sum[2 * p] += slope * (factors[f] + factors[f + 1] * silu[at + 2]);
        sum[2 * p + 1] += slope * (factors[f + 2] + factors[f + 3] * silu[at + 2]);
      }
    },
  });
  return strips;
}
