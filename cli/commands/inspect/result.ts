/**
 * What is in a model file, for people and as data.
 *
 * @module
 */

import { unscaleColumns } from "../../../lib/data/mod.ts";
import type { TriedCandidate } from "../../../lib/search/mod.ts";
import { activationName, numLayerEdges, splineStages } from "../../../lib/model/inner.ts";
import {
  countMoving,
  formatLayout,
  type Network,
  type NetworkConfig,
} from "../../../lib/model/mod.ts";
import { columnsText } from "../../models/columns_text.ts";
import { diagnose, type LayerDiagnostics } from "../../models/diagnostics.ts";
import {
  type FoldScores,
  type LoadedModel,
  type ModelMetadata,
  plainScores,
  type ScoreTree,
} from "../../models/metadata.ts";
import { runCommand, type RunOptions } from "../train/options.ts";
import { modelText } from "../train/search_result.ts";
import { scoreCells } from "../../models/score_table.ts";
import { lossNumbers, shortNumber, textTable } from "../../terminal/text_table.ts";
import { inputNames, type PartName, PARTS } from "../train/data.ts";

/** Most nodes of a layer whose ranges are printed. */
const MOST_NODES = 8;

/** One network of an ensemble, as if it stood alone. */
export function memberOf({ networks, metadata }: LoadedModel, index: number): LoadedModel {
  const network = networks[index];
  if (metadata === undefined) return { networks: [network], network };
  const { members = [], ...shared } = metadata;
  const { seed, ...own } = members[index] ?? { seed: 0 };
  const command = runCommand({ ...(shared.options as RunOptions), seed });
  return { networks: [network], network, metadata: { ...shared, ...own, command } };
}

/** What all networks of an ensemble have in common, and each one's own. */
export function ensembleText(file: string, { networks, network, metadata }: LoadedModel): string {
  const members = metadata?.members;
  const losses = (part: PartName): readonly string[] =>
    lossNumbers(networks.map((_, i) => members?.[i].losses[part] ?? NaN));
  const parts = PARTS.filter((part) => members?.some(({ losses }) => losses[part] !== undefined));
  const columns = parts.map(losses);
  const rows = networks.map((each, i) => {
    const layers = diagnose(each, members?.[i]);
    const narrowest = layers.toSorted((a, b) => a.smallestInterval - b.smallestInterval).at(0);
    const dead = layers.reduce((sum, { deadFunctions }) => sum + (deadFunctions ?? NaN), 0);
    const functions = layers.reduce((sum, layer) => sum + layer.functions, 0);
    return [
      `${i + 1}`,
      members === undefined ? "?" : `${members[i].seed}`,
      members?.[i].status ?? "?",
      `${each.config.intervals}`,
      narrowest === undefined
        ? "-"
        : `${shortNumber(narrowest.smallestInterval)}, ${intervalWord(narrowest)}`,
      Number.isNaN(dead) ? "?" : `${dead} of ${functions}`,
      ...columns.map((column) => column[i]),
    ];
  });
  const size = networks.reduce((sum, { parameters }) => sum + parameters.length, 0);
  const titles = ["member", "seed", "status", "intervals", "smallest interval", "dead"];
  const head = [...titles, ...parts.map((part) => `${part} loss`)];
  return [
    `${file}: an ensemble of ${networks.length} networks`,
    "",
    factsText(network, `${size} in all`),
    "",
    ...(metadata === undefined
      ? ["not written by freeknot train: columns, scales and scores are not known"]
      : trainingText(metadata, network.config.widths[0])),
    "",
    textTable([head, ...rows], `rrlrrr${"r".repeat(parts.length)}`),
    "",
    "--member N shows one of them",
  ].join("\n") + "\n";
}

export function ensembleJson(file: string, model: LoadedModel): Record<string, unknown> {
  const { networks, metadata } = model;
  return {
    model: file,
    members: networks.map((_, i) => {
      const member = memberOf(model, i);
      const layers = diagnose(member.network, member.metadata);
      const { model: __, training: ___, ...shown } = inspectJson(file, member, layers);
      return { ...shown, ...metadata?.members?.[i] };
    }),
    training: metadata,
  };
}

export function inspectJson(
  file: string,
  { network, metadata }: LoadedModel,
  layers: readonly LayerDiagnostics[],
): Record<string, unknown> {
  const { config, layout, parameters } = network;
  return {
    model: file,
    config,
    parameters: parameters.length,
    ...(network.edgeGrids && { moving: countMoving(network), edgeGrids: network.edgeGrids }),
    layout,
    layers: layers.map(({ statistics, ...layer }) => ({
      ...layer,
      statistics: Object.fromEntries(
        Object.entries(statistics).map(([key, value]) => [
          key,
          value instanceof Float64Array ? [...value] : value,
        ]),
      ),
    })),
    training: metadata,
  };
}

export function inspectText(
  file: string,
  { network, metadata }: LoadedModel,
  layers: readonly LayerDiagnostics[],
): string {
  const { config } = network;
  return [
    `${file}: ${config.activation === "spline" ? "a network of free-knot splines" : "an MLP"}`,
    "",
    factsText(network),
    "",
    ...(metadata === undefined
      ? ["not written by freeknot train: columns, scales and scores are not known"]
      : trainingText(metadata, config.widths[0])),
    "",
    formatLayout(network.layout),
    ...(layers.length === 0 ? [] : ["", layersText(layers, config), "", rangesText(layers)]),
  ].join("\n") + "\n";
}

/** The configuration of a network in a few lines; of an ensemble, of each of its members. */
function factsText(network: Network, size = `${network.parameters.length}`): string {
  const { config } = network;
  if (config.activation !== "spline") {
    return textTable([
      ["widths", `[${config.widths.join(", ")}]`],
      [
        "activation",
        `${activationName(config.activation)} between linear maps, ${
          config.bias ? "bias on all but the last" : "no bias"
        }`,
      ],
      ["parameters", size],
    ], "ll");
  }
  const first = config.firstLayer === "spline"
    ? "spline"
    : `linear, ${config.bias ? "with" : "no"} bias`;
  return textTable([
    ["widths", `[${config.widths.join(", ")}], first layer ${first}`],
    [
      "splines",
      `degree ${config.degree}, ${config.intervals} intervals, basis ${config.basis}` +
      (config.base === "none" ? "" : `, base ${config.base}`),
    ],
    [
      "knots",
      `${config.knots}, one set per ${config.knotSharing}, outer knots ${config.outerKnots}`,
    ],
    [
      "domain",
      `[${config.domain.join(", ")}], normalisation ${config.normalisation}, ` +
      `extrapolation ${config.extrapolation}`,
    ],
    ...(config.edges ? [["edges", edgesText(config)]] : []),
    ...(network.edgeGrids
      ? [["grids", `of every edge its own: training moves ${countMoving(network)} parameters`]]
      : []),
    ["parameters", size],
  ], "ll");
}

/** How many edges a mask leaves. */
function edgesText(config: NetworkConfig): string {
  return splineStages(config).map((stage) => `${numLayerEdges(stage)} of ${stage.nIn * stage.nOut}`)
    .join(", ") + " edges of the spline layers";
}

/** Of a model that a search has found: its parts, and the bounds of its numbers. */
function foundLines({ encoding, tried }: ModelMetadata): [string, string][] {
  if (encoding.kind !== "table" || encoding.answer === undefined) return [];
  const { bounds } = encoding.answer;
  const parts: [string, string][] = tried === undefined
    ? []
    : [["found", modelText(tried as readonly TriedCandidate[])]];
  if (bounds === undefined || encoding.task !== "regression") return parts;
  const { targets } = encoding;
  const [low, high] = [0, 1].map((k) =>
    unscaleColumns(Float64Array.from(bounds, (pair) => pair[k]), targets)
  );
  return [
    ...parts,
    ...targets.map(({ name }, q): [string, string] => [
      "bounds",
      `${name} from ${shortNumber(low[q])} to ${shortNumber(high[q])}`,
    ]),
  ];
}

function trainingText(metadata: ModelMetadata, nIn: number): string[] {
  const { encoding, losses, scores, version, status, command } = metadata;
  const names = inputNames(encoding, nIn);
  const shown = names.length > 6
    ? `${names.slice(0, 5).join(", ")}, ... (${names.length})`
    : names.join(", ");
  const target = encoding.kind === "gallery"
    ? `the problem ${encoding.problem}`
    : encoding.task === "regression"
    ? encoding.targets.map(({ name }) => name).join(", ")
    : `${encoding.target}: ${encoding.labels.slice(0, 6).join(", ")}${
      encoding.labels.length > 6 ? ", ..." : ""
    }`;
  const scored = PARTS.flatMap((part) => {
    const own = scores[part], loss = losses[part];
    return own === undefined || loss === undefined ? [] : [{ part, loss, scores: own }];
  });
  const lossTexts = lossNumbers(scored.map(({ loss }) => loss));
  const measured = scored.flatMap(({ part, scores: own }, i): [string, string][] => {
    const targets = "targets" in own && own.targets !== undefined ? own.targets : undefined;
    if (targets === undefined) {
      return [[part, `loss ${lossTexts[i]}, ${scoreLine(plainScores(own))}`]];
    }
    return [
      [part, `loss ${lossTexts[i]}`],
      ...Object.entries(targets).map(([name, each]): [string, string] => [
        `  ${name}`,
        scoreLine({ ...each }),
      ]),
    ];
  });
  return [
    textTable([
      ["trained by", `freeknot ${version}, ${status}`],
      ["inputs", shown],
      ["target", target],
      ...foundLines(metadata),
      ...measured,
      ...(metadata.foldScores === undefined ? [] : [foldLine(metadata.foldScores)]),
    ], "ll"),
    ...(encoding.kind !== "table" || columnsText(encoding.columns) === ""
      ? []
      : ["", "columns:", columnsText(encoding.columns)]),
    "",
    "to train it again:",
    `  ${command}`,
  ];
}

/** Means over folds and their standard errors; of several targets the loss alone. */
function foldLine({ folds, group, order, mean, standardError }: FoldScores): [string, string] {
  const { loss, trainLoss: _, logLoss: __, ...others } = mean;
  const numbers = "targets" in mean ? {} : others;
  const names = Object.keys(numbers).filter((name) => typeof mean[name] === "number");
  const line = (tree: ScoreTree) =>
    scoreCells([Object.fromEntries(names.map((name) => [name, tree[name] as number | null]))]);
  const { titles, cells: [cells] } = line(mean), [errors] = line(standardError).cells;
  const lossText = [loss, standardError.loss].map((value) => shortNumber(Number(value))).join(
    " ± ",
  );
  const scores = cells.map((cell, c) => `, ${titles[c]} ${cell} ± ${errors[c]}`).join("");
  const how = [group && `groups of ${group}`, order && `in the order of ${order}`].filter(Boolean);
  return [
    `${folds} folds`,
    `loss ${lossText}${scores}${how.map((each) => ` (${each})`).join("")}`,
  ];
}

/** Scores in a row; the log loss is left out, which is the loss. */
function scoreLine({ logLoss: _, ...scores }: Readonly<Record<string, number | null>>): string {
  const { titles, cells: [cells] } = scoreCells([scores]);
  return cells.map((cell, c) => `${titles[c]} ${cell}`).join(", ");
}

function layersText(layers: readonly LayerDiagnostics[], config: NetworkConfig): string {
  const rows = layers.map((layer) => [
    `spline${layer.layer}`,
    `${layer.nIn} x ${layer.nOut}`,
    `${layer.numBasis}`,
    `${shortNumber(layer.smallestInterval)}, ${intervalWord(layer)}`,
    shortNumber(layer.uniformInterval),
    layer.deadFunctions === undefined ? "?" : `${layer.deadFunctions} of ${layer.functions}`,
    layer.batchSize === undefined ? "?" : `${layer.batchSize}`,
    gramText(layer.gramCondition, config),
  ]);
  return textTable([
    [
      "layer",
      "splines",
      "basis size",
      "smallest interval",
      "uniform",
      "dead",
      "least batch",
      "Gram condition",
    ],
    ...rows,
  ], "lrrrrrrr");
}

/** Judges how near two knots have come. */
function intervalWord({ smallestInterval, uniformInterval }: LayerDiagnostics): string {
  const share = smallestInterval / uniformInterval;
  return share >= 0.1 ? "good" : share >= 1e-3 ? "narrow" : "a kink";
}

/** The condition number, judged: free outer knots and powers of ReLU make it large. */
function gramText(condition: number | undefined, { outerKnots, basis }: NetworkConfig): string {
  if (condition === undefined) return "not computed";
  const usual = outerKnots === "free" || basis === "relu";
  const word = condition < 1e4 ? "good" : usual ? "usual" : "poor";
  return `${shortNumber(condition)}, ${word}`;
}

/** The measured statistics, node by node. */
function rangesText(layers: readonly LayerDiagnostics[]): string {
  const rows = layers.flatMap(({ layer, nIn, statistics }) => {
    const [a, b] = statistics.kind === "minmax"
      ? [statistics.minimum, statistics.maximum]
      : statistics.kind === "batchnorm"
      ? [statistics.mean, statistics.variance]
      : [[], []];
    const shown = Array.from({ length: Math.min(a.length, MOST_NODES) }, (_, p) => [
      p === 0 ? `spline${layer}` : "",
      `${p + 1}`,
      shortNumber(a[p]),
      shortNumber(b[p]),
    ]);
    return nIn > shown.length && shown.length > 0 ? [...shown, ["", "...", "", ""]] : shown;
  });
  const kind = layers[0].statistics.kind;
  if (kind === "none") return "no normalisation: inputs of a layer are used as they are";
  const names = kind === "minmax" ? ["minimum", "maximum"] : ["mean", "variance"];
  return textTable([["inputs of", "node", ...names], ...rows], "lrrr");
}
