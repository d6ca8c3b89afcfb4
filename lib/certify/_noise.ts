/**
 * How far what the forward pass computes may lie from the exact function, on a whole box.
 *
 * Affine forms hold both; but where the sign of an exact slope leads a search to a face of the box,
 * what is computed elsewhere may exceed the face by rounding. This bounds by how much.
 *
 * @module
 */

import { blockValues, type NodeMap, type NodeStage, type Stage } from "../model/inner.ts";
import type { Network } from "../model/mod.ts";
import { boundEdge, type NodeEdges } from "./_edges.ts";
import type { Forms } from "./_forms.ts";
import { ULP } from "./_rounding.ts";
import { emptyBound } from "./_smooth.ts";

/** The splines of a layer, made ready. */
export interface NoisyEdges {
  readonly edges: readonly NodeEdges[];
  readonly maps: readonly NodeMap[];
  /** What sums of splines round, per output. */
  readonly rounding: Float64Array;
}

/** Carries bounds of the errors of a layer's nodes, `noise`, through a stage. */
export function stageNoise(
  network: Network,
  stage: Stage | NodeStage<"sigmoid">,
  layer: NoisyEdges | undefined,
  values: Forms,
  noise: Float64Array,
): Float64Array {
  if (layer && stage.kind === "spline") {
    return splineNoise(stage.space.domain, layer, values, noise);
  }
  if (stage.kind === "relu") return noise;
  if (stage.kind !== "linear") return noise.map((error) => error + 8 * ULP);
  const { nIn, nOut, name } = stage, out = new Float64Array(nOut);
  const weights = blockValues(network, `${name}.weights`);
  const constants = blockValues(network, `${name}.bias`);
  for (let q = 0; q < nOut; q++) {
    let size = constants.length > 0 ? Math.abs(constants[q]) : 0;
    for (let p = 0; p < nIn; p++) {
      const w = Math.abs(weights[p * nOut + q]);
      size += w * largest(values, p);
      out[q] += w * noise[p];
    }
    out[q] += (nIn + 8) * ULP * size;
  }
  return out;
}

function largest({ low, high }: Forms, p: number): number {
  return Math.max(Math.abs(low[p]), Math.abs(high[p]));
}

function splineNoise(
  [a, b]: readonly [number, number],
  { edges, maps, rounding }: NoisyEdges,
  values: Forms,
  noise: Float64Array,
): Float64Array {
  const out = rounding.map((error) => 2 * error), bound = emptyBound();
  edges.forEach((edge, p) => {
    const { from, scale, origin, inside } = maps[p], { breaks, orders: [table] } = edge.pieces;
    const size = Math.abs(origin) + (Math.abs(from) + largest(values, p)) * scale;
    const reach = Math.abs(inside[0]) + Math.abs(inside[1]); // NaN where nothing is kept inside
    let shift = noise[p] * scale + 16 * ULP * size;
    let l = origin + (values.low[p] - from) * scale - shift;
    let h = origin + (values.high[p] - from) * scale + shift;
    if (reach > 0 && (l < a || h > b)) {
      const kept = 2e-13 * reach * scale; // moved to the end of the domain
      shift += kept;
      l -= kept;
      h += kept;
    }
    const beyond = Math.max(0, a - l, h - b);
    for (let q = 0; q < edge.nOut; q++) {
      boundEdge(edge, 1, q, l, h, false, bound);
      const steep = Math.max(-bound.least, bound.most);
      boundEdge(edge, 0, q, l, h, false, bound);
      const high = Math.max(-bound.least, bound.most);
      // both lie in the hull, also where the spline jumps
      const moved = Math.min(shift === 0 ? 0 : steep * shift, bound.most - bound.least);
      let error = 0;
      for (let k = 0; k + 1 < breaks.length; k++) {
        const width = breaks[k + 1] - breaks[k], piece = table.errors[k * edge.nOut + q];
        error = Math.max(error, piece * (1 + (beyond > 0 ? 8 * beyond / width : 0)));
      }
      out[q] += moved + 2 * error + 64 * ULP * high;
    }
  });
  return out;
}
