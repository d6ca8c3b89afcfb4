/**
 * Numbers of Gauss-Newton rows in strips: those of one node, side by side for all rows of a chunk,
 * with their maps and places in the matrix for every piece.
 *
 * @module
 */

import type { JetStage, LinearJetStage, SplineJetStage } from "../jets/jet_chain.ts";
import type { Cursor } from "../wasm/kernel_calls.ts";
import type { Arena, Slot } from "../wasm/memory.ts";
import { type Fields, recordLength, recordWords } from "../wasm/records.ts";
import type { MovedColumns } from "./moved_columns.ts";
import {
  createRowLayer,
  even,
  type MapFields,
  mapsRows,
  NO_MAP,
  type RowLayer,
} from "./row_layer.ts";

/** A strip: numbers of one node, or others that the caller writes. */
export interface RowStrip {
  /** Address of its description. */
  readonly at: number;
  /** Numbers of a row and of its columns, multiples of 4. */
  readonly length: number;
  readonly columnNumbers: number;
  /** Whether its rows are mapped once for all pairs. */
  readonly mapsRows: boolean;
  /** Strips that share columns have the same family. */
  readonly family: string;
  /** Writes columns; `known` is the number of unknowns before scales and shifts. */
  place(known: number): void;
  /** Takes the pieces of a group, whose row `row` is a residual's first. */
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
  /** Takes the numbers of edges that exist out of so many rows under all outputs. */
  pick(rows: number): void;
  /**
   * Where the rows of a chunk lie, and the bytes between rows and nodes.
   *
   * @param firstRow The chunk's first row in block 0; in block b it is `blockRows b` more. The rows of
   * thread t lie `shift t` bytes behind.
   */
  rows(
    firstRow: number,
    ofOutput: boolean,
    blocks?: { readonly shift: number; readonly blockRows: number },
  ): { readonly at: Required<Cursor>; readonly rowStep: number; readonly nodeStep: number };
}

/** A stage whose rows are laid out, and its maps: a linear map needs none. */
export interface MappedStage {
  readonly layer: JetStage;
  readonly maps: RowLayer | undefined;
  readonly moved: MovedColumns | undefined;
}

/** Lays out the maps of a stage. */
export function mapStage(
  layer: JetStage,
  moved: MovedColumns | undefined,
  chain: Parameters<typeof createRowLayer>[2],
): MappedStage {
  const maps = layer.kind === "spline" ? createRowLayer(layer, moved!, chain) : undefined;
  return { layer, maps, moved };
}

/**
 * Lays out the rows of a stage.
 *
 * @param s Its index.
 * @param chunk Rows.
 * @param separate Whether a row may belong to one output alone.
 */
export function createStageRows(
  mapped: MappedStage,
  s: number,
  { chunk, separate }: { readonly chunk: number; readonly separate: boolean },
  arena: Arena,
): StageRows {
  const { nIn, nOut } = mapped.layer.stage, nodes = mapped.layer.kind === "linear" ? 1 : nIn;
  const length = fours(rowNumbers(mapped, nOut)), one = fours(rowNumbers(mapped, 1));
  const values = arena.float64(nodes * chunk * length);
  const picked = arena.float64(isMasked(mapped) ? nodes * chunk * length : 0);
  const mappedNumbers = mostMapped(mapped, chunk);
  const room = {
    ...{ values, picked, mappedNumbers, chunk },
    mappedRows: arena.float64(chunk * nodes * mappedNumbers),
  };

  function strips(output: number): RowStrip[] {
    const { layer, maps } = mapped;
    if (layer.kind === "linear") return [linearStrip(layer, s, length, values, arena)];
    return Array.from({ length: nodes }, (_, p) => p)
      .filter((p) => output < 0 || maps!.outputs[p].includes(output))
      .map((p) => nodeStrip({ ...mapped, layer }, s, p, output, room, arena));
  }

  return {
    strips: strips(-1),
    ofOutput: Array.from({ length: separate ? nOut : 0 }, (_, q) => strips(q)),
    pick(rows) {
      if (!isMasked(mapped)) return;
      for (let p = 0; p < nodes; p++) {
        const to = fours(rowNumbers(mapped, mapped.maps!.outputs[p].length));
        const from = p * chunk * length;
        pickRows(mapped, p, values.values, from, length, picked.values, from, to, rows);
      }
    },
    rows(firstRow, ofOutput, { shift, blockRows } = { shift: 0, blockRows: 0 }) {
      const rowStep = 8 * (ofOutput ? one : length), perBlock = -blockRows * rowStep;
      return {
        at: { at: values.at - firstRow * rowStep, perRow: rowStep, perBlock, perThread: shift },
        rowStep,
        nodeStep: chunk * rowStep,
      };
    },
  };
}

/** Numbers of a row besides gradients by powers: base weights, and scale and shift beside them. */
function otherNumbers({ layer, moved }: MappedStage, outputs: number): number {
  if (layer.kind === "linear" || layer.stage.base !== "silu") return 0;
  return even(outputs) + (moved!.maps >= 0 ? 2 : 0);
}

/** Numbers of a row that belong to a node, or to a linear map. */
function rowNumbers(mapped: MappedStage, outputs: number): number {
  const { layer } = mapped;
  if (layer.kind === "linear") {
    const { nIn, nOut } = layer.stage;
    return (nIn + (layer.bias < 0 ? 0 : 1)) * nOut;
  }
  return (layer.stage.space.degree + 1) * outputs + otherNumbers(mapped, outputs);
}

/** Whether a mask leaves out edges of a stage. */
export function isMasked({ layer }: Pick<MappedStage, "layer">): boolean {
  return layer.kind === "spline" && layer.stage.edges !== undefined;
}

/**
 * Copies rows of a node, `[size, nOut]` and others of `length` numbers, without what belongs to edges
 * that do not exist.
 */
function pickRows(
  mapped: MappedStage,
  node: number,
  values: Float64Array,
  from: number,
  length: number,
  to: Float64Array,
  at: number,
  pickedLength: number,
  rows: number,
): void {
  const { layer, maps } = mapped, { nOut } = layer.stage, outputs = maps!.outputs[node];
  const m = outputs.length, size = layer.kind === "linear" ? 0 : layer.stage.space.degree + 1;
  const others = otherNumbers(mapped, nOut), kept = otherNumbers(mapped, m);
  const last = kept === 0 ? 0 : kept - even(m); // scale and shift
  for (let r = 0; r < rows; r++, from += length, at += pickedLength) {
    const lines = size + (others > 0 ? 1 : 0); // base weights are one more
    for (let k = 0; k < lines; k++) {
      for (let j = 0; j < m; j++) to[at + k * m + j] = values[from + k * nOut + outputs[j]];
    }
    const end = size * m + kept - last, origin = size * nOut + others - last;
    if (others > 0 && m % 2) to[at + end - 1] = 0;
    for (let i = 0; i < last; i++) to[at + end + i] = values[from + origin + i];
  }
}

/** The numbers of a node's strip under some outputs. */
function stripShape(mapped: MappedStage, node: number, output: number, chunk: number) {
  const { maps } = mapped, outputs = output < 0 ? maps!.outputs[node].length : 1;
  const others = otherNumbers(mapped, outputs), length = fours(rowNumbers(mapped, outputs));
  const map = maps!.mapOf(node, output, others);
  const columnNumbers = fours(maps!.functions * outputs + others + maps!.numMoved);
  const meetings = chunk / maps!.intervals ** 2;
  return { map, length, columnNumbers, mapsRows: mapsRows(map, length, columnNumbers, meetings) };
}

/** Most numbers of a node's columns, if any strip maps its rows; strips of one output share room. */
function mostMapped(mapped: MappedStage, chunk: number): number {
  if (!mapped.maps) return 0;
  const shapes = mapped.maps.outputs.map((_, p) => stripShape(mapped, p, -1, chunk));
  const any = [...shapes, stripShape(mapped, 0, 0, chunk)].some(({ mapsRows }) => mapsRows);
  return any ? Math.max(...shapes.map(({ columnNumbers }) => columnNumbers)) : 0;
}

function linearStrip(
  { stage: { nIn, nOut }, weights, bias }: LinearJetStage,
  s: number,
  length: number,
  values: Slot<Float64Array>,
  arena: Arena,
): RowStrip {
  const { at, set, describe, addNumbers } = createColumns(length, 1, arena);
  return {
    at,
    length,
    columnNumbers: length,
    mapsRows: false,
    family: `${s}`,
    place() {
      set(0, [...range(weights, nIn * nOut), ...bias < 0 ? [] : range(bias, nOut)]);
    },
    addRow: (at, _group, _row, dense) => addNumbers(values.values, at * length, 0, dense),
    move: () => describe({ ...PLAIN, length, values: values.at }),
  };
}

/** The strip of a node under all outputs, or one. */
function nodeStrip(
  mapped: MappedStage & { readonly layer: SplineJetStage },
  s: number,
  node: number,
  output: number,
  { values: all, picked, mappedRows, mappedNumbers, chunk }: {
    readonly values: Slot<Float64Array>;
    readonly picked: Slot<Float64Array>;
    readonly mappedRows: Slot<Float64Array>;
    readonly mappedNumbers: number;
    readonly chunk: number;
  },
  arena: Arena,
): RowStrip {
  const { layer, layer: { stage, tables } } = mapped, { nIn, nOut } = stage;
  const outputs = output < 0 ? mapped.maps!.outputs[node] : [output];
  const values = output < 0 && isMasked(mapped) ? picked : all;
  const nodeNumbers = fours(rowNumbers(mapped, output < 0 ? nOut : 1));
  const { map, length, columnNumbers, mapsRows } = stripShape(mapped, node, output, chunk);
  // Every piece of the ReLU basis has the columns of all functions.
  const { pieces } = tables.layout, columnPieces = stage.basis === "relu" ? 1 : pieces;
  const { at, set, describe, addNumbers } = createColumns(columnNumbers, columnPieces, arena);
  const first = tables.vectorOf(node) * pieces, begin = node * chunk * nodeNumbers;
  const shared = stage.knots === "free" && stage.numKnotVectors === 1;
  const mappedRow = new Float64Array(columnNumbers);
  return {
    at,
    length,
    columnNumbers,
    mapsRows,
    family: shared ? `${s}` : `${s}:${node}`,
    place(known) {
      for (let m = 0; m < columnPieces; m++) {
        set(m, splineColumns(mapped, node, m, known, outputs));
      }
    },
    addRow(at, group, row, dense) {
      const piece = layer.pieces[group].values[row * nIn + node] - first;
      mapRow(values.values, begin + at * length, map, piece, arena, mappedRow);
      addNumbers(mappedRow, 0, columnPieces === 1 ? 0 : piece, dense);
    },
    move(group, row) {
      describe({
        ...map,
        length,
        values: values.at + 8 * begin,
        mapped: mapsRows ? mappedRows.at + 8 * node * chunk * mappedNumbers : 0,
        piece: layer.pieces[group].at + 4 * (row * nIn + node),
        pieceStep: 4 * nIn,
        firstPiece: first,
        pieces,
      });
    },
  };
}

function range(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

/** The columns of a node's mapped numbers in a piece. */
function splineColumns(
  { layer: { stage, tables }, maps, moved }: MappedStage & { readonly layer: SplineJetStage },
  node: number,
  piece: number,
  known: number,
  outputs: readonly number[],
): number[] {
  const { nOut, numBasis, numKnotVectors, base, basis } = stage, { logits, knots } = moved!;
  const { functions, numKnots, firsts } = maps!, v = tables.vectorOf(node);
  const low = firsts()[v][piece]; // 0 in the ReLU basis
  const first = tables.coefficientBlock + (node * numBasis + low) * nOut;
  const columns = range(0, functions).flatMap((i) => outputs.map((q) => first + i * nOut + q));
  const mapColumns = moved!.maps < 0 ? [] : range(known + moved!.maps + 2 * node, 2);
  if (base === "silu") {
    columns.push(...outputs.map((q) => tables.baseBlock + node * nOut + q));
    if (outputs.length % 2) columns.push(-1);
    columns.push(...mapColumns);
  }
  if (logits) {
    const from = logits.offset + v * logits.size / numKnotVectors,
      behind = basis === "relu" ? 0 : 1;
    columns.push(...range(low + behind, numKnots).map((j) => knots[j] >= 0 ? from + knots[j] : -1));
    if (numKnots % 2) columns.push(-1);
  }
  if (base !== "silu") columns.push(...mapColumns);
  return columns;
}

/** The kernels' `mapRow`. */
function mapRow(
  z: Float64Array,
  from: number,
  { outputs, size, functions, others, moved, ...at }: MapFields,
  piece: number,
  arena: Arena,
  to: Float64Array,
): void {
  const memory = arena.numbers(), coefficients = functions * outputs, powers = size * outputs;
  const a = (at.polynomials + piece * at.polynomialStep) / 8;
  const b = (at.moves + piece * at.moveStep) / 8;
  for (let i = 0; i < functions; i++) {
    for (let q = 0; q < outputs; q++) {
      let sum = 0;
      for (let k = 0; k < size; k++) {
        sum += z[from + k * outputs + q] * memory[a + k * functions + i];
      }
      to[i * outputs + q] = sum;
    }
  }
  for (let o = 0; o < others; o++) to[coefficients + o] = z[from + powers + o];
  for (let x = 0; x < moved; x++) {
    let sum = 0;
    for (let q = 0; q < outputs; q++) {
      for (let k = 0; k < size; k++) {
        sum += z[from + k * outputs + q] * memory[b + (q * size + k) * moved + x];
      }
    }
    to[coefficients + others + x] = sum;
  }
}

type Described = Omit<Fields<"Strip">, "columnNumbers" | "columnStep" | "columns" | "runs">;

/** A strip with one piece and no map. */
const PLAIN = { ...NO_MAP, mapped: 0, piece: 0, pieceStep: 0, firstPiece: 0, pieces: 1 };

/** What all strips have: a description, and columns for every piece, or the same for all. */
function createColumns(count: number, pieces: number, arena: Arena) {
  const columns = arena.int32(pieces * count), runs = arena.int32(pieces * count / 4);
  const description = arena.int32(recordLength("Strip"));
  let latest: number | undefined;
  return {
    at: description.at,
    /** Writes the description, if its pieces are not those of the latest. */
    describe(where: Described) {
      if (where.piece === latest) return;
      latest = where.piece;
      const columnStep = pieces === 1 ? 0 : 4 * count;
      const places = { columnNumbers: count, columnStep, columns: columns.at, runs: runs.at };
      description.values.set(recordWords("Strip", { ...where, ...places }));
    },
    /** Sets the columns of a piece. */
    set(piece: number, list: readonly number[]) {
      const part = columns.values.subarray(piece * count, (piece + 1) * count).fill(-1);
      part.set(list);
      for (let i = 0; i < count; i += 4) {
        const run = part[i] >= 0 && part[i + 1] === part[i] + 1 && part[i + 2] === part[i] + 2 &&
          part[i + 3] === part[i] + 3;
        runs.values[(piece * count + i) / 4] = run ? part[i] : -1;
      }
    },
    /** Adds numbers from a place on to where their piece's columns say. */
    addNumbers(values: Float64Array, from: number, piece: number, dense: Float64Array) {
      for (let i = 0, first = piece * count; i < count; i++) {
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
  const { at, set, describe, addNumbers } = createColumns(length, 1, arena);
  return {
    at,
    length,
    columnNumbers: length,
    mapsRows: false,
    family: `plain ${at}`,
    values,
    place() {},
    move() {},
    addRow: (at, _group, _row, dense) => addNumbers(values.values, at * length, 0, dense),
    set(first, count) {
      set(0, range(first, count));
      describe({ ...PLAIN, length, values: values.at });
    },
  };
}

/** All pairs of strips, each with itself too. */
export function stripPairsOf(strips: readonly RowStrip[]): (readonly [RowStrip, RowStrip])[] {
  return strips.flatMap((a, i) => strips.slice(i).map((b) => [a, b] as const));
}
