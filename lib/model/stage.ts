/**
 * The chain of stages that a configuration stands for.
 *
 * @module
 */

import type { KnotSpace } from "../knots/mod.ts";
import { type EdgeMask, edgeMask } from "./edge_mask.ts";
import type { NetworkConfig } from "./network.ts";

/** `y = x W + b`. */
export interface LinearStage {
  readonly kind: "linear";
  /** Prefix of its parameter blocks: `linear`; of an MLP `linear0`, `linear1`, ... */
  readonly name: string;
  readonly nIn: number;
  readonly nOut: number;
  readonly bias: boolean;
}

/** A function of every node; it has no parameters. */
export interface NodeStage<Kind extends string> {
  readonly kind: Kind;
  readonly nIn: number;
  readonly nOut: number;
}

/** `y = max(0, x)` or `y = tanh(x)`. */
export type ActivationStage = NodeStage<"relu"> | NodeStage<"tanh">;

/** Normalisation onto the domain, then `y_q = sum_p phi_pq(x_p)`. */
export interface SplineStage {
  readonly kind: "spline";
  /** Index among the spline layers, from 0. */
  readonly layer: number;
  readonly nIn: number;
  readonly nOut: number;
  /** Degree, intervals, domain and outer knots of every spline in the layer. */
  readonly space: KnotSpace;
  /** Coefficients of one spline: `intervals + degree`. */
  readonly numBasis: number;
  /** Kind of knots inside the domain. */
  readonly knots: NetworkConfig["knots"];
  /** Knot vectors in the layer: `nIn`, or 1 when they are shared. */
  readonly numKnotVectors: number;
  readonly basis: NetworkConfig["basis"];
  /** Extra branch on every edge. */
  readonly base: NetworkConfig["base"];
  /** How inputs reach the domain. */
  readonly normalisation: NetworkConfig["normalisation"];
  /** What a spline does outside its domain. */
  readonly extrapolation: NetworkConfig["extrapolation"];
  /** Which edges there are; undefined: all. */
  readonly edges: EdgeMask | undefined;
}

/** One map of the chain. */
export type Stage = LinearStage | ActivationStage | SplineStage;

/**
 * Lists the stages of a network, inputs first: `[linear?, spline, spline, ...]`; of an MLP
 * `[linear, relu (or tanh), linear, ..., linear]`.
 */
export function stagesOf(config: NetworkConfig): Stage[] {
  if (config.activation !== "spline") return mlpStages(config, config.activation);
  const { widths, degree, intervals, domain, outerKnots } = config;
  const stages: Stage[] = [];
  let layer = 0;
  for (let i = 1; i < widths.length; i++) {
    const nIn = widths[i - 1], nOut = widths[i];
    if (i === 1 && config.firstLayer === "linear") {
      stages.push({ kind: "linear", name: "linear", nIn, nOut, bias: config.bias });
      continue;
    }
    stages.push({
      kind: "spline",
      edges: edgeMask(config.edges?.[layer]),
      layer: layer++,
      nIn,
      nOut,
      space: { degree, intervals, domain, outerKnots },
      numBasis: intervals + degree,
      knots: config.knots,
      numKnotVectors: config.knotSharing === "input" ? nIn : 1,
      basis: config.basis,
      base: config.base,
      normalisation: config.normalisation,
      extrapolation: config.extrapolation,
    });
  }
  return stages;
}

/** Linear maps with a function of every node between them; the last has no bias. */
function mlpStages({ widths, bias }: NetworkConfig, kind: ActivationStage["kind"]): Stage[] {
  const last = widths.length - 2;
  return widths.slice(1).flatMap((nOut, i): Stage[] => {
    const linear: Stage = {
      kind: "linear",
      name: `linear${i}`,
      nIn: widths[i],
      nOut,
      bias: bias && i < last,
    };
    return i < last ? [linear, { kind, nIn: nOut, nOut }] : [linear];
  });
}

/** Lists the spline stages of a network, first to last. */
export function splineStages(config: NetworkConfig): SplineStage[] {
  return stagesOf(config).filter((stage) => stage.kind === "spline");
}

/** Counts the spline layers of a network; an MLP has 0. */
export function numSplineLayers(config: NetworkConfig): number {
  if (config.activation !== "spline") return 0;
  return config.widths.length - (config.firstLayer === "linear" ? 2 : 1);
}

/** Finds `[nIn, nOut]` of one spline layer, counted from 0. */
export function splineWidths(config: NetworkConfig, layer: number): [number, number] {
  const stage = splineStage(config, layer);
  return [stage.nIn, stage.nOut];
}

/** Finds one spline layer, counted from 0; a `RangeError` if there is no such layer. */
export function splineStage(config: NetworkConfig, layer: number): SplineStage {
  const stage = splineStages(config)[layer];
  if (config.activation !== "spline") {
    throw new RangeError(
      `Cannot find spline layer: activation must be spline, current value is ${config.activation} ` +
        "(an MLP)",
    );
  }
  if (!stage) {
    throw new RangeError(
      `Cannot find spline layer: layer must be an integer from 0 to ${
        numSplineLayers(config) - 1
      }, current value is ${layer}`,
    );
  }
  return stage;
}
