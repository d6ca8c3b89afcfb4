/**
 * The work of `prune`.
 *
 * @module
 */

import { createCpuEngine } from "../../../lib/engine/mod.ts";
import {
  prune,
  type Pruned,
  type PrunedEdge,
  type RemovedKnots,
  removeKnots,
} from "../../../lib/interpret/mod.ts";
import { judgedLoss, refit, withInputs } from "../../../lib/interpret/inner.ts";
import type { NetworkConfig } from "../../../lib/model/mod.ts";
import { inputColumns } from "../../../lib/data/inner.ts";
import { defined } from "../../../lib/numerics/inner.ts";
import { supportNumbers } from "../../models/diagnostics.ts";
import { encodeModelFile, type ModelMetadata } from "../../models/metadata.ts";
import { lossesAndScores, type PartResults, partResults } from "../../models/scores.ts";
import { writeFile } from "../../terminal/files.ts";
import { shellCommand } from "../../terminal/shell_word.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { shortNumber } from "../../terminal/text_table.ts";
import { VERSION } from "../../terminal/version.ts";
import { type DataEncoding, type DataParts, inputNames, PARTS } from "../train/data.ts";
import { trainedPenalties } from "../train/penalties.ts";
import { keptEncoding, pruneData } from "./data.ts";
import type { PruneRequest } from "./request.ts";

/** What came of pruning. */
export interface PruneResult {
  readonly pruned: Pruned;
  /** Where knots were taken away. */
  readonly knots?: FewerKnots;
  /** Names of the inputs at the start. */
  readonly names: readonly string[];
  /** Losses and scores at the start and at the end. */
  readonly before: PartResults;
  readonly after: PartResults;
  readonly rows: { readonly [part in keyof DataParts]: number };
  readonly seconds: number;
}

/** What came of taking knots away. */
export interface FewerKnots extends RemovedKnots {
  /** Losses that judge before and after the refit on the grids of edges; absent without such. */
  readonly refit?: { readonly before: number; readonly after: number };
}

/** Prunes, and writes the smaller network. */
export async function runPrune(request: PruneRequest, terminal: Terminal): Promise<PruneResult> {
  const { model: { network, metadata }, limits, epochs, threads, seed, quiet } = request;
  const { encoding, loss } = metadata, data = await pruneData(request);
  const { parts } = data, start = performance.now();
  const names = inputNames(encoding, network.config.widths[0]);
  const nodes = await prune(network, parts.train, {
    ...{ loss, seed, ...limits, epochs, judge: parts.validation },
    ...trainedPenalties(metadata.options), // so that what is silent stays so
    inputs: encoding.kind === "table",
    engine: createCpuEngine(defined({ threads })),
    onTrial: ({ nodes, edges, before, after, accepted }) => {
      if (quiet) return;
      const [node] = nodes, [edge] = edges;
      const what = edges.length === 1
        ? edgeName(edge, network.config, names)
        : edges.length > 1
        ? `${edges.length} edges at once`
        : nodes.length === 1
        ? nodeName(node, names)
        : `${nodes.length} at once`;
      terminal.err(
        `${accepted ? "without" : "keeps"} ${what}: loss ${shortNumber(before)} -> ` +
          `${shortNumber(after)}\n`,
      );
    },
  });
  const knots = await fewerKnots(request, nodes, parts);
  const pruned = knots === undefined ? nodes : { ...nodes, network: knots.network };
  const seconds = (performance.now() - start) / 1000;
  const warn = (text: string): void => quiet ? undefined : terminal.err(`${text}\n`);
  const before = partResults([network], loss, { parts, encoding }, warn);
  const smaller = smallerData(parts, encoding, pruned, data);
  const after = partResults([pruned.network], loss, smaller, warn);
  const result: PruneResult = {
    ...{ pruned, names, before, after, seconds },
    ...defined({ knots }),
    rows: {
      train: parts.train.rows,
      ...defined({ validation: parts.validation?.rows, test: parts.test?.rows }),
    },
  };
  if (request.modelOut !== undefined) {
    await writeModel(request, result, smaller, data.same ? after : undefined);
  }
  return result;
}

/** Takes knots away; on grids of edges the network is trained on, and kept if it does not do worse. */
async function fewerKnots(
  { knots, epochs, threads, model: { metadata: { loss, options } } }: PruneRequest,
  { network, kept: [inputs] }: Pruned,
  { train, validation }: DataParts,
): Promise<FewerKnots | undefined> {
  if (knots === undefined) return undefined;
  const rows = withInputs(train, inputs), { ofEdges, tolerance, maximum } = knots;
  const grids = ofEdges ? "edge" : "node";
  const removed = removeKnots(network, rows.inputs, {
    ...{ tolerance, edges: ofEdges, grids },
    ...defined({ maximum }),
  });
  if (!ofEdges) return removed;
  const judge = validation === undefined ? rows : withInputs(validation, inputs);
  const engine = createCpuEngine(defined({ threads }));
  const refitted = await refit(removed.network, rows, {
    ...{ loss, engine, ...defined({ epochs }), ...trainedPenalties(options) },
  });
  const before = judgedLoss(removed.network, judge, loss);
  const after = judgedLoss(refitted, judge, loss);
  const better = after <= before ? refitted : removed.network;
  return { ...removed, network: better, refit: { before, after: Math.min(before, after) } };
}

function smallerData(
  parts: DataParts,
  encoding: DataEncoding,
  { kept: [inputs] }: Pruned,
  data: Awaited<ReturnType<typeof pruneData>>,
): { readonly parts: DataParts; readonly encoding: DataEncoding } {
  const fewer: { -readonly [part in keyof DataParts]: DataParts[part] } = {
    train: withInputs(parts.train, inputs),
  };
  for (const part of PARTS) {
    const rows = parts[part];
    if (rows !== undefined) fewer[part] = withInputs(rows, inputs);
  }
  return {
    parts: fewer,
    encoding: encoding.kind === "table" ? keptEncoding(encoding, inputs, data) : encoding,
  };
}

/** Writes the network with what is known of it; of another table it has only its training loss. */
async function writeModel(
  request: PruneRequest,
  { pruned, after }: PruneResult,
  { parts, encoding }: { readonly parts: DataParts; readonly encoding: DataEncoding },
  results: PartResults | undefined,
): Promise<void> {
  const { model: { metadata }, modelOut } = request, { network } = pruned;
  const { loss, options, status } = metadata;
  const pages: ModelMetadata = {
    ...{ version: VERSION, encoding, loss, status, command: commandLine(request) },
    options: {
      ...options,
      widths: network.config.widths,
      ...(encoding.kind === "table" ? { inputs: inputColumns(encoding) } : {}),
      prunedFrom: request.model.network.config.widths,
    },
    ...lossesAndScores(results ?? after),
    ...supportNumbers(network, parts.train.inputs, parts.train.rows),
  };
  await writeFile(modelOut!, encodeModelFile([network], pages));
}

/** What an input or a hidden node is called. */
export function nodeName(
  { level, node }: { readonly level: number; readonly node: number },
  names: readonly string[],
): string {
  return level === 0 ? names[node] : `node ${node + 1} of hidden layer ${level}`;
}

/** What an edge of a spline layer is called. */
export function edgeName(
  { layer, input, output }: PrunedEdge,
  { widths, firstLayer }: NetworkConfig,
  names: readonly string[],
): string {
  const level = layer + (firstLayer === "linear" ? 1 : 0);
  const [from, to] = [[level, input], [level + 1, output]].map(([level, node]) =>
    level === widths.length - 1 ? `output ${node + 1}` : nodeName({ level, node }, names)
  );
  return `the edge from ${from} to ${to}`;
}

/** The command line that repeats it. */
export function commandLine(
  { modelFile, dataFile, modelOut, limits, knots, epochs, seed }: PruneRequest,
): string {
  const { tolerance, threshold, keepInputs, keepNodes, keepEdges } = limits;
  return shellCommand("prune", {
    ...{ model: modelFile, data: dataFile, tolerance, threshold },
    "keep-inputs": keepInputs,
    "keep-nodes": keepNodes,
    "keep-edges": keepEdges,
    "knots-tolerance": knots?.tolerance,
    "knots-maximum": knots?.maximum,
    ...(knots?.ofEdges && { "edge-knots": true }),
    ...{ epochs, seed, "model-out": modelOut },
  });
}
