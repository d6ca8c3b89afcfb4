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
import { createBasisRecursion } from "../basis_recursion.ts";
import type { Arena, Slot } from "../memory.ts";
import { extrapolate, type PiecePlaces, type Pieces, placePieces } from "../pieces.ts";
import { createReluPieces } from "../relu_pieces.ts";

/** Tables of one layer, for the parameters set last. */
export interface JetTables {
  /** Whether knots move. */
  readonly free: boolean;
  /** Whether the functions are powers of w (ReLU basis). */
  readonly relu: boolean;
  /** Pieces per knot vector: the intervals and two lines. */
  readonly pieces: number;
  /** Origin and rate of every piece of every vector. */
  readonly origins: Slot<Float64Array>;
  readonly rates: Slot<Float64Array>;
  /** Polynomials of the functions, `[piece, k, i]`. */
  readonly polynomials: Slot<Float64Array>;
  /** Numbers from piece to piece: 0 where all are the same, powers of w. */
  readonly polynomialStep: number;
  /** Rows of coefficients `[i, nOut]`; the parameters themselves for B-splines. */
  readonly coefficients: Slot<Float64Array>;
  coefficientAt(node: number, piece: number): number;
  /** Index of the first base weight among the parameters. */
  readonly baseBlock: number;
  /** The piece of a position. */
  find(node: number, u: number): number;
  /** Whether a position must not occur: extrapolation is `error`. */
  outside(u: number): boolean;
  /** The vector of a node. */
  vectorOf(node: number): number;
  /** Takes parameters. */
  set(parameters: Float64Array): void;
  /** The knots of a vector. */
  knots(vector: number): KnotVector;
  /** Gradients of a batch, summed up piece by piece. */
  readonly sums: BatchSums;
  /** Adds the sums' gradient by the layer's parameters to `gradient`. */
  collect(parameters: Float64Array, gradient: Float64Array): void;
  /**
   * Turns a gradient by one piece's polynomials and place into one by knots: adds to
   * `knotsBar`, `[numKnots]`, and tells which range it touched. B-splines only.
   */
  pullPiece(
    piece: number,
    polynomialsBar: Float64Array,
    placesBar: Float64Array,
    knotsBar: Float64Array,
    at: number,
  ): void;
  /** First and last knot that a piece of a vector depends on. */
  reach(piece: number): readonly [number, number];
}

/** Sums over points. */
export interface BatchSums {
  /** Where coefficient gradients go, laid out as `coefficients`: own for the ReLU basis. */
  readonly coefficients: Slot<Float64Array> | undefined;
  readonly polynomials: Slot<Float64Array>;
  readonly places: Slot<Float64Array>;
  clear(): void;
}

/** Lays out the tables of a stage beside the parameters. */
export function createJetTables(
  network: Network,
  stage: SplineStage,
  arena: Arena,
  parameterSlot: Slot<Float64Array>,
): JetTables {
  const { layer, nIn, nOut, numBasis, numKnotVectors, extrapolation } = stage;
  const { degree, intervals, domain: [a, b] } = stage.space;
  const free = stage.knots === "free", relu = stage.basis === "relu";
  const size = degree + 1, square = size * size, pieces = intervals + 2;
  const coefficientBlock = parameterBlock(network, `spline${layer}.coefficients`).offset;
  const baseBlock = findBlock(network.layout, `spline${layer}.baseWeights`)?.offset ?? 0;
  const logitBlock = findBlock(network.layout, `spline${layer}.knotLogits`);
  const total = numKnotVectors * pieces;
  const originSlot = arena.float64(total), rateSlot = arena.float64(total);
  const polynomialSlot = arena.float64(relu ? square : total * square, (values) => {
    if (relu) { for (let k = 0; k < size; k++) values[k * size + k] = 1; }
  });
  const recursion = createBasisRecursion(degree, size, relu ? 1 : numKnotVectors * intervals);
  const reluPieces = relu ? createReluPieces(stage) : undefined;
  const ownSize = relu ? nIn * pieces * size * nOut : 0;
  const ownSlot = arena.float64(ownSize);
  const sums: BatchSums = {
    coefficients: relu ? arena.float64(ownSize) : undefined,
    polynomials: arena.float64(free && !relu ? total * square : 0),
    places: arena.float64(free ? total * 3 : 0),
    clear() {
      sums.coefficients?.values.fill(0);
      sums.polynomials.values.fill(0);
      sums.places.values.fill(0);
    },
  };
  const places = new Float64Array(2 * pieces);
  const vectors: KnotVector[] = [], ends: PiecePlaces[] = [];
  let known = false;

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
      : { values, offset: index * pieces * square, size: square, columns: size, stride: size };
  }

  function setKnots(now: Network): void {
    const origins = originSlot.values, rates = rateSlot.values;
    const polynomials = polynomialSlot.values;
    for (let v = 0; v < numKnotVectors; v++) {
      const knots = layerKnots(now, layer, v), t = knots.values;
      vectors[v] = knots;
      const { first, last } = placePieces(stage, t, places, 0);
      for (let m = 0; m < pieces; m++) {
        origins[v * pieces + m] = places[2 * m];
        rates[v * pieces + m] = places[2 * m + 1];
      }
      ends[v] = { values: places.slice(), offset: 0, first, last };
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
    if (free || !known) setKnots({ ...network, parameters });
    known = true;
    if (!reluPieces) return;
    const own = ownSlot.values;
    const W = parameters.subarray(coefficientBlock, coefficientBlock + nIn * numBasis * nOut);
    for (let p = 0; p < nIn; p++) {
      const v = nodeVector(p);
      reluPieces.build(p, vectors[v].values, W, piecesOf(own, p));
      extrapolate(stage, ends[v], piecesOf(own, p));
    }
  }

  function find(node: number, u: number): number {
    const v = nodeVector(node), base = v * pieces;
    if (u < a) return base;
    if (u > b) return base + intervals + 1;
    const { values: t } = vectors[v], { first, last } = ends[v];
    // The piece whose left knot is the last one not above u.
    let low = first, high = last;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (t[degree + middle - 1] <= u) low = middle;
      else high = middle - 1;
    }
    while (low > first && rateSlot.values[base + low] === 0) low--;
    return base + low;
  }

  /** Adds the gradients by the lines beyond the ends to those of the end intervals. */
  function foldLines(v: number, values: Pieces, bar: Pieces, tBar: Float64Array | undefined): void {
    const { first, last } = ends[v], { columns, stride } = values, rates = rateSlot.values;
    const line = extrapolation === "linear" ? 1 : 0;
    const rate0 = line * rates[v * pieces + first], rate1 = line * rates[v * pieces + last];
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
    const scaled = rateSlot.values[piece] * bar[from + 2];
    tBar[at + degree + m - 1] += bar[from + 1] - bar[from] + scaled;
    tBar[at + degree + m] -= bar[from + 1] + scaled;
  }

  function collect(parameters: Float64Array, gradient: Float64Array): void {
    const tBars = free ? vectors.map(({ values }) => new Float64Array(values.length)) : undefined;
    if (reluPieces) {
      const end = coefficientBlock + nIn * numBasis * nOut;
      const W = parameters.subarray(coefficientBlock, end);
      const WBar = gradient.subarray(coefficientBlock, end);
      for (let p = 0; p < nIn; p++) {
        const v = nodeVector(p), bar = piecesOf(sums.coefficients!.values, p), tBar = tBars?.[v];
        foldLines(v, piecesOf(ownSlot.values, p), bar, tBar);
        reluPieces.pull(p, vectors[v].values, W, bar, WBar, tBar);
      }
    }
    if (!tBars || !logitBlock) return;
    const logits = logitBlock.size / numKnotVectors;
    for (let v = 0; v < numKnotVectors; v++) {
      const { values: t } = vectors[v], tBar = tBars[v];
      if (!relu) {
        const bar = piecesOf(sums.polynomials.values, v);
        foldLines(v, piecesOf(polynomialSlot.values, v), bar, tBar);
        for (let m = 0; m < intervals; m++) {
          if (!(t[degree + m + 1] > t[degree + m])) continue;
          const at = bar.offset + (m + 1) * square;
          recursion.pull(t, degree + m, v * intervals + m, bar.values, at, tBar);
        }
      }
      for (let m = 1; m <= intervals; m++) {
        pullPlace(v * pieces + m, m, sums.places.values, 3 * (v * pieces + m), tBar, 0);
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

  const folded = new Float64Array(square);
  const moved = new Float64Array(intervals + 1 + 2 * degree);
  function reach(piece: number): readonly [number, number] {
    const v = Math.floor(piece / pieces), { first, last } = ends[v];
    const m = Math.min(Math.max(piece - v * pieces, first), last);
    return [m, m + 2 * degree - 1];
  }

  function pullPiece(
    piece: number,
    bar: Float64Array,
    placesBar: Float64Array,
    tBar: Float64Array,
    at: number,
  ): void {
    const v = Math.floor(piece / pieces), m = piece - v * pieces, { first, last } = ends[v];
    const [from, to] = reach(piece), end = Math.min(Math.max(m, first), last);
    const rates = rateSlot.values, polynomials = polynomialSlot.values;
    moved.fill(0, from, to + 1);
    folded.set(bar);
    if (m < first || m > last) {
      const rate = (extrapolation === "linear" ? 1 : 0) * rates[v * pieces + end];
      const own = (v * pieces + end) * square;
      let hBar = 0;
      folded.fill(0);
      for (let i = 0; i < size; i++) {
        const value = bar[i], slope = bar[size + i] * rate;
        for (let k = 0; k < size; k++) {
          const weight = m < first ? (k === 1 ? 1 : 0) : k;
          folded[k * size + i] = (m < first && k > 0 ? 0 : value) + weight * slope;
          hBar -= slope * weight * polynomials[own + k * size + i] * rate;
        }
      }
      moved[degree + end] += hBar;
      moved[degree + end - 1] -= hBar;
    }
    recursion.pull(vectors[v].values, degree + end - 1, v * intervals + end - 1, folded, 0, moved);
    pullPlace(piece, m, placesBar, 0, moved, 0);
    for (let i = from; i <= to; i++) tBar[at + i] += moved[i];
  }

  return {
    free,
    relu,
    pieces,
    origins: originSlot,
    rates: rateSlot,
    polynomials: polynomialSlot,
    polynomialStep: relu ? 0 : square,
    coefficients: relu ? ownSlot : parameterSlot,
    coefficientAt: relu
      ? (node, piece) => (node * pieces + piece - nodeVector(node) * pieces) * size * nOut
      : (node, piece) => {
        const v = nodeVector(node), { first, last } = ends[v], m = piece - v * pieces;
        const own = m < first ? first : m > last ? last : m;
        return coefficientBlock + (node * numBasis + own - 1) * nOut;
      },
    baseBlock,
    find,
    outside: extrapolation === "error" ? (u) => u < a || u > b : () => false,
    vectorOf: nodeVector,
    set,
    knots: (vector) => vectors[vector],
    sums,
    collect,
    pullPiece,
    reach,
  };
}
