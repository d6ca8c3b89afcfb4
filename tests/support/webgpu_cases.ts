/**
 * Comparisons of an engine in float32 with the float64 reference, for Deno and for browsers.
 *
 * @module
 */

import { type Engine, type Loss, referenceEngine } from "../../lib/engine/mod.ts";
import type { Network, NetworkOptions } from "../../lib/model/mod.ts";
import type { Dataset } from "../../lib/data/mod.ts";
import { amplification } from "./gradient_check.ts";
import { product, randomDataset, randomNetwork } from "./networks.ts";

/** Unit roundoff of float32. */
const U = 2 ** -24;

/** Normwise agreement with the float64 reference. */
export const TOLERANCE = 2e-5;

/** One problem. */
export interface WebgpuCase {
  readonly options: NetworkOptions;
  readonly loss: Loss;
  readonly dataset: Dataset;
  readonly seed: number;
}

/** Normwise differences from the reference, and how large they may be. */
export interface Agreement {
  readonly title: string;
  readonly value: number;
  readonly gradient: number;
  readonly outputs: number;
  readonly tolerance: number;
  /** Whether `value` and `valueAndGradient` give the same number. */
  readonly same: boolean;
}

function rounded(values: Float64Array): Float64Array {
  return Float64Array.from(values, Math.fround);
}

/** Euclidean norm. */
export function norm(x: Float64Array): number {
  return Math.sqrt(x.reduce((sum, each) => sum + each * each, 0));
}

/** The same problem in numbers that float32 has. */
export function roundedProblem(network: Network, dataset: Dataset): [Network, Dataset] {
  return [
    {
      ...network,
      parameters: rounded(network.parameters),
      ...network.breakpoints ? { breakpoints: network.breakpoints.map(rounded) } : {},
    },
    {
      ...dataset,
      inputs: rounded(dataset.inputs),
      targets: rounded(dataset.targets),
      ...dataset.weights ? { weights: rounded(dataset.weights) } : {},
    },
  ];
}

/** Compares value, gradient and outputs with the reference. */
export async function agreement(
  engine: Engine,
  { options, loss, dataset: given, seed }: WebgpuCase,
): Promise<Agreement> {
  const [network, dataset] = roundedProblem(randomNetwork(options, seed), given);
  const { parameters } = network;
  const own = await engine.compile({ network, loss, dataset });
  const plain = await referenceEngine.compile({ network, loss, dataset });
  const g = new Float64Array(parameters.length).fill(NaN), h = g.slice();
  const ours = await own.evaluate(parameters, g), f = ours.objective;
  const plains = await plain.evaluate(parameters, h), e = plains.objective;
  const expected = plains.outputs(), outputs = ours.outputs();
  const result = {
    title: `${JSON.stringify(options)} ${JSON.stringify(loss)} ${dataset.rows} rows`,
    value: Math.max(Math.abs(f - e) / e, Math.abs(ours.loss - plains.loss) / plains.loss),
    gradient: norm(g.map((x, i) => x - h[i])) / norm(h),
    outputs: norm(outputs.map((y, i) => y - expected[i])) / norm(expected),
    // ReLU powers: docs/mathematics.md allows 16 u of the terms that are summed.
    tolerance: Math.max(TOLERANCE, 16 * U * amplification(network)),
    same: (await own.evaluate(parameters)).objective === f,
  };
  own.dispose();
  plain.dispose();
  return result;
}

const LOSSES: readonly Loss[] = [
  { kind: "mse" },
  { kind: "huber", delta: 0.4 },
  { kind: "crossEntropy" },
  { kind: "mse", weightDecay: 0.01 },
  { kind: "huber", weightDecay: 1e-3 },
  { kind: "crossEntropy", weightDecay: 0.1 },
];

const TABLE = product<NetworkOptions>({
  widths: [[2, 3, 2]],
  intervals: [4],
  basis: ["bspline", "relu"],
  knots: ["uniform", "fixed", "free"],
  degree: [1, 2, 3],
  firstLayer: ["linear", "spline"],
  normalisation: ["minmax", "batchnorm", "none"],
  base: ["none", "silu"],
  knotSharing: ["input", "layer"],
  outerKnots: ["even", "free", "clamped"],
  extrapolation: ["linear", "clamp"],
}).filter(({ outerKnots, knots, basis }) =>
  !(outerKnots === "free" && knots !== "free" || outerKnots === "clamped" && basis === "relu")
);

/** Every n-th combination of options of some degrees; losses and weights in turn. */
export function optionCases(
  basis: "bspline" | "relu",
  every: number,
  degrees: readonly number[] = [1, 2, 3],
): WebgpuCase[] {
  return TABLE.filter((each) => each.basis === basis && degrees.includes(each.degree!))
    .map((options, i) => ({ options, seed: i, loss: LOSSES[i % LOSSES.length] }))
    .filter((_, i) => i % every === 0)
    .map(({ options, seed, loss }) => ({
      options,
      seed,
      loss,
      dataset: randomDataset({
        rows: 15,
        nIn: 2,
        nOut: 2,
        seed,
        reach: 1.3,
        targets: loss.kind === "crossEntropy" ? "oneHot" : "normal",
        weighted: seed % 2 === 0,
      }),
    }));
}

/** Many rows, intervals and nodes. */
export function shapeCases(): WebgpuCase[] {
  const shapes: readonly [NetworkOptions, number][] = [
    [{ widths: [2, 5, 1], intervals: 40 }, 5000],
    [{ widths: [2, 5, 1], intervals: 60, knots: "uniform" }, 333],
    [{ widths: [2, 5, 1], intervals: 70, base: "silu", basis: "relu", degree: 1 }, 333],
    [{ widths: [2, 3, 40, 1], intervals: 5, base: "silu" }, 200],
    [{ widths: [3, 70, 4, 1], intervals: 3, degree: 2 }, 200],
    [{ widths: [1, 1, 1], intervals: 1, degree: 1 }, 129],
    [{ widths: [70, 2], firstLayer: "spline", intervals: 6, normalisation: "batchnorm" }, 1000],
    [{ widths: [2, 4, 4, 2], intervals: 12, basis: "relu", degree: 1 }, 700],
    [{ widths: [3, 64, 66, 2], base: "silu" }, 30],
  ];
  return shapes.map(([options, rows], seed) => {
    const { widths } = options;
    const dataset = randomDataset({ rows, nIn: widths[0], nOut: widths[widths.length - 1], seed });
    return { options, seed, loss: { kind: "mse" }, dataset };
  });
}
