/**
 * How fast outputs change with inputs, and how much inputs act together: exact derivatives at rows.
 *
 * @module
 */

import { checkOptions, column, moments } from "../../numerics/inner.ts";
import { compileJets } from "../../engine/mod.ts";
import { jetPoints } from "../../engine/inner.ts";
import { type ColumnScale, scaleSlope, unscaleValue } from "../../data/mod.ts";
import { inputGradient, type Network } from "../../model/mod.ts";
import { inputGroups } from "../structure/input_groups.ts";
import { countRows, type Explained, networksOf, spreadRows } from "../structure/output_function.ts";

/** How fast one output changes with one input, over the rows. */
export interface Sensitivity {
  /** Which input. */
  readonly input: number;
  /** Mean of `d f / d x_i`, by the column itself where its scale is known. */
  readonly mean: number;
  /** Mean of `|d f / d x_i|`. */
  readonly size: number;
  /** Mean size times standard deviation, both of the scaled input: comparable between inputs. */
  readonly scaled: number;
}

/** Options of {@linkcode sensitivities}. */
export interface SensitivityOptions {
  /** How inputs were scaled; derivatives are then by the columns, in their units. */
  readonly inputScales?: readonly ColumnScale[] | undefined;
}

/**
 * Computes how fast every output changes with every input, by exact gradients at all rows.
 *
 * @param explained A network, or several whose mean is meant.
 * @param inputs Rows as the network sees them, shape `[rows, nIn]`.
 * @param options Scales of the inputs.
 * @returns Per output one entry per input.
 * @throws {TypeError} If the inputs are not rows of the network.
 *
 * @example
 * ```ts
 * import { createNetwork } from "@freeknot/freeknot";
 * import { sensitivities } from "@freeknot/freeknot/interpret";
 * import { assertEquals } from "@std/assert";
 *
 * const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
 * const [first] = sensitivities(network, new Float64Array([0.1, 0.2, 0.3, 0.4]));
 * assertEquals(first.map(({ size }) => size > 0), [true, true]);
 * ```
 */
export function sensitivities(
  explained: Explained,
  inputs: Float64Array,
  options: SensitivityOptions = {},
): Sensitivity[][] {
  const verb = "compute sensitivities", networks = networksOf(verb, explained);
  checkOptions(verb, options, "inputScales");
  const { widths } = networks[0].config, nIn = widths[0], nOut = widths[widths.length - 1];
  const rows = countRows(verb, inputs, nIn);
  const gradient = meanOf(networks.map((network) => inputGradient(network, inputs, rows)));
  const spread = Array.from({ length: nIn }, (_, p) => moments(column(inputs, nIn, p)).deviation);
  return Array.from({ length: nOut }, (_, q) =>
    spread.map((deviation, input) => {
      const slopes = column(gradient, nOut * nIn, q * nIn + input);
      const scaled = meanSize(slopes) * deviation, scale = options.inputScales?.[input];
      if (scale !== undefined) {
        slopes.forEach((_, r) =>
          slopes[r] *= scaleSlope(scale, unscaleValue(scale, inputs[r * nIn + input]))
        );
      }
      return { input, mean: moments(slopes).mean, size: meanSize(slopes), scaled };
    }));
}

function meanSize(values: Float64Array): number {
  return values.reduce((sum, value) => sum + Math.abs(value), 0) / values.length;
}

function meanOf(arrays: readonly Float64Array[]): Float64Array {
  const [first] = arrays;
  if (arrays.length === 1) return first;
  return first.map((_, i) => arrays.reduce((sum, each) => sum + each[i], 0) / arrays.length);
}

/** How much two inputs act together on one output. */
export interface MixedDerivative {
  /** The inputs, the lower first. */
  readonly inputs: readonly [number, number];
  /** `mean_r |d^2 f / dx_i dx_j|` times the standard deviations of both inputs. */
  readonly strength: number;
  /** The mean with its sign: positive where they amplify each other. */
  readonly mean: number;
}

/** Options of {@linkcode mixedDerivatives}. */
export interface MixedDerivativesOptions {
  /** Most rows, evenly chosen. Default 500. */
  readonly rows?: number | undefined;
}

/** Inputs of one program of jets: 1 + 10 + 25 derivatives. */
const BLOCK = 5;

/**
 * Computes how much inputs act together by the mixed second derivatives, exact at every row: of
 * cubic splines the second derivative is continuous; of degree 1, and of ReLU, it is 0 almost
 * everywhere and says nothing. Of several networks those with second derivatives count.
 *
 * @param explained A network, or several whose mean is meant.
 * @param inputs Rows as the network sees them, shape `[rows, nIn]`.
 * @param options How many rows.
 * @returns Per output the pairs of inputs that can act together, the strongest first; undefined
 * where second derivatives say nothing.
 * @throws {TypeError} If the inputs are not rows of the network.
 *
 * @example
 * ```ts
 * import { fit } from "@freeknot/freeknot";
 * import { mixedDerivatives } from "@freeknot/freeknot/interpret";
 * import { assertAlmostEquals, assertEquals } from "@std/assert";
 *
 * const inputs = Array.from({ length: 200 }, (_, i) => [Math.sin(i), Math.sin(2.3 * i)]);
 * const { network } = await fit({ inputs, targets: inputs.map(([x, y]) => x * y) });
 * const [[pair]] = mixedDerivatives(network, Float64Array.from(inputs.flat()))!;
 * assertEquals(pair.inputs, [0, 1]);
 * assertAlmostEquals(pair.mean / pair.strength, 1, 1e-3); // d2/dxdy = 1 everywhere
 * ```
 */
export function mixedDerivatives(
  explained: Explained,
  inputs: Float64Array,
  options: MixedDerivativesOptions = {},
): MixedDerivative[][] | undefined {
  const verb = "compute mixed derivatives", networks = networksOf(verb, explained);
  checkOptions(verb, options, "rows");
  const { config: { widths } } = networks[0];
  if (networks.every(isFlat)) return undefined;
  const nIn = widths[0], nOut = widths[widths.length - 1];
  countRows(verb, inputs, nIn);
  const rows = spreadRows(inputs, nIn, options.rows ?? 500), count = rows.length / nIn;
  const spread = Array.from({ length: nIn }, (_, p) => moments(column(inputs, nIn, p)).deviation);
  const together = Array.from({ length: nOut }, (_, q) => pairsOf(inputGroups(explained, q)));
  const wanted = new Set(together.flatMap((pairs) => pairs.map(([i, j]) => i * nIn + j)));
  const found: MixedDerivative[][] = Array.from({ length: nOut }, () => []);
  // a sum over inputs adds nothing, nor do steps and straight pieces
  const bent = networks.filter((network) => !isFlat(network) && network.config.widths.length > 2);
  const share = bent.length / networks.length;
  for (const [derivatives, values] of bent.length === 0 ? [] : hessianBlocks(bent, rows, wanted)) {
    derivatives.forEach((derivative, c) => {
      const [i, j] = derivative;
      if (derivative.length < 2 || !wanted.has(i * nIn + j)) return;
      for (let q = 0; q < nOut; q++) {
        let sum = 0, size = 0;
        for (let r = 0; r < count; r++) {
          const value = values[(r * derivatives.length + c) * nOut + q];
          sum += value;
          size += Math.abs(value);
        }
        const unit = share * spread[i] * spread[j] / count;
        found[q].push({ inputs: [i, j], strength: size * unit, mean: sum * unit });
      }
    });
  }
  return found.map((pairs, q) => {
    const can = new Set(together[q].map(([i, j]) => i * nIn + j));
    return pairs.filter(({ inputs: [i, j] }) => can.has(i * nIn + j))
      .sort((a, b) => b.strength - a.strength);
  });
}

/** Whether second derivatives are 0 almost everywhere. */
function isFlat({ config: { activation, degree } }: Network): boolean {
  return activation === "relu" || (activation === "spline" && degree < 2);
}

/** All pairs of inputs that some group holds. */
export function pairsOf(groups: readonly (readonly number[])[]): [number, number][] {
  return groups.flatMap((group) =>
    group.flatMap((i, k) => group.slice(k + 1).map((j): [number, number] => [i, j]))
  );
}

/** Second derivatives of the mean output, block by block of inputs. */
function* hessianBlocks(
  networks: readonly Network[],
  rows: Float64Array,
  wanted: ReadonlySet<number>,
): Generator<[readonly (readonly number[])[], Float64Array]> {
  const nIn = networks[0].config.widths[0], blocks = Math.ceil(nIn / BLOCK);
  for (let a = 0; a < blocks; a++) {
    for (let b = a; b < blocks; b++) {
      const pairs: [number, number][] = [];
      for (let i = a * BLOCK; i < Math.min(nIn, (a + 1) * BLOCK); i++) {
        for (let j = Math.max(i + 1, b * BLOCK); j < Math.min(nIn, (b + 1) * BLOCK); j++) {
          if (wanted.has(i * nIn + j)) pairs.push([i, j]);
        }
      }
      if (pairs.length === 0) continue;
      const points = jetPoints(rows, nIn, pairs);
      const values = networks.map((network) => {
        const program = compileJets(network, [points], { statistics: network.statistics });
        const [jets] = program.forward(network.parameters);
        program.dispose();
        return jets.slice();
      });
      yield [points.derivatives, meanOf(values)];
    }
  }
}
