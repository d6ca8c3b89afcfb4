/**
 * One spline layer in the chain: knots, pieces, points, and their adjoints.
 *
 * Work on parameters and knots runs here, work on points in kernel calls, block by block.
 *
 * @module
 */

import { freeKnots, freeKnotsVjp } from "../../../knots/mod.ts";
import { layerKnots, type Network } from "../../../model/mod.ts";
import type { SplineStage } from "../../../model/inner.ts";
import { createLinearMap } from "./linear_map.ts";
import type { BlockViews, Link, Position } from "./link.ts";
import { createLocator, updateLocator } from "./locator.ts";
import { createNormaliser } from "./normaliser.ts";
import { placePieces } from "./pieces.ts";
import { call, joinPhases, type Phase } from "../wasm/kernel_calls.ts";
import type { Workspace } from "../wasm/row_blocks.ts";
import { createIntegerRows, createRows } from "../wasm/row_array.ts";
import { createSplineTables } from "./spline_tables.ts";
import type { NodeKnots } from "./tables.ts";

/**
 * Lays out a spline layer.
 *
 * @param network Gives uniform and fixed knots.
 * @param stage The layer.
 * @param position Its place in the chain.
 */
export function createSplineLink(
  network: Network,
  stage: SplineStage,
  { input: x, first, fused, keepsOutput }: Position,
  work: Workspace,
  views: BlockViews,
): Link {
  const { nIn, nOut, numKnotVectors, space, layer } = stage, { arena } = work;
  const { intervals, domain: [a, b] } = space;
  const free = stage.knots === "free", pieces = intervals + 2;
  const coefficients = views(`spline${layer}.coefficients`);
  const knotLogits = views(`spline${layer}.knotLogits`);

  const normaliser = createNormaliser(stage, work, x);
  const locator = createLocator(stage, arena);
  const origins = arena.float64(2 * nIn * pieces);
  const tables = createSplineTables(stage, work, origins.at);
  const extended = Array.from(
    { length: numKnotVectors },
    (_, vector) => Float64Array.from(layerKnots(network, layer, vector).values),
  );
  const knotsBar = free ? extended.map((each) => new Float64Array(each.length)) : undefined;
  let nodes: NodeKnots[] = [];

  // Points on fixed knots under fixed statistics are placed once and for all.
  const still = first && !free;
  const passes = normaliser.measure.length > 0;
  const places = {
    piece: createIntegerRows(work, nIn, still || !fused),
    // w becomes the gradient by the input, which must wait for the statistics' adjoint.
    w: createRows(work, nIn, still || !fused || passes && !first),
  };
  const output = createRows(work, nOut, keepsOutput);
  const base = stage.base === "silu"
    ? createBase(stage, work, still || !fused, views(`spline${layer}.baseWeights`))
    : undefined;

  const { from, scale, origin, covers } = normaliser;
  const placing = call.place({
    nIn,
    x,
    xStep: x.step,
    from,
    scale,
    origin,
    a,
    b,
    covers,
    refuses: stage.extrapolation === "error",
    vectors: numKnotVectors,
    buckets: locator.buckets,
    records: locator.records.at,
    knots: locator.knots.at,
    knotStep: 8 * (intervals + 1),
    pieces,
    origins: origins.at,
    ...places,
    u: base?.u ?? 0,
    wStep: places.w.step,
  });
  const place: Phase = joinPhases([{ chunk: [placing] }, base?.place ?? {}]);

  function placeKnots(parameters: Float64Array): boolean {
    if (nodes.length > 0 && !free) return false;
    const logits = knotLogits(parameters), size = logits.length / numKnotVectors;
    extended.forEach((t, vector) => {
      if (free) freeKnots(logits.subarray(vector * size, (vector + 1) * size), space, t);
      updateLocator(locator, stage, vector, t);
    });
    nodes = Array.from({ length: nIn }, (_, p): NodeKnots => {
      const vector = numKnotVectors === 1 ? 0 : p, t = extended[vector];
      return { vector, t, places: placePieces(stage, t, origins.values, 2 * p * pieces) };
    });
    return true;
  }

  function collectKnots(parameters: Float64Array, gradient: Float64Array): void {
    if (!knotsBar) return;
    const logits = knotLogits(parameters), bar = knotLogits(gradient);
    const size = logits.length / numKnotVectors;
    knotsBar.forEach((tBar, vector) => {
      const begin = vector * size, end = begin + size;
      freeKnotsVjp(logits.subarray(begin, end), space, tBar, bar.subarray(begin, end));
    });
  }

  return {
    output,
    inputBar: first ? undefined : places.w,
    prepare(parameters) {
      const moved = placeKnots(parameters);
      tables.build(coefficients(parameters), nodes, moved);
      base?.prepare(parameters);
    },
    measure: normaliser.measure,
    once: still ? place : {},
    forward: joinPhases([
      still ? {} : place,
      tables.forward(places, output),
      base?.forward(output) ?? {},
    ]),
    backward: (yBar) =>
      joinPhases([
        tables.backward(places, yBar, !first),
        base?.backward(yBar, first ? undefined : places.w) ?? {},
      ]),
    pull: first ? [] : normaliser.pull(places.w),
    add: [...tables.add, ...base?.add ?? []],
    collect(parameters, gradient) {
      knotsBar?.forEach((bar) => bar.fill(0));
      tables.collect(coefficients(parameters), nodes, coefficients(gradient), knotsBar);
      collectKnots(parameters, gradient);
      base?.collect(gradient);
    },
    statistics: () => [normaliser.statistics()],
  };
}

/** The base branch `y_q += sum_p w_pq silu(u_p)`: a linear map of the nodes' silu. */
function createBase(
  { nIn, nOut }: SplineStage,
  work: Workspace,
  kept: boolean,
  baseWeights: (flat: Float64Array) => Float64Array,
) {
  const none = new Float64Array(0);
  const map = createLinearMap(nIn, nOut, false, work);
  const u = createRows(work, nIn, kept);
  const value = createRows(work, nIn, kept), slope = createRows(work, nIn, kept);
  return {
    u,
    place: { chunk: [call.silu({ u, value, slope, step: u.step })] } satisfies Phase,
    prepare: (parameters: Float64Array) => map.prepare(baseWeights(parameters), none),
    forward: (y: typeof u) => map.forward(value, y, true),
    backward: (yBar: typeof u, xBar: typeof u | undefined) =>
      joinPhases([map.backward(value, yBar), xBar ? map.addPull(yBar, xBar, slope) : {}]),
    add: map.add,
    collect: (gradient: Float64Array) => map.collect(baseWeights(gradient), none),
  };
}
