/**
 * How many linear regions networks can have at most, and have at least.
 *
 * @module
 */

import { checkNetwork, stagesOf } from "../../model/inner.ts";
import {
  countParameters,
  type Network,
  type NetworkConfig,
  resolveConfig,
} from "../../model/mod.ts";
import { checkArray, log10, pow } from "../../numerics/inner.ts";
import { layerOutputs, type ReluNetwork } from "../relu_network.ts";
import { asReluNetwork } from "../splines_to_relu.ts";

/** Bounds of a number of regions, as decimal logarithms. */
export interface RegionBounds {
  /** Parameters of the network. */
  readonly parameters: number;
  /**
   * `log10 k^E` with `k` pieces on each of the `E` edges of splines: theorem 4 of arXiv:2503.01702.
   * Absent of an MLP.
   */
  readonly perEdge?: number;
  /**
   * The product over the layers of `sum_(j <= d) C(n, j) m^j`: `n` nodes with `m` kinks each, `m`
   * parallel planes per node, cut a space of dimension `d` into so many parts at most. `d` is the
   * smallest width so far. For an MLP `m` is 1, and this is the bound of deep ReLU networks.
   */
  readonly perNode: number;
  /** The ReLU MLP of as many layers with the most parameters that are not more; absent of an MLP. */
  readonly relu?: {
    readonly widths: readonly number[];
    readonly parameters: number;
    readonly perNode: number;
  };
}

/**
 * Bounds the number of linear regions of a network from above.
 *
 * @param network A network of splines of degree 1, or a ReLU MLP.
 * @returns The bounds.
 * @throws {RangeError} If it is not piecewise linear.
 *
 * @example
 * ```ts
 * import { createNetwork } from "@freeknot/freeknot";
 * import { lineRegions, regionBounds } from "@freeknot/freeknot/convert";
 * import { assert, assertAlmostEquals } from "@std/assert";
 *
 * const options = { widths: [1, 3, 1], firstLayer: "spline", degree: 1, intervals: 4 } as const;
 * const network = createNetwork(options, { seed: 1 });
 * const { perEdge, perNode } = regionBounds(network);
 * assertAlmostEquals(10 ** perEdge!, 4 ** 6, 1e-8); // 6 edges
 * assertAlmostEquals(10 ** perNode, 4 * (1 + 3 * 3), 1e-9);
 * assert(lineRegions(network, [-1], [1]).pieces.length <= 40);
 * ```
 */
export function regionBounds(network: Network): RegionBounds {
  checkNetwork("bound regions", network);
  const { config } = network, { activation, degree, base } = config;
  if (activation === "tanh" || (activation === "spline" && (degree > 1 || base !== "none"))) {
    throw new RangeError(
      "Cannot bound regions: network must have ReLU, or splines of degree 1 and no base, current " +
        `value is ${activation}${
          activation === "tanh" ? "" : ` of degree ${degree}, base ${base}`
        }`,
    );
  }
  const parameters = countParameters(config), perNode = nodeBound(config);
  if (activation === "relu") return { parameters, perNode };
  const splines = stagesOf(config).filter((stage) => stage.kind === "spline");
  const edges = splines.reduce((sum, { nIn, nOut }) => sum + nIn * nOut, 0);
  const pieces = config.intervals + (config.extrapolation === "clamp" ? 2 : 0);
  const relu = reluOfSize(config, splines.length, parameters);
  return {
    ...{ parameters, perEdge: edges * log10(pieces), perNode },
    ...(relu === undefined ? {} : { relu }),
  };
}

function nodeBound(config: NetworkConfig): number {
  const { extrapolation, intervals, activation } = config;
  const kinks = activation === "relu" ? 1 : intervals - 1 + (extrapolation === "clamp" ? 2 : 0);
  let bound = 0, dimension = config.widths[0];
  for (const stage of stagesOf(config)) {
    if (stage.kind === "linear") continue;
    dimension = Math.min(dimension, stage.nIn);
    bound += logParts(stage.nIn, dimension, kinks);
  }
  return bound;
}

/** `log10 sum_(j <= d) C(n, j) m^j`. */
function logParts(n: number, d: number, m: number): number {
  let term = 0, most = 0; // logarithms
  const terms = [0];
  for (let j = 1; j <= Math.min(n, d) && m > 0; j++) {
    term += log10((n - j + 1) / j * m);
    terms.push(term);
    most = Math.max(most, term);
  }
  return most + log10(terms.reduce((sum, each) => sum + pow(10, each - most), 0));
}

function reluOfSize(
  { widths }: NetworkConfig,
  layers: number,
  parameters: number,
): RegionBounds["relu"] {
  let found: RegionBounds["relu"];
  for (let width = 1; width <= 100_000; width++) {
    const all = [widths[0], ...Array<number>(layers).fill(width), widths.at(-1)!];
    const config = resolveConfig({ widths: all, activation: "relu" });
    const count = countParameters(config);
    if (count > parameters) break;
    found = { widths: all, parameters: count, perNode: nodeBound(config) };
  }
  return found;
}

/**
 * Counts the activation patterns that a network has at some points: it has at least so many cells.
 *
 * @param network A network of splines of degree 1, a ReLU MLP or a ReLU network.
 * @param inputs Points, shape `[rows, nIn]`.
 * @returns How many different patterns.
 * @throws {TypeError} If the inputs are not `rows x nIn` numbers.
 *
 * @example
 * ```ts
 * import { createNetwork } from "@freeknot/freeknot";
 * import { countPatterns } from "@freeknot/freeknot/convert";
 * import { assertEquals } from "@std/assert";
 *
 * const mlp = createNetwork({ widths: [1, 1, 1], activation: "relu" }, { seed: 1 });
 * assertEquals(countPatterns(mlp, Float64Array.of(-100, 100, 90)), 2);
 * ```
 */
export function countPatterns(
  network: Network | ReluNetwork,
  inputs: Readonly<Float64Array>,
): number {
  const relu = asReluNetwork("count patterns", network), { nIn } = relu.layers[0];
  checkArray("count patterns", "inputs", inputs, "an array of numbers");
  if (inputs.length % nIn !== 0) {
    throw new TypeError(
      `Cannot count patterns: inputs must be rows x ${nIn} numbers, current value is ` +
        `${inputs.length} numbers`,
    );
  }
  const seen = new Set<string>();
  for (let r = 0; r < inputs.length / nIn; r++) {
    let x: Readonly<Float64Array> = inputs.subarray(r * nIn, (r + 1) * nIn), pattern = "";
    for (const layer of relu.layers) {
      x = layerOutputs(layer, x);
      if (layer.activation === "relu") pattern += packed(x);
    }
    seen.add(pattern);
  }
  return seen.size;
}

/** Which of some numbers are above 0, 15 of them in a letter. */
function packed(values: Readonly<Float64Array>): string {
  let text = "", word = 0;
  for (let i = 0; i < values.length; i++) {
    if (values[i] > 0) word |= 1 << (i % 15);
    if (i % 15 === 14 || i === values.length - 1) {
      text += String.fromCharCode(word);
      word = 0;
    }
  }
  return text;
}
