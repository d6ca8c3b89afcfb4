/**
 * What a model of several parts says, output by output: as it adds up, and as people read it.
 *
 * @module
 */

import type { TableEncoding } from "../../../lib/data/mod.ts";
import { predictedValues } from "../../../lib/data/inner.ts";
import { ensembleOutputs, type Network } from "../../../lib/model/mod.ts";
import type { ModelPart } from "../../../lib/search/mod.ts";
import { exp, log } from "../../../lib/numerics/inner.ts";

/** The networks of a model, part by part, and how their sum becomes an answer. */
export interface PartedModel {
  readonly networks: readonly Network[];
  readonly parts: readonly ModelPart[];
  readonly encoding: TableEncoding;
}

/** One output. */
export interface OutputView {
  readonly output: number;
  readonly name: string;
  readonly probability: boolean;
  /** Of rows of outputs what adds up: a number on its scale, or log odds. */
  raw(outputs: Float64Array): Float64Array;
  /** Of what adds up what is read: a number in its unit, or a probability. */
  value(raw: Float64Array): Float64Array;
}

/** Most outputs that are looked at. */
const MOST_OUTPUTS = 3;

/** The outputs of a model: of two classes the second alone. */
export function outputViews(encoding: TableEncoding): OutputView[] {
  if (encoding.task === "classification") {
    const { labels, target } = encoding, nOut = labels.length === 2 ? 1 : labels.length;
    const shown = nOut === 1 ? [0] : labels.map((_, k) => k).slice(0, MOST_OUTPUTS);
    return shown.map((output) => ({
      output,
      name: `probability of ${target} = ${labels[nOut === 1 ? 1 : output]}`,
      probability: true,
      raw: (outputs) => nOut === 1 ? outputs : logOdds(outputs, nOut, output),
      value: (raw) => raw.map((z) => 1 / (1 + exp(-z))),
    }));
  }
  const { targets, link, answer } = encoding, nOut = targets.length;
  return targets.slice(0, MOST_OUTPUTS).map((scale, output) => ({
    output,
    name: scale.name,
    probability: false,
    raw: (outputs) => outputs.filter((_, i) => i % nOut === output),
    value: (raw) => {
      const [low, high] = answer?.bounds?.[output] ?? [-Infinity, Infinity];
      const within = raw.map((y) => Math.min(high, Math.max(low, y)));
      return predictedValues([scale], link, within);
    },
  }));
}

function logOdds(outputs: Float64Array, nOut: number, output: number): Float64Array {
  return Float64Array.from({ length: outputs.length / nOut }, (_, r) => {
    let most = -Infinity, sum = 0;
    for (let q = 0; q < nOut; q++) if (q !== output) most = Math.max(most, outputs[r * nOut + q]);
    for (let q = 0; q < nOut; q++) {
      if (q !== output) sum += exp(outputs[r * nOut + q] - most);
    }
    return outputs[r * nOut + output] - most - log(sum);
  });
}

/** What every part says of rows, each as if it were the whole model. */
export function partOutputs({ networks, parts }: PartedModel, inputs: Float64Array) {
  let at = 0;
  return parts.map(({ networks: count, weight }) => {
    const outputs = ensembleOutputs(networks.slice(at, at += count), inputs);
    const factor = count / (networks.length * weight);
    return outputs.map((y) => factor * y);
  });
}

/** What the parts say together. */
export function sumOutputs({ parts }: PartedModel, each: readonly Float64Array[]): Float64Array {
  return each[0].map((_, i) => parts.reduce((sum, { weight }, m) => sum + weight * each[m][i], 0));
}
