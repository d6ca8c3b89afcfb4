/**
 * The tables of one layer under jets, set from the parameters; and the way back to knots and
 * coefficients of either basis.
 *
 * @module
 */

import { freeKnotsVjp } from "../../../knots/mod.ts";
import { findBlock, parameterBlock, type SplineStage } from "../../../model/inner.ts";
import { layerKnots, type Network } from "../../../model/mod.ts";
import { createLocalBasis } from "../layer/local_basis.ts";
import { updateLocator } from "../layer/locator.ts";
import { extrapolate, foldLines, type Pieces, placePieces } from "../layer/pieces.ts";
import { createReluPieces } from "../layer/relu_pieces.ts";
import type { Arena, Slot } from "../wasm/memory.ts";
import { createSumTable, type SumTable } from "../wasm/sum_table.ts";
import { createJetLayout } from "./jet_layout.ts";
import type { JetBlocks } from "./jet_phases.ts";
import { pullPlace, type VectorKnots, writeKnotReach } from "./knot_reach.ts";

/** Tables of one layer, for the parameters set last. */
export interface JetTables {
  /** Whether knots move. */
  readonly free: boolean;
  /** Address of the layer's record. */
  readonly at: number;
  /** Pieces per knot vector: the intervals and two lines. */
  readonly pieces: number;
  /** Functions of a piece, padded to whole SIMD vectors. */
  readonly padded: number;
  /** Takes parameters. */
  set(parameters: Float64Array): void;
  /** Where blocks add their gradients. */
  readonly sums: BatchSums;
  /** Adds the sums' gradient by the layer's parameters to `gradient`. */
  collect(parameters: Float64Array, gradient: Float64Array): void;
  /**
   * Writes the derivatives of every piece by the knots for the kernels; of B-splines with free
   * knots.
   *
   * @returns Per piece of every vector the first of the `2 degree` knots on which it depends.
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

/**
 * Lays out the tables of a stage beside the parameters.
 *
 * @param surroundings Address of the normalisation's maps, and whether it depends on parameters.
 */
export function createJetTables(
  network: Network,
  stage: SplineStage,
  arena: Arena,
  parameterSlot: Slot<Float64Array>,
  blocks: Pick<JetBlocks, "at" | "most">,
  surroundings: { readonly maps: number; readonly moves: boolean },
): JetTables {
  const { layer, nIn, nOut, numBasis, numKnotVectors, space } = stage;
  const silu = stage.base === "silu", edges = nIn * nOut;
  const coefficientBlock = parameterBlock(network, `spline${layer}.coefficients`).offset;
  const baseBlock = findBlock(network.layout, `spline${layer}.baseWeights`)?.offset ?? 0;
  const logitBlock = findBlock(network.layout, `spline${layer}.knotLogits`);
  const baseAt = silu ? parameterSlot.at + 8 * baseBlock : 0;
  const layout = createJetLayout(stage, arena, { ...surroundings, base: baseAt });
  const { free, relu, size, padded, pieces, length, places, first, polynomials } = layout;
  const basis = relu ? undefined : createLocalBasis(stage, {
    stride: padded,
    values: () => polynomials.values,
    fold: foldLines,
  });
  const reluPieces = relu ? createReluPieces(stage) : undefined;
  const edgePieces = new Float64Array(relu ? pieces * size * edges : 0);
  const edgeBar = new Float64Array(edgePieces.length);
  const sums = createBatchSums();
  const vectors: VectorKnots[] = [];

  function createBatchSums(): BatchSums {
    const room = { arena, blocks };
    const coefficients = createSumTable(room, edges * length + 2);
    const base = createSumTable(room, silu ? edges : 0);
    const total = numKnotVectors * pieces, numbers = total * size * padded;
    const polynomials = free && !relu ? createSumTable(room, numbers) : undefined;
    const places = free ? createSumTable(room, total * 3) : undefined;
    const all = [coefficients, ...silu ? [base] : [], polynomials ?? [], places ?? []].flat();
    return { coefficients, base, polynomials, places, all };
  }
  function nodeVector(node: number): number {
    return numKnotVectors === 1 ? 0 : node;
  }
  /** The polynomials of a node's edges. */
  function edgesOf(values: Float64Array, node: number): Pieces {
    const row = size * nOut, offset = node * pieces * row;
    return { values, offset, size: row, columns: nOut, stride: nOut };
  }

  function setKnots(network: Network): void {
    for (let v = 0; v < numKnotVectors; v++) {
      const t = layerKnots(network, layer, v).values;
      updateLocator(layout.locator, stage, v, t);
      vectors[v] = { t, places: placePieces(stage, t, places.values, 2 * v * pieces) };
      for (let m = 0; m < pieces; m++) {
        first.values[v * pieces + m] = basis ? basis.first(m, vectors[v].places) : m * size;
      }
      basis?.build(v, t, vectors[v].places);
    }
  }

  function coefficientsOf(flat: Float64Array): Float64Array {
    return flat.subarray(coefficientBlock, coefficientBlock + edges * numBasis);
  }

  function set(parameters: Float64Array): void {
    if (free || vectors.length === 0) setKnots({ ...network, parameters });
    const W = coefficientsOf(parameters);
    for (let p = 0; p < nIn && reluPieces; p++) {
      const vector = vectors[nodeVector(p)];
      reluPieces.build(p, vector.t, W, edgesOf(edgePieces, p));
      extrapolate(stage, vector.places, edgesOf(edgePieces, p));
    }
    turn(relu ? edgePieces : W, layout.coefficients.values, false);
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

  function collect(parameters: Float64Array, gradient: Float64Array): void {
    const tBars = free ? vectors.map(({ t }) => new Float64Array(t.length)) : undefined;
    const WBar = coefficientsOf(gradient);
    if (silu) sums.base.values.forEach((bar, i) => gradient[baseBlock + i] += bar);
    if (!reluPieces) turn(WBar, sums.coefficients.values, true);
    else {
      turn(edgeBar.fill(0), sums.coefficients.values, true);
      const W = coefficientsOf(parameters);
      for (let p = 0; p < nIn; p++) {
        const v = nodeVector(p), { t, places } = vectors[v], tBar = tBars?.[v];
        foldLines(stage, places, edgesOf(edgePieces, p), edgesOf(edgeBar, p), tBar);
        reluPieces.pull(p, t, W, edgesOf(edgeBar, p), WBar, tBar);
      }
    }
    if (tBars) collectKnots(tBars, parameters, gradient);
  }

  function collectKnots(
    tBars: readonly Float64Array[],
    parameters: Float64Array,
    gradient: Float64Array,
  ): void {
    const logits = logitBlock!.size / numKnotVectors;
    vectors.forEach(({ t, places }, v) => {
      const tBar = tBars[v], at = logitBlock!.offset + v * logits;
      if (basis) {
        const bar = { ...basis.pieces(v), values: sums.polynomials!.values };
        basis.pull(v, t, places, bar, tBar);
      }
      for (let m = 1; m < pieces - 1; m++) {
        pullPlace(stage, places, m, sums.places!.values, 3 * (v * pieces + m), tBar);
      }
      freeKnotsVjp(
        parameters.subarray(at, at + logits),
        space,
        tBar,
        gradient.subarray(at, at + logits),
      );
    });
  }

  return {
    free,
    at: layout.at,
    pieces,
    padded,
    baseBlock,
    set,
    sums,
    collect,
    reach: () => writeKnotReach(stage, layout, basis!, vectors),
    coefficientOf: (node, piece) =>
      coefficientBlock +
      (node * numBasis + first.values[nodeVector(node) * pieces + piece]) * nOut,
    vectorOf: nodeVector,
  };
}
