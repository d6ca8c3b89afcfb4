/**
 * What `prune` prints.
 *
 * @module
 */

import { numSplineEdges } from "../../../lib/model/inner.ts";
import { countMoving, type Network } from "../../../lib/model/mod.ts";
import { lossesAndScores, type PartResults } from "../../models/scores.ts";
import { scoreText } from "../../models/score_table.ts";
import { duration, shortNumber } from "../../terminal/text_table.ts";
import { VERSION } from "../../terminal/version.ts";
import { PARTS } from "../train/data.ts";
import { trainedPenalties } from "../train/penalties.ts";
import type { PruneRequest } from "./request.ts";
import { commandLine, edgeName, type FewerKnots, nodeName, type PruneResult } from "./run.ts";

/** The object that `--json` prints. */
export function pruneJson(result: PruneResult, request: PruneRequest) {
  const { pruned, knots, names, before, after, rows, seconds } = result;
  const { modelFile, dataFile, modelOut, model: { network } } = request;
  const inputs = pruned.kept[0].map((input) => names[input]);
  return {
    model: modelFile,
    data: dataFile ?? null,
    widths: { before: network.config.widths, after: pruned.network.config.widths },
    parameters: { before: countMoving(network), after: countMoving(pruned.network) },
    edges: { before: numSplineEdges(network.config), after: numSplineEdges(pruned.network.config) },
    masks: pruned.network.config.edges ?? null,
    inputs,
    removedInputs: names.filter((name) => !inputs.includes(name)),
    keptNodes: pruned.kept.slice(1, -1),
    ...(knots && {
      knots: {
        intervals: knots.intervals,
        vectors: knots.vectors,
        change: knots.change,
        ...(knots.refit && { edges: knots.edges, refit: knots.refit }),
      },
    }),
    judged: { rows: pruned.judged, before: pruned.before, after: pruned.after },
    before: named(before),
    after: named(after),
    steps: pruned.removed.map((step) => ({
      removed: [
        ...step.nodes.map((node) => nodeName(node, names)),
        ...step.edges.map((edge) => edgeName(edge, network.config, names)),
      ],
      before: step.before,
      after: step.after,
    })),
    trials: pruned.trials,
    rows,
    seconds,
    ...(modelOut === undefined ? {} : { modelOut }),
    version: VERSION,
    command: commandLine(request),
  };
}

function named(results: PartResults) {
  const { losses: loss, scores } = lossesAndScores(results);
  return { loss, scores };
}

/** What `prune` prints without `--json`. */
export function pruneText(result: PruneResult, request: PruneRequest): string {
  const { pruned, knots, names, before, after, seconds } = result;
  const { model: { network }, modelOut } = request, { widths } = network.config;
  const left = pruned.kept[0].map((input) => names[input]);
  const gone = names.filter((name) => !left.includes(name));
  const nodes = widths.slice(1, -1).map((width, k) => width - pruned.kept[k + 1].length);
  const removed = nodes.reduce((sum, count) => sum + count, 0);
  return [
    `[${widths.join(", ")}] -> [${pruned.network.config.widths.join(", ")}], ` +
    `${countMoving(network)} -> ${countMoving(pruned.network)} parameters`,
    `inputs left: ${listed(left)}`,
    `inputs taken away: ${gone.length === 0 ? "none" : listed(gone)}`,
    `hidden nodes taken away: ${removed === 0 ? "none" : removed}`,
    ...edgeLine(network, pruned.network),
    ...(knots ? [knotsText(knots), ...edgeKnotsText(knots, result, network)] : []),
    ...penaltyLine(request),
    `loss on the ${pruned.judged} rows that judged: ${shortNumber(pruned.before)} -> ` +
    `${shortNumber(pruned.after)} (both refitted on other rows)`,
    "",
    "before:",
    partText(before, result),
    "",
    "after:",
    partText(after, result),
    "",
    `${pruned.trials} removals tried, ${duration(seconds)}`,
    modelOut === undefined
      ? "the network was not kept: --model-out FILE.safetensors keeps it"
      : `network: ${modelOut}`,
  ].join("\n") + "\n";
}

/** How many edges are left, where some went. */
function edgeLine({ config: before }: Network, { config: after }: Network): string[] {
  const [all, left] = [before, after].map(numSplineEdges);
  return all === left ? [] : [`edges of splines: ${all} -> ${left}`];
}

/** The penalties of the training, which refits keep. */
function penaltyLine({ model: { metadata } }: PruneRequest): string[] {
  const { sparsity, smoothness } = trainedPenalties(metadata.options);
  const parts = [
    ...(sparsity ? [`sparsity ${shortNumber(sparsity.lambda)}`] : []),
    ...(smoothness === undefined ? [] : [`smoothness ${shortNumber(smoothness)}`]),
  ];
  return parts.length > 0 ? [`refitted under the ${parts.join(" and ")} of its training`] : [];
}

/** What every edge needs, and what the refit has done. */
function edgeKnotsText(
  { edges, refit }: FewerKnots,
  { names, pruned: { kept } }: PruneResult,
  { config }: Network,
): string[] {
  if (refit === undefined) return [];
  const first = config.firstLayer === "linear" ? 1 : 0;
  const lines = edges.map(({ layer, input, output, needed, error, bound, allowed }) => {
    const [from, to] = [kept[layer + first][input], kept[layer + first + 1][output]];
    return `  ${edgeName({ layer, input: from, output: to }, config, names)}: ${needed} ` +
      `${needed === 1 ? "piece" : "pieces"}, error ${shortNumber(error)} of ` +
      `${shortNumber(allowed)} allowed, nowhere above ${shortNumber(bound)}`;
  });
  return [
    "pieces of every edge:",
    ...lines.slice(0, MOST_LINES),
    ...(lines.length > MOST_LINES ? [`  ... (${lines.length}; --json has all)`] : []),
    `refitted on these grids: loss ${shortNumber(refit.before)} -> ${shortNumber(refit.after)}`,
  ];
}

/** Edges that are printed. */
const MOST_LINES = 20;

function knotsText({ vectors, intervals, change }: FewerKnots): string {
  const needs = vectors.map(({ needed }) => String(needed));
  return `pieces of every spline: ${intervals.before} -> ${intervals.after} (the knot vectors need ` +
    `${listed(needs)}); outputs changed by ${shortNumber(change.rms)} (rms), ` +
    `${shortNumber(change.largest)} (largest)`;
}

function partText(results: PartResults, { rows }: PruneResult): string {
  return scoreText(PARTS.flatMap((part) => {
    const found = results[part];
    return found === undefined ? [] : [{ part, rows: rows[part] ?? 0, ...found }];
  }));
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 20).join(", ");
  return names.length > 20 ? `${shown}, ... (${names.length})` : shown;
}
