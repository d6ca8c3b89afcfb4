/**
 * Which logits the moving knots of a vector stand for.
 *
 * @module
 */

import type { SplineStage } from "../../../model/inner.ts";

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
export function knotPlaces(stage: SplineStage): Int32Array {
  const { degree, intervals } = stage.space;
  const places = new Int32Array(intervals + 1 + 2 * degree).fill(-1);
  if (stage.knots !== "free") return places;
  for (const { offset, count, firstKnot } of knotGroups(stage)) {
    for (let j = 0; j + 1 < count; j++) places[firstKnot + 1 + j] = offset + j;
  }
  return places;
}
