/**
 * Which parameters constraints bind, and how: chains of coefficients that rise, or whose slopes do.
 *
 * @module
 */

import { findBlock, type SplineStage, splineStages, stagesOf } from "../../model/inner.ts";
import { layerKnots, type Network } from "../../model/mod.ts";
import type { Constraints } from "./constraints.ts";

/** Coefficients of one spline that rise from the first to the last. */
export interface RisingChain {
  /** Index of the first. */
  readonly at: number;
  /** From one to the next; negative: the spline falls. */
  readonly step: number;
  readonly count: number;
  /**
   * Of a convex spline: how far apart the abscissae of coefficient `i` and the one before are. Then
   * slopes rise, and with `rising` the first is not negative.
   */
  readonly spans?: Float64Array;
  readonly rising: boolean;
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
  { monotone, convex, range }: Constraints,
): Bound {
  const stages = stagesOf(network.config), [first] = stages;
  const signOf = (p: number) => monotone?.[p] ?? 0;
  const signed = monotone?.some((sign) => sign !== 0) === true, bends = (convex?.length ?? 0) > 0;
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
  for (const stage of signed || bends ? splineStages(network.config) : []) {
    const entry = stage.layer === 0;
    for (let p = 0; p < stage.nIn; p++) {
      if (entry && first.kind === "spline") {
        const bent = convex?.includes(p) === true;
        if (bent || signOf(p) !== 0) addChains(chains, network, stage, p, signOf(p), bent);
      } else {
        // splines of a linear map only bend; those of splines must rise as well
        const sign = entry && !signed ? 0 : 1;
        addChains(chains, network, stage, p, sign, bends);
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
  { layer, nOut, numBasis, space: { degree } }: SplineStage,
  p: number,
  sign: 1 | -1 | 0,
  bent: boolean,
): void {
  const { offset } = findBlock(network.layout, `spline${layer}.coefficients`)!;
  const falls = sign < 0;
  let spans: Float64Array | undefined;
  if (bent) {
    const { values: t } = layerKnots(network, layer, p);
    spans = Float64Array.from({ length: numBasis }, (_, i) => {
      const k = falls ? numBasis - i : i; // abscissae k - 1 and k
      return i === 0 ? 0 : (t[k + degree] - t[k]) / degree;
    });
  }
  for (let q = 0; q < nOut; q++) {
    const start = offset + p * numBasis * nOut + q;
    chains.push({
      at: falls ? start + (numBasis - 1) * nOut : start,
      step: falls ? -nOut : nOut,
      count: numBasis,
      rising: sign !== 0,
      ...(spans ? { spans } : {}),
    });
  }
}
