/**
 * Columns of a Gauss-Newton matrix that move with parameters: knots, scales and shifts.
 *
 * @module
 */

import { findBlock, type SplineStage } from "../../../model/inner.ts";
import type { Network, ParameterBlock } from "../../../model/mod.ts";
import type { JetStage } from "../jets/jet_chain.ts";

/** Where the columns of a layer lie that are not its parameters. */
export interface MovedColumns {
  /** Scale of node p at `maps + 2 p` behind the unknowns, shift after it; -1: they do not move. */
  readonly maps: number;
  /**
   * Place of every knot among the logits of its vector, -1: it does not move. A knot's column is
   * the logit's until all rows are multiplied.
   */
  readonly knots: Int32Array;
  /** Logits of all vectors; undefined where knots do not move. */
  readonly logits: ParameterBlock | undefined;
}

/** Lays out these columns for all stages. */
export function layOutMoved({ layout }: Network, stages: readonly JetStage[]) {
  let numMaps = 0;
  const moved = stages.map((jetStage, s): MovedColumns | undefined => {
    if (jetStage.kind === "linear") return undefined;
    const { stage, stage: { nIn, normalisation, layer } } = jetStage;
    const moves = normalisation !== "none" && s > 0, maps = moves ? numMaps : -1;
    if (moves) numMaps += 2 * nIn;
    const logits = findBlock(layout, `spline${layer}.knotLogits`);
    return { maps, knots: knotPlaces(stage), logits };
  });
  return { moved, numMaps };
}

/** The softmaxes of a free knot vector (`freeKnots`): logits and the first of their knots. */
export function knotGroups({ space }: SplineStage) {
  const { degree: d, intervals, outerKnots } = space;
  if (outerKnots !== "free") return [{ offset: 0, count: intervals, firstKnot: d }];
  return [
    { offset: 0, count: d, firstKnot: 0 },
    { offset: d, count: intervals, firstKnot: d },
    { offset: d + intervals, count: d, firstKnot: d + intervals },
  ];
}

/** Places of the knots of a vector among its logits: the first of their softmax; -1: fixed. */
function knotPlaces(stage: SplineStage): Int32Array {
  const { degree, intervals } = stage.space;
  const places = new Int32Array(intervals + 1 + 2 * degree).fill(-1);
  if (stage.knots !== "free") return places;
  for (const { offset, count, firstKnot } of knotGroups(stage)) {
    for (let j = 0; j + 1 < count; j++) places[firstKnot + 1 + j] = offset + j;
  }
  return places;
}
