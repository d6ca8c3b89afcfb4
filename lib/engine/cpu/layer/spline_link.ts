/**
 * One spline layer in the chain: knots, pieces, points, and their adjoints.
 *
 * All work is in kernel calls, block by block.
 *
 * @module
 */

import type { Network } from "../../../model/mod.ts";
import { parameterBlock, type SplineStage } from "../../../model/inner.ts";
import { createBaseBranch } from "./base_branch.ts";
import { createCoefficientTables } from "./coefficient_tables.ts";
import { type EdgeSources, edgeSources, type ParameterSlots } from "./edge_polynomials.ts";
import { createEdgeNorms, type EdgeNorms, type LayerNorms } from "./edge_norms.ts";
import { createLayerKnots } from "./layer_knots.ts";
import type { BlockViews, Link, Position } from "./link.ts";
import { createMomentNorms, hasMomentNorms } from "./moment_norms.ts";
import { createAllEdges, createMaskedTables, hasFewEdges } from "./masked_tables.ts";
import { createNormaliser } from "./normaliser.ts";
import { createPieceTables } from "./piece_tables.ts";
import type { SplineTables } from "./tables.ts";
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
function keepsCoefficients(stage: SplineStage, { blocks, arena }: Workspace): boolean {
  const { basis, nOut, knots, space: { degree, intervals } } = stage, pieces = intervals + 2;
  if (basis !== "bspline" || nOut < MANY_OUTPUTS) return false;
  const numbers = pieces * (degree + 1) * nOut * 8 / arena.bytesPerReal;
  return blocks.mostRows < ROWS_PER_PIECE * pieces || numbers > MOST_PIECE_NUMBERS[knots];
}

/**
 * Lays out the tables of a layer, in the form that pays. A penalty on edges asks for pieces, and norms
 * from moments that outputs share, or edge by edge.
 */
function createTables(
  stage: SplineStage,
  work: Workspace,
  sources: EdgeSources,
  measure: Position["measure"],
): { readonly tables: SplineTables; readonly norms?: LayerNorms; readonly edges?: EdgeNorms } {
  if (measure === "deviation" && hasMomentNorms(stage)) {
    const pieces = createPieceTables(stage, work, sources);
    const norms = createMomentNorms(stage, work, sources.knots.places, pieces);
    return { tables: norms.tables, norms };
  }
  if (measure) {
    const edges = createEdgeNorms(stage, measure, work);
    return { tables: createPieceTables(stage, work, sources, edges), norms: edges, edges };
  }
  if (hasFewEdges(stage)) return { tables: createMaskedTables(stage, work, sources) };
  const create = keepsCoefficients(stage, work) ? createCoefficientTables : createPieceTables;
  return { tables: create(stage, work, sources) };
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
  slots: ParameterSlots,
): Link {
  const { nIn, nOut, numKnotVectors, space: { intervals, domain: [a, b] }, layer } = stage;
  const { arena } = work, pieces = intervals + 2;
  const normaliser = createNormaliser(stage, work, x);
  const knots = createLayerKnots(network, stage, arena, nIn);
  const block = `spline${layer}.coefficients`, coefficients = views(block);
  const all = stage.edges && (measure || !hasFewEdges(stage))
    ? createAllEdges(stage, stage.edges, arena)
    : undefined;
  const sources = {
    ...edgeSources(knots, slots, parameterBlock(network, block).offset),
    ...all?.places,
  };
  const { tables, norms, edges } = createTables(stage, work, sources, measure);

  // Points on fixed knots under fixed statistics are placed once and for all.
  const still = first && stage.knots !== "free";
  const places = {
    piece: createIntegerRows(work, nIn, still || !fused),
    // w becomes the gradient by the input, which must wait for the statistics' adjoint.
    w: createRows(work, nIn, still || !fused || normaliser.measure.length > 0 && !first),
  };
  const output = createRows(work, nOut, keepsOutput);
  const base = createBaseBranch(stage, work, still || !fused, views, edges);
  const points = { ...places, ...(base && { silus: base.silus }) };
  const { from, scale, origin, covers } = normaliser;
  const { buckets, records, inner, places: origins } = knots.at;
  const placing = call.place({
    ...{ nIn, x, xStep: x.step, from, scale, origin, a, b, covers },
    ...{ buckets, records, knots: inner, knotStep: 8 * (intervals + 1) },
    ...{ vectors: numKnotVectors, pieces, origins },
    refuses: stage.extrapolation === "error",
    ...{ ...places, wStep: places.w.step, u: base?.u ?? 0 },
  });
  const place: Phase = joinPhases([{ chunk: [placing] }, base?.place ?? {}]);
  return {
    output,
    inputBar: first ? undefined : places.w,
    prepare(parameters) {
      all?.spread(coefficients(parameters));
      base?.prepare(parameters);
      return knots.place(parameters);
    },
    fresh: tables.fresh,
    build: tables.build,
    measure: normaliser.measure,
    once: still ? place : {},
    forward: joinPhases([
      still ? {} : place,
      tables.forward(points, output),
      base?.forward(output) ?? {},
    ]),
    backward: (yBar) =>
      joinPhases([
        tables.backward(points, yBar, !first),
        base?.backward(yBar, first ? undefined : places.w) ?? {},
      ]),
    pull: first ? [] : normaliser.pull(places.w),
    add: [...tables.pull, ...base?.add ?? []],
    collect(gradient) {
      all?.gather(coefficients(gradient));
      base?.collect(gradient);
    },
    edges: norms,
    statistics: () => [normaliser.statistics()],
    extremeRows: normaliser.extremeRows,
  };
}
