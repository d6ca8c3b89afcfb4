/**
 * Numbers of Gauss-Newton rows in strips: those of one node, side by side for all rows of a chunk,
 * with their places in the matrix for every piece.
 *
 * @module
 */

import { findBlock } from "../../../model/inner.ts";
import type { Network, ParameterBlock } from "../../../model/mod.ts";
import type { JetStage, LinearJetStage, SplineJetStage } from "../jets/jet_chain.ts";
import type { Arena, Slot } from "../wasm/memory.ts";
import { type Fields, recordLength, recordWords } from "../wasm/records.ts";
import { knotPlaces } from "./knot_groups.ts";

/** Where the columns of a layer lie that are not its parameters. */
export interface MovedColumns {
  /** Scale of node p at `maps + 2 p` behind the unknowns, shift after it; -1: they do not move. */
  readonly maps: number;
  /**
   * Place of every knot among the logits of its vector, -1: it does not move. A knot's column is
   * the logit's until all rows are multiplied.
   */
  readonly knots: Int32Array;
  /** Logits of all vectors; undefined where knots do not move. */
  readonly logits: ParameterBlock | undefined;
}

/** Lays out these columns for all stages. */
export function layOutMoved({ layout }: Network, stages: readonly JetStage[]) {
  let numMaps = 0;
  const moved = stages.map((jetStage, s): MovedColumns | undefined => {
    if (jetStage.kind === "linear") return undefined;
    const { stage, stage: { nIn, normalisation, layer } } = jetStage;
    const moves = normalisation !== "none" && s > 0, maps = moves ? numMaps : -1;
    if (moves) numMaps += 2 * nIn;
    const logits = findBlock(layout, `spline${layer}.knotLogits`);
    return { maps, knots: knotPlaces(stage), logits };
  });
  return { moved, numMaps };
}

/** A strip: numbers of one node, or others that the caller writes. */
export interface RowStrip {
  /** Address of its description. */
  readonly at: number;
  /** Numbers of a row, a multiple of 4. */
  readonly length: number;
  /** Strips that share columns have the same family. */
  readonly family: string;
  /** Writes columns; `known` is the number of unknowns before scales and shifts. */
  place(known: number): void;
  /** Takes rows from `row` on of a group. */
  move(group: number, row: number): void;
  /** Adds the numbers of row `at` of the chunk, which is a row of a group, to a row of all columns. */
  addRow(at: number, group: number, row: number, dense: Float64Array): void;
}

/** Rounds up to whole groups of four columns. */
export function fours(count: number): number {
  return 4 * Math.ceil(count / 4);
}

/** The rows of one stage, for one of the points that a residual depends on. */
export interface StageRows {
  /** Strips of all nodes. */
  readonly strips: readonly RowStrip[];
  /** Strips of all nodes under one of the outputs alone, by output. */
  readonly ofOutput: readonly (readonly RowStrip[])[];
  /** Where rows lie if row `firstRow` is the chunk's first, and the bytes between rows and nodes. */
  rows(firstRow: number, ofOutput: boolean): {
    readonly at: { readonly at: number; readonly perRow: number };
    readonly rowStep: number;
    readonly nodeStep: number;
  };
}

/**
 * Lays out the rows of a stage.
 *
 * @param chunk Rows.
 * @param separate Whether a row may belong to one output alone.
 * @param reach The first knot that each piece depends on, once known.
 */
export function createStageRows(
  layer: JetStage,
  s: number,
  moved: MovedColumns | undefined,
  { chunk, separate }: { readonly chunk: number; readonly separate: boolean },
  arena: Arena,
  reach: () => readonly number[],
): StageRows {
  const { nIn, nOut } = layer.stage, nodes = layer.kind === "linear" ? 1 : nIn;
  const all = Array.from({ length: nOut }, (_, q) => q);
  const columnsOf = (outputs: readonly number[]): ColumnsOf =>
    layer.kind === "linear"
      ? linearColumns(layer, nIn * nOut, nOut)
      : splineColumns(layer, moved!, outputs, reach);
  const lengthOf = (outputs: readonly number[]) => fours(columnsOf(outputs)(0, 0, 0, true).length);
  const length = lengthOf(all), one = lengthOf([0]);
  const values = arena.float64(nodes * chunk * length);

  function strips(outputs: readonly number[], length: number): RowStrip[] {
    const columns = columnsOf(outputs);
    return Array.from(
      { length: nodes },
      (_, p) => nodeStrip(layer, s, p, { columns, length, values, chunk }, arena),
    );
  }

  return {
    strips: strips(all, length),
    ofOutput: separate ? all.map((q) => strips([q], one)) : [],
    rows(firstRow, ofOutput) {
      const rowStep = 8 * (ofOutput ? one : length);
      return {
        at: { at: values.at - firstRow * rowStep, perRow: rowStep },
        rowStep,
        nodeStep: chunk * rowStep,
      };
    },
  };
}

/** The strip of a node. */
function nodeStrip(
  layer: JetStage,
  s: number,
  node: number,
  { columns: columnsOf, length, values, chunk }: {
    readonly columns: ColumnsOf;
    readonly length: number;
    readonly values: Slot<Float64Array>;
    readonly chunk: number;
  },
  arena: Arena,
): RowStrip {
  const spline = layer.kind === "spline" ? layer : undefined, nIn = layer.stage.nIn;
  // Every piece of the ReLU basis has the columns of all functions.
  const pieces = spline && !spline.tables.relu ? spline.tables.pieces : 1;
  const { at, columns, describe, addNumbers } = createColumns(length, pieces, arena);
  const first = spline ? spline.tables.vectorOf(node) * spline.tables.pieces : 0;
  const shared = spline !== undefined && spline.tables.free && spline.stage.numKnotVectors === 1;
  const begin = node * chunk * length;
  return {
    at,
    length,
    family: !spline || shared ? `${s}` : `${s}:${node}`,
    place(known) {
      columns.values.fill(-1);
      for (let m = 0; m < pieces; m++) {
        columns.values.set(columnsOf(node, m, known, false), m * length);
      }
    },
    addRow(at, group, row, dense) {
      const piece = pieces === 1 ? 0 : spline!.pieces[group].values[row * nIn + node] - first;
      addNumbers(values.values, begin + at * length, piece, dense);
    },
    move(group, row) {
      describe({
        values: values.at + 8 * begin,
        piece: pieces === 1 ? 0 : spline!.pieces[group].at + 4 * (row * nIn + node),
        pieceStep: 4 * nIn,
        firstPiece: first,
      });
    },
  };
}

/** Columns of a node's numbers in a piece; only their count matters at first. */
type ColumnsOf = (node: number, piece: number, known: number, onlyCount: boolean) => number[];

function range(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

function linearColumns({ weights, bias }: LinearJetStage, count: number, nOut: number): ColumnsOf {
  const all = [...range(weights, count), ...bias < 0 ? [] : range(bias, nOut)];
  return () => all;
}

/** The order in which the backward kernel writes a node's numbers. */
function splineColumns(
  { stage, tables }: SplineJetStage,
  { maps, knots, logits }: MovedColumns,
  outputs: readonly number[],
  reach: () => readonly number[],
): ColumnsOf {
  const { nOut, numBasis, numKnotVectors, space: { degree }, base } = stage;
  const perVector = logits ? logits.size / numKnotVectors : 0;
  const functions = tables.relu ? numBasis : degree + 1;
  const numKnots = tables.relu ? numBasis : 2 * degree;
  return (node, piece, known, onlyCount) => {
    const first = onlyCount || tables.relu
      ? tables.coefficientBlock + node * numBasis * nOut
      : tables.coefficientOf(node, piece);
    const columns: number[] = [];
    for (let i = 0; i < functions; i++) for (const q of outputs) columns.push(first + i * nOut + q);
    if (base === "silu") {
      columns.push(...outputs.map((q) => tables.baseBlock + node * nOut + q));
      if (outputs.length % 2) columns.push(-1);
    }
    if (logits) {
      const v = tables.vectorOf(node), from = logits.offset + v * perVector;
      const low = onlyCount || tables.relu ? 0 : reach()[v * tables.pieces + piece];
      columns.push(...range(low, numKnots).map((j) => knots[j] >= 0 ? from + knots[j] : -1));
      if (numKnots % 2) columns.push(-1);
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
    /** Adds numbers from a place on to where their piece's columns say. */
    addNumbers(values: Float64Array, from: number, piece: number, dense: Float64Array) {
      const first = piece * length;
      for (let i = 0; i < length; i++) {
        const column = columns.values[first + i];
        if (column >= 0) dense[column] += values[from + i];
      }
    },
  };
}

/** A strip whose rows and columns the caller writes. */
export interface PlainStrip extends RowStrip {
  readonly values: Slot<Float64Array>;
  /** Takes columns `first ... first + count - 1`. */
  set(first: number, count: number): void;
}

/** Lays out a strip `[rows, length]` that the caller writes. */
export function createPlainStrip(length: number, rows: number, arena: Arena): PlainStrip {
  const values = arena.float64(rows * length);
  const { at, columns, describe, addNumbers } = createColumns(length, 1, arena);
  return {
    at,
    length,
    family: `plain ${at}`,
    values,
    place() {},
    move() {},
    addRow: (at, _group, _row, dense) => addNumbers(values.values, at * length, 0, dense),
    set(first, count) {
      columns.values.forEach((_, i) => columns.values[i] = i < count ? first + i : -1);
      describe({ values: values.at, piece: 0, pieceStep: 0, firstPiece: 0 });
    },
  };
}
