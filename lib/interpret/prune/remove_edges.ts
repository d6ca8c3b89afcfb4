/**
 * The second half of pruning: edges of spline layers go, one by one or many at once.
 *
 * @module
 */

import type { Dataset } from "../../data/mod.ts";
import { hasEdge, numSplineEdges, splineStages } from "../../model/inner.ts";
import type { Network } from "../../model/mod.ts";
import { edgeScores } from "../scores/mod.ts";
import { type EdgeCost, edgeCosts, evenRows } from "./edge_costs.ts";
import { type EdgesLeft, edgesLeft, takeEdges } from "./edges_left.ts";
import type { PrunedEdge } from "./options.ts";
import { isWithinError } from "./refit.ts";
import {
  goneNodes,
  judgedRowLosses,
  type PruneSearch,
  type PruneState,
  refitted,
  removeAsLong,
  withInputs,
} from "./search.ts";

/** Rows that edges are scored by. */
const SCORE_ROWS = 1000;
/** Of the edges that are still to go, the share that goes at once. */
const SHARE = 1 / 3;
/** Single removals that are refused one after the other before the end: their order is nearly exact. */
const PATIENCE = 3;
/** Epochs of a refit: little moves without an edge that does little. */
const EPOCHS = 4;
/** Scores that an error lists. */
const MOST_LISTED = 20;

/** Removes edges as long as it costs little, or until as many are left as are wanted. */
export async function removeEdges(search: PruneSearch, start: PruneState): Promise<PruneState> {
  const { fitted, judge, options, goal, loss, allowed } = search;
  if (!goal.edges || start.network.config.activation !== "spline") return start;
  const refused = nodeEdges(search, start);
  const short = { ...options, epochs: options.epochs ?? EPOCHS };
  const state = await removeAsLong(search, start, {
    ...{ patience: PATIENCE, refused },
    async attempt(state, most) {
      const { network, kept } = state, rows = withInputs(judge, kept[0]);
      const candidates = edgeCosts(network, rows, loss)
        .filter(weakerThan(options.threshold, network, rows))
        .filter(({ edge }) => !refused.has(keyOf(atStart(state, edge))))
        .sort((a, b) => a.cost - b.cost);
      const batch = chooseEdges(candidates, state, search, { most, allowed: allowed(state.loss) });
      if (!batch) return undefined;
      const smaller = takeEdges(network, batch.left, withInputs(fitted, kept[0]).inputs);
      const stay = kept.map((nodes, level) => batch.left.nodes[level].map((i) => nodes[i]));
      const [fittedRows, judgeRows] = [fitted, judge].map((each) => withInputs(each, stay[0]));
      const trial = await refitted(smaller, fittedRows, judgeRows, short, allowed(search.best));
      const edges = batch.edges.map((edge) => atStart(state, edge)), keys = edges.map(keyOf);
      return {
        keys,
        nodes: goneNodes(kept, stay),
        edges,
        left: { ...state, ...trial, kept: stay },
      };
    },
    accepts: (left) =>
      left.loss <= allowed(search.best) ||
      isWithinError(judgedRowLosses(search, left), search.lowest),
  });
  checkCount(search, state);
  return state;
}

/**
 * The edges that would take a node along. Where nodes were tried before, as far as the loss allowed,
 * they need not be tried again.
 */
function nodeEdges({ options, goal }: PruneSearch, state: PruneState): Set<string> {
  const { config } = state.network;
  if (options.keepEdges !== undefined || options.threshold !== undefined) return new Set();
  const size = (nodes: EdgesLeft["nodes"]) => nodes.reduce((sum, each) => sum + each.length, 0);
  const edges = splineStages(config).flatMap((stage) =>
    Array.from({ length: stage.nIn * stage.nOut }, (_, i): PrunedEdge => ({
      ...{ layer: stage.layer, input: Math.floor(i / stage.nOut), output: i % stage.nOut },
    })).filter(({ input, output }) => hasEdge(stage, input, output))
  );
  const alone = edges.filter((edge) => {
    const left = edgesLeft(config, [edge], goal.inputs);
    return left !== undefined && size(left.nodes) < size(state.kept);
  });
  return new Set(alone.map((edge) => keyOf(atStart(state, edge))));
}

/** An edge by its nodes as they were at the start. */
function atStart(
  { network: { config }, kept }: PruneState,
  { layer, input, output }: PrunedEdge,
): PrunedEdge {
  const level = layer + (config.firstLayer === "linear" ? 1 : 0);
  return { layer, input: kept[level][input], output: kept[level + 1][output] };
}

function keyOf({ layer, input, output }: PrunedEdge): string {
  return `${layer} ${input} ${output}`;
}

/** Whether an edge's attribution is below a threshold; without one all are. */
function weakerThan(
  threshold: number | undefined,
  network: Network,
  rows: Dataset,
): (each: EdgeCost) => boolean {
  if (threshold === undefined) return () => true;
  const scores = splineScores(network, rows);
  return ({ edge }) => scores(edge) < threshold;
}

/** The attribution of the edges of spline layers. */
function splineScores(network: Network, rows: Dataset) {
  const first = network.config.firstLayer === "linear" ? 1 : 0;
  const { layers } = edgeScores(network, evenRows(rows, SCORE_ROWS).inputs);
  return ({ layer, input, output }: PrunedEdge): number => {
    const { nOut, edges } = layers[layer + first];
    return edges[input * nOut + output].attribution;
  };
}

/** Half of the edges that cost nothing by themselves, or a third of those that are to go. */
function chooseEdges(
  candidates: readonly EdgeCost[],
  { network: { config } }: PruneState,
  { goal, options }: PruneSearch,
  { most, allowed }: { readonly most: number; readonly allowed: number },
): { readonly left: EdgesLeft; readonly edges: readonly PrunedEdge[] } | undefined {
  const least = options.keepEdges ?? 1, tooMany = numSplineEdges(config) - least;
  const harmless = candidates.filter(({ cost }) => cost <= allowed).length;
  const wanted = goal.tolerance === Infinity && options.keepEdges !== undefined
    ? Math.ceil(tooMany * SHARE)
    : Math.min(tooMany, Math.ceil(harmless / 2));
  const size = Math.min(most, Math.max(1, wanted)), edges: PrunedEdge[] = [];
  let left: EdgesLeft | undefined;
  if (tooMany < 1) return undefined;
  for (const { edge } of candidates) {
    if (edges.length >= size) break;
    const trial = edgesLeft(config, [...edges, edge], goal.inputs);
    if (!trial || trial.count < least) continue;
    edges.push(edge);
    left = trial;
  }
  return left && { left, edges };
}

/** Throws where more edges are left than were wanted because every output keeps a path. */
function checkCount(
  { options, goal, judge, loss }: PruneSearch,
  { network, kept }: PruneState,
): void {
  const { keepEdges: wanted } = options, count = numSplineEdges(network.config);
  if (wanted === undefined || count <= wanted || goal.tolerance < Infinity) return;
  const rows = withInputs(judge, kept[0]), scores = splineScores(network, rows);
  const listed = edgeCosts(network, rows, loss)
    .map(({ edge }) => ({ ...edge, score: scores(edge) })).sort((a, b) => b.score - a.score)
    .slice(0, MOST_LISTED)
    .map(({ layer, input, output, score }) =>
      `${layer}.${input}.${output}: ${Number(score.toPrecision(3))}`
    );
  throw new RangeError(
    `Cannot prune: keepEdges must be at least ${count} (fewer would leave an output without a path ` +
      `from the inputs), current value is ${wanted}; scores of the edges that are left ` +
      `(layer.input.output): ${listed.join(", ")}`,
  );
}
