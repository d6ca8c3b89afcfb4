/**
 * From a trained network, its data and its training log to the data of a report.
 *
 * @module
 */

import { checkArray, checkOptions, defined } from "../../numerics/inner.ts";
import { classCurves } from "../../data/inner.ts";
import type { ColumnScale, Dataset, Link } from "../../data/mod.ts";
import { basisSupport, forward, type Network } from "../../model/mod.ts";
import type { TrainEvent } from "../../train/mod.ts";
import { learnedActivations } from "./activations.ts";
import { countConfusion } from "./confusion.ts";
import type { HeldOutClasses, HeldOutRows, ShownPart } from "../judging/data.ts";
import { heldOutScatter } from "../judging/collect.ts";
import { knotLineMap } from "./knot_lines.ts";
import { errorMap, predictor, unscaler } from "./error_map.ts";
import { describeNetwork, layerEdgeCounts, layerShapes, networkRows } from "./network_rows.ts";
import { findEnd, readEvents, thinHistory } from "./training_log.ts";
import { nodeNames } from "./names.ts";
import type { ConfusionTable, ReportData, ScatterSeries } from "./data.ts";

/** What {@linkcode collectReport} needs to know. */
export interface CollectOptions extends
  Pick<
    ReportData,
    "title" | "paper" | "losses" | "scores" | "ownScores" | "judging" | "reproduce" | "version"
  > {
  /** One line below the heading. Default: widths, degree, knots and intervals of the network. */
  readonly subtitle?: string;
  /** The trained network. Default: the one in the `finished` event. */
  readonly network?: Network;
  /** All events of the run, in order. */
  readonly events: readonly TrainEvent[];
  /** Training rows, scaled as the network sees them. */
  readonly train: Dataset;
  /** Test rows, scaled by the same scales. */
  readonly test?: Dataset;
  /** Name of the loss on the axes. Default `"mean squared error"`. */
  readonly lossName?: string;
  /** Names of the inputs. Default: of `inputScales`, else `x1`, `x2`, ... */
  readonly inputNames?: readonly string[];
  /** Names of the targets. Default: of `targetScales`, else `y` or `y1`, `y2`, ... */
  readonly targetNames?: readonly string[];
  /** How inputs were scaled; absent: the data's units are the reader's. */
  readonly inputScales?: readonly ColumnScale[];
  /** How targets were scaled; absent: the data's units are the reader's. */
  readonly targetScales?: readonly ColumnScale[];
  /** What the outputs say about the targets, where these are not simply scaled. */
  readonly link?: Link;
  /** Classification: the labels; predictions are then logits and a confusion table is made. */
  readonly classLabels?: readonly string[];
  /**
   * The true function on scaled inputs, where it is known: inputs of shape `[rows, nIn]` to
   * scaled targets of shape `[rows, nOut]`.
   */
  readonly truth?: (inputs: Float64Array, rows: number) => ArrayLike<number>;
  /** What networks of folds said of rows that they had not seen, in the target's units or logits. */
  readonly heldOut?: HeldOutRows;
  /** Label and value of further options, printed after the network's own. */
  readonly configuration?: readonly (readonly [string, string])[];
  /** Most points per part and target in the scatter charts. Default 1500. */
  readonly maxPoints?: number;
  /** Most activations shown, over all layers. Default 100. */
  readonly maxActivations?: number;
  /** Grid points along each side of the error map. Default 96. */
  readonly mapSize?: number;
}

const MOST_TARGETS = 6;

/**
 * Collects what a report shows: samples the learned activations, predicts, finds the knot
 * lines, thins what is too much for a page.
 *
 * @param options The run; datasets must have the network's shapes.
 * @returns Plain data for {@linkcode renderReport}; the arguments are not changed.
 * @throws {TypeError} If there is neither a network nor a `finished` event.
 *
 * @example An untrained network
 * ```ts
 * import { collectReport, createNetwork, renderReport } from "@freeknot/freeknot";
 * import { assertEquals, assertStringIncludes } from "@std/assert";
 *
 * const network = createNetwork({ widths: [2, 3, 1] }, { seed: 1 });
 * const inputs = new Float64Array([0, 0, 1, 0, 0, 1, 1, 1]);
 * const train = { rows: 4, nIn: 2, nOut: 1, inputs, targets: new Float64Array([0, 1, 1, 0]) };
 * const data = collectReport({
 *   title: "exclusive or", network, events: [], train, losses: { train: 0.5 },
 *   scores: { train: {} }, reproduce: "freeknot train ...", version: "0.1.0",
 * });
 * assertEquals(data.activations.length, 3);
 * assertStringIncludes(renderReport(data), "exclusive or");
 * ```
 */
export function collectReport(options: CollectOptions): ReportData {
  checkOptions(
    "collect report",
    options,
    "title subtitle network events train test lossName losses scores ownScores inputNames targetNames inputScales targetScales link classLabels truth heldOut judging paper configuration reproduce version maxPoints maxActivations mapSize",
  );
  checkArray("collect report", "options.events", options.events, "the events of training");
  const { events, train, test, classLabels, link } = options;
  const comparable = classLabels === undefined && link?.kind !== "hazard";
  const { finished, network } = findEnd(events, options.network);
  const { config } = network;
  const named = (scales: readonly ColumnScale[] = []) => scales.map(({ name }) => name);
  const { widths } = config, { inputScales, targetScales } = options;
  const inputNames = nodeNames(widths[0], "x", options.inputNames ?? named(inputScales));
  const targetNames = nodeNames(widths.at(-1)!, "y", options.targetNames ?? named(targetScales));
  const { history, refinements } = readEvents(events);
  const parts = test === undefined
    ? [["train", train]] as const
    : [["train", train], ["test", test]] as const;
  return {
    title: options.title,
    subtitle: options.subtitle ?? describeNetwork(network, events),
    status: finished?.status ?? "not trained",
    lossName: options.lossName ?? "mean squared error",
    configuration: [...networkRows(network, events), ...(options.configuration ?? [])],
    layout: network.layout.map(({ name, offset, shape }) => ({ name, offset, shape })),
    levels: finished?.levels ?? [],
    losses: options.losses,
    scores: options.scores,
    history: thinHistory(history, refinements),
    refinements,
    activations: learnedActivations(network, train, {
      ...{ inputNames, targetNames, inputScales },
      most: options.maxActivations ?? 100,
    }),
    layerShapes: layerShapes(config),
    ...defined({ layerEdges: layerEdgeCounts(config) }),
    support: basisSupport(network, train.inputs, train.rows),
    scatter: !comparable ? [] : [
      ...parts.flatMap(([part, rows]) => scatter(network, part, rows, targetNames, options)),
      ...heldOutScatter(options.heldOut, options.maxPoints),
    ],
    ...defined({
      reason: finished?.reason,
      paper: options.paper,
      ownScores: options.ownScores,
      judging: options.judging,
      ...(classLabels && classPictures(network, parts, classLabels, options.heldOut)),
      errorMap: !comparable ? undefined : errorMap(network, train, {
        size: options.mapSize ?? 96,
        names: [inputNames[0], inputNames[1]],
        targetName: targetNames[0],
        truth: options.truth,
        inputScales,
        targetScale: targetScales?.[0],
        link,
      }),
      knotLines: knotLineMap(network, train, inputNames, inputScales),
    }),
    reproduce: options.reproduce,
    version: options.version,
  };
}

/** Counts and curves of classes for every part. */
function classPictures(
  network: Network,
  parts: readonly (readonly ["train" | "test", Dataset])[],
  labels: readonly string[],
  heldOut: HeldOutRows | undefined,
): Pick<ReportData, "confusion" | "classCurves"> {
  const known: [ShownPart, Omit<HeldOutClasses, "kind">][] = parts.map(([part, dataset]) => {
    const { rows, nOut, inputs, targets } = dataset;
    return [part, { logits: forward(network, inputs, rows), targets, nOut }];
  });
  if (heldOut?.kind === "classes") known.push(["held-out", heldOut]);
  return {
    confusion: known.map(([part, { logits, targets, nOut }]): ConfusionTable => ({
      ...{ part, labels, counts: countConfusion(logits, targets, nOut, labels.length) },
    })),
    classCurves: known.map(([part, { logits, targets, nOut }]) => ({
      ...{ part, curves: classCurves(labels, logits, targets, nOut) },
    })),
  };
}

/** Targets and predictions of evenly chosen rows, in the target's units. */
function scatter(
  network: Network,
  part: "train" | "test",
  dataset: Dataset,
  names: readonly string[],
  options: CollectOptions,
): ScatterSeries[] {
  const { rows, nIn, nOut } = dataset;
  const count = Math.min(rows, options.maxPoints ?? 1500);
  const chosen = Array.from({ length: count }, (_, i) => Math.floor(i * rows / count));
  const inputs = new Float64Array(count * nIn);
  chosen.forEach((row, i) => {
    inputs.set(dataset.inputs.subarray(row * nIn, (row + 1) * nIn), i * nIn);
  });
  const outputs = count === 0 ? new Float64Array(0) : forward(network, inputs, count);
  return names.slice(0, MOST_TARGETS).map((name, q) => {
    const scale = options.targetScales?.[q], unscale = unscaler(scale);
    const said = predictor(scale, options.link);
    return {
      part,
      name,
      target: chosen.map((row) => unscale(dataset.targets[row * nOut + q])),
      prediction: chosen.map((_, i) => said(outputs[i * nOut + q])),
    };
  });
}
