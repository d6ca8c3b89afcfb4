/**
 * The Gauss-Newton matrix of residuals of jets, from sparse rows.
 *
 * A residual touches `degree + 1` rows of coefficients per node, whatever the number of intervals.
 * Knots and each node's normalisation (`u = scale x + shift`) enter as pseudo-parameters; the matrix
 * in all of them is then mapped to the parameters: `A = P^T A_ext P`, `P = [I; D]`, with `D` the
 * pseudo-parameters' derivatives by the parameters: softmax for knots, one backward pass per
 * statistic.
 *
 * @module
 */

import { freeKnotsVjp } from "../../../knots/mod.ts";
import { findBlock, type ParameterBlock } from "../../../model/mod.ts";
import type { ResidualRows } from "../../jets.ts";
import type { Slot } from "../memory.ts";
import { mapSlopes } from "./jet_normaliser.ts";
import type { JetChain, JetStage } from "./jet_chain.ts";

type SplineJetStage = Extract<JetStage, { kind: "spline" }>;

/** Most unknowns besides the parameters, and most of all together: the matrix stays below 1 GiB. */
const MOST_EXTRA = 16, MOST_SIZE = 11_000;

/** Where a layer's pseudo-parameters lie, counted from the first of all. */
interface Pseudo {
  /** Scale of node p at `maps + 2 p`, shift after it; -1 where there is no normalisation. */
  readonly maps: number;
  /** Knot j of vector v at `knots + v numKnots + j`; -1 where knots do not move. */
  readonly knots: number;
  readonly numKnots: number;
  readonly logits: ParameterBlock | undefined;
}

/** Creates the function that assembles the matrix; see `JetProgram.normalMatrix`. */
export function createNormalMatrix(
  chain: JetChain,
): ((residuals: readonly ResidualRows[], extra: number) => Float64Array) | undefined {
  const { network, stages, groups, shapes, arena } = chain;
  const n = network.parameters.length;
  let numPseudo = 0;
  const pseudo = stages.map((own, s): Pseudo | undefined => {
    if (own.kind === "linear") return undefined;
    const { nIn, numKnotVectors, normalisation, knots, space, layer } = own.stage;
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
    return {
      maps,
      knots: first,
      numKnots,
      logits: findBlock(network.layout, `spline${layer}.knotLogits`),
    };
  });
  const channels = Math.max(...shapes.map((shape) => shape.channels));
  const widest = Math.max(...network.config.widths);
  const most = n + MOST_EXTRA + numPseudo;
  if (network.config.basis !== "bspline" || most > MOST_SIZE) return undefined;
  const square = (network.config.degree + 1) ** 2;
  const rowBars = [0, 1].map(() => arena.float64(channels * widest));
  const rowSlot = arena.float64(most), matrixSlot = arena.float64(most * most);
  const rangeSlot = arena.int32(2 * most);
  const polynomialBars = arena.float64(widest * square), placeBars = arena.float64(3 * widest);
  let row: Float64Array = new Float64Array(0), result = new Float64Array(0);
  /** Ranges of `row` that are not 0, `[start, end]` one after the other. */
  const ranges: [number, number][] = [];

  function touch(start: number, end: number): void {
    ranges.push([start, end]);
  }

  /** Adds a residual's derivative by parameters and pseudo-parameters to `row`. */
  function pullRow(group: number, r: number, given: Float64Array, base: number): void {
    const shape = shapes[group], { channels } = shape;
    const last = stages[stages.length - 1].stage.nOut;
    let turn = 0;
    rowBars[turn].values.set(given.subarray(r * channels * last, (r + 1) * channels * last));
    for (let s = stages.length - 1; s >= 0; s--) {
      const own = stages[s], { nIn, nOut } = own.stage, bar = rowBars[turn];
      if (own.kind === "linear") {
        const x = own.inputs[group].values, at = r * channels * nIn;
        for (let c = 0; c < channels; c++) {
          for (let p = 0; p < nIn; p++) {
            const value = x[at + c * nIn + p], to = own.weights + p * nOut;
            if (value === 0) continue;
            for (let q = 0; q < nOut; q++) row[to + q] += value * bar.values[c * nOut + q];
          }
        }
        touch(own.weights, own.weights + nIn * nOut);
        if (own.bias < 0) return;
        for (let q = 0; q < nOut; q++) row[own.bias + q] += bar.values[q];
        return touch(own.bias, own.bias + nOut);
      }
      turn = 1 - turn;
      pullNodes(own, pseudo[s]!, group, r, bar, rowBars[turn], base);
    }
  }

  function pullNodes(
    own: SplineJetStage,
    { maps, knots, numKnots }: Pseudo,
    group: number,
    r: number,
    bar: Slot<Float64Array>,
    next: Slot<Float64Array>,
    base: number,
  ): void {
    const { stage, tables, normaliser, places, inputs } = own;
    const { nIn, nOut, space: { degree }, base: branch } = stage, { channels } = shapes[group];
    if (tables.free) {
      polynomialBars.values.fill(0, 0, nIn * square);
      placeBars.values.fill(0, 0, 3 * nIn);
    }
    chain.backward(own, {
      group,
      row: r,
      rows: 1,
      active: channels,
      yBarAt: bar.at,
      uBarAt: next.at,
      coefficientBarsAt: rowSlot.at,
      baseBarsAt: rowSlot.at + 8 * tables.baseBlock,
      polynomialBarsAt: tables.free ? polynomialBars.at : 0,
      placeBarsAt: tables.free ? placeBars.at : 0,
      byNode: true,
    });
    const place = places[group].values, uBar = next.values;
    const x = inputs[group].values, at = r * channels * nIn, nodeMaps = normaliser.maps();
    for (let p = 0; p < nIn; p++) {
      const piece = place[2 * (r * nIn + p)], start = place[2 * (r * nIn + p) + 1];
      touch(start, start + (degree + 1) * nOut);
      if (knots >= 0) {
        const to = base + knots + tables.vectorOf(p) * numKnots;
        tables.pullPiece(
          piece,
          polynomialBars.values.subarray(p * square, (p + 1) * square),
          placeBars.values.subarray(3 * p, 3 * p + 3),
          row,
          to,
        );
        const [low, high] = tables.reach(piece);
        touch(to + low, to + high + 1);
      }
      const { scale } = nodeMaps[p];
      if (maps >= 0) {
        const to = base + maps + 2 * p;
        for (let c = 0; c < channels; c++) row[to] += uBar[c * nIn + p] * x[at + c * nIn + p];
        row[to + 1] += uBar[p];
      }
      for (let c = 0; c < channels; c++) uBar[c * nIn + p] *= scale;
    }
    if (branch === "silu") touch(tables.baseBlock, tables.baseBlock + nIn * nOut);
    if (maps >= 0) touch(base + maps, base + maps + 2 * nIn);
  }

  /** Adds `row^T row` to the upper half and clears the row. */
  function addRow(size: number): void {
    ranges.sort((a, b) => a[0] - b[0]);
    const merged = rangeSlot.values;
    let count = 0;
    for (const [start, end] of ranges) {
      if (count > 0 && start <= merged[2 * count - 1]) {
        merged[2 * count - 1] = Math.max(merged[2 * count - 1], end);
      } else {
        merged[2 * count] = start;
        merged[2 * count + 1] = end;
        count++;
      }
    }
    chain.kernels().addOuter(rowSlot.at, rangeSlot.at, count, matrixSlot.at, size);
    ranges.length = 0;
  }

  /** The pseudo-parameters' derivatives by the parameters, `[numPseudo, n]`. */
  function derivatives(): Float64Array {
    const D = new Float64Array(numPseudo * n);
    const first = new Float64Array(n), second = new Float64Array(n);
    stages.forEach((own, s) => {
      const places = pseudo[s];
      if (own.kind === "linear" || !places) return;
      if (places.maps >= 0) mapDerivatives(own, s, places.maps, D, first, second);
      if (places.knots >= 0) knotDerivatives(own, places, D);
    });
    return D;
  }

  function mapDerivatives(
    { stage: { nIn, space }, inputs, normaliser }: SplineJetStage,
    s: number,
    at: number,
    D: Float64Array,
    first: Float64Array,
    second: Float64Array,
  ): void {
    const statistics = normaliser.statistics();
    const total = groups.reduce((sum, { rows }) => sum + rows, 0);
    for (let p = 0; p < nIn; p++) {
      const slopes = mapSlopes(statistics, space.domain, p);
      [first, second].forEach((to, which) => {
        let found = false;
        chain.pull(
          s,
          (bars, g) => {
            bars.fill(0);
            const x = inputs[g].values;
            const stride = shapes[g].channels * nIn;
            for (let i = p; i < x.length; i += stride) {
              if (statistics.kind === "batchnorm") {
                bars[i] = which === 0 ? 1 / total : 2 * (x[i] - statistics.mean[p]) / total;
              } else if (statistics.kind === "minmax" && !found) {
                const end = which === 0 ? statistics.minimum[p] : statistics.maximum[p];
                if (x[i] === end) {
                  bars[i] = 1;
                  found = true;
                }
              }
            }
          },
          true,
          to,
        );
      });
      const to = (at + 2 * p) * n;
      for (let i = 0; i < n; i++) {
        D[to + i] = slopes.scale[0] * first[i] + slopes.scale[1] * second[i];
        D[to + n + i] = slopes.shift[0] * first[i] + slopes.shift[1] * second[i];
      }
    }
  }

  function knotDerivatives(
    { stage: { numKnotVectors, space } }: SplineJetStage,
    { knots, numKnots, logits }: Pseudo,
    D: Float64Array,
  ): void {
    const size = logits!.size / numKnotVectors;
    for (let v = 0; v < numKnotVectors; v++) {
      const at = logits!.offset + v * size;
      const own = chain.parameters.values.subarray(at, at + size);
      for (let j = 0; j < numKnots; j++) {
        const unit = new Float64Array(numKnots);
        unit[j] = 1;
        const to = (knots + v * numKnots + j) * n + at;
        freeKnotsVjp(own, space, unit, D.subarray(to, to + size));
      }
    }
  }

  return (residuals, extra) => {
    const known = n + extra, size = known + numPseudo;
    if (extra > MOST_EXTRA) {
      throw new RangeError(
        `Cannot assemble matrix: extra must be at most ${MOST_EXTRA}, current value is ${extra}`,
      );
    }
    row = rowSlot.values;
    const extended = matrixSlot.values.subarray(0, size * size).fill(0);
    if (result.length !== known * known) result = new Float64Array(known * known);
    for (const { rows, parts, extra: more } of residuals) {
      for (let r = 0; r < rows; r++) {
        for (const { group, bars } of parts) pullRow(group, r, bars, known);
        for (let j = 0; j < extra; j++) row[n + j] = more[r * extra + j];
        if (extra > 0) touch(n, known);
        addRow(size);
      }
    }
    mapMatrix(
      extended,
      size,
      known,
      numPseudo > 0 ? derivatives() : new Float64Array(0),
      n,
      result,
    );
    return result;
  };
}

/** `P^T A P` with `P = [I; D]`, from the upper half of A; both halves of the result. */
function mapMatrix(
  A: Float64Array,
  size: number,
  known: number,
  D: Float64Array,
  n: number,
  out: Float64Array,
): void {
  for (let i = 0; i < known; i++) {
    for (let j = i; j < known; j++) out[i * known + j] = A[i * size + j];
  }
  const count = size - known;
  // M = A_ps + D^T A_ss / 2, so that the result is A_pp + M D + (M D)^T
  const M = new Float64Array(known * count);
  for (let i = 0; i < known; i++) {
    for (let k = 0; k < count; k++) M[i * count + k] = A[i * size + known + k];
  }
  for (let k = 0; k < count; k++) {
    for (let i = 0; i < n; i++) {
      const d = D[k * n + i] / 2;
      if (d === 0) continue;
      for (let l = 0; l < count; l++) {
        const own = k <= l ? A[(known + k) * size + known + l] : A[(known + l) * size + known + k];
        M[i * count + l] += d * own;
      }
    }
  }
  const product = new Float64Array(known * n);
  for (let i = 0; i < known; i++) {
    for (let k = 0; k < count; k++) {
      const m = M[i * count + k];
      if (m === 0) continue;
      for (let j = 0, from = k * n, to = i * n; j < n; j++) product[to + j] += m * D[from + j];
    }
  }
  for (let i = 0; i < known; i++) {
    for (let j = i; j < known; j++) {
      let sum = out[i * known + j];
      if (j < n) sum += product[i * n + j];
      if (i < n) sum += product[j * n + i];
      out[i * known + j] = out[j * known + i] = sum;
    }
  }
}
