/**
 * Which parameters constraints bind, and how: chains of coefficients that rise, or whose slopes do.
 *
 * @module
 */

import { findBlock, type SplineStage, splineStages, stagesOf } from "../../model/inner.ts";
import type { KnotSpace } from "../../knots/mod.ts";
import { layerKnots, type Network } from "../../model/mod.ts";
import type { Constraints } from "./constraints.ts";

/** Coefficients of one spline, in rising order or with rising slopes, from one end to the other. */
export interface RisingChain {
  /** Index of the first. */
  readonly at: number;
  /** From one to the next. */
  readonly step: number;
  readonly count: number;
  /**
   * Of a convex spline: how far apart the abscissae of coefficient `i` and the one before are. Then
   * slopes rise, and with `rising` the first is not negative.
   */
  readonly spans?: Spans;
  readonly rising: boolean;
  /** -1: what rises, or is convex, is minus the spline. */
  readonly sign: 1 | -1;
}

/** Distances between the abscissae of coefficients, which free knots move. */
export interface Spans {
  /** Where the knots are even or fixed. */
  readonly fixed?: Float64Array;
  /** Where the logits of free knots lie among the parameters. */
  readonly logits?: { readonly at: number; readonly count: number; readonly space: KnotSpace };
  readonly degree: number;
  /** Number of coefficients. */
  readonly count: number;
  /** Whether they are counted from the right end. */
  readonly backward: boolean;
}

/** All that constraints bind in a network. */
export interface Bound {
  readonly chains: readonly RisingChain[];
  /** Signs of weights of the linear first map, by their index. */
  readonly signs: ReadonlyMap<number, 1 | -1>;
  /** The last layer's coefficients `[nIn, numBasis, nOut]`, where outputs have a range. */
  readonly last?: {
    readonly at: number;
    readonly nIn: number;
    readonly numBasis: number;
    readonly nOut: number;
    readonly range: readonly [number, number];
  };
}

/** A range is narrower by this share, so that rounding does not leave it. */
const MARGIN = 1e-9;

/** Finds what constraints bind. */
export function boundParameters(
  network: Network,
  { monotone, convex = [], concave = [], range }: Constraints,
): Bound {
  const stages = stagesOf(network.config), [first] = stages;
  const signOf = (p: number) => monotone?.[p] ?? 0;
  const signed = monotone?.some((sign) => sign !== 0) === true;
  // of all splines behind a first map; of the first layer's each by itself
  const bend = convex.length > 0 ? 1 : concave.length > 0 ? -1 : 0;
  const chains: RisingChain[] = [], signs = new Map<number, 1 | -1>();
  if (first.kind === "linear") {
    const { offset } = findBlock(network.layout, `${first.name}.weights`)!;
    for (let p = 0; p < first.nIn; p++) {
      const sign = signOf(p);
      for (let q = 0; q < first.nOut && sign !== 0; q++) {
        signs.set(offset + p * first.nOut + q, sign);
      }
    }
  }
  for (const stage of signed || bend !== 0 ? splineStages(network.config) : []) {
    const entry = stage.layer === 0;
    for (let p = 0; p < stage.nIn; p++) {
      if (entry && first.kind === "spline") {
        const bent = convex.includes(p) ? 1 : concave.includes(p) ? -1 : 0;
        if (bent !== 0 || signOf(p) !== 0) addChains(chains, network, stage, p, signOf(p), bent);
      } else {
        // splines of a linear map only bend; those of splines must rise as well
        const sign = entry && !signed ? 0 : 1;
        addChains(chains, network, stage, p, sign, bend);
      }
    }
  }
  const last = stages[stages.length - 1] as SplineStage;
  if (!range) return { chains, signs };
  const { nIn, nOut, numBasis } = last, slack = MARGIN * (range[1] - range[0]);
  const at = findBlock(network.layout, `spline${last.layer}.coefficients`)!.offset;
  const inner = [range[0] + slack, range[1] - slack] as const;
  return { chains, signs, last: { at, nIn, numBasis, nOut, range: inner } };
}

/** The chains of all splines that leave a node. */
function addChains(
  chains: RisingChain[],
  network: Network,
  stage: SplineStage,
  p: number,
  sign: 1 | -1 | 0,
  bent: 1 | -1 | 0,
): void {
  const { layer, nOut, numBasis, edges } = stage;
  const { offset } = findBlock(network.layout, `spline${layer}.coefficients`)!;
  // a falling spline rises from its right end; minus a concave one is convex, and falls where it rises
  const backward = bent < 0 ? sign > 0 : sign < 0;
  const spans = bent === 0 ? undefined : spansOf(network, stage, p, backward);
  for (let q = 0; q < nOut; q++) {
    const edge = edges?.numbers[p * nOut + q]; // of a mask: edges one after the other
    if (edge !== undefined && edge < 0) continue;
    const stride = edge === undefined ? nOut : 1;
    const start = offset + (edge === undefined ? p * numBasis * nOut + q : edge * numBasis);
    chains.push({
      at: backward ? start + (numBasis - 1) * stride : start,
      step: backward ? -stride : stride,
      count: numBasis,
      rising: sign !== 0,
      sign: bent < 0 ? -1 : 1,
      ...(spans ? { spans } : {}),
    });
  }
}

function spansOf(
  network: Network,
  { layer, knots, numKnotVectors, numBasis, space }: SplineStage,
  p: number,
  backward: boolean,
): Spans {
  const shape = { degree: space.degree, count: numBasis, backward };
  if (knots !== "free") {
    return { ...shape, fixed: distances(layerKnots(network, layer, p).values, shape) };
  }
  const { offset, size } = findBlock(network.layout, `spline${layer}.knotLogits`)!;
  const count = size / numKnotVectors, at = offset + (numKnotVectors === 1 ? 0 : p * count);
  return { ...shape, logits: { at, count, space } };
}

/** The distance of abscissa `i` from the one before, `(t_(k + degree) - t_k) / degree`; 0 of the first. */
export function distances(
  t: Float64Array,
  { degree, count, backward }: Pick<Spans, "degree" | "count" | "backward">,
): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => {
    const k = backward ? count - i : i; // abscissae k - 1 and k
    return i === 0 ? 0 : (t[k + degree] - t[k]) / degree;
  });
}
