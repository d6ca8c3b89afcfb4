/**
 * Columns of Gauss-Newton rows in strips: the numbers of one node, side by side for all rows of a
 * chunk, with their places in the matrix for every piece.
 *
 * @module
 */

import { findBlock } from "../../../model/inner.ts";
import type { Network, ParameterBlock } from "../../../model/mod.ts";
import type { Arena, Slot } from "../wasm/memory.ts";
import { type Fields, recordLength, recordWords } from "../wasm/records.ts";
import type { JetStage } from "./jet_chain.ts";

/** Where a layer's pseudo-parameters lie, counted from the first of all. */
export interface Pseudo {
  /** Scale of node p at `maps + 2 p`, shift after it; -1 where there is no normalisation. */
  readonly maps: number;
  /** Knot j of vector v at `knots + v numKnots + j`; -1 where knots do not move. */
  readonly knots: number;
  readonly numKnots: number;
  readonly logits: ParameterBlock | undefined;
}

/** Lays out the pseudo-parameters of all stages: scales and shifts, then knots, stage by stage. */
export function layOutPseudo({ layout }: Network, stages: readonly JetStage[]) {
  let numPseudo = 0;
  const pseudo = stages.map((jetStage, s): Pseudo | undefined => {
    if (jetStage.kind === "linear") return undefined;
    const { nIn, numKnotVectors, normalisation, knots, space, layer } = jetStage.stage;
    const numKnots = space.intervals + 1 + 2 * space.degree;
    let maps = -1, first = -1;
    if (normalisation !== "none" && s > 0) {
      maps = numPseudo;
      numPseudo += 2 * nIn;
    }
    if (knots === "free") {
      first = numPseudo;
      numPseudo += numKnotVectors * numKnots;
    }
    return { maps, knots: first, numKnots, logits: findBlock(layout, `spline${layer}.knotLogits`) };
  });
  return { pseudo, numPseudo };
}

/** A strip of a stage, for one of the points that a residual depends on. */
export interface JetStrip {
  /** Address of its description. */
  readonly at: number;
  /** Numbers of a row, a multiple of 4. */
  readonly length: number;
  /** Strips that share columns have the same family. */
  readonly family: string;
  /** Writes columns; `known` is the number of unknowns before the pseudo-parameters. */
  place(known: number): void;
  /** Takes rows from `row` on of a group. */
  move(group: number, row: number): void;
  /** Adds its first rows to rows of all columns, shape `[rows, size]`. */
  addTo(dense: Float64Array, rows: number, size: number): void;
}

/** Rounds up to whole groups of four columns. */
export function fours(count: number): number {
  return 4 * Math.ceil(count / 4);
}

/**
 * Lays out the strips of a stage.
 *
 * @param chunk Rows.
 * @param reach The first knot that each piece depends on, once known.
 */
export function createStageStrips(
  layer: JetStage,
  s: number,
  pseudo: Pseudo | undefined,
  chunk: number,
  arena: Arena,
  reach: () => readonly number[],
) {
  const { nIn, nOut } = layer.stage;
  const columnsOf = layer.kind === "linear"
    ? linearColumns(layer.weights, nIn * nOut, layer.bias, nOut)
    : splineColumns(layer, pseudo!, reach);
  const length = fours(columnsOf(0, 0, 0, true).length);
  const nodes = layer.kind === "linear" ? 1 : nIn;
  const pieces = layer.kind === "linear" ? 1 : layer.tables.pieces;
  const values = arena.float64(nodes * chunk * length);
  const rowStep = 8 * length, nodeStep = chunk * rowStep;
  const strips = Array.from({ length: nodes }, (_, p): JetStrip => {
    const { at, columns, describe, addRows } = createColumns(length, pieces, arena);
    const vector = layer.kind === "linear" ? 0 : layer.tables.vectorOf(p);
    const shared = layer.kind === "spline" && layer.tables.free && layer.stage.numKnotVectors === 1;
    let pieceOf: (row: number) => number = () => 0;
    return {
      at,
      length,
      family: layer.kind === "linear" || shared ? `${s}` : `${s}:${p}`,
      place(known) {
        columns.values.fill(-1);
        for (let m = 0; m < pieces; m++) {
          columns.values.set(columnsOf(p, m, known, false), m * length);
        }
      },
      addTo: (...dense) => addRows(values.values.subarray(p * chunk * length), pieceOf, ...dense),
      move(group, row) {
        if (layer.kind === "spline") {
          const pieces = layer.pieces[group].values;
          pieceOf = (r) => pieces[(row + r) * nIn + p] - vector * layer.tables.pieces;
        }
        describe({
          values: values.at + p * nodeStep,
          piece: layer.kind === "linear" ? 0 : layer.pieces[group].at + 4 * (row * nIn + p),
          pieceStep: 4 * nIn,
          firstPiece: vector * pieces,
        });
      },
    };
  });
  return {
    strips,
    /** Rows' numbers, and the bytes between rows and nodes. */
    rows: (firstRow: number) => ({
      at: { at: values.at - firstRow * rowStep, perRow: rowStep },
      rowStep,
      nodeStep,
    }),
  };
}

/** Columns of a node's numbers in a piece; only their count matters at first. */
type ColumnsOf = (node: number, piece: number, known: number, onlyCount: boolean) => number[];

function range(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

function linearColumns(weights: number, count: number, bias: number, nOut: number): ColumnsOf {
  const all = [...range(weights, count), ...bias < 0 ? [] : range(bias, nOut)];
  return () => all;
}

/** The order in which the backward kernel writes a node's numbers. */
function splineColumns(
  { stage, tables }: Extract<JetStage, { kind: "spline" }>,
  { maps, knots, numKnots }: Pseudo,
  reach: () => readonly number[],
): ColumnsOf {
  const { nOut, space: { degree }, base } = stage;
  return (node, piece, known, onlyCount) => {
    const first = onlyCount ? 0 : tables.coefficientOf(node, piece);
    const columns: number[] = [];
    for (let q = 0; q < nOut; q++) {
      for (let i = 0; i < tables.padded; i++) columns.push(i <= degree ? first + i * nOut + q : -1);
    }
    if (base === "silu") {
      columns.push(...range(tables.baseBlock + node * nOut, nOut), ...nOut % 2 ? [-1] : []);
    }
    if (knots >= 0) {
      const v = tables.vectorOf(node);
      const low = onlyCount ? 0 : reach()[v * tables.pieces + piece];
      columns.push(...range(known + knots + v * numKnots + low, 2 * degree));
    }
    if (maps >= 0) columns.push(...range(known + maps + 2 * node, 2));
    return columns;
  };
}

/** What all strips have: a description, and columns for every piece. */
function createColumns(length: number, pieces: number, arena: Arena) {
  const columns = arena.int32(pieces * length), description = arena.int32(recordLength("Strip"));
  return {
    at: description.at,
    columns,
    describe(where: Omit<Fields<"Strip">, "length" | "pieces" | "columns">) {
      const fields = { ...where, length, pieces, columns: columns.at };
      description.values.set(recordWords("Strip", fields));
    },
    /** Adds rows of numbers to where their pieces' columns say, shape `[rows, size]`. */
    addRows(
      values: Float64Array,
      pieceOf: (row: number) => number,
      dense: Float64Array,
      rows: number,
      size: number,
    ) {
      for (let r = 0; r < rows; r++) {
        const from = r * length, first = pieceOf(r) * length;
        for (let i = 0; i < length; i++) {
          const column = columns.values[first + i];
          if (column >= 0) dense[r * size + column] += values[from + i];
        }
      }
    },
  };
}

/** A strip whose rows and columns the caller writes. */
export interface PlainStrip extends JetStrip {
  readonly values: Slot<Float64Array>;
  /** Takes columns `first ... first + count - 1`. */
  set(first: number, count: number): void;
}

/** Lays out a strip `[rows, length]` that the caller writes. */
export function createPlainStrip(length: number, rows: number, arena: Arena): PlainStrip {
  const values = arena.float64(rows * length);
  const { at, columns, describe, addRows } = createColumns(length, 1, arena);
  return {
    at,
    length,
    family: `plain ${at}`,
    values,
    place() {},
    move() {},
    addTo: (...dense) => addRows(values.values, () => 0, ...dense),
    set(first, count) {
      columns.values.forEach((_, i) => columns.values[i] = i < count ? first + i : -1);
      describe({ values: values.at, piece: 0, pieceStep: 0, firstPiece: 0 });
    },
  };
}
