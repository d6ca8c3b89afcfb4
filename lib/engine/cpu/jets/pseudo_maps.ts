/**
 * From pseudo-parameters to parameters: `M` becomes `P^T M P` with `P = [I; D]`.
 *
 * @module
 */

import { freeKnotsVjp } from "../../../knots/mod.ts";
import type { JetChain, SplineJetStage } from "./jet_chain.ts";
import { mapSlopes } from "./jet_normaliser.ts";
import { createPlainStrip, type Pseudo } from "./strips.ts";

/** Parameters of a strip. */
const STRIP = 64;

/** Creates the map of a network, for a matrix `M` that stands for `M + M^T`. */
export function createPseudoMaps(chain: JetChain, pseudo: readonly (Pseudo | undefined)[]) {
  const { network, stages, arena } = chain, n = network.parameters.length;
  /** Which pseudo-parameter a row of D is: scales and shifts of all nodes. */
  const mapOf = pseudo.flatMap((columns, s) =>
    columns && columns.maps >= 0
      ? Array.from({ length: 2 * stages[s].stage.nIn }, (_, i) => columns.maps + i)
      : []
  );
  const rows = mapOf.length, count = rows > 0 ? Math.ceil(n / STRIP) : 0;
  const strips = [0, 1].map(() =>
    Array.from({ length: count }, () => createPlainStrip(STRIP, rows, arena))
  );
  const D = new Float64Array(rows * n), H = new Float64Array(n);
  const differentiate = createDerivatives(chain, D);
  /** Maps knots; writes the rows whose products, `pairs`, map the normalisation. */
  function apply(M: Float64Array, size: number, known: number): void {
    mapKnots(chain, pseudo, M, size, known);
    if (rows === 0) return;
    let at = 0;
    stages.forEach((layer, s) => {
      if (layer.kind === "linear" || pseudo[s]!.maps < 0) return;
      differentiate(layer, s, at);
      at += 2 * layer.stage.nIn;
    });
    // H = A_mp + A_mm D / 2, so that A_pp + H^T D + D^T H is the result.
    for (let k = 0; k < rows; k++) {
      const row = known + mapOf[k];
      for (let i = 0; i < n; i++) H[i] = M[row * size + i] + M[i * size + row];
      for (let l = 0; l < rows; l++) {
        const other = known + mapOf[l];
        const half = (M[row * size + other] + M[other * size + row]) / 2;
        if (half === 0) continue;
        for (let i = 0, from = l * n; i < n; i++) H[i] += half * D[from + i];
      }
      for (let g = 0; g < count; g++) {
        const begin = g * STRIP, end = Math.min(n, begin + STRIP);
        strips[0][g].values.values.set(D.subarray(k * n + begin, k * n + end), k * STRIP);
        strips[1][g].values.values.set(H.subarray(begin, end), k * STRIP);
      }
    }
    // Products of further unknowns with scales and shifts become products with parameters.
    for (let j = n; j < known; j++) {
      for (let k = 0; k < rows; k++) {
        const column = known + mapOf[k];
        const product = M[j * size + column] + M[column * size + j];
        for (let i = 0; i < n; i++) M[j * size + i] += product * D[k * n + i];
      }
    }
    for (const list of strips) {
      list.forEach((strip, g) => strip.set(g * STRIP, Math.min(STRIP, n - g * STRIP)));
    }
  }

  return {
    apply,
    /** `D^T H` with `D` the derivatives of scales and shifts and `H` the rows of the matrix. */
    pairs: strips[0].flatMap((a) => strips[1].map((b) => [a, b] as const)),
    /** Scales and shifts of all nodes. */
    rows,
    stripLength: STRIP,
  };
}

/** Writes the gradients of scales and shifts of the nodes of stage s into D, rows from `at` on. */
function createDerivatives({ network, stages, shapes, pull }: JetChain, D: Float64Array) {
  const n = network.parameters.length;
  const first = new Float64Array(n), second = new Float64Array(n);
  /** The node that a parameter of the first stage leads to; outputs lie fastest in all of them. */
  const owner = new Int32Array(n).fill(-1);
  for (const { name, offset, size } of network.layout) {
    if (!name.startsWith(stages[0].kind === "linear" ? "linear" : "spline0")) continue;
    for (let i = 0; i < size; i++) owner[offset + i] = i % stages[0].stage.nOut;
  }

  return ({ stage, inputs, normaliser }: SplineJetStage, s: number, at: number): void => {
    const { nIn, space } = stage;
    const statistics = normaliser.statistics();
    const total = shapes.reduce((sum, { rows }) => sum + rows, 0);
    const before = stages[s - 1];
    // Parameters of a first stage without moving knots belong to one node each: all nodes at once.
    const together = s === 1 && !(before.kind === "spline" && before.tables.free);

    /** Writes the derivatives of one of the two statistics of node q by the values of a group. */
    function writeBars(bars: Float64Array, g: number, q: number, which: number, met: Set<number>) {
      const x = inputs[g].values, { padded } = shapes[g];
      for (let i = q * padded; i < x.length; i += nIn * padded) {
        if (statistics.kind === "batchnorm") {
          bars[i] = which === 0 ? 1 / total : 2 * (x[i] - statistics.mean[q]) / total;
        } else if (statistics.kind === "minmax" && !met.has(q)) {
          const end = which === 0 ? statistics.minimum[q] : statistics.maximum[q];
          if (x[i] !== end) continue;
          bars[i] = 1;
          met.add(q);
        }
      }
    }

    for (let p = 0; p < nIn; p++) {
      const slopes = mapSlopes(statistics, space.domain, p);
      [first, second].forEach((to, which) => {
        if (together && p > 0) return;
        const met = new Set<number>(); // nodes whose extreme row is found
        const write = (bars: Float64Array, g: number) => {
          for (let q = p; q < (together ? nIn : p + 1); q++) writeBars(bars, g, q, which, met);
        };
        pull(s, write, true, to);
      });
      const to = (at + 2 * p) * n;
      for (let i = 0; i < n; i++) {
        if (together && owner[i] !== p) continue;
        D[to + i] = slopes.scale[0] * first[i] + slopes.scale[1] * second[i];
        D[to + n + i] = slopes.shift[0] * first[i] + slopes.shift[1] * second[i];
      }
    }
  };
}

/** Adds rows and columns of knots to their logits' rows and columns. */
function mapKnots(
  { stages, parameters }: JetChain,
  pseudo: readonly (Pseudo | undefined)[],
  M: Float64Array,
  size: number,
  known: number,
): void {
  stages.forEach((layer, s) => {
    const { knots, numKnots, logits } = pseudo[s] ?? { knots: -1, numKnots: 0 };
    if (layer.kind === "linear" || knots < 0) return;
    const { numKnotVectors, space } = layer.stage, count = logits!.size / numKnotVectors;
    for (let v = 0; v < numKnotVectors; v++) {
      const at = logits!.offset + v * count, from = known + knots + v * numKnots;
      const values = parameters.values.subarray(at, at + count);
      const slopes = Array.from({ length: numKnots }, (_, j) => {
        const unit = new Float64Array(numKnots), to = new Float64Array(count);
        unit[j] = 1;
        freeKnotsVjp(values, space, unit, to);
        return to;
      });
      addColumns(M, size, slopes, from, at);
      addRows(M, size, slopes, from, at);
    }
  });
}

/** Column `at + i` gains `sum_j slopes_ji` times column `from + j`. */
function addColumns(
  M: Float64Array,
  size: number,
  slopes: readonly Float64Array[],
  from: number,
  at: number,
): void {
  for (let row = 0; row < M.length; row += size) {
    slopes.forEach((slope, j) => {
      const factor = M[row + from + j];
      if (factor === 0) return;
      for (let i = 0; i < slope.length; i++) M[row + at + i] += factor * slope[i];
    });
  }
}

/** Row `at + i` gains `sum_j slopes_ji` times row `from + j`. */
function addRows(
  M: Float64Array,
  size: number,
  slopes: readonly Float64Array[],
  from: number,
  at: number,
): void {
  slopes.forEach((slope, j) => {
    const knotRow = M.subarray((from + j) * size, (from + j + 1) * size);
    slope.forEach((factor, i) => {
      if (factor === 0) return;
      const to = M.subarray((at + i) * size, (at + i + 1) * size);
      for (let k = 0; k < size; k++) to[k] += factor * knotRow[k];
    });
  });
}
