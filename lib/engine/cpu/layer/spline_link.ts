/**
 * One spline layer in the chain: knots, pieces, points, and their adjoints.
 *
 * All work is in kernel calls, block by block.
 *
 * @module
 */

import type { Network } from "../../../model/mod.ts";
import { parameterBlock, type SplineStage } from "../../../model/inner.ts";
import { createCoefficientTables } from "./coefficient_tables.ts";
import { edgeSources, type ParameterSlots } from "./edge_polynomials.ts";
import { createLayerKnots } from "./layer_knots.ts";
import { createLinearMap } from "./linear_map.ts";
import type { BlockViews, Link, Position } from "./link.ts";
import { createLocator } from "./locator.ts";
import { createNormaliser } from "./normaliser.ts";
import { createPieceTables } from "./piece_tables.ts";
import { call, joinPhases, type Phase } from "../wasm/kernel_calls.ts";
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
  slots: ParameterSlots,
): Link {
  const { nIn, nOut, numKnotVectors, space: { intervals, domain: [a, b] }, layer } = stage;
  const { arena } = work, pieces = intervals + 2;
  const normaliser = createNormaliser(stage, work, x);
  const locator = createLocator(stage, arena);
  const origins = arena.float64(2 * nIn * pieces);
  const createTables = keepsCoefficients(stage, work) ? createCoefficientTables : createPieceTables;
  const knots = createLayerKnots(network, stage, arena, locator, origins, nIn);
  const { offset } = parameterBlock(network, `spline${layer}.coefficients`);
  const tables = createTables(stage, work, edgeSources(knots, slots, offset));

  // Points on fixed knots under fixed statistics are placed once and for all.
  const still = first && stage.knots !== "free";
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
    ...{ nIn, x, xStep: x.step, from, scale, origin, a, b, covers },
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

  return {
    output,
    inputBar: first ? undefined : places.w,
    prepare(parameters) {
      base?.prepare(parameters);
      return knots.place(parameters);
    },
    fresh: tables.fresh,
    build: tables.build,
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
    add: [...tables.pull, ...base?.add ?? []],
    collect: (gradient) => base?.collect(gradient),
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
