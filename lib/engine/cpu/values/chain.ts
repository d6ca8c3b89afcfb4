/**
 * The chain of stages laid out in memory, cut where statistics need all rows.
 *
 * @module
 */

import type { Dataset } from "../../../data/mod.ts";
import { numLayerEdges, type Stage, stagesOf } from "../../../model/inner.ts";
import type { Network } from "../../../model/mod.ts";
import type { EdgeMeasure } from "../../penalty.ts";
import { createLinearLink, createReluLink } from "../layer/linear_link.ts";
import { createParameterSlots } from "../layer/edge_polynomials.ts";
import { blockViews, type Link } from "../layer/link.ts";
import type { Arena } from "../wasm/memory.ts";
import type { Workspace } from "../wasm/row_blocks.ts";
import { createInputs, createRows } from "../wasm/row_array.ts";
import { createSplineLink } from "../layer/spline_link.ts";

/** All stages over one batch. */
export type Chain = ReturnType<typeof createChain>;

/**
 * Lays out a network.
 *
 * @param fused Whether the loss is part of the last segment's phase, so that forward and backward
 * pass of the last segment meet on every chunk.
 * @param measures How the edges of every spline layer are measured, if they have a penalty: then no
 * backward pass begins before all forward passes are done.
 */
export function createChain(
  network: Network,
  { nIn, nOut }: Dataset,
  work: Workspace,
  fused: boolean,
  measures: readonly EdgeMeasure[] | undefined,
) {
  const stages = stagesOf(network.config);
  const inputs = createInputs(work, nIn);
  const slots = createParameterSlots(work.arena, network.parameters.length);
  const lastSegment = stages.findLastIndex(startsSegment);
  const segments: Link[][] = [];
  let input = inputs;
  stages.forEach((stage, k) => {
    if (startsSegment(stage, k)) segments.push([]);
    const inner = fused && !measures && k >= lastSegment;
    const position = {
      input,
      first: k === 0,
      fused: inner,
      keepsOutput: !inner || k === stages.length - 1,
      measure: stage.kind === "spline" ? measures?.[stage.layer] : undefined,
    };
    if (stage.kind === "tanh") {
      throw new RangeError(
        "Cannot compile network: activation must be spline or relu on the CPU engine (the " +
          "reference engine and differential equations have tanh), current value is tanh",
      );
    }
    const link = stage.kind === "relu"
      ? createReluLink(stage, position, work)
      : stage.kind === "linear"
      ? createLinearLink(stage, position, work, blockViews(network))
      : createSplineLink(network, stage, position, work, blockViews(network), slots);
    segments[segments.length - 1].push(link);
    input = link.output;
  });
  return {
    inputs,
    /** Parameters of splines and their gradient, as the kernels see them. */
    slots,
    /** The links in groups: within one a chunk of rows goes through all stages at once. */
    segments,
    links: segments.flat(),
    output: input,
    outputBar: createRows(work, nOut, !fused || measures !== undefined),
  };
}

/** Whether a stage needs statistics of its whole input. */
function startsSegment(stage: Stage, k: number): boolean {
  return k === 0 || stage.kind === "spline" && stage.normalisation !== "none";
}

/** Edges of a network. */
export function numEdges(network: Network): number {
  return stagesOf(network.config).reduce(
    (sum, stage) =>
      sum +
      (stage.kind === "spline"
        ? numLayerEdges(stage)
        : stage.kind === "linear"
        ? stage.nIn * stage.nOut
        : stage.nIn),
    0,
  );
}

/** What decides how rows are cut. */
export function workloadOf(network: Network, { bytesPerReal }: Arena) {
  return {
    edges: numEdges(network),
    numbers: tableNumbers(network),
    chunkRows: chunkRowsOf(network, bytesPerReal),
  };
}

/** Numbers of all tables that a block fills, about. */
export function tableNumbers(network: Network): number {
  return stagesOf(network.config).reduce(
    (sum, stage) =>
      stage.kind === "spline"
        ? sum + numLayerEdges(stage) * stage.space.intervals * (stage.space.degree + 1)
        : sum,
    1,
  );
}

/** The fewest and the most rows of a chunk. */
const CHUNK_ROWS = [256, 4096] as const;
/** Bytes of a layer's coefficients and their gradient for each row of a chunk. */
const BYTES_PER_ROW = 2048;

/**
 * Rows that go through all calls together: few where they stay in the cache for the next call, more
 * where tables are large, since every chunk reads these anew.
 */
function chunkRowsOf(network: Network, bytesPerReal: number): number {
  const [least, most] = CHUNK_ROWS;
  const numbers = stagesOf(network.config).map((stage) =>
    stage.kind === "spline" ? 2 * numLayerEdges(stage) * stage.numBasis : 0
  );
  const rows = Math.ceil(Math.max(...numbers) * bytesPerReal / BYTES_PER_ROW);
  return Math.min(most, Math.max(least, rows));
}
