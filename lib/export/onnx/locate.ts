/**
 * The piece that each number lies in, as ONNX operators.
 *
 * @module
 */

import type { SplineStep } from "../program/program.ts";
import type { GraphBuilder, Value } from "./graph.ts";

/** Knots up to which all of them are compared; above, those of a bucket. */
const COMPARED = 32;

/** Most knots of a bucket; where more crowd, all knots are compared. */
const MOST_IN_BUCKET = 8;

/** By how much a bucket reaches beyond its edges, relative to the domain: above rounding. */
const OVERLAP = { float32: 1e-5, float64: 1e-12 } as const;

/** The number of knots `<= u`, int64, shape `[rows, nIn]`; 0 for NaN. */
export function locatePieces(step: SplineStep, u: Value, graph: GraphBuilder): Value {
  const { pieces, grids } = step, knots = pieces - 1;
  if (grids[0].uniform) return uniformPieces(step, u, graph);
  if (knots > COMPARED) {
    const buckets = makeBuckets(step, OVERLAP[graph.dtype]);
    if (buckets.most <= MOST_IN_BUCKET) return bucketPieces(step, buckets, u, graph);
  }
  const all = grids.flatMap((grid) => [...grid.knots]);
  const table = graph.numbers(all, [1, grids.length, knots]);
  return countNotAbove(u, table, graph);
}

/** How many knots of the last axis are `<= u`. */
function countNotAbove(u: Value, knots: Value, graph: GraphBuilder): Value {
  const axis = graph.integers([2], [1]), wide = graph.node("Unsqueeze", [u, axis]);
  const above = graph.cast(graph.node("GreaterOrEqual", [wide, knots]), "int64");
  return graph.node("ReduceSum", [above, axis], { keepdims: 0 });
}

/** `floor((u - a) step + 1)`, kept in `0..most`; 0 for NaN, which no integer stands for. */
function floorPlace(
  u: Value,
  a: number,
  perUnit: number,
  most: number,
  graph: GraphBuilder,
): Value {
  const zero = graph.number(0);
  const steps = graph.node("Mul", [graph.node("Sub", [u, graph.number(a)]), graph.number(perUnit)]);
  const place = graph.node("Add", [steps, graph.number(1)]);
  const inside = graph.node("Where", [
    graph.node("GreaterOrEqual", [place, zero]),
    place,
    zero,
  ]);
  const large = graph.node("GreaterOrEqual", [inside, graph.number(most)]);
  const kept = graph.node("Where", [large, graph.number(most), inside]);
  return graph.cast(graph.node("Floor", [kept]), "int64");
}

function uniformPieces({ pieces, grids }: SplineStep, u: Value, graph: GraphBuilder): Value {
  const { knots } = grids[0], intervals = pieces - 2;
  const perUnit = intervals / (knots[intervals] - knots[0]);
  return floorPlace(u, knots[0], perUnit, pieces - 1, graph);
}

/** Equal buckets of the domain: the knots below each, and those inside. */
interface Buckets {
  readonly count: number;
  /** Knots inside a bucket, at most. */
  readonly most: number;
  /** Knots below, shape `[grids, count + 2]`; one bucket lies beyond each end. */
  readonly below: Int32Array;
  /** Knots inside, shape `[grids, count + 2, most]`, the rest infinite. */
  readonly inside: Float64Array;
}

function makeBuckets({ grids }: SplineStep, overlap: number): Buckets {
  const { knots: first } = grids[0], a = first[0], width = first[first.length - 1] - a;
  const count = 2 * (first.length - 1);
  const below = new Int32Array(grids.length * (count + 2)), lists: number[][] = [];
  grids.forEach(({ knots }, v) => {
    for (let b = 0; b < count + 2; b++) {
      const from = b === 0 ? -Infinity : a + width * ((b - 1) / count - overlap);
      const to = b > count ? Infinity : a + width * (b / count + overlap);
      const start = knots.findIndex((knot) => knot > from);
      below[v * (count + 2) + b] = start < 0 ? knots.length : start;
      lists.push([...knots].filter((knot) => knot > from && knot <= to));
    }
  });
  const most = Math.max(...lists.map((list) => list.length));
  const inside = new Float64Array(lists.length * most).fill(Number.MAX_VALUE);
  lists.forEach((list, i) => inside.set(list, i * most));
  return { count, most, below, inside };
}

function bucketPieces(
  { nIn, grids }: SplineStep,
  { count, most, below, inside }: Buckets,
  u: Value,
  graph: GraphBuilder,
): Value {
  const { knots } = grids[0], a = knots[0], perUnit = count / (knots[knots.length - 1] - a);
  const place = floorPlace(u, a, perUnit, count + 1, graph), all = grids.length * (count + 2);
  const offsets = Array.from({ length: nIn }, (_, p) => grids.length === 1 ? 0 : p * (count + 2));
  const bucket = graph.node("Add", [place, graph.integers(offsets, [1, nIn])]);
  const start = graph.node("Gather", [graph.integers(below, [all]), bucket], { axis: 0 });
  const list = graph.node("Gather", [graph.numbers(inside, [all, most]), bucket], { axis: 0 });
  return graph.node("Add", [start, countNotAbove(u, list, graph)]);
}
