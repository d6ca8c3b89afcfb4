/**
 * Everything about a network's inputs at once, in the units of its table.
 *
 * @module
 */

import { unscaleValue } from "../../data/mod.ts";
import { checkOptions } from "../../numerics/inner.ts";
import { attribution, type RowAttribution } from "../attribution/mod.ts";
import {
  type MixedDerivative,
  mixedDerivatives,
  type PartialEffects,
  partialEffects,
  sensitivities,
  type Sensitivity,
  type VarianceIndices,
  varianceIndices,
} from "../effects/mod.ts";
import { edgeScores, type NodeScore } from "../scores/mod.ts";
import { inputGroups } from "../structure/input_groups.ts";
import { countRows, type Explained, networksOf } from "../structure/output_function.ts";
import { type ExplanationUnits, type OutputUnit, plainUnits } from "../structure/units.ts";
import type {
  EffectCurve,
  Explanation,
  InputImportance,
  Interaction,
  OutputExplanation,
  RowExplanation,
} from "./explanation.ts";

/** Options of {@linkcode explain}. */
export interface ExplainOptions {
  /** Names and units; default: `x1`, ... and `y`, ... in the network's own. */
  readonly units?: ExplanationUnits | undefined;
  /** Outputs to explain, from 0. Default: all. */
  readonly outputs?: readonly number[] | undefined;
  /** The row, from 0, whose prediction is taken apart. Default: none. */
  readonly row?: number | undefined;
  /** Most rows that stand for other inputs' values. Default: 200, fewer of many inputs. */
  readonly background?: number | undefined;
  /** Positions of a curve. Default 41. */
  readonly points?: number | undefined;
  /** Pairs of rows that variances are estimated from. Default 500. */
  readonly samples?: number | undefined;
  /** Draws the pairs, and the orders of Shapley values. Default 1234. */
  readonly seed?: number | undefined;
}

/**
 * Explains a network: importance of inputs, their effects, their interactions, one row's prediction.
 *
 * Puts together {@linkcode edgeScores}, {@linkcode partialEffects}, {@linkcode mixedDerivatives},
 * {@linkcode varianceIndices}, {@linkcode sensitivities} and {@linkcode attribution}, which say how
 * each number comes about.
 *
 * @param explained A network, or several whose mean is meant.
 * @param inputs Rows as the network sees them, shape `[rows, nIn]`.
 * @param options Units, outputs, the row, and sizes.
 * @returns Plain data.
 * @throws {TypeError} If the inputs are not rows of the network.
 * @throws {RangeError} If an option is out of range.
 *
 * @example
 * ```ts
 * import { fit } from "@freeknot/freeknot";
 * import { explain } from "@freeknot/freeknot/interpret";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const inputs = Array.from({ length: 200 }, (_, i) => [Math.sin(i), Math.sin(2.3 * i)]);
 * const { network } = await fit({ inputs, targets: inputs.map(([x]) => x * x) });
 * const { outputs: [y] } = explain(network, Float64Array.from(inputs.flat()), { row: 0 });
 * assert(y.inputs[0].total > 0.99 && y.inputs[1].total < 1e-3); // only the first input matters
 * assertEquals(y.row!.inputs.map(({ name }) => name), ["x1", "x2"]);
 * ```
 */
export function explain(
  explained: Explained,
  inputs: Float64Array,
  options: ExplainOptions = {},
): Explanation {
  const verb = "explain";
  checkOptions(verb, options, "units outputs row background points samples seed");
  const networks = networksOf(verb, explained), { widths } = networks[0].config;
  const nIn = widths[0], nOut = widths[widths.length - 1];
  const rows = countRows(verb, inputs, nIn);
  const { units = plainUnits(nIn, nOut), row, samples = 500, seed = 1234 } = options;
  const chosen = options.outputs ?? Array.from({ length: nOut }, (_, q) => q);
  checkChoice("outputs", chosen, nOut);
  if (row !== undefined) checkChoice("row", [row], rows);
  const { background, points } = options;
  const effects = partialEffects(explained, inputs, { background, points });
  const slopes = sensitivities(explained, inputs, { inputScales: units.inputs });
  const indices = varianceIndices(explained, inputs, { samples, seed });
  const mixed = mixedDerivatives(explained, inputs);
  const reasons = row === undefined
    ? undefined
    : attribution(explained, inputs.subarray(row * nIn, (row + 1) * nIn), inputs, { seed });
  const single = networks.length === 1 ? networks[0] : undefined;
  const outputs = chosen.map((output) =>
    explainOutput(units, output, {
      effects: effects[output],
      slopes: slopes[output],
      indices: indices[output],
      mixed: mixed?.[output],
      nodes: single && edgeScores(single, inputs, { output }).nodes[0],
      groups: inputGroups(explained, output),
      row: reasons && { row: row!, x: inputs, reasons: reasons[output] },
    })
  );
  return {
    inputs: units.inputs.map(({ name }) => name),
    ...{ rows, background: effects[0].background, samples, seed, outputs },
    ...(single && {
      scores: edgeScores(single, inputs, { output: chosen.length === 1 ? chosen[0] : undefined }),
    }),
  };
}

function checkChoice(name: string, chosen: readonly number[], count: number): void {
  const wrong = chosen.find((each) => !Number.isInteger(each) || each < 0 || each >= count);
  if (wrong === undefined && chosen.length > 0) return;
  throw new RangeError(
    `Cannot explain: ${name} must be integers from 0 to ${count - 1}, current value is ` +
      (wrong === undefined ? "none" : wrong),
  );
}

/** What is known of one output, in the network's own units. */
interface OutputParts {
  readonly effects: PartialEffects;
  readonly slopes: readonly Sensitivity[];
  readonly indices: VarianceIndices;
  readonly mixed: readonly MixedDerivative[] | undefined;
  readonly nodes: readonly NodeScore[] | undefined;
  readonly groups: readonly (readonly number[])[];
  readonly row: RowParts | undefined;
}

interface RowParts {
  readonly row: number;
  readonly x: Float64Array;
  readonly reasons: RowAttribution;
}

function explainOutput(
  units: ExplanationUnits,
  output: number,
  parts: OutputParts,
): OutputExplanation {
  const unit = units.outputs[output], { name, kind, factor, offset } = unit;
  const { effects, groups } = parts, names = units.inputs.map((scale) => scale.name);
  return {
    ...{ name, kind, output },
    mean: offset + factor * effects.mean,
    deviation: Math.abs(factor) * effects.deviation,
    groups: groups.map((group) => group.map((input) => names[input])),
    additiveShare: effects.additiveShare,
    inputs: importances(parts, names, factor),
    effects: effects.effects.map((effect): EffectCurve => {
      const scale = units.inputs[effect.input];
      const times = (values: Float64Array) => Array.from(values, (value) => factor * value);
      return {
        name: names[effect.input],
        x: Array.from(effect.x, (u) => unscaleValue(scale, u)),
        value: times(effect.value),
        error: times(effect.error),
        low: times(effect.low),
        high: times(effect.high),
        exact: effect.exact,
      };
    }),
    interactions: interactions(parts, names, factor),
    ...(parts.row && { row: rowExplanation(parts.row, units, unit) }),
  };
}

function importances(
  { effects, slopes, indices, nodes }: OutputParts,
  names: readonly string[],
  factor: number,
): InputImportance[] {
  const variance = effects.deviation ** 2;
  const share = (value: number) => variance > 0 ? value / variance : 0;
  return names.map((name, i): InputImportance => ({
    name,
    total: share(indices.inputs[i].variance),
    totalError: share(indices.inputs[i].error),
    main: share(effects.effects[i].deviation ** 2),
    slope: factor * slopes[i].mean,
    slopeSize: Math.abs(factor) * slopes[i].size,
    sensitivity: Math.abs(factor) * slopes[i].scaled,
    ...(nodes && { attribution: nodes[i].attribution, share: nodes[i].share }),
  }));
}

/** Ranked by the mixed derivatives, where they say something, else by variance. */
function interactions(
  { effects, indices, mixed }: OutputParts,
  names: readonly string[],
  factor: number,
): Interaction[] {
  const variance = effects.deviation ** 2, key = (pair: readonly number[]) => pair.join();
  const curved = new Map(mixed?.map((each) => [key(each.inputs), each]));
  const all = indices.pairs.map((pair): Interaction => {
    const [i, j] = pair.inputs, found = curved.get(key(pair.inputs));
    return {
      inputs: [names[i], names[j]],
      share: variance > 0 ? pair.variance / variance : 0,
      shareError: variance > 0 ? pair.error / variance : 0,
      ...(found && {
        strength: Math.abs(factor) * found.strength,
        sign: factor * found.mean,
      }),
    };
  });
  return all.sort((a, b) => (b.strength ?? b.share) - (a.strength ?? a.share));
}

function rowExplanation(
  { row, x, reasons }: RowParts,
  { inputs }: ExplanationUnits,
  { factor, offset }: OutputUnit,
): RowExplanation {
  const nIn = inputs.length;
  return {
    row: row + 1,
    mean: offset + factor * reasons.mean,
    prediction: offset + factor * reasons.prediction,
    exact: reasons.exact,
    inputs: inputs.map((scale, i) => ({
      name: scale.name,
      x: unscaleValue(scale, x[row * nIn + i]),
      value: factor * reasons.values[i],
      error: Math.abs(factor) * reasons.errors[i],
    })),
  };
}
