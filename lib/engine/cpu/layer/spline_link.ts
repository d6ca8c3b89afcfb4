/**
 * One spline layer in the chain: knots, pieces, points, and their adjoints.
 *
 * Work on parameters and knots runs here, work on points in kernel calls, block by block.
 *
 * @module
 */

import type { Network } from "../../../model/mod.ts";
import type { SplineStage } from "../../../model/inner.ts";
import { createCoefficientTables } from "./coefficient_tables.ts";
import { createEdgeNorms } from "./edge_norms.ts";
import { createLayerKnots } from "./layer_knots.ts";
import { createLinearMap } from "./linear_map.ts";
import type { BlockViews, Link, Position } from "./link.ts";
import { createLocator } from "./locator.ts";
import { createMomentNorms, hasMomentNorms } from "./moment_norms.ts";
import { createNormaliser } from "./normaliser.ts";
import { createPieceTables } from "./piece_tables.ts";
import type { Placement } from "./tables.ts";
import { type Argument, type Call, call, joinPhases, type Phase } from "../wasm/kernel_calls.ts";
import type { Workspace } from "../wasm/row_blocks.ts";
import { createIntegerRows, createRows } from "../wasm/row_array.ts";

/** Outputs from which on a B-spline layer may keep coefficients rather than pieces. */
const MANY_OUTPUTS = 8;
/** Rows per piece from which on pieces pay: each costs products with its basis functions. */
const ROWS_PER_PIECE = 64;
/**
 * The most numbers of one input's pieces in float64, so that the caches serve them as fast as the
 * fewer coefficients; under free knots, where coefficients cost sums for every point, more. Float32
 * has half: its sums move into float64.
 */
const MOST_PIECE_NUMBERS = { uniform: 4096, fixed: 4096, free: 12_288 };

/** Whether a layer keeps coefficients: many outputs, and few rows or large tables. */
function keepsCoefficients(stage: SplineStage, { rows, arena }: Workspace): boolean {
  const { basis, nOut, knots, space: { degree, intervals } } = stage, pieces = intervals + 2;
  if (basis !== "bspline" || nOut < MANY_OUTPUTS) return false;
  const numbers = pieces * (degree + 1) * nOut * 8 / arena.bytesPerReal;
  return rows < ROWS_PER_PIECE * pieces || numbers > MOST_PIECE_NUMBERS[knots];
}

/** Tables of either form, and norms of edges that have a penalty, which asks for pieces. */
function createTables(
  stage: SplineStage,
  measure: Position["measure"],
  work: Workspace,
  originsAt: number,
) {
  const shared = measure === "deviation" && hasMomentNorms(stage)
    ? createMomentNorms(stage, work, originsAt)
    : undefined;
  const edges = measure && !shared ? createEdgeNorms(stage, measure, work) : undefined;
  const tables = !measure && keepsCoefficients(stage, work)
    ? createCoefficientTables(stage, work, originsAt)
    : createPieceTables(stage, work, originsAt, edges, shared);
  return { edges, shared, tables };
}

/** The call that finds the places of a chunk's points. */
function placePoints(
  { nIn, numKnotVectors, extrapolation, space: { intervals, domain: [a, b] } }: SplineStage,
  { normaliser: { from, scale, origin, covers }, locator, originsAt }: {
    readonly normaliser: ReturnType<typeof createNormaliser>;
    readonly locator: ReturnType<typeof createLocator>;
    readonly originsAt: number;
  },
  x: Position["input"],
  places: Pick<Placement, "piece" | "w"> & { readonly u: Argument },
): Call {
  return call.place({
    ...{ nIn, x, xStep: x.step, from, scale, origin, a, b, covers },
    refuses: extrapolation === "error",
    vectors: numKnotVectors,
    buckets: locator.buckets,
    records: locator.records.at,
    knots: locator.knots.at,
    knotStep: 8 * (intervals + 1),
    pieces: intervals + 2,
    origins: originsAt,
    ...places,
    wStep: places.w.step,
  });
}

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
  { input: x, first, fused, keepsOutput, measure }: Position,
  work: Workspace,
  views: BlockViews,
): Link {
  const { nIn, nOut, layer } = stage, { arena } = work, pieces = stage.space.intervals + 2;
  const coefficients = views(`spline${layer}.coefficients`);
  const normaliser = createNormaliser(stage, work, x);
  const locator = createLocator(stage, arena);
  const origins = arena.float64(2 * nIn * pieces);
  const { edges, shared, tables } = createTables(stage, measure, work, origins.at);
  const knots = createLayerKnots(network, stage, locator, origins, nIn);

  // Points on fixed knots under fixed statistics are placed once and for all.
  const still = first && stage.knots !== "free";
  const places = {
    piece: createIntegerRows(work, nIn, still || !fused),
    // w becomes the gradient by the input, which must wait for the statistics' adjoint.
    w: createRows(work, nIn, still || !fused || normaliser.measure.length > 0 && !first),
  };
  const output = createRows(work, nOut, keepsOutput);
  const baseWeights = views(`spline${layer}.baseWeights`);
  const base = createBase(stage, work, still || !fused, baseWeights);
  const points = { ...places, ...(base && { silus: base.silus }) };

  const turns = first ? undefined : shared?.around(points);
  const placing = placePoints(stage, { normaliser, locator, originsAt: origins.at }, x, {
    ...places,
    u: base?.u ?? 0,
  });
  const place: Phase = joinPhases([{ chunk: [placing] }, base?.place ?? {}]);

  return {
    output,
    inputBar: first ? undefined : places.w,
    prepare(parameters) {
      const moved = knots.place(parameters);
      tables.build(coefficients(parameters), knots.list(), moved);
      base?.prepare(parameters);
      edges?.prepare(baseWeights(parameters));
    },
    measure: normaliser.measure,
    once: still ? place : {},
    forward: joinPhases([
      still ? {} : place,
      tables.forward(points, output),
      shared?.forward(points) ?? {},
      base?.forward(output) ?? {},
    ]),
    backward: (yBar) =>
      joinPhases([
        turns?.before ?? {},
        tables.backward(points, yBar, !first),
        turns?.after ?? {},
        base?.backward(yBar, first ? undefined : places.w) ?? {},
      ]),
    pull: first ? [] : normaliser.pull(places.w),
    add: [...tables.add, ...base?.add ?? []],
    collect(parameters, gradient) {
      const c = coefficients(parameters), cBar = coefficients(gradient);
      tables.collect(c, knots.list(), cBar, knots.clearBars());
      knots.collect(parameters, gradient);
      base?.collect(gradient);
      edges?.collect(baseWeights(gradient));
    },
    edges: edges ?? shared,
    statistics: () => [normaliser.statistics()],
  };
}

/** The base branch `y_q += sum_p w_pq silu(u_p)`, if there is one: a linear map of the nodes' silu. */
function createBase(
  { nIn, nOut, base }: SplineStage,
  work: Workspace,
  kept: boolean,
  baseWeights: (flat: Float64Array) => Float64Array,
) {
  if (base !== "silu") return undefined;
  const none = new Float64Array(0);
  const map = createLinearMap(nIn, nOut, false, work);
  const u = createRows(work, nIn, kept);
  const value = createRows(work, nIn, kept), slope = createRows(work, nIn, kept);
  return {
    u,
    silus: { value, slope },
    place: { chunk: [call.silu({ u, value, slope, step: u.step })] } satisfies Phase,
    prepare: (parameters: Float64Array) => map.prepare(baseWeights(parameters), none),
    forward: (y: typeof u) => map.forward(value, y, true),
    backward: (yBar: typeof u, xBar: typeof u | undefined) =>
      joinPhases([map.backward(value, yBar), xBar ? map.addPull(yBar, xBar, slope) : {}]),
    add: map.add,
    collect: (gradient: Float64Array) => map.collect(baseWeights(gradient), none),
  };
}
