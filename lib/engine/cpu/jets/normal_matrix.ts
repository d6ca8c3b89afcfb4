/**
 * The Gauss-Newton matrix of residuals of jets, from sparse rows.
 *
 * A residual touches `degree + 1` rows of coefficients per node, whatever the number of intervals.
 * Knots and each node's normalisation (`u = scale x + shift`) enter as pseudo-parameters; the matrix
 * in all of them is then mapped to the parameters: `A = P^T A_ext P`, `P = [I; D]`, with `D` the
 * pseudo-parameters' derivatives by the parameters: softmax for knots, one backward pass per
 * statistic. Rows are computed chunk by chunk, then multiplied, pair of nodes by pair of nodes.
 *
 * What is summed is a matrix `M` with `A = M + M^T`.
 *
 * @module
 */

import { findBlock } from "../../../model/mod.ts";
import type { ResidualRows } from "../../jets.ts";
import { type JetChain, jetRows, rowCall } from "./jet_chain.ts";
import { cutTiles, MOST_PARTS, phaseWords, TILE } from "./jet_phases.ts";
import { copyJets } from "./jet_shape.ts";
import { createPlainSlot, createStageSlots, type JetSlot, type Pseudo } from "./jet_slots.ts";
import { createPseudoMaps } from "./pseudo_maps.ts";
import { createSlotPairs } from "./slot_pairs.ts";

/** Most unknowns besides the parameters, and most of all together: the matrix stays below 1 GiB. */
const MOST_EXTRA = 16, MOST_SIZE = 11_000;
/** Most points that a residual depends on. */
const MOST_POINTS = 4;
/** Rows of a chunk: enough to meet each pair of pieces this many times, if there is room. */
const MEETINGS = 16, LEAST_CHUNK = 512, MOST_CHUNK = 4096;

/** Creates the function that assembles the matrix; see `JetProgram.normalMatrix`. */
export function createNormalMatrix(
  chain: JetChain,
): ((residuals: readonly ResidualRows[], extra: number) => Float64Array) | undefined {
  const { network, stages, shapes, arena, blocks } = chain;
  const n = network.parameters.length, { basis, intervals } = network.config;
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
  const most = n + MOST_EXTRA + numPseudo;
  if (basis !== "bspline" || most > MOST_SIZE) return undefined;
  const wanted = Math.max(LEAST_CHUNK, MEETINGS * (intervals + 2) ** 2);
  const chunk = Math.min(MOST_CHUNK, wanted, Math.max(...shapes.map(({ rows }) => rows)));
  const reaches = stages.map((): readonly number[] => []);
  const points = Array.from(
    { length: MOST_POINTS },
    () =>
      stages.map((own, s) => createStageSlots(own, s, pseudo[s], chunk, arena, () => reaches[s])),
  );
  const extraSlot = createPlainSlot(MOST_EXTRA, chunk, arena);
  const perPoint = points[0].flatMap(({ slots }) => slots);
  const count = MOST_POINTS * perPoint.length + 1;
  const maps = createPseudoMaps(chain, pseudo, numPseudo);
  const pairs = createSlotPairs(
    {
      pairs: Math.max(count * (count + 1) / 2, maps.pairs.length),
      length: Math.max(MOST_EXTRA, maps.slotLength, ...perPoint.map(({ length }) => length)),
      rows: Math.max(chunk, maps.rows),
      pieces: intervals + 2,
    },
    blocks,
    (phaseAt) => chain.run(phaseAt),
    arena,
  );
  const matrixSlot = arena.float64(most * most);
  const nOut = stages[stages.length - 1].stage.nOut;
  const given = shapes.map(({ rows, padded }) => arena.float64(rows * nOut * padded));
  const widest = Math.max(...network.config.widths) * Math.max(...shapes.map((s) => s.padded));
  const tileBars = [0, 1].map(() => ({
    at: arena.float64(MOST_PARTS * TILE * widest).at,
    perBlock: 8 * TILE * widest,
  }));
  const phaseSlot = arena.float64(64 + 64 * stages.length + 2 * shapes.length);
  const tileSlot = arena.int32(3 * Math.ceil(chunk / TILE));
  let result = new Float64Array(0);

  /** Computes rows of one of the points of residuals. */
  function fill(point: number, group: number, begin: number, end: number): void {
    const last = stages.length - 1;
    const calls = stages.map((own, s) =>
      rowCall(
        chain,
        own,
        group,
        s === last ? jetRows(given[group], nOut, shapes[group]) : tileBars[s % 2],
        s === 0 ? 0 : tileBars[(s + 1) % 2],
        points[point][s].rows(begin),
      )
    ).reverse();
    const tile = (g: number) => g === group ? calls : [];
    const words = phaseWords({ tile }, shapes.length, tileSlot.at, phaseSlot.at);
    phaseSlot.values.set(words);
    blocks.useTiles(cutTiles(group, begin, end), tileSlot);
    chain.run(phaseSlot.at);
    blocks.useRows();
    for (const { slots } of points[point]) for (const slot of slots) slot.move(group, begin);
  }

  function addRows({ rows, parts, extra: more }: ResidualRows, extra: number, size: number): void {
    if (parts.length > MOST_POINTS) {
      throw new RangeError(
        `Cannot assemble matrix: parts must be at most ${MOST_POINTS}, current value is ` +
          `${parts.length}`,
      );
    }
    const slots: JetSlot[] = parts.flatMap((_, k) => points[k].flatMap((own) => own.slots));
    if (extra > 0) slots.push(extraSlot);
    const list = slots.flatMap((a, i) => slots.slice(i).map((b) => [a, b] as const));
    for (let begin = 0; begin < rows; begin += chunk) {
      const end = Math.min(rows, begin + chunk);
      parts.forEach(({ group, bars }, k) => {
        // Residuals of one group may have several points in it: their bars differ.
        copyJets(given[group].values, shapes[group], nOut, bars, false);
        fill(k, group, begin, end);
      });
      for (let r = begin; r < end && extra > 0; r++) {
        const own = more.subarray(r * extra, (r + 1) * extra);
        extraSlot.values.values.set(own, (r - begin) * MOST_EXTRA);
      }
      pairs.add(list, end - begin, matrixSlot.at, size);
    }
  }

  return (residuals, extra) => {
    const known = n + extra, size = known + numPseudo;
    if (extra > MOST_EXTRA) {
      throw new RangeError(
        `Cannot assemble matrix: extra must be at most ${MOST_EXTRA}, current value is ${extra}`,
      );
    }
    const M = matrixSlot.values.subarray(0, size * size).fill(0);
    if (result.length !== known * known) result = new Float64Array(known * known);
    stages.forEach((own, s) => {
      if (own.kind === "spline" && own.tables.free) reaches[s] = own.tables.reach();
    });
    for (const own of points) {
      for (const { slots } of own) for (const slot of slots) slot.place(known);
    }
    extraSlot.set(n, extra);
    for (const own of residuals) addRows(own, extra, size);
    maps.apply(M, size, known);
    if (maps.rows > 0) pairs.add(maps.pairs, maps.rows, matrixSlot.at, size);
    addTransposed(M, size, known, result);
    return result;
  };
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
