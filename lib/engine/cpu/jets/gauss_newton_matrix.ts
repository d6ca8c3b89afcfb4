/**
 * The Gauss-Newton matrix of residuals of jets, from sparse rows.
 *
 * A residual touches `degree + 1` rows of coefficients per node for any number of intervals.
 * Knots and each node's normalisation (`u = scale x + shift`) enter as pseudo-parameters; the matrix
 * in all of them is then mapped to the parameters: `A = P^T A_ext P`, `P = [I; D]`, with `D` the
 * pseudo-parameters' derivatives by the parameters: softmax for knots, one backward pass per
 * statistic. Rows are computed chunk by chunk, then multiplied, pair of nodes by pair of nodes.
 *
 * The sums form a matrix `M` with `A = M + M^T`.
 *
 * @module
 */

import type { ResidualRows } from "../../jets.ts";
import type { JetChain } from "./jet_chain.ts";
import { createPseudoMaps } from "./pseudo_maps.ts";
import { createResidualRows, type RowsOfPoints } from "./residual_rows.ts";
import { createStripPairs, type TapePair } from "./strip_pairs.ts";
import { createPlainStrip, type JetStrip, layOutPseudo, type PlainStrip } from "./strips.ts";

/** Most unknowns besides the parameters, and most of all together: the matrix stays below 1 GiB. */
const MOST_EXTRA = 16, MOST_SIZE = 11_000;
/** Most points that a residual depends on, each with columns of its own; more are added up. */
const MOST_POINTS = 4;
/** Rows that are added up at a time, and columns of a block of them. */
const DENSE_ROWS = 256, DENSE_COLUMNS = 128;
/** Rows of a chunk: enough to meet each pair of pieces this many times, if there is room. */
const MEETINGS = 16, LEAST_CHUNK = 512, MOST_CHUNK = 4096;

/**
 * Creates the function that assembles the matrix; see `JetProgram.normalMatrix`.
 *
 * @param manyPoints Whether residuals may depend on more than 4 points: their rows are then added up
 * with all columns, and multiplied as blocks of columns.
 */
export function createJetMatrix(
  chain: JetChain,
  manyPoints: boolean,
): ((residuals: readonly ResidualRows[], extra: number) => Float64Array) | undefined {
  const { network, stages, shapes, arena, blocks } = chain;
  const n = network.parameters.length, { basis, intervals } = network.config;
  const { pseudo, numPseudo } = layOutPseudo(network, stages);
  const most = n + MOST_EXTRA + numPseudo;
  if (basis !== "bspline" || most > MOST_SIZE) return undefined;
  const wanted = Math.max(LEAST_CHUNK, MEETINGS * (intervals + 2) ** 2);
  const chunk = Math.min(MOST_CHUNK, wanted, Math.max(...shapes.map(({ rows }) => rows)));
  const residualRows = createResidualRows(chain, pseudo, chunk, MOST_POINTS);
  const extraStrip = createPlainStrip(MOST_EXTRA, chunk, arena);
  const denseStrips = Array.from(
    { length: manyPoints ? Math.ceil(most / DENSE_COLUMNS) : 0 },
    () => createPlainStrip(DENSE_COLUMNS, DENSE_ROWS, arena),
  );
  const perPoint = residualRows.points[0];
  const count = Math.max(MOST_POINTS * perPoint.length + 1, denseStrips.length);
  const maps = createPseudoMaps(chain, pseudo);
  const pairs = createStripPairs(
    {
      pairs: Math.max(count * (count + 1) / 2, maps.pairs.length),
      length: Math.max(
        manyPoints ? DENSE_COLUMNS : MOST_EXTRA,
        maps.stripLength,
        ...perPoint.map(({ length }) => length),
      ),
      rows: Math.max(chunk, maps.rows),
      pieces: intervals + 2,
    },
    blocks,
    (phaseAt) => chain.run(phaseAt),
    arena,
  );
  const matrixSlot = arena.float64(most * most);
  const { addRows, addSums } = createSums(
    residualRows,
    extraStrip,
    denseStrips,
    chunk,
    (list, rows, size) => pairs.add(list, rows, matrixSlot.at, size),
  );
  let result = new Float64Array(0);

  return (residuals, extra) => {
    const known = n + extra, size = known + numPseudo;
    if (extra > MOST_EXTRA) {
      throw new RangeError(
        `Cannot assemble matrix: extra must be at most ${MOST_EXTRA}, current value is ${extra}`,
      );
    }
    const M = matrixSlot.values.subarray(0, size * size).fill(0);
    if (result.length !== known * known) result = new Float64Array(known * known);
    residualRows.begin(known);
    extraStrip.set(n, extra);
    for (const residual of residuals) {
      if (residual.parts.length <= MOST_POINTS) addRows(residual, extra, size);
      else if (manyPoints) addSums(residual, extra, size);
      else {
        throw new RangeError(
          `Cannot assemble matrix: parts must be at most ${MOST_POINTS} without manyPoints, ` +
            `current value is ${residual.parts.length}`,
        );
      }
    }
    maps.apply(M, size, known);
    if (maps.rows > 0) pairs.add(maps.pairs, maps.rows, matrixSlot.at, size);
    addTransposed(M, size, known, result);
    return result;
  };
}

/** Sums the products of residuals' rows. */
function createSums(
  { points, fill }: RowsOfPoints,
  extraStrip: PlainStrip,
  denseStrips: readonly PlainStrip[],
  chunk: number,
  add: (pairs: readonly TapePair[], rows: number, size: number) => void,
) {
  function addRows({ rows, parts, extra: more }: ResidualRows, extra: number, size: number): void {
    const strips: JetStrip[] = parts.flatMap((_, k) => points[k]);
    if (extra > 0) strips.push(extraStrip);
    const list = pairsOf(strips);
    for (let begin = 0; begin < rows; begin += chunk) {
      const end = Math.min(rows, begin + chunk);
      parts.forEach((part, k) => fill(k, part, begin, end));
      if (extra > 0) fillExtra(more, extra, begin, end);
      add(list, end - begin, size);
    }
  }

  /** Adds the products of residuals that depend on many points. */
  function addSums({ rows, parts, extra: more }: ResidualRows, extra: number, size: number): void {
    const step = Math.min(chunk, DENSE_ROWS), dense = new Float64Array(step * size);
    const blocks = denseStrips.slice(0, Math.ceil(size / DENSE_COLUMNS));
    blocks.forEach((strip, b) => {
      strip.set(b * DENSE_COLUMNS, Math.min(DENSE_COLUMNS, size - b * DENSE_COLUMNS));
    });
    const list = pairsOf(blocks);
    for (let begin = 0; begin < rows; begin += step) {
      const end = Math.min(rows, begin + step), count = end - begin;
      dense.fill(0);
      for (const part of parts) {
        fill(0, part, begin, end);
        for (const strip of points[0]) strip.addTo(dense, count, size);
      }
      if (extra > 0) {
        fillExtra(more, extra, begin, end);
        extraStrip.addTo(dense, count, size);
      }
      blocks.forEach(({ values }, b) => {
        for (let r = 0; r < count; r++) {
          const from = r * size + b * DENSE_COLUMNS;
          const line = dense.subarray(from, Math.min(from + DENSE_COLUMNS, (r + 1) * size));
          values.values.set(line, r * DENSE_COLUMNS);
        }
      });
      add(list, count, size);
    }
  }

  function fillExtra(more: Float64Array, extra: number, begin: number, end: number): void {
    for (let r = begin; r < end; r++) {
      const line = more.subarray(r * extra, (r + 1) * extra);
      extraStrip.values.values.set(line, (r - begin) * MOST_EXTRA);
    }
  }

  return { addRows, addSums };
}

/** All pairs of strips, each with itself too. */
function pairsOf(strips: readonly JetStrip[]): TapePair[] {
  return strips.flatMap((a, i) => strips.slice(i).map((b) => [a, b] as const));
}

/** `M + M^T` of the first rows and columns, tile by tile. */
function addTransposed(M: Float64Array, size: number, known: number, out: Float64Array): void {
  const tile = 32;
  for (let i0 = 0; i0 < known; i0 += tile) {
    for (let j0 = 0; j0 <= i0; j0 += tile) {
      for (let i = i0; i < Math.min(known, i0 + tile); i++) {
        for (let j = j0, end = Math.min(i + 1, j0 + tile); j < end; j++) {
          out[i * known + j] = out[j * known + i] = M[i * size + j] + M[j * size + i];
        }
      }
    }
  }
}
