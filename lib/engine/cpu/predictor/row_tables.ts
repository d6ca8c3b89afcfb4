/**
 * The stages of a network laid out for one row at a time: for the kernel as records, for plain code
 * as arrays, both on one memory.
 *
 * Parameters do not change here, so everything that does not depend on the row is worked out once:
 * knots, pieces, basis functions as polynomials. A spline layer multiplies, for each input, a few
 * rows of a table by numbers that depend on where the input lies: rows of coefficients by basis
 * functions (`BASIS`), or rows of a piece's polynomials by powers (`POWERS`, the ReLU basis); with
 * one output it evaluates a polynomial for each input (`ONE`).
 *
 * @module
 */

import {
  type ActivationStage,
  blockValues,
  edgeMask,
  type LinearStage,
  nodeMap,
  type SplineStage,
  stagesOf,
} from "../../../model/inner.ts";
import type { Network, NetworkConfig } from "../../../model/mod.ts";
import { basisStride } from "../layer/coefficient_tables.ts";
import { createLayerKnots, type VectorKnots, vectorOf } from "../layer/layer_knots.ts";
import { bsplinePolynomials, firstFunction, reluPolynomials } from "../layer/piece_functions.ts";
import { ROW_STAGES } from "../wasm/abi.ts";
import type { Arena, Slot } from "../wasm/memory.ts";
import type { Fields } from "../wasm/records.ts";
import { createLines, paddedLength, setRows } from "../wasm/row_array.ts";

/** Numbers of a node's map in the table of maps. */
export const MAP_LENGTH = 5;

/** One stage: its record, and what plain code reads in place of the record's addresses. */
export interface RowStage {
  readonly record: Fields<"RowStage">;
  readonly x: Slot<Float64Array>;
  readonly y: Slot<Float64Array>;
  /** Rows of numbers for `y`, `stride` from one to the next. */
  readonly table: Slot<Float64Array>;
  readonly stride: number;
  readonly bias: Slot<Float64Array> | undefined;
  /** Only of spline layers. */
  readonly spline?: RowSplines;
}

/** What a spline layer has besides. */
export interface RowSplines {
  readonly stage: SplineStage;
  readonly records: Slot<Float64Array>;
  readonly knots: Slot<Float64Array>;
  readonly places: Slot<Float64Array>;
  readonly first: Slot<Int32Array>;
  readonly polynomials: Slot<Float64Array>;
  readonly maps: Slot<Float64Array>;
  readonly domain: Slot<Float64Array>;
  readonly base: Slot<Float64Array> | undefined;
  readonly silus: Slot<Float64Array>;
  readonly factors: Slot<Float64Array>;
  readonly rows: Slot<Int32Array>;
}

/** All stages, and where the row goes in and the outputs come out. */
export interface RowTables {
  readonly inputs: Slot<Float64Array>;
  readonly outputs: Slot<Float64Array>;
  readonly stages: readonly RowStage[];
  /** Fills the tables, once the arena's memory is made. */
  fill(): void;
}

/** Lays out all stages of a network with all edges; vectors that masks leave out are left out. */
export function createRowTables(
  network: Network,
  arena: Arena,
  masks: NetworkConfig["edges"],
): RowTables {
  const { config } = network;
  const inputs = arena.float64(paddedLength(arena, config.widths[0]));
  const fills: (() => void)[] = [];
  let x = inputs;
  const stages = stagesOf(config).map((stage): RowStage => {
    const y = arena.float64(paddedLength(arena, stage.nOut));
    const position = { x, y, arena };
    x = y;
    if (stage.kind === "spline") {
      const masked = { ...stage, edges: edgeMask(masks?.[stage.layer]) };
      const { layer, fill } = layOutSplines(network, masked, position);
      fills.push(fill);
      return layer;
    }
    if (stage.kind !== "linear") return layOutActivation(stage, position);
    const { layer, fill } = layOutLinear(network, stage, position);
    fills.push(fill);
    return layer;
  });
  return { inputs, outputs: x, stages, fill: () => fills.forEach((fill) => fill()) };
}

/** Where a stage reads and writes, and where its tables lie. */
interface RowPosition {
  readonly x: Slot<Float64Array>;
  readonly y: Slot<Float64Array>;
  readonly arena: Arena;
}

/** A record of a stage without splines. */
function plainRecord(
  kind: number,
  { nIn, nOut }: { readonly nIn: number; readonly nOut: number },
  { x, y }: RowPosition,
): Fields<"RowStage"> {
  return {
    ...{ kind, nIn, nOut, x: x.at, y: y.at, bias: 0, table: 0, tableStep: 0, nodeStep: 0 },
    ...{ degree: 0, vectors: 0, pieces: 0, buckets: 0, records: 0, knots: 0, knotStep: 0 },
    ...{ places: 0, first: 0, polynomials: 0, maps: 0, domain: 0, refuses: false, base: 0 },
    ...{ silus: 0, factors: 0, rows: 0, lists: 0 },
  };
}

function layOutActivation(stage: ActivationStage, position: RowPosition): RowStage {
  const kind = stage.kind === "relu" ? ROW_STAGES.RELU : ROW_STAGES.TANH;
  const { x, y } = position;
  return { record: plainRecord(kind, stage, position), x, y, table: x, stride: 0, bias: undefined };
}

function layOutLinear(network: Network, stage: LinearStage, position: RowPosition) {
  const { name, nIn, nOut } = stage, { x, y, arena } = position;
  const table = createLines(arena, nIn, nOut), stride = table.stride;
  const bias = stage.bias ? arena.float64(stride) : undefined;
  const places = { table: table.at as number, tableStep: 8 * stride, bias: bias?.at ?? 0 };
  const record = { ...plainRecord(ROW_STAGES.LINEAR, stage, position), ...places };
  return {
    layer: { record, x, y, table: table as unknown as Slot<Float64Array>, stride, bias },
    fill() {
      setRows(table, blockValues(network, `${name}.weights`));
      bias?.values.set(blockValues(network, `${name}.bias`));
    },
  };
}

function layOutSplines(network: Network, layer: SplineStage, position: RowPosition) {
  // Uniform knots are the same for all inputs.
  const stage: SplineStage = layer.knots === "uniform" ? { ...layer, numKnotVectors: 1 } : layer;
  const { nIn, nOut, numBasis, numKnotVectors: vectors, space: { degree, intervals } } = stage;
  const { x, y, arena } = position, pieces = intervals + 2, size = degree + 1;
  const kind = nOut === 1
    ? ROW_STAGES.ONE
    : stage.basis === "relu"
    ? ROW_STAGES.POWERS
    : ROW_STAGES.BASIS;
  const stride = nOut === 1 ? 1 : paddedLength(arena, nOut), functions = kind === ROW_STAGES.BASIS;
  const perNode = functions ? numBasis : pieces * size; // rows of the table
  const vectorKnots = createLayerKnots(network, stage, arena), { locator } = vectorKnots;
  const wide = basisStride(degree);
  const table = arena.float64(nIn * perNode * stride);
  const spline: RowSplines = {
    stage,
    records: locator.records,
    knots: locator.knots,
    places: vectorKnots.places,
    first: arena.int32(vectors * pieces),
    polynomials: arena.float64(functions ? vectors * pieces * size * wide : 0),
    maps: arena.float64(MAP_LENGTH * nIn),
    domain: arena.float64(4),
    base: stage.base === "silu" ? arena.float64(nIn * paddedLength(arena, nOut)) : undefined,
    silus: arena.float64(nIn),
    factors: arena.float64(nOut === 1 ? 0 : nIn * wide),
    rows: arena.int32(nOut === 1 ? 0 : nIn),
  };
  const { records, knots, places, first, polynomials, maps, domain, silus, factors, rows } = spline;
  const record: Fields<"RowStage"> = {
    ...plainRecord(kind, stage, position),
    ...{ table: table.at, tableStep: 8 * stride, nodeStep: 8 * perNode * stride },
    ...{ degree, vectors, pieces, buckets: locator.buckets, records: records.at },
    ...{ knots: knots.at, knotStep: 8 * (intervals + 1), places: places.at, first: first.at },
    ...{ polynomials: polynomials.at, maps: maps.at, domain: domain.at },
    ...{ refuses: stage.extrapolation === "error", base: spline.base?.at ?? 0 },
    ...{ silus: silus.at, factors: factors.at, rows: rows.at, lists: listVectors(stage, arena) },
  };
  function fill(): void {
    vectorKnots.place(network.parameters);
    const list = vectorKnots.list();
    fillMaps(network, spline, locator.buckets);
    if (functions) fillCoefficients(network, spline, list, table.values, stride);
    else fillPolynomials(network, spline, list, table.values, stride);
    const { base } = spline, weights = blockValues(network, `spline${stage.layer}.baseWeights`);
    const step = paddedLength(arena, nOut);
    for (let i = 0; base && i < weights.length; i++) {
      base.values[Math.floor(i / nOut) * step + i % nOut] = weights[i];
    }
  }
  return { layer: { record, x, y, table, stride, bias: undefined, spline }, fill };
}

/** Share of the vectors up to which a list of them pays: one by one they cost more. */
const FEW_VECTORS = 0.6;

/**
 * Lists the vectors of the output that every node of a layer with a mask leads to; 0: all are taken,
 * missing edges are 0.
 */
function listVectors({ nIn, nOut, edges }: SplineStage, arena: Arena): number {
  if (!edges) return 0;
  const lists = edges.outputs.map((outputs) => [
    ...new Set([...outputs].map((q) => 16 * Math.floor(q / 2))),
  ]);
  const words = lists.flatMap((vectors) => [vectors.length, ...vectors]);
  if (words.length - nIn > FEW_VECTORS * nIn * Math.ceil(nOut / 2)) return 0;
  return arena.int32(words.length, (values) => values.set(words)).at;
}

/** Fills the nodes' maps onto the domain, and how buckets are numbered. */
function fillMaps(network: Network, { stage, maps, domain }: RowSplines, buckets: number): void {
  const { nIn, layer, space } = stage, [a, b] = space.domain;
  for (let p = 0; p < nIn; p++) {
    const { from, scale, origin, inside } = nodeMap(network.statistics[layer], space.domain, p);
    maps.values.set([from, scale, origin, ...inside], MAP_LENGTH * p);
  }
  const perUnit = buckets / (b - a);
  domain.values.set([a, b, perUnit, 0.5 - a * perUnit]);
}

/** Fills the coefficients, and the basis functions of every piece. */
function fillCoefficients(
  network: Network,
  { stage, first, polynomials }: RowSplines,
  list: readonly VectorKnots[],
  table: Float64Array,
  stride: number,
): void {
  const { layer, nIn, nOut, numBasis, space: { degree, intervals } } = stage;
  const pieces = intervals + 2, row = basisStride(degree), length = pieces * (degree + 1) * row;
  list.forEach((knots, vector) => {
    const to = polynomials.values.subarray(vector * length, (vector + 1) * length);
    bsplinePolynomials(stage, knots, row, to);
    for (let piece = 0; piece < pieces; piece++) {
      first.values[vector * pieces + piece] = firstFunction(stage, piece, knots);
    }
  });
  const c = blockValues(network, `spline${layer}.coefficients`); // [nIn, numBasis, nOut]
  for (let row = 0; row < nIn * numBasis; row++) {
    table.set(c.subarray(row * nOut, (row + 1) * nOut), row * stride);
  }
}

/** Fills the polynomials of every edge and piece. */
function fillPolynomials(
  network: Network,
  { stage, first }: RowSplines,
  list: readonly VectorKnots[],
  table: Float64Array,
  stride: number,
): void {
  const { layer, nIn, nOut, numBasis, space: { degree, intervals } } = stage;
  const size = degree + 1, pieces = intervals + 2, relu = stage.basis === "relu";
  const functions = relu ? numBasis : size, unused = new Float64Array(pieces * size * functions);
  const basis = list.map((knots) => {
    const to = unused.slice();
    if (relu) reluPolynomials(stage, knots, to, unused);
    else bsplinePolynomials(stage, knots, functions, to);
    return to;
  });
  first.values.forEach((_, i) => first.values[i] = i % pieces * size);
  const c = blockValues(network, `spline${layer}.coefficients`); // [nIn, numBasis, nOut]
  for (let p = 0, to = 0; p < nIn; p++) {
    const vector = vectorOf(stage, p), Q = basis[vector];
    for (let row = 0; row < pieces * size; row++, to += stride) {
      const piece = Math.floor(row / size);
      const from = (p * numBasis + firstFunction(stage, piece, list[vector])) * nOut;
      for (let q = 0; q < nOut; q++) {
        let sum = 0;
        for (let i = 0; i < functions; i++) {
          sum += Q[row * functions + i] * c[from + i * nOut + q];
        }
        table[to + q] = sum;
      }
    }
  }
}
