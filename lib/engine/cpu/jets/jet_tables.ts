/**
 * What the jets of one layer read: pieces, their polynomials, coefficients; and the way back to
 * knots and coefficients of either basis.
 *
 * @module
 */

import { freeKnotsVjp, type KnotVector } from "../../../knots/mod.ts";
import {
  findBlock,
  layerKnots,
  type Network,
  parameterBlock,
  type SplineStage,
} from "../../../model/mod.ts";
import { createBasisRecursion } from "../layer/basis_recursion.ts";
import type { Arena, Slot } from "../wasm/memory.ts";
import { extrapolate, type PiecePlaces, type Pieces, placePieces } from "../layer/pieces.ts";
import { createLocator, updateLocator } from "../layer/locator.ts";
import { createReluPieces } from "../layer/relu_pieces.ts";
import { recordLength, recordWords } from "../wasm/records.ts";
import { createSumTable, type SumTable } from "../wasm/sum_table.ts";
import type { JetBlocks } from "./jet_phases.ts";

/** Tables of one layer, for the parameters set last. */
export interface JetTables {
  /** Whether knots move. */
  readonly free: boolean;
  /** Address of the layer's description for the kernels. */
  readonly at: number;
  /** Pieces per knot vector: the intervals and two lines. */
  readonly pieces: number;
  /** Functions of a piece, padded to whole SIMD vectors. */
  readonly padded: number;
  /** Takes parameters. */
  set(parameters: Float64Array): void;
  /** Where blocks add their gradients, and what sets them to 0 and adds them. */
  readonly sums: BatchSums;
  /** Adds the sums' gradient by the layer's parameters to `gradient`. */
  collect(parameters: Float64Array, gradient: Float64Array): void;
  /**
   * Makes the kernels know what a piece does to knots, and tells the first of the `2 degree` knots
   * that each piece of every vector depends on. Of B-splines with free knots.
   */
  reach(): readonly number[];
  /** Index of the first base weight among the parameters. */
  readonly baseBlock: number;
  /** Index among the parameters of the coefficients of a node in a piece. */
  coefficientOf(node: number, piece: number): number;
  /** The vector of a node. */
  vectorOf(node: number): number;
}

/** Sums over points. */
export interface BatchSums {
  readonly coefficients: SumTable;
  readonly base: SumTable;
  /** Absent where knots do not move or functions are the same in all pieces. */
  readonly polynomials: SumTable | undefined;
  readonly places: SumTable | undefined;
  /** All of them. */
  readonly all: readonly SumTable[];
}

/** Lays out the tables of a stage beside the parameters. */
export function createJetTables(
  network: Network,
  stage: SplineStage,
  arena: Arena,
  parameterSlot: Slot<Float64Array>,
  blocks: Pick<JetBlocks, "at" | "most">,
  mapsAt: number,
  moves: boolean,
): JetTables {
  const { layer, nIn, nOut, numBasis, numKnotVectors, extrapolation } = stage;
  const { degree, intervals, domain } = stage.space;
  const free = stage.knots === "free", relu = stage.basis === "relu", silu = stage.base === "silu";
  const size = degree + 1, padded = size + size % 2, square = size * padded;
  const pieces = intervals + 2, total = numKnotVectors * pieces;
  const coefficientBlock = parameterBlock(network, `spline${layer}.coefficients`).offset;
  const baseBlock = findBlock(network.layout, `spline${layer}.baseWeights`)?.offset ?? 0;
  const logitBlock = findBlock(network.layout, `spline${layer}.knotLogits`);
  const length = relu ? pieces * size : numBasis; // coefficients of an edge
  const placeSlot = arena.float64(2 * total), firstSlot = arena.int32(total);
  const polynomialSlot = arena.float64(relu ? square : total * square, (values) => {
    if (relu) { for (let k = 0; k < size; k++) values[k * padded + k] = 1; }
  });
  const coefficientSlot = arena.float64(nIn * nOut * length + 2);
  const knots = 2 * degree,
    reachSlot = arena.float64(free && !relu ? total * (square + 3) * knots : 0);
  const locator = createLocator(stage, arena);
  const recursion = createBasisRecursion(degree, padded, relu ? 1 : numKnotVectors * intervals);
  const reluPieces = relu ? createReluPieces(stage) : undefined;
  const edgePieces = new Float64Array(relu ? nIn * pieces * size * nOut : 0);
  const edgeBar = new Float64Array(edgePieces.length);
  const coefficients = createSumTable(arena, blocks, nIn * nOut * length + 2);
  const base = createSumTable(arena, blocks, silu ? nIn * nOut : 0);
  const polynomials = free && !relu ? createSumTable(arena, blocks, total * square) : undefined;
  const placeSums = free ? createSumTable(arena, blocks, total * 3) : undefined;
  const sums: BatchSums = {
    coefficients,
    base,
    polynomials,
    places: placeSums,
    all: [coefficients, ...silu ? [base] : [], polynomials ?? [], placeSums ?? []].flat(),
  };
  const domainSlot = arena.float64(2, (values) => values.set(domain));
  const fallingSlot = arena.float64((degree + 2) * padded, (values) => {
    for (let m = 0; m < degree + 2; m++) {
      for (let k = 0; k < size; k++) {
        let factor = 1;
        for (let l = 0; l < m; l++) factor *= k - l;
        values[m * padded + k] = factor;
      }
    }
  });
  const description = arena.int32(recordLength("Layer"));
  const places = new Float64Array(2 * pieces);
  const vectors: KnotVector[] = [], ends: PiecePlaces[] = [];
  let known = false;

  function rateOf(piece: number): number {
    return placeSlot.values[2 * piece + 1];
  }
  function nodeVector(node: number): number {
    return numKnotVectors === 1 ? 0 : node;
  }
  function piecesOf(values: Float64Array, index: number): Pieces {
    return relu
      ? {
        values,
        offset: index * pieces * size * nOut,
        size: size * nOut,
        columns: nOut,
        stride: nOut,
      }
      : { values, offset: index * pieces * square, size: square, columns: size, stride: padded };
  }

  function setKnots(network: Network): void {
    const polynomials = polynomialSlot.values;
    for (let v = 0; v < numKnotVectors; v++) {
      const knots = layerKnots(network, layer, v), t = knots.values;
      vectors[v] = knots;
      updateLocator(locator, stage, v, t);
      const { first, last } = placePieces(stage, t, places, 0);
      placeSlot.values.set(places, v * places.length);
      ends[v] = { values: places.slice(), offset: 0, first, last };
      for (let m = 0; m < pieces; m++) {
        firstSlot.values[v * pieces + m] = relu ? m * size : Math.min(Math.max(m, first), last) - 1;
      }
      if (relu) continue;
      for (let m = 0; m < intervals; m++) {
        const at = (v * pieces + m + 1) * square;
        if (t[degree + m + 1] > t[degree + m]) {
          recursion.run(t, degree + m, polynomials, at, v * intervals + m);
        } else polynomials.fill(0, at, at + square);
      }
      extrapolate(stage, ends[v], piecesOf(polynomials, v));
    }
  }

  function set(parameters: Float64Array): void {
    if (!known) {
      description.values.set(recordWords("Layer", {
        nIn,
        nOut,
        size,
        padded,
        width: padded + (silu ? 2 : 0),
        length,
        coefficients: coefficientSlot.at,
        base: silu ? parameterSlot.at + 8 * baseBlock : 0,
        vectors: numKnotVectors,
        pieces,
        buckets: locator.buckets,
        records: locator.records.at,
        knots: locator.knots.at,
        knotStep: 8 * (intervals + 1),
        places: placeSlot.at,
        polynomials: polynomialSlot.at,
        polynomialStep: relu ? 0 : 8 * square,
        first: firstSlot.at,
        maps: mapsAt,
        domain: domainSlot.at,
        covers: stage.normalisation === "minmax",
        refuses: extrapolation === "error",
        free,
        moves,
        falling: fallingSlot.at,
        reach: reachSlot.at,
      }));
    }
    if (free || !known) setKnots({ ...network, parameters });
    known = true;
    const W = parameters.subarray(coefficientBlock, coefficientBlock + nIn * numBasis * nOut);
    for (let p = 0; p < nIn && reluPieces; p++) {
      const v = nodeVector(p);
      reluPieces.build(p, vectors[v].values, W, piecesOf(edgePieces, p));
      extrapolate(stage, ends[v], piecesOf(edgePieces, p));
    }
    turn(relu ? edgePieces : W, coefficientSlot.values, false);
  }

  /** Copies `[nIn, length, nOut]` to `[nIn, nOut, length]`, or adds the other way round. */
  function turn(rows: Float64Array, columns: Float64Array, back: boolean): void {
    for (let p = 0; p < nIn; p++) {
      for (let q = 0; q < nOut; q++) {
        let at = p * length * nOut + q, to = (p * nOut + q) * length;
        for (const end = to + length; to < end; to++, at += nOut) {
          if (back) rows[at] += columns[to];
          else columns[to] = rows[at];
        }
      }
    }
  }

  /** Adds the gradients by the lines beyond the ends to those of the end intervals. */
  function foldLines(v: number, values: Pieces, bar: Pieces, tBar: Float64Array | undefined): void {
    const { first, last } = ends[v], { columns, stride } = values;
    const line = extrapolation === "linear" ? 1 : 0;
    const rate0 = line * rateOf(v * pieces + first), rate1 = line * rateOf(v * pieces + last);
    const left = bar.offset, right = left + (intervals + 1) * bar.size;
    const from = left + first * bar.size, to = left + last * bar.size;
    const shift = values.offset - bar.offset;
    let firstBar = 0, lastBar = 0; // by the lengths of the end intervals
    for (let q = 0; q < columns; q++) {
      const l1 = bar.values[left + stride + q] * rate0, r0 = bar.values[right + q];
      const r1 = bar.values[right + stride + q] * rate1;
      firstBar -= l1 * values.values[from + stride + q + shift] * rate0;
      bar.values[from + q] += bar.values[left + q];
      bar.values[from + stride + q] += l1;
      for (let k = 0, i = to + q; k < size; k++, i += stride) {
        lastBar -= r1 * k * values.values[i + shift] * rate1;
        bar.values[i] += r0 + k * r1;
      }
    }
    if (!tBar) return;
    tBar[degree + first - 1] -= firstBar;
    tBar[degree + first] += firstBar;
    tBar[degree + last - 1] -= lastBar;
    tBar[degree + last] += lastBar;
  }

  /** What local coordinates and rates of a piece owe to its two knots. */
  function pullPlace(
    piece: number,
    m: number,
    bar: Float64Array,
    from: number,
    tBar: Float64Array,
    at: number,
  ): void {
    if (m === 0 || m > intervals) return; // the lines begin at the ends of the domain
    const scaled = rateOf(piece) * bar[from + 2];
    tBar[at + degree + m - 1] += bar[from + 1] - bar[from] + scaled;
    tBar[at + degree + m] -= bar[from + 1] + scaled;
  }

  function collect(parameters: Float64Array, gradient: Float64Array): void {
    const tBars = free ? vectors.map(({ values }) => new Float64Array(values.length)) : undefined;
    const end = coefficientBlock + nIn * numBasis * nOut;
    const WBar = gradient.subarray(coefficientBlock, end);
    if (silu) base.values.forEach((bar, i) => gradient[baseBlock + i] += bar);
    if (!reluPieces) turn(WBar, coefficients.values, true);
    else {
      turn(edgeBar.fill(0), coefficients.values, true);
      const W = parameters.subarray(coefficientBlock, end);
      for (let p = 0; p < nIn; p++) {
        const v = nodeVector(p), bar = piecesOf(edgeBar, p), tBar = tBars?.[v];
        foldLines(v, piecesOf(edgePieces, p), bar, tBar);
        reluPieces.pull(p, vectors[v].values, W, bar, WBar, tBar);
      }
    }
    if (!tBars || !logitBlock) return;
    const logits = logitBlock.size / numKnotVectors;
    for (let v = 0; v < numKnotVectors; v++) {
      const { values: t } = vectors[v], tBar = tBars[v];
      if (!relu) {
        const bar = piecesOf(polynomials!.values, v);
        foldLines(v, piecesOf(polynomialSlot.values, v), bar, tBar);
        for (let m = 0; m < intervals; m++) {
          if (!(t[degree + m + 1] > t[degree + m])) continue;
          const at = bar.offset + (m + 1) * square;
          recursion.pull(t, degree + m, v * intervals + m, bar.values, at, tBar);
        }
      }
      for (let m = 1; m <= intervals; m++) {
        pullPlace(v * pieces + m, m, placeSums!.values, 3 * (v * pieces + m), tBar, 0);
      }
      const at = logitBlock.offset + v * logits;
      freeKnotsVjp(
        parameters.subarray(at, at + logits),
        stage.space,
        tBar,
        gradient.subarray(at, at + logits),
      );
    }
  }

  const folded = new Float64Array(square), moved = new Float64Array(intervals + 1 + 2 * degree);

  /** Knots' gradient of a piece by its polynomials and place; zero but for `2 degree` knots. */
  function pullPiece(piece: number, bar: Float64Array, placesBar: Float64Array): void {
    const v = Math.floor(piece / pieces), m = piece - v * pieces, { first, last } = ends[v];
    const end = Math.min(Math.max(m, first), last), polynomials = polynomialSlot.values;
    moved.fill(0);
    folded.set(bar);
    if (m < first || m > last) {
      const rate = (extrapolation === "linear" ? 1 : 0) * rateOf(v * pieces + end);
      const endPiece = (v * pieces + end) * square;
      let hBar = 0;
      folded.fill(0);
      for (let i = 0; i < size; i++) {
        const value = bar[i], slope = bar[padded + i] * rate;
        for (let k = 0; k < size; k++) {
          const weight = m < first ? (k === 1 ? 1 : 0) : k;
          folded[k * padded + i] = (m < first && k > 0 ? 0 : value) + weight * slope;
          hBar -= slope * weight * polynomials[endPiece + k * padded + i] * rate;
        }
      }
      moved[degree + end] += hBar;
      moved[degree + end - 1] -= hBar;
    }
    recursion.pull(vectors[v].values, degree + end - 1, v * intervals + end - 1, folded, 0, moved);
    pullPlace(piece, m, placesBar, 0, moved, 0);
  }

  function reach(): readonly number[] {
    const bar = new Float64Array(square), placesBar = new Float64Array(3);
    return Array.from({ length: total }, (_, piece) => {
      const v = Math.floor(piece / pieces), { first, last } = ends[v];
      const low = Math.min(Math.max(piece - v * pieces, first), last);
      for (let i = 0; i < square + 3; i++) {
        bar.fill(0);
        placesBar.fill(0);
        if (i < square) bar[i] = 1;
        else placesBar[i - square] = 1;
        const to = (piece * (square + 3) + i) * knots;
        if (i < square && i % padded >= size) reachSlot.values.fill(0, to, to + knots);
        else {
          pullPiece(piece, bar, placesBar);
          reachSlot.values.set(moved.subarray(low, low + knots), to);
        }
      }
      return low;
    });
  }

  return {
    free,
    at: description.at,
    pieces,
    padded,
    baseBlock,
    set,
    sums,
    collect,
    reach,
    coefficientOf: (node, piece) =>
      coefficientBlock +
      (node * numBasis + firstSlot.values[nodeVector(node) * pieces + piece]) * nOut,
    vectorOf: nodeVector,
  };
}
