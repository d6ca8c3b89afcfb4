/**
 * What is certified: one network, or the mean of several, of their values or of their probabilities.
 *
 * @module
 */

import { checkNetwork } from "../model/inner.ts";
import { forward, inputGradient, type Network } from "../model/mod.ts";
import type { Enclosure, NodeForms } from "./_enclosure.ts";
import { addMultiple, clearForms, type Forms, makeForms, settle } from "./_forms.ts";
import { above, ULP } from "./_rounding.ts";
import { exp } from "../numerics/inner.ts";

/**
 * Highest degree whose compositions are enclosed in seconds: of degree 9 they took minutes. One layer
 * of splines is no composition.
 */
const MOST_DEGREE = 7;

/** A function of a box: what certificates are of. */
export interface Subject {
  readonly networks: readonly Network[];
  /** Whether `1 / (1 + exp(-z))` of every network's output is looked at. */
  readonly probability: boolean;
  readonly nIn: number;
  readonly nOut: number;
  /** Values, shape `[rows, nOut]`. */
  values(points: Float64Array, rows: number): Float64Array;
  /** Derivatives by the inputs, shape `[rows, nOut, nIn]`. */
  gradients(points: Float64Array, rows: number): Float64Array;
}

/** Makes a subject of one network or more. */
export function subjectOf(
  networks: Network | readonly Network[],
  average: "values" | "probabilities",
): Subject {
  const all = Array.isArray(networks) ? networks as readonly Network[] : [networks as Network];
  if (all.length === 0) {
    throw new RangeError("Cannot certify: networks must be one at least, current value is none");
  }
  for (const network of all) {
    checkNetwork("certify", network);
    const { activation, degree, widths } = network.config;
    if (activation !== "spline" || degree <= MOST_DEGREE || widths.length === 2) continue;
    throw new RangeError(
      `Cannot certify: degree must be at most ${MOST_DEGREE} in networks of more than one layer, ` +
        `current value is ${degree}`,
    );
  }
  const ends = all.map(({ config: { widths } }) => [widths[0], widths[widths.length - 1]]);
  const [[nIn, nOut]] = ends, other = ends.find(([a, b]) => a !== nIn || b !== nOut);
  if (other) {
    throw new RangeError(
      `Cannot certify: networks must all have ${nIn} inputs and ${nOut} outputs, current value is ` +
        `one of ${other[0]} and ${other[1]}`,
    );
  }
  if (!["values", "probabilities"].includes(average)) {
    throw new RangeError(
      `Cannot certify: average must be values or probabilities, current value is ${average}`,
    );
  }
  const probability = average === "probabilities";
  if (probability && nOut > 1) {
    throw new RangeError(
      "Cannot certify: average of probabilities must be of networks with one output, the logit of " +
        `two classes, current value is ${nOut} outputs`,
    );
  }
  const sigmoid = (z: number) => 1 / (1 + exp(-z));
  function valuesOf(network: Network, points: Float64Array, rows: number): Float64Array {
    const outputs = forward(network, points, rows);
    return probability ? outputs.map(sigmoid) : outputs;
  }
  return {
    ...{ networks: all, probability, nIn, nOut },
    values: (points, rows) => meanOf(all.map((network) => valuesOf(network, points, rows))),
    gradients: (points, rows) =>
      meanOf(all.map((network) => {
        const gradients = inputGradient(network, points, rows);
        if (!probability) return gradients;
        const p = valuesOf(network, points, rows);
        return gradients.map((slope, k) => {
          const share = p[Math.floor(k / nIn)];
          return share * (1 - share) * slope;
        });
      })),
  };
}

function meanOf(all: readonly Float64Array[]): Float64Array {
  if (all.length === 1) return all[0];
  return all[0].map((_, k) => all.reduce((sum, each) => sum + each[k], 0) / all.length);
}

/** The enclosure of the mean of what is enclosed: remainders alone are added up, not places. */
export function meanEnclosure(members: readonly Enclosure[]): Enclosure {
  if (members.length === 1) return members[0];
  const [{ nIn, nOut, pairs, ends }] = members, count = members.length;
  const result: NodeForms = {
    values: makeForms(nOut, nIn),
    slopes: makeForms(nOut * nIn, nIn),
    bends: makeForms(nOut * pairs.length, nIn),
  };
  const mean = (out: Forms, parts: readonly Forms[]) => {
    clearForms(out);
    for (let o = 0; o < out.low.length; o++) {
      for (const part of parts) addMultiple(out, o, 1 / count, part, o);
      settle(out, o, 2 * count);
    }
  };
  function enclose(box: Float64Array, order: number, sharp?: boolean): NodeForms {
    const forms = members.map((member) => member.enclose(box, order, sharp));
    mean(result.values, forms.map(({ values }) => values));
    if (order > 0) mean(result.slopes, forms.map(({ slopes }) => slopes));
    if (order > 1) mean(result.bends, forms.map(({ bends }) => bends));
    return result;
  }
  return {
    ...{ nIn, nOut, pairs, ends, enclose },
    upper(output, sign) {
      let sum = 0, size = 0;
      for (const member of members) {
        const part = member.upper(output, sign);
        sum += part;
        size += Math.abs(part);
      }
      return above(sum / count + (count + 4) * ULP * size);
    },
    noise(box) {
      const parts = members.map((member) => member.noise(box));
      const { values: { low, high } } = enclose(box, 0);
      return meanOf(parts).map((noise, q) =>
        noise * (1 + 16 * ULP) +
        (count + 16) * ULP * Math.max(Math.abs(low[q]), Math.abs(high[q]))
      );
    },
  };
}
