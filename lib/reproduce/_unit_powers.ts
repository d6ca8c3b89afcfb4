/**
 * L-BFGS on ReLU powers that are divided by their largest values.
 *
 * `ReLU(x - t_i)^degree` reaches `(b - t_i)^degree` at the end `b` of the domain: on five intervals
 * of `[-1, 1]` from 0.064 to 33. Steps of L-BFGS depend on these sizes. Here its coordinates
 * are `v_i = (b - t_i)^degree W_i`: those of the same network in powers that reach 1.
 *
 * @module
 */

import type { Evaluator } from "../engine/mod.ts";
import { uniformKnots } from "../knots/mod.ts";
import { createNetwork, type Network, type NetworkOptions } from "../model/mod.ts";
import { pow } from "../numerics/inner.ts";
import type { Optimizer, OptimizerState } from "../train/mod.ts";

/** The state of an optimizer in its coordinates beside that of the network. */
interface UnitState<Inner extends OptimizerState> extends OptimizerState {
  readonly inner: Inner;
  /** Sizes of the functions: coordinates over parameters. */
  readonly sizes: Float64Array;
}

/** An optimizer whose coordinates belong to ReLU powers that reach 1; even knots. */
export function onUnitPowers<Inner extends OptimizerState>(
  optimizer: Optimizer<Inner>,
  network: NetworkOptions,
): Optimizer<UnitState<Inner>> {
  return {
    name: optimizer.name,
    options: { ...optimizer.options, powers: "unit" },
    init(parameters, rows) {
      const sizes = sizesOf(network, parameters.length);
      const inner = optimizer.init(parameters.map((w, i) => w * sizes[i]), rows);
      const { objective, evaluations } = inner, gradient = new Float64Array(parameters.length);
      return { parameters: parameters.slice(), objective, gradient, evaluations, inner, sizes };
    },
    async epoch(state, evaluator, onStep) {
      const { inner, sizes } = state, before = inner.evaluations;
      const counted = state.evaluations;
      const told = () => {
        for (let i = 0; i < sizes.length; i++) {
          state.parameters[i] = inner.parameters[i] / sizes[i];
          state.gradient[i] = inner.gradient[i] * sizes[i];
        }
        state.objective = inner.objective;
        state.evaluations = counted + inner.evaluations - before;
      };
      const follow = onStep && (async () => {
        told();
        await onStep(state);
      });
      const status = await optimizer.epoch(inner, inCoordinates(evaluator, sizes), follow);
      told();
      return status;
    },
  };
}

/** The evaluator of the network's parameters over `sizes` times them. */
function inCoordinates(evaluator: Evaluator, sizes: Float64Array): Evaluator {
  return {
    numParameters: evaluator.numParameters,
    async evaluate(coordinates, gradientOut) {
      const parameters = coordinates.map((v, i) => v / sizes[i]);
      const found = await evaluator.evaluate(parameters, gradientOut);
      gradientOut?.forEach((slope, i) => gradientOut[i] = slope / sizes[i]);
      return found;
    },
    dispose: () => evaluator.dispose(),
  };
}

/** Of every parameter the size of its function: `(b - t_i)^degree` of coefficients, otherwise 1. */
function sizesOf(options: NetworkOptions, count: number): Float64Array {
  const { layout, config } = onGridOf(options, count), { degree, intervals, domain } = config;
  const { values } = uniformKnots({ degree, intervals, domain }), sizes = new Float64Array(count);
  sizes.fill(1);
  for (const { name, offset, shape } of layout) {
    if (!name.endsWith(".coefficients")) continue;
    const [nIn, numBasis, nOut] = shape;
    for (let k = 0; k < nIn * numBasis * nOut; k++) {
      const i = Math.floor(k / nOut) % numBasis;
      sizes[offset + k] = pow(domain[1] - values[i], degree);
    }
  }
  return sizes;
}

/** The network on the grid, some halvings finer, on which it has so many parameters. */
function onGridOf(options: NetworkOptions, count: number): Network {
  let network = createNetwork(options);
  while (network.parameters.length < count) {
    network = createNetwork({ ...options, intervals: 2 * network.config.intervals });
  }
  if (network.parameters.length === count && network.config.knots === "uniform") return network;
  throw new RangeError(
    `Cannot scale powers: parameters must be those of even knots on a refined grid, current value ` +
      `is ${count} of them`,
  );
}
