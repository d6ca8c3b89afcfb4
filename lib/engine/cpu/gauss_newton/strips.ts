/**
 * Values of a Gauss-Newton row in strips: of one input node, or of a dense group.
 *
 * @module
 */

import type { LinearLayer, SplineLayer } from "./layers.ts";
import { type ColumnMap, identityMap, splineMap, splineMapSize } from "./maps.ts";

/** A stage. */
export type AssembledLayer = LinearLayer | SplineLayer;

/** Values of a row that lie side by side: of one input node, or of a dense group. */
export interface ValueStrip {
  /** Index of the stage. */
  readonly layer: number;
  /** Pieces among which a row chooses; 1: it always has these values. */
  readonly pieces: number;
  /** Number of values. */
  readonly length: number;
  /** Columns that the map has, and most of its entries. */
  readonly targets: number;
  readonly mostEntries: number;
  /** Values one after the other whose rows of the map have the same columns. */
  readonly group: number;
  /** Place among the values of a row; the values of a chunk lie strip by strip, row after row. */
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

/** Where the values of a layer begin among the values of a row. */
export type LayerOffsets = Readonly<Record<"values" | "base" | "statistics", number>>;

/** The strips of a layer for `outputs` outputs from `first`. */
export function layerStrips(
  layer: AssembledLayer,
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
  const map = identityMap(length, (i) => column + i);
  return {
    layer: k,
    pieces: 1,
    length,
    targets: length,
    mostEntries: length,
    group: 1,
    offset,
    piece: 0,
    pieceStep: 0,
    map: () => map,
    addRow(r, bar, sum) {
      for (let q = 0; q < nOut; q++) {
        for (let i = 0; i < nIn; i++) sum[i * nOut + q] += x.values[r * nIn + i] * bar[q];
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
    ...splineMapSize(layer, outputs),
    group: size,
    offset,
    piece: layer.piece.at + 4 * node,
    pieceStep: 4 * nIn,
    map: () => splineMap(layer, node, first, first + outputs),
    addRow(r, bar, sum, xBar) {
      const m = layer.piece.values[r * nIn + node], w = layer.w.values[r * nIn + node];
      const { values: a } = polynomials;
      let slope = 0;
      for (let q = 0; q < outputs; q++) {
        const from = ((node * pieces + m) * nOut + first + q) * size;
        let power = bar[q];
        for (let i = 0; i < size; i++) {
          sum[m * length + q * size + i] += power;
          if (i + 1 < size) slope += (i + 1) * a[from + i + 1] * power;
          power *= w;
        }
      }
      xBar[node] += slope * rates.values[node * pieces + m] * scale.values[node];
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
  const { stage: { nIn, nOut }, scale, factors, columns, baseColumn } = layer;
  const weights = identityMap(
    nIn * outputs,
    (i) => baseColumn + Math.floor(i / outputs) * nOut + first + i % outputs,
  );
  const shape = { layer: k, pieces: 1, piece: 0, pieceStep: 0 };
  const strips: ValueStrip[] = [{
    ...shape,
    length: nIn * outputs,
    targets: nIn * outputs,
    mostEntries: nIn * outputs,
    group: 1,
    offset: offsets.base,
    map: () => weights,
    addRow(r, bar, sum, xBar) {
      const silu = layer.silu!.values, base = layer.base.values;
      for (let p = 0; p < nIn; p++) {
        const at = 3 * (r * nIn + p);
        let slope = 0;
        for (let q = 0; q < outputs; q++) {
          sum[p * outputs + q] += bar[q] * silu[at];
          slope += bar[q] * base[p * nOut + first + q];
        }
        xBar[p] += slope * silu[at + 1] * scale.values[p];
      }
    },
  }];
  if (columns.statistics < 0) return strips;
  const moved = identityMap(2 * nIn, (i) => columns.statistics + i);
  strips.push({
    ...shape,
    length: 2 * nIn,
    targets: 2 * nIn,
    mostEntries: 2 * nIn,
    group: 1,
    offset: offsets.statistics,
    map: () => moved,
    addRow(r, bar, sum) {
      const silu = layer.silu!.values, base = layer.base.values, f = factors.values;
      for (let p = 0; p < nIn; p++) {
        const at = 3 * (r * nIn + p), u = silu[at + 2];
        let slope = 0;
        for (let q = 0; q < outputs; q++) slope += bar[q] * base[p * nOut + first + q];
        slope *= silu[at + 1];
        sum[2 * p] += slope * (f[4 * p] + f[4 * p + 1] * u);
        sum[2 * p + 1] += slope * (f[4 * p + 2] + f[4 * p + 3] * u);
      }
    },
  });
  return strips;
}
