/**
 * Programs of all kinds of networks, and awkward rows, for tests of exports.
 *
 * @module
 */

import type { ColumnScale, TableEncoding, TargetLink } from "../../lib/data/mod.ts";
import type { AnswerRule } from "../../lib/data/encoding.ts";
import { scaleColumns } from "../../lib/data/mod.ts";
import { decodeClasses, predictedValues } from "../../lib/data/inner.ts";
import { type ReluNetwork, reluOutputs, splinesToRelu } from "../../lib/convert/mod.ts";
import { type NetworkProgram, networkProgram, reluProgram } from "../../lib/export/mod.ts";
import { layerInputs, nodeMap, rawPosition } from "../../lib/model/inner.ts";
import {
  createRandom,
  ensembleOutputs,
  layerKnots,
  type Network,
  type NetworkOptions,
  withStatistics,
} from "../../lib/model/mod.ts";
import { domainOf } from "../../lib/knots/mod.ts";
import { type LogitKind, randomNetwork } from "./networks.ts";

/** A model, its program, and what it must say. */
export interface ProgramCase {
  readonly name: string;
  readonly networks: readonly Network[];
  readonly encoding?: TableEncoding;
  readonly program: NetworkProgram;
  /** The ReLU network that the program is of; `networks` then say where its knots are. */
  readonly relu?: ReluNetwork;
}

const SPLIT = { seed: 1, testFraction: 0, validationFraction: 0, rows: 9, checksum: "0" };

const COLUMNS: readonly ColumnScale[] = [
  { name: "a", minimum: -2, maximum: 3 },
  { name: "a log", minimum: 0.5, maximum: 400, map: { kind: "log" } },
  {
    name: 'quantiles "q"',
    minimum: 0,
    maximum: 100,
    map: { kind: "quantile", values: [0, 1, 2, 10, 100], positions: [0, 0.3, 0.5, 0.8, 1] },
  },
  { name: "date", minimum: 0, maximum: 4, offset: "1000.5" },
  { name: "constant", minimum: 7, maximum: 7 },
];

const REGRESSION: TableEncoding = {
  kind: "table",
  task: "regression",
  inputs: COLUMNS,
  targets: [
    { name: "y", minimum: -10, maximum: 30 },
    { name: "wide", minimum: 0.1, maximum: 1000, map: { kind: "log" } },
  ],
  split: SPLIT,
};

/** How a model that a search has found answers: bounds that some rows leave, or a mean of logits. */
const BOUNDED: AnswerRule = { average: "values", bounds: [[-0.4, 0.3], [-0.2, 1.1]] };
const LOGITS: AnswerRule = { average: "values" };

/** Two columns and a target with a link. */
function linked(link: TargetLink | undefined, ...targets: readonly ColumnScale[]): TableEncoding {
  const inputs = COLUMNS.slice(0, 2), more = link === undefined ? {} : { link };
  return { kind: "table", task: "regression", inputs, targets, ...more, split: SPLIT };
}

const LOGARITHM: ColumnScale = {
  ...{ name: "smeared", minimum: 0.1, maximum: 50, map: { kind: "log" }, smearing: 1.2 },
};

function classes(labels: readonly string[]): TableEncoding {
  const inputs = COLUMNS.slice(0, 2);
  return { kind: "table", task: "classification", inputs, target: "kind", labels, split: SPLIT };
}

const OPTIONS: Readonly<Record<string, NetworkOptions & { readonly logits?: LogitKind }>> = {
  "free knots": { widths: [2, 5, 1] },
  "crowded knots": { widths: [2, 4, 3], logits: "crowded" },
  "coinciding knots": { widths: [2, 4, 3], logits: "extreme" },
  "uniform knots, spline first": { widths: [2, 4, 2], firstLayer: "spline", knots: "uniform" },
  "fixed knots, silu": { widths: [2, 3, 2], knots: "fixed", base: "silu", intervals: 7 },
  "ReLU powers": { widths: [2, 3, 2], basis: "relu", degree: 2, intervals: 6 },
  "lines": { widths: [2, 6, 1], degree: 1, intervals: 9 },
  "quintics, batch normalisation": { widths: [2, 3, 3, 1], degree: 5, normalisation: "batchnorm" },
  "wide, in the basis": { widths: [2, 20, 16, 2], intervals: 4 },
  "many free knots": { widths: [2, 4, 1], intervals: 60 },
  "many uniform knots, shared": { widths: [2, 4, 3], intervals: 50, knots: "uniform" },
  "shared free knots": { widths: [2, 4, 6], knotSharing: "layer" },
  "clamped": { widths: [2, 4, 2], extrapolation: "clamp" },
  "refusing": { widths: [2, 4, 2], extrapolation: "error" },
  "few edges": {
    ...{ widths: [2, 6, 5, 2], firstLayer: "spline", degree: 1, intervals: 3 },
    edges: [["101101", "010010"], ["10000", "01001", "00001", "00110", "10010", "01000"], [
      ...["10", "01", "11", "01", "10"],
    ]],
  },
  "few edges in the basis, silu": {
    ...{ widths: [2, 20, 16, 2], intervals: 9, base: "silu" },
    edges: [
      Array.from({ length: 20 }, (_, p) => "1110".repeat(5).slice(p % 4, 16 + p % 4)),
      null,
    ],
  },
  "few edges of ReLU powers": {
    ...{ widths: [2, 3, 2], basis: "relu", degree: 2, intervals: 6 },
    edges: [["10", "11", "01"]],
  },
  "MLP of ReLU": { widths: [2, 8, 8, 2], activation: "relu" },
  "MLP of tanh": { widths: [2, 8, 1], activation: "tanh" },
};

/** A network whose statistics are those of some rows in `[-1, 1]`. */
export function measuredNetwork(
  options: NetworkOptions & { readonly logits?: LogitKind },
  seed: number,
): Network {
  const { logits, ...config } = options, random = createRandom(seed, "measured");
  const inputs = Float64Array.from(
    { length: 50 * config.widths[0] },
    () => 2 * random.uniform() - 1,
  );
  return withStatistics(randomNetwork(config, seed, logits), inputs);
}

/** Programs of all kinds. */
export function programCases(): ProgramCase[] {
  const plain = Object.entries(OPTIONS).map(([name, options], seed): ProgramCase => {
    const networks = [measuredNetwork(options, seed + 1)];
    return { name, networks, program: networkProgram(networks) };
  });
  const encoded = (
    name: string,
    encoding: TableEncoding,
    widths: readonly number[],
    members: number,
  ): ProgramCase => {
    const networks = Array.from(
      { length: members },
      (_, seed) => measuredNetwork({ widths }, 90 + seed),
    );
    return { name, networks, encoding, program: networkProgram(networks, encoding) };
  };
  const rewritten = (name: string, options: NetworkOptions, seed: number): ProgramCase => {
    const network = measuredNetwork(options, seed), relu = splinesToRelu(network);
    return { name, networks: [network], program: reluProgram(relu), relu };
  };
  return [
    ...plain,
    rewritten("sparse ReLU", { widths: [2, 6, 5, 2], degree: 1, intervals: 7 }, 70),
    rewritten("sparse ReLU, spline first", {
      ...{ widths: [2, 4, 1], degree: 1, firstLayer: "spline", extrapolation: "clamp" },
    }, 71),
    rewritten("powers of ReLU", { widths: [2, 3, 2], degree: 2, intervals: 3 }, 72),
    encoded("columns of all scales", REGRESSION, [5, 4, 2], 1),
    encoded("two classes", classes(["no", "it's"]), [2, 4, 1], 1),
    encoded("three classes", classes(["low", 'mid "m"', "hö"]), [2, 4, 3], 1),
    encoded(
      "rates",
      linked({ kind: "log", power: 1, exposure: "e" }, { name: "count", minimum: 0, maximum: 0.3 }),
      ...[[2, 4, 1], 1] as const,
    ),
    encoded(
      "shares",
      linked({ kind: "logit" }, { name: "share", minimum: 0, maximum: 1 }),
      ...[[2, 4, 1], 1] as const,
    ),
    encoded("smeared logarithms", linked(undefined, LOGARITHM), [2, 4, 1], 1),
    encoded("ensemble", REGRESSION, [5, 4, 2], 3),
    encoded("ensemble of two classes", classes(["0", "1"]), [2, 4, 1], 3),
    encoded("ensemble of three classes", classes(["a", "b", "c"]), [2, 4, 3], 2),
    encoded("found, numbers", { ...REGRESSION, answer: BOUNDED }, [5, 4, 2], 3),
    encoded("found, one network", { ...REGRESSION, answer: BOUNDED }, [5, 4, 2], 1),
    encoded("found, two classes", { ...classes(["0", "1"]), answer: LOGITS }, [2, 4, 1], 3),
    encoded("found, three classes", { ...classes(["a", "b", "c"]), answer: LOGITS }, [2, 4, 3], 2),
  ];
}

/**
 * Rows for a case: random ones in its range, some beyond it, NaN, and rows whose first hidden node
 * lies on a knot or next to one; numbers of float32 on request.
 */
export function programRows(
  { networks, encoding }: ProgramCase,
  count: number,
  seed: number,
  single = false,
): number[][] {
  const random = createRandom(seed, "rows"), nIn = networks[0].config.widths[0];
  const refuses = networks[0].config.extrapolation === "error";
  const rows = Array.from({ length: count }, (_, r) =>
    Array.from({ length: nIn }, (_, p) => {
      const reach = !refuses && r % 10 === 9 ? 4 : 1, z = reach * (2 * random.uniform() - 1);
      if (encoding === undefined) return refuses ? 0.5 * z : z;
      const { minimum, maximum, offset = "0" } = encoding.inputs[p];
      return minimum + (z + 1) / 2 * (maximum - minimum) + Number(offset);
    }));
  if (encoding === undefined && networks[0].config.activation === "spline" && !refuses) {
    rows.push(...onKnots(networks[0]));
  }
  for (let p = 0; p < nIn; p++) {
    if (encoding?.inputs[p].name === "constant") continue;
    rows.push(rows[0].map((value, i) => i === p ? NaN : value));
  }
  return single ? rows.map((row) => row.map(Math.fround)) : rows;
}

/** Rows where the first spline layer's first input is a knot, by bisection along a line. */
function onKnots(network: Network): number[][] {
  const nIn = network.config.widths[0], knots = layerKnots(network, 0, 0);
  const map = nodeMap(network.statistics[0], domainOf(knots), 0), rows: number[][] = [];
  for (const knot of knots.values.slice(knots.degree, -knots.degree)) {
    let low = -3, high = 3;
    const at = (x: number) => layerInputs(network, new Float64Array(nIn).fill(x))[0][0];
    const sign = at(3) > at(-3) ? 1 : -1;
    for (let i = 0; i < 60; i++) {
      const middle = (low + high) / 2;
      if (sign * (at(middle) - rawPosition(map, knot)) < 0) low = middle;
      else high = middle;
    }
    rows.push(new Array(nIn).fill(low), new Array(nIn).fill(high));
  }
  return rows;
}

/** What the model says of rows, as `freeknot predict` does. */
export function expectedOutputs(
  { networks, encoding, program: { result }, relu }: ProgramCase,
  rows: readonly number[][],
): Float64Array[] {
  const raw = Float64Array.from(rows.flat());
  const width = result.kind === "classes" ? result.labels.length : result.names.length;
  const split = (values: Float64Array) =>
    rows.map((_, r) => values.subarray(r * width, (r + 1) * width));
  if (relu !== undefined) return split(reluOutputs(relu, raw, rows.length));
  if (encoding === undefined) return split(ensembleOutputs(networks, raw, rows.length));
  const offsets = encoding.inputs.map(({ offset = "0" }) => Number(offset));
  const inputs = scaleColumns(raw.map((x, i) => x - offsets[i % offsets.length]), encoding.inputs);
  const { answer } = encoding;
  const average = encoding.task === "classification" && !answer ? "probabilities" : "values";
  const outputs = ensembleOutputs(networks, inputs, rows.length, average).map((y, i) => {
    const [low, high] = answer?.bounds?.[i % width] ?? [-Infinity, Infinity];
    return Math.min(high, Math.max(low, y));
  });
  return split(
    encoding.task === "classification"
      ? decodeClasses(outputs, encoding.labels).probabilities
      : predictedValues(encoding.targets, encoding.link, outputs),
  );
}

/**
 * The largest difference between outputs and what they must be, relative to the largest of each
 * column, rows of NaN apart; infinite where one is NaN and the other is not.
 */
export function largestDifference(
  outputs: readonly ArrayLike<number>[],
  expected: readonly ArrayLike<number>[],
): number {
  let worst = outputs.length === expected.length ? 0 : Infinity;
  for (let q = 0; q < expected[0].length; q++) {
    const size = expected.reduce((most, row) => Math.max(most, Math.abs(row[q]) || 0), 0) || 1;
    expected.forEach((row, r) => {
      const x = outputs[r][q], y = row[q];
      if (Number.isNaN(x) || Number.isNaN(y)) {
        if (Number.isNaN(x) !== Number.isNaN(y)) worst = Infinity;
      } else worst = Math.max(worst, Math.abs(x - y) / size);
    });
  }
  return worst;
}
