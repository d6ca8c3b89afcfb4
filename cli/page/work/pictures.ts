/**
 * From a network to what the page's pictures show.
 *
 * @module
 */

import { type ColumnScale, type Dataset, unscaleValue } from "../../../lib/data/mod.ts";
import { predictedValue } from "../../../lib/data/inner.ts";
import { blockValues, normalisationMap } from "../../../lib/model/inner.ts";
import type { Network } from "../../../lib/model/mod.ts";
import { defined, exp } from "../../../lib/numerics/inner.ts";
import {
  chainNames,
  inputRanges,
  knotLineMap,
  mapAxis,
  networkDrawing,
  networkKnots,
} from "../../../lib/report/inner.ts";
import { inputNames } from "../../commands/train/data.ts";
import type { ReadyRun } from "../../commands/train/ready.ts";
import { modelOutputs } from "../../models/scores.ts";
import type { FunctionPicture, NodeKnots, Snapshot } from "../protocol.ts";

/** Points along each side of a map, and along a curve. */
const MAP = 56, CURVE = 401;
/** Most rows in a picture. */
const MOST_ROWS = 400;
/** Rows by which edges are scored. */
const SCORED = 256;
/** Most nodes whose knots are shown. */
const MOST_NODES = 6;

/** The true function in the units of the table, where it is known. */
export type Truth = ((point: readonly number[]) => number) | undefined;

/** What draws the pictures of one run: grids and rows are laid out once. */
export interface RunPictures {
  /** The pictures of a network. */
  of(network: Network): Omit<Snapshot, "point">;
}

/** Lays out the pictures of a run. */
export function layOutPictures(ready: ReadyRun, truth: Truth): RunPictures {
  const { data: { encoding, parts } } = ready, { train } = parts;
  const inputs = inputNames(encoding, train.nIn);
  const outputs = encoding.kind === "gallery"
    ? [encoding.problem]
    : encoding.task === "regression"
    ? encoding.targets.map(({ name }) => name)
    : train.nOut === 1
    ? [encoding.labels[1]]
    : encoding.labels;
  const picture = functionPicture(ready, truth, inputs);
  const few = firstRows(train, SCORED);
  return {
    of(network) {
      const { config } = network;
      return {
        picture: picture(network),
        knots: nodeKnots(network, inputs, outputs),
        drawing: networkDrawing(network, few, {
          inputNames: inputs,
          outputNames: outputs,
          most: 24,
        }),
        parameters: network.parameters.length,
        intervals: config.intervals,
      };
    },
  };
}

function firstRows({ inputs, nIn, rows }: Dataset, most: number): Float64Array {
  return inputs.slice(0, Math.min(rows, most) * nIn);
}

/** The first nodes of the first layer of splines. */
function nodeKnots(
  network: Network,
  inputs: readonly string[],
  outputs: readonly string[],
): NodeKnots[] {
  const names = chainNames(network.config, inputs, outputs);
  return (networkKnots(network)[0] ?? []).slice(0, MOST_NODES)
    .map((positions, node) => ({ name: names[0]?.[node] ?? "", positions }));
}

type Picture = (network: Network) => FunctionPicture;

function functionPicture(ready: ReadyRun, truth: Truth, names: readonly string[]): Picture {
  const { nIn, rows } = ready.data.parts.train;
  const ranges = inputRanges(ready.data.parts.train);
  const varies = ranges.every(([low, high]) => high > low) && rows > 1;
  if (nIn === 1 && varies) return curvePicture(ready, truth, names[0], ranges[0]);
  if (nIn === 2 && varies) return mapPicture(ready, truth, names, ranges);
  return scatterPicture(ready);
}

/** How outputs become values for people, and what these are called. */
function shownValues({ data }: ReadyRun): {
  readonly name: string;
  readonly value: (outputs: Float64Array, row: number) => number;
  readonly target: (dataset: Dataset, row: number) => number;
} {
  const { encoding, parts: { train: { nOut } } } = data;
  if (encoding.kind === "gallery") {
    const value = (values: Float64Array, row: number) => unscaleValue(encoding.target, values[row]);
    return { name: encoding.problem, value, target: ({ targets }, row) => value(targets, row) };
  }
  if (encoding.task === "classification") {
    const { labels } = encoding, binary = nOut === 1;
    const most = (values: Float64Array, row: number) => {
      const of = values.subarray(row * nOut, (row + 1) * nOut);
      return of.reduce((best, value, k) => value > of[best] ? k : best, 0);
    };
    return {
      name: binary ? `probability of ${labels[1]}` : `class (${labels.join(", ")})`,
      value: (values, row) => binary ? 1 / (1 + exp(-values[row])) : most(values, row),
      target: ({ targets }, row) => binary ? targets[row] : most(targets, row),
    };
  }
  const [scale] = encoding.targets, { link } = encoding;
  return {
    name: scale.name,
    value: (values, row) => predictedValue(scale, link, values[row * nOut]),
    target: ({ targets }, row) => unscaleValue(scale, targets[row * nOut]),
  };
}

/** The inputs' scales of a table; undefined of a problem, whose inputs are not scaled. */
function scalesOf({ data: { encoding } }: ReadyRun): readonly ColumnScale[] | undefined {
  return encoding.kind === "table" ? encoding.inputs : undefined;
}

function curvePicture(
  ready: ReadyRun,
  truth: Truth,
  name: string,
  [low, high]: readonly [number, number],
): Picture {
  const { encoding, parts: { train } } = ready.data, shown = shownValues(ready);
  const scale = scalesOf(ready)?.[0], axis = mapAxis(scale, name);
  const grid = Float64Array.from({ length: CURVE }, (_, k) => low + (high - low) * k / (CURVE - 1));
  const x = [...grid].map(axis.show);
  const known = truth && scale?.map === undefined ? x.map((at) => truth([at])) : undefined;
  const step = Math.max(1, Math.ceil(train.rows / MOST_ROWS));
  const rows: [number, number][] = [];
  for (let row = 0; row < train.rows; row += step) {
    rows.push([axis.show(train.inputs[row]), shown.target(train, row)]);
  }
  return (network) => {
    const outputs = modelOutputs([network], encoding, grid, CURVE);
    return {
      kind: "curve",
      names: [axis.name, shown.name],
      x,
      prediction: x.map((_, row) => shown.value(outputs, row)),
      ...defined({ truth: known }),
      rows,
      knots: curveKnots(network, [low, high]).map(axis.show),
    };
  };
}

/** Where the pieces of the first layer of splines meet, as inputs of a network of one input. */
function curveKnots(network: Network, [low, high]: readonly [number, number]): number[] {
  if (network.config.activation !== "spline") return [];
  const linear = network.config.firstLayer === "linear", [nodes] = networkKnots(network);
  const weights = linear ? blockValues(network, "linear.weights") : [1];
  const bias = linear ? blockValues(network, "linear.bias") : [];
  return nodes.flatMap((knots, node) => {
    const { fromDomain } = normalisationMap(network, 0, node);
    return knots.slice(1, -1).map((t) => (fromDomain(t) - (bias[node] ?? 0)) / weights[node]);
  }).filter((at) => at > low && at < high);
}

function mapPicture(
  ready: ReadyRun,
  truth: Truth,
  names: readonly string[],
  ranges: readonly (readonly [number, number])[],
): Picture {
  const { encoding, parts: { train } } = ready.data, shown = shownValues(ready);
  const scales = scalesOf(ready), axes = names.map((name, p) => mapAxis(scales?.[p], name));
  const inputs = new Float64Array(2 * MAP * MAP);
  for (let r = 0, i = 0; r < MAP; r++) {
    for (let c = 0; c < MAP; c++) {
      [c, r].forEach((k, p) => {
        const [low, high] = ranges[p];
        inputs[i++] = low + (high - low) * k / (MAP - 1);
      });
    }
  }
  const curved = scales?.some(({ map }) => map !== undefined) ?? false;
  const known = truth && !curved
    ? Array.from(
      { length: MAP * MAP },
      (_, row) => truth([0, 1].map((p) => axes[p].show(inputs[2 * row + p]))),
    )
    : undefined;
  const [x, y] = ranges.map(([low, high], p): [number, number] => [
    axes[p].show(low),
    axes[p].show(high),
  ]);
  return (network) => {
    const outputs = modelOutputs([network], encoding, inputs, MAP * MAP);
    return {
      kind: "map",
      names: [axes[0].name, axes[1].name],
      target: shown.name,
      ...{ x, y, size: MAP },
      prediction: Array.from({ length: MAP * MAP }, (_, row) => shown.value(outputs, row)),
      ...defined({ truth: known, lines: knotLineMap(network, train, names, scales) }),
    };
  };
}

function scatterPicture(ready: ReadyRun): Picture {
  const { encoding, parts } = ready.data, shown = shownValues(ready);
  const held = parts.test !== undefined && parts.test.rows > 0,
    all = held ? parts.test! : parts.train;
  const rows = Math.min(all.rows, MOST_ROWS);
  const inputs = firstRows(all, MOST_ROWS);
  const truth = Array.from({ length: rows }, (_, row) => shown.target(all, row));
  const labels = encoding.kind === "table" && encoding.task === "classification"
    ? encoding.labels
    : undefined;
  const { nOut } = all;
  return (network) => {
    const outputs = modelOutputs([network], encoding, inputs, rows);
    return {
      kind: "scatter",
      target: labels ? "the row's class" : shown.name,
      of: held ? "held-out rows" : "training rows",
      ...defined({ labels }),
      truth,
      prediction: truth.map((of, row) =>
        labels ? classProbability(outputs, row, nOut, of) : shown.value(outputs, row)
      ),
    };
  };
}

/** The probability of one class of a row, by its logits. */
function classProbability(outputs: Float64Array, row: number, nOut: number, of: number): number {
  if (nOut === 1) {
    const p = 1 / (1 + exp(-outputs[row]));
    return of === 1 ? p : 1 - p;
  }
  const logits = outputs.subarray(row * nOut, (row + 1) * nOut), most = Math.max(...logits);
  const sum = logits.reduce((total, z) => total + exp(z - most), 0);
  return exp(logits[of] - most) / sum;
}
