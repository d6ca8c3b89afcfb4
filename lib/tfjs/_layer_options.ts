/**
 * The options of a KanLayer by name, and what replaces the options of other layers.
 *
 * TensorFlow.js silently drops options that it does not know; a regularizer that does nothing is
 * found late, if ever.
 *
 * @module
 */

import { didYouMean } from "../data/inner.ts";

/** Options that every layer of TensorFlow.js takes. */
const COMMON = [
  "inputShape",
  "batchInputShape",
  "batchSize",
  "dtype",
  "name",
  "trainable",
  "weights",
  "inputDType",
  "customObjects", // added by TensorFlow.js when a model is loaded
];

const OF_ITS_OWN = 'the splines are the activation; base: "silu" adds silu(x), and a layer of ' +
  "tf.layers.activation may follow";
const NO_BIAS = "constants are splines, so a bias would change nothing";
const NO_PENALTY = 'add a penalty on the weight "coefficients" to the loss that you minimise, ' +
  "or decay by the optimizer";
const SEEDED = "the first coefficients follow seed; setWeights sets others";
const NO_CONSTRAINT = "set the weights after a step by setWeights";

/** What to use here instead of options of other layers and other systems. */
const INSTEAD: Readonly<Record<string, string>> = {
  activation: OF_ITS_OWN,
  baseActivation: OF_ITS_OWN,
  baseFun: OF_ITS_OWN,
  useBias: NO_BIAS,
  biasInitializer: NO_BIAS,
  biasRegularizer: NO_BIAS,
  biasConstraint: NO_BIAS,
  kernelRegularizer: NO_PENALTY,
  activityRegularizer: NO_PENALTY,
  kernelInitializer: SEEDED,
  noiseScale: SEEDED,
  kernelConstraint: NO_CONSTRAINT,
  inputDim: "write inputShape: [inputs]",
  outputDim: "write units",
  normalization: "write normalisation",
  batchNorm: 'write normalisation: "batchnorm"',
  grid: "write intervals",
  gridSize: "write intervals",
  numKnots: "write intervals",
  gridRange: "write domain: [a, b]",
  k: "write degree, 3 for cubic splines",
  order: "write degree, 3 for cubic splines",
  splineOrder: "write degree, 3 for cubic splines",
  knots: "write breakpoints, or freeKnots: true",
};

/**
 * Throws unless all options are known.
 *
 * @param config The options that were given.
 * @param allowed Names of the layer's own options.
 * @throws {TypeError} If one is not; the message says what to use instead.
 */
export function checkLayerOptions(config: object, allowed: readonly string[]): void {
  const known = [...allowed, ...COMMON];
  const unknown = Object.entries(config).find(([name, value]) =>
    value !== undefined && !known.includes(name)
  );
  if (unknown === undefined) return;
  const [name] = unknown;
  const advice = Object.hasOwn(INSTEAD, name) ? `; ${INSTEAD[name]}` : didYouMean(name, allowed);
  throw new TypeError(
    `Cannot create KanLayer: options must be ${allowed.join(", ")}, or those of every layer, ` +
      `current value is ${JSON.stringify(name)}${advice}`,
  );
}
