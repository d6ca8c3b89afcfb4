/**
 * Rows of the Jacobian of residuals, chunk by chunk: the adjoint run for every row by itself.
 *
 * @module
 */

import type { ResidualRows } from "../../jets.ts";
import { recordLength } from "../wasm/records.ts";
import { type JetChain, jetRows, rowCall } from "./jet_chain.ts";
import { cutTiles, jetPhaseWords, MOST_PARTS, TILE_ROWS } from "./jet_phases.ts";
import { copyJets } from "./jet_shape.ts";
import { createStageStrips, type Pseudo } from "./strips.ts";

/** The rows of a chunk, for each of the points that a residual depends on. */
export type RowsOfPoints = ReturnType<typeof createResidualRows>;

/**
 * Lays out rows.
 *
 * @param chunk Most rows at a time.
 * @param mostPoints Most points of a residual.
 */
export function createResidualRows(
  chain: JetChain,
  pseudo: readonly (Pseudo | undefined)[],
  chunk: number,
  mostPoints: number,
) {
  const { network, stages, shapes, arena, blocks } = chain;
  const reaches = stages.map((): readonly number[] => []);
  const stageStrips = Array.from(
    { length: mostPoints },
    () =>
      stages.map((layer, s) =>
        createStageStrips(layer, s, pseudo[s], chunk, arena, () => reaches[s])
      ),
  );
  const points = stageStrips.map((point) => point.flatMap(({ strips }) => strips));
  const last = stages.length - 1, nOut = stages[last].stage.nOut;
  const outputBars = shapes.map(({ rows, padded }) => arena.float64(rows * nOut * padded));
  const widest = Math.max(...network.config.widths) * Math.max(...shapes.map((s) => s.padded));
  const tileBars = [0, 1].map(() => ({
    at: arena.float64(MOST_PARTS * TILE_ROWS * widest).at,
    perBlock: 8 * TILE_ROWS * widest,
  }));
  const phaseSlot = arena.float64(64 + 64 * stages.length + 2 * shapes.length);
  const tileSlot = arena.int32(recordLength("Tile") * Math.ceil(chunk / TILE_ROWS));
  let copied: { readonly group: number; readonly bars: Float64Array } | undefined;

  return {
    /** The strips of all stages, by point. */
    points,
    /** Begins with new parameters and that many unknowns before the pseudo-parameters. */
    begin(known: number) {
      stages.forEach((layer, s) => {
        if (layer.kind === "spline" && layer.tables.free) reaches[s] = layer.tables.reach();
      });
      for (const strip of points.flat()) strip.place(known);
      copied = undefined;
    },
    /** Computes rows `firstRow` to `lastRow` of residuals, the part of one of their points. */
    fill(
      point: number,
      { group, from = 0, bars }: ResidualRows["parts"][number],
      firstRow: number,
      lastRow: number,
    ) {
      const begin = from + firstRow, end = from + lastRow;
      if (copied?.group !== group || copied.bars !== bars) {
        copyJets(outputBars[group].values, shapes[group], nOut, bars, false);
        copied = { group, bars };
      }
      const calls = stages.map((layer, s) =>
        rowCall(
          chain,
          layer,
          group,
          s === last ? jetRows(outputBars[group], nOut, shapes[group]) : tileBars[s % 2],
          s === 0 ? 0 : tileBars[(s + 1) % 2],
          stageStrips[point][s].rows(begin),
        )
      ).reverse();
      const tile = (g: number) => g === group ? calls : [];
      phaseSlot.values.set(jetPhaseWords({ tile }, shapes.length, tileSlot.at, phaseSlot.at));
      blocks.useTiles(cutTiles(group, begin, end), tileSlot);
      chain.run(phaseSlot.at);
      blocks.useRows();
      for (const strip of points[point]) strip.move(group, begin);
    },
  };
}
