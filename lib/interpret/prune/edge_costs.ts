/**
 * What the loss would be without single edges.
 *
 * @module
 */

import { type Dataset, subset } from "../../data/mod.ts";
import { evaluateLoss, type Loss } from "../../engine/mod.ts";
import {
  hasEdge,
  type LinearStage,
  type SplineStage,
  type Stage,
  stagesOf,
  stageValues,
} from "../../model/inner.ts";
import type { Network } from "../../model/mod.ts";
import { edgeFlow } from "../scores/edge_flow.ts";
import type { PrunedEdge } from "./options.ts";

/** Most rows, and about the most edges times rows that are evaluated for all costs. */
const MOST_ROWS = 1000, MOST_WORK = 5e7;
const LEAST_ROWS = 100;

/** An edge, and the loss with its mean in its place. */
export interface EdgeCost {
  readonly edge: PrunedEdge;
  readonly cost: number;
}

/**
 * Computes the loss of a network of splines without every single edge, its mean in its place; rows are
 * spread evenly over the dataset. Only what comes behind the edge is computed anew.
 */
export function edgeCosts(network: Network, dataset: Dataset, loss: Loss): EdgeCost[] {
  const stages = stagesOf(network.config) as (LinearStage | SplineStage)[];
  const batch = evenRows(dataset, rowsFor(stages, dataset.rows)), { rows, inputs } = batch;
  const values = stageValues(network, inputs, rows);
  const costs: EdgeCost[] = [];
  stages.forEach((stage, k) => {
    if (stage.kind !== "spline") return;
    const follow = createFollow(network, stages, k, values);
    for (let input = 0; input < stage.nIn; input++) {
      const flow = edgeFlow(network, stage, values[k], input);
      for (let output = 0; output < stage.nOut; output++) {
        if (!hasEdge(stage, input, output)) continue;
        const outputs = follow(output, withoutFlow(values[k + 1], flow, stage.nOut, output));
        const value = evaluateLoss(loss, outputs, batch);
        const edge = { layer: stage.layer, input, output };
        costs.push({ edge, cost: Number.isFinite(value) ? value : Infinity });
      }
    }
  });
  return costs;
}

/** Rows for which all costs take about the most work. */
function rowsFor(stages: readonly Stage[], rows: number): number {
  let work = 0;
  stages.forEach(({ kind, nIn, nOut }, k) => {
    if (kind !== "spline") return;
    const behind = stages.slice(k + 1).reduce(
      (sum, { nIn, nOut }, i) => sum + (i === 0 ? nOut : nIn * nOut),
      1,
    );
    work += nIn * nOut * behind;
  });
  const affordable = Math.max(LEAST_ROWS, Math.floor(MOST_WORK / work));
  return Math.min(rows, MOST_ROWS, affordable);
}

/** Some rows of a dataset, evenly spread. */
export function evenRows(dataset: Dataset, count: number): Dataset {
  if (count >= dataset.rows) return dataset;
  return subset(
    dataset,
    Array.from({ length: count }, (_, i) => Math.floor(i * dataset.rows / count)),
  );
}

/** The results of a layer with the mean of an edge's flow in its place. */
function withoutFlow(
  y: Float64Array,
  flow: Float64Array,
  nOut: number,
  output: number,
): Float64Array {
  const changed = y.slice(), rows = y.length / nOut;
  let mean = 0;
  for (let i = output; i < flow.length; i += nOut) mean += flow[i] / rows;
  for (let i = output; i < flow.length; i += nOut) changed[i] += mean - flow[i];
  return changed;
}

/** Creates the way from results of stage k, of which one column has changed, to the outputs. */
function createFollow(
  network: Network,
  stages: readonly (LinearStage | SplineStage)[],
  k: number,
  values: readonly Float64Array[],
) {
  const next = stages[k + 1];
  const before = new Map<number, Float64Array>(); // what a node sent
  return (node: number, x: Float64Array): Float64Array => {
    if (next === undefined) return x;
    let sent = before.get(node);
    if (!sent) before.set(node, sent = edgeFlow(network, next, values[k + 1], node));
    const sends = edgeFlow(network, next, x, node);
    let y: Float64Array = values[k + 2].map((value, i) => value + (sends[i] - sent[i]));
    for (const stage of stages.slice(k + 2)) y = sumOfFlows(network, stage, y);
    return y;
  };
}

/** The results of a layer of splines. */
function sumOfFlows(
  network: Network,
  stage: LinearStage | SplineStage,
  x: Float64Array,
): Float64Array {
  const y = new Float64Array(x.length / stage.nIn * stage.nOut);
  for (let p = 0; p < stage.nIn; p++) {
    const flow = edgeFlow(network, stage, x, p);
    for (let i = 0; i < y.length; i++) y[i] += flow[i];
  }
  return y;
}
