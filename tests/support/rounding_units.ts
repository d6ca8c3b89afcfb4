/**
 * How many units of roundoff the value of a network may be off: sums of absolute terms, carried on
 * from layer to layer by the slopes.
 *
 * @module
 */

import { localFunctions } from "../../lib/model/inner.ts";
import {
  applyNodeMap,
  blockValues,
  nodeMap,
  stagesOf,
  stageValues,
} from "../../lib/model/inner.ts";
import { layerKnots, type Network } from "../../lib/model/mod.ts";
import type { ReluNetwork } from "../../lib/convert/mod.ts";

/** Of a ReLU network at one point: `e = |W| (|x| + e) + |b|`, past units that are not off. */
export function reluUnits({ layers }: ReluNetwork, inputs: Float64Array): Float64Array {
  let x = inputs, units = new Float64Array(x.length);
  for (const { nOut, starts, columns, values, bias, activation, power = 1 } of layers) {
    const y = new Float64Array(nOut), next = new Float64Array(nOut);
    for (let q = 0; q < nOut; q++) {
      y[q] = bias[q];
      next[q] = Math.abs(bias[q]);
      for (let k = starts[q]; k < starts[q + 1]; k++) {
        const p = columns[k];
        y[q] += values[k] * x[p];
        next[q] += Math.abs(values[k]) * (Math.abs(x[p]) + units[p]);
      }
      if (activation === "none") continue;
      if (y[q] + next[q] * 1e-14 < 0) y[q] = next[q] = 0;
      const base = Math.max(0, y[q]);
      next[q] *= power * Math.max(base, next[q] * 1e-14) ** (power - 1);
      y[q] = base ** power;
    }
    [x, units] = [y, next];
  }
  return units;
}

/** Of a network of splines or an MLP at one point. */
export function networkUnits(network: Network, inputs: Float64Array): Float64Array {
  const values = stageValues(network, inputs);
  let units = new Float64Array(inputs.length);
  stagesOf(network.config).forEach((stage, k) => {
    const x = values[k], { nIn, nOut } = stage, next = new Float64Array(nOut);
    if (stage.kind === "relu") units = units.map((each, p) => x[p] + each * 1e-14 < 0 ? 0 : each);
    if (stage.kind === "linear") {
      const w = blockValues(network, `${stage.name}.weights`);
      const b = blockValues(network, `${stage.name}.bias`);
      for (let q = 0; q < nOut; q++) {
        next[q] = Math.abs(b[q] ?? 0);
        for (let p = 0; p < nIn; p++) {
          next[q] += Math.abs(w[p * nOut + q]) * (Math.abs(x[p]) + units[p]);
        }
      }
      units = next;
    }
    if (stage.kind !== "spline") return;
    const { layer, numBasis, space } = stage;
    const c = blockValues(network, `spline${layer}.coefficients`);
    for (let p = 0; p < nIn; p++) {
      const map = nodeMap(network.statistics[layer], space.domain, p);
      const u = applyNodeMap(map, space.domain, x[p]), knots = layerKnots(network, layer, p);
      const local = localFunctions(knots, u, stage.basis, stage.extrapolation);
      const reach = units[p] + Math.abs(x[p]) + Math.abs(map.from);
      for (let q = 0; q < nOut; q++) {
        let slope = 0, size = 0;
        local.values.forEach((value, i) => {
          const weight = c[(p * numBasis + local.first + i) * nOut + q];
          slope += weight * local.slopes[i];
          size += Math.abs(weight * value);
          if (stage.basis === "relu") size += Math.abs(weight * local.slopes[i] * u);
        });
        next[q] += size + Math.abs(slope * map.scale) * reach +
          Math.abs(slope) * Math.abs(map.origin);
      }
    }
    units = next;
  });
  return units;
}
